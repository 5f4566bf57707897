//! `GetOpsSummary`: OpsItems as Explorer keeps them, those of one account and region or of all that a sync gathers.
//!
//! What an answer holds is taken from the examples of the API reference and of the user guide: every attribute is a text, the
//! operational data is JSON in one of them, and what a sync has names the account and region that it comes from.

use std::collections::BTreeMap;

use super::opsitem::OpsItem;
use super::section::Sync;
use super::{Ssm, one_of, syncs};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value, text};
use crate::sim::world::Site;

/// The type of which there is something here.
const OPS_ITEM: &str = "AWS:OpsItem";
/// The types that can be asked for (the model).
const TYPES: [&str; 4] = [
    OPS_ITEM,
    "AWS:EC2InstanceInformation",
    "AWS:OpsItemTrendline",
    "AWS:ComplianceSummary",
];
const OPERATORS: [&str; 6] = [
    "Equal",
    "NotEqual",
    "BeginWith",
    "LessThan",
    "GreaterThan",
    "Exists",
];

/// One OpsItem: its id, when it was opened, its attributes.
struct Entity {
    id: String,
    born: Timestamp,
    content: BTreeMap<&'static str, String>,
}

/// `GetOpsSummary`, the newest first.
pub fn summary(call: &Call<'_>) -> Answer {
    let sync = syncs::named(call)?;
    let filters = read(call)?;
    let groups = groups(call)?;
    let types: Vec<&str> = call
        .arg("ResultAttributes")
        .items()
        .iter()
        .filter_map(|wanted| wanted.at("TypeName").as_str())
        .collect();
    if let Some(name) = types.iter().find(|name| !TYPES.contains(name)) {
        return Err(Refusal::new(
            "InvalidTypeNameException",
            format!("The type name {name} is not valid."),
        ));
    }
    let page = call.page()?;
    let mut all = if types.is_empty() || types.contains(&OPS_ITEM) {
        entities(call, sync)
    } else {
        Vec::new()
    };
    all.retain(|entity| filters.iter().all(|filter| filter.fits(entity)));
    if !groups.is_empty() {
        let counted = count(&all, &groups);
        let told = fields! { "Data" => fields! { OPS_ITEM => fields! { "Content" => counted } } };
        return Ok(fields! { "Entities" => Value::List(vec![told]) });
    }
    all.sort_by(|a, b| (b.born, &b.id).cmp(&(a.born, &a.id)));
    let captured = text::iso(call.now);
    let (all, next) = page.cut(all.into_iter().map(|entity| {
        let content: Map = entity.content.into_iter().fold(Map::default(), |mut map, (name, value)| {
            map.set(name, value);
            map
        });
        fields! {
            "Id" => entity.id,
            "Data" => fields! { OPS_ITEM => fields! { "CaptureTime" => &captured, "Content" => vec![Value::Map(content)] } },
        }
    }));
    Ok(fields! { "Entities" => Value::List(all), "NextToken" => next })
}

fn entities(call: &Call<'_>, sync: Option<&Sync>) -> Vec<Entity> {
    let Some(sync) = sync else {
        return call.estate(|all: &mut Ssm, site, now| {
            let items = all.ops.all(now);
            items.map(|item| entity(item, site, now, false)).collect()
        });
    };
    let mut all = Vec::new();
    for (account, region) in syncs::gathered(call, sync) {
        call.world
            .estate::<Ssm, _>(&account, &region, |ssm, site, now| {
                let then = now.minus(sync.behind.0);
                let items = ssm.ops.all(then);
                all.extend(items.map(|item| entity(item, site, then, true)));
            });
    }
    all
}

fn entity(item: &OpsItem, site: &Site, now: Timestamp, gathered: bool) -> Entity {
    let summary = item.summary(site, now);
    let mut content = BTreeMap::new();
    for name in [
        "Category",
        "CreatedBy",
        "CreatedTime",
        "LastModifiedBy",
        "LastModifiedTime",
        "OpsItemId",
        "OpsItemType",
        "Priority",
        "Severity",
        "Source",
        "Status",
        "Title",
    ] {
        let value = summary.get(name).cloned().unwrap_or_default();
        let told = match value.as_time().filter(|_| name.ends_with("Time")) {
            Some(at) => text::iso(at),
            None => match value.as_int() {
                Some(number) => number.to_string(),
                None => value.as_str().unwrap_or_default().to_owned(),
            },
        };
        // What nobody said is missing.
        if !told.is_empty() {
            content.insert(name, told);
        }
    }
    let members = item.members(site, now);
    let description = members.get("Description").and_then(Value::as_str);
    content.insert("Description", description.unwrap_or_default().to_owned());
    content.insert("Notifications", String::new());
    content.insert("RelatedItems", String::new());
    content.insert(
        "OperationalData",
        operational(&summary.get("OperationalData").cloned().unwrap_or_default()),
    );
    content.insert("AccountId", site.account.to_string());
    if gathered {
        content.insert("SourceAccountId", site.account.to_string());
        content.insert("SourceRegion", site.region.to_string());
    }
    Entity {
        id: item.id.clone(),
        born: item.born,
        content,
    }
}

/// Operational data as Explorer writes it: JSON with small letters.
fn operational(data: &Value) -> String {
    let mut all = serde_json::Map::new();
    for (key, entry) in data.members() {
        let word = |name: &str| entry.at(name).as_str().unwrap_or_default().to_owned();
        let told = serde_json::json!({ "type": word("Type"), "value": word("Value") });
        all.insert(key.to_string(), told);
    }
    serde_json::Value::Object(all).to_string()
}

struct Filter<'a> {
    attribute: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

fn read<'a>(call: &'a Call<'_>) -> Result<Vec<Filter<'a>>, Refusal> {
    let mut all = Vec::new();
    for filter in call.arg("Filters").items() {
        let key = filter.at("Key").as_str().unwrap_or_default();
        let operator = filter.at("Type").as_str().unwrap_or("Equal");
        one_of(call, "filters.1.member.type", operator, &OPERATORS)?;
        let attribute = key.strip_prefix("AWS:OpsItem.").ok_or_else(|| {
            Refusal::new(
                "InvalidFilter",
                format!("The filter key {key} is not valid."),
            )
        })?;
        let values: Vec<&str> = filter.at("Values").texts().collect();
        if values.is_empty() || values.len() > 40 {
            return Err(call.invalid("A filter takes between 1 and 40 values"));
        }
        all.push(Filter {
            attribute,
            operator,
            values,
        });
    }
    if all.len() > 5 {
        return Err(call.invalid("At most 5 filters are taken"));
    }
    Ok(all)
}

impl Filter<'_> {
    fn fits(&self, entity: &Entity) -> bool {
        let Some(is) = entity.content.get(self.attribute) else {
            return self.operator == "NotEqual";
        };
        let any = |fits: fn(&str, &str) -> bool| self.values.iter().any(|value| fits(is, value));
        match self.operator {
            "NotEqual" => !any(|is, value| is == value),
            "BeginWith" => any(|is, value| is.starts_with(value)),
            "LessThan" => any(|is, value| is < value),
            "GreaterThan" => any(|is, value| is > value),
            "Exists" => true,
            _ => any(|is, value| is == value),
        }
    }
}

/// The attributes by which is counted, the outermost first; none where nothing is counted.
fn groups<'a>(call: &'a Call<'_>) -> Result<Vec<&'a str>, Refusal> {
    let mut groups = Vec::new();
    let mut level = call.arg("Aggregators");
    while let Some(one) = level.items().first() {
        let kind = one.at("AggregatorType").as_str().unwrap_or_default();
        let name = one.at("AttributeName").as_str();
        let Some(name) = name.filter(|_| kind == "count" && level.items().len() == 1) else {
            return Err(Refusal::new(
                "InvalidAggregatorException",
                "Only counts by one attribute inside another are kept here.",
            ));
        };
        groups.push(name);
        level = one.at("Aggregators");
    }
    Ok(groups)
}

fn count(all: &[Entity], groups: &[&str]) -> Value {
    let mut counts: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for entity in all {
        let group = groups
            .iter()
            .map(|name| entity.content.get(name).map_or("", String::as_str));
        *counts.entry(group.collect()).or_default() += 1;
    }
    let rows = counts.into_iter().map(|(group, count)| {
        let mut row = Map::default();
        row.set("Count", count.to_string());
        for (name, value) in groups.iter().zip(group) {
            row.set((*name).to_owned(), value);
        }
        row
    });
    rows.collect()
}
