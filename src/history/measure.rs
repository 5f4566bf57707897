//! What was counted of a day: totals, which the record of what happened does not have.
//!
//! A report that has read an account to the end notes how many there were and how many of them were good; of a day the last count
//! stands. The table is one more in the file of the history, so that consoles of before and after read the same file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::clock::Timestamp;
use crate::domain::AccountId;
use crate::shelf;

use super::read::Window;
use super::shelf::{Shelf, Trouble};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Managed instances, and those that are compliant.
    Patches,
    /// Resources that are backed up, and those with a good recovery point.
    Backups,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Patches => "patches",
            Self::Backups => "backups",
        }
    }
}

/// How many there are, and how many of them are good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// All.
    pub total: u64,
    /// The good ones.
    pub good: u64,
}

/// One day's counts, by account.
pub type OfDay = BTreeMap<AccountId, Measure>;
/// The counts of days, by the beginning of each (UTC).
pub type Days = BTreeMap<Timestamp, OfDay>;

pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS measured (
        day INTEGER NOT NULL, what TEXT NOT NULL, account TEXT NOT NULL,
        at INTEGER NOT NULL, total INTEGER NOT NULL, good INTEGER NOT NULL,
        PRIMARY KEY (day, what, account)) STRICT, WITHOUT ROWID;";

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The beginning of a moment's day (UTC).
fn day(at: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(1);
    Timestamp::from_millis(at.as_millis().div_euclid(day) * day)
}

/// Notes what was counted at a moment, in place of what was counted earlier that day.
///
/// # Errors
/// Why the history cannot be written.
pub fn note(path: &Path, at: Timestamp, what: What, counted: &OfDay) -> Result<(), Trouble> {
    let mut shelf = Shelf::open(path)?;
    put(shelf.db(), at, what, counted).map_err(|why| Trouble::of(path, why.into()))
}

fn put(db: &mut Connection, at: Timestamp, what: What, counted: &OfDay) -> rusqlite::Result<()> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let tx = db.transaction()?;
    for (account, measure) in counted {
        tx.prepare_cached(
            "INSERT INTO measured VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET at = excluded.at, total = excluded.total, good = excluded.good
             WHERE excluded.at >= measured.at",
        )?
        .execute(params![
            day(at).as_millis(),
            what.word(),
            account.to_string(),
            at.as_millis(),
            number(measure.total),
            number(measure.good),
        ])?;
    }
    tx.commit()
}

/// What was counted within a window. A missing file, and one of before anything was counted, has nothing.
///
/// # Errors
/// Why it cannot be read.
pub fn days(path: &Path, window: Window, what: What) -> Result<Days, Trouble> {
    let wrong = |why: rusqlite::Error| Trouble::of(path, why.into());
    let Some(db) = shelf::look(path).map_err(wrong)? else {
        return Ok(Days::new());
    };
    get(&db, window, what).map_err(wrong)
}

fn get(db: &Connection, window: Window, what: What) -> rusqlite::Result<Days> {
    let mut days = Days::new();
    if !db.table_exists(None, "measured")? {
        return Ok(days);
    }
    let mut query = db.prepare(
        "SELECT day, account, total, good FROM measured WHERE what = ?1 AND at >= ?2 AND at <= ?3",
    )?;
    let mut rows = query.query(params![
        what.word(),
        window.from.as_millis(),
        window.until.as_millis()
    ])?;
    while let Some(row) = rows.next()? {
        let account: String = row.get(1)?;
        // What is no account was not written by noctop.
        let Ok(account) = account.parse() else {
            continue;
        };
        let measure = Measure {
            total: row.get::<_, i64>(2)?.unsigned_abs(),
            good: row.get::<_, i64>(3)?.unsigned_abs(),
        };
        let day = Timestamp::from_millis(row.get(0)?);
        days.entry(day).or_default().insert(account, measure);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::watch::Span;

    const NOON: Timestamp = Timestamp::from_secs(1_795_910_400 + 12 * 3_600);

    fn counted(total: u64, good: u64) -> OfDay {
        OfDay::from([("111111111111".parse().unwrap(), Measure { total, good })])
    }

    fn read(path: &Path, what: What) -> Vec<(Timestamp, Measure)> {
        let window = Span {
            from: NOON.minus(DAY * 2),
            until: NOON.plus(DAY),
        };
        let days = days(path, window, what).unwrap();
        days.into_iter()
            .flat_map(|(day, of)| of.into_values().map(move |measure| (day, measure)))
            .collect()
    }

    #[test]
    fn of_a_day_the_last_count_stands_and_each_kind_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        assert_eq!(read(&path, What::Patches), []);
        note(&path, NOON.minus(DAY), What::Patches, &counted(10, 4)).unwrap();
        note(&path, NOON, What::Patches, &counted(12, 9)).unwrap();
        let earlier = NOON.minus(Duration::from_secs(3_600));
        note(&path, earlier, What::Patches, &counted(11, 5)).unwrap();
        let measure = |total, good| Measure { total, good };
        assert_eq!(
            read(&path, What::Patches),
            [
                (day(NOON.minus(DAY)), measure(10, 4)),
                (day(NOON), measure(12, 9))
            ]
        );
        assert_eq!(read(&path, What::Backups), []);
    }

    #[test]
    fn a_history_of_before_anything_was_counted_has_nothing_and_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let shelf = &mut Shelf::open(&path).unwrap();
        shelf.db().execute_batch("DROP TABLE measured").unwrap();
        assert_eq!(read(&path, What::Backups), []);
        note(&path, NOON, What::Backups, &counted(3, 3)).unwrap();
        assert_eq!(read(&path, What::Backups).len(), 1);
    }
}
