"""STS: identities, roles, keys that end."""

import datetime

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"


def code(error):
    return error.value.response["Error"]["Code"]


def assume(sts, account=PAYMENTS, role="noctop-read", **more):
    return sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="night-shift", **more)


def test_base_keys_are_a_user_of_the_callers_account(sim):
    me = sim.client("sts").get_caller_identity()
    assert me["Account"] == "111111111111"
    assert me["Arn"] == "arn:aws:iam::111111111111:user/operator"
    assert me["UserId"].startswith("AIDA")


def test_a_role_gives_keys_that_act_in_its_account(sim):
    answer = assume(sim.client("sts"))
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    # By the world's own clock, which stands still while the tests go on.
    now = datetime.datetime.fromtimestamp(sim.control("GET", "clock")["millis"] / 1000, datetime.timezone.utc)
    left = credentials["Expiration"] - now
    assert datetime.timedelta(minutes=59) < left <= datetime.timedelta(hours=1)
    arn = f"arn:aws:sts::{PAYMENTS}:assumed-role/noctop-read/night-shift"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    me = sim.with_credentials("sts", credentials).get_caller_identity()
    assert (me["Account"], me["Arn"]) == (PAYMENTS, arn)
    assert me["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    alarms = sim.with_credentials("cloudwatch", credentials).describe_alarms(MaxRecords=1)["MetricAlarms"]
    assert f":{PAYMENTS}:" in alarms[0]["AlarmArn"]


def test_roles_chain_for_an_hour_at_most(sim):
    first = assume(sim.client("sts"), DurationSeconds=7200)["Credentials"]
    chained = sim.with_credentials("sts", first)
    assert assume(chained, account="333333333333")["Credentials"]["AccessKeyId"].startswith("ASIA")
    with pytest.raises(ClientError) as error:
        assume(chained, account="333333333333", DurationSeconds=3601)
    assert code(error) == "ValidationError"


def test_unknown_accounts_and_wrong_external_ids_are_denied(sim):
    sts = sim.client("sts")
    with pytest.raises(ClientError) as error:
        assume(sts, account="123123123123")
    assert code(error) == "AccessDenied"
    assert "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123123123123" in str(error.value)
    for external in ({}, {"ExternalId": "wrong"}):
        with pytest.raises(ClientError) as error:
            assume(sts, role="noctop-partner", **external)
        assert code(error) == "AccessDenied"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert assume(sts, role="noctop-partner", ExternalId="nightwatch")["Credentials"]


def test_session_names_are_checked(sim):
    with pytest.raises(ClientError) as error:
        sim.client("sts").assume_role(RoleArn=f"arn:aws:iam::{PAYMENTS}:role/noctop", RoleSessionName="with space")
    assert code(error) == "ValidationError"


def test_keys_tell_their_account(sim):
    sts = sim.client("sts")
    key = assume(sts)["Credentials"]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == PAYMENTS
    assert sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE")["Account"] == "111111111111"


def test_session_tokens_keep_the_user(sim):
    credentials = sim.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    me = sim.with_credentials("sts", credentials).get_caller_identity()
    assert me["Arn"] == "arn:aws:iam::111111111111:user/operator"


def test_keys_end(fresh):
    sim = fresh()
    credentials = assume(sim.client("sts"), DurationSeconds=900)["Credentials"]
    sim.control("POST", "clock", {"advance": "16m"})
    expected = {"sts": "ExpiredToken", "cloudwatch": "ExpiredToken", "organizations": "ExpiredTokenException"}
    calls = {
        "sts": lambda c: c.get_caller_identity(),
        "cloudwatch": lambda c: c.describe_alarms(),
        "organizations": lambda c: c.describe_organization(),
    }
    for service, wanted in expected.items():
        with pytest.raises(ClientError) as error:
            calls[service](sim.with_credentials(service, credentials))
        assert code(error) == wanted


def test_bad_tokens_are_no_tokens(sim):
    credentials = dict(assume(sim.client("sts"))["Credentials"], SessionToken="bm90IG91cnM=")
    with pytest.raises(ClientError) as error:
        sim.with_credentials("sts", credentials).get_caller_identity()
    assert code(error) == "InvalidClientTokenId"


def test_unsigned_calls_are_refused(sim):
    sts = boto3.client(
        "sts", endpoint_url=sim.endpoint, region_name="eu-west-1", config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError) as error:
        sts.get_caller_identity()
    assert code(error) == "MissingAuthenticationToken"


def test_a_disabled_region_has_no_sts(sim):
    with sim.fault("region-off", service="sts", region="eu-central-1"):
        with pytest.raises(ClientError) as error:
            sim.client("sts", region="eu-central-1").get_caller_identity()
    assert code(error) == "RegionDisabledException"


def test_the_command_line_works(sim):
    assert sim.aws("sts", "get-caller-identity")["Account"] == "111111111111"
    arn = f"arn:aws:iam::{PAYMENTS}:role/noctop-read"
    answer = sim.aws("sts", "assume-role", "--role-arn", arn, "--role-session-name", "cli")
    assert answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/noctop-read/cli")


def test_the_person_and_the_tags_travel_with_the_session(fresh):
    sim = fresh("--speed", "0")
    tags = [{"Key": "ticket", "Value": "INC-7"}, {"Key": "console", "Value": "noc-1"}]
    answer = assume(sim.client("sts"), SourceIdentity="ana", Tags=tags, TransitiveTagKeys=["ticket"])
    assert answer["SourceIdentity"] == "ana" and answer["PackedPolicySize"] > 0
    first = answer["Credentials"]
    # A chained role keeps the person and what is transitive, and may not become somebody else.
    chained = assume(sim.with_credentials("sts", first), account="333333333333")
    assert chained["SourceIdentity"] == "ana"
    for wrong, wanted in [
        (dict(SourceIdentity="ben"), "AccessDenied"), (dict(SourceIdentity="with space"), "ValidationError"),
        (dict(Tags=[{"Key": "ticket", "Value": "other"}]), "InvalidParameterValue"),
        (dict(TransitiveTagKeys=["unknown"]), "InvalidParameterValue"),
        (dict(Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]), "InvalidParameterValue"),
    ]:
        with pytest.raises(ClientError) as error:
            assume(sim.with_credentials("sts", first), account="333333333333", **wrong)
        assert code(error) == wanted
    acting = sim.with_credentials("cloudwatch", chained["Credentials"])
    name = acting.describe_alarms(MaxRecords=1)["MetricAlarms"][0]["AlarmName"]
    acting.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a drill")
    change = sim.control("GET", "changes")[-1]
    assert change["operation"] == "SetAlarmState" and change["account"] == "333333333333"
    assert change["source_identity"] == "ana" and change["tags"] == {"ticket": "INC-7"}
    assert change["caller"].endswith("assumed-role/noctop-read/night-shift")
