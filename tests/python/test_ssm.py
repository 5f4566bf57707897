"""Systems Manager: OpsItems, maintenance windows, managed nodes and patches, walked with boto3 and the AWS CLI."""

import datetime
import json
import re

import pytest
from botocore.exceptions import ClientError

import conftest

PAYMENTS, WEB, DATA, NETWORK = "222222222222", "333333333333", "444444444444", "666666666666"
ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")


def pages(call, member, size, **arguments):
    """All items of a list read in pages of `size`; how many there were of each."""
    items, sizes, token = [], [], None
    while True:
        more = {"NextToken": token} if token else {}
        answer = call(MaxResults=size, **more, **arguments)
        items += answer[member]
        sizes.append(len(answer[member]))
        token = answer.get("NextToken")
        if not token:
            return items, sizes
        assert len(answer[member]) == size


def refused(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return caught.value.response["Error"]["Code"]


def epoch(at):
    return pytest.approx(at.timestamp(), abs=0.002)


# --- OpsItems


def opsitems(ssm, *filters, size=50):
    filters = [{"Key": k, "Operator": o, "Values": v if isinstance(v, list) else [v]} for k, o, v in filters]
    return pages(ssm.describe_ops_items, "OpsItemSummaries", size, OpsItemFilters=filters)[0]


@pytest.mark.parametrize("account", [PAYMENTS, WEB, DATA])
def test_opsitems_are_the_truth_whatever_the_page_size(sim, account):
    ssm = sim.client("ssm", account)
    truth = {item["OpsItemId"]: item for item in sim.truth("ssm", account)["OpsItems"]}
    assert truth
    for size in (1, 7, 50):
        items, sizes = pages(ssm.describe_ops_items, "OpsItemSummaries", size, OpsItemFilters=[])
        assert {i["OpsItemId"] for i in items} == set(truth) and len(items) == len(truth)
        assert all(n == size for n in sizes[:-1])
    for item in items:
        told = truth[item["OpsItemId"]]
        for name in ("Title", "Status", "Source", "Severity", "Category", "Priority", "CreatedBy"):
            assert item.get(name) == told.get(name)
        assert epoch(item["CreatedTime"]) == told["CreatedTime"]
        assert epoch(item["LastModifiedTime"]) == told["LastModifiedTime"]
    created = [i["CreatedTime"] for i in items]
    assert created == sorted(created, reverse=True)


def test_opsitem_filters_leave_what_they_should(sim):
    ssm = sim.client("ssm", PAYMENTS)
    everything = opsitems(ssm)
    for key in ("Status", "Severity", "Source", "Category", "OpsItemId", "CreatedBy"):
        for value in {i[key] for i in everything if key in i}:
            found = {i["OpsItemId"] for i in opsitems(ssm, (key, "Equal", value))}
            assert found == {i["OpsItemId"] for i in everything if i.get(key) == value}, (key, value)
    statuses = ["Open", "InProgress"]
    both = opsitems(ssm, ("Status", "Equal", statuses))
    assert {i["OpsItemId"] for i in both} == {i["OpsItemId"] for i in everything if i["Status"] in statuses}
    middle = everything[len(everything) // 2]["CreatedTime"]
    newer = opsitems(ssm, ("CreatedTime", "GreaterThan", middle.isoformat()))
    assert {i["OpsItemId"] for i in newer} == {i["OpsItemId"] for i in everything if i["CreatedTime"] > middle}
    older = opsitems(ssm, ("LastModifiedTime", "LessThan", middle.isoformat()))
    assert {i["OpsItemId"] for i in older} == {i["OpsItemId"] for i in everything if i["LastModifiedTime"] < middle}
    title = everything[0]["Title"]
    assert title in {i["Title"] for i in opsitems(ssm, ("Title", "Contains", title[3:12]))}
    with_data = next(i for i in everything if i["OperationalData"])
    resource = json.loads(with_data["OperationalData"]["/aws/resources"]["Value"])[0]["arn"]
    assert with_data["OpsItemId"] in {i["OpsItemId"] for i in opsitems(ssm, ("ResourceId", "Contains", resource))}
    keyed = opsitems(ssm, ("OperationalDataKey", "Equal", "/aws/dedup"))
    assert {i["OpsItemId"] for i in keyed} == {i["OpsItemId"] for i in everything if "/aws/dedup" in i["OperationalData"]}
    assert opsitems(ssm, ("AccountId", "Equal", WEB)) == []
    assert len(opsitems(ssm, ("Priority", "Equal", "1"))) == len([i for i in everything if i.get("Priority") == 1])


def test_bad_opsitem_requests_are_refused(sim):
    ssm = sim.client("ssm", PAYMENTS, parameter_validation=False)
    for size in (0, 51):
        assert refused(ssm.describe_ops_items, MaxResults=size) == "ValidationException"
    for bad in (
        {"Key": "Colour", "Operator": "Equal", "Values": ["x"]},
        {"Key": "Status", "Operator": "Contains", "Values": ["Open"]},
        {"Key": "Status", "Operator": "Equal", "Values": ["Ajar"]},
        {"Key": "CreatedTime", "Operator": "GreaterThan", "Values": ["yesterday"]},
    ):
        assert refused(ssm.describe_ops_items, OpsItemFilters=[bad]) == "ValidationException", bad
    assert refused(ssm.describe_ops_items, NextToken="bm9uc2Vuc2U=") == "InvalidNextToken"
    assert refused(ssm.get_ops_item, OpsItemId="oi-ffffffffffff") == "OpsItemNotFoundException"
    assert refused(ssm.get_ops_item, OpsItemId="nonsense") == "ValidationException"
    first = ssm.describe_ops_items(MaxResults=1)["NextToken"]
    assert refused(sim.client("ssm", WEB).describe_ops_items, MaxResults=1, NextToken=first) == "InvalidNextToken"


def test_an_opsitem_is_created_found_changed_and_not_created_twice(fresh):
    sim = fresh("--speed", "0")
    ssm = sim.client("ssm", PAYMENTS)
    dedup = {"/aws/dedup": {"Type": "SearchableString", "Value": json.dumps({"dedupString": "disk-7"})}}
    asked = dict(Title="Disk 7 is full", Source="noctop", Description="df says 100 %", Severity="2", OperationalData=dedup)
    made = ssm.create_ops_item(**asked)
    with pytest.raises(ClientError) as again:
        ssm.create_ops_item(**asked)
    assert again.value.response["Error"]["Code"] == "OpsItemAlreadyExistsException"
    assert again.value.response["OpsItemId"] == made["OpsItemId"]
    item = ssm.get_ops_item(OpsItemId=made["OpsItemId"], OpsItemArn=made["OpsItemArn"])["OpsItem"]
    assert (item["Status"], item["Title"], item["Version"]) == ("Open", "Disk 7 is full", "1")
    sim.control("POST", "clock", {"advance": "10m"})
    own = {"ticket": {"Type": "String", "Value": "OPS-1"}}
    ssm.update_ops_item(OpsItemId=made["OpsItemId"], Status="Resolved", Priority=2, OperationalData=own)
    item = ssm.get_ops_item(OpsItemId=made["OpsItemId"])["OpsItem"]
    assert (item["Status"], item["Priority"], item["Version"]) == ("Resolved", 2, "2")
    assert item["OperationalData"]["ticket"]["Value"] == "OPS-1" and "/aws/dedup" in item["OperationalData"]
    assert (item["LastModifiedTime"] - item["CreatedTime"]).total_seconds() == 600
    ssm.update_ops_item(OpsItemId=made["OpsItemId"], OperationalDataToDelete=["ticket"])
    assert "ticket" not in ssm.get_ops_item(OpsItemId=made["OpsItemId"])["OpsItem"]["OperationalData"]
    # A resolved one is in nobody's way.
    assert ssm.create_ops_item(**asked)["OpsItemId"] != made["OpsItemId"]
    mine = [{"Key": "OpsItemId", "Operator": "Equal", "Values": [made["OpsItemId"]]}]
    events = ssm.list_ops_item_events(Filters=mine)["Summaries"]
    assert [e["DetailType"] for e in events].count("OpsItem Create") == 1 and len(events) == 3
    assert refused(ssm.create_ops_item, **{**asked, "Source": "aws-mine"}) == "OpsItemInvalidParameterException"
    bad = {"amazon-key": {"Type": "String", "Value": "x"}}
    assert refused(ssm.update_ops_item, OpsItemId=made["OpsItemId"], OperationalData=bad) == "OpsItemInvalidParameterException"
    assert refused(ssm.update_ops_item, OpsItemId="oi-ffffffffffff", Status="Open") == "OpsItemNotFoundException"
    foreign = made["OpsItemArn"].replace(PAYMENTS, WEB)
    assert refused(ssm.get_ops_item, OpsItemId=made["OpsItemId"], OpsItemArn=foreign) == "OpsItemAccessDeniedException"


def test_related_items_and_events_agree_with_their_opsitems(sim):
    ssm = sim.client("ssm", PAYMENTS)
    ids = {i["OpsItemId"] for i in opsitems(ssm)}
    related, _ = pages(ssm.list_ops_item_related_items, "Summaries", 3)
    assert {r["OpsItemId"] for r in related} <= ids
    for one in related[:3]:
        alone = ssm.list_ops_item_related_items(OpsItemId=one["OpsItemId"])["Summaries"]
        assert [r["AssociationId"] for r in alone] == [one["AssociationId"]]
    events, _ = pages(ssm.list_ops_item_events, "Summaries", 20)
    assert {e["OpsItemId"] for e in events} == ids


def test_time_opens_and_resolves_opsitems(fresh):
    sim = fresh("--speed", "0", "--scenario", "alarm-storm")
    ssm = sim.client("ssm", PAYMENTS)
    before = {i["OpsItemId"]: i["Status"] for i in opsitems(ssm)}
    sim.control("POST", "clock", {"advance": "2d"})
    after = {i["OpsItemId"]: i["Status"] for i in opsitems(ssm)}
    assert set(before) < set(after)
    assert any(before[i] != "Resolved" and after[i] == "Resolved" for i in before)
    assert not any(before[i] == "Resolved" and after[i] != "Resolved" for i in before)


def test_hostile_titles_arrive_as_they_are(sim, fresh):
    titles = [i["Title"] for i in opsitems(sim.client("ssm", WEB, "us-east-1"))]
    assert any("\x1b[2J" in t and "\u202e" in t and "\r\n" in t for t in titles)


# --- Maintenance windows


def windows(ssm, size=10, **filters):
    filters = [{"Key": k, "Values": [v]} for k, v in filters.items()]
    return pages(ssm.describe_maintenance_windows, "WindowIdentities", size, Filters=filters)[0]


def runs(ssm, window, size=10, **filters):
    filters = [{"Key": k, "Values": [v]} for k, v in filters.items()]
    call = ssm.describe_maintenance_window_executions
    return pages(call, "WindowExecutions", size, WindowId=window, Filters=filters)[0]


@pytest.mark.parametrize("account", [PAYMENTS, WEB, DATA])
def test_windows_and_runs_are_the_truth(sim, account):
    ssm = sim.client("ssm", account)
    truth = sim.truth("ssm", account)
    told = {w["WindowId"]: w for w in truth["MaintenanceWindows"]}
    found = windows(ssm)
    assert {w["WindowId"] for w in found} == set(told) and found
    for window in found:
        same = told[window["WindowId"]]
        for name in ("Name", "Enabled", "Schedule", "ScheduleTimezone", "Duration", "Cutoff", "NextExecutionTime"):
            assert window.get(name) == same.get(name)
        if window["Enabled"]:
            assert ZONED.fullmatch(window["NextExecutionTime"]), window["NextExecutionTime"]
        else:
            assert "NextExecutionTime" not in window
        whole = ssm.get_maintenance_window(WindowId=window["WindowId"])
        assert whole["Name"] == window["Name"] and whole["AllowUnassociatedTargets"] is False
        mine = [r for r in truth["WindowExecutions"] if r["WindowId"] == window["WindowId"]]
        for size in (10, 100):
            listed = runs(ssm, window["WindowId"], size)
            assert [(r["WindowExecutionId"], r["Status"]) for r in listed] == [
                (r["WindowExecutionId"], r["Status"]) for r in mine
            ]


def test_the_last_page_of_windows_ends_with_an_empty_token(sim):
    ssm = sim.client("ssm", PAYMENTS)
    assert ssm.describe_maintenance_windows(MaxResults=100)["NextToken"] == ""
    listed = [w for page in ssm.get_paginator("describe_maintenance_windows").paginate() for w in page["WindowIdentities"]]
    assert len(listed) == len(windows(ssm))


def test_window_filters_and_page_sizes(sim):
    ssm = sim.client("ssm", PAYMENTS, parameter_validation=False)
    everything = windows(ssm)
    name = everything[0]["Name"]
    assert {w["Name"] for w in windows(ssm, Name=name)} == {name}
    for enabled in (True, False):
        found = {w["WindowId"] for w in windows(ssm, Enabled=str(enabled))}
        assert found == {w["WindowId"] for w in everything if w["Enabled"] is enabled}
    window = everything[0]["WindowId"]
    for call, more in (
        (ssm.describe_maintenance_windows, {}),
        (ssm.describe_maintenance_window_executions, {"WindowId": window}),
        (ssm.describe_maintenance_window_targets, {"WindowId": window}),
        (ssm.describe_maintenance_window_tasks, {"WindowId": window}),
    ):
        for size in (9, 101):
            assert refused(call, MaxResults=size, **more) == "ValidationException"
    for call in (ssm.get_maintenance_window, ssm.describe_maintenance_window_executions):
        assert refused(call, WindowId="mw-00000000000000000") == "DoesNotExistException"
        assert refused(call, WindowId="mw-1") == "ValidationException"
    colour = [{"Key": "Colour", "Values": ["red"]}]
    assert refused(ssm.describe_maintenance_windows, Filters=colour) == "ValidationException"
    noon = [{"Key": "ExecutedAfter", "Values": ["noon"]}]
    assert refused(ssm.describe_maintenance_window_executions, WindowId=window, Filters=noon) == "ValidationException"
    assert refused(ssm.describe_maintenance_window_schedule, WindowId="mw-00000000000000000") == "DoesNotExistException"


def test_runs_can_be_asked_for_by_time(sim):
    ssm = sim.client("ssm", PAYMENTS)
    window = max(windows(ssm), key=lambda w: len(runs(ssm, w["WindowId"])))
    everything = runs(ssm, window["WindowId"], 100)
    assert len(everything) > 3
    middle = everything[len(everything) // 2]["StartTime"]
    after = runs(ssm, window["WindowId"], ExecutedAfter=middle.isoformat())
    assert [r["WindowExecutionId"] for r in after] == [r["WindowExecutionId"] for r in everything if r["StartTime"] >= middle]
    before = runs(ssm, window["WindowId"], ExecutedBefore=middle.isoformat())
    assert len(before) + len(after) == len(everything) + 1


def test_a_window_opens_works_and_succeeds(fresh):
    sim = fresh("--speed", "0")
    ssm = sim.client("ssm", NETWORK, "eu-central-1")
    (window,) = windows(ssm, Name="edge-router-firmware")
    yesterday = runs(ssm, window["WindowId"])
    sim.control("POST", "clock", {"advance": "22m"})
    now = runs(ssm, window["WindowId"])
    (run,) = [r for r in now if r["WindowExecutionId"] not in {y["WindowExecutionId"] for y in yesterday}]
    assert run["Status"] == "IN_PROGRESS" and "EndTime" not in run
    sim.control("POST", "clock", {"advance": "4h"})
    run = runs(ssm, window["WindowId"])[0]
    assert run["Status"] in ("SUCCESS", "FAILED") and run["EndTime"] > run["StartTime"]


def test_tasks_and_invocations_of_runs_add_up(sim):
    ssm = sim.client("ssm", WEB)
    (window,) = windows(ssm, Name="web-fleet-patching")
    last = runs(ssm, window["WindowId"])[0]
    assert last["Status"] == "FAILED"
    execution = last["WindowExecutionId"]
    whole = ssm.get_maintenance_window_execution(WindowExecutionId=execution)
    tasks, _ = pages(
        ssm.describe_maintenance_window_execution_tasks, "WindowExecutionTaskIdentities", 10, WindowExecutionId=execution
    )
    assert whole["Status"] == "FAILED" and whole["TaskIds"] == [t["TaskExecutionId"] for t in tasks]
    assert {"FAILED", "SUCCESS"} == {t["Status"] for t in tasks}
    for task in tasks:
        made, _ = pages(
            ssm.describe_maintenance_window_execution_task_invocations,
            "WindowExecutionTaskInvocationIdentities",
            10,
            WindowExecutionId=execution,
            TaskId=task["TaskExecutionId"],
        )
        assert made and len({m["InvocationId"] for m in made}) == len(made)
        assert (task["Status"] == "FAILED") == any(m["Status"] == "FAILED" for m in made)
        assert max(m["EndTime"] for m in made) <= task["EndTime"]
    failed = ssm.describe_maintenance_window_execution_tasks(
        WindowExecutionId=execution, Filters=[{"Key": "STATUS", "Values": ["FAILED"]}]
    )["WindowExecutionTaskIdentities"]
    assert [t["TaskExecutionId"] for t in failed] == [t["TaskExecutionId"] for t in tasks if t["Status"] == "FAILED"]
    targets = ssm.describe_maintenance_window_targets(WindowId=window["WindowId"])["Targets"]
    assert targets[0]["Targets"] == [{"Key": "tag:PatchGroup", "Values": ["web"]}]
    registered = ssm.describe_maintenance_window_tasks(WindowId=window["WindowId"])["Tasks"]
    assert len(registered) == len(tasks) and registered[0]["Priority"] == 1
    nothing = "00000000-0000-4000-a000-000000000000"
    assert refused(ssm.describe_maintenance_window_execution_tasks, WindowExecutionId=nothing) == "DoesNotExistException"
    call = ssm.describe_maintenance_window_execution_task_invocations
    assert refused(call, WindowExecutionId=execution, TaskId=nothing) == "DoesNotExistException"


def test_a_window_misses_its_time(sim):
    ssm = sim.client("ssm", DATA)
    (window,) = windows(ssm, Name="nightly-etl-freeze")
    found = runs(ssm, window["WindowId"])
    assert window["Enabled"] and found, "it did run before"
    upcoming = ssm.describe_maintenance_window_schedule(WindowId=window["WindowId"], MaxResults=3)
    due = upcoming["ScheduledWindowExecutions"][0]["ExecutionTime"]
    assert ZONED.fullmatch(due) and due == window["NextExecutionTime"]
    gap = datetime.datetime.fromisoformat(due) - found[0]["StartTime"]
    assert gap > datetime.timedelta(hours=47), "it is daily, and there is no run of yesterday or today"
    listed, _ = pages(ssm.describe_maintenance_window_schedule, "ScheduledWindowExecutions", 4)
    assert [w["ExecutionTime"] for w in listed] and {w["WindowId"] for w in listed} <= {w["WindowId"] for w in windows(ssm)}


def test_patch_tuesday_has_every_way_a_window_can_go(fresh):
    sim = fresh("--speed", "0", "--scenario", "patch-tuesday")
    seen = set()
    for account in (PAYMENTS, "232323232323", WEB, DATA, "777777777777", "555555555555", "888888888888"):
        truth = sim.truth("ssm", account)
        seen |= {r["Status"] for r in truth["WindowExecutions"]}
        seen |= {w["Enabled"] for w in truth["MaintenanceWindows"]}
    assert seen >= {"IN_PROGRESS", "SUCCESS", "FAILED", "TIMED_OUT", "SKIPPED_OVERLAPPING", True, False}
    ssm = sim.client("ssm", PAYMENTS)
    (missed,) = windows(ssm, Name="patch-wave-5-payments")
    last = runs(ssm, missed["WindowId"])[0]["StartTime"]
    sim.control("POST", "clock", {"advance": "3h"})
    assert runs(ssm, missed["WindowId"])[0]["StartTime"] == last, "still nothing ran"


def test_a_created_window_is_described(fresh):
    ssm = fresh("--speed", "0").client("ssm", PAYMENTS)
    asked = dict(
        Name="mine", Schedule="cron(0 2 ? * SUN *)", ScheduleTimezone="Europe/Berlin", Duration=3, Cutoff=1,
        AllowUnassociatedTargets=True, ClientToken="once",
    )
    made = ssm.create_maintenance_window(**asked)["WindowId"]
    assert ssm.create_maintenance_window(**asked)["WindowId"] == made
    assert refused(ssm.create_maintenance_window, **{**asked, "Name": "other"}) == "IdempotentParameterMismatch"
    window = ssm.get_maintenance_window(WindowId=made)
    assert window["ScheduleTimezone"] == "Europe/Berlin" and re.search(r"T02:00\+0[12]:00$", window["NextExecutionTime"])
    assert runs(ssm, made) == []
    for bad in ({"Schedule": "every sunday"}, {"Cutoff": 3}, {"ScheduleTimezone": "Mars/Base"}):
        assert refused(ssm.create_maintenance_window, **{**asked, "ClientToken": "x", **bad}) == "ValidationException"


# --- Nodes and patches


def nodes(ssm, *filters, size=50):
    filters = [{"Key": k, "Values": [v]} for k, v in filters]
    return pages(ssm.describe_instance_information, "InstanceInformationList", size, Filters=filters)[0]


@pytest.mark.parametrize("account", [PAYMENTS, WEB, DATA])
def test_nodes_and_patch_states_are_the_truth(sim, account):
    ssm = sim.client("ssm", account)
    truth = sim.truth("ssm", account)
    told = {n["InstanceId"]: n for n in truth["InstanceInformationList"]}
    for size in (5, 50):
        found = nodes(ssm, size=size)
        assert {n["InstanceId"]: n["PingStatus"] for n in found} == {i: n["PingStatus"] for i, n in told.items()}
    states = {s["InstanceId"]: s for s in truth["InstancePatchStates"]}
    listed, _ = pages(ssm.describe_instance_patch_states, "InstancePatchStates", 10, InstanceIds=list(told))
    assert {s["InstanceId"] for s in listed} == set(states)
    for state in listed:
        same = states[state["InstanceId"]]
        for name in [n for n in state if n.endswith("Count")] + ["PatchGroup", "BaselineId", "Operation"]:
            assert state[name] == same[name]
        assert epoch(state["OperationEndTime"]) == same["OperationEndTime"]
        patches, _ = pages(ssm.describe_instance_patches, "Patches", 50, InstanceId=state["InstanceId"])
        for wire, count in (("Missing", "MissingCount"), ("Failed", "FailedCount"), ("Installed", "InstalledCount")):
            assert len([p for p in patches if p["State"] == wire]) == state[count]
        missing = [{"Key": "State", "Values": ["Missing"]}]
        some, _ = pages(ssm.describe_instance_patches, "Patches", 10, InstanceId=state["InstanceId"], Filters=missing)
        assert len(some) == state["MissingCount"]


def test_patch_groups_add_up(sim):
    ssm = sim.client("ssm", WEB)
    everything = {n["InstanceId"] for n in nodes(ssm)}
    groups = ssm.describe_patch_groups()["Mappings"]
    baselines = ssm.describe_patch_baselines()["BaselineIdentities"]
    own = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])["BaselineIdentities"]
    assert {b["BaselineId"] for b in own} == {g["BaselineIdentity"]["BaselineId"] for g in groups}
    assert len(baselines) == len(own) + 3
    instances = 0
    for group in (g["PatchGroup"] for g in groups):
        states, _ = pages(
            ssm.describe_instance_patch_states_for_patch_group, "InstancePatchStates", 10, PatchGroup=group
        )
        assert {s["InstanceId"] for s in states} <= everything
        counts = ssm.describe_patch_group_state(PatchGroup=group)
        instances += counts["Instances"]
        assert counts["InstancesWithMissingPatches"] == len([s for s in states if s["MissingCount"]])
        assert counts["InstancesWithFailedPatches"] == len([s for s in states if s["FailedCount"]])
        lacking = [{"Key": "MissingCount", "Values": ["0"], "Type": "GreaterThan"}]
        some = ssm.describe_instance_patch_states_for_patch_group(PatchGroup=group, Filters=lacking)["InstancePatchStates"]
        assert {s["InstanceId"] for s in some} == {s["InstanceId"] for s in states if s["MissingCount"]}
    assert instances == len(everything)


def test_compliance_agrees_with_patch_states(sim):
    ssm = sim.client("ssm", WEB)
    states = sim.truth("ssm", WEB)["InstancePatchStates"]
    bad = {
        s["InstanceId"] for s in states if s["MissingCount"] + s["FailedCount"] + s["InstalledPendingRebootCount"]
    }
    filters = [
        {"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"},
        {"Key": "Status", "Values": ["NON_COMPLIANT"], "Type": "EQUAL"},
    ]
    items, _ = pages(ssm.list_resource_compliance_summaries, "ResourceComplianceSummaryItems", 5, Filters=filters)
    assert {i["ResourceId"] for i in items} == bad
    everything, _ = pages(ssm.list_resource_compliance_summaries, "ResourceComplianceSummaryItems", 50)
    assert len(everything) == len(states)
    wrong = [{"Key": "Colour", "Values": ["red"], "Type": "EQUAL"}]
    assert refused(ssm.list_resource_compliance_summaries, Filters=wrong) == "InvalidFilter"


def test_node_filters_and_bad_requests(sim):
    ssm = sim.client("ssm", WEB, parameter_validation=False)
    everything = nodes(ssm)
    for key, member in (("PingStatus", "PingStatus"), ("PlatformTypes", "PlatformType"), ("ResourceType", "ResourceType")):
        for value in {n[member] for n in everything}:
            found = {n["InstanceId"] for n in nodes(ssm, (key, value))}
            assert found == {n["InstanceId"] for n in everything if n[member] == value}
    one = everything[0]["InstanceId"]
    older = ssm.describe_instance_information(InstanceInformationFilterList=[{"key": "InstanceIds", "valueSet": [one]}])
    assert [n["InstanceId"] for n in older["InstanceInformationList"]] == [one]
    for size in (4, 51):
        assert refused(ssm.describe_instance_information, MaxResults=size) == "ValidationException"
    assert refused(nodes, ssm, ("Colour", "red")) == "InvalidFilterKey"
    assert refused(nodes, ssm, ("PingStatus", "Dead")) == "InvalidInstanceInformationFilterValue"
    assert refused(ssm.describe_instance_patch_states, InstanceIds=[]) == "ValidationException"
    assert refused(ssm.describe_instance_patch_states, InstanceIds=[one] * 51) == "ValidationException"
    assert refused(ssm.describe_instance_patches, InstanceId="i-00000000000000000") == "InvalidInstanceId"
    assert ssm.describe_instance_patch_states(InstanceIds=["i-00000000000000000"])["InstancePatchStates"] == []
    assert nodes(sim.client("ssm", WEB, "ap-south-1")) == []


def test_a_window_installs_the_patches_of_its_group(fresh, tmp_path):
    # At an hour at which the windows are still to come, whatever the hour of the test.
    text = (conftest.ROOT / "src/sim/scenarios/patch-tuesday.toml").read_text()
    (tmp_path / "early.toml").write_text('start = "2026-11-24T00:10:00Z"\n' + text)
    sim = fresh("--speed", "0", "--scenario", str(tmp_path / "early.toml"))
    ssm = sim.client("ssm", DATA)
    call = ssm.describe_instance_patch_states_for_patch_group

    def missing(group):
        states, _ = pages(call, "InstancePatchStates", 100, PatchGroup=group)
        return sorted(s["MissingCount"] for s in states)

    waits = {group: missing(group) for group in ("web", "workers", "databases", "windows-servers", "build")}
    waits = {group: counts for group, counts in waits.items() if sum(counts)}
    assert waits
    sim.control("POST", "clock", {"advance": "1d"})
    done = [(counts, missing(group)) for group, counts in waits.items()]
    assert any(sum(after) < sum(before) and after.count(0) > before.count(0) for before, after in done)


def test_faults_speak_the_dialect_of_the_service(sim):
    ssm = sim.client("ssm", PAYMENTS)
    for kind, code in (("throttle", "ThrottlingException"), ("deny", "AccessDeniedException"), ("disabled", "SubscriptionRequiredException")):
        with sim.fault(kind, service="ssm", operation="DescribeOpsItems", account=PAYMENTS):
            assert refused(ssm.describe_ops_items) == code
    ssm.describe_ops_items()


def test_the_aws_cli_reads_it_too(sim):
    ids = {i["OpsItemId"] for i in sim.truth("ssm", WEB)["OpsItems"]}
    listed = sim.aws("ssm", "describe-ops-items", "--page-size", "5", account=WEB)["OpsItemSummaries"]
    assert {i["OpsItemId"] for i in listed} == ids
    found = sim.aws("ssm", "describe-maintenance-windows", account=WEB)["WindowIdentities"]
    assert {w["WindowId"] for w in found} == {w["WindowId"] for w in sim.truth("ssm", WEB)["MaintenanceWindows"]}
    information = sim.aws("ssm", "describe-instance-information", account=WEB)["InstanceInformationList"]
    assert len(information) == len(sim.truth("ssm", WEB)["InstanceInformationList"])


def test_a_run_of_a_window_is_cancelled(fresh):
    sim = fresh("--scenario", "patch-tuesday", "--speed", "0")
    found = []
    for account in ("222222222222", "333333333333", "444444444444"):
        ssm = sim.client("ssm", account)
        for window in windows(ssm):
            found += [(ssm, window["WindowId"], r) for r in runs(ssm, window["WindowId"]) if r["Status"] == "IN_PROGRESS"]
    assert found, "a patch Tuesday has a window that is open"
    ssm, window, run = found[0]
    execution = run["WindowExecutionId"]
    answer = ssm.cancel_maintenance_window_execution(WindowExecutionId=execution)
    assert answer["WindowExecutionId"] == execution
    status = lambda: ssm.get_maintenance_window_execution(WindowExecutionId=execution)
    assert status()["Status"] == "CANCELLING" and "EndTime" not in status()
    # Asked twice, it is cancelled once.
    ssm.cancel_maintenance_window_execution(WindowExecutionId=execution)
    sim.control("POST", "clock", {"advance": "10s"})
    assert status()["Status"] == "CANCELLED" and status()["EndTime"] > run["StartTime"]
    tasks = ssm.describe_maintenance_window_execution_tasks(WindowExecutionId=execution)["WindowExecutionTaskIdentities"]
    assert {t["Status"] for t in tasks} <= {"SUCCESS", "FAILED", "CANCELLED"} and "CANCELLED" in {t["Status"] for t in tasks}
    sim.control("POST", "clock", {"advance": "3h"})
    later = ssm.describe_maintenance_window_execution_tasks(WindowExecutionId=execution)["WindowExecutionTaskIdentities"]
    assert [t["TaskExecutionId"] for t in later] == [t["TaskExecutionId"] for t in tasks], "nothing new has begun"
    for gone in (execution, "00000000-0000-4000-8000-000000000000"):
        assert refused(ssm.cancel_maintenance_window_execution, WindowExecutionId=gone) == "DoesNotExistException"


def test_no_two_machines_share_an_id(sim):
    """An id of AWS names one instance of one account; operators act on what they name."""
    organization = sim.client("organizations")
    accounts = [a["Id"] for a in organization.list_accounts()["Accounts"] if a["Status"] == "ACTIVE"]
    seen = {}
    for account in accounts:
        for region in ("eu-west-1", "us-east-1"):
            ssm = sim.client("ssm", account, region)
            for page in ssm.get_paginator("describe_instance_information").paginate():
                for node in page["InstanceInformationList"]:
                    where = (account, region)
                    assert seen.setdefault(node["InstanceId"], where) == where, node["InstanceId"]
    assert len(seen) > len(accounts)
