"""AWS Config of the simulator, walked by boto3 and the AWS CLI, and compared with noctop."""

import pytest
from botocore.exceptions import ClientError

import fleet

MANAGEMENT, PAYMENTS, WEB, DATA, CORE = (
    "111111111111", "222222222222", "333333333333", "444444444444", "555555555555")
RULE = "s3-bucket-public-read-prohibited"


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def pages(client, operation, member, **arguments):
    return [one for page in client.get_paginator(operation).paginate(**arguments) for one in page[member]]


@pytest.fixture(scope="module")
def payments(sim):
    return sim.client("config", PAYMENTS)


@pytest.fixture
def own_sim(fresh):
    return fresh("--speed", "0")


def test_a_recorder_runs_stands_still_cannot_deliver_or_is_not_there(sim):
    def told(account, region):
        return sim.client("config", account, region=region).describe_configuration_recorder_status()
    [runs] = told(PAYMENTS, "eu-west-1")["ConfigurationRecordersStatus"]
    assert runs["recording"] and runs["lastStatus"] == "Success"
    [stopped] = told(DATA, "us-east-1")["ConfigurationRecordersStatus"]
    assert not stopped["recording"] and stopped["lastStopTime"] > stopped["lastStartTime"]
    [failing] = told(CORE, "us-east-1")["ConfigurationRecordersStatus"]
    assert failing["recording"] and failing["lastStatus"] == "Failure" and failing["lastErrorMessage"]
    assert told("888888888888", "eu-west-1")["ConfigurationRecordersStatus"] == []
    client = sim.client("config", PAYMENTS)
    refused = code(client.describe_configuration_recorder_status, ConfigurationRecorderNames=["other"])
    assert refused == "NoSuchConfigurationRecorderException"


def test_rules_are_the_truth_by_name_by_compliance_and_by_page(sim, payments):
    rules = pages(payments, "describe_config_rules", "ConfigRules")
    truth = {r["ConfigRule"]["ConfigRuleName"]: r for r in sim.truth("config", PAYMENTS, "eu-west-1")["Rules"]}
    assert {r["ConfigRuleName"] for r in rules} == truth.keys() and len(rules) > 6
    told = {c["ConfigRuleName"]: c["Compliance"]
            for c in pages(payments, "describe_compliance_by_config_rule", "ComplianceByConfigRules")}
    assert {n: c["ComplianceType"] for n, c in told.items()} == {
        n: r["Compliance"]["ComplianceType"] for n, r in truth.items()}
    broken = pages(payments, "describe_compliance_by_config_rule", "ComplianceByConfigRules",
                   ComplianceTypes=["NON_COMPLIANT"])
    assert {b["ConfigRuleName"] for b in broken} == {n for n, c in told.items() if c["ComplianceType"] == "NON_COMPLIANT"}
    one = payments.describe_config_rules(ConfigRuleNames=[RULE])["ConfigRules"]
    assert one[0]["Source"]["SourceIdentifier"] == "S3_BUCKET_PUBLIC_READ_PROHIBITED"
    assert code(payments.describe_config_rules, ConfigRuleNames=["nobody"]) == "NoSuchConfigRuleException"
    assert code(payments.describe_compliance_by_config_rule, ConfigRuleNames=["nobody"]) == "NoSuchConfigRuleException"
    assert code(payments.describe_config_rules, NextToken="bm9uZQ==") == "InvalidNextTokenException"
    statuses = pages(payments, "describe_config_rule_evaluation_status", "ConfigRulesEvaluationStatus",
                     PaginationConfig={"PageSize": 2})
    assert {s["ConfigRuleName"] for s in statuses} == truth.keys()
    cli = sim.aws("configservice", "describe-config-rules", region="eu-west-1", account=PAYMENTS)["ConfigRules"]
    assert [r["ConfigRuleArn"] for r in cli] == [r["ConfigRuleArn"] for r in rules]


def test_the_resources_of_a_rule_are_counted_up_to_a_bound(sim):
    web = sim.client("config", WEB)
    [told] = web.describe_compliance_by_config_rule(ConfigRuleNames=["approved-amis-by-tag"])["ComplianceByConfigRules"]
    assert told["Compliance"]["ComplianceContributorCount"] == {"CappedCount": 25, "CapExceeded": True}
    broken = pages(web, "get_compliance_details_by_config_rule", "EvaluationResults",
                   ConfigRuleName="approved-amis-by-tag", ComplianceTypes=["NON_COMPLIANT"])
    assert len(broken) == 31
    assert all(b["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceType"] == "AWS::EC2::Instance"
               for b in broken)
    assert code(web.get_compliance_details_by_config_rule, ConfigRuleName="nobody") == "NoSuchConfigRuleException"


def test_a_control_that_fails_is_a_rule_that_is_broken(sim, payments):
    findings = fleet.walk(sim.client("securityhub", PAYMENTS).get_findings, "Findings", MaxResults=100)
    behind = {f["ProductFields"]["RelatedAWSResources:0/name"] for f in findings
              if f.get("Compliance", {}).get("SecurityControlId") and f["Compliance"]["Status"] == "FAILED"
              and f["RecordState"] == "ACTIVE"}
    rules = {r["ConfigRuleName"]: r for r in pages(payments, "describe_config_rules", "ConfigRules")}
    of_hub = {n for n, r in rules.items() if r.get("CreatedBy") == "securityhub.amazonaws.com"}
    assert behind and of_hub == behind


def test_what_breaks_a_rule_is_put_right_once_it_is_asked_for(own_sim):
    client = own_sim.client("config", PAYMENTS)
    [remedy] = client.describe_remediation_configurations(ConfigRuleNames=[RULE])["RemediationConfigurations"]
    assert remedy["TargetId"] == "AWS-DisableS3BucketPublicReadWrite" and not remedy["Automatic"]

    def broken():
        results = client.get_compliance_details_by_config_rule(ConfigRuleName=RULE, ComplianceTypes=["NON_COMPLIANT"])
        of = [r["EvaluationResultIdentifier"]["EvaluationResultQualifier"] for r in results["EvaluationResults"]]
        return [{"resourceType": q["ResourceType"], "resourceId": q["ResourceId"]} for q in of]

    first, second = broken()
    stranger = {"resourceType": "AWS::S3::Bucket", "resourceId": "nobody's"}
    answer = client.start_remediation_execution(ConfigRuleName=RULE, ResourceKeys=[first, stranger])
    assert answer["FailedItems"] == [stranger] and answer["FailureMessage"]
    [run] = client.describe_remediation_execution_status(ConfigRuleName=RULE)["RemediationExecutionStatuses"]
    assert run["State"] == "IN_PROGRESS" and run["ResourceKey"] == first
    own_sim.control("POST", "clock", {"advance": "1m"})
    [run] = client.describe_remediation_execution_status(ConfigRuleName=RULE)["RemediationExecutionStatuses"]
    assert run["State"] == "SUCCEEDED" and broken() == [second]
    others = [r["ConfigRuleName"] for r in pages(client, "describe_config_rules", "ConfigRules")
              if r["ConfigRuleName"].startswith("securityhub-")]
    assert code(client.start_remediation_execution, ConfigRuleName=others[0], ResourceKeys=[first]) \
        == "NoSuchRemediationConfigurationException"


def test_a_rule_looks_again_and_not_twice_in_a_minute(own_sim):
    client = own_sim.client("config", WEB)
    rule = "approved-amis-by-tag"

    def status():
        [told] = client.describe_config_rule_evaluation_status(ConfigRuleNames=[rule])["ConfigRulesEvaluationStatus"]
        return told
    assert status()["LastErrorMessage"] and "LastSuccessfulEvaluationTime" not in status()
    client.start_config_rules_evaluation(ConfigRuleNames=[rule])
    assert "LastErrorMessage" not in status() and status()["LastSuccessfulEvaluationTime"]
    assert code(client.start_config_rules_evaluation, ConfigRuleNames=[rule]) == "LimitExceededException"
    own_sim.control("POST", "clock", {"advance": "2m"})
    client.start_config_rules_evaluation(ConfigRuleNames=[rule])
    assert code(client.start_config_rules_evaluation, ConfigRuleNames=["nobody"]) == "NoSuchConfigRuleException"


def test_an_aggregator_says_of_whom_it_knows_and_begins_with_an_empty_page(sim):
    client = sim.client("config", MANAGEMENT)
    [aggregator] = client.describe_configuration_aggregators()["ConfigurationAggregators"]
    name = aggregator["ConfigurationAggregatorName"]
    assert aggregator["OrganizationAggregationSource"]["AllAwsRegions"]
    sources = pages(client, "describe_configuration_aggregator_sources_status", "AggregatedSourceStatusList",
                    ConfigurationAggregatorName=name, PaginationConfig={"PageSize": 7})
    known = {(s["SourceId"], s["AwsRegion"]): s["LastUpdateStatus"] for s in sources}
    assert known["343434343434", "us-east-1"] == "OUTDATED"
    assert not any(account == "777777777777" for account, _ in known)
    current = pages(client, "describe_configuration_aggregator_sources_status", "AggregatedSourceStatusList",
                    ConfigurationAggregatorName=name, UpdateStatus=["SUCCEEDED"])
    assert {(s["SourceId"], s["AwsRegion"]) for s in current} == {k for k, v in known.items() if v == "SUCCEEDED"}
    broken = {"ComplianceType": "NON_COMPLIANT"}
    first = client.describe_aggregate_compliance_by_config_rules(ConfigurationAggregatorName=name, Filters=broken)
    assert first["AggregateComplianceByConfigRules"] == [] and first["NextToken"]
    whole = pages(client, "describe_aggregate_compliance_by_config_rules", "AggregateComplianceByConfigRules",
                  ConfigurationAggregatorName=name, Filters=broken)
    here = {(w["ConfigRuleName"], w["Compliance"]["ComplianceContributorCount"]["CappedCount"]) for w in whole
            if (w["AccountId"], w["AwsRegion"]) == (PAYMENTS, "eu-west-1")}
    own = pages(sim.client("config", PAYMENTS), "describe_compliance_by_config_rule", "ComplianceByConfigRules",
                ComplianceTypes=["NON_COMPLIANT"])
    assert here == {(o["ConfigRuleName"], o["Compliance"]["ComplianceContributorCount"]["CappedCount"]) for o in own}
    member = sim.client("config", PAYMENTS)
    assert member.describe_configuration_aggregators()["ConfigurationAggregators"] == []
    assert code(member.describe_aggregate_compliance_by_config_rules, ConfigurationAggregatorName=name) \
        == "NoSuchConfigurationAggregatorException"


def test_noctop_tells_what_boto3_does_from_one_account_as_from_all(stage, tmp_path):
    """The aggregator where it speaks and everybody else asked themselves: the same rows, item by item, for fewer calls."""
    sim, aws, noctop = stage("everyday")
    off = ("[sources.config]", 'organization = "off"')
    apart = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, *off))
    items = {}
    for source in fleet.SOURCES["compliance"]:
        found, refused = aws.read(source)
        items.update(found)
        assert set(refused.values()) <= {"disabled"}

    def told(by):
        before = sim.control("GET", "calls")
        code, said = by.ls("compliance")
        assert code == 0, said["coverage"]["blind"]
        fleet.counted(said["coverage"])
        assert fleet.differences(items, said["items"]) == []
        after = sim.control("GET", "calls")
        operations = ("DescribeComplianceByConfigRule", "DescribeAggregateComplianceByConfigRules",
                      "DescribeConfigurationAggregators", "DescribeConfigurationAggregatorSourcesStatus")
        def asked(calls):
            return sum(o["calls"] for o in calls["operations"] if o["operation"] in operations)
        return {(i["account"]["id"], i["region"], i["id"]): i for i in said["items"]}, asked(after) - asked(before)

    (whole, few), (each, many) = told(noctop), told(apart)
    assert len(whole) > 60 and whole == each
    assert few < many
    # Who it does not see, and of whom it knows what was true last night, is asked itself.
    _, feeds = noctop.ls("feeds", "--timeout", "60s")
    rules = {(f["account"]["id"], f["region"]): f["calls"] for f in feeds["feeds"]
             if f["source"] == "config" and f["slice"] == "rules"}
    asked = {place for place, calls in rules.items() if calls}
    assert asked == {("777777777777", "eu-west-1"), ("777777777777", "us-east-1"), ("343434343434", "us-east-1"),
                     ("888888888888", "eu-west-1"), ("888888888888", "us-east-1")} & rules.keys()
    states = {(f["account"]["id"], f["region"]): f["state"] for f in feeds["feeds"]
              if f["source"] == "config" and f["slice"] == "recorder"}
    assert states["888888888888", "eu-west-1"] == "off"


def test_rules_where_nothing_is_recorded_any_more_are_marked_as_old(stage):
    _, _, noctop = stage("everyday")
    _, told = noctop.ls("compliance")
    rules = [i for i in told["items"] if i["detail"]["type"] == "rule"]
    old = {(i["account"]["id"], i["region"]) for i in rules if "stale" in i["marks"]}
    assert old == {(DATA, "us-east-1")}
    assert any(i["detail"]["type"] == "recorder" and i["nativeState"] == "STOPPED" for i in told["items"])


def test_an_aggregator_that_falls_silent_leaves_its_members_to_themselves(stage):
    sim, aws, noctop = stage("everyday")
    _, whole = noctop.ls("compliance")
    with sim.fault("deny", service="config", operation="DescribeConfigurationAggregators", account=MANAGEMENT):
        code, each = noctop.ls("compliance")
    # It never spoke in this reading, so that is a fact; and nothing is missed.
    assert code == 0
    assert fleet.keyed(each["items"]).keys() == fleet.keyed(whole["items"]).keys()
