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


# What nobody can be asked for all in the default world.
NOBODY = {"guardduty", "securityhub", "opsitems", "patches"}


def test_calls_are_counted_and_only_where_nobody_speaks_for_all_a_switch_is_proposed(everyday):
    _, _, noctop = everyday
    _, document, accounts = examined(noctop)
    feeds = [feed for account in accounts.values() for feed in account["feeds"]]
    taken = sum(feed["callsPerMinute"] for feed in feeds if feed["state"] in ("fresh", "late"))
    assert document["coverage"]["callsPerMinute"] == pytest.approx(taken, rel=0.05) and taken > 10
    # Two calls of CloudWatch for each scope, at its list price: what the other services are asked is free of charge.
    billed = sum(feed["callsPerMinute"] for feed in feeds if feed["source"] in ("cloudwatch", "mutes"))
    assert document["coverage"]["dollarsPerMonth"] == pytest.approx(billed * 43_200 * 0.01 / 1000, rel=0.05)
    # Nobody was made administrator of these, and nothing gathers what Systems Manager knows.
    assert {p["source"] for p in document["proposals"]} == NOBODY
    assert all(p["because"] is None and p["callsPerMinuteSaved"] > 0 for p in document["proposals"])
    assert "calls a minute, about" in noctop.run("doctor").out


@pytest.mark.parametrize("source, service, operation", [
    ("health", "health", "DescribeEventsForOrganization"),
    ("backup", "backup", "ListBackupJobs"),
    ("config", "config", "DescribeConfigurationAggregators"),
])
def test_a_switch_that_would_save_calls_is_proposed_with_how_many(everyday, source, service, operation):
    sim, _, noctop = everyday
    manager = sim.client("sts").get_caller_identity()["Account"]
    with sim.fault("deny", service=service, operation=operation, account=manager):
        _, document, accounts = examined(noctop)
        text = noctop.run("doctor").out
    (proposal,) = [p for p in document["proposals"] if p["source"] not in NOBODY]
    assert proposal["source"] == source and operation in proposal["because"]
    # What the accounts take that are asked one by one, but for the one call in place of them.
    alone = [feed for account in accounts.values() for feed in account["feeds"]
             if feed["source"] == source and feed["slice"] not in ("organization", "org-backup", "copy", "restore", "missed", "recorder")]
    taken = sum(feed["callsPerMinute"] for feed in alone if feed["state"] == "fresh")
    assert 0 < proposal["callsPerMinuteSaved"] < taken
    assert "Fewer calls: AWS" in text


def test_a_delegated_administrator_can_be_named_to_be_asked_for_all(stage):
    administrator = "121212121212"
    said = f'[sources.backup]\norganization = "{administrator}"'
    _, _, noctop = stage("everyday", more=(said,))
    _, _, accounts = examined(noctop)
    asking = {account for account, found in accounts.items()
              for feed in found["feeds"] if feed["slice"] == "org-backup" and feed["state"] == "fresh"}
    assert asking == {administrator}


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
