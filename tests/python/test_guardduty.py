"""GuardDuty: every operation, against the truth."""

import datetime

import pytest
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"
SANDBOX = "888888888888"
HOSTILE = "343434343434"
MANAGEMENT = "111111111111"
SECURITY = "131313131313"
# Members whose names on the wire are not just their names with a small first letter.
ODD = {"SourceIps": "sourceIPs", "LoginAttributes": "LoginAttributes", "Latitude": "lat", "Longitude": "lon"}


def wire(value):
    """boto3's names and times as they are on the wire."""
    if isinstance(value, datetime.datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, dict):
        return {ODD.get(k, k[:1].lower() + k[1:]): wire(v) for k, v in value.items()}
    if isinstance(value, list):
        return [wire(v) for v in value]
    return value


def by_id(findings):
    return sorted(findings, key=lambda finding: finding["id"])


def detector(guardduty):
    (only,) = guardduty.list_detectors()["DetectorIds"]
    return only


def ids(guardduty, criterion=None, page_size=50, **more):
    more["DetectorId"] = detector(guardduty)
    if criterion:
        more["FindingCriteria"] = {"Criterion": criterion}
    pages = guardduty.get_paginator("list_findings").paginate(**more, PaginationConfig={"PageSize": page_size})
    return [i for page in pages for i in page["FindingIds"]]


def findings(guardduty, wanted=None, **more):
    wanted = ids(guardduty) if wanted is None else wanted
    all_of_them = []
    for start in range(0, len(wanted), 50):
        part = wanted[start : start + 50]
        answer = guardduty.get_findings(DetectorId=detector(guardduty), FindingIds=part, **more)
        all_of_them += answer["Findings"]
    return all_of_them


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="module")
def busy():
    """A frozen world with enough findings for pages and filters."""
    from conftest import running

    with running("--speed", "0", "--scenario", "hundred-thousand", "--accounts", "2") as sim:
        guardduty = sim.client("guardduty")
        guardduty.create_sample_findings(DetectorId=detector(guardduty), FindingTypes=[])
        guardduty.create_sample_findings(DetectorId=detector(guardduty), FindingTypes=[])
        yield sim


@pytest.mark.parametrize("account", [PAYMENTS, "333333333333", HOSTILE])
@pytest.mark.parametrize("page_size", [1, 3, 50])
def test_all_pages_together_are_the_truth(sim, account, page_size):
    guardduty = sim.client("guardduty", account)
    truth = sim.truth("guardduty", account)
    assert truth["detectorIds"] == [detector(guardduty)]
    assert truth["findings"], "a world without findings proves nothing"
    listed = ids(guardduty, page_size=page_size)
    assert len(listed) == len(set(listed))
    assert by_id(wire(findings(guardduty, listed))) == by_id(truth["findings"])


def test_a_page_is_never_larger_than_asked_for(busy):
    guardduty = busy.client("guardduty")
    d = detector(guardduty)
    first = guardduty.list_findings(DetectorId=d)
    assert len(first["FindingIds"]) == 50 and first["NextToken"]
    second = guardduty.list_findings(DetectorId=d, NextToken=first["NextToken"])
    assert second["NextToken"] == "", "the last page says so with an empty token"
    assert not set(first["FindingIds"]) & set(second["FindingIds"])
    assert len(guardduty.list_findings(DetectorId=d, MaxResults=7)["FindingIds"]) == 7
    for size in (0, 51):
        code, _, status = refused(busy.client("guardduty", parameter_validation=False).list_findings, DetectorId=d, MaxResults=size)
        assert (code, status) == ("BadRequestException", 400)
    code, _, _ = refused(guardduty.list_findings, DetectorId=d, NextToken="bm90IG91cnM=")
    assert code == "BadRequestException"
    code, _, _ = refused(
        guardduty.list_findings,
        DetectorId=d,
        NextToken=first["NextToken"],
        FindingCriteria={"Criterion": {"severity": {"Gte": 7}}},
    )
    assert code == "BadRequestException", "a token is bound to its filters"


def millis(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def test_criteria(busy):
    guardduty = busy.client("guardduty")
    every = findings(guardduty)
    kinds = {f["Type"] for f in every}
    assert len(kinds) > 20
    middle = sorted(millis(f["UpdatedAt"]) for f in every)[2]
    instance = next(f["Resource"]["InstanceDetails"]["InstanceId"] for f in every if f["Resource"]["ResourceType"] == "Instance")
    account, region = every[0]["AccountId"], every[0]["Region"]
    some = sorted(kinds)[:2]
    cases = [
        ({"service.archived": {"Equals": ["false"]}}, lambda f: not f["Service"]["Archived"]),
        ({"service.archived": {"Eq": ["true"]}}, lambda f: f["Service"]["Archived"]),
        ({"severity": {"GreaterThanOrEqual": 8}}, lambda f: f["Severity"] >= 8),
        ({"severity": {"Gte": 5, "Lt": 8}}, lambda f: 5 <= f["Severity"] < 8),
        ({"severity": {"GreaterThan": 5}}, lambda f: f["Severity"] > 5),
        ({"severity": {"LessThanOrEqual": 2}}, lambda f: f["Severity"] <= 2),
        ({"severity": {"Equals": ["2", "9"]}}, lambda f: f["Severity"] in (2, 9)),
        ({"updatedAt": {"GreaterThanOrEqual": middle}}, lambda f: millis(f["UpdatedAt"]) >= middle),
        ({"updatedAt": {"LessThan": middle}}, lambda f: millis(f["UpdatedAt"]) < middle),
        ({"type": {"Equals": some}}, lambda f: f["Type"] in some),
        ({"type": {"NotEquals": some}}, lambda f: f["Type"] not in some),
        ({"type": {"Neq": some}}, lambda f: f["Type"] not in some),
        ({"type": {"Matches": ["*EC2*"]}}, lambda f: "EC2" in f["Type"]),
        ({"type": {"NotMatches": ["*EC2*", "*S3*"]}}, lambda f: "EC2" not in f["Type"] and "S3" not in f["Type"]),
        ({"accountId": {"Equals": [account]}}, lambda f: True),
        ({"accountId": {"Equals": ["000000000000"]}}, lambda f: False),
        ({"region": {"Equals": [region]}}, lambda f: True),
        ({"resource.resourceType": {"Equals": ["AccessKey"]}}, lambda f: f["Resource"]["ResourceType"] == "AccessKey"),
        (
            {"resource.instanceDetails.instanceId": {"Equals": [instance]}},
            lambda f: f["Resource"].get("InstanceDetails", {}).get("InstanceId") == instance,
        ),
        (
            {"severity": {"Gte": 8}, "resource.resourceType": {"Equals": ["Instance"]}},
            lambda f: f["Severity"] >= 8 and f["Resource"]["ResourceType"] == "Instance",
        ),
    ]
    for criterion, fits in cases:
        expected = {f["Id"] for f in every if fits(f)}
        assert set(ids(guardduty, criterion)) == expected, criterion
        assert set(ids(guardduty, criterion, page_size=2)) == expected, criterion
    code, message, _ = refused(
        guardduty.list_findings,
        DetectorId=detector(guardduty),
        FindingCriteria={"Criterion": {"colour": {"Equals": ["red"]}}},
    )
    assert code == "BadRequestException" and "colour" in message


def test_sorting(busy):
    guardduty = busy.client("guardduty")
    every = {f["Id"]: f for f in findings(guardduty)}
    for attribute, member in (("updatedAt", "UpdatedAt"), ("severity", "Severity"), ("type", "Type")):
        for order in ("ASC", "DESC"):
            sort = {"AttributeName": attribute, "OrderBy": order}
            got = [every[i][member] for i in ids(guardduty, page_size=4, SortCriteria=sort)]
            assert len(got) == len(every)
            assert got == sorted(got, reverse=order == "DESC")
    d, some = detector(guardduty), sorted(every)[:20]
    sort = {"AttributeName": "severity", "OrderBy": "DESC"}
    got = [f["Severity"] for f in guardduty.get_findings(DetectorId=d, FindingIds=some, SortCriteria=sort)["Findings"]]
    assert got == sorted(got, reverse=True)


def test_get_findings_takes_fifty_and_leaves_out_what_it_does_not_know(busy):
    guardduty = busy.client("guardduty")
    d, every = detector(guardduty), ids(guardduty)
    assert len(guardduty.get_findings(DetectorId=d, FindingIds=every[:50])["Findings"]) == 50
    loose = busy.client("guardduty", parameter_validation=False)
    assert refused(loose.get_findings, DetectorId=d, FindingIds=every[:51])[0] == "BadRequestException"
    got = guardduty.get_findings(DetectorId=d, FindingIds=["0" * 32, every[0]])["Findings"]
    assert [f["Id"] for f in got] == [every[0]]


def test_statistics_count_what_is_there(busy):
    guardduty = busy.client("guardduty")
    d, every = detector(guardduty), findings(guardduty)

    def grouped(by, **more):
        return guardduty.get_findings_statistics(DetectorId=d, GroupBy=by, **more)["FindingStatistics"]

    def count(key):
        counts = {}
        for finding in every:
            counts[key(finding)] = counts.get(key(finding), 0) + 1
        return counts

    got = grouped("SEVERITY")["GroupedBySeverity"]
    assert {g["Severity"]: g["TotalFindings"] for g in got} == count(lambda f: f["Severity"])
    got = grouped("FINDING_TYPE", OrderBy="DESC")["GroupedByFindingType"]
    assert {g["FindingType"]: g["TotalFindings"] for g in got} == count(lambda f: f["Type"])
    totals = [g["TotalFindings"] for g in got]
    assert totals == sorted(totals, reverse=True)
    got = grouped("ACCOUNT")["GroupedByAccount"]
    assert {g["AccountId"]: g["TotalFindings"] for g in got} == count(lambda f: f["AccountId"])
    got = grouped("DATE")["GroupedByDate"]
    day = lambda g: g["Date"].astimezone(datetime.timezone.utc).date().isoformat()
    assert {(day(g), g["Severity"]): g["TotalFindings"] for g in got} == count(lambda f: (f["UpdatedAt"][:10], f["Severity"]))
    got = grouped("RESOURCE")["GroupedByResource"]
    assert sum(g["TotalFindings"] for g in got) == len(every)
    assert len(grouped("FINDING_TYPE", MaxResults=3)["GroupedByFindingType"]) == 3
    serious = {"Criterion": {"severity": {"Gte": 8}}}
    got = grouped("SEVERITY", FindingCriteria=serious)["GroupedBySeverity"]
    assert sum(g["TotalFindings"] for g in got) == len([f for f in every if f["Severity"] >= 8])
    old = guardduty.get_findings_statistics(DetectorId=d, FindingStatisticTypes=["COUNT_BY_SEVERITY"])
    assert sum(old["FindingStatistics"]["CountBySeverity"].values()) == len(every)
    code, _, _ = refused(
        guardduty.get_findings_statistics, DetectorId=d, GroupBy="SEVERITY", FindingStatisticTypes=["COUNT_BY_SEVERITY"]
    )
    assert code == "BadRequestException"


def test_archiving_is_idempotent_and_can_be_taken_back(fresh):
    sim = fresh("--speed", "0")
    guardduty = sim.client("guardduty", PAYMENTS)
    d, every = detector(guardduty), ids(guardduty, {"service.archived": {"Equals": ["false"]}})
    some = every[:2]
    for _ in range(2):
        guardduty.archive_findings(DetectorId=d, FindingIds=some)
        assert set(ids(guardduty, {"service.archived": {"Equals": ["true"]}})) >= set(some)
        assert set(ids(guardduty, {"service.archived": {"Equals": ["false"]}})) == set(every) - set(some)
    mirrored = sim.client("securityhub", PAYMENTS).get_findings(
        Filters={"ProductName": [{"Value": "GuardDuty", "Comparison": "EQUALS"}]}
    )["Findings"]
    archived = {f["Id"].rsplit("/", 1)[1] for f in mirrored if f["RecordState"] == "ARCHIVED"}
    assert archived >= set(some)
    guardduty.unarchive_findings(DetectorId=d, FindingIds=some)
    assert set(ids(guardduty, {"service.archived": {"Equals": ["false"]}})) == set(every)
    guardduty.update_findings_feedback(DetectorId=d, FindingIds=some[:1], Feedback="NOT_USEFUL", Comments="ours")
    (told,) = findings(guardduty, some[:1])
    assert told["Service"]["UserFeedback"] == "NOT_USEFUL"


def test_samples(fresh):
    sim = fresh("--speed", "0")
    guardduty = sim.client("guardduty", PAYMENTS)
    before = set(ids(guardduty))
    kind = "Backdoor:EC2/C&CActivity.B!DNS"
    guardduty.create_sample_findings(DetectorId=detector(guardduty), FindingTypes=[kind])
    (new,) = findings(guardduty, list(set(ids(guardduty)) - before))
    assert new["Type"] == kind and new["Title"].startswith("[SAMPLE] ")
    assert '"sample":true' in new["Service"]["AdditionalInfo"]["Value"]
    code, _, _ = refused(guardduty.create_sample_findings, DetectorId=detector(guardduty), FindingTypes=["No:Such/Kind"])
    assert code == "BadRequestException"


def test_detectors(sim):
    guardduty = sim.client("guardduty", PAYMENTS)
    got = guardduty.get_detector(DetectorId=detector(guardduty))
    assert got["Status"] == "ENABLED" and got["ServiceRole"].startswith(f"arn:aws:iam::{PAYMENTS}:role/")
    elsewhere = sim.client("guardduty", PAYMENTS, region="ap-northeast-3")
    assert elsewhere.list_detectors()["DetectorIds"] == []
    off = sim.client("guardduty", SANDBOX)
    assert off.list_detectors()["DetectorIds"] == [], "the scenario switched it off here"
    foreign = detector(sim.client("guardduty", "333333333333"))
    for call in ("get_detector", "list_findings", "list_members", "get_administrator_account"):
        code, message, status = refused(getattr(guardduty, call), DetectorId=foreign)
        assert (code, status) == ("BadRequestException", 400)
        assert "input detectorId is not owned by the current account" in message
    code, _, _ = refused(guardduty.archive_findings, DetectorId=foreign, FindingIds=["0" * 32])
    assert code == "BadRequestException"


def test_without_an_administrator_every_account_is_on_its_own(sim):
    guardduty = sim.client("guardduty", PAYMENTS)
    d = detector(guardduty)
    assert guardduty.get_administrator_account(DetectorId=d)["Administrator"] == {}
    assert guardduty.list_members(DetectorId=d)["Members"] == []
    assert sim.client("guardduty", MANAGEMENT).list_organization_admin_accounts()["AdminAccounts"] == []


def test_an_administrator_sees_its_members_and_only_it_archives(fresh):
    sim = fresh("--speed", "0", "--scenario", "region-outage")
    accounts = {a["name"]: a for a in sim.control("GET", "accounts")}
    admin_id, region = accounts["security-audit"]["id"], "us-east-1"
    admin = sim.client("guardduty", admin_id, region=region)
    d = detector(admin)
    members = admin.get_paginator("list_members").paginate(DetectorId=d, PaginationConfig={"PageSize": 2})
    members = [m for page in members for m in page["Members"]]
    everyone = {a["id"] for a in accounts.values() if region in a["regions"] and a["status"] == "ACTIVE"}
    assert {m["AccountId"] for m in members} == everyone - {admin_id}
    assert {m["AdministratorId"] for m in members} == {admin_id}
    assert {f["AccountId"] for f in findings(admin)} <= everyone
    expected = []
    for account in everyone:
        expected += sim.truth("guardduty", account, region)["findings"]
    assert by_id(wire(findings(admin))) == by_id(expected)

    member = sim.client("guardduty", members[0]["AccountId"], region=region)
    own = detector(member)
    assert own == members[0]["DetectorId"]
    assert member.get_administrator_account(DetectorId=own)["Administrator"]["AccountId"] == admin_id
    theirs = [f for f in expected if f["accountId"] != admin_id and not f["service"]["archived"]][0]
    owner = sim.client("guardduty", theirs["accountId"], region=region)
    for call in (owner.archive_findings, owner.unarchive_findings):
        code, message, status = refused(call, DetectorId=detector(owner), FindingIds=[theirs["id"]])
        assert (code, status) == ("BadRequestException", 400) and "administrator" in message
    admin.archive_findings(DetectorId=d, FindingIds=[theirs["id"]])
    (now,) = findings(owner, [theirs["id"]])
    assert now["Service"]["Archived"] is True

    management = sim.client("guardduty", region=region)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == [
        {"AdminAccountId": admin_id, "AdminStatus": "ENABLED"}
    ]
    assert refused(admin.list_organization_admin_accounts)[0] == "BadRequestException"


def test_findings_arrive_and_recur_while_the_first_sighting_stays(fresh):
    sim = fresh("--speed", "0")
    guardduty = sim.client("guardduty", "333333333333")
    before = {f["Id"]: f for f in findings(guardduty)}
    sim.control("POST", "clock", {"advance": "2d"})
    after = {f["Id"]: f for f in findings(guardduty)}
    assert set(after) > set(before), "in two days something new arrives"
    moved = [i for i in before if after[i]["UpdatedAt"] > before[i]["UpdatedAt"] and not after[i]["Service"]["Archived"]]
    assert moved, "in two days something recurs"
    for i in before:
        old, new = before[i]["Service"], after[i]["Service"]
        assert new["EventFirstSeen"] == old["EventFirstSeen"] and after[i]["CreatedAt"] == before[i]["CreatedAt"]
        assert new["Count"] >= old["Count"] and new["EventLastSeen"] >= old["EventLastSeen"]
    for i in moved:
        assert after[i]["Service"]["Count"] > before[i]["Service"]["Count"]


def test_the_same_seed_tells_the_same_story(fresh):
    worlds = [fresh("--speed", "0", "--seed", "5") for _ in range(2)]
    drop = ("createdAt", "updatedAt", "service", "resource", "description")
    stories = []
    for world in worlds:
        world.control("POST", "clock", {"advance": "6h"})
        found = by_id(world.truth("guardduty", PAYMENTS)["findings"])
        stories.append([{k: v for k, v in f.items() if k not in drop} | {"count": f["service"]["count"]} for f in found])
    assert stories[0] and stories[0] == stories[1]


def test_hostile_names_survive_the_wire(sim):
    titles = "".join(f["Title"] + str(f["Resource"]) for f in findings(sim.client("guardduty", HOSTILE)))
    for evil in ("\\x1b", "\\u202e", "\\u200b"):
        assert evil in titles.encode("unicode_escape").decode() or evil in titles, evil


@pytest.mark.parametrize(
    "kind, code, status", [("throttle", "TooManyRequestsException", 429), ("deny", "AccessDeniedException", 403)]
)
def test_faults_in_its_own_words(sim, kind, code, status):
    guardduty = sim.client("guardduty", PAYMENTS)
    with sim.fault(kind, service="guardduty"):
        got = refused(guardduty.list_detectors)
    assert (got[0], got[2]) == (code, status)


def test_disabled_is_an_empty_list(sim):
    guardduty = sim.client("guardduty", PAYMENTS)
    d = detector(guardduty)
    with sim.fault("disabled", service="guardduty"):
        assert guardduty.list_detectors()["DetectorIds"] == []
        assert refused(guardduty.list_findings, DetectorId=d)[0] == "BadRequestException"


def test_the_cli_reads_it_too(sim):
    (d,) = sim.aws("guardduty", "list-detectors", account=PAYMENTS)["DetectorIds"]
    listed = sim.aws("guardduty", "list-findings", "--detector-id", d, account=PAYMENTS)["FindingIds"]
    got = sim.aws("guardduty", "get-findings", "--detector-id", d, "--finding-ids", *listed, account=PAYMENTS)["Findings"]
    assert {f["Id"] for f in got} == {f["id"] for f in sim.truth("guardduty", PAYMENTS)["findings"]}
