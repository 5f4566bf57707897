"""`noctop check` as a monitoring system calls it: one line, performance data, exit code 0 to 3."""

import re

import pytest

import fleet

WEB = "333333333333"


@pytest.fixture
def night(stage):
    sim, aws, noctop = stage("quiet-night")
    yield sim, aws, noctop
    assert sim.control("GET", "faults") == [], "a test left a fault behind"


def verdict(noctop, *arguments):
    done = noctop.run("check", *arguments)
    lines = done.out.splitlines()
    assert len(lines) == 1 and lines[0].count("|") == 1, done
    text, figures = lines[0].split("|")
    word = re.match(r"NOCTOP (OK|WARNING|CRITICAL|UNKNOWN): ", text)
    assert word and ["OK", "WARNING", "CRITICAL", "UNKNOWN"].index(word.group(1)) == done.code, done
    figures = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+);[^ ]*", figures)}
    return done.code, text, figures


def still_open(noctop):
    """What asks for attention, by severity, counted from the lists."""
    counts = dict.fromkeys(fleet.RANK, 0)
    for kind in fleet.SOURCES:
        code, document = noctop.ls(kind)
        assert code == 0
        for item in document["items"]:
            if item["state"] == "new":
                counts[item["severity"]] += 1
    return counts


def test_it_counts_what_the_lists_show(night):
    _, _, noctop = night
    counts = still_open(noctop)
    code, text, figures = verdict(noctop)
    assert figures["items"] == sum(counts.values()) and figures["blind"] == 0
    assert {name: figures[name] for name in fleet.RANK} == counts
    assert code == (2 if counts["critical"] else 1 if figures["items"] else 0)
    assert "worst" in text


def test_thresholds_decide(night):
    _, _, noctop = night
    _, _, figures = verdict(noctop)
    count = figures["items"]
    assert count > 1
    for arguments, code in (
        (["--warn", str(count + 1), "--crit", str(count + 2)], 0),
        (["--warn", str(count), "--crit", str(count + 1)], 1),
        (["--warn", "1", "--crit", str(count)], 2),
    ):
        assert verdict(noctop, *arguments)[0] == code, arguments


def test_a_filter_narrows_it(night):
    _, aws, noctop = night
    firing, _ = aws.read("cloudwatch")
    count = sum(item["nativeState"] == "ALARM" for item in firing.values())
    _, _, figures = verdict(noctop, "--filter", "kind:alarm")
    assert figures["items"] == count
    code, text, figures = verdict(noctop, "--filter", "-kind:alarm,finding,incident,window,patch,backup")
    assert (code, figures["items"]) == (0, 0)


def test_blind_and_nothing_found_is_unknown_and_never_fine(night):
    sim, _, noctop = night
    nothing = ["--filter", "name:no-alarm-has-this-name"]
    assert verdict(noctop, *nothing)[0] == 0
    with sim.fault("deny", service="cloudwatch", account=WEB, region="us-east-1"):
        code, text, figures = verdict(noctop, *nothing)
        assert code == 3 and figures["blind"] == 1 and figures["items"] == 0
        assert "1 of" in text and "blind" in text
        # What is known to be bad is said all the same, as the least that there is.
        code, text, figures = verdict(noctop, "--crit", "1")
        assert code == 2 and figures["blind"] == 1 and f">={figures['items']} items" in text


def test_what_cannot_begin_is_unknown(night):
    _, _, noctop = night
    done = noctop.run("check", "--filter", "sev:>=dreadful")
    assert done.code == 3 and done.out.startswith("NOCTOP UNKNOWN: ") and len(done.out.splitlines()) == 1
