//! DynamoDB: tables of items with conditional writes, which are what a shared ledger rests on.
//!
//! ```text
//!  tables                        make, describe, delete; time to live, backups
//!  write, transaction ─┬─ parse ── token, placeholders   an expression is read
//!  read ───────────────┤
//!                      └─ evaluate ── attribute, number   and carried out
//!  table                         what lies where, in the order of its keys
//! ```

mod attribute;
mod evaluate;
mod expression;
mod number;
mod parse;
mod placeholders;
mod read;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod token;
mod transaction;
mod write;

use std::time::Duration;

use serde::Deserialize;

use self::table::Tables;
use super::{Dialect, Operation, Service, always_on};
use crate::sim::scenario::Span;
use crate::sim::wire::{Protocol, Value};
use crate::sim::world::World;

/// `[dynamodb]` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// How long a table takes to come and to go.
    pub creating: Span,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            creating: Span(Duration::ZERO),
        }
    }
}

/// The service.
pub const SERVICE: Service = Service {
    name: "dynamodb",
    alias: "dynamodb",
    protocols: &[Protocol::Json],
    target: "DynamoDB_20120810",
    xmlns: "",
    dialect: Dialect {
        throttled: ("ProvisionedThroughputExceededException", 400),
        namespace: "com.amazonaws.dynamodb.v20120810#",
        ..Dialect::JSON
    },
    operations: &[
        Operation::new("CreateTable", tables::create).needs(&[
            "AttributeDefinitions",
            "KeySchema",
            "TableName",
        ]),
        Operation::new("DescribeTable", tables::describe).needs(&["TableName"]),
        Operation::new("ListTables", tables::list),
        Operation::new("DeleteTable", tables::delete).needs(&["TableName"]),
        Operation::new("UpdateTimeToLive", tables::set_ttl)
            .needs(&["TableName", "TimeToLiveSpecification"]),
        Operation::new("DescribeTimeToLive", tables::ttl).needs(&["TableName"]),
        Operation::new("UpdateContinuousBackups", tables::backups)
            .needs(&["TableName", "PointInTimeRecoverySpecification"]),
        Operation::new("DescribeContinuousBackups", tables::backups).needs(&["TableName"]),
        Operation::new("PutItem", write::put).needs(&["TableName", "Item"]),
        Operation::new("GetItem", read::get).needs(&["TableName", "Key"]),
        Operation::new("UpdateItem", write::update).needs(&["TableName", "Key"]),
        Operation::new("DeleteItem", write::delete).needs(&["TableName", "Key"]),
        Operation::new("Query", read::query).needs(&["TableName"]),
        Operation::new("Scan", read::scan).needs(&["TableName"]),
        Operation::new("BatchGetItem", read::batch).needs(&["RequestItems"]),
        Operation::new("TransactWriteItems", transaction::write).needs(&["TransactItems"]),
    ],
    disabled: always_on,
    truth,
};

/// The tables as `DescribeTable`, each with its items.
fn truth(world: &World, account: &str, region: &str) -> Value {
    world.estate(account, region, |all: &mut Tables, site, now| {
        all.truth(site, now)
    })
}
