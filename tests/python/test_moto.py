"""noctop against moto: it reads what moto offers, and is openly blind to what it does not."""

import ast
import json

import boto3
import pytest
from cfnlint.api import lint_all
from moto.server import ThreadedMotoServer

import fleet

ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(endpoint):
    def one(service, region=REGION):
        return boto3.client(
            service, endpoint_url=endpoint, region_name=region, aws_access_key_id="demo", aws_secret_access_key="demo"
        )

    return one


@pytest.fixture
def noctop(endpoint, tmp_path):
    """No configuration but the region: the one account that the keys lead to."""
    return fleet.Noctop(tmp_path, endpoint, f'regions = ["{REGION}"]\n')


def blind_only(code, document, *sources):
    """Exit code 4, and what was meant is blind with a sentence: never a crash, never a zero that looks well."""
    fleet.counted(document["coverage"])
    assert code == 4
    assert {(s, account, region) for s, account, region, _ in fleet.blind_in(document["coverage"])} == {
        (source, ACCOUNT, REGION) for source in sources}
    assert all(blind["fault"] in ("malformed", "service") for blind in document["coverage"]["blind"])


def test_findings_of_security_hub_are_read(client, noctop):
    hub = client("securityhub")
    made = {}
    for number, label in enumerate(("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL")):
        ident = f"arn:aws:example:{REGION}:{ACCOUNT}:finding/{number}"
        made[ident] = "info" if label == "INFORMATIONAL" else label.lower()
        answer = hub.batch_import_findings(Findings=[{
            "SchemaVersion": "2018-10-08", "Id": ident, "GeneratorId": "tests", "AwsAccountId": ACCOUNT,
            "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default", "Region": REGION,
            "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-11-20T10:00:00Z",
            "UpdatedAt": "2026-11-20T11:00:00Z", "Severity": {"Label": label}, "Title": f"finding {number}",
            "Description": "made by a test", "Resources": [{"Type": "Other", "Id": "thing"}],
            "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
        }])
        assert answer["SuccessCount"] == 1
    code, document = noctop.ls("findings")
    found = {i["id"]: i for i in document["items"]}
    assert {ident: i["severity"] for ident, i in found.items()} == made
    for item in found.values():
        assert item["account"] == {"id": ACCOUNT, "name": ACCOUNT} and item["region"] == REGION
        assert item["source"] == "securityhub" and item["opened"] == "2026-11-20T10:00:00Z"
        assert item["changed"] == "2026-11-20T11:00:00Z"
    # No detector: GuardDuty is off and nothing is blind.
    assert code == 0 and document["coverage"]["off"] == 1
    fleet.counted(document["coverage"])
    client("guardduty").create_detector(Enable=True)
    # moto has detectors and no way to list their findings.
    code, document = noctop.ls("findings")
    blind_only(code, document, "guardduty")
    assert {i["id"] for i in document["items"]} == set(made)


def test_windows_are_read_and_their_missing_history_is_said(client, noctop):
    code, document = noctop.ls("windows")
    assert code == 0 and document["items"] == [] and document["coverage"]["blind"] == []
    client("ssm").create_maintenance_window(
        Name="patch-web", Schedule="cron(0 2 ? * SUN *)", Duration=3, Cutoff=1, AllowUnassociatedTargets=True
    )
    code, document = noctop.ls("windows")
    blind_only(code, document, "windows")
    assert "DescribeMaintenanceWindowExecutions" in document["coverage"]["blind"][0]["message"]


@pytest.mark.parametrize("kind, source, operation", [
    ("alarms", "cloudwatch", "DescribeAlarms"),  # it does not speak CBOR
    ("patches", "patches", "DescribeInstanceInformation"),
    ("backups", "backup", "ListBackupJobs"),
])
def test_what_moto_lacks_is_a_blind_feed_with_a_sentence(noctop, kind, source, operation):
    code, document = noctop.ls(kind)
    blind_only(code, document, source, *fleet.ASIDE.get(kind, []))
    assert document["items"] == []
    assert any(operation in blind["message"] for blind in document["coverage"]["blind"])


def test_none_of_what_moto_lacks_of_incidents_is_taken_for_nothing(noctop):
    code, document = noctop.ls("incidents")
    assert code == 4 and document["items"] == []
    blind = {b["source"]: b["message"] for b in document["coverage"]["blind"]}
    assert {"opsitems", "incidentmanager"} <= blind.keys()
    assert "DescribeOpsItems" in blind["opsitems"] and "ListReplicationSets" in blind["incidentmanager"]


def test_plans_and_accounts_are_read(client, noctop):
    client("backup").create_backup_vault(BackupVaultName="main")
    _, document = noctop.ls("feeds", "--timeout", "60s")
    states = {(f["source"], f["slice"]): f["state"] for f in document["feeds"]}
    assert states["backup", "missed"] == "fresh" and states["securityhub", "all"] == "fresh"
    code, document = noctop.ls("accounts")
    assert code == 0 and [a["id"] for a in document["accounts"]] == [ACCOUNT]
    assert noctop.run("check", "--filter", "name:nothing-like-it").code == 3


def test_the_template_for_a_stack_set_makes_both_roles(client, noctop):
    template = noctop.run_here("iam-policy", "--stack-set").out
    # Its list of actions is older than DescribeAlarmContributors.
    known = [p for p in lint_all(template) if "describealarmcontributors" not in p.message]
    assert [str(p) for p in known if p.rule.severity != "informational"] == []
    stacks, iam = client("cloudformation"), client("iam")
    said = {"Principal": "arn:aws:iam::111111111111:role/NocOperators", "ExternalId": "noc-7f3a", "WithActRole": "yes"}
    stacks.create_stack(
        StackName="noctop-roles", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in said.items()],
    )
    for role, name, flag, trusts in (
        ("NoctopRead", "noctop-read", [], {"sts:AssumeRole"}),
        ("NoctopAct", "noctop-act", ["--operator"], {"sts:AssumeRole", "sts:SetSourceIdentity"}),
    ):
        [statement] = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"AWS": said["Principal"]} and set(statement["Action"]) == trusts
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "noc-7f3a"}}
        # moto gives a policy of a template back as Python writes it.
        document = ast.literal_eval(str(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]))
        assert document == json.loads(noctop.run_here("iam-policy", *flag).out)


def test_without_being_asked_the_template_makes_no_role_that_acts(client, noctop):
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName="reading", TemplateBody=noctop.run_here("iam-policy", "--stack-set").out,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "Principal", "ParameterValue": "arn:aws:iam::111111111111:root"},
                    {"ParameterKey": "ReadRoleName", "ParameterValue": "Reader"},
                    {"ParameterKey": "ActRoleName", "ParameterValue": "Actor"}],
    )
    iam = client("iam")
    [statement] = iam.get_role(RoleName="Reader")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert "Condition" not in statement
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="Actor")
