"""CloudTrail of the simulator, walked by boto3 and the AWS CLI."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"


def events(trail, **arguments):
    pages = trail.get_paginator("lookup_events").paginate(**arguments)
    return [event for page in pages for event in page["Events"]]


@pytest.fixture(scope="module")
def trail(sim):
    return sim.client("cloudtrail", PAYMENTS)


def test_every_change_of_ninety_days_is_found_once_the_latest_first(sim, trail):
    found = events(trail)
    assert len(found) > 100 and len({e["EventId"] for e in found}) == len(found)
    times = [e["EventTime"] for e in found]
    assert times == sorted(times, reverse=True)
    for size in (7, 50):
        assert events(trail, PaginationConfig={"PageSize": size}) == found
    truth = {}
    for row in sim.truth("cloudtrail", PAYMENTS)["Resources"]:
        truth[row["ResourceName"]] = truth.get(row["ResourceName"], 0) + row["Events"]
    told = {}
    for event in found:
        told[event["Resources"][0]["ResourceName"]] = told.get(event["Resources"][0]["ResourceName"], 0) + 1
    # The last quarter of an hour is not told yet.
    assert all(told[name] <= truth[name] <= told[name] + 3 for name in told)


@pytest.mark.parametrize("key, read", [
    ("EventId", lambda e: e["EventId"]),
    ("EventName", lambda e: e["EventName"]),
    ("Username", lambda e: e["Username"]),
    ("EventSource", lambda e: e["EventSource"]),
    ("AccessKeyId", lambda e: e["AccessKeyId"]),
    ("ResourceName", lambda e: e["Resources"][0]["ResourceName"]),
    ("ResourceType", lambda e: e["Resources"][0]["ResourceType"]),
    ("ReadOnly", lambda e: e["ReadOnly"]),
])
def test_one_attribute_chooses(trail, key, read):
    found = events(trail)
    value = read(found[len(found) // 2])
    wanted = [{"AttributeKey": key, "AttributeValue": value}]
    assert events(trail, LookupAttributes=wanted) == [e for e in found if read(e) == value]


def test_a_time_chooses_and_the_event_itself_tells_the_same(trail):
    found = events(trail)
    start, end = found[60]["EventTime"], found[20]["EventTime"]
    assert events(trail, StartTime=start, EndTime=end) == [e for e in found if start <= e["EventTime"] <= end]
    for event in found[:20]:
        told = json.loads(event["CloudTrailEvent"])
        assert told["eventID"] == event["EventId"] and told["eventName"] == event["EventName"]
        assert datetime.datetime.fromisoformat(told["eventTime"].replace("Z", "+00:00")) == event["EventTime"]
        assert told["userIdentity"]["arn"].endswith(f"/{event['Username']}") and told["sourceIPAddress"]
    assert any("errorCode" in json.loads(e["CloudTrailEvent"]) for e in found)


def test_two_attributes_and_a_wrong_time_are_refused(trail):
    def code(**arguments):
        with pytest.raises(ClientError) as refused:
            trail.lookup_events(**arguments)
        return refused.value.response["Error"]["Code"]

    two = [{"AttributeKey": "EventName", "AttributeValue": "x"}, {"AttributeKey": "Username", "AttributeValue": "y"}]
    assert code(LookupAttributes=two) == "InvalidLookupAttributesException"
    now = datetime.datetime.now(datetime.timezone.utc)
    assert code(StartTime=now, EndTime=now - datetime.timedelta(hours=1)) == "InvalidTimeRangeException"
    assert code(NextToken="eA==") == "InvalidNextTokenException"


def test_the_command_line_reads_it(sim, trail):
    first = sim.aws("cloudtrail", "lookup-events", "--max-items", "3", account=PAYMENTS)["Events"]
    assert [e["EventId"] for e in first] == [e["EventId"] for e in events(trail)[:3]]
