"""`noctop ls` with faults on: exit code 4, exactly the sick feeds named, and nothing else missing."""

import contextlib
import datetime
import json

import pytest

import fleet

PAYMENTS, WEB, DATA, CORE, MOBILE = "222222222222", "333333333333", "444444444444", "555555555555", "777777777777"
HUB = "666666666666"

# A sickness for each place, all at once, and the word that noctop must find for it.
SICK = {
    (PAYMENTS, "eu-west-1"): ("deny", "denied"),
    (PAYMENTS, "us-east-1"): ("throttle", "throttled"),
    (WEB, "eu-west-1"): ("server-error", "service"),
    (WEB, "us-east-1"): ("truncate", "malformed"),
    (DATA, "eu-west-1"): ("expired", "expired"),
    (DATA, "us-east-1"): ("malformed", "malformed"),
    (CORE, "eu-west-1"): ("reset", "unreachable"),
}
# Where a service can say that it is not enabled, which is a fact and no blindness.
OFF = {(CORE, "us-east-1"): ("disabled", None)}
KINDS = {source: kind for kind, sources in fleet.SOURCES.items() for source in sources}
SERVICES = {"opsitems": "ssm", "windows": "ssm", "patches": "ssm"}
LS = ["--timeout", "60s"]


@pytest.fixture
def everyday(stage):
    sim, aws, noctop = stage("everyday")
    yield sim, aws, noctop
    assert sim.control("GET", "faults") == [], "a test left a fault behind"


@contextlib.contextmanager
def sick(sim, service, places=SICK):
    with contextlib.ExitStack() as stack:
        for (account, region), (kind, _) in places.items():
            stack.enter_context(sim.fault(kind, service=service, account=account, region=region))
        yield


def heard(items, source):
    """What noctop shows from this source, without the jobs that are about to be a day old and to leave the list."""
    since = fleet.when(datetime.datetime.now(fleet.UTC) - fleet.DAY)
    found = {key: item for key, item in fleet.keyed(items).items() if source in item["detail"]["sources"]}
    return {key: item for key, item in found.items() if item["kind"] != "backup" or item["detail"]["created"] > since}


def blinded(sim, aws, noctop, source, places):
    """The same where an account is one place: what is sick is the account, in whatever region its items are."""
    kind, accounts = KINDS[source], {account for account, _ in places}
    code, whole = noctop.ls(kind, *LS)
    assert code == 0
    with sick(sim, source, places):
        code, document = noctop.ls(kind, *LS)
    assert code == 4
    coverage = document["coverage"]
    fleet.counted(coverage)
    assert fleet.blind_in(coverage) == {(source, account, None, word) for (account, _), (_, word) in places.items()}
    for blind in coverage["blind"]:
        assert f"{aws.names[blind['account']]} us-east-1" in blind["message"] and blind["message"].endswith("."), blind
    after = heard(document["items"], source)
    before = {k: i for k, i in heard(whole["items"], source).items() if k[0] not in accounts}
    assert before and after.keys() == before.keys()


@pytest.mark.parametrize("source", fleet.READERS)
def test_every_fault_blinds_its_own_feeds_and_no_other(everyday, source, tmp_path):
    sim, aws, noctop = everyday
    kind, service = KINDS[source], SERVICES.get(source, source)
    if source in ("health", "config"):
        # Where one account speaks for all, the others are not asked at all.
        off = (f"[sources.{source}]", 'organization = "off"')
        noctop = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, *off))
    if source in fleet.GLOBAL:
        return blinded(sim, aws, noctop, source, {(account, "us-east-1"): what for (account, _), what in SICK.items()})
    code, whole = noctop.ls(kind, *LS)
    assert code == 0
    places = {**SICK, **OFF} if source in ("guardduty", "securityhub") else SICK
    with sick(sim, service, places):
        code, document = noctop.ls(kind, *LS)
    assert code == 4
    _, again = noctop.ls(kind, *LS)
    coverage = document["coverage"]
    fleet.counted(coverage)
    asked = [source, *fleet.ASIDE.get(kind, [])]
    assert fleet.blind_in(coverage) == {(name, *place, word) for name in asked for place, (_, word) in SICK.items()}
    for blind in coverage["blind"]:
        place = f"{aws.names[blind['account']]} {blind['region']}"
        assert place in blind["message"] and blind["message"].endswith("."), blind
    # Where Incident Manager is not used, the fault hides just that.
    unused = len([place for place in SICK if place[0] != PAYMENTS]) if source == "incidentmanager" else 0
    assert coverage["off"] - whole["coverage"]["off"] == len(places) - len(SICK) - unused
    assert coverage["feeds"] == whole["coverage"]["feeds"]
    # All other places are there to the last item.
    after = heard(document["items"], source)
    before = {k: i for k, i in heard(whole["items"], source).items() if k[:2] not in places}
    sickly = {k for k in after if k[:2] in places}
    # Incident Manager is used in one account alone, and that is sick.
    assert (before or source == "incidentmanager") and after.keys() - sickly == before.keys()
    # Time goes on meanwhile: a window may open between two of the three readings.
    later = heard(again["items"], source)
    for key, item in before.items():
        known = [(i["opened"], i["state"]) for i in (item, later.get(key, item))]
        assert (after[key]["opened"], after[key]["state"]) in known
    if source != "backup":
        # The organization's own answer still knows the backup jobs of places that cannot be asked themselves.
        assert not sickly


def test_the_other_source_of_findings_goes_on(everyday):
    sim, _, noctop = everyday
    _, whole = noctop.ls("findings")
    with sim.fault("deny", service="guardduty", account=PAYMENTS):
        code, document = noctop.ls("findings")
    assert code == 4
    assert fleet.blind_in(document["coverage"]) == {
        ("guardduty", PAYMENTS, "eu-west-1", "denied"), ("guardduty", PAYMENTS, "us-east-1", "denied")}
    before, after = fleet.keyed(whole["items"]), fleet.keyed(document["items"])
    gone = {key for key in before.keys() - after.keys()}
    assert all(before[key]["detail"]["sources"] == ["guardduty"] and key[0] == PAYMENTS for key in gone)
    both = [k for k, i in before.items() if len(i["detail"]["sources"]) == 2 and k[0] == PAYMENTS]
    assert both
    for key in both:
        assert after[key]["detail"]["sources"] == ["securityhub"] and after[key]["source"] == "securityhub"


def test_silence_ends_with_the_patience_of_the_command(everyday):
    sim, _, noctop = everyday
    with sim.fault("hang", service="cloudwatch", account=MOBILE, region="us-east-1"):
        code, document = noctop.ls("alarms", "--timeout", "4s")
    assert code == 4
    assert fleet.blind_in(document["coverage"]) == {
        (source, MOBILE, "us-east-1", "unreachable") for source in ("cloudwatch", "mutes")}
    assert {i["account"]["id"] for i in document["items"]} >= {PAYMENTS, WEB, DATA, MOBILE}
    assert not any(i["account"]["id"] == MOBILE and i["region"] == "us-east-1" for i in document["items"])


def test_half_a_list_is_no_list(stage):
    sim, aws, noctop = stage("alarm-storm")
    one = ["--region", "eu-west-1"]
    _, whole = noctop.ls("alarms", *one)
    assert sum(i["account"]["id"] == PAYMENTS and i["region"] == "eu-west-1" for i in whole["items"]) > 100
    with sim.fault("server-error", service="cloudwatch", account=PAYMENTS, region="eu-west-1", later_pages=True):
        code, document = noctop.ls("alarms", *one)
    assert code == 4
    assert fleet.blind_in(document["coverage"]) == {("cloudwatch", PAYMENTS, "eu-west-1", "service")}
    before, after = fleet.keyed(whole["items"]).keys(), fleet.keyed(document["items"]).keys()
    assert after <= before and all(key[:2] == (PAYMENTS, "eu-west-1") for key in before - after)


def test_a_short_fault_is_outlasted(everyday):
    sim, aws, noctop = everyday
    with sim.fault("throttle", service="cloudwatch", account=WEB, region="eu-west-1", count=1):
        code, document = noctop.ls("alarms")
    items, _ = aws.read("cloudwatch")
    assert code == 0 and fleet.keyed(document["items"]).keys() == items.keys()


def test_a_region_that_is_off_is_never_taken_for_empty(stage):
    sim, aws, noctop = stage("everyday", regions=("eu-west-1", "ap-southeast-2"))
    with sim.fault("region-off", account=HUB, region="ap-southeast-2"):
        code, document = noctop.ls("incidents")
        _, feeds = noctop.ls("feeds", "--timeout", "60s")
    # AWS answers for a region that is off as it does for bad keys: the same keys work in the other region.
    # And one account has no support plan.
    assert code == 0 and document["coverage"]["blind"] == []
    unused = len([p for p in aws.places if p.account != PAYMENTS or p.region != "eu-west-1"])
    assert document["coverage"]["off"] - unused == 2
    # Of backup jobs the organization tells; everything else has to be asked there.
    off = [f for f in feeds["feeds"] if f["account"]["id"] == HUB and f["region"] == "ap-southeast-2"
           and f["slice"] != "backup"]
    assert len(off) > 5
    assert {(f["state"], f["fault"]) for f in off} == {("off", "region-off")}


def test_bad_keys_are_blind_wherever_they_are_asked(everyday):
    sim, aws, noctop = everyday
    bad = {"code": "UnrecognizedClientException", "status": 403, "message": "The security token is invalid."}
    with sim.fault("error", account=HUB, **bad):
        code, document = noctop.ls("incidents")
    assert code == 4
    assert fleet.blind_in(document["coverage"]) == {
        (source, p.account, p.region, "expired")
        for source in fleet.SOURCES["incidents"] for p in aws.places_of(source) if p.account == HUB}
    # No support plan, and no Incident Manager anywhere but in one account.
    assert document["coverage"]["off"] == 1 + len([p for p in aws.places if p.account not in (PAYMENTS, HUB)])


def test_the_organization_is_asked_first_and_its_members_only_where_it_does_not_cover(everyday):
    sim, aws, noctop = everyday
    code, document = noctop.ls("feeds", "--timeout", "60s")
    feeds = document["feeds"]
    assert code == 0
    covered = {(s["account"], s["region"]) for f in feeds if f["slice"] == "org-backup" for s in f["covers"]}
    assert covered
    own = {(f["account"]["id"], f["region"]): f["calls"] for f in feeds if f["slice"] == "backup"}
    assert covered & own.keys()
    asked = {place for place, calls in own.items() if calls}
    assert not asked & covered
    # Whoever was named in one region is known in all: the other's answer may have come a moment later.
    known = {account for account, _ in covered}
    assert {place for place in own.keys() - covered if place[0] not in known} <= asked


def test_a_window_whose_runs_cannot_be_read_is_unread_and_the_others_are_there(everyday):
    sim, _, noctop = everyday
    _, whole = noctop.ls("windows")
    here = [i for i in whole["items"] if (i["account"]["id"], i["region"]) == (WEB, "eu-west-1")]
    assert len(here) > 1
    with sim.fault("server-error", service="ssm", operation="DescribeMaintenanceWindowExecutions",
                   account=WEB, region="eu-west-1", count=3):
        code, document = noctop.ls("windows")
    assert code == 4
    assert fleet.blind_in(document["coverage"]) == {("windows", WEB, "eu-west-1", "service")}
    assert f"The runs of 1 of {len(here)} maintenance windows" in document["coverage"]["blind"][0]["message"]
    before, after = fleet.keyed(whole["items"]), fleet.keyed(document["items"])
    assert before.keys() == after.keys()
    unread = [i for i in document["items"] if i["detail"]["unread"]]
    assert len(unread) == 1 and "DescribeMaintenanceWindowExecutions" in unread[0]["detail"]["unread"]
    assert (unread[0]["detail"]["phase"], unread[0]["nativeState"]) in (("unread", "UNKNOWN"), ("disabled", "DISABLED"))
    assert unread[0]["detail"]["last"] is None and "could not be read" in unread[0]["title"]
    for key in before.keys() - fleet.keyed(unread).keys():
        assert after[key]["detail"]["phase"] == before[key]["detail"]["phase"] != "unread"


def test_a_role_that_cannot_be_assumed_blinds_the_account(everyday):
    sim, aws, noctop = everyday
    with sim.fault("deny", service="sts", operation="AssumeRole"):
        code, document = noctop.ls("incidents")
    assert code == 4
    me = aws.client("sts", None, "us-east-1").get_caller_identity()["Account"]
    assert fleet.blind_in(document["coverage"]) == {
        (source, p.account, p.region, "denied")
        for source in fleet.SOURCES["incidents"] for p in aws.places_of(source) if p.account != me}
    assert all("AssumeRole" in b["message"] for b in document["coverage"]["blind"])


@pytest.mark.parametrize("kind", ["deny", "not-in-organization", "expired"])
def test_a_fleet_that_cannot_be_listed_is_a_failure(everyday, kind):
    sim, _, noctop = everyday
    with sim.fault(kind, service="organizations"):
        done = noctop.run("ls", "alarms", "--format", "json")
        check = noctop.run("check")
    assert done.code == 1
    assert "ListAccounts" in done.err and "no account" in done.err
    if done.out:
        document = json.loads(done.out)
        assert document["items"] == []
        # It is the fleet that is not known, and no account.
        assert [(b["source"], b["account"], b["region"]) for b in document["coverage"]["blind"]] == [
            ("organizations", None, None)]
    assert check.code == 3 and check.out.startswith("NOCTOP UNKNOWN")


def test_it_is_well_again_afterwards(everyday):
    _, _, noctop = everyday
    code, document = noctop.ls("alarms")
    assert code == 0 and document["coverage"]["blind"] == []
