"""`noctop watch`: what changes in the fleet, line by line, beside what boto3 did and what `noctop ls` lists."""

import contextlib
import json
import queue
import subprocess
import threading
import time

import pytest

PAYMENTS = "222222222222"
QUICK = ("[sources.cloudwatch]", 'every = "10s"')


@pytest.fixture
def day(stage):
    sim, aws, noctop = stage("everyday", more=QUICK)
    yield sim, aws, noctop
    assert sim.control("GET", "faults") == [], "a test left a fault behind"


class Lines:
    """A running watch and the lines that it has printed."""

    def __init__(self, noctop, *arguments):
        self.process = subprocess.Popen(
            noctop.command("watch", *arguments), env=noctop.environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.read = queue.Queue()
        threading.Thread(target=self.pump, daemon=True).start()
        self.seen = []

    def pump(self):
        for line in self.process.stdout:
            self.read.put(json.loads(line))
        self.read.put(None)

    def until(self, event, what=lambda line: True, within=60):
        """The next line of this event; everything that comes before it is kept in `seen`."""
        end = time.monotonic() + within
        while True:
            left = end - time.monotonic()
            assert left > 0, f"no {event} within {within} s after {self.seen[-5:]}"
            with contextlib.suppress(queue.Empty):
                line = self.read.get(timeout=left)
                assert line is not None, f"the watch ended: {self.process.stderr.read()}"
                self.seen.append(line)
                if line["event"] == event and what(line):
                    return line

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def watching(noctop, *arguments):
    lines = Lines(noctop, *arguments)
    try:
        yield lines
    finally:
        lines.process.kill()
        lines.process.wait()


def named(name):
    return lambda line: line["item"]["id"] == name


def test_an_item_is_found_once(day):
    _, _, noctop = day
    with watching(noctop, "alarms") as lines:
        lines.until("loaded")
        found = [line["item"] for line in lines.seen if line["event"] == "found"]
        keys = [(item["account"]["id"], item["region"], item["id"]) for item in found]
        assert len(keys) == len(set(keys)) > 3


def test_it_begins_with_what_the_lists_show_and_tells_what_boto3_does(day):
    sim, _, noctop = day
    code, document = noctop.ls("alarms", "--filter", "state:new")
    assert code == 0
    wanted = {(item["account"]["id"], item["region"], item["id"]) for item in document["items"]}
    assert len(wanted) > 3
    with watching(noctop, "alarms") as lines:
        loaded = lines.until("loaded")
        found = [line["item"] for line in lines.seen if line["event"] == "found"]
        assert {(i["account"]["id"], i["region"], i["id"]) for i in found} == wanted
        assert loaded["coverage"]["blind"] == [] and loaded["coverage"]["loading"] == 0
        cloudwatch = sim.client("cloudwatch", PAYMENTS)
        calm = cloudwatch.describe_alarms(StateValue="OK")["MetricAlarms"][0]["AlarmName"]
        set_state = dict(AlarmName=calm, StateReason="a drill")
        cloudwatch.set_alarm_state(StateValue="ALARM", **set_state)
        came = lines.until("came", named(calm))
        assert came["item"]["nativeState"] == "ALARM" and came["item"]["account"]["id"] == PAYMENTS
        cloudwatch.set_alarm_state(StateValue="OK", **set_state)
        assert lines.until("cleared", named(calm))["item"]["state"] == "clear"
        assert lines.stop() == 0


def test_what_can_no_longer_be_read_is_told_and_so_is_its_return(day):
    sim, _, noctop = day
    with watching(noctop, "alarms", "--new") as lines:
        lines.until("loaded")
        assert not [line for line in lines.seen if line["event"] == "found"], "--new leaves out what was there"
        with sim.fault("server-error", service="cloudwatch", account=PAYMENTS, region="eu-west-1"):
            feed = lines.until("feed", lambda line: line["feed"]["state"] == "blind")["feed"]
            assert (feed["source"], feed["account"]["id"]) == ("cloudwatch", PAYMENTS)
            assert feed["fault"] == "service" and feed["message"]
        back = lines.until("feed", lambda line: line["feed"]["state"] == "fresh", within=120)
        assert back["feed"]["account"]["id"] == PAYMENTS


def test_what_somebody_takes_and_gives_back_is_told(day):
    _, _, noctop = day
    with watching(noctop, "alarms") as lines:
        lines.until("loaded")
        first = next(line["item"] for line in lines.seen if line["event"] == "found")
        one = f"kind:alarm state:new name:{first['id']} acct:{first['account']['id']} region:{first['region']}"
        taken = noctop.run("ack", "--filter", one, "--for", "1h", "--yes")
        assert taken.code == 0, taken
        assert lines.until("taken", named(first["id"]))["item"]["ack"]["owner"]
        given = noctop.run("unack", "--filter", one.replace("state:new", "state:ack"), "--yes")
        assert given.code == 0, given
        assert lines.until("given-back", named(first["id"]))["item"]["ack"] is None


def test_a_filter_a_time_and_a_reader_that_goes_away_end_it_well(day):
    _, _, noctop = day
    done = noctop.run("watch", "alarms", "--filter", "name:no-alarm-is-called-so", "--for", "15s")
    events = [json.loads(line)["event"] for line in done.out.splitlines()]
    assert done.code == 0 and events == ["loaded"], done
    wrong = noctop.run("watch", "--filter", "sev:>=hihg")
    assert wrong.code == 2 and "high" in wrong.err
    command = noctop.command("watch", "alarms")
    shell = subprocess.run(
        " ".join(f"'{word}'" for word in command) + " | head -1", shell=True, env=noctop.environment, timeout=60,
        capture_output=True, text=True,
    )
    assert len(shell.stdout.splitlines()) == 1 and "panicked" not in shell.stderr
