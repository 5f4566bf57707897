"""The table of the shared ledger, on moto and on the simulator: noctop makes it, boto3 says what was made."""

import boto3
import pytest
from moto.server import ThreadedMotoServer

import fleet

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["moto", "sim"])
def endpoint(request):
    if request.param == "moto":
        return request.getfixturevalue("moto")
    return request.getfixturevalue("sim").endpoint


@pytest.fixture
def noctop(endpoint, tmp_path):
    return fleet.Noctop(tmp_path, endpoint, f'regions = ["{REGION}"]\n')


@pytest.fixture
def dynamodb(endpoint):
    return boto3.client(
        "dynamodb", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="demo", aws_secret_access_key="demo"
    )


def test_the_table_is_made_once_with_everything_that_it_needs(noctop, dynamodb):
    missing = noctop.run("ledger", "status", "--table", "night-shift")
    assert missing.code == 1 and "noctop ledger create" in missing.err

    made = noctop.run("ledger", "create", "--table", "night-shift")
    assert made.code == 0, made.err
    assert "table night-shift in eu-west-1 is made" in made.out
    table = dynamodb.describe_table(TableName="night-shift")["Table"]
    assert [(k["AttributeName"], k["KeyType"]) for k in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = dynamodb.describe_time_to_live(TableName="night-shift")["TimeToLiveDescription"]
    assert (ttl["AttributeName"], ttl["TimeToLiveStatus"]) == ("ttl", "ENABLED")
    backups = dynamodb.describe_continuous_backups(TableName="night-shift")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"

    again = noctop.run("ledger", "create", "--table", "night-shift")
    assert again.code == 0 and "there already" in again.out, again.err
    status = noctop.run("ledger", "status", "--table", "night-shift")
    assert status.code == 0 and "0 entries" in status.out, status.err


def test_somebody_elses_table_is_left_alone(noctop, dynamodb):
    dynamodb.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    refused = noctop.run("ledger", "create", "--table", "orders")
    assert refused.code == 1 and "another program's" in refused.err


def test_operators_share_a_table_on_an_independent_server(moto, tmp_path):
    """Findings and table both live in moto: exactly one has a finding, the other is told who, and gives way."""
    # What other tests read of moto is in another region; it keeps one world for all of them.
    region = "eu-central-1"
    keys = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
    hub = boto3.client("securityhub", endpoint_url=moto, region_name=region, **keys)
    account = boto3.client("sts", endpoint_url=moto, region_name=region, **keys).get_caller_identity()["Account"]
    ident = f"arn:aws:example:{region}:{account}:finding/contested"
    hub.batch_import_findings(Findings=[{
        "SchemaVersion": "2018-10-08", "Id": ident, "GeneratorId": "tests", "AwsAccountId": account,
        "ProductArn": f"arn:aws:securityhub:{region}:{account}:product/{account}/default", "Region": region,
        "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-11-20T10:00:00Z",
        "UpdatedAt": "2026-11-20T11:00:00Z", "Severity": {"Label": "HIGH"}, "Title": "contested",
        "Description": "made by a test", "Resources": [{"Type": "Other", "Id": "thing"}],
        "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
    }])

    def desk(operator):
        settings = f'regions = ["{region}"]\n[operator]\nname = "{operator}"\n[ledger]\ntable = "shared-desk"\n'
        return fleet.Noctop(tmp_path / operator, moto, settings)

    ana, bo = desk("ana"), desk("bo")
    made = ana.run("ledger", "create")
    assert made.code == 0, made.err
    only = ("--kind", "finding")
    taken = ana.run("ack", ident, *only, "--for", "2h", "--note", "mine", "--ticket", "OPS-7")
    assert taken.code == 0, taken.err
    refused = bo.run("ack", ident, *only)
    assert refused.code == 1 and "ana has it" in refused.out, refused.out + refused.err
    for home in (ana, bo):
        _, document = home.ls("findings")
        found = next(i for i in document["items"] if i["id"] == ident)
        assert found["state"] == "ack" and found["ack"]["owner"] == "ana" and found["ack"]["note"] == "mine"
    over = bo.run("ack", ident, *only, "--take-over")
    assert over.code == 0, over.err
    _, document = ana.ls("findings")
    assert next(i for i in document["items"] if i["id"] == ident)["ack"]["owner"] == "bo"
    back = bo.run("unack", ident, *only)
    assert back.code == 0, back.err
    _, document = ana.ls("findings")
    assert next(i for i in document["items"] if i["id"] == ident)["state"] == "new"
    rows = fleet.walk(boto3.client("dynamodb", endpoint_url=moto, region_name=region, **keys).scan, "Items",
                      token="LastEvaluatedKey", TableName="shared-desk")
    assert any(ident in str(row) for row in rows)
