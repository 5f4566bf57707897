//! The operations on tables.

use std::collections::BTreeMap;

use super::attribute::invalid;
use super::table::{Table, Tables, missing, short};
use crate::fields;
use crate::sim::chance::Chance;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::Value;

const REPAIR: &str = "One or more parameter values were invalid: ";

fn in_use(message: impl Into<String>) -> Refusal {
    Refusal::new("ResourceInUseException", message)
}

fn absent(name: &str) -> Refusal {
    missing(format!(
        "Requested resource not found: Table: {name} not found"
    ))
}

/// The names of the keys, each with its type.
type Keys = ((String, String), Option<(String, String)>);

fn keys(call: &Call<'_>) -> Result<Keys, Refusal> {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    for one in call.arg("AttributeDefinitions").items() {
        let kind = one.at("AttributeType").as_str().unwrap_or_default();
        if !["S", "N", "B"].contains(&kind) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{kind}' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"
            )));
        }
        types.insert(one.at("AttributeName").as_str().unwrap_or_default(), kind);
    }
    let schema = call.arg("KeySchema").items();
    let part = |n: usize, role: &str| -> Result<(String, String), Refusal> {
        let name = schema[n].at("AttributeName").as_str().unwrap_or_default();
        if schema[n].at("KeyType").as_str() != Some(role) {
            let place = if n == 0 { "first" } else { "second" };
            return Err(invalid(format!(
                "Invalid KeySchema: The {place} KeySchemaElement is not a {role} key type"
            )));
        }
        let kind = types.get(name).ok_or_else(|| {
            let known: Vec<&str> = types.keys().copied().collect();
            invalid(format!(
                "{REPAIR}Some index key attributes are not defined in AttributeDefinitions. Keys: [{name}], AttributeDefinitions: [{}]",
                known.join(", ")
            ))
        })?;
        Ok((name.to_owned(), (*kind).to_owned()))
    };
    let found = match schema.len() {
        1 => (part(0, "HASH")?, None),
        2 => (part(0, "HASH")?, Some(part(1, "RANGE")?)),
        _ => {
            return Err(invalid(
                "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
            ));
        }
    };
    if types.len() != schema.len() {
        return Err(invalid(format!(
            "{REPAIR}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
        )));
    }
    Ok(found)
}

/// `CreateTable`.
pub fn create(call: &Call<'_>) -> Answer {
    let name = call.needed("TableName");
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if !(3..=255).contains(&name.len()) {
        return Err(invalid(
            "TableName must be at least 3 characters long and at most 255 characters long",
        ));
    }
    if !name.chars().all(legal) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )));
    }
    for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        if !call.arg(member).items().is_empty() {
            return Err(invalid(format!("{REPAIR}the simulator has no {member}")));
        }
    }
    let (partition, sort) = keys(call)?;
    let billing = call.text("BillingMode").unwrap_or("PROVISIONED");
    let throughput = call.arg("ProvisionedThroughput");
    let provisioned = match (billing, throughput.is_null()) {
        ("PAY_PER_REQUEST", true) => (0, 0),
        ("PAY_PER_REQUEST", false) => {
            return Err(invalid(format!(
                "{REPAIR}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )));
        }
        ("PROVISIONED", true) => {
            return Err(invalid("No provisioned throughput specified for the table"));
        }
        ("PROVISIONED", false) => {
            let units = |name: &str| throughput.at(name).as_int().unwrap_or(0);
            (units("ReadCapacityUnits"), units("WriteCapacityUnits"))
        }
        (other, _) => {
            return Err(invalid(format!(
                "1 validation error detected: Value '{other}' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"
            )));
        }
    };
    call.estate(|all: &mut Tables, site, now| {
        if all.tables.contains_key(name) {
            return Err(in_use(format!("Table already exists: {name}")));
        }
        let table = Table {
            name: name.to_owned(),
            partition,
            sort,
            billing: billing.to_owned(),
            provisioned,
            created: now,
            ready: now.plus(site.scenario.dynamodb.creating.0),
            gone: None,
            id: Chance::of(site, "tables").named(name).at(now).uuid(),
            ttl: None,
            restorable: None,
            protected: call
                .arg("DeletionProtectionEnabled")
                .as_bool()
                .unwrap_or(false),
            items: BTreeMap::new(),
        };
        let mut told = table.describe(site, now);
        if let Value::Map(members) = &mut told {
            members.set("TableStatus", "CREATING");
        }
        all.tables.insert(name.to_owned(), table);
        Ok(fields! { "TableDescription" => told })
    })
}

/// `DescribeTable`.
pub fn describe(call: &Call<'_>) -> Answer {
    let name = short(call.needed("TableName"));
    call.estate(|all: &mut Tables, site, now| match all.tables.get(name) {
        Some(table) => Ok(fields! { "Table" => table.describe(site, now) }),
        None => Err(absent(name)),
    })
}

/// `ListTables`.
pub fn list(call: &Call<'_>) -> Answer {
    let after = call.text("ExclusiveStartTableName").unwrap_or_default();
    let most = call
        .arg("Limit")
        .as_int()
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(100);
    call.estate(|all: &mut Tables, _, _| {
        let names: Vec<&String> = all.tables.keys().filter(|n| n.as_str() > after).collect();
        let last = names
            .get(most.saturating_sub(1))
            .filter(|_| names.len() > most);
        Ok(fields! {
            "TableNames" => names.iter().take(most).copied().collect::<Value>(),
            "LastEvaluatedTableName" => last.copied(),
        })
    })
}

/// `DeleteTable`.
pub fn delete(call: &Call<'_>) -> Answer {
    let name = short(call.needed("TableName"));
    call.estate(|all: &mut Tables, site, now| {
        let table = all.tables.get_mut(name).ok_or_else(|| absent(name))?;
        if table.protected {
            return Err(invalid(
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
            ));
        }
        match table.status(now) {
            "ACTIVE" => {}
            "CREATING" => return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being created: {name}"))),
            _ => return Err(in_use(format!("Attempt to change a resource which is still in use: Table is being deleted: {name}"))),
        }
        table.gone = Some(now.plus(site.scenario.dynamodb.creating.0));
        Ok(fields! { "TableDescription" => table.describe(site, now) })
    })
}

/// `UpdateTimeToLive`.
pub fn set_ttl(call: &Call<'_>) -> Answer {
    let wanted = call.arg("TimeToLiveSpecification");
    let (on, attribute) = (
        wanted.at("Enabled").as_bool(),
        wanted.at("AttributeName").as_str(),
    );
    let (Some(on), Some(attribute)) = (on, attribute.filter(|a| !a.is_empty())) else {
        return Err(invalid(
            "1 validation error detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must not be null",
        ));
    };
    call.estate(|all: &mut Tables, _, now| {
        let name = short(call.needed("TableName"));
        let table = all.usable(name, now).map_err(|_| absent(name))?;
        match (&table.ttl, on) {
            (Some(_), true) => return Err(invalid("TimeToLive is already enabled")),
            (None, false) => return Err(invalid("TimeToLive is already disabled")),
            (Some(present), false) if present != attribute => {
                return Err(invalid(format!(
                    "TimeToLive is active on a different AttributeName: current AttributeName is {present}"
                )));
            }
            _ => {}
        }
        table.ttl = on.then(|| attribute.to_owned());
        Ok(fields! { "TimeToLiveSpecification" => wanted.clone() })
    })
}

/// `DescribeTimeToLive`.
pub fn ttl(call: &Call<'_>) -> Answer {
    let name = short(call.needed("TableName"));
    call.estate(|all: &mut Tables, _, _| {
        let table = all.tables.get(name).ok_or_else(|| absent(name))?;
        let status = if table.ttl.is_some() {
            "ENABLED"
        } else {
            "DISABLED"
        };
        Ok(fields! {
            "TimeToLiveDescription" => fields! {
                "TimeToLiveStatus" => status, "AttributeName" => table.ttl.as_ref(),
            },
        })
    })
}

/// `UpdateContinuousBackups` and `DescribeContinuousBackups`.
pub fn backups(call: &Call<'_>) -> Answer {
    let name = short(call.needed("TableName"));
    let wanted = call.arg("PointInTimeRecoverySpecification");
    call.estate(|all: &mut Tables, _, now| {
        let gone = || Refusal::new("TableNotFoundException", format!("Table not found: {name}"));
        let table = all.tables.get_mut(name).ok_or_else(gone)?;
        if let Some(on) = wanted.at("PointInTimeRecoveryEnabled").as_bool() {
            let days = wanted.at("RecoveryPeriodInDays").as_int().unwrap_or(35);
            if !(1..=35).contains(&days) {
                return Err(invalid(format!(
                    "1 validation error detected: Value '{days}' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy constraint: Member must have value between 1 and 35"
                )));
            }
            let since = table.restorable.map_or(now, |(since, _)| since);
            table.restorable = on.then_some((since, days));
        }
        let status = if table.restorable.is_some() { "ENABLED" } else { "DISABLED" };
        Ok(fields! {
            "ContinuousBackupsDescription" => fields! {
                "ContinuousBackupsStatus" => "ENABLED",
                "PointInTimeRecoveryDescription" => fields! {
                    "PointInTimeRecoveryStatus" => status,
                    "RecoveryPeriodInDays" => table.restorable.map(|(_, days)| days),
                    "EarliestRestorableDateTime" => table.restorable.map(|(since, _)| since),
                    "LatestRestorableDateTime" => table.restorable.map(|_| now),
                },
            },
        })
    })
}
