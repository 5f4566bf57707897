"""`noctop doctor`: whose credentials are used where, what can be read, and which permissions are missing."""

import json

import pytest

PAYMENTS = "222222222222"


@pytest.fixture
def everyday(stage):
    sim, aws, noctop = stage("everyday")
    yield sim, aws, noctop
    assert sim.control("GET", "faults") == [], "a test left a fault behind"


def examined(noctop, *arguments):
    done = noctop.run("doctor", "--format", "json", *arguments)
    assert done.out, done.err
    document = json.loads(done.out)
    return done.code, document, {account["id"]: account for account in document["accounts"]}


def test_every_account_is_named_with_the_identity_that_boto3_is_given_there(everyday):
    sim, _, noctop = everyday
    code, document, accounts = examined(noctop)
    assert code == 0, document["coverage"]["blind"]
    listed = sim.client("organizations").list_accounts()["Accounts"]
    assert set(accounts) == {account["Id"] for account in listed if account["Status"] == "ACTIVE"}
    own = sim.client("sts").get_caller_identity()
    assert accounts[own["Account"]]["identity"] == own["Arn"], "the account that lists the others is entered as it is"
    for id, account in accounts.items():
        assert id == own["Account"] or f"::{id}:assumed-role/NoctopRead/" in account["identity"], account["identity"]
        assert account["missing"] == [] and account["refused"] is None
        assert {feed["source"] for feed in account["feeds"]} >= {"cloudwatch", "backup", "windows"}


def test_a_denied_call_is_named_as_the_action_that_is_missing(everyday):
    sim, _, noctop = everyday
    where = dict(account=PAYMENTS, region="us-east-1")
    with sim.fault("deny", service="cloudwatch", operation="DescribeAlarms", **where):
        code, _, accounts = examined(noctop)
        text = noctop.run("doctor")
    assert code == 4 and text.code == 4
    assert accounts[PAYMENTS]["missing"] == [{"action": "cloudwatch:DescribeAlarms", "regions": ["us-east-1"]}]
    assert all(not account["missing"] for id, account in accounts.items() if id != PAYMENTS)
    assert "MISSING       cloudwatch:DescribeAlarms in us-east-1" in text.out
    assert "cloudwatch    blind: us-east-1   ok: eu-west-1" in text.out
    # The document that it points to has what is missing.
    policy = json.loads(noctop.run_here("iam-policy").out)
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert "cloudwatch:DescribeAlarms" in actions and "cloudwatch:GetMetricData" in actions


def test_an_account_that_lets_nobody_in_says_why(everyday):
    sim, _, noctop = everyday
    with sim.fault("deny", service="sts", operation="AssumeRole"):
        code, _, accounts = examined(noctop)
    assert code == 4
    assert accounts[PAYMENTS]["identity"] is None
    assert "AssumeRole" in accounts[PAYMENTS]["refused"]


def test_a_fleet_that_cannot_be_listed_is_a_failure(everyday):
    sim, _, noctop = everyday
    with sim.fault("deny", service="organizations"):
        done = noctop.run("doctor")
    assert done.code == 1 and "organizations:ListAccounts" in done.out, done
    assert "0 of 0" in done.out


def test_the_demo_is_examined_too(everyday):
    _, _, noctop = everyday
    done = noctop.run_here("doctor", "--demo", "quiet-night")
    assert done.code in (0, 4) and "assumed-role/NoctopRead/" in done.out and "NOBODY" not in done.out, done
