//! The tail from its first question to its last line: hears the readers, prints what is ready, and says what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};

use crate::aws::fleet::Fleet;
use crate::aws::logs::{Picked, Reading, Target, is_absent, pick, told};
use crate::clock::Clock;
use crate::domain::Fault;
use crate::domain::text::{age, count, places};
use crate::logs::mark::MarkKind;
use crate::logs::tail::{Item, News, Over, Pace, Told, Way};
use crate::logs::{GroupId, Tail};

use super::super::output::{Stop, is_closed, write};
use super::super::{BLIND, FAILED, complain};
use super::print::Printer;
use super::{Asked, Mode};

/// How often it is looked whether anybody still reads.
const TICK: Duration = Duration::from_secs(1);

/// Reads and prints; the exit code.
pub(super) async fn run(fleet: &Arc<Fleet>, asked: Asked, clock: Arc<dyn Clock>) -> ExitCode {
    let Ok(mut stop) = Stop::new() else {
        complain("the system does not tell of signals");
        return ExitCode::from(FAILED);
    };
    let mut tail = Tail::default();
    let picking = pick(
        fleet,
        &asked.accounts,
        &asked.patterns,
        asked.patience,
        &mut tail,
    );
    let picked = tokio::select! {
        picked = picking => picked,
        () = stop.wanted() => return ExitCode::SUCCESS,
    };
    let picked = match picked {
        Ok(picked) => picked,
        Err(faults) => {
            for fault in &faults {
                complain(&fault.to_string());
            }
            complain("no account of the fleet is known, so nothing was read");
            return ExitCode::from(FAILED);
        }
    };
    for fault in &picked.faults {
        complain(&format!("not looked up: {fault}"));
    }
    if picked.targets.is_empty() {
        complain(&format!(
            "no log group is called so in {}",
            places(picked.scopes)
        ));
        return ExitCode::from(FAILED);
    }
    let interactive = std::io::IsTerminal::is_terminal(&std::io::stderr());
    if interactive && asked.wish.follow {
        let how = if asked.mode == Mode::Live {
            "Live Tail"
        } else {
            "polling"
        };
        complain(&format!(
            "{} since {}, by {how}; ctrl-c ends",
            told(&picked),
            asked.wish.since
        ));
    }
    let (pace, paced) = watch::channel(Pace::default());
    let (reading, rx) = Reading::begin(
        picked.targets.clone(),
        &asked.wish,
        asked.mode,
        &clock,
        &paced,
    );
    let mut session = Session {
        book: Book::new(picked),
        printer: Printer::new(asked.look.clone(), tail.origins()),
        tail,
        asked,
        clock,
        shown: 0,
        hidden: 0,
    };
    let end = session.go(rx, pace, &mut stop).await;
    let live = reading.meter().time(session.clock.now());
    // Readers are not waited for: nobody needs what they would still bring.
    drop(reading);
    session.finish(end, live, interactive)
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Everything was read, or as many lines as were wanted.
    Read,
    /// Somebody stopped it.
    Stopped,
    /// Nobody reads what is printed.
    Closed,
}

struct Session {
    book: Book,
    printer: Printer,
    tail: Tail,
    asked: Asked,
    clock: Arc<dyn Clock>,
    shown: u64,
    hidden: u64,
}

impl Session {
    async fn go(
        &mut self,
        mut rx: mpsc::Receiver<Told>,
        pace: watch::Sender<Pace>,
        stop: &mut Stop,
    ) -> End {
        self.printer.begin();
        let mut tick = tokio::time::interval(TICK);
        loop {
            let mut over = false;
            tokio::select! {
                biased;
                () = stop.wanted() => {
                    let rest = self.tail.rest();
                    return self.print(rest).unwrap_or(End::Stopped);
                }
                told = rx.recv() => match told {
                    Some(told) => {
                        self.hear(told);
                        // What else has come is heard before anything is printed: one write for all.
                        while let Ok(told) = rx.try_recv() {
                            self.hear(told);
                        }
                    }
                    None => over = true,
                },
                _ = tick.tick() => {
                    if is_closed() {
                        return End::Closed;
                    }
                }
            }
            let ready = if over {
                self.tail.rest()
            } else {
                self.tail.ready(self.clock.now())
            };
            let now = self.tail.pace();
            pace.send_if_modified(|pace| std::mem::replace(pace, now) != now);
            if let Some(end) = self.print(ready) {
                return end;
            }
            if over {
                return End::Read;
            }
        }
    }

    fn hear(&mut self, told: Told) {
        self.book.hear(&told);
        self.tail.hear(told, self.clock.now());
    }

    /// Prints what passes; how it ends, if it does.
    fn print(&mut self, items: Vec<Item>) -> Option<End> {
        let mut end = None;
        for item in items {
            match item {
                Item::Event(event) => {
                    if !self.asked.sieve.passes_line(event.text.as_bytes()) {
                        self.hidden += 1;
                        continue;
                    }
                    self.printer.event(self.tail.origins(), &event);
                    self.shown += 1;
                    if self.asked.max_lines.is_some_and(|most| self.shown >= most) {
                        end = Some(End::Read);
                        break;
                    }
                }
                Item::Mark(mark) => {
                    let missing = matches!(
                        mark.kind,
                        MarkKind::Gap | MarkKind::Sampled | MarkKind::Dropped
                    );
                    self.book.missing |= missing;
                    if !self.printer.mark(&mark) {
                        complain(&mark.to_string());
                    }
                }
            }
        }
        if write(&self.printer.take()) {
            end
        } else {
            Some(End::Closed)
        }
    }

    fn finish(mut self, end: End, live: Duration, interactive: bool) -> ExitCode {
        self.printer.end(&self.document(live));
        let written = end != End::Closed && write(&self.printer.take());
        self.book.tell_absent();
        if end == End::Stopped || (interactive && written) {
            complain(&self.summary(live));
        }
        self.book.exit(self.shown)
    }

    /// One line that says what came of it.
    fn summary(&self, live: Duration) -> String {
        let counts = self.tail.counts();
        let events = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX), "event");
        let mut parts = vec![format!("{} shown", events(self.shown))];
        if self.hidden > 0 {
            parts.push(format!("{} filtered out", self.hidden));
        }
        let beyond = counts.events.saturating_sub(self.shown + self.hidden);
        if beyond > 0 {
            parts.push(format!("{beyond} more were read"));
        }
        parts.push(match counts.gaps {
            0 => "no gap".to_owned(),
            1 => format!("1 gap of {}", age(counts.missing)),
            many => format!("{many} gaps of {} together", age(counts.missing)),
        });
        if counts.sampled > 0 {
            parts.push("only a sample at times".to_owned());
        }
        if self.tail.late() > 0 {
            parts.push(format!("{} late", self.tail.late()));
        }
        if !live.is_zero() {
            let minutes = live.as_secs().div_ceil(60);
            parts.push(format!(
                "{} of Live Tail billed",
                count(usize::try_from(minutes).unwrap_or(0), "minute")
            ));
        }
        parts.join(", ")
    }

    /// What stands in the JSON document beside the events.
    fn document(&self, live: Duration) -> Map<String, Value> {
        let counts = self.tail.counts();
        let unread: Vec<Value> = self
            .book
            .unread()
            .map(|(target, fault)| unread(target, fault))
            .collect();
        let document = json!({
            "asOf": self.clock.now().to_string(),
            "coverage": {
                "groups": self.book.targets.len(),
                "unread": unread,
                "notLookedUp": self.book.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
            },
            "counts": {
                "shown": self.shown,
                "filteredOut": self.hidden,
                "gaps": counts.gaps,
                "gapSeconds": counts.missing.as_secs(),
                "liveSeconds": live.as_secs(),
            },
        });
        match document {
            Value::Object(document) => document,
            _ => Map::new(),
        }
    }
}

fn unread(target: &Target, fault: &Fault) -> Value {
    json!({
        "account": target.scope.account.to_string(),
        "region": target.scope.region.as_str(),
        "group": &*target.name,
        "fault": fault.kind.word(),
        "message": &*fault.message,
    })
}

/// How each group stands.
struct Book {
    targets: BTreeMap<GroupId, Target>,
    faults: Vec<Fault>,
    scopes: usize,
    /// Groups of which something was read.
    read: BTreeSet<GroupId>,
    absent: BTreeSet<GroupId>,
    away: BTreeMap<GroupId, Fault>,
    /// Whether something is missing between the lines.
    missing: bool,
    told: BTreeSet<String>,
}

impl Book {
    fn new(picked: Picked) -> Self {
        Self {
            targets: picked
                .targets
                .into_iter()
                .map(|target| (target.group, target))
                .collect(),
            faults: picked.faults,
            scopes: picked.scopes,
            read: BTreeSet::new(),
            absent: BTreeSet::new(),
            away: BTreeMap::new(),
            missing: false,
            told: BTreeSet::new(),
        }
    }

    fn hear(&mut self, told: &Told) {
        let group = told.group;
        let label = || {
            self.targets
                .get(&group)
                .map_or_else(String::new, Target::label)
        };
        match &told.news {
            News::CaughtUp | News::Over(Over::Complete, _) => {
                self.read.insert(group);
            }
            News::Away(fault) => {
                let text = if self.read.contains(&group)
                    && fault.code.as_deref() == Some("ResourceNotFoundException")
                {
                    format!(
                        "{} is not there any more; the rest goes on, and it is looked for again",
                        label()
                    )
                } else {
                    format!("{} is not read at present: {fault}", label())
                };
                self.say(text);
                self.away.insert(group, fault.clone());
            }
            News::Well => {
                let text = format!("{} is read again; nothing was lost", label());
                self.told.clear();
                self.say(text);
                self.away.remove(&group);
            }
            // A group of this name need not be in every account.
            News::Goes(Way::Polling, Some(fault)) if !is_absent(fault) => {
                let text = format!("polling instead of Live Tail: {}", fault.message);
                self.say(text);
            }
            News::Over(Over::Absent, _) => {
                self.absent.insert(group);
            }
            News::Over(Over::GaveUp, Some(fault)) => {
                let text = format!("{} was not read: {fault}", label());
                self.say(text);
                self.away.insert(group, fault.clone());
            }
            _ => {}
        }
    }

    /// The same thing is said once: a fault of an account concerns all its groups.
    fn say(&mut self, text: String) {
        if self.told.insert(text.clone()) {
            complain(&text);
        }
    }

    /// Names that no account and region has.
    fn nowhere(&self) -> BTreeSet<&str> {
        let there = |target: &&Target| !self.absent.contains(&target.group);
        let found: BTreeSet<&str> = self
            .targets
            .values()
            .filter(there)
            .map(|target| &*target.name)
            .collect();
        let all = self.targets.values().map(|target| &*target.name);
        all.filter(|name| !found.contains(name)).collect()
    }

    fn tell_absent(&self) {
        for name in self.nowhere() {
            let places = match self.scopes {
                1 => "the account and region that is watched".to_owned(),
                many => format!("any of {many} accounts and regions"),
            };
            complain(&format!("there is no log group {name} in {places}"));
        }
    }

    /// What could not be read, with the reason.
    fn unread(&self) -> impl Iterator<Item = (&Target, &Fault)> {
        self.away
            .iter()
            .filter_map(|(group, fault)| Some((self.targets.get(group)?, fault)))
    }

    fn exit(&self, shown: u64) -> ExitCode {
        if self.read.is_empty() && shown == 0 && (self.away.len() + self.absent.len() > 0) {
            return ExitCode::from(FAILED);
        }
        let unread = !self.away.is_empty() || !self.faults.is_empty() || !self.nowhere().is_empty();
        if self.missing || unread {
            return ExitCode::from(BLIND);
        }
        ExitCode::SUCCESS
    }
}
