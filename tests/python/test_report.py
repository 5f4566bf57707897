"""Reports: what boto3 counts, noctop counts, and what could not be read stands in no figure as nothing."""

import csv
import datetime
import io
import json

import pytest
from fleet import Noctop, clean, config, managed, walk, when

PAYMENTS = "222222222222"


@pytest.fixture
def everyday(stage):
    sim, aws, noctop = stage("everyday")
    yield sim, aws, noctop
    assert sim.control("GET", "faults") == [], "a test left a fault behind"


def report(noctop, about, *arguments):
    done = noctop.run("report", about, "--format", "json", *arguments)
    assert done.out, done.err
    return done.code, json.loads(done.out)


def by_account(document):
    return {row["accountId"]: row for row in document["accounts"]}


def instances_of(place):
    """Every managed instance with what Patch Manager knows of it, or nothing."""
    nodes, states = managed(place.client("ssm"))
    return {node["InstanceId"]: states.get(node["InstanceId"]) for node in nodes}


def is_good(state):
    wanted = ("InstalledPendingRebootCount", "MissingCount", "FailedCount", "CriticalNonCompliantCount",
              "SecurityNonCompliantCount", "OtherNonCompliantCount")
    return state is not None and not any(state.get(name, 0) for name in wanted)


def test_patch_coverage_is_what_boto3_counts(everyday):
    _, aws, noctop = everyday
    code, said = report(noctop, "patch-coverage")
    assert code == 0 and said["unread"] == [], said["unread"]
    counted, groups, bad = {}, {}, set()
    for place in aws.places:
        for ident, state in instances_of(place).items():
            group = clean(state["PatchGroup"]) or None if state else None
            for sums, key in ((counted, place.account), (groups, (aws.names[place.account], group))):
                sums.setdefault(key, []).append(state)
            if not is_good(state):
                bad.add(ident)
    figures = by_account(said)
    assert figures.keys() == counted.keys() and counted
    for account, states in counted.items():
        row, good = figures[account], sum(map(is_good, states))
        assert (row["instances"], row["compliant"]) == (len(states), good)
        assert row["coverage"] == pytest.approx(good / len(states), abs=1e-4)
        known = [state for state in states if state]
        assert row["neverScanned"] == len(states) - len(known)
        assert row["missingPatches"] == sum(state["MissingCount"] for state in known)
        assert row["failedPatches"] == sum(state["FailedCount"] for state in known)
    told = {(row["account"], row["group"]): (row["instances"], row["compliant"]) for row in said["groups"]}
    assert told == {key: (len(states), sum(map(is_good, states))) for key, states in groups.items()}
    assert {row["instance"] for row in said["instances"]} == bad and bad
    assert said["report"]["instances"] == sum(map(len, counted.values()))
    # The same as a sheet, and as a page.
    sheet = noctop.run("report", "patch-coverage", "--format", "csv", "--table", "instances")
    assert {row["instance"] for row in csv.DictReader(io.StringIO(sheet.out))} == bad
    page = noctop.run("report", "patch-coverage", "--format", "md").out
    assert page.startswith("# Patch coverage, ") and "## What the words mean" in page
    unknown = noctop.run("report", "patch-coverage", "--format", "csv", "--table", "nonsense")
    assert unknown.code == 2 and "accounts, groups, instances, days, unread" in unknown.err


def protected(place):
    """Every resource that AWS Backup ever backed up, and those that selections name one by one."""
    client = place.client("backup")
    listed = walk(client.list_protected_resources, "Results", MaxResults=500)
    found = {r["ResourceArn"]: r.get("LastBackupTime") for r in listed}
    assert len(found) == len(listed), "every resource is listed once"
    for plan in walk(client.list_backup_plans, "BackupPlansList"):
        for listed in walk(client.list_backup_selections, "BackupSelectionsList", BackupPlanId=plan["BackupPlanId"]):
            chosen = client.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=listed["SelectionId"])
            body = chosen["BackupSelection"]
            if not body.get("ListOfTags") and not any(body.get("Conditions", {}).values()):
                for arn in body.get("Resources", []):
                    if "*" not in arn and arn not in body.get("NotResources", []):
                        found.setdefault(arn, None)
    return found


def test_backup_coverage_knows_every_resource_that_boto3_finds_and_how_old_its_recovery_point_is(everyday):
    sim, aws, noctop = everyday
    code, said = report(noctop, "backup-coverage")
    assert code == 0 and said["unread"] == [], said["unread"]
    now = datetime.datetime.fromisoformat(said["report"]["asOf"].replace("Z", "+00:00"))
    counted, last = {}, {}
    for place in aws.places:
        of = protected(place)
        counted[place.account] = counted.get(place.account, 0) + len(of)
        last.update(of)
    figures = by_account(said)
    assert {id: row["resources"] for id, row in figures.items()} == {id: n for id, n in counted.items() if n}
    assert sum(counted.values()) == len(last) > 10
    bad = {row["resource"]: row for row in said["resources"]}
    assert bad.keys() < last.keys() and bad, "some are good and some are not"
    for row in figures.values():
        parts = ("good", "tooOld", "noRecoveryPoint", "noPlanKnown", "scheduleNotRead")
        assert sum(row[part] for part in parts) == row["resources"]
    for arn, row in bad.items():
        assert row["lastGood"] == when(last[arn]), arn
        assert (row["standing"] == "no recovery point") == (last[arn] is None), arn
        if row["standing"] == "too old":
            assert row["plans"] and row["every"]
    good = {arn: now - at for arn, at in last.items() if arn not in bad}
    # No rule of this world runs more seldom than once a week.
    assert good and max(good.values()) < datetime.timedelta(hours=7 * 24 + 12)
    assert any(row["standing"] == "too old" for row in bad.values())
    assert min(now - last[arn] for arn, row in bad.items() if row["standing"] == "too old") > datetime.timedelta(hours=1)


@pytest.mark.parametrize("about, total, good", [
    ("patch-coverage", "instances", "compliant"), ("backup-coverage", "resources", "good")])
def test_what_a_report_counted_stands_at_its_day_and_of_two_the_later(everyday, tmp_path, about, total, good):
    sim, aws, _ = everyday
    noctop = Noctop(tmp_path, sim.endpoint, config(aws.regions))
    with sim.fault("deny", service="sts", operation="AssumeRole"):
        _, first = report(noctop, about)
    _, said = report(noctop, about)
    [before], [today] = first["days"], said["days"]
    assert today["day"] == said["report"]["asOf"][:10]
    assert (today[total], today[good]) == (said["report"][total], said["report"][good])
    assert today["coverage"] == pytest.approx(today[good] / today[total], abs=1e-4)
    # Of the first time only the management account could be read.
    assert before["accounts"] == 1 and today["accounts"] == len(aws.names)
    assert before[total] < today[total] and today["watched"] == 0 and today["standing"] is None


@pytest.mark.parametrize("about, service, operation", [
    ("patch-coverage", "ssm", "DescribeInstanceInformation"),
    ("backup-coverage", "backup", "ListProtectedResources"),
])
def test_a_scope_that_cannot_be_read_is_named_and_missing_from_no_figure_in_silence(everyday, about, service, operation):
    sim, _, noctop = everyday
    whole = by_account(report(noctop, about)[1])
    with sim.fault("deny", service=service, operation=operation, account=PAYMENTS):
        code, said = report(noctop, about)
        text = noctop.run("report", about).out
    assert code == 4 and said["report"]["isPartial"]
    assert {(row["accountId"], row["region"]) for row in said["unread"]} == {
        (PAYMENTS, "eu-west-1"), (PAYMENTS, "us-east-1")}
    assert all(operation in row["why"] for row in said["unread"])
    assert PAYMENTS not in by_account(said) and PAYMENTS in whole
    assert "At least " in text and "2 scopes could not be read" in text


def test_hygiene_asks_nothing_of_aws_and_what_nobody_watched_is_no_calm(everyday):
    sim, _, noctop = everyday
    before = sim.control("GET", "calls")["total"]
    code, said = report(noctop, "hygiene", "--since", "2d")
    assert code == 4 and said["report"]["isPartial"] and said["report"]["unwatchedSeconds"] == 2 * 86400
    assert before and sim.control("GET", "calls")["total"] == before
    assert all(day["watched"] == 0 and day["came"] is None and day["standing"] is None for day in said["days"])
    assert [row["value"] for row in said["figures"]][:4] == [None] * 4
    assert any("ISA-18.2" in line for line in said["report"]["definitions"])
