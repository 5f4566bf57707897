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
