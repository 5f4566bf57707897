//! Counting over weeks: one pass over the record, item by item, in memory that grows with the accounts, the days and the
//! ten-minute periods and never with the episodes.
//!
//! Reports of every kind count with it; the words are those for alarms, which most is counted of. The terms are those of
//! ISA-18.2 and EEMUA 191; what noctop means by each stands at its constant, and reports print it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::domain::{AccountId, ItemKey, Severity};
use crate::ledger::key;
use crate::shelf;

use super::read::{Named, Window};
use super::shelf::{Trouble, known};
use super::watch::{self, Span};

/// The periods in which alarms are counted.
pub const PERIOD: Duration = Duration::from_secs(600);
/// An alarm chatters when it comes so often …
pub const CHATTERS: usize = 3;
/// … within this long. The field's three times in one minute cannot happen to what is evaluated once a minute.
pub const CHATTERS_WITHIN: Duration = Duration::from_secs(30 * 60);
/// An alarm is fleeting when it is over before anybody could have done anything.
pub const FLEETING: Duration = Duration::from_secs(120);
/// An alarm is stale when it is in ALARM for longer than this.
pub const STALE: Duration = Duration::from_secs(24 * 3_600);
/// How much of a period may be unwatched for it to count as watched: a console that is started again takes seconds.
const LAPSE: Duration = Duration::from_secs(60);
const DAY: i64 = 24 * 3_600 * 1_000;
/// How many of the worst are named.
const NAMED: usize = 50;

/// One day, from midnight to midnight UTC, as far as it lies within the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// What of it lies within the window.
    pub span: Span,
    /// How long a console watched.
    pub watched: Duration,
    /// Alarms that came.
    pub came: u32,
    /// Alarms that were in ALARM at its end.
    pub standing: u32,
    /// Those of them that had been for longer than [`STALE`].
    pub stale: u32,
}

impl Day {
    /// A day of which nothing is known but for how long a console watched.
    #[must_use]
    pub const fn new(span: Span, watched: Duration) -> Self {
        Self {
            span,
            watched,
            came: 0,
            standing: 0,
            stale: 0,
        }
    }
}

/// Ten minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// When it begins.
    pub from: Timestamp,
    /// Alarms that came in it.
    pub came: u32,
    /// Whether a console watched all the time.
    pub watched: bool,
}

/// How often one alarm came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Often {
    /// Which one.
    pub item: Arc<Named>,
    /// How often.
    pub came: u32,
    /// How often it came for the [`CHATTERS`]th time within [`CHATTERS_WITHIN`].
    pub chattered: u32,
    /// How often it was over within [`FLEETING`].
    pub fleeting: u32,
    /// The worst that it was.
    pub worst: Severity,
}

/// An alarm that is in ALARM at the end of the window, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which one.
    pub item: Arc<Named>,
    /// Since when.
    pub since: Timestamp,
    /// The worst that it was.
    pub worst: Severity,
}

/// What one account brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfAccount {
    /// Alarms that came.
    pub came: u32,
    /// Alarms in ALARM at the end of the window.
    pub standing: u32,
    /// Those of them for longer than [`STALE`].
    pub stale: u32,
    /// Alarms that chattered.
    pub chattering: u32,
}

/// How alarms came within a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Every period of the window.
    pub periods: Vec<Period>,
    /// Every day of the window.
    pub days: Vec<Day>,
    /// How many came, by the worst that each was; index with `severity as usize`.
    pub came: [u64; Severity::ALL.len()],
    /// How many of them no console saw come: their time is the service's.
    pub found: u64,
    /// How many were over within [`FLEETING`].
    pub fleeting: u64,
    /// How many different alarms came.
    pub alarms: u32,
    /// How many of them chattered at some time.
    pub chattering: u32,
    /// How many were in ALARM on average, over the whole window as far as is known.
    pub standing_mean: f64,
    /// How many are in ALARM at the end of the window.
    pub standing: u32,
    /// Those of them for longer than [`STALE`].
    pub stale: u32,
    /// Those that came most often, the most often first; some dozens at most.
    pub often: Vec<Often>,
    /// Those that chattered most often, likewise.
    pub chatterers: Vec<Often>,
    /// Those that stand longest, the longest first, likewise.
    pub longest: Vec<Standing>,
    /// By account.
    pub accounts: HashMap<AccountId, OfAccount>,
    /// When no console was watching.
    pub gaps: Vec<Span>,
}

impl Tally {
    /// How many came.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.came.iter().sum()
    }

    /// Whether no console was watching at any time.
    #[must_use]
    pub fn is_unwatched(&self) -> bool {
        self.days.iter().all(|day| day.watched.is_zero())
    }
}

/// Counts the items of a window that are `meant`. A missing file is an empty history: nobody watched.
///
/// # Errors
/// Why it cannot be read.
pub fn tally(
    path: &Path,
    window: Window,
    meant: impl Fn(&ItemKey) -> bool,
) -> Result<Tally, Trouble> {
    let wrong = |why: rusqlite::Error| Trouble::of(path, why.into());
    let db = shelf::look(path).map_err(wrong)?;
    // A file that was made and never written to has no tables.
    let form = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get(0));
    let has_tables = match &db {
        Some(db) => form(db).map(|form: i64| form > 0).map_err(wrong)?,
        None => false,
    };
    match db.filter(|_| has_tables) {
        Some(db) => count(&db, window, meant).map_err(wrong),
        None => Ok(Pass::new(window, &[]).end()),
    }
}

fn count(
    db: &Connection,
    window: Window,
    meant: impl Fn(&ItemKey) -> bool,
) -> rusqlite::Result<Tally> {
    let mut watched = Vec::new();
    // The last beginning of a console that has had the time to read everything.
    let mut begun = Timestamp::ZERO;
    let mut query = db.prepare("SELECT since, until FROM watch WHERE since < ?1")?;
    let mut rows = query.query([window.until.as_millis()])?;
    while let Some(row) = rows.next()? {
        let span = Span {
            from: Timestamp::from_millis(row.get(0)?),
            until: Timestamp::from_millis(row.get(1)?),
        };
        if span.length() >= PERIOD {
            begun = begun.max(span.from);
        }
        watched.push(span);
    }
    let mut pass = Pass::new(window, &watched);

    // Items and their episodes lie in the order of the items' numbers, so both are read once, side by side. The sign keeps
    // the index over the times out of it, which would read the table in no order.
    let mut names = db.prepare("SELECT n, key, name FROM item ORDER BY n")?;
    let mut names = names.query([])?;
    let mut query = db.prepare(
        "SELECT item, began, came, seen, worst, rose, rose_at, cleared, back, open, stopped
         FROM episode WHERE +came < ?1 ORDER BY item, began",
    )?;
    let mut rows = query.query(params![window.until.as_millis()])?;
    let mut item: Option<i64> = None;
    while let Some(row) = rows.next()? {
        let n: i64 = row.get(0)?;
        if item != Some(n) {
            item = Some(n);
            pass.close();
            let mut named = None;
            while let Some(name) = names.next()? {
                if name.get::<_, i64>(0)? == n {
                    let text: String = name.get(1)?;
                    if let Some(key) = key::read(&text).filter(&meant) {
                        let name: String = name.get(2)?;
                        let name = name.into();
                        named = Some(Arc::new(Named { key, name }));
                    }
                    break;
                }
            }
            pass.open(named);
        }
        if !pass.is_meant() {
            continue;
        }
        let known = known(row, 2)?;
        let end = match known.cleared.filter(|_| known.is_over()) {
            Some(cleared) => Some(cleared),
            // A console that began later did not find it: it ended while nobody watched, some time after it was last seen.
            None if known.open < begun => Some(known.open),
            None => None,
        };
        pass.take(known.came, known.seen, known.worst, end);
    }
    pass.close();
    Ok(pass.end())
}

/// The count under way.
struct Pass {
    window: Window,
    tally: Tally,
    item: Option<Often>,
    /// The last times at which the item came.
    recent: [Timestamp; CHATTERS - 1],
    /// The episode of the item that stands at the end of the window, if one does.
    last: Option<Standing>,
    /// How long alarms stood, all together, in milliseconds.
    stood: u64,
}

impl Pass {
    fn new(window: Window, watched: &[Span]) -> Self {
        let gaps = watch::gaps(watched, window);
        let period = i64::try_from(PERIOD.as_millis()).unwrap_or(i64::MAX);
        let from = window.from.as_millis().div_euclid(period) * period;
        let spans = |from: i64, length: i64| {
            (0..)
                .map(move |n| from + n * length)
                .take_while(move |from| *from < window.until.as_millis())
                .filter_map(move |from| {
                    let whole = Span {
                        from: Timestamp::from_millis(from),
                        until: Timestamp::from_millis(from + length),
                    };
                    Some((whole, whole.within(window)?))
                })
        };
        // Gaps and spans both lie in order, so one walk over each is enough.
        let unwatched = |span: Span, at: &mut usize| {
            while gaps.get(*at).is_some_and(|gap| gap.until <= span.from) {
                *at += 1;
            }
            let over = gaps[*at..].iter().take_while(|gap| gap.from < span.until);
            over.filter_map(|gap| gap.within(span))
                .map(Span::length)
                .sum::<Duration>()
        };
        let mut at = 0;
        let periods = spans(from, period)
            .map(|(whole, within)| Period {
                from: whole.from,
                came: 0,
                watched: within.length() + LAPSE >= PERIOD && unwatched(within, &mut at) < LAPSE,
            })
            .collect();
        let mut at = 0;
        let midnight = window.from.as_millis().div_euclid(DAY) * DAY;
        let days = spans(midnight, DAY)
            .map(|(_, within)| {
                let watched = within.length().saturating_sub(unwatched(within, &mut at));
                Day::new(within, watched)
            })
            .collect();
        Self {
            window,
            tally: Tally {
                periods,
                days,
                gaps,
                ..Tally::default()
            },
            item: None,
            recent: [Timestamp::ZERO; CHATTERS - 1],
            last: None,
            stood: 0,
        }
    }

    const fn is_meant(&self) -> bool {
        self.item.is_some()
    }

    fn open(&mut self, item: Option<Arc<Named>>) {
        self.recent = [Timestamp::ZERO; CHATTERS - 1];
        self.item = item.map(|item| Often {
            item,
            came: 0,
            chattered: 0,
            fleeting: 0,
            worst: Severity::Info,
        });
    }

    fn take(&mut self, came: Timestamp, seen: bool, worst: Severity, end: Option<Timestamp>) {
        let Some(item) = &mut self.item else {
            return;
        };
        let window = self.window;
        let until = end.unwrap_or(window.until);
        let stood = Span { from: came, until }.within(window);
        self.stood += stood.map_or(0, |span| {
            u64::try_from(span.length().as_millis()).unwrap_or(u64::MAX)
        });
        for day in &mut self.tally.days {
            let of = day.span;
            let reaches = end.is_none_or(|end| end >= of.until);
            if came < of.until && reaches {
                day.standing += 1;
                day.stale += u32::from(of.until.since(came) > STALE);
            } else if end.is_some_and(|end| end < of.from) {
                break;
            }
        }
        let is_standing = end.is_none_or(|end| end >= window.until);
        if is_standing && came < window.until {
            self.last = Some(Standing {
                item: Arc::clone(&item.item),
                since: came,
                worst,
            });
        }
        if came < window.from {
            return;
        }
        let tally = &mut self.tally;
        tally.came[worst as usize] += 1;
        tally.found += u64::from(!seen);
        item.came += 1;
        item.worst = item.worst.max(worst);
        let fleeting = end.is_some_and(|end| end.since(came) <= FLEETING);
        tally.fleeting += u64::from(fleeting);
        item.fleeting += u32::from(fleeting);
        let first = tally.periods.first().map_or(0, |p| p.from.as_millis());
        let index = |length: i64, from: i64| {
            usize::try_from((came.as_millis() - from).div_euclid(length)).unwrap_or(usize::MAX)
        };
        let period = i64::try_from(PERIOD.as_millis()).unwrap_or(i64::MAX);
        if let Some(period) = tally.periods.get_mut(index(period, first)) {
            period.came += 1;
        }
        let midnight = window.from.as_millis().div_euclid(DAY) * DAY;
        if let Some(day) = tally.days.get_mut(index(DAY, midnight)) {
            day.came += 1;
        }
        let oldest = self.recent[0];
        if !oldest.is_unknown() && came.since(oldest) <= CHATTERS_WITHIN {
            item.chattered += 1;
        }
        self.recent.rotate_left(1);
        self.recent[CHATTERS - 2] = came;
    }

    /// Ends the count of an item.
    fn close(&mut self) {
        let Some(item) = self.item.take() else {
            return;
        };
        let until = self.window.until;
        let tally = &mut self.tally;
        let account = tally
            .accounts
            .entry(item.item.key.scope.account)
            .or_default();
        account.came += item.came;
        account.chattering += u32::from(item.chattered > 0);
        tally.alarms += u32::from(item.came > 0);
        tally.chattering += u32::from(item.chattered > 0);
        if let Some(standing) = self.last.take() {
            let stale = u32::from(until.since(standing.since) > STALE);
            account.standing += 1;
            account.stale += stale;
            tally.standing += 1;
            tally.stale += stale;
            keep(&mut tally.longest, standing, |of| {
                std::cmp::Reverse(of.since)
            });
        }
        if item.chattered > 0 {
            keep(&mut tally.chatterers, item.clone(), |of| of.chattered);
        }
        if item.came > 0 {
            keep(&mut tally.often, item, |of| of.came);
        }
    }

    fn end(mut self) -> Tally {
        let length = self.window.length().as_millis();
        #[expect(
            clippy::cast_precision_loss,
            reason = "an average of a few thousand alarms"
        )]
        if length > 0 {
            self.tally.standing_mean = self.stood as f64 / length as f64;
        }
        for list in [&mut self.tally.often, &mut self.tally.chatterers] {
            list.truncate(NAMED);
        }
        self.tally.longest.truncate(NAMED);
        self.tally
    }
}

/// Keeps something in a list of the greatest, in order; what is equal stays in the order in which it came.
fn keep<T, K: Ord>(list: &mut Vec<T>, thing: T, of: impl Fn(&T) -> K) {
    let key = of(&thing);
    let at = list.partition_point(|other| of(other) >= key);
    if at < NAMED {
        list.insert(at, thing);
        list.truncate(NAMED);
    }
}

#[cfg(test)]
mod tests;
