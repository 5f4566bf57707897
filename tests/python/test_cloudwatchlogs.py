"""CloudWatch Logs of the simulator, walked by boto3, the AWS CLI, and beside moto."""

import datetime
import json
import re
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from moto.server import ThreadedMotoServer

PAYMENTS, REGION = "222222222222", "eu-west-1"
UTC = datetime.timezone.utc

WORLD = """
title = "Some log groups"
seed = 5
regions = ["eu-west-1"]
[[account]]
id = "111111111111"
name = "web"
[alarms]
per_cell = 0
composites = 0
[patches]
per_cell = 0
[logs]
workloads = false
past = "90m"
session = "3s"
sample = 20
sessions = 2
[[logs.group]]
name = "/app/quiet"
rate = 0.02
[[logs.group]]
name = "/app/busy"
rate = 1.0
streams = 3
retention = 30
[[logs.group]]
name = "/app/rare"
class = "INFREQUENT_ACCESS"
[[logs.group]]
name = "/lambda/fn"
writes = "lambda"
rate = 1.0
[[logs.group]]
name = "/flow"
writes = "flow"
streams = 2
[[logs.group]]
name = "/flood"
writes = "text"
rate = 0.01
[[logs.burst]]
group = "/flood"
before = "20s"
lasts = "10s"
events = 25000
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A world of log groups, frozen."""
    import conftest

    path = tmp_path_factory.mktemp("logs") / "logs.toml"
    path.write_text(WORLD)
    with conftest.running("--scenario", str(path), "--speed", "0") as sim:
        yield sim


@pytest.fixture(scope="module")
def logs(world):
    return world.client("logs")


def now(world):
    return world.control("GET", "clock")["millis"]


def read(logs, group, **arguments):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **arguments)
    return [event for page in pages for event in page["events"]]


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_groups_are_listed_with_what_operators_ask_for(sim):
    logs = sim.client("logs", PAYMENTS)
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 7})
    groups = [group for page in pages for group in page["logGroups"]]
    truth = sim.truth("logs", PAYMENTS)["logGroups"]
    assert [g["logGroupName"] for g in groups] == sorted(g["logGroupName"] for g in truth)
    names = {g["logGroupName"] for g in groups}
    assert {"/var/log/messages", "/vpc/flow-logs", "/aws/cloudtrail/management"} <= names
    for group in groups:
        arn = f"arn:aws:logs:{REGION}:{PAYMENTS}:log-group:{group['logGroupName']}"
        assert group["logGroupArn"] == arn and group["arn"] == f"{arn}:*" and group["storedBytes"] >= 0
    assert any("retentionInDays" not in g for g in groups) and any("retentionInDays" in g for g in groups)
    listed = logs.list_log_groups(logGroupNamePattern="^/var|cloudtrail", limit=1000)["logGroups"]
    assert {g["logGroupName"] for g in listed} == {n for n in names if n.startswith("/var") or "cloudtrail" in n}
    by_prefix = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
    assert {g["logGroupName"] for g in by_prefix} == {n for n in names if n.startswith("/aws/lambda/")} != set()
    by_part = logs.describe_log_groups(logGroupNamePattern="log")["logGroups"]
    assert {g["logGroupName"] for g in by_part} == {n for n in names if "log" in n}
    assert code(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b") == "InvalidParameterException"
    assert code(logs.list_log_groups, logGroupNamePattern="a.*b") == "InvalidParameterException"
    cli = sim.aws("logs", "describe-log-groups", "--no-paginate", "--limit", "5", account=PAYMENTS)
    assert [g["logGroupName"] for g in cli["logGroups"]] == sorted(names)[:5]


def test_machines_write_under_their_instance_id(sim):
    logs = sim.client("logs", PAYMENTS)
    nodes = sim.client("ssm", PAYMENTS).describe_instance_information(MaxResults=50)["InstanceInformationList"]
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName="/var/log/messages")
    streams = {stream["logStreamName"] for page in pages for stream in page["logStreams"]}
    assert {n["InstanceId"] for n in nodes if n["PlatformType"] == "Linux"} <= streams
    windows = {n["InstanceId"] for n in nodes if n["PlatformType"] == "Windows"}
    for instance in windows:
        found = logs.describe_log_streams(logGroupName="SystemEventLog", logStreamNamePrefix=instance)["logStreams"]
        assert [stream["logStreamName"] for stream in found] == [instance]


def test_events_come_once_in_order_and_the_same_in_pages_of_any_size(world, logs):
    end = now(world)
    whole = read(logs, "/app/busy", startTime=end - 300_000)
    assert len(whole) > 500 and len({e["eventId"] for e in whole}) == len(whole)
    times = [e["timestamp"] for e in whole]
    assert times == sorted(times) and times[0] >= end - 300_000 and times[-1] <= end
    assert all(e["timestamp"] < e["ingestionTime"] <= end for e in whole)
    for size in (40, 333):
        assert read(logs, "/app/busy", startTime=end - 300_000, PaginationConfig={"PageSize": size}) == whole
    inside = [e for e in whole if end - 200_000 <= e["timestamp"] <= end - 100_000]
    assert read(logs, "/app/busy", startTime=end - 200_000, endTime=end - 100_000) == inside
    stream = whole[0]["logStreamName"]
    of_one = [e for e in whole if e["logStreamName"] == stream]
    assert read(logs, "/app/busy", startTime=end - 300_000, logStreamNames=[stream]) == of_one
    assert read(logs, "/app/busy", startTime=end - 300_000, logStreamNamePrefix=stream) == of_one
    assert logs.filter_log_events(logGroupIdentifier=arn("/app/busy"), startTime=end - 5_000)["events"] == \
        [e for e in whole if e["timestamp"] >= end - 5_000]


def test_a_flood_is_complete_in_many_pages(world, logs):
    end = now(world)
    flood = read(logs, "/flood", startTime=end - 60_000)
    burst = [e for e in flood if e["logStreamName"] == "burst"]
    # What is taken in late is not there yet.
    assert 24_000 <= len(burst) <= 25_000
    assert len({e["eventId"] for e in flood}) == len(flood)
    world.control("POST", "clock", {"advance": "30s"})
    later = [e for e in read(logs, "/flood", startTime=end - 60_000, endTime=end) if e["logStreamName"] == "burst"]
    assert len(later) == 25_000 and [e for e in later if e["ingestionTime"] <= end] == burst


def test_a_rare_word_is_found_behind_empty_pages(world, logs):
    pages, token, found = 0, {}, []
    while True:
        answer = logs.filter_log_events(logGroupName="/app/busy", filterPattern='"card declined by issuer"', **token)
        pages += 1
        found += answer["events"]
        if "nextToken" not in answer:
            break
        token = {"nextToken": answer["nextToken"]}
    everything = read(logs, "/app/busy")
    assert found == [e for e in everything if "card declined by issuer" in e["message"]] and found
    assert pages > 2


def test_one_stream_is_read_from_both_ends(world, logs):
    end = now(world)
    stream = "busy-1"
    whole = [e["message"] for e in read(logs, "/app/busy", startTime=end - 120_000, logStreamNames=[stream])]
    ask = dict(logGroupName="/app/busy", logStreamName=stream, startTime=end - 120_000, limit=40, startFromHead=True)
    forward, answer = [], logs.get_log_events(**ask)
    while answer["events"]:
        forward += [e["message"] for e in answer["events"]]
        answer = logs.get_log_events(**ask, nextToken=answer["nextForwardToken"])
    # At the end the same token comes again.
    assert logs.get_log_events(**ask, nextToken=answer["nextForwardToken"])["nextForwardToken"] == answer["nextForwardToken"]
    ask["startFromHead"] = False
    backward, answer = [], logs.get_log_events(**ask)
    while answer["events"]:
        backward = [e["message"] for e in answer["events"]] + backward
        answer = logs.get_log_events(**ask, nextToken=answer["nextBackwardToken"])
    assert forward == backward == whole


PATTERNS = {
    "error": lambda m: "error" in m,
    "request -GET": lambda m: "request" in m and "GET" not in m,
    "?debug ?warn": lambda m: "debug" in m or "warn" in m,
    '"cache miss"': lambda m: "cache miss" in m,
    r"%orders/\d+%": lambda m: re.search(r"orders/\d+", m) is not None,
    "{ $.http.status >= 400 }": lambda m: json.loads(m)["http"]["status"] >= 400,
    '{ $.level = "info" && $.http.method = "GET" }': lambda m: (json.loads(m)["level"], json.loads(m)["http"]["method"]) == ("info", "GET"),
    "{ $.level = %^[de]% }": lambda m: json.loads(m)["level"][0] in "de",
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_filter_pattern_leaves_what_fits(world, logs, pattern):
    end = now(world)
    whole = read(logs, "/app/busy", startTime=end - 600_000)
    fit = [e for e in whole if PATTERNS[pattern](e["message"])]
    assert read(logs, "/app/busy", startTime=end - 600_000, filterPattern=pattern) == fit and 0 < len(fit) < len(whole)
    sample = [e["message"] for e in whole[:50]]
    matches = logs.test_metric_filter(filterPattern=pattern, logEventMessages=sample)["matches"]
    assert [m["eventMessage"] for m in matches] == [m for m in sample if PATTERNS[pattern](m)]


def test_columns_of_flow_logs_are_a_pattern(world, logs):
    pattern = "[version, account, eni, source, target, from, port=22, ..., action=REJECT, status]"
    found = read(logs, "/flow", startTime=now(world) - 1_800_000, filterPattern=pattern)
    assert found and all(e["message"].split()[6] == "22" and " REJECT " in e["message"] for e in found)


def test_lambda_tells_its_runs_whole(world, logs):
    runs = {}
    for event in read(logs, "/lambda/fn", startTime=now(world) - 600_000, endTime=now(world) - 30_000):
        found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", event["message"])
        runs.setdefault(found and found.group(0), []).append(event["message"].split(" ")[0].split("\t")[0])
    runs.pop(None, None)
    whole = [r for r in runs.values() if r[0] == "START" and r[-1] == "REPORT"]
    assert len(whole) > 300 and all("END" in r for r in whole)


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client("logs", endpoint_url=f"http://{host}:{port}", region_name=REGION, aws_access_key_id="demo",
                       aws_secret_access_key="demo", config=Config(retries={"total_max_attempts": 1}))
    server.stop()


def test_what_is_put_is_read_as_from_moto(world, logs, moto):
    at = now(world) - 60_000
    events = [{"timestamp": at + n * 7, "message": f"line {n} {'x' * n}"} for n in range(50)]
    answers = []
    for server in (logs, moto):
        server.create_log_group(logGroupName="/put/here")
        for stream in ("a", "b"):
            server.create_log_stream(logGroupName="/put/here", logStreamName=stream)
        server.put_log_events(logGroupName="/put/here", logStreamName="a", logEvents=events[::2])
        server.put_log_events(logGroupName="/put/here", logStreamName="b", logEvents=events[1::2])
        server.put_retention_policy(logGroupName="/put/here", retentionInDays=30)
        group = server.describe_log_groups(logGroupNamePrefix="/put/here")["logGroups"][0]
        streams = server.describe_log_streams(logGroupName="/put/here")["logStreams"]
        answers.append((
            group["retentionInDays"], [s["logStreamName"] for s in streams], [s["lastEventTimestamp"] for s in streams],
            sorted((e["timestamp"], e["logStreamName"], e["message"]) for e in read(server, "/put/here")),
            [e["message"] for e in server.get_log_events(logGroupName="/put/here", logStreamName="a", startFromHead=True)["events"]],
        ))
        server.delete_retention_policy(logGroupName="/put/here")
        assert "retentionInDays" not in server.describe_log_groups(logGroupNamePrefix="/put/here")["logGroups"][0]
        server.put_metric_filter(logGroupName="/put/here", filterName="errors", filterPattern="ERROR", metricTransformations=[
            {"metricName": "Errors", "metricNamespace": "Put", "metricValue": "1"}])
        found = server.describe_metric_filters(metricName="Errors", metricNamespace="Put")["metricFilters"]
        assert [(f["filterName"], f["filterPattern"], f["logGroupName"]) for f in found] == [("errors", "ERROR", "/put/here")]
        server.delete_metric_filter(logGroupName="/put/here", filterName="errors")
        assert server.describe_metric_filters(logGroupName="/put/here")["metricFilters"] == []
        assert code(server.create_log_group, logGroupName="/put/here") == "ResourceAlreadyExistsException"
        assert code(server.filter_log_events, logGroupName="/put/nowhere") == "ResourceNotFoundException"
        assert code(server.get_log_events, logGroupName="/put/here", logStreamName="c") == "ResourceNotFoundException"
        server.delete_log_stream(logGroupName="/put/here", logStreamName="b")
        server.delete_log_group(logGroupName="/put/here")
        assert code(server.delete_log_group, logGroupName="/put/here") == "ResourceNotFoundException"
    assert answers[0] == answers[1] and len(answers[0][3]) == 50


def test_what_is_too_old_too_new_or_wrong_is_refused(world, logs):
    logs.create_log_group(logGroupName="/put/strict")
    logs.create_log_stream(logGroupName="/put/strict", logStreamName="s")
    at, day = now(world), 86_400_000
    put = lambda *times: logs.put_log_events(logGroupName="/put/strict", logStreamName="s",  # noqa: E731
                                             logEvents=[{"timestamp": t, "message": "x"} for t in times])
    answer = put(at - 15 * day, at, at + 3 * 3_600_000)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    assert [e["timestamp"] for e in read(logs, "/put/strict")] == [at]
    with pytest.raises(ClientError, match="chronological"):
        put(at, at - 1)
    assert code(logs.put_retention_policy, logGroupName="/put/strict", retentionInDays=8) == "InvalidParameterException"
    assert code(logs.filter_log_events, logGroupName="/app/busy", filterPattern="{ $.a = ") == "InvalidParameterException"
    assert code(logs.filter_log_events, logGroupName="/app/busy", nextToken="eA==") == "InvalidParameterException"
    assert code(logs.filter_log_events, logGroupName="/app/busy", startTime=2, endTime=1) == "InvalidParameterException"
    other = "arn:aws:logs:eu-west-1:999999999999:log-group:/app/busy"
    assert code(logs.filter_log_events, logGroupIdentifier=other) == "AccessDeniedException"


def test_the_token_of_a_page_ends_after_a_day(fresh, tmp_path):
    path = tmp_path / "logs.toml"
    path.write_text(WORLD)
    sim = fresh("--scenario", str(path), "--speed", "0")
    logs = sim.client("logs", "111111111111", REGION)
    ask = {"logGroupName": "/app/busy", "limit": 10}
    token = logs.filter_log_events(**ask)["nextToken"]
    sim.control("POST", "clock", {"advance": "23h"})
    assert logs.filter_log_events(**ask, nextToken=token)["events"]
    sim.control("POST", "clock", {"advance": "2h"})
    assert code(logs.filter_log_events, **ask, nextToken=token) == "InvalidParameterException"


def live(world, **arguments):
    # The host prefix of this operation leads to no host of ours.
    client = world.client("logs", inject_host_prefix=False)
    return client, client.start_live_tail(**arguments)["responseStream"]


def arn(group):
    return f"arn:aws:logs:eu-west-1:111111111111:log-group:{group}"


def test_live_tail_pushes_what_is_put_and_times_out(world, logs):
    logs.create_log_group(logGroupName="/put/live")
    logs.create_log_stream(logGroupName="/put/live", logStreamName="s")
    client, stream = live(world, logGroupIdentifiers=[arn("/put/live")], logEventFilterPattern="keep")
    events = iter(stream)
    begun = next(events)["sessionStart"]
    assert begun["logGroupIdentifiers"] == [arn("/put/live")] and begun["logEventFilterPattern"] == "keep"
    logs.put_log_events(logGroupName="/put/live", logStreamName="s", logEvents=[
        {"timestamp": now(world), "message": text} for text in ("keep one", "drop", "keep two")])
    got = []
    while len(got) < 2:
        update = next(events)["sessionUpdate"]
        assert update["sessionMetadata"] == {"sampled": False}
        got += update["sessionResults"]
    assert [e["message"] for e in got] == ["keep one", "keep two"]
    assert {e["logGroupIdentifier"] for e in got} == {"111111111111:/put/live"} and got[0]["logStreamName"] == "s"
    logs.put_log_events(logGroupName="/put/live", logStreamName="s", logEvents=[
        {"timestamp": now(world), "message": f"keep {n}"} for n in range(50)])
    while not (update := next(events)["sessionUpdate"])["sessionResults"]:
        pass
    assert update["sessionMetadata"] == {"sampled": True} and len(update["sessionResults"]) == 20
    world.control("POST", "clock", {"advance": "4s"})
    with pytest.raises(EventStreamError, match="SessionTimeoutException"):
        for _ in events:
            pass
    stream.close()


def test_live_tail_says_the_same_as_reading_later(world, logs, tmp_path, fresh):
    path = tmp_path / "logs.toml"
    path.write_text(WORLD.replace('session = "3s"', 'session = "3h"').replace("sample = 20", "sample = 500"))
    running = fresh("--scenario", str(path), "--speed", "20")
    client, stream = live(running, logGroupIdentifiers=[arn("/app/busy"), arn("/flow")])
    events = iter(stream)
    next(events)
    began = now(running)
    got = []
    for _ in range(4):
        got += next(events)["sessionUpdate"]["sessionResults"]
    stream.close()
    until = max(e["ingestionTime"] for e in got)
    later = running.client("logs")
    for group in ("/app/busy", "/flow"):
        pushed = sorted((e["timestamp"], e["ingestionTime"], e["logStreamName"], e["message"]) for e in got
                        if e["logGroupIdentifier"].endswith(group) and began < e["ingestionTime"] <= until)
        polled = sorted((e["timestamp"], e["ingestionTime"], e["logStreamName"], e["message"])
                        for e in read(later, group, startTime=began - 60_000)
                        if began < e["ingestionTime"] <= until)
        assert pushed == polled and len(pushed) > 20


def test_live_tail_has_limits(world, logs):
    group, refusals = arn("/app/quiet"), []
    client = world.client("logs", inject_host_prefix=False)
    start = client.start_live_tail
    assert code(start, logGroupIdentifiers=[arn("/app/rare")]) == "InvalidOperationException"
    assert code(start, logGroupIdentifiers=[f"{group}:*"]) == "InvalidParameterException"
    assert code(start, logGroupIdentifiers=[arn("/nowhere")]) == "ResourceNotFoundException"
    assert code(start, logGroupIdentifiers=[group, arn("/flow")], logStreamNames=["x"]) == "InvalidParameterException"
    open_ = [start(logGroupIdentifiers=[group])["responseStream"] for _ in range(2)]
    for stream in open_:
        next(iter(stream))
    assert code(start, logGroupIdentifiers=[group]) == "LimitExceededException"
    for stream in open_:
        stream.close()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            again = start(logGroupIdentifiers=[group])["responseStream"]
            next(iter(again))
            again.close()
            return
        except ClientError as refused:
            refusals.append(refused)
            time.sleep(0.2)
    raise AssertionError(f"a session that was closed still counts: {refusals[-1]}")


def test_the_same_world_says_the_same_words(world, logs, tmp_path, fresh):
    path = tmp_path / "logs.toml"
    path.write_text(WORLD.replace("seed = 5", 'seed = 5\nstart = "2026-03-04T05:06:07Z"'))
    one, two = (fresh("--scenario", str(path), "--speed", "0").client("logs") for _ in range(2))
    start = int(datetime.datetime(2026, 3, 4, 5, tzinfo=UTC).timestamp() * 1000)
    for group in ("/app/busy", "/lambda/fn", "/flow"):
        first = read(one, group, startTime=start)
        assert first == read(two, group, startTime=start) and first
