"""The handover for the next shift: what boto3 sees and what was done here, and what nobody could see."""

import json

import fleet
from test_act import BY_POLICY, PAYMENTS, REGION, act
from test_act import place  # noqa: F401: a fixture


def written(noctop, *arguments):
    done = noctop.run("handover", "--since", "8h", "--format", "json", *arguments)
    assert done.out, done.err
    return done.code, json.loads(done.out)


def test_what_was_taken_muted_changed_and_refused_stands_in_the_handover(place):  # noqa: F811
    sim, noctop = place
    watch = sim.client("cloudwatch", PAYMENTS)
    alarm = next(a for a in watch.describe_alarms(StateValue="ALARM")["MetricAlarms"] if a["AlarmActions"])["AlarmName"]
    mine = ("--filter", f'kind:alarm acct:{PAYMENTS} name:"{alarm}"')
    code, before = written(noctop)
    # No console has watched from here, so what came and went is unread, and the exit code says that something is.
    assert code == 4 and before["unread"].keys() == {"came", "worse", "cleared"} and len(before["unwatched"]) == 1
    assert not before["acts"] and not before["mutes"] and not before["changes"] and not before["refused"]
    assert any(i["id"] == alarm for i in before["unowned"]) and not any(i["id"] == alarm for i in before["owned"])
    assert noctop.run("ack", *mine, "--for", "2h", "--note", "looking").code in (0, 4)
    assert noctop.run("mute", *mine, "--for", "1h", "--note", "deploying", "--write", "--yes").code in (0, 4)
    refused = noctop.run("mute", *mine, "--for", "1h", "--yes")
    assert refused.code == 1 and "read-only" in refused.out + refused.err
    code, said = written(noctop)
    assert code == 4 and said["unread"].keys() == before["unread"].keys()
    # Whoever has it, and until when, is in the ledger.
    (taken,) = [i for i in said["owned"] if i["id"] == alarm]
    assert taken["ack"]["note"] == "looking" and not any(i["id"] == alarm for i in said["unowned"])
    # What noctop muted is in its journal, and begins with the next minute; what is muted now is what boto3 lists, whoever
    # muted it.
    assert len(said["mutes"]) == 1 and "deploying" in str(said["mutes"])
    assert len(said["refused"]) == 1 and "read-only" in str(said["refused"])
    rules = set()
    for place_ in fleet.Fleet(sim, [REGION]).places:
        listed = fleet.walk(sim.client("cloudwatch", place_.account).list_alarm_mute_rules, "AlarmMuteRuleSummaries")
        rules |= {(place_.account, r["AlarmMuteRuleArn"].split("alarm-mute-rule:")[1]) for r in listed
                  if r["Status"] == "ACTIVE"}
    assert {(r["account"]["id"], r["id"]) for r in said["muteRules"]} == rules


def test_what_cannot_be_read_is_unread_and_the_handover_says_so(place):  # noqa: F811
    sim, noctop = place
    with sim.fault("deny", service="cloudwatch", operation="DescribeAlarms", account=PAYMENTS):
        code, said = written(noctop)
    assert code == 4
    assert [(f["account"]["id"], f["source"]) for f in said["blindNow"]] == [(PAYMENTS, "cloudwatch")], said["blindNow"]
    assert said["handover"]["coverage"]["blind"] and not said["came"] and "came" in said["unread"]
