//! `noctop doctor`: whose credentials are used in each account, what can be read there, and which permissions are missing.

mod saving;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::aws::ops::{GET_CALLER_IDENTITY, READS};
use crate::domain::text::{clean, count};
use crate::domain::{Account, AccountId, FaultKind, FeedState, Kind, Region, Scope, SourceId};
use crate::filter::Filter;
use crate::panes::feeds;
use crate::store::{Calls, FeedReport};

use saving::Proposal;

use super::output::{escaped, write};
use super::snapshot::Snapshot;
use super::stage::Stage;
use super::{BLIND, FAILED, Start, USAGE, complain};

/// Tries everything that a console would read, and says as whom, what works, what does not, and which permissions are missing.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Doctor {
    /// How to print it: for people (the default), or one object for machines.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Stop waiting for slow feeds after this long; what has not answered by then counts as blind.
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = super::duration)]
    timeout: Duration,
    #[command(flatten)]
    start: Start,
}

const AFTER: &str = "\
Only what a console reads by itself is tried. Logs, CloudTrail and metrics are read when somebody looks at them, and
acting needs roles of its own: `noctop iam-policy` prints everything that is needed.

Exit codes: 0 everything can be read, 1 nothing can, 2 command line or configuration, 4 some feeds are blind.

Examples:
  noctop doctor
  noctop doctor -p payments --format json
  noctop doctor --demo region-outage";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One object.
    Json,
}

/// What was found about one account.
struct Found<'a> {
    id: AccountId,
    account: Option<&'a Account>,
    name: String,
    /// The identity that is used there, or why nobody is let in.
    identity: Result<String, String>,
    feeds: Vec<&'a FeedReport>,
}

impl Found<'_> {
    /// The IAM actions that AWS refused, with the regions in which it did.
    fn missing(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut missing: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for feed in &self.feeds {
            let Some(fault) = feed.fault.as_ref().filter(|f| f.kind == FaultKind::Denied) else {
                continue;
            };
            let text = fault.to_string();
            let named = READS.iter().filter(|op| {
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
                words.into_iter().any(|word| word == op.action)
            });
            for op in named {
                let region = region(feed.feed.vantage.region);
                missing.entry(op.action).or_default().insert(region);
            }
        }
        missing
    }
}

impl Doctor {
    /// Examines the fleet and prints what was found.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let flags = self.start.fleet.clone().into_flags();
        let demo = self.start.demo.scenario.as_deref();
        // The stage outlives the snapshot: the identities are asked for after it, of the demo's simulator as well.
        let taken = Stage::set(&flags, demo).and_then(|stage| {
            let snapshot = Snapshot::of(&stage, Kind::ALL, &Filter::default(), self.timeout)?;
            Ok((stage, snapshot))
        });
        let (_stage, snapshot) = match taken {
            Ok(taken) => taken,
            Err(refusal) => {
                complain(&refusal.to_string());
                return ExitCode::from(USAGE);
            }
        };
        let reports = snapshot.store.feeds(snapshot.at);
        let found = examine(&snapshot, &reports);
        let text = match self.format {
            Format::Text => text(&snapshot, &found, &reports),
            Format::Json => escaped(format!("{:#}\n", as_json(&snapshot, &found, &reports))),
        };
        write(&text);
        let coverage = snapshot.coverage();
        let is_anything_read = coverage.fresh > 0;
        match coverage.blind + coverage.loading {
            _ if found.is_empty() || !is_anything_read => ExitCode::from(FAILED),
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(BLIND),
        }
    }
}

fn examine<'a>(snapshot: &'a Snapshot, reports: &'a [FeedReport]) -> Vec<Found<'a>> {
    let accounts: Vec<&Account> = snapshot.accounts().collect();
    let mut found = Vec::new();
    for account in accounts {
        let regions = account.regions.iter().copied();
        let feeds: Vec<&FeedReport> = reports
            .iter()
            .filter(|report| report.feed.vantage.account == account.id)
            .collect();
        found.push(Found {
            id: account.id,
            name: account.name.to_string(),
            account: Some(account),
            identity: identity(snapshot, account.id, regions),
            feeds,
        });
    }
    found
}

/// As whom an account is read, asked in the first of its regions.
fn identity(
    snapshot: &Snapshot,
    account: AccountId,
    mut regions: impl Iterator<Item = Region>,
) -> Result<String, String> {
    let region = regions.next().ok_or("no region of it is watched")?;
    let scope = Scope { account, region };
    let access = snapshot
        .fleet
        .access(scope)
        .ok_or("it is not part of the fleet any more")?;
    let asked = access.sts(&GET_CALLER_IDENTITY, |sts, with| {
        sts.get_caller_identity()
            .customize()
            .config_override(with)
            .send()
    });
    let answered = snapshot.runtime.block_on(asked);
    let out = answered.map_err(|fault| fault.to_string())?;
    Ok(clean(out.arn.as_deref().unwrap_or_default()).into_owned())
}

fn region(region: Region) -> String {
    crate::panes::cells::region_text(&region)
}

/// The states of one source in an account, region by region; the same state once.
fn states(found: &Found<'_>, source: SourceId) -> Option<String> {
    let mut by_region: BTreeMap<String, FeedState> = BTreeMap::new();
    for feed in found.feeds.iter().filter(|f| f.feed.source == source) {
        // The worst of its slices speaks for a region.
        let rank = |state: FeedState| match state {
            FeedState::Fresh => 0,
            FeedState::Off => 1,
            FeedState::Late => 2,
            FeedState::Loading => 3,
            FeedState::Blind => 4,
        };
        let known = by_region
            .entry(region(feed.feed.vantage.region))
            .or_insert(feed.state);
        if rank(feed.state) > rank(*known) {
            *known = feed.state;
        }
    }
    let mut by_state: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (region, state) in by_region {
        let word = match state {
            FeedState::Fresh => "ok",
            other => other.word(),
        };
        by_state.entry(word).or_default().push(region);
    }
    let parts = by_state
        .into_iter()
        .map(|(word, regions)| format!("{word}: {}", regions.join(", ")));
    let text = parts.collect::<Vec<_>>().join("   ");
    (!text.is_empty()).then_some(text)
}

fn text(snapshot: &Snapshot, found: &[Found<'_>], reports: &[FeedReport]) -> String {
    let mut lines = Vec::new();
    for fault in of_the_fleet(reports) {
        lines.push(format!("fleet: {fault}"));
    }
    if let Some(trouble) = &snapshot.ledger {
        lines.push(format!("ledger: {}", trouble.message));
    }
    for account in found {
        lines.push(format!("{}  {}", account.name, account.id));
        match &account.identity {
            Ok(arn) => lines.push(format!("  as            {arn}")),
            Err(why) => lines.push(format!("  as            NOBODY: {why}")),
        }
        for source in SourceId::ALL {
            if let Some(states) = states(account, *source) {
                lines.push(format!("  {:<13} {states}", source.word()));
            }
        }
        let mut said: BTreeSet<String> = BTreeSet::new();
        for feed in &account.feeds {
            if let Some(fault) = &feed.fault
                && said.insert(fault.to_string())
            {
                lines.push(format!(
                    "  {:<13} {fault}",
                    if said.len() == 1 { "why" } else { "" }
                ));
            }
        }
        for (action, regions) in account.missing() {
            let regions: Vec<_> = regions.into_iter().collect();
            lines.push(format!(
                "  MISSING       {action} in {}",
                regions.join(", ")
            ));
        }
        lines.push(String::new());
    }
    let coverage = snapshot.coverage();
    let missing: BTreeSet<&str> = found.iter().flat_map(|f| f.missing().into_keys()).collect();
    let entered = found.iter().filter(|f| f.identity.is_ok()).count();
    lines.push(format!(
        "{entered} of {} can be entered; of {}, {} answer, {} are off, {} are blind.",
        count(found.len(), "account"),
        count(coverage.feeds, "feed"),
        coverage.fresh,
        coverage.off,
        coverage.blind + coverage.loading,
    ));
    lines.push(format!(
        "A console takes {} (of which CloudWatch's are billed, at {} USD a thousand).",
        feeds::pace(coverage.calls),
        Calls::PRICE * 1_000.0,
    ));
    for proposal in saving::proposals(reports) {
        lines.push(format!("Fewer calls: {}", proposal.text()));
    }
    if !missing.is_empty() {
        let actions: Vec<_> = missing.into_iter().collect();
        lines.push(format!(
            "Missing at least: {}. `noctop iam-policy` prints the whole document of the role that reads.",
            actions.join(", ")
        ));
    }
    lines.join("\n") + "\n"
}

/// What is wrong with the questions that are asked for the fleet as a whole.
fn of_the_fleet(reports: &[FeedReport]) -> Vec<String> {
    let whole = |report: &&FeedReport| report.feed.vantage.account == AccountId::UNKNOWN;
    let faults = reports
        .iter()
        .filter(whole)
        .filter_map(|report| report.fault.as_ref());
    faults.map(ToString::to_string).collect()
}

fn as_json(snapshot: &Snapshot, found: &[Found<'_>], reports: &[FeedReport]) -> Value {
    let roster = snapshot.store.roster();
    let accounts = found.iter().map(|account| {
        let feeds: Vec<Value> = account
            .feeds
            .iter()
            .map(|report| crate::store::export::feed_json(report, roster))
            .collect();
        let missing: Vec<Value> = account
            .missing()
            .into_iter()
            .map(|(action, regions)| json!({ "action": action, "regions": regions }))
            .collect();
        let regions = account.account.map_or_else(Vec::new, |account| {
            account
                .regions
                .iter()
                .map(|region| region.to_string())
                .collect()
        });
        json!({
            "id": account.id.to_string(),
            "name": account.name,
            "regions": regions,
            "identity": account.identity.as_ref().ok(),
            "refused": account.identity.as_ref().err(),
            "missing": missing,
            "feeds": feeds,
        })
    });
    let coverage = crate::store::export::coverage_json(
        &snapshot.store,
        &crate::store::Only::default(),
        snapshot.at,
    );
    json!({
        "asOf": snapshot.at.to_string(),
        "coverage": coverage,
        "fleet": of_the_fleet(reports),
        "proposals": saving::proposals(reports).iter().map(Proposal::json).collect::<Vec<_>>(),
        "ledger": snapshot.ledger.as_ref().map(|trouble| trouble.message.clone()),
        "accounts": accounts.collect::<Vec<_>>(),
    })
}
