"""What `noctop run` starts is what boto3 sees: one run, of the document and on the machines that the card named."""

import json

import pytest

import fleet
from test_act import BY_POLICY, REGION, changes
from test_ssm_runs import PAYMENTS, SCENARIO, later, machines


@pytest.fixture
def place(fresh, tmp_path):
    path = tmp_path / "runs.toml"
    path.write_text(SCENARIO.replace('name = "noctop-*"', 'name = "*"'))
    sim = fresh("--scenario", str(path), "--speed", "0")
    return sim, fleet.Noctop(tmp_path / "home", sim.endpoint, fleet.config([REGION], *BY_POLICY))


def started(noctop, *arguments):
    """What was started and not followed: the exit code and the object that says so."""
    done = noctop.run("run", *arguments, "--write", "--no-follow", "--format", "json")
    assert done.out, done.err
    return done, json.loads(done.out)


def runs(noctop):
    return noctop.ls("runs")[1]["runs"]


def test_a_command_is_sent_once_and_its_end_is_what_boto3_says(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    node = machines(ssm)[0]
    done, said = started(noctop, "collect-diagnostics", "--target", node)
    assert done.code == 0, done.err
    sent = [c for c in changes(sim) if c["operation"] == "SendCommand"]
    assert len(sent) == 1 and ":assumed-role/NoctopAct/" in sent[0]["caller"]
    command = ssm.list_commands()["Commands"][0]
    assert command["DocumentName"] == "AWS-RunShellScript" and command["InstanceIds"] == [node]
    # By the id in its comment it is found again before a second try; the journal has it, of this run.
    intent = command["Comment"].split()[1]
    told = noctop.run_here("audit", "export").out.splitlines()
    assert any(intent in line and said["id"] in line for line in told)
    later(sim, "5m")
    followed = noctop.run("run", "--follow", said["id"][:8], "--format", "json")
    assert followed.code == 0, followed.err
    ended = ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=node)
    assert ended["Status"] == "Success"
    (run,) = runs(noctop)
    assert run["state"] == "success" and run["executions"][0]["id"] == command["CommandId"]
    assert len([c for c in changes(sim) if c["operation"] == "SendCommand"]) == 1


def test_a_rehearsal_and_a_refusal_start_nothing(place, tmp_path):
    sim, noctop = place
    node = machines(sim.client("ssm", PAYMENTS))[0]
    shown = noctop.run("run", "collect-diagnostics", "--target", node, "--write", "--dry-run", "--format", "json")
    card = json.loads(shown.out)
    assert shown.code == 0 and node in shown.out and "AWS-RunShellScript" in shown.out, card
    locked = fleet.Noctop(tmp_path / "locked", sim.endpoint, fleet.config([REGION]))
    refused = locked.run("run", "collect-diagnostics", "--target", node, "--write")
    assert refused.code == 1 and "the policy of payments" in refused.err and "readonly" in refused.err
    assert changes(sim) == [], "not one call that changes anything was sent"
    told = [json.loads(line) for line in locked.run_here("audit", "export").out.splitlines()]
    assert [e["why"] for e in told if e.get("kind") == "refusal"] == ["policy"]
    assert locked.run_here("audit", "verify").code == 0


def test_what_is_dangerous_or_unknown_is_not_started_by_a_script_that_did_not_say_so(place):
    sim, noctop = place
    node = machines(sim.client("ssm", PAYMENTS))[0]
    unconfirmed = noctop.run("run", "restart-instance", "--target", node, "--write")
    assert unconfirmed.code == 2 and "say --yes" in unconfirmed.err
    mistyped = noctop.run("run", "restart-instanc", "--target", node, "--write")
    assert mistyped.code == 2 and "restart-instance" in mistyped.err
    hostile = noctop.run("run", "patch-install", "--target", node, "--param", "reboot=No; rm -rf /", "--write", "--yes")
    assert hostile.code == 2 and "RebootIfNeeded" in hostile.err
    unasked = noctop.run("run", "patch-install", "--target", node, "--param", "speed=high", "--write", "--yes")
    assert unasked.code == 2 and "speed" in unasked.err
    assert changes(sim) == []


def test_a_document_of_the_account_waits_for_a_word_and_goes_on(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    node = machines(ssm)[0]
    wrong = noctop.run("run", "document/acme-failover", "--target", node, "--param", "Service=mail", "--write", "--yes")
    assert wrong.code == 2 and "checkout" in wrong.err and changes(sim) == []
    done, said = started(noctop, "document/acme-failover", "--target", node, "--param", "Service=checkout", "--yes")
    assert done.code == 0, done.err
    later(sim, "2m")
    execution = ssm.describe_automation_executions()["AutomationExecutionMetadataList"][0]
    assert execution["AutomationExecutionStatus"] == "Waiting"
    assert runs(noctop)[0]["state"] == "waiting"
    word = noctop.run("run", "--approve", said["id"], "--write", "--note", "CHG-7 agreed")
    assert word.code == 0, word.err
    later(sim, "2m")
    ended = ssm.get_automation_execution(AutomationExecutionId=execution["AutomationExecutionId"])["AutomationExecution"]
    assert ended["AutomationExecutionStatus"] == "Success"
    followed = noctop.run("run", "--follow", said["id"])
    assert followed.code == 0, followed.err
    assert runs(noctop)[0]["state"] == "success"


def test_a_run_is_stopped(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    node = machines(ssm)[0]
    _, said = started(noctop, "document/acme-failover", "--target", node, "--param", "Service=ledger", "--yes")
    stopped = noctop.run("run", "--stop", said["id"], "--write")
    assert stopped.code == 0, stopped.err
    later(sim, "1m")
    execution = ssm.describe_automation_executions()["AutomationExecutionMetadataList"][0]
    assert execution["AutomationExecutionStatus"] == "Cancelled"
    assert noctop.run("run", "--follow", said["id"]).code == 1
    assert runs(noctop)[0]["state"] in ("stopped", "cancelled")


def test_a_command_whose_answer_was_lost_is_found_and_not_sent_again(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    node = machines(ssm)[0]
    with sim.fault("lost", operation="SendCommand", count=1):
        done, said = started(noctop, "collect-diagnostics", "--target", node)
    assert done.code == 0, done.err
    (command,) = ssm.list_commands()["Commands"]
    assert said["executions"][0]["id"] == command["CommandId"]
    assert [c["operation"] for c in changes(sim)] == ["SendCommand"]


def test_a_closed_calendar_holds_back_what_is_not_said_twice(place, tmp_path):
    sim, _ = place
    later(sim, "90m")
    calendars = "\n[runbooks]\ncalendars = [\"change-freeze\"]\n"
    noctop = fleet.Noctop(tmp_path / "frozen", sim.endpoint, fleet.config([REGION], *BY_POLICY) + calendars)
    arguments = ("run", "collect-diagnostics", "--target", machines(sim.client("ssm", PAYMENTS))[0], "--write", "--yes",
                 "--no-follow")
    held = noctop.run(*arguments)
    assert held.code == 1 and "change-freeze is closed" in held.err
    assert changes(sim) == []
    said = noctop.run(*arguments, "--despite-calendar")
    assert said.code == 0, said.err
    assert [c["operation"] for c in changes(sim)] == ["SendCommand"]
