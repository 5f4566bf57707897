"""Incident Manager of the simulator, walked by boto3 and the AWS CLI."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

PAYMENTS, WEB = "222222222222", "333333333333"
OPEN = [{"key": "status", "condition": {"equals": {"stringValues": ["OPEN"]}}}]


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def records(client, **arguments):
    pages = client.get_paginator("list_incident_records").paginate(**arguments)
    return [one for page in pages for one in page["incidentRecordSummaries"]]


@pytest.fixture
def own_sim(fresh):
    return fresh("--speed", "0")


@pytest.fixture
def incidents(own_sim):
    return own_sim.client("ssm-incidents", PAYMENTS)


def test_who_does_not_use_it_has_no_replication_set(sim):
    other = sim.client("ssm-incidents", WEB)
    assert other.list_replication_sets()["replicationSetArns"] == []
    assert code(other.list_incident_records) == "ValidationException"
    elsewhere = sim.client("ssm-incidents", PAYMENTS, region="eu-central-1")
    assert elsewhere.list_replication_sets()["replicationSetArns"] == []


def test_incidents_are_the_truth_in_every_region_of_the_set(own_sim, incidents):
    [arn] = incidents.list_replication_sets()["replicationSetArns"]
    regions = incidents.get_replication_set(arn=arn)["replicationSet"]["regionMap"]
    assert set(regions) == {"eu-west-1", "us-east-1"}
    whole = records(incidents)
    assert {w["status"] for w in whole} == {"OPEN", "RESOLVED"}
    assert records(own_sim.client("ssm-incidents", PAYMENTS, region="us-east-1")) == whole
    truth = own_sim.truth("incidentmanager", PAYMENTS, "eu-west-1")["incidentRecords"]
    assert [w["arn"] for w in whole] == [t["incidentRecord"]["arn"] for t in truth]
    assert records(incidents, filters=OPEN) == [w for w in whole if w["status"] == "OPEN"]
    assert records(incidents, PaginationConfig={"PageSize": 1}) == whole
    impact = [{"key": "impact", "condition": {"equals": {"integerValues": [2]}}}]
    assert records(incidents, filters=impact) == [w for w in whole if w["impact"] == 2] != []
    day = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    late = [{"key": "creationTime", "condition": {"after": day}}]
    assert records(incidents, filters=late) == [w for w in whole if w["creationTime"] > day] != whole
    told = own_sim.aws("ssm-incidents", "list-incident-records", region="eu-west-1", account=PAYMENTS)
    assert [t["arn"] for t in told["incidentRecordSummaries"]] == [w["arn"] for w in whole]
    assert code(incidents.list_incident_records, nextToken="bm9uZQ==") == "ValidationException"
    assert code(incidents.get_incident_record, arn=whole[0]["arn"] + "0") == "ResourceNotFoundException"


def test_a_note_stands_in_the_timeline_once_however_often_it_is_sent(incidents):
    [incident] = records(incidents, filters=OPEN)
    arn = incident["arn"]
    before = incidents.list_timeline_events(incidentRecordArn=arn)["eventSummaries"]
    assert [e["eventType"] for e in before] == ["Note", "SSM Incident Trigger"]
    now = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=1)).replace(microsecond=0)
    wanted = dict(incidentRecordArn=arn, eventType="Note", eventTime=now, eventData=json.dumps("On it."), clientToken="t-1")
    made = incidents.create_timeline_event(**wanted)
    assert incidents.create_timeline_event(**wanted)["eventId"] == made["eventId"]
    event = incidents.get_timeline_event(incidentRecordArn=arn, eventId=made["eventId"])["event"]
    assert json.loads(event["eventData"]) == "On it." and event["eventTime"] == now
    rising = incidents.list_timeline_events(incidentRecordArn=arn, sortOrder="ASCENDING")["eventSummaries"]
    assert len(rising) == 3 and rising[0]["eventType"] == "SSM Incident Trigger"
    assert code(incidents.create_timeline_event, **{**wanted, "eventData": "no json", "clientToken": "t-2"}) \
        == "ValidationException"
    assert code(incidents.get_timeline_event, incidentRecordArn=arn, eventId="nobody") == "ResourceNotFoundException"
    [related] = incidents.list_related_items(incidentRecordArn=arn)["relatedItems"]
    assert related["identifier"]["value"]["arn"] == incident["incidentRecordSource"]["resourceArn"]
    assert related["identifier"]["value"]["arn"].endswith(":alarm:checkout-slo-burn-rate")


def test_an_incident_is_resolved_and_opened_again(incidents):
    [incident] = records(incidents, filters=OPEN)
    incidents.update_incident_record(arn=incident["arn"], status="RESOLVED", impact=4)
    told = incidents.get_incident_record(arn=incident["arn"])["incidentRecord"]
    assert told["status"] == "RESOLVED" and told["impact"] == 4 and told["resolvedTime"]
    assert records(incidents, filters=OPEN) == []
    incidents.update_incident_record(arn=incident["arn"], status="OPEN")
    assert [r["arn"] for r in records(incidents, filters=OPEN)] == [incident["arn"]]
    assert code(incidents.update_incident_record, arn=incident["arn"], status="GONE") == "ValidationException"


def test_noctop_shows_an_incident_once_though_every_region_tells_it(stage):
    sim, _, noctop = stage("everyday")
    _, told = noctop.ls("incidents")
    [one] = [i for i in told["items"] if i["source"] == "incidentmanager"]
    assert one["region"] == "eu-west-1" and one["detail"]["beganBy"].endswith("checkout-slo-burn-rate")
    # One region that cannot be read leaves it known from the other, and says so.
    with sim.fault("deny", service="incidentmanager", account=PAYMENTS, region="eu-west-1"):
        exit_code, told = noctop.ls("incidents")
    assert exit_code == 4
    assert [i["id"] for i in told["items"] if i["source"] == "incidentmanager"] == [one["id"]]
