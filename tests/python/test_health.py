"""AWS Health of the simulator, walked by boto3 and the AWS CLI."""

import pytest
from botocore.exceptions import ClientError

MANAGEMENT = "111111111111"
PAYMENTS = "222222222222"
HOME = "us-east-1"


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def ids(sim):
    pages = sim.client("organizations").get_paginator("list_accounts").paginate()
    return {a["Name"]: a["Id"] for page in pages for a in page["Accounts"]}


def health(sim, account):
    return sim.client("health", account, region=HOME)


def events(client, **arguments):
    pages = client.get_paginator("describe_events").paginate(**arguments)
    return [event for page in pages for event in page["events"]]


def test_an_account_sees_what_concerns_everybody_and_itself(sim, ids):
    seen = {}
    for name, account in ids.items():
        if name != "sandbox-labs":
            seen[name] = {e["eventTypeCode"] for e in events(health(sim, account))}
    assert all("AWS_ELASTICLOADBALANCING_OPERATIONAL_ISSUE" in codes for codes in seen.values())
    retiring = {n for n, codes in seen.items() if "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED" in codes}
    assert retiring == {"core-shared"}
    expiring = {n for n, codes in seen.items() if "AWS_ACM_RENEWAL_STATE_CHANGE" in codes}
    assert expiring == {"web-prod", "mobile-prod"}


def test_events_are_told_the_latest_first_page_by_page(sim, ids):
    client = health(sim, ids["core-shared"])
    found = events(client)
    times = [e["startTime"] for e in found]
    assert times == sorted(times, reverse=True) and len(found) >= 2
    assert events(client, PaginationConfig={"PageSize": 1}) == found
    told = sim.aws("health", "describe-events", region=HOME, account=ids["core-shared"])["events"]
    assert [e["arn"] for e in told] == [e["arn"] for e in found]
    assert code(client.describe_events, nextToken="bm9uZQ==") == "InvalidPaginationToken"


@pytest.mark.parametrize("member, read", [
    ("eventArns", lambda e: e["arn"]),
    ("services", lambda e: e["service"]),
    ("regions", lambda e: e["region"]),
    ("eventTypeCodes", lambda e: e["eventTypeCode"]),
    ("eventTypeCategories", lambda e: e["eventTypeCategory"]),
    ("eventStatusCodes", lambda e: e["statusCode"]),
    ("actionabilities", lambda e: e["actionability"]),
])
def test_a_filter_chooses(sim, ids, member, read):
    client = health(sim, ids["core-shared"])
    found = events(client)
    for value in {read(e) for e in found}:
        assert events(client, filter={member: [value]}) == [e for e in found if read(e) == value]


def test_times_and_personas_choose(sim, ids):
    client = health(sim, ids["core-shared"])
    found = events(client)
    start = found[0]["startTime"]
    assert events(client, filter={"startTimes": [{"from": start}]}) == [found[0]]
    assert events(client, filter={"lastUpdatedTimes": [{"to": found[-1]["lastUpdatedTime"]}]})
    assert events(client, filter={"personas": ["BILLING"]}) == []


def test_what_aws_writes_and_which_resources_it_is_about(sim, ids):
    client = health(sim, ids["core-shared"])
    arns = [e["arn"] for e in events(client)]
    told = client.describe_event_details(eventArns=[*arns, "arn:aws:health:eu-west-1::event/X/Y/Z"])
    assert [d["event"]["arn"] for d in told["successfulSet"]] == arns
    assert all(d["eventDescription"]["latestDescription"] for d in told["successfulSet"])
    assert len(told["failedSet"]) == 1
    entities = client.describe_affected_entities(filter={"eventArns": arns})["entities"]
    assert [e["statusCode"] for e in entities] == ["PENDING"]
    assert entities[0]["awsAccountId"] == ids["core-shared"]
    assert code(client.describe_affected_entities, filter={"eventArns": arns * 10}) == "ValidationException"


def test_the_organization_sees_what_its_accounts_see(sim, ids):
    client = health(sim, MANAGEMENT)
    status = client.describe_health_service_status_for_organization()
    assert status["healthServiceAccessStatusForOrganization"] == "ENABLED"
    pages = client.get_paginator("describe_events_for_organization").paginate()
    whole = {e["arn"]: e for page in pages for e in page["events"]}
    by_account = {}
    for name, account in ids.items():
        if name != "sandbox-labs":
            for event in events(health(sim, account)):
                by_account.setdefault(event["arn"], set()).add(account)
    assert set(whole) == set(by_account)
    for arn, event in whole.items():
        told = client.describe_affected_accounts_for_organization(eventArn=arn)
        assert told["eventScopeCode"] == event["eventScopeCode"]
        if event["eventScopeCode"] == "PUBLIC":
            assert told["affectedAccounts"] == []
        else:
            assert set(told["affectedAccounts"]) == by_account[arn]
    chosen = client.describe_events_for_organization(filter={"awsAccountIds": [ids["core-shared"]]})["events"]
    assert {e["eventTypeCode"] for e in chosen} == {"AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED"}


def test_who_may_not_ask_is_told_so(sim, ids):
    assert code(health(sim, ids["sandbox-labs"]).describe_events) == "SubscriptionRequiredException"
    member = health(sim, PAYMENTS)
    assert code(member.describe_events_for_organization) == "AccessDeniedException"


def test_noctop_tells_the_same_from_one_account_as_from_all(stage, tmp_path):
    """With the organizational view and without it: the rows are the same, item by item, and those that boto3 reads."""
    import fleet

    sim, aws, noctop = stage("everyday")
    off = ("[sources.health]", 'organization = "off"')
    apart = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, *off))
    code, whole = noctop.ls("health")
    assert code == 0
    fleet.counted(whole["coverage"])
    items, refused = aws.read("health")
    assert fleet.differences(items, whole["items"]) == [] and set(refused.values()) == {"disabled"}
    code, each = apart.ls("health")
    assert code == 0
    assert fleet.differences(items, each["items"]) == []
    told = {i["id"]: i for i in whole["items"]}
    assert len(told) >= 3 and told == {i["id"]: i for i in each["items"]}
    # And who was asked for it: one account, and nobody else.
    _, feeds = noctop.ls("feeds", "--timeout", "60s")
    calls = {f["slice"]: f["calls"] for f in feeds["feeds"] if f["source"] == "health" and f["calls"]}
    assert set(calls) == {"organization"}
