"""AWS Support of the simulator, walked by boto3 and the AWS CLI."""

import datetime

import pytest
from botocore.exceptions import ClientError

PAYMENTS = "222222222222"
HOME = "us-east-1"


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.fixture
def own_sim(fresh):
    """A world that stands still until it is moved, for this test alone."""
    return fresh("--speed", "0")


@pytest.fixture
def support(own_sim):
    return own_sim.client("support", PAYMENTS, region=HOME)


def cases(support, **arguments):
    pages = support.get_paginator("describe_cases").paginate(**arguments)
    return [case for page in pages for case in page["cases"]]


def test_cases_are_told_the_latest_first_and_resolved_ones_only_where_asked_for(own_sim, support):
    everything = cases(support, includeResolvedCases=True)
    open_ones = cases(support)
    assert open_ones and len(everything) > len(open_ones)
    assert open_ones == [c for c in everything if c["status"] != "resolved"]
    times = [moment(c["timeCreated"]) for c in everything]
    assert times == sorted(times, reverse=True)
    assert cases(support, includeResolvedCases=True, PaginationConfig={"PageSize": 10}) == everything
    truth = own_sim.truth("support", PAYMENTS, HOME)["cases"]
    assert {(c["caseId"], c["status"]) for c in truth} == {(c["caseId"], c["status"]) for c in everything}
    # The same as the AWS CLI reads it.
    told = own_sim.aws("support", "describe-cases", region=HOME, account=PAYMENTS)["cases"]
    assert [c["caseId"] for c in told] == [c["caseId"] for c in open_ones]


def test_a_case_is_found_by_id_number_and_time(own_sim, support):
    everything = cases(support, includeResolvedCases=True)
    one = everything[len(everything) // 2]
    assert cases(support, caseIdList=[one["caseId"]], includeResolvedCases=True) == [one]
    assert cases(support, displayId=one["displayId"], includeResolvedCases=True) == [one]
    later = cases(support, afterTime=one["timeCreated"], includeResolvedCases=True)
    assert later == everything[: everything.index(one) + 1]
    earlier = cases(support, beforeTime=one["timeCreated"], includeResolvedCases=True)
    assert earlier == everything[everything.index(one):]
    without = cases(support, includeCommunications=False)
    assert all("recentCommunications" not in c for c in without)
    assert code(support.describe_cases, caseIdList=["case-of-nobody"]) == "CaseIdNotFound"
    rash = own_sim.client("support", PAYMENTS, region=HOME, parameter_validation=False)
    assert code(rash.describe_cases, maxResults=9) == "ValidationException"
    assert code(rash.describe_cases, nextToken="bm9uZQ==") == "ValidationException"


def test_what_is_written_is_read_and_aws_answers(own_sim, support):
    case = next(c for c in cases(support) if c["status"] == "pending-customer-action")["caseId"]
    before = support.describe_communications(caseId=case)["communications"]
    times = [moment(c["timeCreated"]) for c in before]
    assert times == sorted(times, reverse=True)
    assert support.add_communication_to_case(caseId=case, communicationBody="Here it is.")["result"]
    after = support.describe_communications(caseId=case)["communications"]
    assert after[1:] == before and after[0]["body"] == "Here it is."
    assert PAYMENTS in after[0]["submittedBy"]
    [now] = support.describe_cases(caseIdList=[case])["cases"]
    assert now["status"] == "customer-action-completed"
    assert now["recentCommunications"]["communications"][0] == after[0]
    own_sim.control("POST", "clock", {"advance": "30m"})
    answered = support.describe_communications(caseId=case)["communications"]
    assert answered[0]["submittedBy"] == "Amazon Web Services" and answered[1:] == after
    [now] = support.describe_cases(caseIdList=[case])["cases"]
    assert now["status"] == "work-in-progress"
    since = support.describe_communications(caseId=case, afterTime=after[0]["timeCreated"])
    assert since["communications"] == answered[:2]


def test_a_case_is_resolved_and_a_reply_opens_it_again(support):
    case = cases(support)[0]
    told = support.resolve_case(caseId=case["caseId"])
    assert (told["initialCaseStatus"], told["finalCaseStatus"]) == (case["status"], "resolved")
    assert case["caseId"] not in [c["caseId"] for c in cases(support)]
    # Once more leaves it as it is.
    told = support.resolve_case(caseId=case["caseId"])
    assert (told["initialCaseStatus"], told["finalCaseStatus"]) == ("resolved", "resolved")
    support.add_communication_to_case(caseId=case["caseId"], communicationBody="It is back.")
    [now] = support.describe_cases(caseIdList=[case["caseId"]])["cases"]
    assert now["status"] == "reopened"


def test_a_case_is_opened(support):
    made = support.create_case(subject="A question", communicationBody="How many?", severityCode="low")["caseId"]
    [case] = support.describe_cases(caseIdList=[made])["cases"]
    assert (case["subject"], case["status"], case["severityCode"]) == ("A question", "unassigned", "low")
    assert cases(support)[0]["caseId"] == made
    codes = [level["code"] for level in support.describe_severity_levels()["severityLevels"]]
    assert codes == ["low", "normal", "high", "urgent", "critical"]


def test_without_a_plan_and_without_an_endpoint_nothing_is_told(own_sim):
    accounts = own_sim.client("organizations").list_accounts()["Accounts"]
    labs = next(a["Id"] for a in accounts if a["Name"] == "sandbox-labs")
    for call in ("describe_cases", "describe_severity_levels"):
        support = own_sim.client("support", labs, region=HOME)
        assert code(getattr(support, call)) == "SubscriptionRequiredException"
    elsewhere = own_sim.client("support", PAYMENTS, region="eu-west-1")
    assert code(elsewhere.describe_cases) == "InvalidSignatureException"
    unknown = own_sim.client("support", PAYMENTS, region=HOME)
    assert code(unknown.resolve_case, caseId="case-1") == "CaseIdNotFound"
    assert code(unknown.add_communication_to_case, caseId="case-1", communicationBody="x") == "CaseIdNotFound"
