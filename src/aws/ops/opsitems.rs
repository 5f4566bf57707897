//! OpsCenter: OpsItems opened once, taken on and resolved.

use aws_sdk_ssm::operation::create_ops_item::CreateOpsItemError;
use aws_sdk_ssm::types::{
    OpsItemDataType, OpsItemDataValue, OpsItemFilter, OpsItemFilterKey, OpsItemFilterOperator,
    OpsItemStatus,
};
use serde_json::{Map, Value, json};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;
use crate::domain::Scope;
use crate::domain::text::clean;

use super::act::{Change, all_ok, not_ok};
use super::look::{Found, ended, settle};
use super::mutations::{CREATE_OPS_ITEM, Mutation, UPDATE_OPS_ITEM};
use super::{DESCRIBE_OPS_ITEMS, GET_OPS_ITEM};

/// What the console does to an OpsItem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nobody works on it.
    Open,
    /// Somebody works on it.
    InProgress,
    /// It is done.
    Resolved,
}

impl Status {
    /// As the service writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::InProgress => "InProgress",
            Self::Resolved => "Resolved",
        }
    }
}

/// An OpsItem to another status. The service has no condition for it: the last one who writes wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateOpsItem {
    /// The account and region that it is about.
    pub scope: Scope,
    /// Its id (`oi-…`).
    pub id: String,
    /// The status.
    pub status: Status,
    /// Who acknowledged it, written beside it as `/noctop/ack`; empty: nothing is written.
    pub acknowledged: String,
}

impl Change for UpdateOpsItem {
    fn mutation(&self) -> &'static Mutation {
        &UPDATE_OPS_ITEM
    }

    fn targets(&self, _: &Access) -> Vec<Target> {
        vec![Target::new(self.scope, &self.id)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("status".to_owned(), self.status.word().into());
        if !self.acknowledged.is_empty() {
            map.insert("acknowledged".to_owned(), self.acknowledged.as_str().into());
        }
        map
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .ssm(&UPDATE_OPS_ITEM.op, |client, with| {
                let mut call = client
                    .update_ops_item()
                    .ops_item_id(&self.id)
                    .status(OpsItemStatus::from(self.status.word()));
                if !self.acknowledged.is_empty() {
                    call = call.operational_data("/noctop/ack", searchable(&self.acknowledged));
                }
                call.customize().config_override(with).send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// A new OpsItem about something. Of two with the same `dedup` the service makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOpsItem {
    /// Its title, at most 1,024 characters.
    pub title: String,
    /// What it is about; never empty.
    pub description: String,
    /// `1` (critical) to `4` (low); empty: none.
    pub severity: String,
    /// `Availability`, `Cost`, `Performance`, `Recovery` or `Security`; empty: none.
    pub category: String,
    /// What tells it from every other one: the item's key and episode.
    pub dedup: String,
    /// The ARNs of what it is about.
    pub resources: Vec<String>,
}

impl Change for CreateOpsItem {
    fn mutation(&self) -> &'static Mutation {
        &CREATE_OPS_ITEM
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.dedup)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let said = json!({
            "title": self.title, "severity": self.severity, "category": self.category, "resources": self.resources,
        });
        match said {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let resources: Vec<Value> = self
            .resources
            .iter()
            .map(|arn| json!({ "arn": arn }))
            .collect();
        let answer = acting
            .ssm(&CREATE_OPS_ITEM.op, |client, with| {
                let mut call = client
                    .create_ops_item()
                    .title(self.title.chars().take(1_024).collect::<String>())
                    .description(&self.description)
                    .source("noctop")
                    .operational_data("/aws/dedup", searchable(&dedup(&self.dedup)));
                if !resources.is_empty() {
                    let listed = Value::Array(resources).to_string();
                    call = call.operational_data("/aws/resources", searchable(&listed));
                }
                if !self.severity.is_empty() {
                    call = call.severity(&self.severity);
                }
                if !self.category.is_empty() {
                    call = call.category(&self.category);
                }
                let asked = call.customize().config_override(with).send();
                async move {
                    match asked.await {
                        Ok(out) => Ok((out.ops_item_id.unwrap_or_default(), "")),
                        // Somebody was first: there is one, which is all that was wanted.
                        Err(error) => match error.as_service_error() {
                            Some(CreateOpsItemError::OpsItemAlreadyExistsException(first)) => {
                                let id = first.ops_item_id().unwrap_or_default().to_owned();
                                Ok((id, "There was one already."))
                            }
                            _ => Err(error),
                        },
                    }
                }
            })
            .await;
        match answer {
            Ok((id, said)) => all_ok(&acting, &targets, &id)
                .into_iter()
                .map(|outcome| outcome.saying(said))
                .collect(),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// The form in which OpsCenter keeps one OpsItem of many.
fn dedup(text: &str) -> String {
    json!({ "dedupString": text }).to_string()
}

fn searchable(text: &str) -> OpsItemDataValue {
    OpsItemDataValue::builder()
        .r#type(OpsItemDataType::SearchableString)
        .value(text)
        .build()
}

/// What became of an OpsItem that was updated: it is asked for its status.
pub(super) async fn look_updated(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let answer = access
        .ssm(&GET_OPS_ITEM, |client, with| {
            client
                .get_ops_item()
                .ops_item_id(&*target.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let status = out
        .ops_item()
        .and_then(|o| o.status())
        .map(|s| s.as_str().to_owned());
    let wanted = open.parameter("status");
    settle(open, &targets, |_| {
        let now = status.as_deref()?;
        Some((now == wanted, format!("its status is {}", clean(now))))
    })
}

/// What became of an OpsItem that was to be made: whether there is one of its kind.
pub(super) async fn look_created(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let wanted = json!({ "key": "/aws/dedup", "value": dedup(&target.id) }).to_string();
    let filter = OpsItemFilter::builder()
        .key(OpsItemFilterKey::OperationalData)
        .values(wanted)
        .operator(OpsItemFilterOperator::Equal)
        .build();
    let Ok(filter) = filter else {
        return Found::NotYet;
    };
    let answer = access
        .ssm(&DESCRIBE_OPS_ITEMS, |client, with| {
            client
                .describe_ops_items()
                .ops_item_filters(filter)
                .max_results(50)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    match out
        .ops_item_summaries()
        .iter()
        .find_map(|o| o.ops_item_id())
    {
        Some(id) => ended(&targets, &clean(id)),
        None => settle(open, &targets, |_| {
            Some((false, "there is none of the kind".to_owned()))
        }),
    }
}
