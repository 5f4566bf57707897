"""Logs Insights of the simulator: boto3 asks, and Python calculates the same from what FilterLogEvents gives."""

import collections
import json
import re
import time

import boto3
import pytest
from botocore.exceptions import ClientError

import fleet
from test_cloudwatchlogs import now, read

WORLD = """
title = "Some log groups"
seed = 9
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
past = "50m"
[[logs.group]]
name = "/app/busy"
rate = 2.0
streams = 2
[[logs.group]]
name = "/app/other"
rate = 0.2
[[logs.group]]
name = "/lambda/fn"
writes = "lambda"
rate = 0.5
[[logs.group]]
name = "/flow"
writes = "flow"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A world of log groups, frozen."""
    import conftest

    path = tmp_path_factory.mktemp("insights") / "logs.toml"
    path.write_text(WORLD)
    with conftest.running("--scenario", str(path), "--speed", "0") as sim:
        yield sim


@pytest.fixture(scope="module")
def logs(world):
    return world.client("logs")


def ask(world, logs, query, *groups, minutes=40, **more):
    """The rows of a query of the last minutes, and its last answer."""
    to = now(world) // 1000
    started = logs.start_query(
        logGroupNames=list(groups), startTime=to - minutes * 60, endTime=to, queryString=query, **more
    )
    for _ in range(2_000):
        answer = logs.get_query_results(queryId=started["queryId"])
        if answer["status"] not in ("Scheduled", "Running"):
            break
    assert answer["status"] == "Complete"
    rows, token = list(answer["results"]), answer.get("nextToken")
    while token:
        page = logs.get_query_results(queryId=started["queryId"], nextToken=token)
        rows += page["results"]
        token = page.get("nextToken")
    return [{cell["field"]: cell["value"] for cell in row} for row in rows], answer


def events(world, logs, group, minutes=40):
    to = now(world) // 1000
    return read(logs, group, startTime=(to - minutes * 60) * 1000, endTime=to * 1000 + 999)


def moment(millis):
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(millis // 1000))
    return f"{stamp}.{millis % 1000:03}"


def test_a_query_without_any_command_of_its_own_shows_the_newest_lines_first(world, logs):
    rows, answer = ask(world, logs, "fields @timestamp, @message, @logStream | sort @timestamp desc", "/app/busy")
    there = events(world, logs, "/app/busy")
    assert len(there) > 1_000
    assert answer["statistics"]["recordsScanned"] == answer["statistics"]["recordsMatched"] == len(there)
    want = sorted(((moment(e["timestamp"]), e["message"], e["logStreamName"]) for e in there), reverse=True)
    assert sorted(((r["@timestamp"], r["@message"], r["@logStream"]) for r in rows), reverse=True) == want
    assert [r["@timestamp"] for r in rows] == sorted((r["@timestamp"] for r in rows), reverse=True)
    assert len({r["@ptr"] for r in rows}) == len(rows)


def test_counts_by_level_and_minute_are_those_of_the_events(world, logs):
    rows, _ = ask(
        world, logs, "stats count(*) as n, avg(duration_ms) as mean, max(http.status) by bin(1m) as minute, level", "/app/busy"
    )
    want = collections.defaultdict(list)
    for event in events(world, logs, "/app/busy"):
        line = json.loads(event["message"])
        want[moment(event["timestamp"] // 60_000 * 60_000), line.get("level", "")].append(line)
    got = {(r["minute"], r.get("level", "")): r for r in rows}
    assert got.keys() == want.keys()
    for key, lines in want.items():
        assert int(got[key]["n"]) == len(lines)
        took = [line["duration_ms"] for line in lines]
        assert float(got[key]["mean"]) == pytest.approx(sum(took) / len(took), abs=1e-3)
        status = [line["http"]["status"] for line in lines]
        assert float(got[key]["max(http.status)"]) == max(status)


def test_filters_compare_numbers_texts_and_patterns(world, logs):
    there = [json.loads(e["message"]) for e in events(world, logs, "/app/busy")]
    for query, holds in [
        ("filter http.status >= 300", lambda e: e["http"]["status"] >= 300),
        ('filter level = "error" or level = "warn"', lambda e: e.get("level") in ("error", "warn")),
        ('filter level in ["error", "warn"] and http.status != 402', lambda e: e["level"] in ("error", "warn") and e["http"]["status"] != 402),
        ("filter @message like /orders/", lambda e: "orders" in json.dumps(e)),
        ('filter not (@message like "orders")', lambda e: "orders" not in json.dumps(e)),
        ("filter ispresent(nothing)", lambda e: False),
        ("filter strlen(level) = 4", lambda e: len(e.get("level", "")) == 4),
    ]:
        rows, answer = ask(world, logs, f"{query} | stats count(*) as n", "/app/busy")
        want = sum(1 for e in there if holds(e))
        assert want or "nothing" in query
        assert int(rows[0]["n"]) == want if want else rows == [], query
        assert answer["statistics"]["recordsMatched"] == want


def test_lambda_and_flow_lines_have_their_fields(world, logs):
    rows, _ = ask(
        world, logs,
        'filter @type = "REPORT" | stats max(@duration) as most, pct(@duration, 50) as half, max(@maxMemoryUsed) as used',
        "/lambda/fn",
    )
    took, used = [], []
    for event in events(world, logs, "/lambda/fn"):
        found = re.search(r"\tDuration: ([\d.]+) ms.*Max Memory Used: (\d+) MB", event["message"])
        if found:
            took.append(float(found[1]))
            used.append(int(found[2]) * 1e6)
    took.sort()
    assert float(rows[0]["most"]) == pytest.approx(max(took))
    assert took[0] < float(rows[0]["half"]) < took[-1]
    assert float(rows[0]["used"]) == max(used)
    rows, _ = ask(world, logs, "stats sum(bytes) as b by action | sort b desc", "/flow")
    want = collections.Counter()
    for event in events(world, logs, "/flow"):
        words = event["message"].split()
        if words[13] == "OK":
            want[words[12]] += int(words[9])
    assert {r["action"]: int(r["b"]) for r in rows if r.get("action") in want} == dict(want)


def test_parse_takes_values_out_of_lines(world, logs):
    rows, _ = ask(
        world, logs,
        'filter @message like "Duration" | parse @message "Duration: * ms" as took | display took | limit 5',
        "/lambda/fn",
    )
    assert len(rows) == 5
    assert all(set(r) == {"took", "@ptr"} and float(r["took"]) > 0 for r in rows)
    rows, _ = ask(
        world, logs, r"parse @message /RequestId: (?<id>\S+)/ | filter ispresent(id) | stats count_distinct(id) as n", "/lambda/fn"
    )
    ids = {m[1] for e in events(world, logs, "/lambda/fn") if (m := re.search(r"RequestId: (\S+)", e["message"]))}
    assert int(rows[0]["n"]) == len(ids)


def test_several_groups_are_one_answer_and_pages_are_whole(world, logs):
    rows, answer = ask(world, logs, "stats count(*) as n by @log", "/app/busy", "/app/other")
    assert {r["@log"] for r in rows} == {"111111111111:/app/busy", "111111111111:/app/other"}
    assert answer["statistics"]["logGroupsScanned"] == 2
    to = now(world) // 1000
    started = logs.start_query(
        logGroupName="/app/busy", startTime=to - 600, endTime=to, queryString="fields @message | dedup @message"
    )
    while logs.get_query_results(queryId=started["queryId"])["status"] != "Complete":
        pass
    whole = logs.get_query_results(queryId=started["queryId"])["results"]
    pieces, token = [], None
    while True:
        page = logs.get_query_results(queryId=started["queryId"], maxItems=100, **({"nextToken": token} if token else {}))
        assert len(page["results"]) <= 100
        pieces += page["results"]
        token = page.get("nextToken")
        if not token:
            break
    assert pieces == whole and len(whole) > 100


def test_a_query_is_stopped_once_and_described(world, logs):
    to = now(world) // 1000
    started = logs.start_query(logGroupName="/app/busy", startTime=0, endTime=to, queryString="stats count(*)")
    mine = [q for q in logs.describe_queries(status="Scheduled")["queries"] if q["queryId"] == started["queryId"]]
    assert mine[0]["queryString"] == "stats count(*)" and mine[0]["logGroupName"] == "/app/busy"
    assert logs.stop_query(queryId=started["queryId"])["success"] is True
    assert logs.get_query_results(queryId=started["queryId"])["status"] == "Cancelled"
    with pytest.raises(ClientError, match="not currently running"):
        logs.stop_query(queryId=started["queryId"])
    with pytest.raises(ClientError) as missing:
        logs.get_query_results(queryId="nothing")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_what_is_wrong_is_refused_with_its_place(world, logs):
    to = now(world) // 1000
    times = {"startTime": to - 60, "endTime": to}
    with pytest.raises(ClientError) as wrong:
        logs.start_query(logGroupName="/app/busy", queryString="fields @message | srot x", **times)
    assert wrong.value.response["Error"]["Code"] == "MalformedQueryException"
    assert "srot" in wrong.value.response["Error"]["Message"]
    assert wrong.value.response["queryCompileError"]["location"]["startCharOffset"] == 18
    with pytest.raises(ClientError) as absent:
        logs.start_query(logGroupName="/nowhere", queryString="limit 1", **times)
    assert absent.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError, match="startTime"):
        logs.start_query(logGroupName="/app/busy", queryString="limit 1", startTime=to, endTime=to - 1)
    with pytest.raises(ClientError, match="Exactly one"):
        logs.start_query(logGroupName="/a", logGroupNames=["/b"], queryString="limit 1", **times)
    running = []
    with pytest.raises(ClientError) as full:
        for _ in range(120):
            running.append(logs.start_query(logGroupName="/app/other", queryString="limit 1", **times)["queryId"])
    assert full.value.response["Error"]["Code"] == "LimitExceededException"
    assert len(running) <= 100
    for query in running:
        logs.stop_query(queryId=query)


# noctop beside boto3.

TWO = WORLD.replace(
    '[[account]]', 'caller = "web"\n[organization]\nmanagement = "web"\n[[role]]\nname = "*"\n[[account]]', 1
).replace('[alarms]', '[[account]]\nid = "222222222222"\nname = "shop"\n[alarms]', 1) + """
[[logs.group]]
name = "/app/hostile"
writes = "hostile"
"""
SHOP = "222222222222"


@pytest.fixture
def two(fresh, tmp_path):
    """Two accounts, frozen, and a noctop set up for them."""
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    sim = fresh("--scenario", str(path), "--speed", "0")
    return sim, fleet.Noctop(tmp_path, sim.endpoint, fleet.config(["eu-west-1"]))


def exact(millis):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(millis // 1000))


def compared(sim, query, *groups, minutes=30):
    """What boto3 finds in both accounts: rows without the pointers, each with its account."""
    rows = []
    for account in ("111111111111", SHOP):
        found, _ = ask(sim, sim.client("logs", account), query, *groups, minutes=minutes)
        rows += [(account, {k: v for k, v in row.items() if k != "@ptr"}) for row in found]
    return rows


def shown(line):
    return line["accountId"], line["fields"]


def between(sim, minutes=30):
    to = now(sim) // 1000 * 1000
    return ["--since", exact(to - minutes * 60_000), "--until", exact(to)]


@pytest.mark.parametrize("query", [
    "fields @timestamp, @message, @logStream",
    "stats count(*) as n, avg(duration_ms) by bin(5m), level",
    "filter http.status >= 400 | stats count(*) as n by http.path | sort n desc",
])
def test_noctop_finds_what_boto3_finds_in_every_account(two, query):
    sim, noctop = two
    done = noctop.run("query", query, "-g", "/app/busy", *between(sim), "--format", "jsonl")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    want = compared(sim, query, "/app/busy")
    order = lambda row: json.dumps(row, sort_keys=True)
    assert sorted(map(shown, lines), key=order) == sorted(want, key=order) and len(want) > 10
    if "sort n desc" in query:
        counts = [int(line["fields"]["n"]) for line in lines]
        assert counts == sorted(counts, reverse=True), "merged in the order of the query"
    if "@timestamp" in query:
        times = [line["fields"]["@timestamp"] for line in lines]
        assert times == sorted(times, reverse=True), "the newest first, over both accounts"


def test_a_limit_counts_for_all_accounts_together(two):
    sim, noctop = two
    query = "stats max(duration_ms) as most by @logStream, level | sort most desc | limit 3"
    done = noctop.run("query", query, "-g", "/app/busy", *between(sim), "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    want = sorted(compared(sim, query, "/app/busy"), key=lambda row: -float(row[1]["most"]))[:3]
    assert [float(row["fields"]["most"]) for row in document["rows"]] == [float(row["most"]) for _, row in want]
    assert document["columns"] == ["@logStream", "level", "most"]
    parts = document["coverage"]["queries"]
    assert {part["accountId"] for part in parts} == {"111111111111", SHOP}
    assert all(part["state"] == "complete" and part["bytesScanned"] > 0 for part in parts)


@pytest.mark.parametrize("fault", [
    {"kind": "throttle", "operation": "GetQueryResults", "probability": 0.4},
    {"kind": "server-error", "operation": "GetQueryResults", "probability": 0.3},
    {"kind": "reset", "operation": "GetQueryResults", "probability": 0.3},
])
def test_faults_on_the_way_lose_no_row(two, fault):
    sim, noctop = two
    query = "stats count(*) as n by bin(1m)"
    want = compared(sim, query, "/app/busy", "/app/other")
    with sim.fault(fault.pop("kind"), **fault):
        done = noctop.run("query", query, "-g", "/app/busy,/app/other", *between(sim), "--format", "jsonl")
    assert done.code == 0, done.err
    lines = [shown(json.loads(line)) for line in done.out.splitlines()]
    order = lambda row: json.dumps(row, sort_keys=True)
    assert sorted(lines, key=order) == sorted(want, key=order)


def test_an_account_that_is_denied_is_named_and_the_others_are_shown(two):
    sim, noctop = two
    with sim.fault("deny", service="logs", operation="StartQuery", account="shop"):
        done = noctop.run("query", "stats count(*)", "-g", "/app/busy", "--format", "json")
    assert done.code == 4 and "shop" in done.err and "logs:StartQuery" in done.err, done.err
    document = json.loads(done.out)
    assert {row["accountId"] for row in document["rows"]} == {"111111111111"}
    failed = [part for part in document["coverage"]["queries"] if part["state"] == "failed"]
    assert [(part["accountId"], part["fault"]) for part in failed] == [(SHOP, "denied")]


def test_what_is_wrong_with_a_query_is_said_once_and_nothing_is_shown(two):
    _, noctop = two
    done = noctop.run("query", "fields @message | srot x", "-g", "/app/*")
    assert done.code == 2 and done.err.count("srot") == 1 and done.out == ""
    assert noctop.run("query", "limit 1", "-g", "/nowhere").code == 1
    assert noctop.run("query", "limit 1").code == 2
    assert noctop.run("query", "@nothing", "-g", "/app/*").code == 2


def test_the_library_has_the_operators_own_queries(two):
    sim, noctop = two
    listed = noctop.run("query", "--list").out
    assert "@lambda-slowest" in listed and "/aws/lambda/*" in listed
    own = noctop.home / ".config" / "noctop" / "queries.toml"
    own.write_text(
        '[mine]\ntitle = "Mine"\ngroups = ["/app/busy"]\nquery = "stats count(*) as lines"\n'
    )
    done = noctop.run("query", "@mine", *between(sim), "--format", "csv")
    assert done.code == 0 and done.out.splitlines()[0] == "account,region,lines", done.out
    own.write_text('[mine]\ntitel = "Mine"\n')
    done = noctop.run("query", "--list")
    assert "titel" in done.err and "queries.toml" in done.err and "@errors" in done.out


def test_what_lines_contain_harms_neither_table_nor_json(two):
    sim, noctop = two
    for form in ("table", "json", "jsonl"):
        done = noctop.run("query", "fields @message", "-g", "/app/hostile", *between(sim), "--format", form)
        assert done.code == 0 and len(done.out) > 500
        assert not set(done.out) & {"\x1b", "\x07", "\x00", "\x9b", "\u202e"}, form
    lines = [json.loads(line)["fields"]["@message"] for line in done.out.splitlines()]
    want = [row["@message"] for _, row in compared(sim, "fields @message", "/app/hostile")]
    assert sorted(lines) == sorted(want)


def test_noctop_asks_moto_as_well(tmp_path):
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        logs = boto3.client(
            "logs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="demo",
            aws_secret_access_key="demo",
        )
        logs.create_log_group(logGroupName="/query/x")
        logs.create_log_stream(logGroupName="/query/x", logStreamName="s")
        at = int(time.time() * 1000) - 60_000
        events = [{"timestamp": at + n, "message": f"line {n}"} for n in range(20)]
        logs.put_log_events(logGroupName="/query/x", logStreamName="s", logEvents=events)
        noctop = fleet.Noctop(tmp_path, endpoint, 'regions = ["eu-west-1"]\n')
        done = noctop.run("query", "fields @timestamp, @message", "-g", "/query/x", "--format", "jsonl")
        assert done.code == 0, done.err
        lines = [json.loads(line)["fields"]["@message"] for line in done.out.splitlines()]
        assert sorted(lines) == sorted(event["message"] for event in events)
    finally:
        server.stop()
