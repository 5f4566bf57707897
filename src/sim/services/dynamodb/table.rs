//! One table: its keys, what lies in it, and when it comes and goes.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Bound;
use std::time::Duration;

use super::attribute::{Attribute, Item, invalid, size_of, write_item};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::Refusal;
use crate::sim::wire::Value;
use crate::sim::world::{Estate, Site};

/// How long after its end an item of a table with time to live is still there.
const LINGERS: i64 = 3600;

/// The place of an item: tables are read in the order of a hash of the partition key, then of the sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    hash: u64,
    /// The partition key.
    pub partition: Attribute,
    /// The sort key.
    pub sort: Option<Attribute>,
}

impl Key {
    fn new(partition: Attribute, sort: Option<Attribute>) -> Self {
        let mut hasher = DefaultHasher::new();
        format!("{partition:?}").hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            partition,
            sort,
        }
    }

    /// Which of so many equal parts of the table it lies in.
    pub fn segment(&self, of: usize) -> usize {
        usize::try_from(self.hash % of.max(1) as u64).unwrap_or(0)
    }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The attribute of the partition key and its type.
    pub partition: (String, String),
    /// The attribute of the sort key and its type.
    pub sort: Option<(String, String)>,
    /// `PAY_PER_REQUEST` or `PROVISIONED`.
    pub billing: String,
    /// What is provisioned: reads and writes per second.
    pub provisioned: (i64, i64),
    /// When it was made.
    pub created: Timestamp,
    /// When it can be used.
    pub ready: Timestamp,
    /// When its deletion is done.
    pub gone: Option<Timestamp>,
    /// Its id.
    pub id: String,
    /// Which attribute says when an item ends.
    pub ttl: Option<String>,
    /// Since when it can be restored, and for how many days.
    pub restorable: Option<(Timestamp, i64)>,
    /// Whether it may not be deleted.
    pub protected: bool,
    /// What lies in it.
    pub items: BTreeMap<Key, Item>,
}

impl Table {
    /// `CREATING`, `ACTIVE` or `DELETING`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.gone.is_some() {
            "DELETING"
        } else if now < self.ready {
            "CREATING"
        } else {
            "ACTIVE"
        }
    }

    /// As `DescribeTable` answers it.
    pub fn describe(&self, site: &Site, now: Timestamp) -> Value {
        let keys = || {
            std::iter::once((&self.partition, "HASH")).chain(self.sort.iter().map(|k| (k, "RANGE")))
        };
        let per_request = self.billing == "PAY_PER_REQUEST";
        fields! {
            "AttributeDefinitions" => keys()
                .map(|((name, kind), _)| fields! { "AttributeName" => name, "AttributeType" => kind })
                .collect::<Value>(),
            "TableName" => &self.name,
            "KeySchema" => keys()
                .map(|((name, _), role)| fields! { "AttributeName" => name, "KeyType" => role })
                .collect::<Value>(),
            "TableStatus" => self.status(now),
            "CreationDateTime" => self.created,
            "ProvisionedThroughput" => fields! {
                "NumberOfDecreasesToday" => 0,
                "ReadCapacityUnits" => self.provisioned.0,
                "WriteCapacityUnits" => self.provisioned.1,
            },
            "TableSizeBytes" => self.items.values().map(size_of).sum::<usize>(),
            "ItemCount" => self.items.len(),
            "TableArn" => site.arn("dynamodb", &format!("table/{}", self.name)),
            "TableId" => &self.id,
            "BillingModeSummary" => per_request.then(|| fields! {
                "BillingMode" => &self.billing,
                "LastUpdateToPayPerRequestDateTime" => self.created,
            }),
            "DeletionProtectionEnabled" => self.protected,
        }
    }

    /// The key of an item that is put.
    pub fn key_within(&self, item: &Item) -> Result<Key, Refusal> {
        let part = |(name, kind): &(String, String)| {
            let value = item.get(name).ok_or_else(|| {
                invalid(format!(
                    "One or more parameter values were invalid: Missing the key {name} in the item"
                ))
            })?;
            if value.kind() != kind {
                return Err(invalid(format!(
                    "One or more parameter values were invalid: Type mismatch for key {name} expected: {kind} actual: {}",
                    value.kind()
                )));
            }
            filled(name, value)?;
            Ok(value.clone())
        };
        let sort = self.sort.as_ref().map(part).transpose()?;
        Ok(Key::new(part(&self.partition)?, sort))
    }

    /// The key that a caller names.
    pub fn key(&self, given: &Item) -> Result<Key, Refusal> {
        let mismatch = || invalid("The provided key element does not match the schema");
        let part = |(name, kind): &(String, String)| {
            let value = given
                .get(name)
                .filter(|v| v.kind() == kind)
                .ok_or_else(mismatch)?;
            filled(name, value)?;
            Ok::<_, Refusal>(value.clone())
        };
        if given.len() != 1 + usize::from(self.sort.is_some()) {
            return Err(mismatch());
        }
        let sort = self.sort.as_ref().map(part).transpose()?;
        Ok(Key::new(part(&self.partition)?, sort))
    }

    /// The key as an item of its own.
    pub fn written(&self, key: &Key) -> Item {
        let mut item = Item::from([(self.partition.0.clone(), key.partition.clone())]);
        if let (Some((name, _)), Some(value)) = (&self.sort, &key.sort) {
            item.insert(name.clone(), value.clone());
        }
        item
    }

    /// Whether an attribute is part of the key.
    pub fn is_key(&self, name: &str) -> bool {
        self.partition.0 == name || self.sort.as_ref().is_some_and(|(sort, _)| sort == name)
    }

    /// The items of one partition, in the order of their sort keys.
    pub fn partition<'a>(
        &'a self,
        partition: &'a Attribute,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Item)> {
        let least = Key::new(partition.clone(), None);
        let hash = least.hash;
        let end = hash.checked_add(1).map_or(Bound::Unbounded, |hash| {
            Bound::Excluded(Key {
                hash,
                partition: Attribute::S(String::new()),
                sort: None,
            })
        });
        let before_all = Key {
            hash,
            partition: Attribute::S(String::new()),
            sort: None,
        };
        self.items
            .range((Bound::Included(before_all), end))
            .filter(move |(key, _)| key.partition == *partition)
    }
}

fn filled(name: &str, value: &Attribute) -> Result<(), Refusal> {
    let what = match value {
        Attribute::S(text) if text.is_empty() => "string",
        Attribute::B(bytes) if bytes.is_empty() => "binary",
        _ => return Ok(()),
    };
    Err(invalid(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
    )))
}

/// Everything that DynamoDB keeps in one account and region.
#[derive(Debug)]
pub struct Tables {
    /// The tables by name.
    pub tables: BTreeMap<String, Table>,
    /// The transactions of the last ten minutes by token: what they were, and when.
    pub tokens: HashMap<String, (u64, Timestamp)>,
}

impl Estate for Tables {
    fn found(_: &Site) -> Self {
        Self {
            tables: BTreeMap::new(),
            tokens: HashMap::new(),
        }
    }

    fn advance(&mut self, _: &Site, now: Timestamp) {
        self.tables
            .retain(|_, table| table.gone.is_none_or(|gone| now < gone));
        let forgotten = now.minus(Duration::from_secs(600));
        self.tokens.retain(|_, (_, at)| *at > forgotten);
        for table in self.tables.values_mut() {
            let Some(name) = table.ttl.clone() else {
                continue;
            };
            table.items.retain(|_, item| match item.get(&name) {
                Some(Attribute::N(end)) => {
                    end.whole().is_none_or(|end| end + LINGERS > now.as_secs())
                }
                _ => true,
            });
        }
    }
}

impl Tables {
    /// The table that a caller names, by name or ARN, ready to be used.
    pub fn usable(&mut self, name: &str, now: Timestamp) -> Result<&mut Table, Refusal> {
        match self.tables.get_mut(short(name)) {
            Some(table) if table.status(now) != "CREATING" => Ok(table),
            _ => Err(missing("Requested resource not found")),
        }
    }

    /// The table as `/_sim/truth` tells it.
    pub fn truth(&self, site: &Site, now: Timestamp) -> Value {
        let tables = self.tables.values().map(|table| {
            let mut told = table.describe(site, now);
            if let Value::Map(members) = &mut told {
                members.set(
                    "Items",
                    table.items.values().map(write_item).collect::<Value>(),
                );
            }
            told
        });
        fields! { "Tables" => tables.collect::<Value>() }
    }
}

/// The refusal of a table that is not there.
pub fn missing(message: impl Into<String>) -> Refusal {
    Refusal::new("ResourceNotFoundException", message)
}

/// The name of a table that may be named by its ARN.
pub fn short(name: &str) -> &str {
    name.split_once(":table/").map_or(name, |(_, name)| name)
}
