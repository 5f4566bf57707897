"""What a fleet holds, read with boto3 alone: the other side of every comparison with noctop.

Nothing here shares code with noctop. An answer is `{(account, region, id): {field: value}}`; a field may be a path
such as `detail.status`. Places that cannot be read are told apart by the service's own error code.
"""

import collections
import concurrent.futures
import datetime
import json
import os
import subprocess
import unicodedata

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

import calendar_of_aws as calendar
import conftest

UTC = datetime.timezone.utc
RANK = ("info", "low", "medium", "high", "critical")
INVISIBLE = "\u200e\u200f\u061c\ufeff"
BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}

# The word of noctop for each code with which a place says no.
WORDS = {
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "ExpiredToken": "expired",
    "ExpiredTokenException": "expired",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "TooManyRequestsException": "throttled",
    "InternalFailure": "service",
    "InternalError": "service",
    "InternalServerError": "service",
    "InternalServerErrorException": "service",
    "InternalException": "service",
    "ServiceUnavailableException": "service",
    "InvalidAccessException": "disabled",
}


class Disabled(Exception):
    """The service is not enabled in that place."""


def clean(text):
    """Text as it may reach a terminal."""
    if text is None:
        return None

    def one(c):
        if c in "\t\r\n\u2028\u2029":
            return " "
        hostile = unicodedata.category(c) == "Cc" or unicodedata.bidirectional(c) in BIDI or c in INVISIBLE
        return "\ufffd" if hostile else c

    return "".join(map(one, text))


def when(value):
    """RFC 3339 with whole seconds, from a time of boto3 or a text of AWS."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def walk(call, member, token="NextToken", **arguments):
    """Every entry of every page."""
    found, more = [], {}
    while True:
        answer = call(**arguments, **more)
        found += answer.get(member, [])
        if not answer.get(token):
            return found
        more = {token: answer[token]}


class Place:
    """One account in one region, seen through the role that noctop assumes."""

    def __init__(self, fleet, account, region):
        self.fleet, self.account, self.region = fleet, account, region

    def client(self, service):
        return self.fleet.client(service, self.account, self.region or "us-east-1")


class Fleet:
    """The members of the simulated organization in the regions that are watched."""

    ROLE = "NoctopRead"

    def __init__(self, sim, regions):
        self.sim, self.regions = sim, regions
        self.session = botocore.session.get_session()
        self.keys = {}
        listed = walk(self.client("organizations", None, regions[0]).list_accounts, "Accounts")
        self.names = {a["Id"]: a["Name"] for a in listed if a["Status"] == "ACTIVE"}
        sts = self.client("sts", None, regions[0])
        me = sts.get_caller_identity()["Account"]
        for account in self.names:
            if account != me:
                role = f"arn:aws:iam::{account}:role/{self.ROLE}"
                self.keys[account] = sts.assume_role(RoleArn=role, RoleSessionName="compare")["Credentials"]
        self.places = [Place(self, account, region) for account in self.names for region in regions]
        # Where a service has one endpoint for all regions an account is one place, and what is there is in no region.
        self.homes = [Place(self, account, None) for account in self.names]

    def client(self, service, account, region):
        keys = self.keys.get(account) or {"AccessKeyId": "demo", "SecretAccessKey": "demo", "SessionToken": None}
        return self.session.create_client(
            service,
            region_name=region,
            endpoint_url=self.sim.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
        )

    def places_of(self, source):
        return self.homes if source in GLOBAL else self.places

    def read(self, source):
        """Everything of one source: items, and for each place that said no the word for it."""
        items, refused = {}, {}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = [(place, pool.submit(READERS[source], place)) for place in self.places_of(source)]
        for place, answer in answers:
            try:
                items.update(answer.result())
            except Disabled:
                refused[place.account, place.region] = "disabled"
            except ClientError as error:
                refused[place.account, place.region] = word(error)
        return items, refused

    def common(self, account, region, kind, source, **fields):
        return {
            "kind": kind, "source": source, "account.id": account, "account.name": self.names.get(account, account),
            "region": region, "ack": None, **fields,
        }


def word(error):
    code = error.response["Error"]["Code"]
    message = error.response["Error"]["Message"]
    if "not subscribed" in message or code == "SubscriptionRequiredException":
        return "disabled"
    if code in ("UnrecognizedClientException", "InvalidClientTokenId"):
        return "region-off"
    return WORDS[code]


def alarms(place):
    found = {}
    cloudwatch = place.client("cloudwatch")
    for member, kind in (("MetricAlarms", "metric"), ("CompositeAlarms", "composite")):
        types = {"AlarmTypes": ["MetricAlarm" if kind == "metric" else "CompositeAlarm"]}
        for alarm in walk(cloudwatch.describe_alarms, member, MaxRecords=37, **types):
            state = alarm["StateValue"]
            fields = place.fleet.common(
                place.account, place.region, "alarm", "cloudwatch",
                id=clean(alarm["AlarmName"]), arn=clean(alarm["AlarmArn"]), nativeState=state,
                state="new" if state == "ALARM" else "clear",
                opened=when(alarm["StateTransitionedTimestamp"]),
            )
            fields["detail.state"] = state
            fields["detail.actionsEnabled"] = alarm["ActionsEnabled"]
            fields["detail.watch.rule"] = clean(alarm.get("AlarmRule"))
            fields["detail.threshold"] = alarm.get("Threshold")
            fields["detail.evaluationPeriods"] = alarm.get("EvaluationPeriods")
            fields["detail.datapointsToAlarm"] = alarm.get("DatapointsToAlarm")
            fields["detail.suppressedBy"] = clean(alarm.get("ActionsSuppressedBy"))
            if "MetricName" in alarm:
                fields["detail.watch.type"] = "metric"
                fields["detail.watch.metric"] = clean(alarm["MetricName"])
                fields["detail.watch.namespace"] = clean(alarm["Namespace"])
                fields["detail.watch.dimensions"] = {clean(d["Name"]): clean(d["Value"]) for d in alarm["Dimensions"]}
            elif kind == "composite":
                fields["detail.watch.type"] = "composite"
            if state != "OK":
                fields["detail.reason"] = clean(alarm["StateReason"])
                fields["detail.description"] = clean(alarm.get("AlarmDescription"))
            found[place.account, place.region, fields["id"]] = fields
    return found


def band(score):
    """GuardDuty's own bands of its scores."""
    for low, name in ((9, "critical"), (7, "high"), (4, "medium"), (0.1, "low")):
        if score >= low:
            return name
    return "info"


def guardduty(place):
    client = place.client("guardduty")
    detectors = client.list_detectors()["DetectorIds"]
    if not detectors:
        raise Disabled
    found, detector = {}, detectors[0]
    ids = walk(client.list_findings, "FindingIds", DetectorId=detector, MaxResults=50)
    for start in range(0, len(ids), 50):
        for finding in client.get_findings(DetectorId=detector, FindingIds=ids[start:start + 50])["Findings"]:
            service = finding["Service"]
            if service["Archived"] or finding["AccountId"] != place.account:
                continue
            fields = place.fleet.common(
                finding["AccountId"], finding["Region"], "finding", "guardduty",
                id=clean(finding["Id"]), arn=clean(finding["Arn"]), title=clean(finding["Title"]), state="new",
                severity=band(finding["Severity"]), nativeState="ACTIVE", opened=when(service["EventFirstSeen"]),
                changed=when(finding["UpdatedAt"]),
            )
            fields["detail.product"] = "GuardDuty"
            fields["detail.type"] = finding["Type"]
            fields["detail.score"] = finding["Severity"]
            fields["detail.count"] = service["Count"]
            fields["detail.lastSeen"] = when(service["EventLastSeen"])
            fields["detail.attackSequence"] = finding.get("AssociatedAttackSequenceArn")
            fields["detail.sources"] = ["guardduty"]
            found[finding["AccountId"], finding["Region"], fields["id"]] = fields
    return found


def securityhub(place):
    found = {}
    for finding in walk(place.client("securityhub").get_findings, "Findings", MaxResults=100):
        workflow = finding.get("Workflow", {}).get("Status", "NEW")
        if finding["RecordState"] != "ACTIVE" or workflow not in ("NEW", "NOTIFIED"):
            continue
        if finding["AwsAccountId"] != place.account or finding["Region"] != place.region:
            continue
        label = finding["Severity"]["Label"].lower()
        of_guardduty = finding["ProductArn"].endswith(":product/aws/guardduty")
        native = finding["Id"]
        if of_guardduty:
            native = native.rsplit("/", 1)[1]
        elif not native.startswith("arn:"):
            native = f"{finding['ProductArn']}/{native}"
        fields = place.fleet.common(
            finding["AwsAccountId"], finding["Region"], "finding", "securityhub",
            id=clean(native), title=clean(finding["Title"]), state="new",
            arn=clean(finding["Id"]) if finding["Id"].startswith("arn:") else None,
            severity="info" if label == "informational" else label, nativeState=f"ACTIVE/{workflow}",
            opened=when(finding.get("FirstObservedAt", finding["CreatedAt"])), changed=when(finding["UpdatedAt"]),
        )
        fields["detail.workflow"] = workflow
        fields["detail.recordState"] = "ACTIVE"
        fields["detail.compliance"] = finding.get("Compliance", {}).get("Status")
        fields["detail.productArn"] = finding["ProductArn"]
        fields["detail.sources"] = ["securityhub"]
        if not of_guardduty:
            fields["detail.product"] = clean(finding["ProductName"])
            fields["detail.description"] = clean(finding["Description"])
        found[finding["AwsAccountId"], finding["Region"], fields["id"]] = fields
    return found


def joined(guardduty, securityhub):
    """One item where both know a finding: GuardDuty's facts, Security Hub's work on it, the higher severity."""
    found = {**securityhub, **guardduty}
    for key in guardduty.keys() & securityhub.keys():
        mine, hubs = guardduty[key], securityhub[key]
        both = {**{k: v for k, v in hubs.items() if k.startswith("detail.")}, **mine}
        both["severity"] = max(mine["severity"], hubs["severity"], key=RANK.index)
        both["detail.sources"] = ["guardduty", "securityhub"]
        both["changed"] = max(mine["changed"], hubs["changed"])
        del both["nativeState"]
        found[key] = both
    return found


def incidents(place):
    found = {}
    for item in walk(place.client("ssm").describe_ops_items, "OpsItemSummaries", MaxResults=50):
        if item["Status"] not in ("Open", "InProgress", "Pending"):
            continue
        severity = {"1": "critical", "2": "high", "3": "medium", "4": "low"}.get(item.get("Severity"), "medium")
        fields = place.fleet.common(
            place.account, place.region, "incident", "opsitems",
            id=item["OpsItemId"], title=clean(item["Title"]), state="new", severity=severity,
            nativeState=item["Status"], opened=when(item["CreatedTime"]), changed=when(item["LastModifiedTime"]),
        )
        fields["detail.origin"] = clean(item["Source"])
        fields["detail.nativeSeverity"] = item.get("Severity")
        fields["detail.category"] = item.get("Category")
        fields["detail.priority"] = item.get("Priority")
        fields["detail.data"] = {clean(k): clean(v["Value"]) for k, v in item.get("OperationalData", {}).items()}
        found[place.account, place.region, fields["id"]] = fields
    return found


def support(place):
    found = {}
    for case in walk(place.client("support").describe_cases, "cases", "nextToken", maxResults=10):
        severity = {"critical": "critical", "urgent": "high", "high": "medium"}.get(case["severityCode"], "low")
        said = case["recentCommunications"]["communications"]
        last = max(said, key=lambda one: one["timeCreated"], default=None)
        changed = max(last["timeCreated"], case["timeCreated"]) if last else case["timeCreated"]
        fields = place.fleet.common(
            place.account, None, "incident", "support",
            id=case["caseId"], title=clean(case["subject"]), state="new", severity=severity,
            nativeState=case["status"], opened=seconds(case["timeCreated"]), changed=seconds(changed),
        )
        fields["detail.displayId"] = case["displayId"]
        fields["detail.service"] = case["serviceCode"]
        fields["detail.waitsForUs"] = case["status"] == "pending-customer-action"
        fields["detail.last"] = last and {"by": last["submittedBy"], "at": seconds(last["timeCreated"])}
        found[place.account, None, case["caseId"]] = fields
    return found


def seconds(text):
    return when(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))


def health(place):
    found, regions = {}, {*place.fleet.regions, "global"}
    wanted = {"eventStatusCodes": ["open", "upcoming"]}
    for event in walk(place.client("health").describe_events, "events", "nextToken", filter=wanted, maxResults=10):
        if event["region"] not in regions:
            continue
        public = event["eventScopeCode"] == "PUBLIC"
        account = None if public else place.account
        region = None if event["region"] == "global" else event["region"]
        fields = place.fleet.common(account, region, "health", "health", id=event["arn"], nativeState=event["statusCode"])
        fields["account.name"] = place.fleet.names.get(account, "the fleet")
        fields["detail.service"] = event["service"]
        fields["detail.code"] = event["eventTypeCode"]
        fields["detail.public"] = public
        fields["detail.starts"] = when(event["startTime"])
        fields["detail.updated"] = when(event["lastUpdatedTime"])
        found[account, region, event["arn"]] = fields
    return found


def config_rules(place):
    """Rules that resources break, and a recorder that stands still or cannot deliver."""
    client, found = place.client("config"), {}
    recorders = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    for recorder in recorders:
        stopped, fails = not recorder["recording"], recorder["lastStatus"] == "Failure"
        if not stopped and not fails:
            continue
        since = recorder["lastStopTime"] if stopped else recorder["lastStatusChangeTime"]
        fields = place.fleet.common(
            place.account, place.region, "compliance", "config", id=recorder["arn"], state="new",
            severity="high" if stopped else "medium", nativeState="STOPPED" if stopped else "FAILURE", opened=when(since),
        )
        fields["detail.type"] = "recorder"
        fields["detail.error"] = None if stopped else recorder["lastErrorMessage"]
        found[place.account, place.region, recorder["arn"]] = fields
    broken = {"ComplianceTypes": ["NON_COMPLIANT"]}
    for rule in walk(client.describe_compliance_by_config_rule, "ComplianceByConfigRules", **broken):
        name, count = rule["ConfigRuleName"], rule["Compliance"]["ComplianceContributorCount"]
        of_hub = name.startswith("securityhub-")
        fields = place.fleet.common(
            place.account, place.region, "compliance", "config", id=name, title=name, nativeState="NON_COMPLIANT",
            state="clear" if of_hub else "new", severity="info" if of_hub else "low",
        )
        fields["detail.type"] = "rule"
        fields["detail.resources"] = count["CappedCount"]
        fields["detail.resourcesCapped"] = count["CapExceeded"]
        found[place.account, place.region, name] = fields
    return found


def advice(place):
    """Recommendations of Trusted Advisor in error and warning. Whose plan lacks it, AWS Support tells."""
    client, found = place.client("trustedadvisor"), {}
    try:
        told = [one for status in ("error", "warning")
                for one in walk(client.list_recommendations, "recommendationSummaries", "nextToken", status=status)]
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            place.client("support").describe_cases(maxResults=10)
        raise
    for one in told:
        severity = {"error": "medium", "warning": "low"}[one["status"]]
        fields = place.fleet.common(
            place.account, None, "compliance", "trustedadvisor", id=one["arn"], title=one["name"],
            nativeState=one["status"], state="clear" if one["source"] == "security_hub" else "new",
            severity=severity, opened=when(one["createdAt"]),
        )
        fields["detail.type"] = "recommendation"
        fields["detail.pillars"] = one["pillars"]
        fields["detail.origin"] = one["source"]
        fields["detail.errors"] = one["resourcesAggregates"]["errorCount"]
        fields["detail.warnings"] = one["resourcesAggregates"]["warningCount"]
        fields["detail.updated"] = when(one["lastUpdatedAt"])
        found[place.account, None, one["arn"]] = fields
    return found


def records(place):
    """Open incidents of Incident Manager: one and the same in every region of the account's replication set."""
    client, found = place.client("ssm-incidents"), {}
    sets = client.list_replication_sets()["replicationSetArns"]
    if not sets:
        raise Disabled
    home = min(client.get_replication_set(arn=sets[0])["replicationSet"]["regionMap"])
    is_open = [{"key": "status", "condition": {"equals": {"stringValues": ["OPEN"]}}}]
    for one in walk(client.list_incident_records, "incidentRecordSummaries", "nextToken", filters=is_open):
        fields = place.fleet.common(
            place.account, home, "incident", "incidentmanager", id=one["arn"], title=one["title"], state="new",
            severity=("critical", "high", "medium", "low", "info")[one["impact"] - 1],
            nativeState=one["status"], opened=when(one["creationTime"]),
        )
        fields["detail.impact"] = one["impact"]
        fields["detail.beganBy"] = one["incidentRecordSource"].get("resourceArn")
        fields["detail.plan"] = one["arn"].split("/")[1]
        found[place.account, home, one["arn"]] = fields
    return found


UNFINISHED = ("PENDING", "IN_PROGRESS", "CANCELLING")


def windows(place):
    """Windows with their last executions, and those that should have begun and did not."""
    ssm, found = place.client("ssm"), {}
    for window in walk(ssm.describe_maintenance_windows, "WindowIdentities", MaxResults=50):
        ident = window["WindowId"]
        runs = walk(
            ssm.describe_maintenance_window_executions, "WindowExecutions", WindowId=ident, MaxResults=100
        )
        runs.sort(key=lambda run: run["StartTime"], reverse=True)
        current = next((run for run in runs if run["Status"] in UNFINISHED), None)
        last = next((run for run in runs if run["Status"] not in UNFINISHED), None)
        if not window["Enabled"]:
            phase = "disabled"
        elif current:
            phase = "running"
        elif last and last["Status"] != "SUCCESS":
            phase = "failed"
        else:
            phase = "waiting"
        fields = place.fleet.common(place.account, place.region, "window", "windows", id=ident)
        fields["detail.name"] = clean(window["Name"])
        fields["detail.windowId"] = ident
        fields["detail.description"] = clean(window.get("Description"))
        fields["detail.schedule"] = window.get("Schedule")
        fields["detail.timezone"] = window.get("ScheduleTimezone")
        fields["detail.durationHours"] = window["Duration"]
        fields["detail.cutoffHours"] = window["Cutoff"]
        fields["detail.next"] = when(window.get("NextExecutionTime"))
        fields["detail.phase"] = phase
        if last and not current:
            fields["detail.last.executionId"] = last["WindowExecutionId"]
            fields["detail.last.status"] = last["Status"]
            fields["detail.last.started"] = when(last["StartTime"])
        if current:
            fields["detail.current.status"] = current["Status"]
            fields["detail.current.started"] = when(current["StartTime"])
        if window["Enabled"] and not current and calendar.missed(ssm, window, runs):
            fields["detail.phase"] = "missed"
        if window["Enabled"] and window["Schedule"].startswith("cron"):
            fields["detail.expected"] = when(calendar.due(window))
        bad = fields["detail.phase"] in ("missed", "failed") or (current and last and last["Status"] != "SUCCESS")
        fields["state"] = "new" if bad else "clear"
        found[place.account, place.region, ident] = fields
    return found


def managed(ssm):
    """Every managed instance, and what Patch Manager knows of those that it ever scanned."""
    nodes = walk(ssm.describe_instance_information, "InstanceInformationList", MaxResults=50)
    states = {}
    for start in range(0, len(nodes), 50):
        ids = [node["InstanceId"] for node in nodes[start:start + 50]]
        for state in walk(ssm.describe_instance_patch_states, "InstancePatchStates", InstanceIds=ids, MaxResults=100):
            states[state["InstanceId"]] = state
    return nodes, states


def patches(place):
    ssm, found, known = place.client("ssm"), {}, []
    nodes, states = managed(ssm)
    for node in nodes:
        state = states.get(node["InstanceId"])
        fields = place.fleet.common(place.account, place.region, "patch", "patches", id=node["InstanceId"])
        fields["detail.subject"] = {"type": "instance", "id": node["InstanceId"]}
        fields["detail.ping"] = node["PingStatus"]
        fields["opened"] = when(state and state["OperationEndTime"])
        names = ("InstalledCount", "InstalledPendingRebootCount", "MissingCount", "FailedCount",
                 "CriticalNonCompliantCount", "SecurityNonCompliantCount", "OtherNonCompliantCount")
        weigh(fields, [(state or {}).get(name, 0) for name in names], known=state is not None)
        if state:
            fields["detail.group"] = state["PatchGroup"] or None
            fields["detail.operation"] = state["Operation"]
            known.append((state["PatchGroup"], badness([state.get(name, 0) for name in names]), state["OperationEndTime"]))
        found[place.account, place.region, node["InstanceId"]] = fields
    for group in {m["PatchGroup"] for m in walk(ssm.describe_patch_groups, "Mappings", MaxResults=100)}:
        state = ssm.describe_patch_group_state(PatchGroup=group)
        ident = f"group/{clean(group)}"
        fields = place.fleet.common(place.account, place.region, "patch", "patches", id=ident)
        fields["detail.group"] = clean(group)
        fields["detail.subject.type"] = "group"
        fields["detail.subject.instances"] = state["Instances"]
        names = ("InstalledPatches", "InstalledPendingRebootPatches", "MissingPatches", "FailedPatches",
                 "CriticalNonCompliantPatches", "SecurityNonCompliantPatches", "OtherNonCompliantPatches")
        counts = [state.get(f"InstancesWith{name}", 0) for name in names]
        weigh(fields, counts)
        # A group is as old as the first of its instances that is as bad as the group is called.
        alike = [end for whose, how_bad, end in known if whose == group and how_bad == badness(counts)]
        if alike or not state["Instances"]:
            fields["opened"] = when(min(alike, default=None))
        found[place.account, place.region, ident] = fields
    return found


def badness(counts):
    _, reboot, missing, failed, critical, security, other = counts
    return 3 if critical or failed else 2 if security else 1 if missing or reboot or other else 0


def weigh(fields, counts, known=True):
    names = ("installed", "pendingReboot", "missing", "failed", "criticalMissing", "securityMissing")
    fields.update({f"detail.{name}": count for name, count in zip(names, counts)})
    fields["nativeState"] = ("NON_COMPLIANT" if any(counts[1:]) else "COMPLIANT") if known else "UNKNOWN"


BAD = ("FAILED", "EXPIRED", "ABORTED", "PARTIAL")
# Jobs younger than this are compared: what is about to be a day old may be on either side.
DAY = datetime.timedelta(hours=23, minutes=45)


def backups(place):
    """Jobs of a bit less than a day: what is about to leave it may be on either side."""
    client, found = place.client("backup"), {}
    since = datetime.datetime.now(UTC) - DAY
    kinds = (
        ("backup", client.list_backup_jobs, "BackupJobs", "BackupJobId", "State", "StatusMessage"),
        ("copy", client.list_copy_jobs, "CopyJobs", "CopyJobId", "State", "StatusMessage"),
        ("restore", client.list_restore_jobs, "RestoreJobs", "RestoreJobId", "Status", "StatusMessage"),
    )
    for kind, call, member, ident, state, message in kinds:
        jobs = walk(call, member, MaxResults=500)
        for job in (job for job in jobs if job["CreationDate"] >= since):
            issue = job.get("MessageCategory", "SUCCESS").upper() != "SUCCESS"
            bad = job[state] in BAD or (job[state] == "COMPLETED" and issue and kind != "restore")
            resource = job.get("ResourceArn")

            def mends(other):
                same = other.get("ResourceArn") == resource and other.get("DestinationBackupVaultArn") == job.get(
                    "DestinationBackupVaultArn")
                clear = job[state] != "COMPLETED" or other.get("MessageCategory", "SUCCESS").upper() == "SUCCESS"
                return same and other[state] == "COMPLETED" and other["CreationDate"] > job["CreationDate"] and clear

            later = sorted((other for other in jobs if mends(other)), key=lambda o: o["CreationDate"]) if bad else []
            fields = place.fleet.common(
                place.account, place.region, "backup", "backup", id=job[ident], nativeState=job[state],
            )
            if kind != "restore":
                fields["state"] = "new" if bad and not later else "clear"
                fields["detail.supersededBy"] = later[0][ident] if later else None
                fields["detail.resourceArn"] = resource
            fields["detail.job"] = kind
            fields["detail.jobId"] = job[ident]
            fields["detail.status"] = job[state]
            fields["detail.message"] = clean(job.get(message)) or None
            fields["detail.resourceType"] = job.get("ResourceType")
            fields["detail.created"] = when(job["CreationDate"])
            fields["detail.completed"] = when(job.get("CompletionDate"))
            found[place.account, place.region, job[ident]] = fields
    return found


READERS = {
    "cloudwatch": alarms, "guardduty": guardduty, "securityhub": securityhub, "opsitems": incidents,
    "windows": windows, "patches": patches, "backup": backups, "support": support, "health": health,
    "config": config_rules, "trustedadvisor": advice, "incidentmanager": records,
}
# One endpoint for all regions.
GLOBAL = ("support", "health", "trustedadvisor")
SOURCES = {
    "alarms": ["cloudwatch"], "findings": ["guardduty", "securityhub"], "incidents": ["opsitems", "support", "incidentmanager"],
    "windows": ["windows"], "patches": ["patches"], "backups": ["backup"], "health": ["health"],
    "compliance": ["config", "trustedadvisor"],
}
# What is asked beside the source itself, because a row says something of it: which mute rule covers an alarm.
ASIDE = {"alarms": ["mutes"]}


Done = collections.namedtuple("Done", "code out err")


class Noctop:
    """The real binary with a home and a configuration of its own."""

    def __init__(self, home, endpoint, config):
        self.home, self.endpoint = home, endpoint
        place = home / ".config" / "noctop"
        place.mkdir(parents=True, exist_ok=True)
        (place / "config.toml").write_text(config)

    def command(self, *arguments):
        return [conftest.BINARY, *arguments, "--endpoint-url", self.endpoint]

    @property
    def environment(self):
        return {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo", "AWS_REGION": "eu-west-1",
        }

    def run(self, *arguments):
        return self.started(self.command(*arguments))

    def run_here(self, *arguments):
        """A command that asks AWS nothing and so takes no endpoint."""
        return self.started([conftest.BINARY, *arguments])

    def started(self, command):
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=180,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ls(self, kind, *arguments):
        """The exit code and the object that was printed."""
        done = self.run("ls", kind, "--format", "json", *arguments)
        assert done.out, f"exit {done.code}: {done.err}"
        return done.code, json.loads(done.out)


def config(regions, *more):
    quoted = ", ".join(f'"{region}"' for region in regions)
    return "\n".join([f"regions = [{quoted}]", "[organization]", f'role_name = "{Fleet.ROLE}"', *more, ""])


def at(item, path):
    if path in item:
        return item[path]
    for part in path.split("."):
        item = item[part]
    return item


def keyed(items):
    found = {(item["account"]["id"], item["region"], item["id"]): item for item in items}
    assert len(found) == len(items), "an item stands there twice"
    return found


def differences(expected, items, limit=12):
    """Every field in which noctop says something else than boto3."""
    found = keyed(items)
    wrong = [f"boto3 alone has {key}" for key in sorted(expected.keys() - found.keys(), key=repr)]
    wrong += [f"noctop alone has {key}" for key in sorted(found.keys() - expected.keys(), key=repr)]
    for key in sorted(expected.keys() & found.keys(), key=repr):
        for path, value in expected[key].items():
            if at(found[key], path) != value:
                wrong.append(f"{key} {path}: boto3 {value!r}, noctop {at(found[key], path)!r}")
    return wrong[:limit] + ([f"and {len(wrong) - limit} more"] if len(wrong) > limit else [])


def counted(coverage):
    """The numbers of a coverage add up, and a headless reading leaves nothing open."""
    parts = sum(coverage[name] for name in ("fresh", "late", "loading", "off")) + len(coverage["blind"])
    assert coverage["feeds"] == parts, coverage
    assert coverage["loading"] == 0 and coverage["late"] == 0, coverage
    for blind in coverage["blind"]:
        assert len(blind["message"]) > 20 and " " in blind["message"] and blind["since"], blind


def blind_in(coverage):
    return {(b["source"], b["account"], b["region"], b["fault"]) for b in coverage["blind"]}
