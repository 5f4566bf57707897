"""Security Hub: every operation, against the truth."""

import datetime
import json
import uuid

import pytest
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"
WEB = "333333333333"
HOSTILE = "343434343434"
UTC = datetime.timezone.utc


def by_id(findings):
    return sorted(findings, key=lambda finding: finding["Id"])


def everything(hub, page_size=100, **more):
    pages = hub.get_paginator("get_findings").paginate(**more, PaginationConfig={"PageSize": page_size})
    return [f for page in pages for f in page["Findings"]]


def equals(*values):
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def names(findings):
    return [{"Id": f["Id"], "ProductArn": f["ProductArn"]} for f in findings]


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def moment(text):
    return datetime.datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def busy():
    """A frozen world with enough findings for pages and filters."""
    from conftest import running

    with running("--speed", "0", "--scenario", "patch-tuesday") as sim:
        yield sim


@pytest.mark.parametrize("account", [PAYMENTS, WEB, HOSTILE])
@pytest.mark.parametrize("page_size", [1, 7, 100])
def test_all_pages_together_are_the_truth(sim, account, page_size):
    truth = sim.truth("securityhub", account)
    assert truth["Enabled"] and len(truth["Findings"]) > 5
    found = everything(sim.client("securityhub", account), page_size)
    assert by_id(found) == by_id(truth["Findings"])
    assert len({(f["Id"], f["ProductArn"]) for f in found}) == len(found)


def test_page_sizes_and_tokens(busy):
    hub = busy.client("securityhub", PAYMENTS)
    first = hub.get_findings(MaxResults=5)
    assert len(first["Findings"]) == 5 and first["NextToken"]
    loose = busy.client("securityhub", PAYMENTS, parameter_validation=False)
    for size in (0, 101):
        assert refused(loose.get_findings, MaxResults=size)[::2] == ("InvalidInputException", 400)
    assert refused(hub.get_findings, NextToken="bm90IG91cnM=")[0] == "InvalidInputException"
    changed = refused(hub.get_findings, NextToken=first["NextToken"], Filters={"RecordState": equals("ACTIVE")})
    assert changed[0] == "InvalidInputException", "a token is bound to its filters"


def field(finding, *path):
    for step in path:
        finding = finding.get(step, {})
    return finding or None


def test_filters(busy):
    hub = busy.client("securityhub", PAYMENTS)
    hub.batch_update_findings(
        FindingIdentifiers=names(everything(hub)[:3]),
        Note={"Text": "seen", "UpdatedBy": "tester"},
        UserDefinedFields={"ticket": "OPS-1"},
    )
    every = everything(hub)
    status = lambda f: f["Workflow"]["Status"]
    label = lambda f: f["Severity"]["Label"]
    one = every[0]
    times = sorted(moment(f["UpdatedAt"]) for f in every)
    middle = times[len(times) // 2]
    now = moment(busy.control("GET", "clock")["now"])
    prefix = lambda value: {"Value": value, "Comparison": "PREFIX"}
    unequal = lambda value: {"Value": value, "Comparison": "NOT_EQUALS"}
    unprefixed = lambda value: {"Value": value, "Comparison": "PREFIX_NOT_EQUALS"}
    resources = lambda f: [r["Type"] for r in f["Resources"]]
    noted = [f for f in every if "Note" in f]
    assert len(noted) >= 3
    cases = [
        ({"RecordState": equals("ACTIVE")}, lambda f: f["RecordState"] == "ACTIVE"),
        ({"WorkflowStatus": equals("NEW", "NOTIFIED")}, lambda f: status(f) in ("NEW", "NOTIFIED")),
        ({"SeverityLabel": equals("HIGH", "CRITICAL")}, lambda f: label(f) in ("HIGH", "CRITICAL")),
        ({"SeverityLabel": [unequal("LOW"), unequal("HIGH")]}, lambda f: label(f) not in ("LOW", "HIGH")),
        (
            {"RecordState": equals("ACTIVE"), "WorkflowStatus": equals("NEW"), "SeverityLabel": equals("HIGH")},
            lambda f: f["RecordState"] == "ACTIVE" and status(f) == "NEW" and label(f) == "HIGH",
        ),
        ({"Id": equals(one["Id"])}, lambda f: f["Id"] == one["Id"]),
        ({"ProductArn": equals(one["ProductArn"])}, lambda f: f["ProductArn"] == one["ProductArn"]),
        ({"ProductName": equals("Inspector", "GuardDuty")}, lambda f: f["ProductName"] in ("Inspector", "GuardDuty")),
        ({"ProductName": [unequal("Inspector")]}, lambda f: f["ProductName"] != "Inspector"),
        ({"AwsAccountId": equals(PAYMENTS)}, lambda f: True),
        ({"AwsAccountId": equals(WEB)}, lambda f: False),
        ({"AwsAccountName": equals("payments-prod")}, lambda f: True),
        ({"Region": equals("eu-west-1")}, lambda f: f["Region"] == "eu-west-1"),
        ({"Type": [prefix("TTPs/")]}, lambda f: any(t.startswith("TTPs/") for t in f["Types"])),
        ({"ResourceId": equals(one["Resources"][0]["Id"])}, lambda f: one["Resources"][0]["Id"] in [r["Id"] for r in f["Resources"]]),
        ({"ResourceType": [prefix("AwsE")]}, lambda f: any(t.startswith("AwsE") for t in resources(f))),
        (
            {"ResourceType": [prefix("AwsE"), unequal("AwsEc2Instance")]},
            lambda f: any(t.startswith("AwsE") for t in resources(f)) and "AwsEc2Instance" not in resources(f),
        ),
        ({"ResourceType": [unprefixed("AwsE")]}, lambda f: not any(t.startswith("AwsE") for t in resources(f))),
        ({"ComplianceStatus": equals("FAILED")}, lambda f: field(f, "Compliance", "Status") == "FAILED"),
        ({"ComplianceStatus": [unequal("PASSED")]}, lambda f: field(f, "Compliance", "Status") != "PASSED"),
        ({"ComplianceSecurityControlId": [prefix("S3.")]}, lambda f: str(field(f, "Compliance", "SecurityControlId")).startswith("S3.")),
        ({"GeneratorId": equals("AWSInspector")}, lambda f: f["GeneratorId"] == "AWSInspector"),
        ({"Title": [prefix("CVE-2023")]}, lambda f: f["Title"].startswith("CVE-2023")),
        (
            {"UpdatedAt": [{"Start": middle.isoformat(), "End": now.isoformat()}]},
            lambda f: middle <= moment(f["UpdatedAt"]) <= now,
        ),
        (
            {"UpdatedAt": [{"Start": times[0].isoformat(), "End": times[1].isoformat()}, {"Start": times[-1].isoformat(), "End": times[-1].isoformat()}]},
            lambda f: times[0] <= moment(f["UpdatedAt"]) <= times[1] or moment(f["UpdatedAt"]) == times[-1],
        ),
        (
            {"UpdatedAt": [{"DateRange": {"Value": 3, "Unit": "DAYS"}}]},
            lambda f: moment(f["UpdatedAt"]) >= now - datetime.timedelta(days=3),
        ),
        ({"CreatedAt": [{"DateRange": {"Value": 5, "Unit": "DAYS"}}]}, lambda f: moment(f["CreatedAt"]) >= now - datetime.timedelta(days=5)),
        ({"NoteUpdatedAt": [{"DateRange": {"Value": 90, "Unit": "DAYS"}}]}, lambda f: "Note" in f),
        ({"NoteText": equals("seen")}, lambda f: field(f, "Note", "Text") == "seen"),
        ({"NoteUpdatedBy": equals("tester")}, lambda f: field(f, "Note", "UpdatedBy") == "tester"),
        ({"SeverityNormalized": [{"Gte": 70}]}, lambda f: f["Severity"]["Normalized"] >= 70),
        ({"SeverityNormalized": [{"Gte": 30, "Lte": 50}, {"Eq": 90}]}, lambda f: 30 <= f["Severity"]["Normalized"] <= 50 or f["Severity"]["Normalized"] == 90),
        (
            {"UserDefinedFields": [{"Key": "ticket", "Value": "OPS-1", "Comparison": "EQUALS"}]},
            lambda f: field(f, "UserDefinedFields", "ticket") == "OPS-1",
        ),
        (
            {"ProductFields": [{"Key": "aws/guardduty/service/archived", "Value": "false", "Comparison": "EQUALS"}]},
            lambda f: f["ProductFields"].get("aws/guardduty/service/archived") == "false",
        ),
        ({"Keyword": [{"Value": "openssl"}]}, lambda f: "openssl" in json.dumps(f).lower()),
        ({"VulnerabilitiesExploitAvailable": equals("YES")}, lambda f: any(v["ExploitAvailable"] == "YES" for v in f.get("Vulnerabilities", []))),
    ]
    selective = 0
    for filters, fits in cases:
        expected = by_id([f for f in every if fits(f)])
        selective += 0 < len(expected) < len(every)
        assert by_id(everything(hub, Filters=filters)) == expected, filters
        assert by_id(everything(hub, 3, Filters=filters)) == expected, filters
    assert selective > len(cases) // 2, "most filters must choose some and leave some"


@pytest.mark.parametrize(
    "filters",
    [
        {"Id": [{"Value": "a", "Comparison": "EQUALS"}, {"Value": "b", "Comparison": "NOT_EQUALS"}]},
        {"Id": [{"Value": "a", "Comparison": "EQUALS"}, {"Value": "b", "Comparison": "PREFIX_NOT_EQUALS"}]},
        {"Title": [{"Value": "a", "Comparison": "CONTAINS"}]},
        {"Title": [{"Value": "a"}]},
        {"UpdatedAt": [{"Start": "2026-01-01T00:00:00Z"}]},
        {"UpdatedAt": [{"Start": "yesterday", "End": "today"}]},
        {"Id": [{"Value": str(n), "Comparison": "EQUALS"} for n in range(21)]},
        {name: [{"Value": "a", "Comparison": "EQUALS"}] for name in (
            "Id", "Title", "Type", "Region", "AwsAccountId", "ProductArn", "ProductName", "CompanyName", "GeneratorId",
            "ResourceId", "ResourceType",
        )},
    ],
)
def test_filters_that_are_refused(sim, filters):
    assert refused(sim.client("securityhub", PAYMENTS).get_findings, Filters=filters)[::2] == ("InvalidInputException", 400)


def test_sorting(busy):
    hub = busy.client("securityhub", PAYMENTS)
    number = len(everything(hub))
    keys = {
        "UpdatedAt": lambda f: f["UpdatedAt"],
        "SeverityNormalized": lambda f: f["Severity"]["Normalized"],
        "SeverityLabel": lambda f: f["Severity"]["Normalized"],
        "Title": lambda f: f["Title"],
    }
    for name, key in keys.items():
        for order in ("asc", "desc"):
            found = everything(hub, 4, SortCriteria=[{"Field": name, "SortOrder": order}])
            got = [key(f) for f in found]
            assert len({f["Id"] for f in found}) == number
            assert got == sorted(got, reverse=order == "desc"), (name, order)
    criteria = [{"Field": "SeverityNormalized", "SortOrder": "desc"}, {"Field": "UpdatedAt", "SortOrder": "asc"}]
    got = [(-f["Severity"]["Normalized"], f["UpdatedAt"]) for f in everything(hub, 4, SortCriteria=criteria)]
    assert got == sorted(got)
    assert refused(hub.get_findings, SortCriteria=[{"Field": "Colour", "SortOrder": "asc"}])[0] == "InvalidInputException"


def test_what_comes_between_two_pages_shifts_nothing(fresh):
    sim = fresh("--speed", "0")
    hub = sim.client("securityhub", PAYMENTS)
    open_ones = {"WorkflowStatus": equals("NEW"), "RecordState": equals("ACTIVE")}
    for more in ({}, {"SortCriteria": [{"Field": "UpdatedAt", "SortOrder": "desc"}]}):
        every = everything(hub, Filters=open_ones, **more)
        first = hub.get_findings(MaxResults=2, Filters=open_ones, **more)
        done = names(first["Findings"])
        hub.batch_update_findings(FindingIdentifiers=done, Workflow={"Status": "NOTIFIED"})
        rest, token = [], first["NextToken"]
        while token:
            page = hub.get_findings(MaxResults=2, Filters=open_ones, NextToken=token, **more)
            rest, token = rest + page["Findings"], page.get("NextToken")
        assert [f["Id"] for f in first["Findings"] + rest] == [f["Id"] for f in every]
        hub.batch_update_findings(FindingIdentifiers=done, Workflow={"Status": "NEW"})


def test_updates_do_not_move_updated_at_and_are_in_the_history(fresh):
    sim = fresh("--speed", "0")
    hub = sim.client("securityhub", PAYMENTS)
    every = everything(hub, Filters={"RecordState": equals("ACTIVE"), "WorkflowStatus": equals("NEW")})
    products = {f["ProductName"]: f for f in every}
    assert "GuardDuty" in products and len(products) > 2
    chosen = list(products.values())
    missing = {"Id": "arn:aws:nothing", "ProductArn": chosen[0]["ProductArn"]}
    change = dict(
        FindingIdentifiers=names(chosen) + [missing],
        Workflow={"Status": "NOTIFIED"},
        Note={"Text": "ack by ana", "UpdatedBy": "ana"},
        Severity={"Label": "LOW"},
        VerificationState="TRUE_POSITIVE",
        UserDefinedFields={"ticket": "OPS-7"},
        Confidence=42,
        Criticality=99,
        Types=["TTPs/Impact"],
        RelatedFindings=names(chosen[:1]),
    )
    for _ in range(2):
        answer = hub.batch_update_findings(**change)
        assert by_id(answer["ProcessedFindings"]) == by_id(names(chosen))
        (failed,) = answer["UnprocessedFindings"]
        assert failed["FindingIdentifier"] == missing and failed["ErrorCode"] == "FindingNotFound"
    after = {f["Id"]: f for f in everything(hub)}
    for before in chosen:
        now = after[before["Id"]]
        assert now["UpdatedAt"] == before["UpdatedAt"]
        assert now["Workflow"]["Status"] == "NOTIFIED" and now["RecordState"] == before["RecordState"]
        assert (now["Note"]["Text"], now["Note"]["UpdatedBy"]) == ("ack by ana", "ana")
        assert now["Severity"]["Label"] == "LOW"
        assert now["FindingProviderFields"]["Severity"]["Label"] == before["Severity"]["Label"]
        assert (now["VerificationState"], now["Confidence"], now["Criticality"]) == ("TRUE_POSITIVE", 42, 99)
        assert now["UserDefinedFields"] == {"ticket": "OPS-7"} and now["Types"] == ["TTPs/Impact"]
        records = hub.get_finding_history(FindingIdentifier=names([before])[0])["Records"]
        assert records[-1]["FindingCreated"] and not records[-1]["Updates"]
        mine = [r for r in records if r["UpdateSource"]["Type"] == "BATCH_UPDATE_FINDINGS"]
        assert len(mine) == 1, "an update that changes nothing leaves no trace"
        changed = {u["UpdatedField"]: (u["OldValue"], u["NewValue"]) for u in mine[0]["Updates"]}
        assert changed["Workflow.Status"] == ("NEW", "NOTIFIED")
        assert mine[0]["UpdateSource"]["Identity"].startswith(f"arn:aws:iam::{PAYMENTS}:")
        short = hub.get_finding_history(FindingIdentifier=names([before])[0], MaxResults=1)
        assert len(short["Records"]) == 1 and short["NextToken"]
        since = hub.get_finding_history(
            FindingIdentifier=names([before])[0], StartTime=mine[0]["UpdateTime"], EndTime=mine[0]["UpdateTime"]
        )["Records"]
        assert [r["UpdateTime"] for r in since] == [mine[0]["UpdateTime"]]


def test_updates_that_are_refused(sim):
    hub = sim.client("securityhub", PAYMENTS)
    loose = sim.client("securityhub", PAYMENTS, parameter_validation=False)
    some = names(everything(hub)[:1])
    too_many = some * 101
    assert refused(loose.batch_update_findings, FindingIdentifiers=too_many, Workflow={"Status": "NEW"})[0] == "InvalidInputException"
    assert refused(loose.batch_update_findings, FindingIdentifiers=some, Workflow={"Status": "DONE"})[0] == "InvalidInputException"
    assert refused(loose.batch_update_findings, FindingIdentifiers=some, Note={"Text": "no author"})[0] == "InvalidInputException"
    assert refused(loose.batch_update_findings, FindingIdentifiers=some, Severity={"Label": "BAD"})[0] == "InvalidInputException"
    theirs = names(everything(sim.client("securityhub", WEB))[:1])
    answer = hub.batch_update_findings(FindingIdentifiers=theirs, Workflow={"Status": "RESOLVED"})
    assert answer["ProcessedFindings"] == [] and len(answer["UnprocessedFindings"]) == 1


def test_what_guardduty_knows_is_here_too(sim):
    there = {f["arn"]: f for f in sim.truth("guardduty", PAYMENTS)["findings"]}
    here = everything(sim.client("securityhub", PAYMENTS), Filters={"ProductName": equals("GuardDuty")})
    assert there and {f["Id"] for f in here} == set(there)
    for finding in here:
        native = there[finding["Id"]]
        fields = finding["ProductFields"]
        assert finding["ProductArn"] == "arn:aws:securityhub:eu-west-1::product/aws/guardduty"
        assert fields["aws/securityhub/FindingId"] == finding["ProductArn"] + "/" + finding["Id"]
        assert fields["aws/guardduty/service/archived"] == str(native["service"]["archived"]).lower()
        assert finding["RecordState"] == ("ARCHIVED" if native["service"]["archived"] else "ACTIVE")
        assert (finding["Title"], finding["UpdatedAt"]) == (native["title"], native["updatedAt"])
        assert finding["Severity"]["Product"] == native["severity"]


def test_products_have_their_own_marks(busy):
    every = []
    for account in (PAYMENTS, WEB, "444444444444", "555555555555", "777777777777"):
        every += everything(busy.client("securityhub", account))
    one = {f["ProductName"]: f for f in every if f["Region"] == "eu-west-1"}
    assert {"Security Hub", "Inspector", "Config", "Sentinel", "GuardDuty"} <= set(one)
    for name, finding in one.items():
        assert finding["ProductFields"]["aws/securityhub/ProductName"] == name
        for member in ("SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title", "Description", "Resources"):
            assert finding[member], (name, member)
    control = one["Security Hub"]
    assert control["Compliance"]["Status"] in ("FAILED", "PASSED")
    assert control["GeneratorId"] == "security-control/" + control["Compliance"]["SecurityControlId"]
    assert control["Compliance"]["SecurityControlId"] in control["Remediation"]["Recommendation"]["Url"]
    assert one["Inspector"]["Vulnerabilities"][0]["Id"].startswith("CVE-")
    assert one["Sentinel"]["CompanyName"] == "Northgate" and "::product/" not in one["Sentinel"]["ProductArn"]


def test_controls_pass_and_fail_again(fresh):
    sim = fresh("--speed", "0", "--scenario", "patch-tuesday")
    hub = sim.client("securityhub", PAYMENTS)
    kept = {}
    for status in ("RESOLVED", "SUPPRESSED"):
        failed = everything(hub, Filters={"ComplianceStatus": equals("FAILED"), "WorkflowStatus": equals("NEW")})[:2]
        assert failed
        hub.batch_update_findings(FindingIdentifiers=names(failed), Workflow={"Status": status})
        kept[status] = {f["Id"] for f in failed}
    reopened, passed, moved = set(), set(), False
    before = {f["Id"]: f["UpdatedAt"] for f in everything(hub)}
    for _ in range(40):
        sim.control("POST", "clock", {"advance": "1h"})
        for finding in everything(hub, Filters={"ProductName": equals("Security Hub")}):
            state = (finding["Compliance"]["Status"], finding["Workflow"]["Status"])
            moved |= finding["UpdatedAt"] > before.get(finding["Id"], finding["UpdatedAt"])
            if finding["Id"] in kept["SUPPRESSED"]:
                assert state[1] == "SUPPRESSED", "what is suppressed stays so"
            if finding["Id"] in kept["RESOLVED"]:
                passed |= {finding["Id"]} if state[0] == "PASSED" else set()
                if state == ("FAILED", "NEW"):
                    reopened.add(finding["Id"])
                    records = hub.get_finding_history(FindingIdentifier=names([finding])[0])["Records"]
                    updates = [(u["UpdatedField"], u["OldValue"], u["NewValue"]) for r in records for u in r["Updates"]]
                    assert ("Compliance.Status", "PASSED", "FAILED") in updates
                    assert ("Workflow.Status", "RESOLVED", "NEW") in updates
    assert moved and passed and reopened, "a day and a half is long enough for all of it"


def asff(account, region="eu-west-1", **more):
    now = datetime.datetime.now(UTC).isoformat()
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"test/{uuid.uuid4()}",
        "ProductArn": f"arn:aws:securityhub:{region}:{account}:product/{account}/default",
        "GeneratorId": "test",
        "AwsAccountId": account,
        "Types": ["Unusual Behaviors/Application"],
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": {"Label": "HIGH"},
        "Title": "Imported",
        "Description": "By a test.",
        "Resources": [{"Type": "Other", "Id": "thing"}],
        **more,
    }


def test_import(fresh):
    sim = fresh()
    hub = sim.client("securityhub", PAYMENTS)
    mine = asff(PAYMENTS)
    wrong = asff(WEB)
    broken = asff(PAYMENTS, Resources=[])
    loose = sim.client("securityhub", PAYMENTS, parameter_validation=False)
    answer = loose.batch_import_findings(Findings=[mine, wrong, broken])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 2)
    assert {f["Id"] for f in answer["FailedFindings"]} == {wrong["Id"], broken["Id"]}

    def found():
        (only,) = everything(hub, Filters={"Id": equals(mine["Id"])})
        return only

    assert found()["Title"] == "Imported" and found()["Workflow"]["Status"] == "NEW"
    hub.batch_update_findings(FindingIdentifiers=names([mine]), Workflow={"Status": "RESOLVED"})
    later = lambda minutes: (moment(mine["UpdatedAt"]) + datetime.timedelta(minutes=minutes)).isoformat()
    hub.batch_import_findings(Findings=[dict(mine, Title="Again", UpdatedAt=later(1), RecordState="ARCHIVED")])
    assert (found()["Title"], found()["RecordState"], found()["Workflow"]["Status"]) == ("Again", "ARCHIVED", "RESOLVED")
    hub.batch_import_findings(Findings=[dict(mine, Title="Stale", UpdatedAt=mine["UpdatedAt"])])
    assert found()["Title"] == "Again", "an older report changes nothing"
    hub.batch_import_findings(Findings=[dict(mine, Title="Back", UpdatedAt=later(2), RecordState="ACTIVE")])
    assert (found()["RecordState"], found()["Workflow"]["Status"]) == ("ACTIVE", "NEW"), "it is open again"
    assert refused(loose.batch_import_findings, Findings=[])[0] == "InvalidInputException"


def test_the_hub(sim):
    hub = sim.client("securityhub", PAYMENTS)
    got = hub.describe_hub()
    assert got["HubArn"] == f"arn:aws:securityhub:eu-west-1:{PAYMENTS}:hub/default"
    assert got["ControlFindingGenerator"] == "SECURITY_CONTROL" and moment(got["SubscribedAt"])
    assert refused(hub.describe_hub, HubArn=got["HubArn"] + "x")[::2] == ("ResourceNotFoundException", 404)
    standards = hub.get_enabled_standards()["StandardsSubscriptions"]
    assert len(standards) == 2 and {s["StandardsStatus"] for s in standards} == {"READY"}
    one = hub.get_enabled_standards(MaxResults=1)
    assert len(one["StandardsSubscriptions"]) == 1 and one["NextToken"]


def test_not_subscribed(sim):
    for client in (
        sim.client("securityhub", PAYMENTS, region="ap-northeast-3"),
        sim.client("securityhub", "777777777777", region="us-east-1"),
    ):
        for call, arguments in (
            ("describe_hub", {}),
            ("get_findings", {}),
            ("get_enabled_standards", {}),
            ("list_finding_aggregators", {}),
            ("list_members", {}),
            ("get_administrator_account", {}),
            ("describe_organization_configuration", {}),
            ("batch_update_findings", {"FindingIdentifiers": [{"Id": "a", "ProductArn": "b"}]}),
            ("get_finding_history", {"FindingIdentifier": {"Id": "a", "ProductArn": "b"}}),
        ):
            code, message, status = refused(getattr(client, call), **arguments)
            assert (code, status) == ("InvalidAccessException", 401), call
            assert message.endswith("is not subscribed to AWS Security Hub")
    truth = sim.truth("securityhub", "777777777777", "us-east-1")
    assert truth == {"Enabled": False, "Findings": []}


def test_alone_there_is_no_administrator_and_no_aggregation(sim):
    hub = sim.client("securityhub", PAYMENTS)
    assert "Administrator" not in hub.get_administrator_account()
    assert hub.list_members()["Members"] == []
    assert hub.list_finding_aggregators()["FindingAggregators"] == []
    code, _, status = refused(hub.get_finding_aggregator, FindingAggregatorArn="arn:aws:securityhub:eu-west-1:1:finding-aggregator/x")
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert refused(hub.describe_organization_configuration)[0] == "InvalidAccessException"


def test_the_administrator_sees_all_accounts_and_the_home_region_all_regions(fresh):
    sim = fresh("--speed", "0", "--scenario", "region-outage")
    accounts = [a for a in sim.control("GET", "accounts") if a["status"] == "ACTIVE"]
    admin_id = next(a["id"] for a in accounts if a["name"] == "security-audit")
    home, linked = "eu-central-1", "us-east-1"

    def truth(chosen, regions):
        rows = []
        for account in chosen:
            for region in set(regions) & set(account["regions"]):
                rows += sim.truth("securityhub", account["id"], region)["Findings"]
        return by_id(rows)

    every = ["eu-west-1", home, linked]
    admin, there = (sim.client("securityhub", admin_id, region=r) for r in (home, linked))
    assert by_id(everything(admin)) == truth(accounts, every)
    assert by_id(everything(there)) == truth(accounts, [linked])
    ordered = everything(admin, 50, SortCriteria=[{"Field": "UpdatedAt", "SortOrder": "desc"}])
    assert by_id(ordered) == truth(accounts, every)
    assert [f["UpdatedAt"] for f in ordered] == sorted((f["UpdatedAt"] for f in ordered), reverse=True)

    mine = next(a for a in accounts if a["name"] == "payments-prod")
    member = sim.client("securityhub", mine["id"], region=home)
    assert by_id(everything(member)) == truth([mine], every)
    assert member.get_administrator_account()["Administrator"]["AccountId"] == admin_id
    assert member.list_members()["Members"] == []
    listed = [m for p in admin.get_paginator("list_members").paginate(PaginationConfig={"PageSize": 3}) for m in p["Members"]]
    assert {m["AccountId"] for m in listed} == {a["id"] for a in accounts if home in a["regions"]} - {admin_id}
    assert isinstance(listed[0]["UpdatedAt"], datetime.datetime)
    assert admin.describe_organization_configuration()["AutoEnable"] is True

    (aggregator,) = there.list_finding_aggregators()["FindingAggregators"]
    got = there.get_finding_aggregator(FindingAggregatorArn=aggregator["FindingAggregatorArn"])
    assert got["FindingAggregationRegion"] == home and set(got["Regions"]) == {"eu-west-1", linked}

    theirs = sim.truth("securityhub", mine["id"], linked)["Findings"][0]
    answer = admin.batch_update_findings(FindingIdentifiers=names([theirs]), Workflow={"Status": "SUPPRESSED"})
    assert answer["UnprocessedFindings"] == []
    (now,) = everything(sim.client("securityhub", mine["id"], region=linked), Filters={"Id": equals(theirs["Id"])})
    assert now["Workflow"]["Status"] == "SUPPRESSED"


def test_hostile_names_survive_the_wire(sim):
    text = "".join(f["Title"] + f["Resources"][0]["Id"] for f in everything(sim.client("securityhub", HOSTILE)))
    for evil in ("\x1b", "\u202e", "\u200b"):
        assert evil in text


@pytest.mark.parametrize(
    "kind, code, status",
    [
        ("throttle", "TooManyRequestsException", 429),
        ("deny", "AccessDeniedException", 403),
        ("disabled", "InvalidAccessException", 401),
    ],
)
def test_faults_in_its_own_words(sim, kind, code, status):
    hub = sim.client("securityhub", PAYMENTS)
    with sim.fault(kind, service="securityhub"):
        assert refused(hub.get_findings)[::2] == (code, status)


def test_get_findings_is_limited_to_three_calls_a_second_after_a_burst_of_six(fresh):
    hub = fresh("--speed", "0", "--rate-limits").client("securityhub", PAYMENTS)
    for _ in range(6):
        hub.get_findings(MaxResults=1)
    codes = set()
    for _ in range(60):
        try:
            hub.get_findings(MaxResults=1)
        except ClientError as error:
            codes.add(error.response["Error"]["Code"])
    assert codes == {"TooManyRequestsException"}
    hub.describe_hub()


def test_the_cli_reads_and_writes_it_too(fresh):
    sim = fresh("--speed", "0")
    filters = json.dumps({"RecordState": equals("ACTIVE"), "WorkflowStatus": equals("NEW")})
    found = sim.aws("securityhub", "get-findings", "--filters", filters, account=PAYMENTS)["Findings"]
    truth = sim.truth("securityhub", PAYMENTS)["Findings"]
    assert by_id(found) == by_id([f for f in truth if f["RecordState"] == "ACTIVE" and f["Workflow"]["Status"] == "NEW"])
    one = json.dumps(names(found[:1]))
    update = ["--finding-identifiers", one, "--workflow", "Status=NOTIFIED", "--note", "Text=cli,UpdatedBy=cli"]
    answer = sim.aws("securityhub", "batch-update-findings", *update, account=PAYMENTS)
    assert answer["ProcessedFindings"] == names(found[:1]) and answer["UnprocessedFindings"] == []


def test_half_of_a_batch_is_left_undone(fresh):
    sim = fresh("--speed", "0")
    hub = sim.client("securityhub", PAYMENTS)
    found = [f for f in hub.get_findings(MaxResults=100)["Findings"] if f["Workflow"]["Status"] == "NEW"][:5]
    wanted = [{"Id": f["Id"], "ProductArn": f["ProductArn"]} for f in found]
    with sim.fault("half", operation="BatchUpdateFindings"):
        answer = hub.batch_update_findings(FindingIdentifiers=wanted, Workflow={"Status": "NOTIFIED"})
    assert answer["ProcessedFindings"] == wanted[::2]
    assert [u["FindingIdentifier"] for u in answer["UnprocessedFindings"]] == wanted[1::2]
    assert {u["ErrorCode"] for u in answer["UnprocessedFindings"]} == {"ConcurrentUpdateError"}
    status = {f["Id"]: f["Workflow"]["Status"] for f in hub.get_findings(
        Filters={"Id": [{"Value": w["Id"], "Comparison": "EQUALS"} for w in wanted]})["Findings"]}
    assert [status[w["Id"]] for w in wanted] == ["NOTIFIED", "NEW"] * 2 + ["NOTIFIED"]
