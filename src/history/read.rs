//! Reading: what happened within a span of time, and how well could be seen.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::domain::{FeedState, ItemKey, Severity};
use crate::ledger::key;
use crate::shelf;

use super::shelf::{Trouble, known, state};
use super::watch::{self, Seen, Span, Told};

/// The span of time that is read; its end does not belong to it.
pub type Window = Span;

/// One episode of an item, of which something lies within the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The item and what it is called; the same for all its episodes.
    pub item: Arc<Named>,
    /// When it began, by the service's own time.
    pub began: Timestamp,
    /// When it came: as a console saw it, or else as the service says.
    pub came: Timestamp,
    /// Whether a console saw it come.
    pub seen: bool,
    /// The worst that it was.
    pub worst: Severity,
    /// How bad it became by getting worse, and when.
    pub rose: Option<(Severity, Timestamp)>,
    /// When it was over; `None`: it is not, as far as anybody saw.
    pub cleared: Option<Timestamp>,
    /// When it last came back in the same episode.
    pub back: Option<Timestamp>,
    /// When a console last learned that it asks for attention. Where that is long ago, consoles have begun since, and it is
    /// not over, it ended while nobody watched.
    pub open: Timestamp,
}

/// An item and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its identity.
    pub key: ItemKey,
    /// What it was called last. Neutralised.
    pub name: Arc<str>,
}

/// How well one feed could be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The source, in a word.
    pub source: Arc<str>,
    /// The account that was asked, by id.
    pub account: Arc<str>,
    /// The region; empty for what has none.
    pub region: Arc<str>,
    /// The part of the source.
    pub part: Arc<str>,
    /// How long it was in which state.
    pub seen: Seen,
}

/// What happened within a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The window.
    pub window: Window,
    /// Episodes that came, got worse, cleared or came back within it, in the order in which they came.
    pub episodes: Vec<Episode>,
    /// Every feed that anybody asked within it.
    pub sights: Vec<Sight>,
    /// When no console was watching.
    pub gaps: Vec<Span>,
}

/// Reads what happened within a window, without changing anything. A missing file is an empty history: nobody watched.
///
/// # Errors
/// Why it cannot be read.
pub fn read(path: &Path, window: Window) -> Result<Reading, Trouble> {
    let wrong = |why: rusqlite::Error| Trouble::of(path, why.into());
    let mut reading = Reading {
        window,
        episodes: Vec::new(),
        sights: Vec::new(),
        gaps: vec![window],
    };
    let Some(db) = shelf::look(path).map_err(wrong)? else {
        return Ok(reading);
    };
    // A file that was made and never written to has no tables.
    let tables: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(wrong)?;
    if tables == 0 {
        return Ok(reading);
    }
    each(&db, window, |episode| reading.episodes.push(episode)).map_err(wrong)?;
    reading
        .episodes
        .sort_by(|a, b| (a.came, &a.item.key).cmp(&(b.came, &b.item.key)));
    (reading.sights, reading.gaps) = sights(&db, window).map_err(wrong)?;
    Ok(reading)
}

/// Everything that consoles saw of one item, in words, the latest first.
///
/// # Errors
/// Why it cannot be read.
pub fn of_item(path: &Path, item: &ItemKey) -> Result<Vec<(Timestamp, String)>, Trouble> {
    let wrong = |why: rusqlite::Error| Trouble::of(path, why.into());
    let Some(db) = shelf::look(path).map_err(wrong)? else {
        return Ok(Vec::new());
    };
    let tables: i64 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(wrong)?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    turns(&db, item).map_err(wrong)
}

fn turns(db: &Connection, item: &ItemKey) -> rusqlite::Result<Vec<(Timestamp, String)>> {
    let mut query = db.prepare(
        "SELECT e.came, e.seen, e.worst, e.rose, e.rose_at, e.cleared, e.back, e.open, e.stopped
         FROM episode AS e JOIN item AS i ON i.n = e.item WHERE i.key = ?1",
    )?;
    let mut rows = query.query([key::write(item)])?;
    let mut turns = Vec::new();
    while let Some(row) = rows.next()? {
        let known = known(row, 0)?;
        let how = if known.seen {
            "came"
        } else {
            "was there when a console began"
        };
        turns.push((known.came, format!("{how}; {} at its worst", known.worst)));
        turns.extend(known.rose.map(|(to, at)| (at, format!("got worse: {to}"))));
        turns.extend(known.back.map(|at| (at, "came back".to_owned())));
        let over = known.cleared.filter(|_| known.is_over());
        turns.extend(over.map(|at| (at, "cleared".to_owned())));
    }
    turns.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(turns)
}

/// Gives every episode of which something lies within the window, in no useful order.
fn each(db: &Connection, window: Window, mut take: impl FnMut(Episode)) -> rusqlite::Result<()> {
    let mut names: HashMap<i64, Option<Arc<Named>>> = HashMap::new();
    let mut query = db.prepare(
        "SELECT e.item, e.began, e.came, e.seen, e.worst, e.rose, e.rose_at, e.cleared, e.back, e.open,
                e.stopped, i.key, i.name
         FROM episode AS e JOIN item AS i ON i.n = e.item
         WHERE e.came >= ?1 AND e.came < ?2 OR e.rose_at >= ?1 AND e.rose_at < ?2
            OR e.cleared >= ?1 AND e.cleared < ?2 OR e.back >= ?1 AND e.back < ?2",
    )?;
    let mut rows = query.query(params![window.from.as_millis(), window.until.as_millis()])?;
    while let Some(row) = rows.next()? {
        let item: i64 = row.get(0)?;
        let named = match names.get(&item) {
            Some(named) => named.clone(),
            None => {
                let (text, name): (String, String) = (row.get(11)?, row.get(12)?);
                let named = key::read(&text).map(|key| {
                    Arc::new(Named {
                        key,
                        name: name.into(),
                    })
                });
                names.insert(item, named.clone());
                named
            }
        };
        // What another version wrote about a kind that this one does not know is left alone.
        let Some(item) = named else { continue };
        let known = known(row, 2)?;
        take(Episode {
            item,
            began: Timestamp::from_millis(row.get(1)?),
            came: known.came,
            seen: known.seen,
            worst: known.worst,
            rose: known.rose,
            cleared: known.cleared.filter(|_| known.is_over()),
            back: known.back,
            open: known.open,
        });
    }
    Ok(())
}

/// How well every feed could be seen within the window, and when nobody was watching.
fn sights(db: &Connection, window: Window) -> rusqlite::Result<(Vec<Sight>, Vec<Span>)> {
    let mut consoles: BTreeMap<i64, Vec<Span>> = BTreeMap::new();
    let mut query = db.prepare(
        "SELECT console, since, until FROM watch WHERE until > ?1 AND since < ?2 ORDER BY console, since",
    )?;
    let bounds = params![window.from.as_millis(), window.until.as_millis()];
    let mut rows = query.query(bounds)?;
    while let Some(row) = rows.next()? {
        let span = Span {
            from: Timestamp::from_millis(row.get(1)?),
            until: Timestamp::from_millis(row.get(2)?),
        };
        consoles.entry(row.get(0)?).or_default().push(span);
    }
    let all: Vec<Span> = consoles.values().flatten().copied().collect();
    let gaps = watch::gaps(&all, window);

    // By feed, then by console: from when on in which state. A state that began before the window reaches into it.
    type States = Vec<(Timestamp, Option<FeedState>)>;
    let mut told: BTreeMap<i64, BTreeMap<i64, States>> = BTreeMap::new();
    let mut query = db.prepare(
        "SELECT feed, at, state FROM told WHERE console = ?1 AND at < ?2 ORDER BY feed, at",
    )?;
    for console in consoles.keys() {
        let mut rows = query.query(params![console, window.until.as_millis()])?;
        while let Some(row) = rows.next()? {
            told.entry(row.get(0)?)
                .or_default()
                .entry(*console)
                .or_default()
                .push((Timestamp::from_millis(row.get(1)?), state(row.get(2)?)));
        }
    }
    let mut sights = Vec::with_capacity(told.len());
    let mut query = db.prepare(
        "SELECT n, source, account, region, part FROM feed ORDER BY source, account, region, part",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let Some(by_console) = told.get(&row.get(0)?) else {
            continue;
        };
        let told: Vec<Told<'_>> = by_console
            .iter()
            .map(|(console, states)| Told {
                watched: &consoles[console],
                states,
            })
            .collect();
        sights.push(Sight {
            source: row.get(1)?,
            account: row.get(2)?,
            region: row.get(3)?,
            part: row.get(4)?,
            seen: watch::seen(&told, window),
        });
    }
    Ok((sights, gaps))
}
