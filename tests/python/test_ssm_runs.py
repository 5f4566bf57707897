"""What operators run: commands on machines, automations, and what comes of them."""

import datetime
import json
import uuid

import pytest
from botocore.exceptions import ClientError

import conftest

PAYMENTS = "222222222222"
WEB = "333333333333"

SCENARIO = """
title = "Runs"
seed = 5
regions = ["eu-west-1", "us-east-1"]
caller = "management"
[[role]]
name = "noctop-*"
[[account]]
id = "111111111111"
name = "management"
[[account]]
id = "222222222222"
name = "payments"
[[account]]
id = "333333333333"
name = "web"
[patches]
per_cell = 60
failing = 0.1
lost = 0.1
behind = 0.2
approved = "1h"
[windows]
per_cell = 0
[runs]
failing = 0.0
""" + (conftest.ROOT / "tests/acme-failover.toml").read_text() + """
[[runs.document]]
name = "acme-broken"
accounts = ["payments"]
[[runs.document.step]]
name = "first"
action = "aws:executeScript"
takes = "5s"
[[runs.document.step]]
name = "second"
action = "aws:executeScript"
takes = "5s"
fails = "the load balancer does not know target-7"
[[runs.document.step]]
name = "third"
action = "aws:executeScript"
[[runs.calendar]]
name = "change-freeze"
after = "1h"
lasts = "2h"
"""


@pytest.fixture
def world(fresh, tmp_path):
    path = tmp_path / "runs.toml"
    path.write_text(SCENARIO)
    return fresh("--scenario", str(path), "--speed", "0")


def refused(call, *arguments, **named):
    with pytest.raises(ClientError) as error:
        call(*arguments, **named)
    return error.value.response["Error"]["Code"]


def later(sim, by):
    sim.control("POST", "clock", {"advance": by})


def machines(ssm, status="Online", platform="Linux"):
    pages = ssm.get_paginator("describe_instance_information").paginate(
        Filters=[{"Key": "PingStatus", "Values": [status]}, {"Key": "PlatformTypes", "Values": [platform]}])
    return [i["InstanceId"] for page in pages for i in page["InstanceInformationList"]]


def shell(ssm, ids, *lines, **more):
    return ssm.send_command(InstanceIds=ids, DocumentName="AWS-RunShellScript",
                            Parameters={"commands": list(lines)}, **more)["Command"]


def one(ssm, command, instance):
    return ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=instance)


def test_a_command_runs_on_its_machines_and_tells_what_it_wrote(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)[:3]
    sent = shell(ssm, ids, "echo all is well", "hostname", Comment="noctop 7f3a")
    assert sent["Status"] == "Pending" and sent["TargetCount"] == 3 and sent["Comment"] == "noctop 7f3a"
    assert sent["InstanceIds"] == ids and sent["Parameters"] == {"commands": ["echo all is well", "hostname"]}
    # Right after it was sent no machine has heard of it.
    assert refused(one, ssm, sent, ids[0]) == "InvocationDoesNotExist"
    assert ssm.list_command_invocations(CommandId=sent["CommandId"])["CommandInvocations"] == []
    later(world, "4s")
    assert one(ssm, sent, ids[0])["Status"] == "InProgress" and one(ssm, sent, ids[0])["StandardOutputContent"] == ""
    assert ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]["Status"] == "InProgress"
    later(world, "2m")
    done = one(ssm, sent, ids[0])
    assert (done["Status"], done["ResponseCode"]) == ("Success", 0)
    assert done["StandardOutputContent"] == f"all is well\n{ids[0]}\n"
    assert done["ExecutionStartDateTime"] < done["ExecutionEndDateTime"] and done["ExecutionElapsedTime"].startswith("PT")
    whole = ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]
    assert (whole["Status"], whole["CompletedCount"], whole["ErrorCount"]) == ("Success", 3, 0)
    listed = ssm.list_command_invocations(CommandId=sent["CommandId"], Details=True)["CommandInvocations"]
    assert {i["InstanceId"] for i in listed} == set(ids)
    assert all(i["CommandPlugins"][0]["Output"].startswith("all is well") for i in listed)


def test_a_command_fails_is_too_slow_or_never_arrives(world):
    ssm = world.client("ssm", PAYMENTS)
    here, gone = machines(ssm)[0], machines(ssm, "ConnectionLost")[0]
    broken = shell(ssm, [here], "echo before; exit 3", "echo never")
    slow = shell(ssm, [here], "sleep 900")
    never = shell(ssm, [gone], "echo hello", TimeoutSeconds=60)
    hurried = ssm.send_command(InstanceIds=[here], DocumentName="AWS-RunShellScript",
                               Parameters={"commands": ["sleep 500"], "executionTimeout": ["60"]})["Command"]
    later(world, "3m")
    failed = one(ssm, broken, here)
    assert (failed["Status"], failed["ResponseCode"], failed["StandardOutputContent"]) == ("Failed", 3, "before\n")
    assert "exit status 3" in failed["StandardErrorContent"]
    assert one(ssm, slow, here)["Status"] == "InProgress"
    assert one(ssm, never, gone)["StatusDetails"] == "DeliveryTimedOut"
    assert one(ssm, hurried, here)["StatusDetails"] == "ExecutionTimedOut"
    status = {c["CommandId"]: c for c in ssm.list_commands()["Commands"]}
    assert status[never["CommandId"]]["DeliveryTimedOutCount"] == 1
    assert status[broken["CommandId"]]["ErrorCount"] == 1
    # Cancelled: first on the way, then done.
    ssm.cancel_command(CommandId=slow["CommandId"])
    assert one(ssm, slow, here)["Status"] == "Cancelling"
    later(world, "5s")
    assert one(ssm, slow, here)["Status"] == "Cancelled"
    # What has ended has ended.
    ssm.cancel_command(CommandId=broken["CommandId"])
    assert one(ssm, broken, here)["Status"] == "Failed"


def test_too_many_failures_stop_a_command(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)[:6]
    sent = shell(ssm, ids, "exit 1", MaxConcurrency="1", MaxErrors="1")
    later(world, "10m")
    whole = ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]
    assert (whole["Status"], whole["StatusDetails"]) == ("Failed", "RateExceeded")
    details = [i["StatusDetails"] for i in ssm.list_command_invocations(CommandId=sent["CommandId"])["CommandInvocations"]]
    assert details.count("Failed") == 2 and details.count("Terminated") == 4
    at_once = shell(ssm, ids, "sleep 60", MaxConcurrency="50%")
    later(world, "30s")
    details = [i["Status"] for i in ssm.list_command_invocations(CommandId=at_once["CommandId"])["CommandInvocations"]]
    assert details.count("InProgress") == 3 and details.count("Pending") == 3


def test_targets_are_resolved_by_tag(world):
    ssm = world.client("ssm", PAYMENTS)
    group = ssm.describe_patch_groups(MaxResults=1)["Mappings"][0]["PatchGroup"]
    sent = ssm.send_command(Targets=[{"Key": "tag:PatchGroup", "Values": [group]}], DocumentName="AWS-RunPatchBaseline",
                            Parameters={"Operation": ["Scan"]})["Command"]
    later(world, "5s")
    assert ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]["TargetCount"] > 1
    none = ssm.send_command(Targets=[{"Key": "tag:PatchGroup", "Values": ["no-such-group"]}],
                            DocumentName="AWS-RunPatchBaseline", Parameters={"Operation": ["Scan"]})["Command"]
    assert (none["TargetCount"], none["StatusDetails"]) == (0, "NoInstancesInTag")


def test_commands_that_are_refused(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)
    send = lambda **more: refused(ssm.send_command, **{
        "DocumentName": "AWS-RunShellScript", "InstanceIds": ids[:1], "Parameters": {"commands": ["true"]}, **more})
    assert send(DocumentName="No-Such-Document") == "InvalidDocument"
    assert send(DocumentName="AWS-RestartEC2Instance", Parameters={"InstanceId": ids[:1]}) == "InvalidDocument"
    assert send(DocumentVersion="7") == "InvalidDocumentVersion"
    assert send(Parameters={"command": ["true"]}) == "InvalidParameters"
    assert send(Parameters={}) == "InvalidParameters"
    assert send(InstanceIds=["i-00000000000000000"]) == "InvalidInstanceId"
    assert send(InstanceIds=[ids[0], ids[0]]) == "DuplicateInstanceId"
    assert send(InstanceIds=[f"i-{n:017x}" for n in range(51)]) == "ValidationException"
    assert send(Comment="x" * 101) == "ValidationException"
    assert send(TimeoutSeconds=30, MaxErrors="150%") == "ValidationException"
    assert send(InstanceIds=machines(ssm, platform="Windows")[:1]) == "UnsupportedPlatformType"
    assert refused(ssm.send_command, DocumentName="AWS-RunShellScript", Parameters={"commands": ["true"]}) == "ValidationException"
    assert refused(ssm.get_command_invocation, CommandId=str(uuid.uuid4()), InstanceId=ids[0]) == "InvocationDoesNotExist"
    assert refused(ssm.cancel_command, CommandId=str(uuid.uuid4())) == "InvalidCommandId"
    assert refused(ssm.list_commands, CommandId=str(uuid.uuid4())) == "InvalidCommandId"
    assert ssm.list_commands()["Commands"] == []


def test_a_command_is_found_again_by_its_comment(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)[:1]
    begun = datetime.datetime.fromtimestamp(world.control("GET", "clock")["millis"] / 1000, datetime.timezone.utc)
    for n in range(7):
        shell(ssm, ids, "true", Comment=f"noctop {n}")
        later(world, "1m")
    pages = ssm.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 3})
    assert [c["Comment"] for p in pages for c in p["Commands"]] == [f"noctop {n}" for n in reversed(range(7))]
    since = (begun + datetime.timedelta(minutes=3, seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    after = ssm.list_commands(Filters=[{"key": "InvokedAfter", "value": since}])["Commands"]
    assert [c["Comment"] for c in after] == ["noctop 6", "noctop 5", "noctop 4"]
    assert len(ssm.list_commands(InstanceId=ids[0], Filters=[{"key": "DocumentName", "value": "AWS-RunShellScript"}])["Commands"]) == 7
    # Sent, and the answer lost: it has run all the same.
    with world.fault("lost", operation="SendCommand"):
        with pytest.raises(Exception):
            shell(ssm, ids, "true", Comment="noctop lost")
    assert [c["Comment"] for c in ssm.list_commands(MaxResults=1)["Commands"]] == ["noctop lost"]


def test_installing_patches_leaves_none_missing(world):
    ssm = world.client("ssm", PAYMENTS)

    def missing():
        found = {}
        for some in [ids[n:n + 50] for n in range(0, len(ids), 50)]:
            for page in ssm.get_paginator("describe_instance_patch_states").paginate(InstanceIds=some):
                found |= {s["InstanceId"]: s for s in page["InstancePatchStates"]}
        return found

    ids = machines(ssm) + machines(ssm, platform="Windows")
    before = missing()
    lacking = [i for i, s in before.items() if s["MissingCount"] > 0][:5]
    assert len(lacking) == 5
    sent = ssm.send_command(InstanceIds=lacking, DocumentName="AWS-RunPatchBaseline",
                            Parameters={"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]})["Command"]
    later(world, "1m")
    assert {missing()[i]["MissingCount"] for i in lacking} != {0}
    later(world, "30m")
    outcome = {i["InstanceId"]: i["Status"] for i in
               ssm.list_command_invocations(CommandId=sent["CommandId"])["CommandInvocations"]}
    after = missing()
    for instance in lacking:
        if outcome[instance] == "Success":
            # At some hours the nightly scan comes within the half hour, and says the same.
            state = after[instance]
            assert state["Operation"] == "Install" or state["OperationStartTime"] > sent["RequestedDateTime"]
            assert after[instance]["MissingCount"] < before[instance]["MissingCount"]
    assert "Success" in outcome.values()


def documents(ssm, **filters):
    pages = ssm.get_paginator("list_documents").paginate(
        Filters=[{"Key": key, "Values": [value]} for key, value in filters.items()], PaginationConfig={"PageSize": 4})
    return [d["Name"] for page in pages for d in page["DocumentIdentifiers"]]


def test_documents_of_aws_and_of_the_account(world):
    ssm = world.client("ssm", PAYMENTS)
    own = documents(ssm, Owner="Self", DocumentType="Automation")
    assert own == ["acme-failover", "acme-broken"]
    assert documents(world.client("ssm", WEB), Owner="Self") == ["acme-failover"]
    amazon = documents(ssm, Owner="Amazon", DocumentType="Automation")
    assert "AWS-RestartEC2Instance" in amazon and "AWS-RunShellScript" not in amazon
    assert "AWS-RunShellScript" in documents(ssm, Name="AWS-Run")
    for name in documents(ssm):
        described = ssm.describe_document(Name=name)["Document"]
        content = json.loads(ssm.get_document(Name=name)["Content"])
        assert set(content["parameters"]) == {p["Name"] for p in described.get("Parameters", [])}
        assert content["schemaVersion"] == described["SchemaVersion"] and described["Status"] == "Active"
    assert ssm.describe_document(Name="acme-failover")["Document"]["Owner"] == PAYMENTS
    assert refused(ssm.describe_document, Name="acme-nothing") == "InvalidDocument"
    assert refused(ssm.get_document, Name="AWS-RunShellScript", DocumentVersion="9") == "InvalidDocumentVersion"


def start(ssm, name, **parameters):
    more = parameters.pop("more", {})
    return ssm.start_automation_execution(
        DocumentName=name, Parameters={k: [v] if isinstance(v, str) else v for k, v in parameters.items()}, **more
    )["AutomationExecutionId"]


def get(ssm, execution):
    return ssm.get_automation_execution(AutomationExecutionId=execution)["AutomationExecution"]


def steps(ssm, execution):
    return {s["StepName"]: s for s in ssm.describe_automation_step_executions(AutomationExecutionId=execution)["StepExecutions"]}


def test_restarting_a_machine_clears_its_alarms(fresh):
    sim = fresh("--scenario", "alarm-storm", "--speed", "0")
    sim.control("DELETE", "faults")
    cloudwatch, ssm = sim.client("cloudwatch", PAYMENTS), sim.client("ssm", PAYMENTS)
    firing = [a for page in cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM")
              for a in page["MetricAlarms"] if any(d["Name"] == "InstanceId" for d in a.get("Dimensions", []))]
    assert firing
    alarm = firing[0]
    instance = next(d["Value"] for d in alarm["Dimensions"] if d["Name"] == "InstanceId")
    state = lambda: cloudwatch.describe_alarms(AlarmNames=[alarm["AlarmName"]])["MetricAlarms"][0]["StateValue"]
    stopped = start(ssm, "AWS-RestartEC2Instance", InstanceId=instance)
    ssm.stop_automation_execution(AutomationExecutionId=stopped)
    execution = start(ssm, "AWS-RestartEC2Instance", InstanceId=instance)
    later(sim, "2s")
    assert state() == "ALARM" and get(ssm, execution)["CurrentStepName"] == "stopInstances"
    later(sim, "3m")
    assert get(ssm, execution)["AutomationExecutionStatus"] == "Success"
    assert get(ssm, stopped)["AutomationExecutionStatus"] == "Cancelled"
    reasons = cloudwatch.describe_alarm_history(AlarmName=alarm["AlarmName"], HistoryItemType="StateUpdate", MaxRecords=1)
    assert "ALARM to OK" in reasons["AlarmHistoryItems"][0]["HistorySummary"] or state() == "OK"


def test_an_automation_waits_for_an_approval(world):
    ssm = world.client("ssm", PAYMENTS)
    execution = start(ssm, "acme-failover", Service="checkout")
    seen = get(ssm, execution)
    assert seen["AutomationExecutionStatus"] == "InProgress" and seen["CurrentStepName"] == "drain"
    assert seen["ExecutedBy"] == f"arn:aws:iam::{PAYMENTS}:user/operator" and seen["Parameters"] == {"Service": ["checkout"]}
    signal = lambda kind, **more: ssm.send_automation_signal(AutomationExecutionId=execution, SignalType=kind, **more)
    assert refused(signal, "Approve") == "InvalidAutomationSignalException"
    later(world, "31s")
    assert get(ssm, execution)["AutomationExecutionStatus"] == "Waiting"
    assert [s["StepStatus"] for s in steps(ssm, execution).values()] == ["Success", "Waiting", "Pending"]
    later(world, "2h")
    assert get(ssm, execution)["AutomationExecutionStatus"] == "Waiting"
    signal("Approve", Payload={"Comment": ["looks right"]})
    later(world, "11s")
    done = get(ssm, execution)
    assert done["AutomationExecutionStatus"] == "Success" and done["ExecutionEndTime"] > done["ExecutionStartTime"]
    assert done["ProgressCounters"]["SuccessSteps"] == 3
    assert refused(signal, "Approve") == "InvalidAutomationSignalException"
    other = start(ssm, "acme-failover", Service="ledger")
    later(world, "31s")
    ssm.send_automation_signal(AutomationExecutionId=other, SignalType="Reject")
    assert get(ssm, other)["AutomationExecutionStatus"] == "Failed" and "denied" in get(ssm, other)["FailureMessage"]


def test_a_step_fails_with_a_message(world):
    ssm = world.client("ssm", PAYMENTS)
    execution = ssm.start_automation_execution(DocumentName="acme-broken")["AutomationExecutionId"]
    later(world, "1m")
    seen = get(ssm, execution)
    assert seen["AutomationExecutionStatus"] == "Failed" and "target-7" in seen["FailureMessage"]
    by_name = steps(ssm, execution)
    assert [s["StepStatus"] for s in by_name.values()] == ["Success", "Failed", "Pending"]
    assert "target-7" in by_name["second"]["FailureMessage"] and by_name["second"]["ResponseCode"] == "1"
    failed = ssm.describe_automation_step_executions(
        AutomationExecutionId=execution, Filters=[{"Key": "StepExecutionStatus", "Values": ["Failed"]}])["StepExecutions"]
    assert [s["StepName"] for s in failed] == ["second"]
    assert refused(ssm.stop_automation_execution, AutomationExecutionId=execution) == "InvalidAutomationStatusUpdateException"


def test_an_automation_is_stopped_and_one_goes_step_by_step(world):
    ssm = world.client("ssm", PAYMENTS)
    execution = start(ssm, "acme-failover", Service="checkout")
    later(world, "5s")
    ssm.stop_automation_execution(AutomationExecutionId=execution, Type="Cancel")
    assert get(ssm, execution)["AutomationExecutionStatus"] == "Cancelled"
    slow = start(ssm, "acme-failover", Service="checkout", more={"Mode": "Interactive"})
    assert get(ssm, slow)["AutomationExecutionStatus"] == "Waiting"
    ssm.send_automation_signal(AutomationExecutionId=slow, SignalType="Resume")
    assert get(ssm, slow)["CurrentStepName"] == "drain"
    ssm.send_automation_signal(AutomationExecutionId=slow, SignalType="StopStep")
    assert get(ssm, slow)["AutomationExecutionStatus"] == "Cancelled"


def test_a_client_token_starts_one_automation(world):
    ssm = world.client("ssm", PAYMENTS)
    token = str(uuid.uuid4())
    first = start(ssm, "acme-failover", Service="checkout", more={"ClientToken": token})
    assert start(ssm, "acme-failover", Service="checkout", more={"ClientToken": token}) == first
    with pytest.raises(ClientError) as error:
        start(ssm, "acme-failover", Service="ledger", more={"ClientToken": token})
    assert error.value.response["Error"]["Code"] == "IdempotentParameterMismatch"
    assert len(ssm.describe_automation_executions()["AutomationExecutionMetadataList"]) == 1


def test_automations_that_are_refused(world):
    ssm = world.client("ssm", PAYMENTS)
    begin = lambda **more: refused(ssm.start_automation_execution, **{
        "DocumentName": "acme-failover", "Parameters": {"Service": ["checkout"]}, **more})
    bad = "InvalidAutomationExecutionParametersException"
    assert begin(DocumentName="acme-nothing") == "AutomationDefinitionNotFoundException"
    assert begin(DocumentName="AWS-RunShellScript") == "AutomationDefinitionNotFoundException"
    assert begin(DocumentVersion="4") == "AutomationDefinitionVersionNotFoundException"
    assert begin(Parameters={"Service": ["billing"]}) == bad
    assert begin(Parameters={"Servce": ["checkout"]}) == bad
    assert refused(ssm.start_automation_execution, DocumentName="acme-failover") == bad
    assert begin(DocumentName="AWS-RestartEC2Instance", Parameters={"InstanceId": ["vol-1"]}) == bad
    assert begin(MaxConcurrency="many") == "ValidationException"
    assert begin(Targets=[{"Key": "ParameterValues", "Values": ["x"]}]) == "InvalidTarget"
    nobody = str(uuid.uuid4())
    assert refused(ssm.get_automation_execution, AutomationExecutionId=nobody) == "AutomationExecutionNotFoundException"
    assert refused(ssm.stop_automation_execution, AutomationExecutionId=nobody) == "AutomationExecutionNotFoundException"
    assert refused(ssm.describe_automation_executions, Filters=[{"Key": "StartTimeAfter", "Values": ["soon"]}]) == "InvalidFilterValue"
    assert ssm.describe_automation_executions()["AutomationExecutionMetadataList"] == []


def test_an_automation_has_a_child_for_each_target(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)[:4]
    execution = ssm.start_automation_execution(
        DocumentName="AWS-RestartEC2Instance", TargetParameterName="InstanceId", MaxConcurrency="2", MaxErrors="0",
        Targets=[{"Key": "ParameterValues", "Values": ids}])["AutomationExecutionId"]
    children = lambda: ssm.describe_automation_executions(
        Filters=[{"Key": "ParentExecutionId", "Values": [execution]}])["AutomationExecutionMetadataList"]
    assert {c["Target"] for c in children()} == set(ids)
    assert sorted(c["AutomationExecutionStatus"] for c in children()) == ["InProgress", "InProgress", "Pending", "Pending"]
    assert get(ssm, execution)["AutomationExecutionStatus"] == "InProgress"
    later(world, "10m")
    done = get(ssm, execution)
    assert done["AutomationExecutionStatus"] == "Success" and done["ProgressCounters"]["SuccessSteps"] == 4
    assert set(done["ResolvedTargets"]["ParameterValues"]) == set(ids)


def test_one_call_runs_in_many_accounts_and_regions(world):
    central = world.client("ssm", "111111111111")
    execution = central.start_automation_execution(
        DocumentName="acme-failover", Parameters={"Service": ["checkout"]}, MaxConcurrency="10", MaxErrors="1",
        TargetLocations=[{"Accounts": [PAYMENTS, WEB, "999999999999"], "Regions": ["eu-west-1", "us-east-1"],
                          "ExecutionRoleName": "noctop-act"}])["AutomationExecutionId"]
    for account in (PAYMENTS, WEB):
        for region in ("eu-west-1", "us-east-1"):
            there = world.client("ssm", account, region).describe_automation_executions()["AutomationExecutionMetadataList"]
            assert [e["ParentAutomationExecutionId"] for e in there] == [execution]
    later(world, "31s")
    by_place = steps(central, execution)
    assert len(by_place) == 6
    assert sorted(s["StepStatus"] for s in by_place.values()) == ["Failed"] * 2 + ["Waiting"] * 4
    assert "can't be assumed" in next(s["FailureMessage"] for s in by_place.values() if s["StepStatus"] == "Failed")
    assert {(s["TargetLocation"]["Accounts"][0], s["TargetLocation"]["Regions"][0]) for s in by_place.values()} >= {
        (PAYMENTS, "us-east-1"), (WEB, "eu-west-1")}
    # Answered once, for all of them.
    central.send_automation_signal(AutomationExecutionId=execution, SignalType="Approve")
    later(world, "15s")
    done = get(central, execution)
    assert done["AutomationExecutionStatus"] == "Failed" and done["ProgressCounters"]["SuccessSteps"] == 4
    listed = central.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert [e["AutomationType"] for e in listed] == ["CrossAccount"]


def test_executions_are_listed_newest_first_and_filtered(world):
    ssm = world.client("ssm", PAYMENTS)
    made = []
    for n in range(7):
        made.append(start(ssm, "acme-failover", Service="checkout") if n % 2 else
                    ssm.start_automation_execution(DocumentName="acme-broken")["AutomationExecutionId"])
        later(world, "20s")
    pages = ssm.get_paginator("describe_automation_executions").paginate(PaginationConfig={"PageSize": 3})
    listed = [e for p in pages for e in p["AutomationExecutionMetadataList"]]
    assert [e["AutomationExecutionId"] for e in listed] == made[::-1]
    filtered = lambda key, value: [e["AutomationExecutionId"] for e in ssm.describe_automation_executions(
        Filters=[{"Key": key, "Values": [value]}])["AutomationExecutionMetadataList"]]
    assert filtered("DocumentNamePrefix", "acme-fail") == made[5::-2]
    assert set(filtered("ExecutionStatus", "Failed")) == set(made[::2])
    assert filtered("ExecutionId", made[2]) == [made[2]]
    truth = world.truth("ssm", PAYMENTS)["AutomationExecutions"]
    assert {e["AutomationExecutionId"]: e["AutomationExecutionStatus"] for e in truth} == {
        e["AutomationExecutionId"]: e["AutomationExecutionStatus"] for e in listed}


def test_a_preview_shows_what_an_automation_would_do(world):
    ssm = world.client("ssm", PAYMENTS)
    ids = machines(ssm)[:3]
    preview = ssm.start_execution_preview(DocumentName="AWS-RestartEC2Instance", ExecutionInputs={"Automation": {
        "TargetParameterName": "InstanceId", "Targets": [{"Key": "ParameterValues", "Values": ids}],
        "TargetLocations": [{"Accounts": [PAYMENTS, WEB], "Regions": ["eu-west-1"]}]}})["ExecutionPreviewId"]
    assert ssm.get_execution_preview(ExecutionPreviewId=preview)["Status"] == "InProgress"
    later(world, "4s")
    seen = ssm.get_execution_preview(ExecutionPreviewId=preview)
    shown = seen["ExecutionPreview"]["Automation"]
    assert seen["Status"] == "Success" and shown["StepPreviews"] == {"Mutating": 2}
    assert shown["TotalAccounts"] == 2 and shown["Regions"] == ["eu-west-1"]
    assert shown["TargetPreviews"] == [{"Count": 3, "TargetType": "AWS::EC2::Instance"}]
    assert refused(ssm.start_execution_preview, DocumentName="acme-failover") == "ValidationException"
    assert world.control("GET", "changes") == [], "looking ahead changes nothing"


def test_the_change_calendar_opens_and_closes(world):
    ssm = world.client("ssm", PAYMENTS)
    state = lambda **more: ssm.get_calendar_state(CalendarNames=["change-freeze"], **more)
    assert state()["State"] == "OPEN" and state()["NextTransitionTime"]
    later(world, "90m")
    assert state()["State"] == "CLOSED"
    assert state(AtTime=state()["NextTransitionTime"])["State"] == "OPEN"
    assert refused(ssm.get_calendar_state, CalendarNames=["nothing"]) == "InvalidDocument"
    assert refused(ssm.get_calendar_state, CalendarNames=["acme-failover"]) == "InvalidDocumentType"


def test_the_command_line_runs_things_too(world):
    sent = world.aws("ssm", "send-command", "--document-name", "AWS-RunShellScript", "--comment", "from the cli",
                     "--parameters", "commands=echo hello", "--instance-ids", machines(world.client("ssm", PAYMENTS))[0],
                     account=PAYMENTS)
    later(world, "2m")
    done = world.aws("ssm", "list-command-invocations", "--command-id", sent["Command"]["CommandId"], "--details", account=PAYMENTS)
    assert done["CommandInvocations"][0]["CommandPlugins"][0]["Output"] == "hello\n"
    begun = world.aws("ssm", "start-automation-execution", "--document-name", "acme-failover", "--parameters", "Service=ledger",
                      account=PAYMENTS)
    seen = world.aws("ssm", "get-automation-execution", "--automation-execution-id", begun["AutomationExecutionId"], account=PAYMENTS)
    assert seen["AutomationExecution"]["CurrentStepName"] == "drain"


def test_an_ordinary_day_has_runs_behind_it(sim):
    ssm = sim.client("ssm", PAYMENTS)
    now = datetime.datetime.fromtimestamp(sim.control("GET", "clock")["millis"] / 1000, datetime.timezone.utc)
    past = [e for page in ssm.get_paginator("describe_automation_executions").paginate(PaginationConfig={"PageSize": 5})
            for e in page["AutomationExecutionMetadataList"]]
    assert len(past) > 3
    assert [e["ExecutionStartTime"] for e in past] == sorted((e["ExecutionStartTime"] for e in past), reverse=True)
    for execution in past:
        assert now - datetime.timedelta(days=15) < execution["ExecutionStartTime"] < now
        assert ":assumed-role/on-call/" in execution["ExecutedBy"]
        assert execution["AutomationExecutionStatus"] in ("Success", "Failed")
        seen = get(ssm, execution["AutomationExecutionId"])
        assert ("FailureMessage" in seen) == (execution["AutomationExecutionStatus"] == "Failed")
    assert "nightwatch-region-failover" in documents(ssm, Owner="Self")
    assert ssm.get_calendar_state(CalendarNames=["change-freeze"])["State"] == "OPEN"
