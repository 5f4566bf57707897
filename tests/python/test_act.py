"""What noctop asks AWS to do, by the command line; boto3 says what came of it, and the simulator who asked."""

import json

import pytest

import fleet

REGION = "eu-west-1"
PAYMENTS = "222222222222"
BY_POLICY = ("policy = \"confirm\"", 'act_role_name = "NoctopAct"')


@pytest.fixture
def place(fresh, tmp_path):
    """A frozen world of one's own, and a noctop that its accounts allow to act."""
    sim = fresh("--scenario", "everyday", "--speed", "0")
    sim.control("DELETE", "faults")
    return sim, fleet.Noctop(tmp_path, sim.endpoint, fleet.config([REGION], *BY_POLICY))


def act(noctop, *arguments):
    """The exit code and the list of what became of every item."""
    done = noctop.run("act", *arguments, "--format", "json", "--write")
    return done, json.loads(done.out) if done.out else []


def changes(sim):
    """The calls that changed something; assuming a role is none."""
    return [c for c in sim.control("GET", "changes") if c["service"] != "sts"]


def newest(client, kind="EQUALS"):
    found = client.get_findings(
        Filters={
            "WorkflowStatus": [{"Value": "NEW", "Comparison": kind}],
            "RecordState": [{"Value": "ACTIVE", "Comparison": kind}],
        },
        MaxResults=100,
    )["Findings"]
    return [f for f in found if "guardduty" not in f["ProductArn"] and f["AwsAccountId"] == PAYMENTS]


def one_finding(hub, ident):
    return hub.get_findings(Filters={"Id": [{"Value": ident, "Comparison": "EQUALS"}]})["Findings"][0]


def test_every_action_is_listed_with_what_it_asks(place):
    _, noctop = place
    done = noctop.run("act")
    assert done.code == 0
    for name in ("alarm.mute", "finding.resolve", "incident.open", "backup.retry", "patch.install", "window.cancel"):
        assert name in done.out
    wrong = noctop.run("act", "finding.resolv", "x")
    assert wrong.code == 2 and "finding.resolve" in wrong.err


@pytest.mark.parametrize(
    "verb, status", [("notify", "NOTIFIED"), ("resolve", "RESOLVED"), ("suppress", "SUPPRESSED")]
)
def test_a_finding_has_the_status_and_the_note_that_were_given(place, verb, status):
    sim, noctop = place
    hub = sim.client("securityhub", PAYMENTS)
    ident = newest(hub)[0]["Id"]
    done, said = act(noctop, f"finding.{verb}", ident, "--kind", "finding", "--note", "seen by the night shift", "--yes")
    assert done.code == 0, done.err
    assert [line["done"] for line in said] == [True]
    found = one_finding(hub, ident)
    assert found["Workflow"]["Status"] == status
    assert found["Note"]["Text"] == "seen by the night shift"
    made = changes(sim)
    assert [c["operation"] for c in made] == ["BatchUpdateFindings"]
    assert ":assumed-role/NoctopAct/" in made[0]["caller"]


def test_without_leave_nothing_reaches_aws_and_the_refusal_is_in_the_journal(place, tmp_path):
    sim, noctop = place
    ident = newest(sim.client("securityhub", PAYMENTS))[0]["Id"]
    done = noctop.run("act", "finding.resolve", ident, "--kind", "finding")
    assert done.code == 1 and "this session is read-only" in done.err
    locked = fleet.Noctop(tmp_path / "locked", sim.endpoint, fleet.config([REGION]))
    done = locked.run("act", "finding.resolve", ident, "--kind", "finding", "--write")
    assert done.code == 1 and "the policy of payments-prod" in done.err and "readonly" in done.err
    assert changes(sim) == []
    for home, why in ((noctop, "session"), (locked, "policy")):
        told = home.run_here("audit", "export")
        entries = [json.loads(line) for line in told.out.splitlines()]
        assert [e["why"] for e in entries if e.get("kind") == "refusal"] == [why], told.out
        assert home.run_here("audit", "verify").code == 0


def test_a_rehearsal_changes_nothing(place):
    sim, noctop = place
    ident = newest(sim.client("securityhub", PAYMENTS))[0]["Id"]
    done = noctop.run("act", "finding.resolve", ident, "--kind", "finding", "--write", "--dry-run")
    assert done.code == 0 and "role/NoctopAct" in done.out
    assert changes(sim) == []


def test_several_items_want_a_yes_and_are_sent_together(place):
    sim, noctop = place
    hub = sim.client("securityhub", PAYMENTS)
    wanted = {f["Id"] for f in newest(hub)}
    assert len(wanted) > 1
    meant = ("--kind", "finding", "--filter", f"acct:{PAYMENTS} source:securityhub -source:guardduty")
    asked = noctop.run("act", "finding.notify", *meant, "--write")
    assert asked.code == 2 and "say --yes" in asked.err and changes(sim) == []
    done, said = act(noctop, "finding.notify", *meant, "--yes")
    assert done.code in (0, 4), done.err
    assert all(line["done"] for line in said)
    assert not wanted & {f["Id"] for f in newest(hub)}
    assert len(changes(sim)) == 1, "a hundred findings are one call"


def test_an_opsitem_goes_from_open_to_in_progress_to_resolved_and_back(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    listed = ssm.describe_ops_items(OpsItemFilters=[{"Key": "Status", "Values": ["Open"], "Operator": "Equal"}])
    ident = listed["OpsItemSummaries"][0]["OpsItemId"]
    for verb, status in (("start", "InProgress"), ("resolve", "Resolved")):
        done, _ = act(noctop, f"incident.{verb}", ident, "--kind", "incident")
        assert done.code == 0, done.err
        item = ssm.get_ops_item(OpsItemId=ident)["OpsItem"]
        assert item["Status"] == status
    assert "/noctop/ack" in item["OperationalData"]
    # What is resolved is not listed any more, and is not meant by a mistake.
    done, _ = act(noctop, "incident.resolve", ident, "--kind", "incident")
    assert done.code == 1


def test_an_opsitem_about_an_alarm_is_made_once(place):
    sim, noctop = place
    alarm = sim.client("cloudwatch", PAYMENTS).describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["AlarmName"]
    ssm = sim.client("ssm", PAYMENTS)

    def count():
        return len(fleet.walk(ssm.describe_ops_items, "OpsItemSummaries"))

    before = count()
    first, _ = act(noctop, "incident.open", "--filter", f'kind:alarm acct:{PAYMENTS} name:"{alarm}"', "--note", "why?")
    again, said = act(noctop, "incident.open", "--filter", f'kind:alarm acct:{PAYMENTS} name:"{alarm}"')
    assert first.code in (0, 4) and again.code in (0, 4), first.err + again.err
    assert count() == before + 1


def test_a_mute_has_the_alarm_the_end_and_the_note(place):
    sim, noctop = place
    watch = sim.client("cloudwatch", PAYMENTS)
    alarms = [a for a in watch.describe_alarms(StateValue="ALARM")["MetricAlarms"] if a["AlarmActions"]]
    alarm = alarms[0]["AlarmName"]
    before = {r["AlarmMuteRuleArn"] for r in fleet.walk(watch.list_alarm_mute_rules, "AlarmMuteRuleSummaries")}
    done = noctop.run(
        "mute", "--filter", f'kind:alarm acct:{PAYMENTS} name:"{alarm}"', "--for", "2h", "--note", "deploying",
        "--write", "--yes", "--format", "json",
    )
    assert done.code in (0, 4), done.err
    rules = [r for r in fleet.walk(watch.list_alarm_mute_rules, "AlarmMuteRuleSummaries")
             if r["AlarmMuteRuleArn"] not in before]
    assert len(rules) == 1
    rule = watch.get_alarm_mute_rule(AlarmMuteRuleName=rules[0]["AlarmMuteRuleArn"].split("alarm-mute-rule:")[1])
    assert rule["MuteTargets"]["AlarmNames"] == [alarm]
    assert "deploying" in rule["Description"]
    assert 7000 <= (rule["ExpireDate"] - rule["StartDate"]).total_seconds() <= 7260
    wrong = noctop.run("mute", "--filter", f'name:"{alarm}"', "--for", "soon", "--write", "--yes")
    assert wrong.code == 2 and "no span" in wrong.err


def test_mutes_are_listed_as_boto3_has_them_made_longer_and_cancelled(place):
    sim, noctop = place
    watch = sim.client("cloudwatch", PAYMENTS)
    alarms = [a["AlarmName"] for a in watch.describe_alarms(StateValue="ALARM")["MetricAlarms"]][:3]
    hour = (sim.control("GET", "clock")["millis"] // 3_600_000 + 12) % 24
    weekly = {"Expression": f"cron(0 {hour} * * SUN)", "Duration": "PT4H", "Timezone": "Europe/Berlin"}
    watch.put_alarm_mute_rule(Name="batch", Description="Batch runs", Rule={"Schedule": weekly},
                              MuteTargets={"AlarmNames": alarms})
    done = noctop.run("mute", "--filter", f'kind:alarm acct:{PAYMENTS} name:"{alarms[0]}"', "--for", "2h",
                      "--note", "deploying", "--write", "--yes")
    assert done.code in (0, 4), done.err

    def rules():
        listed = fleet.walk(watch.list_alarm_mute_rules, "AlarmMuteRuleSummaries")
        names = [r["AlarmMuteRuleArn"].split("alarm-mute-rule:")[1] for r in listed]
        asked = {name: watch.get_alarm_mute_rule(AlarmMuteRuleName=name) for name in names}
        return {name: {k: v for k, v in rule.items() if k != "ResponseMetadata"} for name, rule in asked.items()}

    def listed():
        _, said = noctop.ls("mutes", "--filter", f"acct:{PAYMENTS}")
        return {item["id"]: item["detail"] for item in said["items"]}

    def same():
        asked, told = rules(), listed()
        assert asked.keys() == told.keys()
        for name, rule in asked.items():
            schedule, detail = rule["Rule"]["Schedule"], told[name]
            assert detail["alarms"] == sorted(rule["MuteTargets"]["AlarmNames"])
            assert (detail["schedule"], detail["timezone"]) == (schedule["Expression"], schedule.get("Timezone"))
            assert detail["rhythm"] == {"ONE_TIME": "once", "RECURRING": "recurring"}[rule["MuteType"]]
            assert detail["expires"] == (fleet.when(rule["ExpireDate"]) if "ExpireDate" in rule else None)
            assert (detail["note"] or "") in rule["Description"]
        return asked

    before = same()
    (mine,) = before.keys() - {"batch"}
    assert listed()[mine]["note"] == "deploying" and listed()["batch"]["by"] is None
    longer, _ = act(noctop, "mute.extend", "--filter", f"kind:mute acct:{PAYMENTS} deploying", "--for", "1h", "--yes")
    assert longer.code == 0, longer.err
    after = same()
    (added,) = after.keys() - before.keys()
    assert {name: after[name] for name in before} == before, "the rules that there were stay as they were"
    assert (after[added]["ExpireDate"] - before[mine]["ExpireDate"]).total_seconds() == 3600
    assert after[added]["StartDate"] < before[mine]["ExpireDate"], "no gap"
    # What comes again and again has no end to move, and is not cancelled by a slip.
    for verb in ("mute.extend", "mute.cancel"):
        refused, said = act(noctop, verb, "--yes", "batch")
        assert refused.code == 1 and "again and again" in str(said), (refused, said)
    assert same() == after
    gone, _ = act(noctop, "mute.cancel", "--yes", mine)
    assert gone.code == 0, gone.err
    assert same().keys() == after.keys() - {mine}
    assert [c["operation"] for c in changes(sim)] == ["PutAlarmMuteRule"] * 3 + ["DeleteAlarmMuteRule"]


def test_a_failed_backup_that_two_operators_try_again_is_one_job(place):
    sim, noctop = place
    backup = sim.client("backup", PAYMENTS)
    failed = [
        (account, job)
        for account in fleet.Fleet(sim, [REGION]).names
        for job in fleet.walk(sim.client("backup", account).list_backup_jobs, "BackupJobs", ByState="FAILED")
    ]
    shown = {i["id"]: i for i in noctop.ls("backups", "--filter", "state:new")[1]["items"]}
    account, job = next((a, j) for a, j in failed if j["BackupJobId"] in shown)
    backup = sim.client("backup", account)

    def jobs():
        return {j["BackupJobId"]: j for j in fleet.walk(backup.list_backup_jobs, "BackupJobs")}

    before = jobs()
    for _ in range(2):
        done, _ = act(noctop, "backup.retry", job["BackupJobId"], "--kind", "backup", "--yes")
        assert done.code == 0, done.err + done.out
    made = [j for ident, j in jobs().items() if ident not in before]
    assert len(made) == 1
    for field in ("BackupVaultName", "ResourceArn", "IamRoleArn"):
        assert made[0][field] == job[field]


def test_patches_are_scanned_for_by_awss_own_document(place):
    sim, noctop = place
    patches = noctop.ls("patches", "--filter", f"acct:{PAYMENTS}")[1]["items"]
    online = [i for i in patches if i["id"].startswith("i-") and i["detail"].get("ping") == "Online"]
    ident = online[0]["id"]
    done, said = act(noctop, "patch.scan", ident, "--kind", "patch", "--yes")
    assert done.code == 0, done.err + done.out
    ssm = sim.client("ssm", PAYMENTS)
    sent = [c for c in ssm.list_commands()["Commands"] if c["DocumentName"] == "AWS-RunPatchBaseline"]
    assert [c["Parameters"]["Operation"] for c in sent if ident in c["InstanceIds"]][0] == ["Scan"]
    risky = noctop.run("act", "patch.install", ident, "--kind", "patch", "--write")
    assert risky.code == 2 and "say --yes" in risky.err


def test_what_does_not_fit_is_said_and_left_alone(place):
    sim, noctop = place
    alarm = sim.client("cloudwatch", PAYMENTS).describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["AlarmName"]
    done, said = act(noctop, "finding.resolve", alarm, "--kind", "alarm")
    assert done.code == 1 and said
    assert all(not line["done"] and "not for items of this kind" in line["message"] for line in said)
    missing = noctop.run("act", "incident.open", alarm, "no-such-thing", "--kind", "alarm", "--write", "--yes")
    assert missing.code == 1 and "no-such-thing" in missing.err
    assert "CreateOpsItem" in {c["operation"] for c in changes(sim)}, "what was found is done"


def test_an_acknowledgement_is_written_through_where_that_is_asked(place):
    sim, noctop = place
    ssm = sim.client("ssm", PAYMENTS)
    # Whatever the hour of the world, these two are open.
    one, other = (
        ssm.create_ops_item(Title=f"Queue {n} is stuck", Source="noc", Description="It does not move.", Severity="3")["OpsItemId"]
        for n in (1, 2)
    )
    made = changes(sim)
    plain = noctop.run("ack", one, "--kind", "incident")
    assert plain.code == 0 and changes(sim) == made, plain.err
    through = noctop.run("ack", other, "--kind", "incident", "--in-aws", "--write", "--note", "mine")
    assert through.code == 0, through.err + through.out
    assert ssm.get_ops_item(OpsItemId=other)["OpsItem"]["Status"] == "InProgress"
    assert ssm.get_ops_item(OpsItemId=one)["OpsItem"]["Status"] == "Open"


def test_a_threat_is_archived_by_the_account_that_may(place):
    sim, noctop = place
    duty = sim.client("guardduty", PAYMENTS)
    detector = duty.list_detectors()["DetectorIds"][0]

    def archived(ident):
        return duty.get_findings(DetectorId=detector, FindingIds=[ident])["Findings"][0]["Service"]["Archived"]

    open_ones = {"Criterion": {"service.archived": {"Eq": ["false"]}}}
    ident = duty.list_findings(DetectorId=detector, FindingCriteria=open_ones)["FindingIds"][0]
    done, said = act(noctop, "finding.archive", ident, "--kind", "finding", "--yes")
    assert done.code == 0, done.err + done.out
    assert archived(ident)


def test_a_resource_is_backed_up_now_and_a_running_job_is_stopped(place):
    sim, noctop = place
    accounts = fleet.Fleet(sim, [REGION]).names
    ran = [
        (account, job)
        for account in accounts
        for job in fleet.walk(sim.client("backup", account).list_backup_jobs, "BackupJobs", ByState="COMPLETED")
    ]
    shown = {i["id"] for i in noctop.ls("backups")[1]["items"]}
    account, job = next((a, j) for a, j in ran if j["BackupJobId"] in shown)
    backup = sim.client("backup", account)
    before = {j["BackupJobId"] for j in fleet.walk(backup.list_backup_jobs, "BackupJobs")}
    done, _ = act(noctop, "backup.start", job["BackupJobId"], "--kind", "backup", "--yes")
    assert done.code == 0, done.err + done.out
    made = [j for j in fleet.walk(backup.list_backup_jobs, "BackupJobs") if j["BackupJobId"] not in before]
    assert [j["ResourceArn"] for j in made] == [job["ResourceArn"]]
    stopped, said = act(noctop, "backup.stop", made[0]["BackupJobId"], "--kind", "backup", "--yes")
    state = backup.describe_backup_job(BackupJobId=made[0]["BackupJobId"])["State"]
    # Not every kind of resource can be stopped; then the service's own words say so and nothing has changed.
    assert (stopped.code == 0) == (state in ("ABORTING", "ABORTED")), (stopped, state)
