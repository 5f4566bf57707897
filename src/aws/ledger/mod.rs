//! The shared ledger: a DynamoDB table that every console of a fleet reads and writes.
//!
//! The rule is [`decide`], the same as for the file. What it makes of an entry is written on the condition that the
//! entry still has the version that was decided on; otherwise the table gives back what is there, and that is decided on
//! again. So exactly one of many operators gets an item, and every other learns from the refusal itself who was first.
//! A call that timed out is repeated without harm, because the entry carries the id of the act.
//!
//! ```text
//! act ──► decide(what is known) ──► UpdateItem if ver = known ──► kept
//!             ▲                        │ condition failed: the entry as it is
//!             └────────────────────────┘
//! news ──► Query × 16 shards, strongly consistent ──► what has another version than before
//! ```

pub(super) mod pass;
mod row;
mod setup;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::domain::ItemKey;
use crate::ledger::{
    Act, Answer, Book, Cursor, Miss, News, Refusal, SKEW, Trouble, TroubleKind, decide,
};
use crate::lifecycle::Entry;

use super::access::Access;
use super::ops::ledger as ops;

use pass::{Pass, Watch};
use row::Attributes;

pub use setup::{Status, template};

/// How often a write is tried again because others wrote in between. Each turn somebody has won, so this many colleagues
/// would have to change the same item within a second.
const TURNS: usize = 12;
/// Acts that are under way at once.
const ABREAST: usize = 16;
/// Pages of one shard; more is a service that repeats itself.
const PAGES: usize = 1_000;

/// A book in a DynamoDB table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TableBook(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    access: Access,
    table: Arc<str>,
    fleet: Arc<str>,
    watch: Arc<Watch>,
    pass: Pass,
    /// As whom AWS knows this console; empty where that is not said.
    identity: Arc<str>,
    seen: Mutex<Seen>,
}

/// What was read last.
#[derive(Debug, Default)]
struct Seen {
    entries: HashMap<ItemKey, Arc<Entry>>,
    reading: u64,
}

/// A call that reached the table and got another answer than hoped for.
enum Said<T> {
    Done(T),
    /// The condition failed; the item as it is.
    Other(Option<Attributes>),
    NoTable,
}

impl TableBook {
    /// The book in this table. `fleet` tells the consoles of one fleet from those of another that share the table;
    /// `identity` is the ARN of whoever the access belongs to, for acts that say none. Nothing is asked yet.
    #[must_use]
    pub fn new(
        access: Access,
        table: &str,
        fleet: &str,
        identity: &Arc<str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let table: Arc<str> = table.into();
        let watch = Arc::new(Watch::new(clock));
        Self(Arc::new(Inner {
            access,
            pass: Pass::new(Arc::clone(&table), Arc::clone(&watch)),
            table,
            fleet: fleet.into(),
            watch,
            identity: Arc::clone(identity),
            seen: Mutex::default(),
        }))
    }

    /// How many milliseconds this machine's clock is ahead of AWS; none before anything was answered.
    #[must_use]
    pub fn ahead(&self) -> Option<i64> {
        self.0.watch.ahead()
    }
}

impl Inner {
    fn seen<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        act(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn place(&self) -> String {
        format!("table {} in {}", self.table, self.access.region())
    }

    fn no_table(&self) -> Trouble {
        Trouble::new(
            TroubleKind::Denied,
            format!(
                "There is no {} of account {}; make it with `noctop ledger create`, or print its template with `noctop ledger template`.",
                self.place(),
                self.access.account()
            ),
        )
    }

    /// Refuses where clocks are too far apart: ends of acknowledgements are compared between machines.
    async fn check_clock(&self) -> Result<(), Trouble> {
        if self.watch.ahead().is_none() {
            self.shard(0).await?;
        }
        let Some(ahead) = self.watch.ahead() else {
            return Ok(());
        };
        if ahead.unsigned_abs() <= u64::try_from(SKEW.as_millis()).unwrap_or(u64::MAX) {
            return Ok(());
        }
        let word = if ahead > 0 { "ahead of" } else { "behind" };
        Err(Trouble::new(
            TroubleKind::Skewed,
            format!(
                "This machine's clock is {} s {word} the one of AWS; nothing was written to the {}, because its ends would \
                 be wrong for everybody. Set the clock (ntp) and repeat.",
                ahead.unsigned_abs() / 1_000,
                self.place()
            ),
        ))
    }

    /// All entries of a shard.
    async fn shard(&self, number: u8) -> Result<Vec<Entry>, Trouble> {
        let mut entries = Vec::new();
        let mut from = None;
        for _ in 0..PAGES {
            let said = self
                .access
                .dynamodb(&ops::QUERY, |db, with| {
                    let call = db
                        .query()
                        .table_name(&*self.table)
                        .key_condition_expression("pk = :p")
                        .expression_attribute_values(":p", row::s(&row::shard(&self.fleet, number)))
                        .consistent_read(true)
                        .set_exclusive_start_key(from.take())
                        .customize()
                        .config_override(with.interceptor(self.pass.clone()))
                        .send();
                    async move {
                        match call.await {
                            Ok(page) => Ok(Said::Done(page)),
                            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                                Ok(Said::NoTable)
                            }
                            Err(error) => Err(error),
                        }
                    }
                })
                .await?;
            let Said::Done(page) = said else {
                return Err(self.no_table());
            };
            entries.extend(page.items().iter().filter_map(row::read));
            from = page.last_evaluated_key;
            if from.as_ref().is_none_or(HashMap::is_empty) {
                return Ok(entries);
            }
        }
        Err(Trouble::new(
            TroubleKind::Malformed,
            format!(
                "The {} does not end: its pages were given up.",
                self.place()
            ),
        ))
    }

    /// One entry as it is.
    async fn read(&self, item: &ItemKey) -> Result<Option<Arc<Entry>>, Trouble> {
        let said = self
            .access
            .dynamodb(&ops::GET_ITEM, |db, with| {
                let call = db
                    .get_item()
                    .table_name(&*self.table)
                    .set_key(Some(row::keys(&self.fleet, item)))
                    .consistent_read(true)
                    .customize()
                    .config_override(with.interceptor(self.pass.clone()))
                    .send();
                async move {
                    match call.await {
                        Ok(out) => Ok(Said::Done(out.item)),
                        Err(error) if error.code() == Some("ResourceNotFoundException") => {
                            Ok(Said::NoTable)
                        }
                        Err(error) => Err(error),
                    }
                }
            })
            .await?;
        match said {
            Said::Done(item) => self.understood(item),
            Said::Other(_) | Said::NoTable => Err(self.no_table()),
        }
    }

    /// An item as an entry. What a later version wrote is not overwritten.
    fn understood(&self, item: Option<Attributes>) -> Result<Option<Arc<Entry>>, Trouble> {
        let Some(item) = item.filter(|item| !item.is_empty()) else {
            return Ok(None);
        };
        row::read(&item).map(|entry| Some(Arc::new(entry))).ok_or_else(|| {
            Trouble::new(
                TroubleKind::Malformed,
                format!(
                    "An entry of the {} cannot be understood, perhaps because a later noctop wrote it; it was left alone.",
                    self.place()
                ),
            )
        })
    }

    /// Writes an entry where the table still has the version that it was made from.
    async fn write(&self, made: &Entry, known: u64) -> Result<Said<()>, Trouble> {
        let row = row::write(made);
        let mut names: HashMap<String, String> = HashMap::from([("#ver".into(), "ver".into())]);
        let mut values = Attributes::from([(":one".to_owned(), row::n(1))]);
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for name in row::SAID {
            match row.get(*name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value.clone());
                }
                // What was not there cannot go.
                None if known == 0 => continue,
                None => remove.push(format!("#{name}")),
            }
            names.insert(format!("#{name}"), (*name).to_owned());
        }
        let mut update = format!("SET {} ADD #ver :one", set.join(", "));
        if !remove.is_empty() {
            update += &format!(" REMOVE {}", remove.join(", "));
        }
        let condition = if known == 0 {
            "attribute_not_exists(sk)"
        } else {
            values.insert(
                ":known".to_owned(),
                row::n(i64::try_from(known).unwrap_or(i64::MAX)),
            );
            "#ver = :known"
        };
        let said = self
            .access
            .dynamodb(&ops::UPDATE_ITEM, |db, with| {
                let call = db
                    .update_item()
                    .table_name(&*self.table)
                    .set_key(Some(row::keys(&self.fleet, &made.key)))
                    .update_expression(update)
                    .condition_expression(condition)
                    .set_expression_attribute_names(Some(names))
                    .set_expression_attribute_values(Some(values))
                    .return_values(ReturnValue::None)
                    .return_values_on_condition_check_failure(
                        ReturnValuesOnConditionCheckFailure::AllOld,
                    )
                    .customize()
                    .config_override(with.interceptor(self.pass.clone()))
                    .send();
                async move {
                    match call.await {
                        Ok(_) => Ok(Said::Done(())),
                        Err(error) => match error.as_service_error() {
                            Some(UpdateItemError::ConditionalCheckFailedException(why)) => {
                                Ok(Said::Other(why.item.clone()))
                            }
                            Some(UpdateItemError::ResourceNotFoundException(_)) => {
                                Ok(Said::NoTable)
                            }
                            _ => Err(error),
                        },
                    }
                }
            })
            .await?;
        Ok(said)
    }

    async fn act(&self, act: &Act) -> Result<Arc<Entry>, Miss> {
        let mut known = self.seen(|seen| seen.entries.get(&act.key).cloned());
        // What was read up to two seconds ago may refuse what the table would take.
        let mut fresh = false;
        for _ in 0..TURNS {
            let made = match decide(known.as_deref(), act) {
                Ok(made) => made,
                Err(_) if !fresh => {
                    known = self.read(&act.key).await?;
                    fresh = true;
                    continue;
                }
                Err(refusal) => {
                    self.know(refusal.entry(), &act.key);
                    return Err(refusal.into());
                }
            };
            if known.as_deref() == Some(&made) {
                // It is written down already; what else was written since belongs into the answer.
                if !fresh {
                    known = self.read(&act.key).await?;
                    fresh = true;
                    continue;
                }
                return known.ok_or(Miss::Refused(Refusal::Nothing(None)));
            }
            match self.write(&made, made.version - 1).await? {
                Said::Done(()) => {
                    let entry = Arc::new(made);
                    self.know(Some(&entry), &act.key);
                    return Ok(entry);
                }
                Said::Other(item) => {
                    known = self.understood(item)?;
                    fresh = true;
                }
                Said::NoTable => return Err(self.no_table().into()),
            }
        }
        Err(Trouble::new(
            TroubleKind::Away,
            format!(
                "Too many colleagues change this item in the {} at once; repeat.",
                self.place()
            ),
        )
        .into())
    }

    fn know(&self, entry: Option<&Arc<Entry>>, item: &ItemKey) {
        self.seen(|seen| match entry {
            Some(entry) => {
                seen.entries.insert(item.clone(), Arc::clone(entry));
            }
            None => {
                seen.entries.remove(item);
            }
        });
    }

    async fn news(self: Arc<Self>, since: Cursor) -> Result<News, Trouble> {
        let mut shards = JoinSet::new();
        for number in 0..row::SHARDS {
            let inner = Arc::clone(&self);
            shards.spawn(async move { inner.shard(number).await });
        }
        let mut now: HashMap<ItemKey, Arc<Entry>> = HashMap::new();
        while let Some(read) = shards.join_next().await {
            let read = read.map_err(|_| {
                Trouble::new(TroubleKind::Away, "The reading of the ledger was stopped.")
            })??;
            now.extend(read.into_iter().map(|e| (e.key.clone(), Arc::new(e))));
        }
        Ok(self.seen(|seen| {
            let gone = seen.entries.keys().any(|key| !now.contains_key(key));
            let whole = since == Cursor::default() || since.0 != seen.reading || gone;
            // An act of ours that was written while the shards were read is newer than what they told.
            for (key, entry) in &mut now {
                if let Some(known) = seen.entries.get(key)
                    && known.version > entry.version
                    && known.changed >= entry.changed
                {
                    *entry = Arc::clone(known);
                }
            }
            let entries = now
                .iter()
                .filter(|(key, entry)| whole || seen.entries.get(*key) != Some(*entry))
                .map(|(_, entry)| Arc::clone(entry))
                .collect();
            seen.entries = now;
            seen.reading += 1;
            News {
                entries,
                whole,
                cursor: Cursor(seen.reading),
                lost: Vec::new(),
            }
        }))
    }
}

impl Book for TableBook {
    fn act(&self, acts: Vec<Act>) -> Answer<Vec<Result<Arc<Entry>, Miss>>> {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            if let Err(trouble) = inner.check_clock().await {
                return vec![Err(Miss::Failed(trouble)); acts.len()];
            }
            // Acts on one item happen in their order; different items have nothing to do with each other.
            let mut items: Vec<(ItemKey, Vec<(usize, Act)>)> = Vec::new();
            let mut places: HashMap<ItemKey, usize> = HashMap::new();
            let many = acts.len();
            for (number, mut act) in acts.into_iter().enumerate() {
                if act.who.owner.identity.is_empty() {
                    act.who.owner.identity = Arc::clone(&inner.identity);
                }
                let place = *places.entry(act.key.clone()).or_insert_with(|| {
                    items.push((act.key.clone(), Vec::new()));
                    items.len() - 1
                });
                items[place].1.push((number, act));
            }
            let lost = || Trouble::new(TroubleKind::Away, "The writing was stopped; repeat it.");
            let mut outcomes = vec![Err(Miss::Failed(lost())); many];
            let mut waiting = items.into_iter();
            let mut running = JoinSet::new();
            loop {
                while running.len() < ABREAST
                    && let Some((_, acts)) = waiting.next()
                {
                    let inner = Arc::clone(&inner);
                    running.spawn(async move {
                        let mut done = Vec::with_capacity(acts.len());
                        for (number, act) in acts {
                            done.push((number, inner.act(&act).await));
                        }
                        done
                    });
                }
                let Some(done) = running.join_next().await else {
                    break;
                };
                for (number, outcome) in done.unwrap_or_default() {
                    outcomes[number] = outcome;
                }
            }
            outcomes
        })
    }

    fn news(&self, since: Cursor) -> Answer<Result<News, Trouble>> {
        Box::pin(Arc::clone(&self.0).news(since))
    }

    fn place(&self) -> String {
        self.0.place()
    }

    fn is_local(&self) -> bool {
        false
    }
}
