"""`noctop tail` beside boto3 on the same server, moto's and the simulator's: event by event, in order, none twice."""

import datetime
import json
import subprocess
import threading
import time

import boto3
import pytest
from moto.server import ThreadedMotoServer

import conftest
import fleet

ACCOUNT, REGION = "123456789012", "eu-west-1"
UTC = datetime.timezone.utc


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def logs(endpoint):
    return boto3.client(
        "logs", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="demo", aws_secret_access_key="demo"
    )


@pytest.fixture
def noctop(endpoint, tmp_path):
    return fleet.Noctop(tmp_path, endpoint, f'regions = ["{REGION}"]\n')


MESSAGES = [
    "2026-11-21T03:00:00Z INFO hello",
    '{"level":"error","msg":"disk full","http":{"status":503}}',
    "ERROR java.lang.X: y\n\tat a.b.C\n\tat d.e.F",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202e \x00 \x9b",
    "Zürich 東京 👩‍👩‍👧",
    "tick",
    "tick",
    "REPORT RequestId: 1f\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB",
]


def written(logs, group, streams, count, end, step=1000):
    """Makes a group and writes so many events into each stream, the last one at `end`."""
    logs.create_log_group(logGroupName=group)
    for stream in streams:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [
            {"timestamp": end - (count - 1 - n) * step, "message": MESSAGES[n % len(MESSAGES)]} for n in range(count)
        ]
        for at in range(0, count, 5000):
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events[at:at + 5000])


def read(logs, group, **arguments):
    """What boto3 reads of a group."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **arguments)
    return [event for page in pages for event in page["events"]]


def exact(millis):
    moment = datetime.datetime.fromtimestamp(millis // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03}Z"


def key(group, event):
    return (group, event["logStreamName"], event["eventId"], exact(event["timestamp"]),
            exact(event["ingestionTime"]), event["message"])


def told(line):
    return (line["group"], line["stream"], line["eventId"], line["timestamp"], line["ingestionTime"], line["message"])


def lines(done):
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.fixture(scope="module")
def groups(logs):
    now = int(time.time() * 1000)
    named = {"/app/pay": ["a", "b"], "/app/cart": ["c"], "/aws/lambda/mail": ["d", "e"]}
    for number, (group, streams) in enumerate(named.items()):
        written(logs, group, streams, 400, now - 60_000 + number * 7)
    return list(named)


def test_every_event_of_every_group_is_shown_once_and_in_order(noctop, logs, groups):
    done = noctop.run("tail", *groups, "--since", "1h", "--no-follow", "--format", "jsonl")
    assert done.code == 0, done.err
    shown = lines(done)
    expected = sorted(key(group, event) for group in groups for event in read(logs, group))
    assert sorted(map(told, shown)) == expected and len(expected) == 2000
    times = [line["timestamp"] for line in shown]
    assert times == sorted(times)
    assert {line["account"]["id"] for line in shown} == {ACCOUNT} and {line["region"] for line in shown} == {REGION}


def test_a_pattern_is_looked_up_and_narrowed_by_streams_and_time(noctop, logs, groups):
    done = noctop.run("tail", "/app/*", "--since", "1h", "--no-follow", "--format", "jsonl")
    assert done.code == 0 and {line["group"] for line in lines(done)} == {"/app/pay", "/app/cart"}
    done = noctop.run("tail", "/app/pay", "--stream", "b", "--since", "1h", "--no-follow", "--format", "jsonl")
    assert {line["stream"] for line in lines(done)} == {"b"} and len(lines(done)) == 400
    events = read(logs, "/app/pay")
    since, until = sorted(event["timestamp"] for event in events)[100], sorted(e["timestamp"] for e in events)[300]
    done = noctop.run("tail", "/app/pay", "--since", exact(since), "--until", exact(until), "--format", "jsonl")
    inside = sorted(key("/app/pay", e) for e in events if since <= e["timestamp"] <= until)
    assert sorted(map(told, lines(done))) == inside and inside


@pytest.mark.parametrize("arguments, wanted", [
    (["--include", "tick"], lambda m: "tick" in m),
    (["--exclude", "tick"], lambda m: "tick" not in m),
    (["--regex", r"^\{.*5\d\d"], lambda m: m.startswith("{")),
    (["--field", "http.status>=500"], lambda m: m.startswith("{")),
    (["--level", "error"], lambda m: m.startswith(("{", "ERROR"))),
])
def test_only_what_passes_is_shown(noctop, logs, groups, arguments, wanted):
    done = noctop.run("tail", "/app/cart", "--since", "1h", "--no-follow", "--format", "jsonl", *arguments)
    expected = sorted(key("/app/cart", e) for e in read(logs, "/app/cart") if wanted(e["message"]))
    assert sorted(map(told, lines(done))) == expected and expected


def test_text_is_harmless_and_raw_is_exact(noctop, logs, groups):
    text = noctop.run("tail", "/app/cart", "--since", "1h", "--no-follow").out
    assert not set(text) & {"\x1b", "\x07", "\x00", "\x9b", "\u202e"}
    raw = noctop.run("tail", "/app/cart", "--since", "1h", "--no-follow", "--format", "raw").out
    expected = sorted(e["message"] for e in read(logs, "/app/cart"))
    assert sorted(raw.splitlines()) == sorted("\n".join(expected).splitlines())


def test_a_document_says_what_it_covers(noctop, groups):
    done = noctop.run("tail", "/app/cart", "/app/nowhere", "--since", "1h", "--format", "json")
    document = json.loads(done.out)
    assert done.code == 4 and "no log group /app/nowhere" in done.err
    assert len(document["events"]) == document["counts"]["shown"] == 400
    assert document["coverage"]["groups"] == 2 and document["marks"] == []


def test_what_is_nowhere_is_a_failure_and_what_cannot_be_meant_is_refused(noctop, groups):
    assert noctop.run("tail", "/app/nowhere", "--no-follow").code == 1
    assert noctop.run("tail", "/nothing/*", "--no-follow").code == 1
    for wrong in (["a b"], ["/app/pay", "--since", "soon"], ["/app/pay", "--regex", "a("], ["/app/pay", "--field", "a>b"],
                  ["/app/pay", "--since", "1h", "--until", "2h"], ["/app/pay", "--follow", "--format", "json"]):
        done = noctop.run("tail", *wrong)
        assert done.code == 2 and done.out == "" and done.err, wrong


def test_following_shows_what_is_written_later_and_ends_with_a_summary(noctop, logs, endpoint):
    group = f"/live/{time.time_ns()}"
    written(logs, group, ["s"], 3, int(time.time() * 1000) - 5_000)
    tail = subprocess.Popen(noctop.command("tail", group, "--format", "jsonl"), env=noctop.environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shown = [json.loads(tail.stdout.readline()) for _ in range(3)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": f"later {n}"} for n in range(5)
    ])
    shown += [json.loads(tail.stdout.readline()) for _ in range(5)]
    # Late: written now, and happened before what was shown.
    late = int(time.time() * 1000) - 20_000
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": late, "message": "late"}])
    shown.append(json.loads(tail.stdout.readline()))
    tail.send_signal(2)
    out, err = tail.communicate(timeout=20)
    assert tail.returncode == 0 and out == "", err
    assert sorted(map(told, shown)) == sorted(key(group, e) for e in read(logs, group))
    assert shown[-1]["message"] == "late" and "9 events shown" in err and "no gap" in err


def test_a_closed_pipe_ends_it_quietly(noctop, groups):
    command = " ".join(noctop.command("tail", "/app/pay", "--since", "1h")) + " | head -n 3"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], env=noctop.environment, text=True,
                          capture_output=True, timeout=60)
    assert len(done.stdout.splitlines()) == 3 and done.stderr == "" and done.returncode == 0


def test_a_deleted_group_is_said_and_the_rest_goes_on(noctop, logs):
    one, two = f"/gone/{time.time_ns()}", f"/stays/{time.time_ns()}"
    for group in (one, two):
        written(logs, group, ["s"], 1, int(time.time() * 1000) - 5_000)
    tail = subprocess.Popen(noctop.command("tail", one, two, "--format", "jsonl"), env=noctop.environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert {json.loads(tail.stdout.readline())["group"] for _ in range(2)} == {one, two}
    logs.delete_log_group(logGroupName=one)
    assert "is not there any more; the rest goes on" in tail.stderr.readline()
    logs.put_log_events(logGroupName=two, logStreamName="s", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": "still here"}
    ])
    assert json.loads(tail.stdout.readline())["message"] == "still here"
    tail.terminate()
    tail.communicate(timeout=20)
    assert tail.returncode == 4


WORLD = """
title = "Two accounts that write"
seed = 11
caller = "web"
regions = ["eu-west-1"]
[organization]
management = "web"
[[role]]
name = "*"
[[account]]
id = "111111111111"
name = "web"
[[account]]
id = "222222222222"
name = "shop"
[alarms]
per_cell = 0
composites = 0
[patches]
per_cell = 0
[logs]
workloads = false
past = "1h"
session = "4s"
[[logs.group]]
name = "/app/api"
rate = 2.0
streams = 2
[[logs.group]]
name = "/app/text"
writes = "text"
[[logs.group]]
name = "/lambda/fn"
writes = "lambda"
rate = 1.5
[[logs.group]]
name = "/app/rare"
accounts = ["shop"]
class = "INFREQUENT_ACCESS"
rate = 1.0
[[logs.group]]
name = "/app/bad"
writes = "hostile"
"""
GROUPS = ["/app/api", "/app/text", "/lambda/fn", "/app/rare", "/app/bad"]
ACCOUNTS = ["111111111111", "222222222222"]


@pytest.fixture
def world(tmp_path, fresh):
    """A world that writes, and a noctop set up for it: `world("--speed", "0")`."""
    path = tmp_path / "logs.toml"
    path.write_text(WORLD)

    def start(*arguments):
        sim = fresh("--scenario", str(path), *arguments)
        return sim, fleet.Noctop(tmp_path, sim.endpoint, fleet.config([REGION]))

    return start


def in_sim(sim, since):
    """What boto3 reads of all groups of all accounts, with the time at which each was taken in."""
    found = {}
    for account in ACCOUNTS:
        logs = sim.client("logs", account)
        for group in GROUPS:
            if group == "/app/rare" and account == ACCOUNTS[0]:
                continue
            for event in read(logs, group, startTime=since):
                found[(account, *key(group, event))] = event["ingestionTime"]
    return found


def seen(lines):
    events = [line for line in lines if "mark" not in line]
    keys = [(line["account"]["id"], *told(line)) for line in events]
    assert len(set(keys)) == len(keys), "an event stands twice"
    return keys


def test_all_groups_of_all_accounts_are_read_whole(world):
    sim, noctop = world("--speed", "0")
    since = sim.control("GET", "clock")["millis"] - 300_000
    done = noctop.run("tail", *GROUPS, "--since", exact(since), "--no-follow", "--format", "jsonl")
    assert done.code == 0, done.err
    expected = in_sim(sim, since)
    assert sorted(seen(lines(done))) == sorted(expected) and len(expected) > 2_000
    times = [line["timestamp"] for line in lines(done)]
    assert times == sorted(times)


@pytest.mark.parametrize("fault", [
    {"kind": "throttle", "operation": "FilterLogEvents", "probability": 0.4},
    {"kind": "server-error", "operation": "FilterLogEvents", "probability": 0.3},
    {"kind": "truncate", "operation": "FilterLogEvents", "probability": 0.3},
    {"kind": "reset", "operation": "FilterLogEvents", "probability": 0.3},
])
def test_faults_delay_lines_and_lose_none(world, fault):
    sim, noctop = world("--speed", "0")
    since = sim.control("GET", "clock")["millis"] - 120_000
    with sim.fault(fault.pop("kind"), **fault):
        done = noctop.run("tail", *GROUPS, "--since", exact(since), "--no-follow", "--format", "jsonl")
    assert done.code == 0, done.err
    assert sorted(seen(lines(done))) == sorted(in_sim(sim, since))


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_whose_token_has_ended_is_asked_for_anew(world, count):
    sim, noctop = world("--speed", "0")
    since = sim.control("GET", "clock")["millis"] - 3_500_000
    ended = {"code": "InvalidParameterException", "message": "The specified nextToken is invalid.", "status": 400}
    with sim.fault("error", operation="FilterLogEvents", later_pages=True, count=count, **ended):
        done = noctop.run("tail", "/app/api", "--since", exact(since), "--no-follow", "--format", "jsonl")
    assert done.code == 0, done.err
    shown = lines(done)
    expected = [of for of in in_sim(sim, since) if of[1] == "/app/api"]
    assert sorted(seen(shown)) == sorted(expected)
    assert len(expected) > 10_000 and sim.control("GET", "calls")["failed"] == count


def test_an_account_that_is_denied_is_named_and_marked(world):
    sim, noctop = world("--speed", "0")
    with sim.fault("deny", service="logs", account="shop"):
        done = noctop.run("tail", "/app/api", "--since", "2m", "--no-follow", "--format", "jsonl")
    assert done.code == 4 and "shop" in done.err and "denied" in done.err.lower(), done.err
    marks = [line for line in lines(done) if "mark" in line]
    assert marks and marks[0]["mark"] == "GAP"
    assert {line["account"]["id"] for line in lines(done) if "mark" not in line} == {ACCOUNTS[0]}


def due(sim, since, until):
    """What was taken in up to a moment, with its ids left out: Live Tail has none."""
    events = in_sim(sim, since - 60_000).items()
    return {k[:3] + k[4:] for k, at in events if at <= until and k[4] >= exact(since)}


@pytest.mark.parametrize("way, fault", [
    (["--poll"], None),
    (["--live"], None),
    (["--poll"], {"kind": "throttle", "operation": "FilterLogEvents", "probability": 0.5}),
    (["--live"], {"kind": "throttle", "operation": "StartLiveTail", "probability": 0.5}),
    (["--live"], {"kind": "deny", "operation": "StartLiveTail"}),
])
def test_what_is_followed_is_what_is_there(world, way, fault):
    sim, noctop = world()
    since = sim.control("GET", "clock")["millis"] - 15_000
    made = fault and sim.control("POST", "faults", fault)
    command = noctop.command("tail", *GROUPS, "--since", exact(since), "--format", "jsonl", *way)
    tail = subprocess.Popen(command, env=noctop.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    shown = []
    # The output is read as it comes: a full pipe would hold it up.
    reader = threading.Thread(target=lambda: shown.extend(json.loads(line) for line in tail.stdout))
    reader.start()
    # The world writes in its own time: sessions of four seconds end and are begun anew meanwhile.
    while sim.control("GET", "clock")["millis"] < since + 15_000 + (12_000 if way == ["--live"] else 6_000):
        time.sleep(0.2)
    if made:
        sim.control("DELETE", f"faults?id={made['id']}")
    wanted = due(sim, since, sim.control("GET", "clock")["millis"])
    limit = time.monotonic() + 60
    ids = set()
    while not wanted <= ids and time.monotonic() < limit:
        time.sleep(0.2)
        ids = {k[:3] + k[4:] for k in seen(list(shown))}
    tail.send_signal(2)
    tail.wait(timeout=20)
    reader.join()
    err = tail.stderr.read()
    ids = {k[:3] + k[4:] for k in seen(shown)}
    assert len(wanted) > 100 and wanted <= ids, (sorted(wanted - ids)[:3], err)
    assert ids <= due(sim, since, 1 << 60), "what was shown is there"
    if way == ["--live"] and fault is None:
        assert any(line.get("mark") == "SEAM" for line in shown), "sessions ended, and were begun anew"
    if fault and fault["kind"] == "deny":
        assert "polling instead of Live Tail" in err


def test_the_binary_is_the_one_that_is_tested():
    assert "tail" in subprocess.run([conftest.BINARY, "--help"], capture_output=True, text=True).stdout
