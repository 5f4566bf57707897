"""`noctop ls` says of every scenario what boto3 says, item by item and field by field."""

import csv
import datetime
import io
import json
import subprocess

import pytest

import conftest
import fleet

SCENARIOS = {
    "everyday": {},
    "quiet-night": {},
    "region-outage": {},
    "alarm-storm": {},
    "patch-tuesday": {},
    "hundred-thousand": {"arguments": ["--accounts", "6"]},
}
PAYMENTS, WEB, DATA, MOBILE = "222222222222", "333333333333", "444444444444", "777777777777"


def world(stage, name):
    return stage(name, *SCENARIOS[name].get("arguments", []))


def expected(aws, kind):
    """The items of a kind, and how many feeds say that their service is not enabled."""
    answers = [aws.read(source) for source in fleet.SOURCES[kind]]
    if kind == "findings":
        items = fleet.joined(*(items for items, _ in answers))
    else:
        items = {key: item for items, _ in answers for key, item in items.items()}
    refused = [word for _, places in answers for word in places.values()]
    assert set(refused) <= {"disabled"}, refused
    return items, len(refused)


def by_rule(items, found):
    """Leaves a severity out where a rule of noctop decided and says so; returns the rules."""
    rules = set()
    for key, item in fleet.keyed(found).items():
        if item["detail"]["severityRule"] is not None:
            rules.add(item["detail"]["severityRule"]["name"])
            items.get(key, {}).pop("severity", None)
    return rules


@pytest.mark.parametrize("kind", ["alarms", "findings", "incidents", "windows", "patches"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_items_are_those_of_boto3(stage, scenario, kind):
    _, aws, noctop = world(stage, scenario)
    # A window may fall due between the two readings, but not twice.
    for _ in range(2):
        code, document = noctop.ls(kind)
        items, off = expected(aws, kind)
        rules = by_rule(items, document["items"])
        wrong = fleet.differences(items, document["items"])
        if not wrong:
            break
    assert wrong == []
    assert code == 0
    fleet.counted(document["coverage"])
    assert document["coverage"]["blind"] == [] and document["coverage"]["off"] == off
    # The organization's own feed and one for each source and place.
    asked = sum(len(aws.places_of(source)) for source in fleet.SOURCES[kind] + fleet.ASIDE.get(kind, []))
    # And where GuardDuty and Security Hub have an administrator, its own question in each region.
    if kind == "findings" and scenario in ("quiet-night", "region-outage"):
        asked += 2 * len(aws.regions)
    # And in each region the question for a sync of Systems Manager that gathers OpsItems or lists nodes.
    if kind in ("incidents", "patches"):
        asked += len(aws.regions)
    assert document["coverage"]["feeds"] == 1 + asked
    if kind == "findings":
        sequences = {i["id"] for i in document["items"] if i["detail"]["attackSequence"]}
        ruled = {i["id"] for i in document["items"] if i["detail"]["severityRule"]}
        assert ruled <= sequences and rules <= {"part of an attack sequence"}
    if kind == "incidents":
        assert not rules
    if kind == "alarms":
        # CloudWatch rates nothing: a rule stands behind every severity, and what does not alarm is at the bottom.
        assert all(i["detail"]["severityRule"] for i in document["items"])
        assert all((i["severity"] == "info") or i["state"] == "new" for i in document["items"])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_backup_jobs_are_those_of_boto3(stage, scenario):
    _, aws, noctop = world(stage, scenario)
    code, document = noctop.ls("backups")
    items, _ = expected(aws, "backups")
    since = datetime.datetime.now(fleet.UTC) - fleet.DAY
    told = {k: i for k, i in fleet.keyed(document["items"]).items() if i["detail"]["job"] != "missed"}
    young = [i for k, i in told.items() if k in items or i["detail"]["created"] >= fleet.when(since)]
    assert fleet.differences(items, young) == []
    assert code == 0
    fleet.counted(document["coverage"])
    # The organization; its own question in each region; backups, copies, restores and what never began in each place.
    assert document["coverage"]["feeds"] == 1 + len(aws.regions) + 4 * len(aws.places)

    missed = [i for i in document["items"] if i["detail"]["job"] == "missed"]
    for item in missed:
        backup = aws.client("backup", item["account"]["id"], item["region"])
        detail = item["detail"]
        jobs = fleet.walk(backup.list_backup_jobs, "BackupJobs", ByResourceArn=detail["resourceArn"])
        assert all(fleet.when(job["CreationDate"]) < detail["created"] for job in jobs), detail
        good = [fleet.when(job["CreationDate"]) for job in jobs if job["State"] == "COMPLETED"]
        assert item["state"] == "new" and (detail["lastGood"] or "") >= max(good, default="")
    if scenario not in ("everyday", "quiet-night"):
        return
    named = {(i["account"]["id"], i["region"], i["detail"]["resourceArn"]) for i in missed}
    assert quiet_too_long(aws) <= named


def quiet_too_long(aws):
    """Protected resources with a steady rhythm of backups that fell silent for three of its beats."""
    silent = set()
    for place in aws.places:
        backup = place.client("backup")
        protected = {r["ResourceArn"] for r in fleet.walk(backup.list_protected_resources, "Results")}
        planned = {}
        for job in fleet.walk(backup.list_backup_jobs, "BackupJobs"):
            if job.get("CreatedBy") and job["ResourceArn"] in protected:
                planned.setdefault(job["ResourceArn"], []).append(job["CreationDate"])
        for arn, times in planned.items():
            times.sort()
            gaps = sorted(b - a for a, b in zip(times, times[1:]))
            if len(gaps) < 5 or gaps[0] < datetime.timedelta(hours=1):
                continue
            usual = gaps[len(gaps) // 2]
            if datetime.datetime.now(fleet.UTC) - times[-1] > 3 * usual:
                silent.add((place.account, place.region, arn))
    return silent


def test_the_known_troubles_of_the_scenarios_are_there(stage):
    def phases(scenario):
        _, document = world(stage, scenario)[2].ls("windows")
        return {(i["detail"]["name"], i["account"]["name"]): i["detail"]["phase"] for i in document["items"]}

    everyday = phases("everyday")
    assert everyday["nightly-etl-freeze", "data-prod"] == "missed"
    assert everyday["web-fleet-patching", "web-prod"] in ("failed", "running")
    assert "missed" in phases("patch-tuesday").values() and "running" in phases("patch-tuesday").values()
    assert "missed" not in phases("quiet-night").values()
    _, document = world(stage, "everyday")[2].ls("backups")
    missed = {i["detail"]["resourceName"] for i in document["items"] if i["detail"]["job"] == "missed"}
    assert "customer-documents" in missed


def test_an_outage_in_progress_is_told_as_it_is(stage):
    """Ten minutes in, half of a region's alarms fire; the failing calls of the scenario are taken away."""
    _, aws, noctop = stage("region-outage", advance="10m")
    code, document = noctop.ls("alarms")
    items, _ = expected(aws, "alarms")
    by_rule(items, document["items"])
    assert code == 0 and fleet.differences(items, document["items"]) == []
    firing = [i for i in document["items"] if i["state"] == "new"]
    assert sum(i["region"] == "eu-west-1" for i in firing) > 5 * sum(i["region"] != "eu-west-1" for i in firing)


def test_accounts_are_the_active_members(stage):
    _, aws, noctop = world(stage, "everyday")
    code, document = noctop.ls("accounts")
    assert code == 0
    assert {a["id"]: a["name"] for a in document["accounts"]} == aws.names
    assert all(set(a["regions"]) == set(aws.regions) for a in document["accounts"])
    organizations = aws.client("organizations", None, "us-east-1")
    for account in document["accounts"]:
        tags = organizations.list_tags_for_resource(ResourceId=account["id"])["Tags"]
        assert account["tags"] == {tag["Key"]: tag["Value"] for tag in tags}


def test_feeds_are_one_per_question(stage):
    _, aws, noctop = world(stage, "quiet-night")
    code, document = noctop.ls("feeds")
    assert code == 0
    fleet.counted(document["coverage"])
    assert len(document["feeds"]) == document["coverage"]["feeds"]
    asked = {(f["source"], f["slice"], f["account"]["id"], f["region"]) for f in document["feeds"]}
    assert len(asked) == len(document["feeds"])
    for source in fleet.READERS:
        places = {(account, region) for name, _, account, region in asked if name == source}
        assert places == {(place.account, place.region) for place in aws.places_of(source)}
    assert {f["state"] for f in document["feeds"]} <= {"fresh", "off"}
    for feed in document["feeds"]:
        if feed["state"] == "fresh":
            assert feed["lastSuccess"] and feed["fault"] is None and feed["everySeconds"] >= 10


@pytest.mark.parametrize("expression, holds", [
    ("sev:>=high", lambda i: i["severity"] in ("high", "critical")),
    ("state:new", lambda i: i["state"] == "new"),
    ("acct:*-prod region:us-east-1", lambda i: i["account"]["name"].endswith("-prod") and i["region"] == "us-east-1"),
    ("-region:us-east-1 name:*cpu*", lambda i: i["region"] != "us-east-1" and "cpu" in i["detail"]["name"].lower()),
    ("age:>1d", lambda i: datetime.datetime.now(fleet.UTC) - datetime.datetime.fromisoformat(
        i["opened"].replace("Z", "+00:00")) > datetime.timedelta(days=1)),
])
def test_a_filter_leaves_what_it_says(stage, expression, holds):
    _, _, noctop = world(stage, "everyday")
    _, everything = noctop.ls("alarms")
    _, some = noctop.ls("alarms", "--filter", expression)
    ids = lambda items: {(i["account"]["id"], i["region"], i["id"]) for i in items}
    wanted = ids(i for i in everything["items"] if holds(i))
    assert wanted and wanted != ids(everything["items"])
    assert ids(some["items"]) == wanted
    assert some["coverage"]["feeds"] == everything["coverage"]["feeds"], "a filter changes nothing about coverage"


def test_the_other_forms_say_the_same(stage):
    _, _, noctop = world(stage, "everyday")
    _, document = noctop.ls("incidents")
    done = noctop.run("ls", "incidents", "--format", "jsonl")
    assert done.code == 0
    head, *lines = [json.loads(line) for line in done.out.splitlines()]
    assert set(head) == {"asOf", "coverage"} and lines == document["items"]
    done = noctop.run("ls", "incidents", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
    assert done.out.startswith("kind,id,arn,accountId,accountName,region,severity,state,marks,nativeState,source,name,")
    assert len(rows) == len(document["items"])
    for row, item in zip(rows, document["items"]):
        for name in ("kind", "id", "region", "severity", "state", "nativeState", "source", "title", "opened", "changed"):
            assert row[name] == (item[name] or "")
        assert row["accountId"] == item["account"]["id"] and row["accountName"] == item["account"]["name"]
        assert row["marks"] == " ".join(item["marks"])
    table = noctop.run("ls", "incidents")
    assert table.code == 0 and len(table.out.splitlines()) == 1 + len(rows)
    assert not any(ord(c) < 32 and c != "\n" for c in table.out)


def test_text_of_strangers_is_harmless(stage):
    _, _, noctop = world(stage, "everyday")
    for kind in ("findings", "incidents", "windows"):
        done = noctop.run("ls", kind, "--format", "jsonl")
        assert all(fleet.clean(c) == c for c in done.out if c != "\n"), kind
        strings = json.dumps([json.loads(line) for line in done.out.splitlines()], ensure_ascii=False)
        assert "\\u00" not in strings


def test_a_reader_that_leaves_is_no_failure(stage):
    _, _, noctop = world(stage, "everyday")
    process = subprocess.Popen(
        noctop.command("ls", "alarms", "--format", "json"), env=noctop.environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )
    process.stdout.read(100)
    process.stdout.close()
    complaint = process.stderr.read().decode()
    assert process.wait(timeout=60) == 0 and "panicked" not in complaint


def test_what_cannot_be_understood_is_said(stage):
    _, _, noctop = world(stage, "quiet-night")
    for wrong in (["ls", "alarms", "--filter", "sev:>=dreadful"], ["ls", "unicorns"], ["ls", "alarms", "--format", "xml"]):
        done = noctop.run(*wrong)
        assert done.code == 2 and done.out == "" and done.err


def test_the_demo_shows_what_blindness_looks_like(tmp_path):
    """One feed of one account cannot be read, some services were never enabled, and everything else is there."""
    done = subprocess.run(
        [conftest.BINARY, "ls", "feeds", "--demo", "--format", "json"], capture_output=True, text=True, timeout=120,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL)
    coverage = json.loads(done.stdout)["coverage"]
    fleet.counted(coverage)
    assert done.returncode == 4 and coverage["off"] > 0 and coverage["fresh"] > 100
    assert fleet.blind_in(coverage) == {
        (source, "112233445566", "us-east-1", "denied") for source in ("cloudwatch", "mutes")}
    assert "service control policy" in coverage["blind"][0]["message"]
