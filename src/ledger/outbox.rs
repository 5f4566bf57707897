//! The outbox: acts that wait on this machine because the shared ledger is away.
//!
//! On the disk before they are answered, in the order in which they were done, each with what it would make of the entry
//! as it was last seen: after a restart the console still shows what its operator did.

use std::path::Path;
use std::sync::Arc;

use rusqlite::params;

use crate::lifecycle::Entry;

use super::act::Act;
use super::book::{Answer, Trouble};
use super::keeper::Keeper;
use super::record;

/// An act that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// Its place in the queue.
    pub number: i64,
    /// What was done.
    pub act: Act,
    /// What it makes of the entry, as far as this machine knows.
    pub made: Arc<Entry>,
}

/// The queue on the disk.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    keeper: Keeper,
}

impl Outbox {
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        Ok(Self {
            keeper: Keeper::start(path)?,
        })
    }

    /// Puts an act at the end of the queue.
    pub fn push(&self, act: &Act, made: &Entry) -> Answer<Result<i64, Trouble>> {
        let (act, made) = (record::write_act(act), record::write(made));
        self.keeper.ask(move |shelf| {
            shelf.connection.execute(
                "INSERT INTO outbox (act, made) VALUES (?1, ?2)",
                params![act, made],
            )?;
            Ok(shelf.connection.last_insert_rowid())
        })
    }

    /// Everything that waits, the oldest first.
    pub fn waiting(&self) -> Answer<Result<Vec<Waiting>, Trouble>> {
        self.keeper.ask(|shelf| {
            let mut read = shelf
                .connection
                .prepare_cached("SELECT n, act, made FROM outbox ORDER BY n")?;
            let mut rows = read.query([])?;
            let mut waiting = Vec::new();
            while let Some(row) = rows.next()? {
                let (number, act, made): (i64, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                if let (Some(act), Some(made)) = (record::read_act(&act), record::read(&made)) {
                    waiting.push(Waiting {
                        number,
                        act,
                        made: Arc::new(made),
                    });
                }
            }
            Ok(waiting)
        })
    }

    /// Takes an act out: the ledger has decided about it.
    pub fn drop(&self, number: i64) -> Answer<Result<(), Trouble>> {
        self.keeper.ask(move |shelf| {
            shelf
                .connection
                .execute("DELETE FROM outbox WHERE n = ?1", [number])
                .map(drop)
        })
    }
}
