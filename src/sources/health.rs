//! AWS Health: what AWS reports about its own services, and what it plans.
//!
//! `DescribeEvents` of every account for open and upcoming events, or `DescribeEventsForOrganization` from one account that may
//! speak for all, with the accounts that each event is about. One endpoint serves all regions. An event that concerns everybody in
//! a region is one item, whoever tells it; one about an account is an item of that account. The API belongs to the same support
//! plans as AWS Support: without one an account is off.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_health::types::{
    Event, EventFilter, EventScopeCode, EventStatusCode, OrganizationEvent, OrganizationEventFilter,
};
use serde_json::Value;

use crate::aws::moment::moment;
use crate::aws::ops::{
    DESCRIBE_AFFECTED_ACCOUNTS, DESCRIBE_EVENT_DETAILS, DESCRIBE_EVENTS, DESCRIBE_ORG_EVENTS,
};
use crate::clock::Timestamp;
use crate::domain::health::{Action, Category, HealthDetail, words};
use crate::domain::text::clean_arc;
use crate::domain::{
    AccountId, Detail, Fault, Item, ItemKey, ItemState, Kind, Record, Region, Scope, Severity,
    Slice, SourceId,
};

use super::spoken::{self, NotOurs, Spoken};
use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};

/// Events of the whole organization.
pub const ORGANIZATION: Slice = Slice("organization");

/// How often events are asked for.
const EVERY: Duration = Duration::from_secs(120);

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Health,
    kinds: &[Kind::Health],
    slices: &[
        slice(ORGANIZATION, Reach::Organization),
        slice(Slice::ALL, Reach::Rest),
    ],
    ask: |ask| match ask.slice() {
        ORGANIZATION => Box::pin(ask_organization(ask)),
        _ => Box::pin(ask_account(ask)),
    },
    raw: |look| Box::pin(raw(look)),
};

const fn slice(slice: Slice, reach: Reach) -> SliceSpec {
    SliceSpec {
        slice,
        every: EVERY,
        part: Part::Snapshot,
        reach,
        plane: Plane::Global,
    }
}

/// The most events that one page gives (the model says 100).
const PAGE: i32 = 100;
/// How long the organization's answer speaks for an account: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(300);
/// How far ahead a planned change asks for attention: a fortnight, in which patch windows and change calendars can still be arranged.
const AHEAD: Duration = Duration::from_secs(14 * 86_400);

const WANTED: [EventStatusCode; 2] = [EventStatusCode::Open, EventStatusCode::Upcoming];

async fn ask_account(ask: Ask) -> Result<(), Fault> {
    let spoken: Arc<Spoken> = ask.shared_memory();
    let account = ask.scope().account;
    if spoken.speaks_for(ask.scope(), ask.now()) {
        return Ok(());
    }
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let filter = EventFilter::builder()
            .set_event_status_codes(Some(WANTED.to_vec()))
            .build();
        let out = ask
            .access()
            .health(&DESCRIBE_EVENTS, |client, with| {
                client
                    .describe_events()
                    .filter(filter)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let events = out.events.unwrap_or_default();
        let records = events
            .iter()
            .filter_map(|event| record(account, &Told::account(event), ask.now()));
        hand_over(&ask, records).await;
        pages.turn(&DESCRIBE_EVENTS, out.next_token)?;
    }
    Ok(())
}

/// Hands over what happens where the fleet is: AWS tells of all regions there are.
async fn hand_over(ask: &Ask, records: impl Iterator<Item = Record>) {
    let regions = ask.regions();
    let is_ours = |record: &Record| {
        let region = record.item.key.scope.region;
        region == Region::GLOBAL || regions.contains(&region)
    };
    ask.page(records.filter(is_ours).collect()).await;
}

async fn ask_organization(ask: Ask) -> Result<(), Fault> {
    let members: BTreeSet<AccountId> = ask.accounts();
    let answer = organization(&ask, &members).await.map(|()| {
        let region = ask.scope().region;
        let homes = members.iter().map(|&account| Scope { account, region });
        homes.collect()
    });
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

const NOT_OURS: NotOurs = NotOurs {
    what: "The events of the whole organization",
    advice: "The organizational view is switched on in the preferences of AWS Health, in the management account.",
};

async fn organization(ask: &Ask, members: &BTreeSet<AccountId>) -> Result<(), Fault> {
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let filter = OrganizationEventFilter::builder()
            .set_event_status_codes(Some(WANTED.to_vec()))
            .build();
        let out = ask
            .access()
            .health(&DESCRIBE_ORG_EVENTS, |client, with| {
                client
                    .describe_events_for_organization()
                    .filter(filter)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        ask.speak_as_planned();
        let mut records = Vec::new();
        for event in out.events.unwrap_or_default() {
            let told = Told::organization(&event);
            if told.is_public {
                records.extend(record(AccountId::UNKNOWN, &told, ask.now()));
                continue;
            }
            let Some(arn) = told.arn else { continue };
            for account in affected(ask, arn).await? {
                if members.contains(&account) {
                    records.extend(record(account, &told, ask.now()));
                }
            }
        }
        hand_over(ask, records.into_iter()).await;
        pages.turn(&DESCRIBE_ORG_EVENTS, out.next_token)?;
    }
    Ok(())
}

/// The accounts that an event is about.
async fn affected(ask: &Ask, arn: &str) -> Result<Vec<AccountId>, Fault> {
    let mut accounts = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .health(&DESCRIBE_AFFECTED_ACCOUNTS, |client, with| {
                client
                    .describe_affected_accounts_for_organization()
                    .event_arn(arn)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let ids = out.affected_accounts.unwrap_or_default();
        accounts.extend(ids.iter().filter_map(|id| id.parse::<AccountId>().ok()));
        pages.turn(&DESCRIBE_AFFECTED_ACCOUNTS, out.next_token)?;
    }
    Ok(accounts)
}

async fn raw(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    access
        .health(&DESCRIBE_EVENT_DETAILS, |client, with| {
            client
                .describe_event_details()
                .event_arns(&*look.item.key.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    tape.json()
        .and_then(|body| body.get("successfulSet")?.get(0).cloned())
        .ok_or_else(|| look.gone(&DESCRIBE_EVENT_DETAILS))
}

/// An event as either list tells it.
struct Told<'a> {
    arn: Option<&'a str>,
    service: Option<&'a str>,
    code: Option<&'a str>,
    category: Option<&'a str>,
    region: Option<&'a str>,
    zone: Option<&'a str>,
    status: Option<&'a str>,
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
    updated: Option<Timestamp>,
    is_public: bool,
    action: Option<&'a str>,
    personas: Vec<&'a str>,
}

macro_rules! told {
    ($event:ident, $zone:expr) => {
        Told {
            arn: $event.arn(),
            service: $event.service(),
            code: $event.event_type_code(),
            category: $event.event_type_category().map(|c| c.as_str()),
            region: $event.region(),
            zone: $zone,
            status: $event.status_code().map(|s| s.as_str()),
            starts: moment($event.start_time()),
            ends: moment($event.end_time()),
            updated: moment($event.last_updated_time()),
            is_public: $event.event_scope_code() == Some(&EventScopeCode::Public),
            action: $event.actionability().map(|a| a.as_str()),
            personas: $event.personas().iter().map(|p| p.as_str()).collect(),
        }
    };
}

impl<'a> Told<'a> {
    fn account(event: &'a Event) -> Self {
        told!(event, event.availability_zone())
    }

    fn organization(event: &'a OrganizationEvent) -> Self {
        told!(event, None)
    }
}

/// How bad an event is: trouble at AWS is high where it is about the account and medium where it is about everybody; of what is
/// planned or told, that which asks for something.
fn severity(category: Category, is_public: bool, action: Option<Action>) -> Severity {
    match (category, action) {
        (Category::Issue, _) if is_public => Severity::Medium,
        (Category::Issue, _) => Severity::High,
        (Category::Investigation, _) => Severity::Medium,
        (Category::Scheduled | Category::Notification, Some(Action::Required)) => Severity::Medium,
        (Category::Scheduled, _) | (_, Some(Action::Maybe)) => Severity::Low,
        (Category::Notification, _) => Severity::Info,
    }
}

/// Whether somebody has to look: trouble that is open, and what is planned or told as far as it asks for something soon.
fn asks(
    category: Category,
    status: &str,
    action: Option<Action>,
    starts: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    match category {
        _ if status == "closed" => false,
        Category::Issue | Category::Investigation => true,
        Category::Scheduled | Category::Notification => {
            let is_soon = starts.is_none_or(|at| at <= now.plus(AHEAD));
            matches!(action, Some(Action::Required | Action::Maybe)) && is_soon
        }
    }
}

/// An event as a record of this account. `None` for an answer without an ARN.
fn record(account: AccountId, told: &Told<'_>, now: Timestamp) -> Option<Record> {
    let arn = clean_arc(told.arn?);
    let said = |text: Option<&str>| clean_arc(text.unwrap_or_default());
    let (service, code, status) = (said(told.service), said(told.code), said(told.status));
    let category = Category::of(told.category.unwrap_or_default());
    let action = Action::of(told.action);
    let region = told
        .region
        .filter(|region| *region != "global")
        .and_then(|region| region.parse().ok())
        .unwrap_or(Region::GLOBAL);
    let account = if told.is_public {
        AccountId::UNKNOWN
    } else {
        account
    };
    let updated = told.updated.or(told.starts).unwrap_or_default();
    // What has not begun yet is as it is since AWS told it.
    let began = told.starts.filter(|at| *at <= now).unwrap_or(updated);
    let name: Arc<str> = Arc::from(words(&service, &code));
    let item = Item {
        key: ItemKey {
            kind: Kind::Health,
            scope: Scope { account, region },
            id: Arc::clone(&arn),
        },
        told_arn: Some(Arc::clone(&arn)),
        name: Arc::clone(&name),
        title: name,
        severity: severity(category, told.is_public, action),
        state: if asks(category, &status, action, told.starts, now) {
            ItemState::Open
        } else {
            ItemState::Calm
        },
        native_state: Arc::clone(&status),
        resource: None,
        opened: began,
        changed: updated.max(began),
        // An event happens once; what has not begun begins later, and is new again then.
        episode: told
            .starts
            .filter(|at| *at <= now)
            .unwrap_or(Timestamp::ZERO),
        detail: Detail::Health(Box::new(HealthDetail {
            service,
            code,
            category,
            status,
            zone: told.zone.map(clean_arc),
            starts: told.starts,
            ends: told.ends,
            updated,
            is_public: told.is_public,
            action,
            personas: told.personas.iter().map(|p| clean_arc(p)).collect(),
        })),
    };
    // An event may be about several accounts.
    let native = Arc::from(format!("{account}/{arn}"));
    Some(Record { native, item })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_health::types::{EventActionability, EventTypeCategory};
    use aws_smithy_types::DateTime;

    fn now() -> Timestamp {
        Timestamp::from_secs(1_795_240_800)
    }

    fn event(
        category: EventTypeCategory,
        scope: EventScopeCode,
    ) -> aws_sdk_health::types::builders::EventBuilder {
        Event::builder()
            .arn("arn:aws:health:eu-west-1::event/RDS/AWS_RDS_OPERATIONAL_ISSUE/AWS_RDS_1")
            .service("RDS")
            .event_type_code("AWS_RDS_OPERATIONAL_ISSUE")
            .event_type_category(category)
            .event_scope_code(scope)
            .region("eu-west-1")
            .status_code(EventStatusCode::Open)
            .start_time(DateTime::from_secs(now().as_secs() - 600))
            .last_updated_time(DateTime::from_secs(now().as_secs() - 60))
    }

    fn item(event: &Event) -> Item {
        let account = "111111111111".parse().unwrap();
        record(account, &Told::account(event), now()).unwrap().item
    }

    #[test]
    fn what_concerns_everybody_is_one_item_whoever_tells_it() {
        let public = event(EventTypeCategory::Issue, EventScopeCode::Public).build();
        let one = item(&public);
        assert_eq!(one.key.scope.account, AccountId::UNKNOWN);
        assert_eq!(
            (one.severity, one.state),
            (Severity::Medium, ItemState::Open)
        );
        assert_eq!(&*one.name, "RDS operational issue");
        let own = item(&event(EventTypeCategory::Issue, EventScopeCode::AccountSpecific).build());
        assert_eq!(own.key.scope.account.to_string(), "111111111111");
        assert_eq!(own.severity, Severity::High);
    }

    #[test]
    fn a_planned_change_asks_when_it_is_near_and_wants_something() {
        let planned = |action: Option<EventActionability>, days: i64| {
            let mut planned = event(
                EventTypeCategory::ScheduledChange,
                EventScopeCode::AccountSpecific,
            )
            .status_code(EventStatusCode::Upcoming)
            .start_time(DateTime::from_secs(now().as_secs() + days * 86_400));
            if let Some(action) = action {
                planned = planned.actionability(action);
            }
            let item = item(&planned.build());
            assert_eq!(item.opened.as_secs(), now().as_secs() - 60);
            (item.severity, item.state)
        };
        let required = Some(EventActionability::ActionRequired);
        assert_eq!(
            planned(required.clone(), 3),
            (Severity::Medium, ItemState::Open)
        );
        assert_eq!(planned(required, 30), (Severity::Medium, ItemState::Calm));
        assert_eq!(planned(None, 3), (Severity::Low, ItemState::Calm));
        let informational = Some(EventActionability::Informational);
        assert_eq!(planned(informational, 3).1, ItemState::Calm);
    }
}
