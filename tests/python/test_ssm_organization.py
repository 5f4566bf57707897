"""What one account of the simulator has of all others in Systems Manager, walked by boto3 and compared with noctop."""

import datetime
import json
import pathlib

import pytest
from botocore.exceptions import ClientError

import fleet

SYNC, NODES = "organization", "AWS-QuickSetup-ManagedNode"
OPEN = ["Open", "InProgress", "Pending"]
STATUS = {"Key": "AWS:OpsItem.Status", "Values": OPEN, "Type": "Equal"}


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def pages(client, operation, member, **arguments):
    return [one for page in client.get_paginator(operation).paginate(**arguments) for one in page[member]]


def told(entity):
    [content] = entity["Data"]["AWS:OpsItem"]["Content"]
    assert content["OpsItemId"] == entity["Id"]
    return content


@pytest.fixture
def patched(stage):
    """A world in which the management account gathers everybody."""
    sim, aws, noctop = stage("patch-tuesday")
    return sim, aws, noctop, aws.client("ssm", None, "eu-west-1")


def calls(sim, *names):
    operations = sim.control("GET", "calls")["operations"]
    return sum(o["calls"] for o in operations if o["operation"] in names)


def test_a_sync_tells_where_it_stands_what_it_gathers_and_when_it_did(patched):
    sim, aws, _, ssm = patched
    items = pages(ssm, "list_resource_data_sync", "ResourceDataSyncItems", SyncType="SyncFromSource",
                  PaginationConfig={"PageSize": 1})
    assert {i["SyncName"] for i in items} == {SYNC, NODES}
    for item in items:
        source = item["SyncSource"]
        assert source["SourceType"] == "AwsOrganizations"
        assert source["AwsOrganizationsSource"]["OrganizationSourceType"] == "EntireOrganization"
        assert {"eu-west-1", "us-east-1"} <= set(source["SourceRegions"])
        assert item["LastStatus"] == "Successful" and item["LastSuccessfulSyncTime"] > item["SyncCreatedTime"]
    assert ssm.list_resource_data_sync(SyncType="SyncToDestination")["ResourceDataSyncItems"] == []
    assert aws.client("ssm", None, "us-east-1").list_resource_data_sync()["ResourceDataSyncItems"] == []
    assert code(ssm.list_resource_data_sync, SyncType="Sideways") == "ResourceDataSyncInvalidConfigurationException"
    cli = sim.aws("ssm", "list-resource-data-sync", region="eu-west-1", account="111111111111")["ResourceDataSyncItems"]
    assert len(cli) == 2


def test_explorer_has_what_every_account_has(patched):
    sim, aws, _, ssm = patched
    gathered = [told(e) for e in pages(ssm, "get_ops_summary", "Entities", SyncName=SYNC, Filters=[STATUS],
                                       ResultAttributes=[{"TypeName": "AWS:OpsItem"}], PaginationConfig={"PageSize": 7})]
    seen = set()
    for place in aws.places:
        mine = {c["OpsItemId"]: c for c in gathered
                if (c["SourceAccountId"], c["SourceRegion"]) == (place.account, place.region)}
        client = aws.client("ssm", place.account, place.region)
        own = pages(client, "describe_ops_items", "OpsItemSummaries",
                    OpsItemFilters=[{"Key": "Status", "Operator": "Equal", "Values": OPEN}])
        assert {o["OpsItemId"] for o in own} == mine.keys()
        for ops in own:
            c = mine[ops["OpsItemId"]]
            assert (c["Title"], c["Status"], c["Source"], c.get("Severity")) == (
                ops["Title"], ops["Status"], ops["Source"], ops.get("Severity"))
            assert datetime.datetime.fromisoformat(c["CreatedTime"]) == ops["CreatedTime"]
            data = {k: v["value"] for k, v in json.loads(c["OperationalData"]).items()}
            assert data == {k: v["Value"] for k, v in ops.get("OperationalData", {}).items()}
        seen |= mine.keys()
    assert len(seen) > 10
    # Without a sync an account has its own.
    own = [told(e) for e in pages(ssm, "get_ops_summary", "Entities", Filters=[STATUS])]
    assert {c["AccountId"] for c in own} == {"111111111111"} and "SourceRegion" not in own[0]


def test_explorer_filters_counts_and_refuses(patched):
    _, _, _, ssm = patched
    one = ssm.get_ops_summary(SyncName=SYNC, Filters=[{"Key": "AWS:OpsItem.Title", "Values": ["Change CHG"], "Type": "BeginWith"}])
    assert [told(e)["Source"] for e in one["Entities"]] == ["change-calendar"]
    every = [told(e) for e in pages(ssm, "get_ops_summary", "Entities", SyncName=SYNC)]
    counted = ssm.get_ops_summary(SyncName=SYNC, Aggregators=[{
        "AggregatorType": "count", "TypeName": "AWS:OpsItem", "AttributeName": "Status", "Aggregators": [
            {"AggregatorType": "count", "TypeName": "AWS:OpsItem", "AttributeName": "SourceRegion"}]}])
    [entity] = counted["Entities"]
    rows = {(r["Status"], r["SourceRegion"]): int(r["Count"]) for r in entity["Data"]["AWS:OpsItem"]["Content"]}
    for (status, region), count in rows.items():
        assert count == sum(1 for c in every if (c["Status"], c["SourceRegion"]) == (status, region))
    assert sum(rows.values()) == len(every)
    assert ssm.get_ops_summary(SyncName=SYNC, ResultAttributes=[{"TypeName": "AWS:ComplianceSummary"}])["Entities"] == []
    assert code(ssm.get_ops_summary, SyncName="nobody") == "ResourceDataSyncNotFoundException"
    assert code(ssm.get_ops_summary, Filters=[{"Key": "Status", "Values": ["Open"]}]) == "InvalidFilter"
    assert code(ssm.get_ops_summary, ResultAttributes=[{"TypeName": "AWS:Nothing"}]) == "InvalidTypeNameException"
    assert code(ssm.get_ops_summary, Aggregators=[{"AggregatorType": "sum"}]) == "InvalidAggregatorException"


def test_the_list_of_nodes_has_what_every_account_manages(patched):
    sim, aws, _, ssm = patched
    listed = pages(ssm, "list_nodes", "Nodes", SyncName=NODES, PaginationConfig={"PageSize": 20})
    there = {(n["Owner"]["AccountId"], n["Region"], n["Id"]) for n in listed}
    own = set()
    for place in aws.places:
        client = aws.client("ssm", place.account, place.region)
        own |= {(place.account, place.region, i["InstanceId"])
                for i in pages(client, "describe_instance_information", "InstanceInformationList")}
    regions = {place.region for place in aws.places}
    assert {n for n in there if n[1] in regions} == own and len(own) > 50
    one = listed[0]
    assert one["NodeType"]["Instance"]["PlatformType"] in ("Linux", "Windows")
    some = ssm.list_nodes(SyncName=NODES, Filters=[{"Key": "AccountId", "Values": ["333333333333"], "Type": "Equal"}])["Nodes"]
    assert some and {n["Owner"]["AccountId"] for n in some} == {"333333333333"}
    assert {n["Owner"]["AccountId"] for n in ssm.list_nodes()["Nodes"]} == {"111111111111"}
    assert code(ssm.list_nodes, SyncName="nobody") == "ResourceDataSyncNotFoundException"
    assert code(ssm.list_nodes, Filters=[{"Key": "Colour", "Values": ["red"]}]) == "InvalidFilter"


@pytest.mark.parametrize("scenario, kind, source, reads", [
    ("region-outage", "incidents", "opsitems", ("DescribeOpsItems", "GetOpsSummary", "ListResourceDataSync")),
    ("patch-tuesday", "incidents", "opsitems", ("DescribeOpsItems", "GetOpsSummary", "ListResourceDataSync")),
    ("patch-tuesday", "patches", "patches", ("DescribeInstanceInformation", "DescribePatchGroups", "DescribeInstancePatchStates")),
])
def test_one_question_tells_what_every_account_does(stage, tmp_path, scenario, kind, source, reads):
    regions = ("eu-central-1", "eu-west-1", "us-east-1")
    sim, aws, noctop = stage(scenario, regions=regions)
    apart = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, f"[sources.{source}]", 'organization = "off"'))
    rows = {}
    for name, by in (("whole", noctop), ("each", apart)):
        before = calls(sim, *reads)
        exit_code, said = by.ls(kind)
        assert exit_code == 0, said["coverage"]["blind"]
        fleet.counted(said["coverage"])
        rows[name] = fleet.keyed(said["items"]), calls(sim, *reads) - before
    (whole, few), (each, many) = rows["whole"], rows["each"]
    assert len(whole) > 5 and whole == each
    assert few < many


def test_only_whom_the_sync_speaks_for_is_not_asked(stage):
    sim, aws, noctop = stage("region-outage", regions=("eu-central-1", "eu-west-1", "us-east-1"))
    _, said = noctop.ls("feeds", "--timeout", "60s")
    feeds = [f for f in said["feeds"] if f["source"] == "opsitems"]
    covered = {(s["account"], s["region"]) for f in feeds if f["slice"] == "organization" for s in f["covers"]}
    own = {(f["account"]["id"], f["region"]): f["calls"] for f in feeds if f["slice"] == "all"}
    assert covered and {place for place, asked in own.items() if asked} == own.keys() - covered
    unseen = next(account for account, name in aws.names.items() if name == "mobile-prod")
    assert unseen not in {account for account, _ in covered}


@pytest.mark.parametrize("change, says", [
    ('error = "AccessDenied: the role is gone"', "failed (AccessDenied: the role is gone)"),
    ('behind = "40m"', "has gathered nothing since"),
])
def test_a_sync_that_fails_or_lags_leaves_every_account_to_itself(stage, tmp_path, change, says):
    scenario = tmp_path / "lags.toml"
    text = sim_scenario("region-outage")
    scenario.write_text(text.replace('unseen = ["mobile-prod"]', 'unseen = ["mobile-prod"]\n' + change))
    sim, aws, noctop = stage(str(scenario), regions=("eu-central-1", "eu-west-1"))
    items = aws.read("opsitems")[0]
    exit_code, said = noctop.ls("incidents")
    mine = [i for i in said["items"] if i["source"] == "opsitems"]
    assert fleet.differences(items, mine) == []
    _, feeds = noctop.ls("feeds", "--timeout", "60s")
    [blind] = [f for f in feeds["feeds"] if f["source"] == "opsitems" and f["slice"] == "organization" and f["fault"]]
    assert says in blind["message"] and "every account is asked itself" in blind["message"]
    assert blind["covers"] == []
    assert exit_code == 0


def sim_scenario(name):
    return (pathlib.Path(__file__).parents[2] / "src/sim/scenarios" / f"{name}.toml").read_text()
