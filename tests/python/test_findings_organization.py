"""GuardDuty and Security Hub, asked of one administrator and of every account: the rows are the same, item by item."""

import pytest

import fleet

WORK = {"region-outage": ("eu-central-1", "eu-west-1", "us-east-1"), "quiet-night": ("eu-west-1", "us-east-1")}
FINDINGS = ("GetFindings", "ListFindings")


def asked(sim):
    operations = sim.control("GET", "calls")["operations"]
    return sum(o["calls"] for o in operations if o["operation"] in FINDINGS)


@pytest.mark.parametrize("scenario", WORK)
def test_one_administrator_tells_what_every_account_does(stage, tmp_path, scenario):
    sim, aws, noctop = stage(scenario, regions=WORK[scenario])
    off = [line for source in ("guardduty", "securityhub") for line in (f"[sources.{source}]", 'organization = "off"')]
    apart = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, *off))
    items = fleet.joined(*(aws.read(source)[0] for source in fleet.SOURCES["findings"]))
    told = {}
    for name, by in (("whole", noctop), ("each", apart)):
        before = asked(sim)
        code, said = by.ls("findings")
        assert code == 0, said["coverage"]["blind"]
        fleet.counted(said["coverage"])
        for item in said["items"]:
            if item["detail"]["severityRule"]:
                items.get((item["account"]["id"], item["region"], item["id"]), {}).pop("severity", None)
        assert fleet.differences(items, said["items"]) == []
        told[name] = fleet.keyed(said["items"]), asked(sim) - before
    (whole, few), (each, many) = told["whole"], told["each"]
    assert len(whole) > 3 and whole == each
    assert few < many


def test_whoever_the_administrator_does_not_have_is_asked_itself(stage):
    sim, aws, noctop = stage("quiet-night")
    _, told = noctop.ls("feeds", "--timeout", "60s")
    for source in ("guardduty", "securityhub"):
        feeds = [f for f in told["feeds"] if f["source"] == source]
        covered = {(s["account"], s["region"]) for f in feeds if f["slice"] == "organization" for s in f["covers"]}
        own = {(f["account"]["id"], f["region"]): f["calls"] for f in feeds if f["slice"] == "all"}
        assert covered
        assert {place for place, calls in own.items() if calls} == own.keys() - covered


def test_an_administrator_that_is_refused_leaves_every_account_to_itself(stage):
    sim, aws, noctop = stage("quiet-night")
    _, whole = noctop.ls("findings")
    with sim.fault("deny", operation="ListMembers"):
        code, each = noctop.ls("findings")
    assert code == 0
    assert fleet.keyed(each["items"]).keys() == fleet.keyed(whole["items"]).keys()


def test_an_administrator_that_fails_in_the_middle_hides_nobodys_findings(stage):
    sim, aws, noctop = stage("region-outage", regions=WORK["region-outage"])
    audit = next(account for account, name in aws.names.items() if name == "security-audit")
    _, whole = noctop.ls("findings")
    with sim.fault("server-error", service="securityhub", account=audit, region="eu-central-1", later_pages=True):
        code, each = noctop.ls("findings")
    assert code == 4
    assert ("securityhub", audit, "eu-central-1", "service") in fleet.blind_in(each["coverage"])
    missing = fleet.keyed(whole["items"]).keys() - fleet.keyed(each["items"]).keys()
    assert {key[0] for key in missing} <= {audit}
