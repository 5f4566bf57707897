//! AWS Backup: jobs, what made good for them, what never started, and the organization's answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use noctop::domain::backup::{BackupDetail, JobKind};
use noctop::domain::{
    Cover, Detail, FaultKind, Feed, Item, ItemState, Scope, Severity, Slice, SourceId,
};
use noctop::sim::faults::{Fault, Kind};
use noctop::sources::plan::Planned;
use noctop::sources::{Central, Settings, SourceSettings};
use serde_json::Value;

use super::stand::{DATA, EU, MANAGEMENT, PARTNER, PAYMENTS, Said, Stand, US, WEB, at, scope};

/// Resources whose daily plan was due two hours ago and went each its way; one account is out of the
/// organization's sight.
const BACKUPS: &str = r#"
[backup]
per_cell = 0
uncovered = ["data-prod"]

[[backup.resource]]
name = "goes-well"

[[backup.resource]]
name = "fails"
habit = "fails"

[[backup.resource]]
name = "fails-for-long"
habit = "fails"
lately = "5d"

[[backup.resource]]
name = "recovers"
habit = "recovers"

[[backup.resource]]
name = "is-silent"
habit = "silent"

[[backup.resource]]
name = "has-issues"
habit = "issues"

[[backup.resource]]
name = "is-partial"
habit = "partial"

[[backup.resource]]
name = "is-stopped"
habit = "aborts"
"#;

const DAY: i64 = 86_400;

fn detail(item: &Item) -> &BackupDetail {
    match &item.detail {
        Detail::Backup(detail) => detail,
        other => panic!("{other:?}"),
    }
}

/// What the simulator says was created within the last day.
fn recent(truth: &Value, list: &str, id: &str, now: i64) -> BTreeSet<String> {
    truth[list]
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| {
            let created = job["CreationDate"].as_f64().unwrap();
            #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
            let from = (now - DAY) as f64;
            created >= from
        })
        .map(|job| job[id].as_str().unwrap().to_owned())
        .collect()
}

fn ids(said: &Said) -> BTreeSet<String> {
    said.records.keys().map(ToString::to_string).collect()
}

fn jobs_of<'a>(said: &'a Said, name: &str) -> Vec<&'a Item> {
    let mut jobs: Vec<&Item> = said
        .records
        .values()
        .filter(|item| *item.name == *name)
        .collect();
    jobs.sort_by_key(|item| detail(item).created);
    jobs
}

#[tokio::test]
async fn the_jobs_of_a_day_are_there_and_weighed() {
    let mut stand = Stand::new(BACKUPS).await;
    let here = scope(PARTNER, EU);
    let now = at("2026-11-21T06:00:00Z").as_secs();
    let truth = stand.truth("backup", here);
    let said = stand.ask_scope(SourceId::Backup, "backup", here).await;
    assert_eq!(ids(&said), recent(&truth, "BackupJobs", "BackupJobId", now));
    let copies = stand.ask_scope(SourceId::Backup, "copy", here).await;
    assert_eq!(ids(&copies), recent(&truth, "CopyJobs", "CopyJobId", now));
    let restores = stand.ask_scope(SourceId::Backup, "restore", here).await;
    assert_eq!(
        ids(&restores),
        recent(&truth, "RestoreJobs", "RestoreJobId", now)
    );

    for (name, severity) in [
        ("fails", Severity::High),
        ("fails-for-long", Severity::Critical),
        ("has-issues", Severity::Medium),
        ("is-partial", Severity::Medium),
        ("is-stopped", Severity::Medium),
    ] {
        let jobs = jobs_of(&said, name);
        let last = jobs.last().unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            (last.severity, last.state),
            (severity, ItemState::Open),
            "{name}: {} {:?}",
            last.title,
            detail(last)
        );
    }
    for name in ["goes-well", "recovers"] {
        for job in jobs_of(&said, name) {
            assert_eq!(job.state, ItemState::Calm, "{name}: {}", job.title);
        }
    }
    let recovered = jobs_of(&said, "recovers");
    let failed = recovered
        .iter()
        .find(|job| job.native_state.as_ref() == "FAILED")
        .unwrap();
    let by = detail(failed).superseded_by.clone().unwrap();
    assert_eq!(said.records[&by].native_state.as_ref(), "COMPLETED");
    let long = detail(jobs_of(&said, "fails-for-long")[0]).clone();
    assert_eq!(long.cadence, Some(86_400));
    assert!(long.last_good.unwrap().as_secs() < now - 2 * DAY);
}

#[tokio::test]
async fn a_backup_that_never_started_is_missed_until_it_starts() {
    let mut stand = Stand::new(BACKUPS).await;
    let here = scope(WEB, EU);
    let said = stand.ask_scope(SourceId::Backup, "missed", here).await;
    assert_eq!(said.records.len(), 1, "{:?}", said.records.keys());
    let item = said.named("is-silent");
    assert_eq!(
        (item.severity, item.state),
        (Severity::High, ItemState::Open)
    );
    let facts = detail(item);
    assert_eq!(facts.job, JobKind::Missed);
    assert_eq!(facts.cadence, Some(86_400));
    assert_eq!(item.episode, at("2026-11-21T04:00:00Z"));
    assert_eq!(Some(&facts.id), facts.resource_arn.as_ref());
    let feed = Feed {
        source: SourceId::Backup,
        vantage: here,
        slice: Slice("missed"),
    };
    let raw = stand.raw(feed, item).await;
    assert_eq!(raw["ResourceArn"].as_str(), Some(&*facts.id));
    // Asked again, only what is new is read: the jobs of an hour and the resources.
    stand.clock.advance(Duration::from_secs(600));
    let again = stand.ask_scope(SourceId::Backup, "missed", here).await;
    assert_eq!(again.calls, 2);
    assert_eq!(again.records, said.records);
}

fn slice(plan: &[Planned], slice: &str, vantage: Scope) -> Planned {
    plan.iter()
        .find(|p| p.feed.slice.0 == slice && p.feed.vantage == vantage)
        .unwrap_or_else(|| panic!("{slice} of {vantage} is not planned"))
        .clone()
}

#[tokio::test]
async fn the_organizations_answer_speaks_for_the_accounts_that_it_names() {
    let mut stand = Stand::new(BACKUPS).await;
    let plan = stand.plan(SourceId::Backup, &Settings::default());
    let organization = slice(&plan, "org-backup", scope(MANAGEMENT, EU));
    let said = stand.ask(&organization).await;
    said.outcome.as_ref().unwrap();

    // Members that it named. Not the one out of its sight, not the account outside the organization, and nothing of
    // the other region.
    let covered = [scope(MANAGEMENT, EU), scope(PAYMENTS, EU), scope(WEB, EU)];
    assert_eq!(said.scopes(), covered);
    let rows: BTreeSet<Scope> = said.records.values().map(|item| item.key.scope).collect();
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), covered);

    // It says of each of them what they say themselves.
    let now = at("2026-11-21T06:00:00Z").as_secs();
    for here in covered {
        let truth = stand.truth("backup", here);
        let of_it: BTreeSet<String> = said
            .records
            .values()
            .filter(|item| item.key.scope == here)
            .map(|item| item.key.id.to_string())
            .collect();
        assert_eq!(of_it, recent(&truth, "BackupJobs", "BackupJobId", now));
    }

    // Those that it speaks for are not asked again; the others are.
    for (account, region, asked) in [
        (PAYMENTS, EU, false),
        (WEB, EU, false),
        (DATA, EU, true),
        (PARTNER, EU, true),
        (PAYMENTS, US, true),
    ] {
        let own = stand
            .ask(&slice(&plan, "backup", scope(account, region)))
            .await;
        own.outcome.as_ref().unwrap();
        assert_eq!(own.calls > 0, asked, "{account} {region}");
        assert_eq!(!own.records.is_empty(), asked, "{account} {region}");
        assert_eq!(own.covers, Cover::Vantage);
    }

    // An answer that grew old speaks for nobody.
    stand.clock.advance(Duration::from_secs(301));
    let own = stand
        .ask(&slice(&plan, "backup", scope(PAYMENTS, EU)))
        .await;
    assert!(!own.records.is_empty());
}

#[tokio::test]
async fn a_job_of_a_member_is_judged_and_read_from_the_organizations_account() {
    let mut stand = Stand::new(BACKUPS).await;
    let plan = stand.plan(SourceId::Backup, &Settings::default());
    let organization = slice(&plan, "org-backup", scope(MANAGEMENT, EU));
    let said = stand.ask(&organization).await;
    let item = said
        .records
        .values()
        .find(|item| item.key.scope == scope(PAYMENTS, EU) && item.name.contains("fails-for-long"))
        .unwrap();
    assert_eq!(item.severity, Severity::Critical, "{:?}", detail(item));
    let raw = stand.raw(organization.feed, item).await;
    assert_eq!(raw["BackupJobId"].as_str(), Some(&*item.key.id));
    assert_eq!(raw["AccountId"].as_str(), Some(PAYMENTS));
}

#[tokio::test]
async fn where_the_organization_may_not_be_read_everybody_is_asked_themselves() {
    let mut stand = Stand::new(BACKUPS).await;
    let plan = stand.plan(SourceId::Backup, &Settings::default());
    let organization = slice(&plan, "org-backup", scope(MANAGEMENT, EU));
    stand.ask(&organization).await.outcome.unwrap();
    let denial = Fault::new(Kind::Deny)
        .service("backup")
        .operation("ListBackupJobs");
    let denial = Fault {
        account: Some("management".into()),
        ..denial
    };
    stand.sim.faults().add(denial).unwrap();
    let refused = stand.ask(&organization).await;
    let fault = refused.outcome.as_ref().unwrap_err();
    assert_eq!(fault.kind, FaultKind::Disabled, "{fault}");
    assert!(
        fault.message.contains("every account is asked itself"),
        "{fault}"
    );
    assert_eq!(refused.scopes(), []);
    let own = stand
        .ask(&slice(&plan, "backup", scope(PAYMENTS, EU)))
        .await;
    own.outcome.as_ref().unwrap();
    assert!(!own.records.is_empty());
}

#[tokio::test]
async fn the_organization_is_asked_only_where_it_is_meant_to_be() {
    let stand = Stand::new(BACKUPS).await;
    let vantages = |central| {
        let settings = Settings {
            sources: [(
                SourceId::Backup,
                SourceSettings {
                    organization: central,
                    ..SourceSettings::default()
                },
            )]
            .into(),
        };
        stand
            .plan(SourceId::Backup, &settings)
            .into_iter()
            .filter(|p| p.feed.slice.0 == "org-backup")
            .map(|p| (p.feed.vantage, p.covers))
            .collect::<Vec<_>>()
    };
    let members = |region| -> Cover {
        let accounts = [MANAGEMENT, PAYMENTS, WEB, DATA];
        Cover::Scopes(Arc::from(accounts.map(|account| scope(account, region))))
    };
    assert_eq!(
        vantages(Central::Auto),
        [
            (scope(MANAGEMENT, EU), members(EU)),
            (scope(MANAGEMENT, US), members(US)),
        ]
    );
    assert_eq!(vantages(Central::Off), []);
    assert_eq!(
        vantages(Central::Account(WEB.parse().unwrap()))[0].0,
        scope(WEB, EU)
    );
}
