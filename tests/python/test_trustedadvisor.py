"""Trusted Advisor of the simulator, walked by boto3 and the AWS CLI."""

import pytest
from botocore.exceptions import ClientError

CORE, PAYMENTS, LABS = "555555555555", "222222222222", "888888888888"
HOME = "us-east-1"


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def listed(client, **arguments):
    pages = client.get_paginator("list_recommendations").paginate(**arguments)
    return [one for page in pages for one in page["recommendationSummaries"]]


@pytest.fixture(scope="module")
def core(sim):
    return sim.client("trustedadvisor", CORE, region=HOME)


def test_recommendations_are_the_truth_whatever_the_filter_and_the_page(sim, core):
    whole = listed(core)
    truth = sim.truth("trustedadvisor", CORE, HOME)["recommendations"]
    assert [w["arn"] for w in whole] == [t["arn"] for t in truth] and len(whole) == 3
    assert listed(core, PaginationConfig={"PageSize": 1}) == whole
    assert listed(core, status="error") == [w for w in whole if w["status"] == "error"] != []
    for pillar in {p for w in whole for p in w["pillars"]}:
        assert listed(core, pillar=pillar) == [w for w in whole if pillar in w["pillars"]]
    assert listed(core, source="ta_check") == [w for w in whole if w["source"] == "ta_check"]
    assert listed(core, afterLastUpdatedAt="2100-01-01T00:00:00Z") == []
    told = sim.aws("trustedadvisor", "list-recommendations", region=HOME, account=CORE)["recommendationSummaries"]
    assert [t["arn"] for t in told] == [w["arn"] for w in whole]
    assert code(core.list_recommendations, nextToken="bm9uZQ==") == "ValidationException"


def test_a_recommendation_has_a_text_and_its_resources(core):
    root = next(w for w in listed(core) if w["name"] == "MFA on Root Account")
    for name in (root["arn"], root["id"]):
        one = core.get_recommendation(recommendationIdentifier=name)["recommendation"]
        assert one["arn"] == root["arn"] and "multi-factor" in one["description"]
    pages = core.get_paginator("list_recommendation_resources").paginate(recommendationIdentifier=root["arn"])
    resources = [r for page in pages for r in page["recommendationResourceSummaries"]]
    assert len(resources) == root["resourcesAggregates"]["errorCount"] == 1
    assert resources[0]["status"] == "error" and resources[0]["recommendationArn"] == root["arn"]
    none = core.list_recommendation_resources(recommendationIdentifier=root["arn"], status="warning")
    assert none["recommendationResourceSummaries"] == []
    nobody = root["arn"][:-4] + "0000"
    assert code(core.get_recommendation, recommendationIdentifier=nobody) == "ResourceNotFoundException"


def test_without_a_plan_it_is_denied_and_noctop_knows_why(sim, stage):
    labs = sim.client("trustedadvisor", LABS, region=HOME)
    assert code(labs.list_recommendations) == "AccessDeniedException"
    _, _, noctop = stage("everyday")
    exit_code, told = noctop.ls("feeds", "--timeout", "60s")
    assert exit_code == 0
    [feed] = [f for f in told["feeds"] if f["source"] == "trustedadvisor" and f["account"]["id"] == LABS]
    assert feed["state"] == "off" and "support plan" in feed["message"]
    others = [f for f in told["feeds"] if f["source"] == "trustedadvisor" and f["account"]["id"] != LABS]
    assert others and all(f["state"] == "fresh" for f in others)


def test_a_permission_that_is_missing_is_no_missing_plan(stage):
    sim, _, noctop = stage("everyday")
    with sim.fault("deny", service="trustedadvisor", account=PAYMENTS):
        exit_code, told = noctop.ls("compliance")
    assert exit_code == 4
    assert [(b["source"], b["account"], b["fault"]) for b in told["coverage"]["blind"]] == [
        ("trustedadvisor", PAYMENTS, "denied")]
