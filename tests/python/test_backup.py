"""AWS Backup: jobs, copies, restores, plans and what they protect, walked with boto3 and the AWS CLI."""

import datetime

import pytest
from botocore.exceptions import ClientError

MANAGEMENT, AUDIT = "111111111111", "121212121212"
PAYMENTS, WEB, DATA, LEGACY = "222222222222", "333333333333", "444444444444", "999999999999"
HOUR = datetime.timedelta(hours=1)


def pages(call, member, size=1000, **arguments):
    items, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        answer = call(MaxResults=size, **more, **arguments)
        items += answer[member]
        token = answer.get("NextToken")
        if not token:
            return items
        assert len(answer[member]) == size


def refused(call, *arguments, **named):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    error = caught.value.response
    return error["Error"]["Code"]


def jobs(backup, size=1000, **filters):
    return pages(backup.list_backup_jobs, "BackupJobs", size, **filters)


def ids(jobs, member="BackupJobId"):
    return {job[member] for job in jobs}


@pytest.mark.parametrize("account", [PAYMENTS, WEB, DATA])
def test_jobs_are_the_truth_whatever_the_page_size(sim, account):
    backup = sim.client("backup", account)
    truth = {job["BackupJobId"]: job for job in sim.truth("backup", account)["BackupJobs"]}
    assert truth
    for size in (37, 1000):
        found = jobs(backup, size)
        assert len(found) == len(truth) and ids(found) == set(truth)
    created = [job["CreationDate"] for job in found]
    assert created == sorted(created, reverse=True)
    for job in found:
        told = truth[job["BackupJobId"]]
        for name in ("State", "StatusMessage", "PercentDone", "ResourceArn", "ResourceType", "BackupVaultName", "MessageCategory"):
            assert job.get(name) == told.get(name)
        assert isinstance(job["PercentDone"], str) and job["AccountId"] == account
        assert job["CreationDate"].timestamp() == pytest.approx(told["CreationDate"], abs=0.002)
        assert ("CompletionDate" in job) == (job["State"] not in ("CREATED", "PENDING", "RUNNING", "ABORTING"))
    oldest = min(created)
    assert datetime.timedelta(days=24) < max(created) - oldest < datetime.timedelta(days=31)


def test_job_filters_leave_what_they_should(sim):
    backup = sim.client("backup", WEB)
    everything = jobs(backup)
    for argument, member in (
        ("ByState", "State"), ("ByResourceType", "ResourceType"), ("ByResourceArn", "ResourceArn"),
        ("ByBackupVaultName", "BackupVaultName"), ("ByMessageCategory", "MessageCategory"),
    ):
        for value in {job[member] for job in everything if member in job}:
            expected = ids(job for job in everything if job.get(member) == value)
            assert ids(jobs(backup, **{argument: value})) == expected, (argument, value)
    middle = everything[len(everything) // 2]["CreationDate"] + datetime.timedelta(seconds=1)
    assert ids(jobs(backup, ByCreatedAfter=middle)) == ids(j for j in everything if j["CreationDate"] >= middle)
    assert ids(jobs(backup, ByCreatedBefore=middle)) == ids(j for j in everything if j["CreationDate"] <= middle)
    done = [job for job in everything if "CompletionDate" in job]
    assert ids(jobs(backup, ByCompleteAfter=middle)) == ids(j for j in done if j["CompletionDate"] >= middle)
    assert ids(jobs(backup, ByCompleteBefore=middle)) == ids(j for j in done if j["CompletionDate"] <= middle)
    both = jobs(backup, ByState="COMPLETED", ByCreatedAfter=middle, ByResourceType="EBS")
    assert ids(both) == ids(
        j for j in everything if j["State"] == "COMPLETED" and j["ResourceType"] == "EBS" and j["CreationDate"] >= middle
    )
    assert jobs(backup, ByParentJobId="none") == []


def test_bad_requests_are_refused(sim):
    backup = sim.client("backup", WEB, parameter_validation=False)
    for size in (0, 1001):
        assert refused(backup.list_backup_jobs, MaxResults=size) == "InvalidParameterValueException"
    assert refused(backup.list_backup_jobs, ByState="BROKEN") == "InvalidParameterValueException"
    assert refused(backup.list_copy_jobs, ByState="EXPIRED") == "InvalidParameterValueException"
    assert refused(backup.list_restore_jobs, ByStatus="EXPIRED") == "InvalidParameterValueException"
    assert refused(backup.list_backup_jobs, NextToken="bm9uc2Vuc2U=") == "InvalidParameterValueException"
    token = backup.list_backup_jobs(MaxResults=1)["NextToken"]
    assert refused(backup.list_backup_jobs, MaxResults=1, NextToken=token, ByState="FAILED") == "InvalidParameterValueException"
    for call, name in (
        (backup.describe_backup_job, "BackupJobId"), (backup.describe_copy_job, "CopyJobId"),
        (backup.describe_restore_job, "RestoreJobId"), (backup.stop_backup_job, "BackupJobId"),
        (backup.get_backup_plan, "BackupPlanId"), (backup.list_backup_selections, "BackupPlanId"),
    ):
        assert refused(call, **{name: "nothing"}) == "ResourceNotFoundException"
    assert refused(backup.list_recovery_points_by_resource, ResourceArn="arn:aws:s3:::nothing") == "ResourceNotFoundException"


def test_copies_and_restores_are_the_truth(sim):
    for account in (PAYMENTS, WEB, DATA):
        backup = sim.client("backup", account)
        truth = sim.truth("backup", account)
        copies = pages(backup.list_copy_jobs, "CopyJobs", 50)
        assert ids(copies, "CopyJobId") == ids(truth["CopyJobs"], "CopyJobId") and copies
        for copy in copies[:3]:
            same = backup.describe_copy_job(CopyJobId=copy["CopyJobId"])["CopyJob"]
            assert (same["State"], same["SourceRecoveryPointArn"]) == (copy["State"], copy["SourceRecoveryPointArn"])
            origin = backup.describe_backup_job(BackupJobId=copy["CreatedByBackupJobId"])
            assert origin["State"] == "COMPLETED" and origin["RecoveryPointArn"] == copy["SourceRecoveryPointArn"]
        for state in {c["State"] for c in copies}:
            some = pages(backup.list_copy_jobs, "CopyJobs", ByState=state)
            assert ids(some, "CopyJobId") == ids((c for c in copies if c["State"] == state), "CopyJobId")
        restores = pages(backup.list_restore_jobs, "RestoreJobs", 5)
        assert ids(restores, "RestoreJobId") == ids(truth["RestoreJobs"], "RestoreJobId") and restores
        for status in {r["Status"] for r in restores}:
            some = pages(backup.list_restore_jobs, "RestoreJobs", ByStatus=status)
            assert ids(some, "RestoreJobId") == ids((r for r in restores if r["Status"] == status), "RestoreJobId")
        one = restores[0]
        assert backup.describe_restore_job(RestoreJobId=one["RestoreJobId"])["Status"] == one["Status"]


def test_the_organization_is_read_with_one_call_where_allowed(sim):
    accounts = {a["id"]: a for a in sim.control("GET", "accounts")}
    expected = set()
    for account, entry in accounts.items():
        if account != LEGACY and "eu-west-1" in entry["regions"]:
            expected |= ids(sim.truth("backup", account)["BackupJobs"])
    for admin in (MANAGEMENT, AUDIT):
        backup = sim.client("backup", admin)
        found = jobs(backup, 1000, ByAccountId="*", ByState="FAILED")
        told = {j["BackupJobId"] for j in jobs(backup, 1000, ByAccountId="*") if j["State"] == "FAILED"}
        assert ids(found) == told and ids(found) <= expected
        assert len({j["AccountId"] for j in found}) > 2 and LEGACY not in {j["AccountId"] for j in found}
    everything = jobs(backup, 1000, ByAccountId="*")
    assert ids(everything) == expected and len(everything) == len(expected)
    one = jobs(backup, ByAccountId=PAYMENTS)
    assert ids(one) == ids(sim.truth("backup", PAYMENTS)["BackupJobs"])
    assert jobs(sim.client("backup", MANAGEMENT, "us-east-1"), ByAccountId=LEGACY) == [], "not covered"
    assert jobs(sim.client("backup", LEGACY, "us-east-1")), "though it has jobs of its own"
    member = sim.client("backup", PAYMENTS)
    for call in (member.list_backup_jobs, member.list_copy_jobs, member.list_restore_jobs):
        assert refused(call, ByAccountId="*") == "AccessDeniedException"
    assert refused(member.list_backup_jobs, ByAccountId=WEB) == "AccessDeniedException"
    assert jobs(member, ByAccountId=PAYMENTS)
    assert backup.describe_global_settings()["GlobalSettings"]["isCrossAccountBackupEnabled"] == "true"
    assert refused(member.describe_global_settings) == "AccessDeniedException"


def of(backup, name):
    return [job for job in jobs(backup) if job.get("ResourceName") == name]


def test_two_failures_in_a_row_and_the_last_good_point_a_day_ago(sim):
    backup = sim.client("backup", PAYMENTS)
    found = of(backup, "ledger-primary")
    # At some hours the third night has failed as well.
    states = [job["State"] for job in found]
    good = states.index("COMPLETED")
    assert 2 <= good <= 3 and set(states[:good]) == {"FAILED"}
    assert found[0]["StatusMessage"] and found[0]["MessageCategory"] != "SUCCESS"
    gap = found[good - 1]["CreationDate"] - found[good]["CreationDate"]
    assert 23 * HOUR < gap < 25 * HOUR
    protected = pages(backup.list_protected_resources, "Results", 4)
    (ledger,) = [r for r in protected if r["ResourceName"] == "ledger-primary"]
    assert ledger["LastBackupTime"] == found[good]["CompletionDate"]
    assert ledger["LastRecoveryPointArn"] == found[good]["RecoveryPointArn"]
    told = sim.truth("backup", PAYMENTS)["ProtectedResources"]
    assert ids(protected, "ResourceArn") == ids(told, "ResourceArn")


def test_a_failed_job_is_followed_by_a_good_one(sim):
    found = of(sim.client("backup", WEB, "us-east-1"), "catalogue-volume")
    assert [job["State"] for job in found[:2]] in (["COMPLETED", "FAILED"], ["RUNNING", "FAILED"])
    assert found[0]["ResourceArn"] == found[1]["ResourceArn"] and "CreatedBy" not in found[0]


def test_a_job_that_never_started_leaves_only_an_old_recovery_point(sim):
    backup = sim.client("backup", WEB)
    (silent,) = [r for r in backup.list_protected_resources()["Results"] if r["ResourceName"] == "customer-documents"]
    found = of(backup, "customer-documents")
    newest = max(job["CreationDate"] for job in jobs(backup))
    assert newest - silent["LastBackupTime"] > 48 * HOUR, "daily, and nothing for two days"
    assert all(newest - job["CreationDate"] > 48 * HOUR for job in found) and found
    plan = found[0]["CreatedBy"]["BackupPlanId"]
    rule = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]
    assert rule["ScheduleExpression"].startswith("cron(") and rule["TargetBackupVaultName"] == found[0]["BackupVaultName"]


def test_completed_with_issues(sim):
    found = of(sim.client("backup", DATA), "warehouse")
    assert found[0]["State"] in ("COMPLETED", "RUNNING")
    done = [job for job in found if job["State"] == "COMPLETED"]
    assert done[0]["MessageCategory"] != "SUCCESS" and done[0]["StatusMessage"]


def test_a_job_runs_and_completes(fresh):
    sim = fresh("--speed", "0")
    backup = sim.client("backup", DATA)
    running = of(backup, "model-store")[0]
    assert running["State"] == "RUNNING" and 0 < float(running["PercentDone"]) < 100
    sim.control("POST", "clock", {"advance": "20m"})
    later = backup.describe_backup_job(BackupJobId=running["BackupJobId"])
    assert float(later["PercentDone"]) > float(running["PercentDone"])
    sim.control("POST", "clock", {"advance": "4h"})
    done = backup.describe_backup_job(BackupJobId=running["BackupJobId"])
    # Now and then one has issues, and says which.
    assert (done["State"], done["PercentDone"]) == ("COMPLETED", "100.0") and done["MessageCategory"]
    points = pages(backup.list_recovery_points_by_resource, "RecoveryPoints", 3, ResourceArn=done["ResourceArn"])
    assert points[0]["RecoveryPointArn"] == done["RecoveryPointArn"]
    good = [j for j in jobs(backup, ByResourceArn=done["ResourceArn"]) if j["State"] in ("COMPLETED", "PARTIAL")]
    assert [p["RecoveryPointArn"] for p in points] == [j["RecoveryPointArn"] for j in good]


def test_start_and_stop(fresh):
    sim = fresh("--speed", "0")
    backup = sim.client("backup", WEB)
    volume = next(r for r in backup.list_protected_resources()["Results"] if r["ResourceType"] not in ("RDS", "Aurora", "DynamoDB"))
    role = f"arn:aws:iam::{WEB}:role/service-role/AWSBackupDefaultServiceRole"
    asked = dict(BackupVaultName="Default", ResourceArn=volume["ResourceArn"], IamRoleArn=role, IdempotencyToken="once")
    made = backup.start_backup_job(**asked)
    assert backup.start_backup_job(**asked)["BackupJobId"] == made["BackupJobId"], "a retry of two operators is one job"
    job = backup.describe_backup_job(BackupJobId=made["BackupJobId"])
    assert (job["State"], job["IamRoleArn"], job["BackupVaultName"]) == ("CREATED", role, "Default")
    assert made["BackupJobId"] in ids(jobs(backup))
    sim.control("POST", "clock", {"advance": "1m"})
    assert backup.describe_backup_job(BackupJobId=made["BackupJobId"])["State"] in ("PENDING", "RUNNING")
    backup.stop_backup_job(BackupJobId=made["BackupJobId"])
    assert backup.describe_backup_job(BackupJobId=made["BackupJobId"])["State"] == "ABORTING"
    sim.control("POST", "clock", {"advance": "1m"})
    stopped = backup.describe_backup_job(BackupJobId=made["BackupJobId"])
    assert stopped["State"] == "ABORTED" and stopped["StatusMessage"]
    assert refused(backup.stop_backup_job, BackupJobId=made["BackupJobId"]) == "InvalidRequestException"
    assert refused(backup.start_backup_job, **{**asked, "BackupVaultName": "none"}) == "ResourceNotFoundException"
    assert refused(backup.start_backup_job, **{**asked, "IamRoleArn": "me"}) == "InvalidParameterValueException"
    assert refused(backup.start_backup_job, **{**asked, "BackupVaultName": "archive"}) == "InvalidRequestException"
    done = backup.start_backup_job(**{**asked, "IdempotencyToken": "twice"})["BackupJobId"]
    sim.control("POST", "clock", {"advance": "6h"})
    assert backup.describe_backup_job(BackupJobId=done)["State"] == "COMPLETED"


def test_a_machine_that_no_plan_protects_is_backed_up_when_somebody_asks(fresh):
    sim = fresh("--speed", "0")
    backup, ssm = sim.client("backup", WEB), sim.client("ssm", WEB)
    machine = next(i["InstanceId"] for i in ssm.describe_instance_information()["InstanceInformationList"]
                   if i["InstanceId"].startswith("i-"))
    arn = f"arn:aws:ec2:eu-west-1:{WEB}:instance/{machine}"
    role = f"arn:aws:iam::{WEB}:role/service-role/AWSBackupDefaultServiceRole"
    assert arn not in {r["ResourceArn"] for r in pages(backup.list_protected_resources, "Results")}
    asked = dict(BackupVaultName="Default", IamRoleArn=role)
    stranger = arn.replace(machine, "i-00000000000000000")
    assert refused(backup.start_backup_job, ResourceArn=stranger, **asked) == "ResourceNotFoundException"
    made = backup.start_backup_job(ResourceArn=arn, **asked)["BackupJobId"]
    sim.control("POST", "clock", {"advance": "6h"})
    job = backup.describe_backup_job(BackupJobId=made)
    assert (job["State"], job["ResourceArn"], job["ResourceType"]) == ("COMPLETED", arn, "EC2")
    assert arn in {r["ResourceArn"] for r in pages(backup.list_protected_resources, "Results")}
    # Nobody planned it, and nobody does now.
    sim.control("POST", "clock", {"advance": "49h"})
    assert [j["BackupJobId"] for j in jobs(backup) if j["ResourceArn"] == arn] in ([made], [])


def test_plans_vaults_and_selections(sim):
    backup = sim.client("backup", WEB)
    plans = pages(backup.list_backup_plans, "BackupPlansList", 1)
    assert len(plans) == 4
    covered = set()
    for plan in plans:
        whole = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"], MaxScheduledRunsPreview=3)
        assert whole["BackupPlan"]["BackupPlanName"] == plan["BackupPlanName"]
        upcoming = [run["ExecutionTime"] for run in whole["ScheduledRunsPreview"]]
        assert len(upcoming) == 3 and upcoming == sorted(upcoming) and upcoming[0] > plan["LastExecutionDate"]
        for chosen in backup.list_backup_selections(BackupPlanId=plan["BackupPlanId"])["BackupSelectionsList"]:
            selection = backup.get_backup_selection(BackupPlanId=plan["BackupPlanId"], SelectionId=chosen["SelectionId"])
            covered |= set(selection["BackupSelection"]["Resources"])
        wrong = dict(BackupPlanId=plan["BackupPlanId"], SelectionId="none")
        assert refused(backup.get_backup_selection, **wrong) == "ResourceNotFoundException"
    assert {job["ResourceArn"] for job in jobs(backup)} <= covered
    vaults = backup.list_backup_vaults()["BackupVaultList"]
    assert {v["BackupVaultName"] for v in vaults} >= {job["BackupVaultName"] for job in jobs(backup)}
    good = [job for job in jobs(backup) if job["State"] == "COMPLETED"]
    assert sum(v["NumberOfRecoveryPoints"] for v in vaults) == len(good)


def test_summaries_count_the_jobs(sim):
    backup = sim.client("backup", WEB)
    rows = pages(backup.list_backup_job_summaries, "BackupJobSummaries", 50, AggregationPeriod="FOURTEEN_DAYS")
    begin, end = rows[0]["StartTime"], rows[0]["EndTime"]
    counted = [job for job in jobs(backup) if begin <= job["CreationDate"] < end]
    assert sum(row["Count"] for row in rows) == len(counted)
    failed = pages(
        backup.list_backup_job_summaries, "BackupJobSummaries", 50,
        AggregationPeriod="FOURTEEN_DAYS", State="FAILED", ResourceType="AGGREGATE_ALL", MessageCategory="AGGREGATE_ALL",
    )
    assert sum(row["Count"] for row in failed) == len([job for job in counted if job["State"] == "FAILED"])
    admin = sim.client("backup", MANAGEMENT)
    whole = pages(
        admin.list_backup_job_summaries, "BackupJobSummaries", 500,
        AccountId="AGGREGATE_ALL", State="AGGREGATE_ALL", ResourceType="AGGREGATE_ALL", MessageCategory="AGGREGATE_ALL",
    )
    # Soon after midnight the day that has just begun has no job yet, and so no row.
    assert len(whole) in (13, 14) and {row["State"] for row in whole} == {"AGGREGATE_ALL"}
    assert refused(backup.list_backup_job_summaries, AccountId="ANY") == "AccessDeniedException"
    assert refused(backup.list_backup_job_summaries, State="NOPE") in ("InvalidParameterValueException",)


def test_faults_speak_the_dialect_of_the_service(sim):
    backup = sim.client("backup", WEB)
    for kind, code in (("throttle", "ThrottlingException"), ("deny", "AccessDeniedException"), ("disabled", "SubscriptionRequiredException")):
        with sim.fault(kind, service="backup", operation="ListBackupJobs", account=WEB):
            assert refused(backup.list_backup_jobs) == code
    backup.list_backup_jobs()


def test_the_same_seed_is_the_same_world_and_another_is_not(fresh):
    states = []
    for seed in ("5", "5", "6"):
        world = fresh("--speed", "0", "--seed", seed, "--scenario", "quiet-night")
        states.append({r["ResourceArn"] for r in world.truth("backup", PAYMENTS)["ProtectedResources"]})
    assert states[0] == states[1] != states[2]


def test_the_aws_cli_reads_it_too(sim):
    listed = sim.aws("backup", "list-backup-jobs", "--by-state", "FAILED", account=PAYMENTS)["BackupJobs"]
    assert ids(listed) == ids(j for j in sim.truth("backup", PAYMENTS)["BackupJobs"] if j["State"] == "FAILED")
    found = sim.aws("backup", "list-protected-resources", account=PAYMENTS)["Results"]
    point = sim.aws("backup", "list-recovery-points-by-resource", "--resource-arn", found[0]["ResourceArn"], account=PAYMENTS)
    assert point["RecoveryPoints"]


def test_a_failed_copy_is_made_again_and_once_only(fresh):
    sim = fresh("--speed", "0")
    backup = sim.client("backup", "222222222222")
    good = next(j for j in jobs(backup, ByState="COMPLETED") if j["BackupVaultName"] == "production")
    vault = "arn:aws:backup:eu-central-1:222222222222:backup-vault:disaster-recovery"
    ask = dict(RecoveryPointArn=good["RecoveryPointArn"], SourceBackupVaultName="production", DestinationBackupVaultArn=vault,
               IamRoleArn=good["IamRoleArn"], IdempotencyToken="noctop-retry-1")
    made = backup.start_copy_job(**ask)
    assert backup.start_copy_job(**ask)["CopyJobId"] == made["CopyJobId"]
    seen = backup.describe_copy_job(CopyJobId=made["CopyJobId"])["CopyJob"]
    assert seen["State"] == "CREATED" and seen["DestinationBackupVaultArn"] == vault
    assert seen["SourceRecoveryPointArn"] == good["RecoveryPointArn"] and "CreatedBy" not in seen
    sim.control("POST", "clock", {"advance": "6h"})
    seen = backup.describe_copy_job(CopyJobId=made["CopyJobId"])["CopyJob"]
    assert seen["State"] == "COMPLETED" and seen["DestinationRecoveryPointArn"]
    assert made["CopyJobId"] in ids(pages(backup.list_copy_jobs, "CopyJobs"), "CopyJobId")
    assert refused(backup.start_copy_job, **dict(ask, DestinationBackupVaultArn=vault + "-2")) == "InvalidParameterValueException"
    assert refused(backup.start_copy_job, **dict(ask, IdempotencyToken="x", SourceBackupVaultName="nowhere")) == "ResourceNotFoundException"
    assert refused(backup.start_copy_job, **dict(ask, IdempotencyToken="x", RecoveryPointArn="arn:aws:ec2:eu-west-1::snapshot/snap-0")) == "ResourceNotFoundException"
    assert refused(backup.start_copy_job, **dict(ask, IdempotencyToken="x", DestinationBackupVaultArn="dr")) == "InvalidParameterValueException"
    nowhere = backup.start_copy_job(**dict(ask, IdempotencyToken="y", DestinationBackupVaultArn=vault.replace("disaster-recovery", "nowhere")))
    sim.control("POST", "clock", {"advance": "1m"})
    assert backup.describe_copy_job(CopyJobId=nowhere["CopyJobId"])["CopyJob"]["State"] == "FAILED"


def test_noctop_tells_the_same_from_one_account_as_from_all(stage, tmp_path):
    """Every account's jobs asked of one, and each asked itself: the rows are the same, item by item, for fewer calls."""
    import fleet

    sim, aws, noctop = stage("everyday")
    off = ("[sources.backup]", 'organization = "off"')
    apart = fleet.Noctop(tmp_path, sim.endpoint, fleet.config(aws.regions, *off))

    def told(by):
        before = sim.control("GET", "calls")
        code, said = by.ls("backups", "--timeout", "60s")
        assert code == 0, said["coverage"]["blind"]
        after = sim.control("GET", "calls")
        def asked(calls):
            return sum(o["calls"] for o in calls["operations"] if o["operation"] == "ListBackupJobs")
        return {(i["account"]["id"], i["region"], i["id"]): i for i in said["items"]}, asked(after) - asked(before)

    (whole, few), (each, many) = told(noctop), told(apart)
    assert len(whole) > 100 and whole.keys() == each.keys()
    differing = {k: {f for f in whole[k]["detail"] if whole[k]["detail"][f] != each[k]["detail"][f]}
                 for k in whole if whole[k] != each[k]}
    assert differing == {}
    assert few < many
