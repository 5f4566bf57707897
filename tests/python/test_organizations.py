"""Organizations: accounts, units, and who may read them."""

import pytest
from botocore.exceptions import ClientError


def code(error):
    return error.value.response["Error"]["Code"]


def test_every_account_is_listed_once(sim):
    org = sim.client("organizations")
    truth = sim.control("GET", "truth?service=organizations")[0]["truth"]["Accounts"]
    pages = list(org.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 5}))
    assert len(pages) > 2 and all(len(page["Accounts"]) <= 5 for page in pages)
    accounts = [account for page in pages for account in page["Accounts"]]
    assert [a["Id"] for a in accounts] == [a["Id"] for a in truth]
    assert {a["Name"] for a in accounts} >= {"management", "payments-prod", "acme-legacy"}
    for account, expected in zip(accounts, truth):
        account["JoinedTimestamp"] = account["JoinedTimestamp"].timestamp()
        assert account == expected
    status = {a["Name"]: a["Status"] for a in org.list_accounts()["Accounts"]}
    assert status["acme-legacy"] == "SUSPENDED"


def test_pages_are_twenty_at_most_and_tokens_are_ours(sim):
    org = sim.client("organizations")
    with pytest.raises(ClientError) as error:
        org.list_accounts(MaxResults=21)
    assert code(error) == "InvalidInputException"
    with pytest.raises(ClientError) as error:
        org.list_accounts(NextToken="nonsense")
    assert code(error) == "InvalidInputException"
    assert error.value.response["Reason"] == "INVALID_NEXT_TOKEN"


def test_the_tree_holds_every_account(sim):
    org = sim.client("organizations")
    (root,) = org.list_roots()["Roots"]
    found = {}

    def walk(parent, path):
        for account in org.list_accounts_for_parent(ParentId=parent)["Accounts"]:
            found[account["Name"]] = path
            (up,) = org.list_parents(ChildId=account["Id"])["Parents"]
            assert up["Id"] == parent
        for unit in org.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]:
            described = org.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"]
            assert described == unit
            (up,) = org.list_parents(ChildId=unit["Id"])["Parents"]
            assert up["Id"] == parent
            walk(unit["Id"], f"{path}/{unit['Name']}".strip("/"))

    walk(root["Id"], "")
    expected = {a["name"]: a["ou"] for a in sim.control("GET", "accounts")}
    assert found == expected


def test_one_account_and_its_tags(sim):
    org = sim.client("organizations")
    account = org.describe_account(AccountId="222222222222")["Account"]
    assert (account["Name"], account["State"]) == ("payments-prod", "ACTIVE")
    tags = org.list_tags_for_resource(ResourceId="222222222222")["Tags"]
    assert {"Key": "team", "Value": "payments"} in tags
    with pytest.raises(org.exceptions.AccountNotFoundException):
        org.describe_account(AccountId="000000000001")
    with pytest.raises(org.exceptions.TargetNotFoundException):
        org.list_tags_for_resource(ResourceId="000000000001")
    with pytest.raises(org.exceptions.ParentNotFoundException):
        org.list_accounts_for_parent(ParentId="r-none")


def test_members_may_ask_for_the_organization_only(sim):
    member = sim.client("organizations", account="333333333333")
    assert member.describe_organization()["Organization"]["MasterAccountId"] == "111111111111"
    with pytest.raises(member.exceptions.AccessDeniedException):
        member.list_accounts()
    delegated = sim.client("organizations", account="121212121212")
    assert delegated.list_accounts()["Accounts"]
    (admin,) = delegated.list_delegated_administrators()["DelegatedAdministrators"]
    assert admin["Name"] == "security-audit"


def test_an_account_without_organization_says_so(sim):
    org = sim.client("organizations")
    with sim.fault("not-in-organization", service="organizations"):
        with pytest.raises(org.exceptions.AWSOrganizationsNotInUseException):
            org.list_accounts()


def test_two_hundred_accounts_and_an_empty_page(fresh, tmp_path):
    scenario = tmp_path / "empty-pages.toml"
    scenario.write_text(
        'title = "Empty pages"\nregions = ["eu-west-1"]\n[organization]\nempty_pages = true\n[fleet]\naccounts = 45\n'
    )
    org = fresh("--scenario", str(scenario)).client("organizations")
    first = org.list_accounts()
    assert first["Accounts"] == [] and first["NextToken"]
    pages = org.get_paginator("list_accounts").paginate()
    assert sum(len(page["Accounts"]) for page in pages) == 45
    org = fresh("--scenario", "hundred-thousand").client("organizations")
    assert len(sum((p["Accounts"] for p in org.get_paginator("list_accounts").paginate()), [])) == 200


def test_the_command_line_works(sim):
    accounts = sim.aws("organizations", "list-accounts")["Accounts"]
    assert len(accounts) == len(sim.control("GET", "accounts"))
