//! `noctop watch`: what changes in the fleet, as JSON lines until it is stopped.

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::clock::Timestamp;
use crate::domain::{Feed, FeedState, ItemKey, Kind};
use crate::filter::Filter;
use crate::history::{Fact, Happened};
use crate::ledger::Cursor;
use crate::lifecycle::State;
use crate::model::Recorder;
use crate::sources::{self, Live};
use crate::store::{Changes, Only, Row, RowId, Store, export};

use super::output::{Stop, escaped, is_closed, write};
use super::stage::{self, Refusal, Stage};
use super::{BLIND, FAILED, Start, USAGE, complain};

/// Batches that may wait while the store is busy.
const WAITING: usize = 256;

/// How often deadlines and the ledger are looked at.
const TICK: Duration = Duration::from_secs(1);

/// How often the ledger is read.
const LEDGER_EVERY: Duration = Duration::from_secs(5);

/// Prints changes as JSON lines until it is stopped: what comes, gets worse, is taken, clears, and which feeds can be read.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub struct Watch {
    /// Only these kinds; everything where none is named.
    kinds: Vec<What>,
    /// Only what matches this filter, for example 'sev:>=high acct:prod*'.
    #[arg(
        long,
        value_name = "EXPR",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    filter: String,
    /// Leaves out what was there before: only what happens from now on.
    #[arg(long)]
    new: bool,
    /// Ends by itself after this long.
    #[arg(long = "for", value_name = "DURATION", value_parser = super::duration)]
    lasts: Option<Duration>,
    #[command(flatten)]
    start: Start,
}

const AFTER: &str = "\
One line per event, each with `at` and `event`:
  found came worse back cleared     with `item`, as `noctop ls --format json` has it; found: it was there before
  rated                             with `item`: its severity is another by rules or names, it is not worse
  taken given-back                  with `item`: somebody acknowledged or snoozed it, or has it no longer
  feed                              with `feed`, as `noctop ls feeds` has it: late, off or blind, and well again
  loaded                            once, when every feed has answered for the first time, with `coverage`

Exit codes: 0 stopped and everything could be read, 1 failed, 2 command line or configuration,
4 stopped while some feeds were blind.

Examples:
  noctop watch alarms --filter 'sev:>=high' | jq -r '[.event, .item.title] | @tsv'
  noctop watch --new --for 8h --demo";

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// CloudWatch alarms.
    Alarms,
    /// Findings.
    Findings,
    /// Incidents.
    Incidents,
    /// Maintenance windows.
    Windows,
    /// Patch compliance.
    Patches,
    /// Backup, copy and restore jobs.
    Backups,
    /// Mute rules.
    Mutes,
    /// Events of AWS Health.
    Health,
    /// Rules of AWS Config that resources break.
    Compliance,
    /// Feeds alone, or beside the kinds that are named.
    Feeds,
}

impl What {
    const fn kind(self) -> Option<Kind> {
        match self {
            Self::Alarms => Some(Kind::Alarm),
            Self::Findings => Some(Kind::Finding),
            Self::Incidents => Some(Kind::Incident),
            Self::Windows => Some(Kind::Window),
            Self::Patches => Some(Kind::Patch),
            Self::Backups => Some(Kind::Backup),
            Self::Mutes => Some(Kind::Mute),
            Self::Health => Some(Kind::Health),
            Self::Compliance => Some(Kind::Compliance),
            Self::Feeds => None,
        }
    }
}

impl Watch {
    /// Watches until it is stopped; the exit code says whether it saw everything at its end.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.watch() {
            Ok(code) => code,
            Err(refusal) => {
                complain(&refusal.to_string());
                ExitCode::from(USAGE)
            }
        }
    }

    fn watch(self) -> Result<ExitCode, Refusal> {
        let filter =
            Filter::parse(&self.filter).map_err(|why| Refusal(vec![format!("--filter: {why}")]))?;
        let flags = self.start.fleet.clone().into_flags();
        let stage = Stage::set(&flags, self.start.demo.scenario.as_deref())?;
        let filter = filter.meant_by(&stage.operator());
        for warning in &stage.warnings {
            complain(warning);
        }
        let mut kinds: HashSet<Kind> = self.kinds.iter().filter_map(|what| what.kind()).collect();
        if self.kinds.is_empty() {
            kinds.extend(Kind::ALL);
        }
        let watcher = Watcher {
            store: stage.store(None),
            recorder: Recorder::default(),
            asked: Asked {
                kinds,
                filter,
                new: self.new,
                feeds: self.kinds.contains(&What::Feeds),
            },
            shown: HashSet::new(),
            taken: HashMap::new(),
            troubled: HashSet::new(),
            loaded: false,
        };
        Stage::runtime()?.block_on(watcher.go(&stage, self.lasts))
    }
}

/// What is to be told.
struct Asked {
    kinds: HashSet<Kind>,
    filter: Filter,
    new: bool,
    /// Every turn of every feed, too.
    feeds: bool,
}

/// The watch as it goes on.
struct Watcher {
    store: Store,
    recorder: Recorder,
    asked: Asked,
    /// Items that were told of and have not cleared since.
    shown: HashSet<ItemKey>,
    /// What somebody has, and since when.
    taken: HashMap<RowId, (State, Timestamp)>,
    /// Feeds that were told of as late, off or blind.
    troubled: HashSet<Feed>,
    loaded: bool,
}

impl Watcher {
    async fn go(mut self, stage: &Stage, lasts: Option<Duration>) -> Result<ExitCode, Refusal> {
        let Ok(mut stop) = Stop::new() else {
            complain("the system does not tell of signals");
            return Ok(ExitCode::from(FAILED));
        };
        let clock = Stage::clock();
        let ends = lasts.map(|lasts| clock.now().plus(lasts));
        let fleet = stage::open(stage.config.fleet.clone(), Arc::clone(&clock)).await?;
        let (tx, mut batches) = mpsc::channel(WAITING);
        let mut census = fleet.watch();
        let live = Live::start(
            Arc::clone(&fleet),
            self.sources(stage),
            Arc::clone(&clock),
            tx,
        );
        let ledger = match stage.ledger() {
            Ok(ledger) => Some(ledger),
            Err(trouble) => {
                complain(&format!("who has what is not told: {}", trouble.message));
                None
            }
        };
        let mut cursor = Cursor::default();
        let mut read_at = None;
        let mut tick = tokio::time::interval(TICK);
        self.recorder.begin(&self.store, clock.now());
        loop {
            let changes = tokio::select! {
                batch = batches.recv() => match batch {
                    Some(batch) => self.store.apply(batch),
                    None => break,
                },
                told = census.changed() => {
                    if told.is_err() {
                        break;
                    }
                    let roster = census.borrow_and_update().roster.clone();
                    self.store.set_roster(Arc::new(roster), clock.now())
                }
                _ = tick.tick() => {
                    let now = clock.now();
                    let mut changes = self.store.tick(now);
                    let is_due = read_at.is_none_or(|at: Timestamp| now.since(at) >= LEDGER_EVERY);
                    if let Some(ledger) = ledger.as_ref().filter(|_| is_due) {
                        read_at = Some(now);
                        if let Ok(news) = ledger.news(cursor).await {
                            cursor = news.cursor;
                            changes.absorb(if news.whole {
                                self.store.relearn(news.entries, now)
                            } else {
                                self.store.learn(news.entries, now)
                            });
                        }
                    }
                    changes
                }
                () = stop.wanted() => break,
            };
            let now = clock.now();
            let text = self.told(&changes, now);
            if !write(&text) || text.is_empty() && is_closed() {
                break;
            }
            if ends.is_some_and(|ends| ends <= now) {
                break;
            }
        }
        live.stop().await;
        let coverage = self.store.coverage(&Only::default(), clock.now());
        Ok(if coverage.blind > 0 {
            ExitCode::from(BLIND)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// Only the sources that what is watched needs.
    fn sources(&self, stage: &Stage) -> sources::Settings {
        let mut settings = stage.sources();
        let kinds = &self.asked.kinds;
        let needs = |source: &sources::Source| {
            // Whether an alarm is muted is a fact about it.
            let muted = source.kinds.contains(&Kind::Mute) && kinds.contains(&Kind::Alarm);
            kinds.is_empty() || muted || source.kinds.iter().any(|kind| kinds.contains(kind))
        };
        for source in sources::ALL.iter().filter(|source| !needs(source)) {
            settings.sources.entry(source.id).or_default().enabled = false;
        }
        settings
    }

    /// The lines about these changes.
    fn told(&mut self, changes: &Changes, now: Timestamp) -> String {
        self.recorder.note(&self.store, changes, now);
        let mut lines = Vec::new();
        for fact in self
            .recorder
            .rest(now)
            .into_iter()
            .flat_map(|facts| facts.facts)
        {
            match fact {
                Fact::Item {
                    key, happened, at, ..
                } => {
                    lines.extend(self.item(&key, happened, at, now));
                }
                Fact::Feed { feed, state, at } => lines.extend(self.feed(&feed, state, at, now)),
            }
        }
        for id in &changes.removed {
            self.taken.remove(id);
        }
        for id in &changes.touched {
            lines.extend(self.taken(*id, now));
        }
        if !self.loaded {
            let coverage = self.store.coverage(&Only::default(), now);
            if coverage.feeds > 0 && coverage.loading == 0 {
                self.loaded = true;
                let coverage = export::coverage_json(&self.store, &Only::default(), now);
                lines.push(
                    json!({ "at": now.to_string(), "event": "loaded", "coverage": coverage }),
                );
            }
        }
        lines
            .into_iter()
            .map(|line| escaped(line.to_string()) + "\n")
            .collect()
    }

    /// A line about what happened to an item, where it is asked for.
    fn item(
        &mut self,
        key: &ItemKey,
        happened: Happened,
        at: Timestamp,
        now: Timestamp,
    ) -> Option<Value> {
        if !self.asked.kinds.contains(&key.kind) {
            return None;
        }
        let row = self.store.row(self.store.find(key)?)?;
        let roster = self.store.roster();
        let matches = self.asked.filter.matches(&row.subject(roster), now);
        let is_known = self.shown.contains(key);
        let event = match happened {
            Happened::Found if is_known => "rated",
            Happened::Found => "found",
            Happened::Came => "came",
            Happened::Rose => "worse",
            Happened::Back => "back",
            Happened::Cleared => "cleared",
        };
        // What was told of is also told of when it clears, although the filter may have spoken of its state.
        let is_told = if happened == Happened::Cleared {
            self.shown.remove(key)
        } else {
            let was_there = happened == Happened::Found && (!is_known || !self.loaded);
            matches && {
                self.shown.insert(key.clone());
                !(self.asked.new && was_there)
            }
        };
        is_told.then(|| json!({ "at": at.to_string(), "event": event, "item": self.json(row) }))
    }

    /// A line where somebody took a row or gave it back.
    fn taken(&mut self, id: RowId, now: Timestamp) -> Option<Value> {
        let row = self.store.row(id)?;
        if !row.is_open() || !self.shown.contains(row.key()) {
            self.taken.remove(&id);
            return None;
        }
        let is = match row.state() {
            State::Acknowledged | State::Snoozed => Some((row.state(), row.taken_at())),
            State::New | State::Clear => None,
        };
        let was = match is {
            Some(is) => self.taken.insert(id, is),
            None => self.taken.remove(&id),
        };
        let event = match (was, is) {
            (was, is) if was == is => return None,
            (_, Some(_)) => "taken",
            (_, None) => "given-back",
        };
        Some(json!({ "at": now.to_string(), "event": event, "item": self.json(row) }))
    }

    /// A line about a feed that cannot be read, is late or off, and about its recovery; about every change where
    /// feeds were asked for by name.
    fn feed(
        &mut self,
        feed: &Feed,
        state: Option<FeedState>,
        at: Timestamp,
        now: Timestamp,
    ) -> Option<Value> {
        let is_fine = matches!(state, Some(FeedState::Fresh | FeedState::Loading) | None);
        let is_news = if is_fine {
            self.troubled.remove(feed)
        } else {
            self.troubled.insert(*feed);
            true
        };
        let about = match self.store.feed(feed, now) {
            Some(report) => export::feed_json(&report, self.store.roster()),
            None => json!({
                "source": feed.source.word(),
                "slice": feed.slice.0,
                "account": { "id": feed.vantage.account.to_string() },
                "region": feed.vantage.region.to_string(),
                "state": null,
            }),
        };
        let line = json!({ "at": at.to_string(), "event": "feed", "feed": about });
        (is_news || self.asked.feeds).then_some(line)
    }

    fn json(&self, row: &Row) -> Value {
        let rule = row.rule().and_then(|at| self.store.rule(at));
        export::item_json(row, self.store.roster(), rule)
    }
}
