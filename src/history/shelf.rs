//! The file of the history: its tables, what is written into them, and what is let go.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use crate::clock::Timestamp;
use crate::domain::{FeedState, Severity};
use crate::ledger::key;
use crate::shelf::{self, Form, Network, PATIENCE, Share, Sync, Wrong};

use super::fact::{Fact, Facts};
use super::measure;
use super::merge::Known;
use super::{LARGEST, SILENCE};

/// Names stand once, everything else is numbers. Times are milliseconds, a severity is 0 (info) to 4 (critical).
///
/// A power cut may take the last seconds (`Sync::Normal`): what is still so is found again at the next start.
const FORM: Form = Form {
    number: 1,
    tables: "
    CREATE TABLE item (n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
    CREATE TABLE episode (
        item INTEGER NOT NULL, began INTEGER NOT NULL, came INTEGER NOT NULL, seen INTEGER NOT NULL,
        worst INTEGER NOT NULL, rose INTEGER, rose_at INTEGER,
        cleared INTEGER, back INTEGER, open INTEGER NOT NULL, stopped INTEGER,
        PRIMARY KEY (item, began)) STRICT, WITHOUT ROWID;
    CREATE INDEX episode_came ON episode (came);
    CREATE INDEX episode_rose ON episode (rose_at) WHERE rose_at IS NOT NULL;
    CREATE INDEX episode_cleared ON episode (cleared) WHERE cleared IS NOT NULL;
    CREATE INDEX episode_back ON episode (back) WHERE back IS NOT NULL;
    CREATE TABLE console (n INTEGER PRIMARY KEY, session TEXT NOT NULL UNIQUE, host TEXT NOT NULL) STRICT;
    CREATE TABLE watch (
        console INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (console, since)) STRICT, WITHOUT ROWID;
    CREATE INDEX watch_until ON watch (until);
    CREATE TABLE feed (
        n INTEGER PRIMARY KEY, source TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, part TEXT NOT NULL,
        UNIQUE (source, account, region, part)) STRICT;
    CREATE TABLE told (
        console INTEGER NOT NULL, feed INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL,
        PRIMARY KEY (console, feed, at)) STRICT, WITHOUT ROWID;
    ",
    network: Network::WithoutLog,
    share: Share::Owner,
    sync: Sync::Normal,
};

/// How often what is old is let go while a console runs.
const TIDY: Duration = Duration::from_secs(6 * 3_600);
/// How many names of items are known by heart. Those of a large fleet would take more memory than their rows; what is not
/// known is looked up in the index.
const BY_HEART: usize = 10_000;

/// Why the history cannot be used, as a sentence that names the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(pub String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    pub(super) fn of(path: &Path, wrong: Wrong) -> Self {
        let said = match wrong {
            Wrong::Full => "the disk under it is full; free some space there".to_owned(),
            Wrong::Locked => format!(
                "another program has kept it locked for {} s",
                PATIENCE.as_secs()
            ),
            Wrong::Denied => "it, or the folder around it, may not be written to".to_owned(),
            Wrong::Damaged => {
                "it is damaged, or no history at all; move it away and noctop begins a new one"
                    .to_owned()
            }
            Wrong::Newer(form) => {
                format!(
                    "a newer noctop wrote it (form {form}, this one knows {})",
                    FORM.number
                )
            }
            Wrong::Network(system) => format!("it lies on {system}"),
            Wrong::Other(why) => why,
        };
        Self(format!(
            "The history {} cannot be used: {said}.",
            path.display()
        ))
    }
}

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub session: String,
    pub host: String,
    pub keep: Duration,
}

/// The file, open for writing.
#[derive(Debug)]
pub(super) struct Shelf {
    pub path: PathBuf,
    db: Connection,
    items: HashMap<String, i64>,
    feeds: HashMap<crate::domain::Feed, i64>,
    console: Option<i64>,
    tidied: Option<Timestamp>,
    largest: u64,
}

impl Shelf {
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        let db = shelf::open(path, &FORM).map_err(|wrong| Trouble::of(path, wrong))?;
        db.execute_batch(measure::TABLE)
            .map_err(|why| Trouble::of(path, why.into()))?;
        Ok(Self {
            path: path.to_owned(),
            db,
            items: HashMap::new(),
            feeds: HashMap::new(),
            console: None,
            tidied: None,
            largest: LARGEST,
        })
    }

    /// The file.
    pub const fn db(&mut self) -> &mut Connection {
        &mut self.db
    }

    /// Writes what a console saw, in one transaction. The same once more changes nothing.
    pub fn write(&mut self, writer: &Writer, batches: &[Facts]) -> Result<(), Trouble> {
        let wrong = |path: &Path, why: rusqlite::Error| Trouble::of(path, why.into());
        let written = self.put(writer, batches);
        if written.is_err() {
            // Numbers that were given in a transaction that did not happen are nobody's.
            self.items.clear();
            self.feeds.clear();
            self.console = None;
        }
        written.map_err(|why| wrong(&self.path, why))?;
        let now = batches.last().map_or(Timestamp::ZERO, |facts| facts.at);
        if self.tidied.is_none_or(|at| now.since(at) >= TIDY) {
            self.tidied = Some(now);
            self.tidy(now, writer.keep)
                .map_err(|why| wrong(&self.path, why))?;
        }
        Ok(())
    }

    fn put(&mut self, writer: &Writer, batches: &[Facts]) -> rusqlite::Result<()> {
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let console = match self.console {
            Some(console) => console,
            None => console(&tx, writer)?,
        };
        for batch in batches {
            watch(&tx, console, batch.at)?;
            for fact in &batch.facts {
                match fact {
                    Fact::Item { .. } => episode(&tx, &mut self.items, fact)?,
                    Fact::Feed { feed, state, at } => {
                        let n = match self.feeds.get(feed) {
                            Some(n) => *n,
                            None => {
                                let n = feed_number(&tx, feed)?;
                                self.feeds.insert(*feed, n);
                                n
                            }
                        };
                        tx.prepare_cached("INSERT OR REPLACE INTO told VALUES (?1, ?2, ?3, ?4)")?
                            .execute(params![console, n, at.as_millis(), state_code(*state)])?;
                    }
                }
            }
        }
        tx.commit()?;
        self.console = Some(console);
        if self.items.len() > BY_HEART {
            self.items.clear();
        }
        Ok(())
    }

    /// Lets go what is older than `keep`, and more where the file is too large all the same.
    fn tidy(&mut self, now: Timestamp, keep: Duration) -> rusqlite::Result<()> {
        let mut keep = keep;
        loop {
            let gone = self.forget(now.minus(keep))?;
            if gone > 0 {
                self.items.clear();
                self.feeds.clear();
            }
            // What is free within the file is used again before it grows.
            let size: u64 = self.db.query_row(
                "SELECT (p.page_count - f.freelist_count) * s.page_size
                 FROM pragma_page_count AS p, pragma_freelist_count AS f, pragma_page_size AS s",
                [],
                |row| row.get::<_, i64>(0).map(i64::unsigned_abs),
            )?;
            if size <= self.largest || keep < Duration::from_secs(3_600) {
                return Ok(());
            }
            keep = keep.mul_f32(0.75);
        }
    }

    fn forget(&mut self, before: Timestamp) -> rusqlite::Result<usize> {
        let before = before.as_millis();
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut gone = tx.execute(
            "DELETE FROM episode WHERE came < ?1 AND open < ?1 AND coalesce(stopped, 0) < ?1",
            [before],
        )?;
        if gone > 0 {
            tx.execute(
                "DELETE FROM item WHERE NOT EXISTS (SELECT 1 FROM episode WHERE episode.item = item.n)",
                [],
            )?;
        }
        gone += tx.execute("DELETE FROM watch WHERE until < ?1", [before])?;
        gone += tx.execute("DELETE FROM measured WHERE at < ?1", [before])?;
        // What a console last said of a feed before that moment still holds after it.
        gone += tx.execute(
            "DELETE FROM told WHERE at < ?1 AND (
               NOT EXISTS (SELECT 1 FROM watch WHERE watch.console = told.console)
               OR EXISTS (SELECT 1 FROM told AS later WHERE later.console = told.console
                          AND later.feed = told.feed AND later.at > told.at AND later.at <= ?1))",
            [before],
        )?;
        tx.execute(
            "DELETE FROM feed WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.feed = feed.n)",
            [],
        )?;
        tx.commit()?;
        Ok(gone)
    }

    /// Lets the file grow no further than this.
    #[cfg(test)]
    pub fn bound(&mut self, largest: u64) {
        self.largest = largest;
        self.tidied = None;
    }
}

/// The number of the console that writes.
fn console(tx: &Transaction<'_>, writer: &Writer) -> rusqlite::Result<i64> {
    tx.execute(
        "INSERT OR IGNORE INTO console (session, host) VALUES (?1, ?2)",
        params![writer.session, writer.host],
    )?;
    tx.query_row(
        "SELECT n FROM console WHERE session = ?1",
        [&writer.session],
        |row| row.get(0),
    )
}

/// The console has been watching until `at`: the span goes on, or a new one begins after too long a silence.
fn watch(tx: &Transaction<'_>, console: i64, at: Timestamp) -> rusqlite::Result<()> {
    let last: Option<(i64, i64)> = tx
        .prepare_cached(
            "SELECT since, until FROM watch WHERE console = ?1 ORDER BY since DESC LIMIT 1",
        )?
        .query_row([console], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        Some((since, until)) if at.since(Timestamp::from_millis(until)) <= SILENCE => tx
            .prepare_cached(
                "UPDATE watch SET until = max(until, ?3) WHERE console = ?1 AND since = ?2",
            )?
            .execute(params![console, since, at.as_millis()])?,
        _ => tx
            .prepare_cached("INSERT INTO watch VALUES (?1, ?2, ?2)")?
            .execute(params![console, at.as_millis()])?,
    };
    Ok(())
}

fn feed_number(tx: &Transaction<'_>, feed: &crate::domain::Feed) -> rusqlite::Result<i64> {
    let (account, region) = (feed.vantage.account.to_string(), feed.vantage.region);
    let names = params![feed.source.word(), account, region.as_str(), feed.slice.0];
    tx.prepare_cached(
        "INSERT OR IGNORE INTO feed (source, account, region, part) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(names)?;
    tx.prepare_cached(
        "SELECT n FROM feed WHERE source = ?1 AND account = ?2 AND region = ?3 AND part = ?4",
    )?
    .query_row(names, |row| row.get(0))
}

fn episode(
    tx: &Transaction<'_>,
    items: &mut HashMap<String, i64>,
    fact: &Fact,
) -> rusqlite::Result<()> {
    let Fact::Item {
        key,
        name,
        episode,
        severity,
        happened,
        at,
        seen,
    } = fact
    else {
        return Ok(());
    };
    let text = key::write(key);
    let item = match items.get(&text) {
        Some(n) => *n,
        None => {
            let n: i64 = tx
                .prepare_cached(
                    "INSERT INTO item (key, name) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET name = excluded.name RETURNING n",
                )?
                .query_row(params![text, name], |row| row.get(0))?;
            items.insert(text, n);
            n
        }
    };
    let before = tx
        .prepare_cached("SELECT * FROM episode WHERE item = ?1 AND began = ?2")?
        .query_row(params![item, episode.as_millis()], |row| known(row, 2))
        .optional()?;
    let after = before
        .unwrap_or_else(|| Known::new(*episode))
        .with(*happened, *severity, *at, *seen);
    if before != Some(after) {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO episode VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            item,
            episode.as_millis(),
            after.came.as_millis(),
            after.seen,
            severity_code(after.worst),
            after.rose.map(|(severity, _)| severity_code(severity)),
            after.rose.map(|(_, at)| at.as_millis()),
            after.cleared.map(Timestamp::as_millis),
            after.back.map(Timestamp::as_millis),
            after.open.as_millis(),
            after.stopped.map(Timestamp::as_millis),
        ])?;
    }
    Ok(())
}

/// What a row says of an episode, from this column on.
pub(super) fn known(row: &Row<'_>, from: usize) -> rusqlite::Result<Known> {
    let time = |at: usize| {
        let millis: Option<i64> = row.get(from + at)?;
        Ok::<_, rusqlite::Error>(millis.map(Timestamp::from_millis))
    };
    let rose: Option<i64> = row.get(from + 3)?;
    Ok(Known {
        came: Timestamp::from_millis(row.get(from)?),
        seen: row.get(from + 1)?,
        worst: severity(row.get(from + 2)?),
        rose: rose.map(severity).zip(time(4)?),
        cleared: time(5)?,
        back: time(6)?,
        open: Timestamp::from_millis(row.get(from + 7)?),
        stopped: time(8)?,
    })
}

const fn severity_code(severity: Severity) -> i64 {
    severity as i64
}

fn severity(code: i64) -> Severity {
    let known = Severity::ALL.iter().copied();
    known
        .into_iter()
        .find(|severity| severity_code(*severity) == code)
        .unwrap_or(Severity::Info)
}

const fn state_code(state: Option<FeedState>) -> i64 {
    match state {
        None => 0,
        Some(FeedState::Fresh) => 1,
        Some(FeedState::Late) => 2,
        Some(FeedState::Loading) => 3,
        Some(FeedState::Off) => 4,
        Some(FeedState::Blind) => 5,
    }
}

/// The state of a feed that a number stands for.
pub(super) const fn state(code: i64) -> Option<FeedState> {
    match code {
        1 => Some(FeedState::Fresh),
        2 => Some(FeedState::Late),
        3 => Some(FeedState::Loading),
        4 => Some(FeedState::Off),
        5 => Some(FeedState::Blind),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
