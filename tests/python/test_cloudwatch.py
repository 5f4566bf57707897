"""CloudWatch: every alarm operation, against the truth."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"
BOTH = ["MetricAlarm", "CompositeAlarm"]
PROTOCOLS = pytest.mark.parametrize("protocol", ["json", "query", "smithy-rpc-v2-cbor"])
UTC = datetime.timezone.utc


def code(error):
    return error.value.response["Error"]["Code"]


def seconds(value):
    """Times as the truth writes them."""
    if isinstance(value, datetime.datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, dict):
        return {k: seconds(v) for k, v in value.items()}
    if isinstance(value, list):
        return [seconds(v) for v in value]
    return value


def everything(cloudwatch, **filters):
    pages = cloudwatch.get_paginator("describe_alarms").paginate(**filters)
    found = {"MetricAlarms": [], "CompositeAlarms": []}
    for page in pages:
        for kind in found:
            found[kind] += page[kind]
    return found


@pytest.mark.parametrize("page_size", [1, 7, 100])
@pytest.mark.parametrize("account", [PAYMENTS, "333333333333", "555555555555"])
@PROTOCOLS
def test_all_pages_together_are_the_truth(sim, account, page_size, protocol):
    cloudwatch = sim.client("cloudwatch", account, protocol=protocol)
    found = everything(cloudwatch, AlarmTypes=BOTH, PaginationConfig={"PageSize": page_size})
    truth = sim.truth("cloudwatch", account)
    assert seconds(found) == {kind: truth[kind] for kind in found}


def test_the_protocols_are_three(sim):
    seen = {}
    for protocol in ("json", "query", "smithy-rpc-v2-cbor"):
        cloudwatch = sim.client("cloudwatch", protocol=protocol)

        def note(request, **_):
            seen[protocol] = (request.url.removeprefix(sim.endpoint), request.headers["Content-Type"].split(b";")[0])

        cloudwatch.meta.events.register("before-send.*", note)
        cloudwatch.describe_alarms(MaxRecords=1)
    assert seen == {
        "json": ("/", b"application/x-amz-json-1.0"),
        "query": ("/", b"application/x-www-form-urlencoded"),
        "smithy-rpc-v2-cbor": ("/service/GraniteServiceVersion20100801/operation/DescribeAlarms", b"application/cbor"),
    }


def test_without_types_only_metric_alarms_are_listed(sim):
    cloudwatch = sim.client("cloudwatch", PAYMENTS)
    assert everything(cloudwatch)["CompositeAlarms"] == []
    assert everything(cloudwatch, AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == []
    assert everything(cloudwatch, AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]


@PROTOCOLS
def test_filters(sim, protocol):
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    alarms = everything(cloudwatch, AlarmTypes=BOTH)
    every = alarms["MetricAlarms"] + alarms["CompositeAlarms"]

    def names(**filters):
        found = everything(cloudwatch, AlarmTypes=BOTH, **filters)
        return {a["AlarmName"] for a in found["MetricAlarms"] + found["CompositeAlarms"]}

    for state in ("OK", "ALARM", "INSUFFICIENT_DATA"):
        assert names(StateValue=state) == {a["AlarmName"] for a in every if a["StateValue"] == state}
    assert names(AlarmNamePrefix="c") == {a["AlarmName"] for a in every if a["AlarmName"].startswith("c")}
    some = [a["AlarmName"] for a in every[:3]]
    assert names(AlarmNames=[*some, "no such alarm"]) == set(some)
    topic = f"arn:aws:sns:eu-west-1:{PAYMENTS}:oncall-urgent"
    assert names(ActionPrefix=topic) == {a["AlarmName"] for a in every if topic in a["AlarmActions"]}
    assert names(ActionPrefix=topic)
    assert names(StateValue="ALARM", AlarmNamePrefix="checkout-slo") == {"checkout-slo-burn-rate"}


def test_relatives_of_a_composite_alarm(sim):
    cloudwatch = sim.client("cloudwatch", PAYMENTS)
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="customers-notice")["MetricAlarms"]
    assert {c["AlarmName"] for c in children} >= {"checkout-slo-burn-rate"}
    assert set(children[0]) == {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    parents = cloudwatch.describe_alarms(ParentsOfAlarmName="checkout-slo-burn-rate")["CompositeAlarms"]
    assert "customers-notice" in {p["AlarmName"] for p in parents}
    with pytest.raises(ClientError):
        cloudwatch.describe_alarms(ChildrenOfAlarmName="customers-notice", StateValue="OK")


@PROTOCOLS
def test_bad_input(sim, protocol):
    cloudwatch = sim.client("cloudwatch", protocol=protocol)
    for wanted, filters in [
        ("ValidationError", {"MaxRecords": 101}),
        ("InvalidParameterCombination", {"AlarmNames": ["a"], "AlarmNamePrefix": "a"}),
        ("ValidationError", {"StateValue": "FINE"}),
        ("InvalidNextToken", {"NextToken": "nonsense"}),
    ]:
        with pytest.raises(ClientError) as error:
            cloudwatch.describe_alarms(**filters)
        assert code(error) == wanted
    token = cloudwatch.describe_alarms(MaxRecords=1)["NextToken"]
    with pytest.raises(ClientError) as error:
        cloudwatch.describe_alarms(MaxRecords=1, NextToken=token, StateValue="OK")
    assert code(error) == "InvalidNextToken", "a token is bound to its filters"
    with pytest.raises(ClientError) as error:
        sim.client("cloudwatch", PAYMENTS).describe_alarms(MaxRecords=1, NextToken=token)
    assert code(error) == "InvalidNextToken", "a token is bound to its account"


def test_reasons_agree_with_the_alarm(sim):
    alarms = everything(sim.client("cloudwatch", PAYMENTS))["MetricAlarms"]
    firing = [a for a in alarms if a["StateValue"] == "ALARM" and a.get("Namespace", "").startswith("AWS/")]
    assert firing
    for alarm in firing:
        data = json.loads(alarm["StateReasonData"])
        assert data["threshold"] == alarm["Threshold"] and data["period"] == alarm["Period"]
        above = alarm["ComparisonOperator"].startswith("Greater")
        for value in data["recentDatapoints"]:
            assert value > alarm["Threshold"] if above else value < alarm["Threshold"]
        assert alarm["StateReason"].startswith("Threshold Crossed: ")
        assert f"({alarm['Threshold']})" in alarm["StateReason"].replace("E", "e")
        assert alarm["StateTransitionedTimestamp"] <= alarm["StateUpdatedTimestamp"]


@PROTOCOLS
def test_metric_values_agree_with_the_state(sim, protocol):
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    now = datetime.datetime.fromisoformat(sim.control("GET", "clock")["now"])
    alarms = [a for a in everything(cloudwatch)["MetricAlarms"] if a.get("Namespace", "").startswith("AWS/")]
    checked = set()
    for alarm in alarms:
        if now - alarm["StateTransitionedTimestamp"] < datetime.timedelta(hours=2) or alarm["StateValue"] in checked:
            continue
        stat = {"Statistic": alarm.get("Statistic"), "ExtendedStatistic": alarm.get("ExtendedStatistic")}
        metric = {k: alarm[k] for k in ("Namespace", "MetricName", "Dimensions")}
        query = {
            "Id": "m",
            "MetricStat": {
                "Metric": metric,
                "Period": alarm["Period"],
                "Stat": stat["Statistic"] or stat["ExtendedStatistic"],
            },
        }
        half = {"Id": "half", "Expression": "m / 2", "Label": "half of it"}
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[query, half], StartTime=now - datetime.timedelta(hours=1), EndTime=now
        )
        whole, halved = answer["MetricDataResults"]
        if alarm["StateValue"] == "INSUFFICIENT_DATA":
            assert whole["Values"] == []
        else:
            assert len(whole["Values"]) >= 3600 // alarm["Period"] - 1
            above = alarm["ComparisonOperator"].startswith("Greater")
            for value in whole["Values"]:
                breaching = value > alarm["Threshold"] if above else value < alarm["Threshold"]
                assert breaching == (alarm["StateValue"] == "ALARM")
        assert halved["Label"] == "half of it" and halved["Values"] == [v / 2 for v in whole["Values"]]
        assert whole["Timestamps"] == sorted(whole["Timestamps"], reverse=True)
        checked.add(alarm["StateValue"])
    assert {"OK", "ALARM"} <= checked
    assert cloudwatch.list_metrics(Namespace="AWS/EC2")["Metrics"]
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_data(MetricDataQueries=[half], StartTime=now - datetime.timedelta(hours=1), EndTime=now)
    assert code(error) == "ValidationError"


def test_history_is_what_the_alarms_did(fresh):
    sim = fresh("--speed", "0")
    cloudwatch = sim.client("cloudwatch", PAYMENTS)
    before = {a["AlarmName"]: a for a in everything(cloudwatch)["MetricAlarms"]}
    start = datetime.datetime.fromisoformat(sim.control("GET", "clock")["now"])
    sim.control("POST", "clock", {"advance": "90m"})
    after = {a["AlarmName"]: a for a in everything(cloudwatch)["MetricAlarms"]}
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        StartDate=start, HistoryItemType="StateUpdate", ScanBy="TimestampAscending", PaginationConfig={"PageSize": 5}
    )
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    assert len(items) > 5
    assert [i["Timestamp"] for i in items] == sorted(i["Timestamp"] for i in items)
    moved = {name for name in after if after[name]["StateTransitionedTimestamp"] >= start}
    assert {i["AlarmName"] for i in items} == moved
    for name in moved:
        mine = [i for i in items if i["AlarmName"] == name]
        first, last = json.loads(mine[0]["HistoryData"]), json.loads(mine[-1]["HistoryData"])
        assert first["oldState"]["stateValue"] == before[name]["StateValue"]
        assert last["newState"]["stateValue"] == after[name]["StateValue"]
        assert last["newState"]["stateReason"] == after[name]["StateReason"]
        assert mine[-1]["Timestamp"] == after[name]["StateTransitionedTimestamp"]
    one = cloudwatch.describe_alarm_history(AlarmName="checkout-slo-burn-rate", AlarmTypes=BOTH)["AlarmHistoryItems"]
    assert {i["HistoryItemType"] for i in one} == {"StateUpdate", "ConfigurationUpdate"}


@PROTOCOLS
def test_alarms_that_clients_make(fresh, protocol):
    sim = fresh()
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    made = {
        "AlarmName": "mine",
        "AlarmDescription": "made by a test",
        "Namespace": "Tests",
        "MetricName": "Failures",
        "Dimensions": [{"Name": "Suite", "Value": "python"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 1,
        "Threshold": 1.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [f"arn:aws:sns:eu-west-1:{PAYMENTS}:oncall"],
    }
    cloudwatch.put_metric_alarm(**made, Tags=[{"Key": "team", "Value": "tests"}])

    def read(name):
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=BOTH)
        return (found["MetricAlarms"] + found["CompositeAlarms"])[0]

    alarm = read("mine")
    assert {k: alarm[k] for k in made} == made
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    cloudwatch.put_composite_alarm(AlarmName="mine too", AlarmRule="ALARM(mine) AND NOT OK(mine)")
    assert read("mine too")["StateValue"] == "OK"

    cloudwatch.set_alarm_state(AlarmName="mine", StateValue="ALARM", StateReason="a drill", StateReasonData='{"a":1}')
    alarm = read("mine")
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "a drill")
    assert read("mine too")["StateValue"] == "ALARM"
    fired = alarm["StateTransitionedTimestamp"]
    sim.control("POST", "clock", {"advance": "5m"})
    cloudwatch.set_alarm_state(AlarmName="mine", StateValue="ALARM", StateReason="still a drill")
    alarm = read("mine")
    assert alarm["StateTransitionedTimestamp"] == fired < alarm["StateUpdatedTimestamp"]

    cloudwatch.disable_alarm_actions(AlarmNames=["mine", "no such alarm"])
    assert read("mine")["ActionsEnabled"] is False
    cloudwatch.enable_alarm_actions(AlarmNames=["mine"])
    assert read("mine")["ActionsEnabled"] is True

    arn = alarm["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "on", "Value": "é"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "on", "Value": "é"}]

    with pytest.raises(ClientError):
        cloudwatch.delete_alarms(AlarmNames=["mine"])
    cloudwatch.delete_alarms(AlarmNames=["mine", "mine too"])
    assert not cloudwatch.describe_alarms(AlarmNames=["mine", "mine too"], AlarmTypes=BOTH)["MetricAlarms"]
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.delete_alarms(AlarmNames=["mine"])
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.list_tags_for_resource(ResourceARN=arn)
    with pytest.raises(ClientError) as error:
        cloudwatch.set_alarm_state(AlarmName="x", StateValue="OK", StateReason="", StateReasonData="{")
    assert code(error) == "InvalidFormat"
    with pytest.raises(ClientError) as error:
        cloudwatch.put_composite_alarm(AlarmName="x", AlarmRule="ALARM(mine")
    assert code(error) == "ValidationError"
    with pytest.raises(ClientError) as error:
        cloudwatch.put_metric_alarm(AlarmName="x", MetricName="m", EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold")
    assert code(error) == "MissingParameter"


def test_nasty_text_comes_through_unchanged(sim):
    (alarm,) = [
        a
        for a in everything(sim.client("cloudwatch", "333333333333", region="us-east-1"))["MetricAlarms"]
        if "日本語" in a["AlarmName"]
    ]
    assert "\x1b]0;owned\x07" in alarm["StateReason"] and "\u202e" in alarm["StateReason"]
    assert "e\u0301" in alarm["AlarmName"]


@PROTOCOLS
def test_faults_have_the_codes_of_the_service(sim, protocol):
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    for kind, wanted, status in [
        ("throttle", "Throttling", 400),
        ("deny", "AccessDenied", 403),
        ("expired", "ExpiredToken", 403),
        ("region-off", "InvalidClientTokenId", 403),
        ("server-error", "InternalFailure", 500),
        ("plan-missing", "SubscriptionRequiredException", 400),
    ]:
        with sim.fault(kind, service="cloudwatch", account="payments-prod", operation="DescribeAlarms"):
            with pytest.raises(ClientError) as error:
                cloudwatch.describe_alarms()
            assert (code(error), error.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (wanted, status)
            assert sim.client("cloudwatch", "333333333333").describe_alarms()
    with sim.fault("deny", reason="scp", account="payments-prod"):
        with pytest.raises(ClientError) as error:
            cloudwatch.describe_alarms()
    assert "explicit deny in a service control policy" in str(error.value)
    with sim.fault("throttle", service="cloudwatch", later_pages=True):
        token = cloudwatch.describe_alarms(MaxRecords=1)["NextToken"]
        with pytest.raises(ClientError):
            cloudwatch.describe_alarms(MaxRecords=1, NextToken=token)


def test_a_region_without_anything_is_empty_and_one_that_is_off_is_refused(sim):
    assert sim.client("cloudwatch", region="ca-central-1").describe_alarms()["MetricAlarms"] == []
    with pytest.raises(ClientError) as error:
        sim.client("cloudwatch", region="me-south-1").describe_alarms()
    assert code(error) == "InvalidClientTokenId"


def test_the_same_seed_is_the_same_world(fresh):
    def look(*arguments):
        sim = fresh("--scenario", "alarm-storm", *arguments)
        sim.control("DELETE", "faults")
        cloudwatch = sim.client("cloudwatch", "333333333333")
        return [(a["AlarmName"], a["StateValue"]) for a in everything(cloudwatch)["MetricAlarms"]]

    first = look("--speed", "0")
    assert len(first) == 600
    assert first == look("--speed", "0")
    assert first != look("--speed", "0", "--seed", "1")


def test_the_command_line_works(sim):
    answer = sim.aws(
        "cloudwatch", "describe-alarms", "--alarm-types", *BOTH, "--page-size", "9", account=PAYMENTS
    )
    truth = sim.truth("cloudwatch", PAYMENTS)
    for kind in ("MetricAlarms", "CompositeAlarms"):
        assert [a["AlarmArn"] for a in answer[kind]] == [a["AlarmArn"] for a in truth[kind]]
    history = sim.aws("cloudwatch", "describe-alarm-history", "--max-items", "3", account=PAYMENTS)
    assert len(history["AlarmHistoryItems"]) == 3


def rule(expression, duration="PT1H", **more):
    return {"Schedule": {"Expression": expression, "Duration": duration, **more}}


@PROTOCOLS
def test_a_mute_rule_comes_to_act_and_ends(fresh, protocol):
    sim = fresh("--speed", "0")
    cloudwatch = sim.client("cloudwatch", protocol=protocol)
    names = [a["AlarmName"] for a in cloudwatch.describe_alarms(MaxRecords=3)["MetricAlarms"]]
    now = datetime.datetime.fromtimestamp(sim.control("GET", "clock")["millis"] / 1000, datetime.timezone.utc)
    begins = (now + datetime.timedelta(minutes=2)).replace(second=0, microsecond=0)
    expires = begins + datetime.timedelta(hours=1)
    made = dict(Name="noctop-ana-1", Description="deploying", Rule=rule(f"at({begins:%Y-%m-%dT%H:%M})"),
                MuteTargets={"AlarmNames": names}, ExpireDate=expires, Tags=[{"Key": "by", "Value": "ana"}])
    cloudwatch.put_alarm_mute_rule(**made)

    def status():
        return cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="noctop-ana-1")["Status"]

    seen = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="noctop-ana-1")
    arn = f"arn:aws:cloudwatch:eu-west-1:111111111111:alarm-mute-rule:noctop-ana-1"
    assert seen["AlarmMuteRuleArn"] == arn and seen["Name"] == "noctop-ana-1" and seen["Description"] == "deploying"
    assert seen["Rule"] == made["Rule"] and seen["MuteTargets"] == made["MuteTargets"]
    assert seen["MuteType"] == "ONE_TIME" and seconds(seen["ExpireDate"]) == seconds(expires)
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == made["Tags"]
    assert status() == "SCHEDULED" and sim.truth("cloudwatch", "111111111111")["MutedAlarms"] == []
    sim.control("POST", "clock", {"advance": "3m"})
    assert status() == "ACTIVE"
    assert sim.truth("cloudwatch", "111111111111")["MutedAlarms"] == sorted(names)
    # The alarms go on: muting is not clearing.
    assert {a["AlarmName"] for a in cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]} == set(names)
    # Extended: the same name with another end.
    cloudwatch.put_alarm_mute_rule(**dict(made, Rule=rule("cron(0 2 * * SUN)", "PT4H", Timezone="Europe/Berlin")))
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="noctop-ana-1")["MuteType"] == "RECURRING"
    sim.control("POST", "clock", {"advance": "70m"})
    assert status() == "EXPIRED"
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="noctop-ana-1")
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="noctop-ana-1")
    with pytest.raises(ClientError) as error:
        status()
    assert "NotFound" in code(error)


def test_mute_rules_are_listed_by_alarm_status_and_page(fresh):
    sim = fresh("--speed", "0")
    cloudwatch = sim.client("cloudwatch")
    alarms = [a["AlarmName"] for a in cloudwatch.describe_alarms(MaxRecords=2)["MetricAlarms"]]
    # Twelve hours from the world's own hour: at no time of day is one of these acting.
    hour = (sim.control("GET", "clock")["millis"] // 3_600_000 + 12) % 24
    for n in range(7):
        cloudwatch.put_alarm_mute_rule(Name=f"weekly-{n}", Rule=rule(f"cron(0 {hour} * * *)"), MuteTargets={"AlarmNames": [alarms[n % 2]]})
    cloudwatch.put_alarm_mute_rule(Name="night", Rule=rule("cron(* * * * *)", "PT2M"), MuteTargets={"AlarmNames": alarms})
    pages = [p["AlarmMuteRuleSummaries"] for p in
             cloudwatch.get_paginator("list_alarm_mute_rules").paginate(PaginationConfig={"PageSize": 3})]
    assert [len(p) for p in pages] == [3, 3, 2]
    found = [r["AlarmMuteRuleArn"].rsplit(":", 1)[1] for p in pages for r in p]
    assert found == ["night"] + [f"weekly-{n}" for n in range(7)]
    assert all("Name" not in r for p in pages for r in p)
    by_alarm = cloudwatch.list_alarm_mute_rules(AlarmName=alarms[1])["AlarmMuteRuleSummaries"]
    assert len(by_alarm) == 4
    active = cloudwatch.list_alarm_mute_rules(Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]
    assert [(r["AlarmMuteRuleArn"].rsplit(":", 1)[1], r["MuteType"]) for r in active] == [("night", "RECURRING")]
    with pytest.raises(ClientError) as error:
        cloudwatch.list_alarm_mute_rules(AlarmName="no such alarm")
    assert code(error).startswith("ResourceNotFound")


@pytest.mark.parametrize("wrong", [
    dict(Rule=rule("rate(1 hour)")), dict(Rule=rule("cron(0 2 ? * * *)")), dict(Rule=rule("cron(0 2 * * *)", "4H")),
    dict(Rule=rule("cron(0 2 * * *)", "PT30S")), dict(Rule=rule("cron(0 2 * * *)", "P15DT1M")),
    dict(Rule=rule("cron(0 2 * * *)", Timezone="Mars/Olympus")), dict(Rule=rule("at(2020-01-01T00:00)")),
    dict(MuteTargets={"AlarmNames": ["no such alarm"]}), dict(ExpireDate=datetime.datetime(2020, 1, 1)),
])
def test_mute_rules_that_are_refused(sim, wrong):
    cloudwatch = sim.client("cloudwatch")
    with pytest.raises(ClientError) as error:
        cloudwatch.put_alarm_mute_rule(**{"Name": "wrong", "Rule": rule("cron(0 2 * * *)"), **wrong})
    assert code(error) == "ValidationError"
    assert not [r for r in cloudwatch.list_alarm_mute_rules()["AlarmMuteRuleSummaries"] if "wrong" in r["AlarmMuteRuleArn"]]


@PROTOCOLS
def test_the_series_of_an_alarm_that_groups_contribute_while_it_fires(fresh, protocol):
    sim = fresh()
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    query = 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId) GROUP BY InstanceId'
    cloudwatch.put_metric_alarm(
        AlarmName="fleet cpu", EvaluationPeriods=1, Threshold=90, ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "q1", "Expression": query, "Period": 60}],
    )
    assert cloudwatch.describe_alarm_contributors(AlarmName="fleet cpu")["AlarmContributors"] == []
    cloudwatch.set_alarm_state(AlarmName="fleet cpu", StateValue="ALARM", StateReason="a drill")
    told = cloudwatch.describe_alarm_contributors(AlarmName="fleet cpu")["AlarmContributors"]
    assert len({c["ContributorId"] for c in told}) == len(told) > 1
    assert all(set(c["ContributorAttributes"]) == {"InstanceId"} for c in told)
    now = datetime.datetime.now(UTC)
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "q1", "Expression": query, "Period": 60}],
        StartTime=now - datetime.timedelta(hours=1), EndTime=now,
    )["MetricDataResults"]
    assert [r["Id"] for r in found] == ["q1"] * len(told)
    assert {r["Label"] for r in found} == {c["ContributorAttributes"]["InstanceId"] for c in told}
    with pytest.raises(ClientError) as refused:
        cloudwatch.describe_alarm_contributors(AlarmName="nobody")
    assert "ResourceNotFound" in refused.value.response["Error"]["Code"]


@PROTOCOLS
def test_an_anomaly_band_is_two_series_around_the_metric(sim, protocol):
    cloudwatch = sim.client("cloudwatch", PAYMENTS, protocol=protocol)
    alarm = next(a for page in cloudwatch.get_paginator("describe_alarms").paginate() for a in page["MetricAlarms"]
                 if a.get("MetricName") and a.get("Statistic") and a["StateValue"] == "OK")
    metric = {k: alarm[k] for k in ("Namespace", "MetricName", "Dimensions")}
    now = datetime.datetime.now(UTC)
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": alarm["Statistic"]}},
            {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"},
        ], StartTime=now - datetime.timedelta(hours=1), EndTime=now,
    )["MetricDataResults"]
    line, *edges = found
    assert line["Id"] == "m1" and [e["Id"] for e in edges] == ["ad1", "ad1"]
    for at, *values in zip(line["Timestamps"], line["Values"], *(e["Values"] for e in edges)):
        assert min(values[1:]) < max(values[1:]), at
