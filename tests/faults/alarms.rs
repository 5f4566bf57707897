//! Alarms that change between two askings: cleared, without data, deleted, back again.

use std::sync::Arc;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_cloudwatch::types::StateValue;
use noctop::clock::Timestamp;
use noctop::domain::{Batch, Body, Feed, Item, ItemState, Slice, SourceId};
use noctop::sim::Simulator;
use noctop::sources::cloudwatch::{ALARM, SOURCE};
use noctop::sources::live::raw;
use noctop::store::{Settings, Store};

use super::stand::{ACCOUNT, Asking, REGION, open, patient, scope, simulator, spec};

/// A client that may write, with keys of the account: what somebody else does there.
fn somebody(sim: &Simulator) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    Client::from_conf(
        aws_sdk_cloudwatch::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(sim.endpoint())
            .http_client(http)
            .credentials_provider(Credentials::new(
                format!("AKIA{ACCOUNT}"),
                "secret",
                None,
                None,
                "test",
            ))
            .build(),
    )
}

async fn set(client: &Client, name: &str, state: StateValue) {
    client
        .set_alarm_state()
        .alarm_name(name)
        .state_value(state)
        .state_reason("a test")
        .send()
        .await
        .unwrap();
}

/// A console's store beside the feeds of one scope.
struct Console {
    asking: Asking,
    store: Store,
}

impl Console {
    async fn ask(&mut self, slice: Slice) -> Vec<Batch> {
        let feed = Feed {
            source: SourceId::Cloudwatch,
            vantage: scope(ACCOUNT, REGION),
            slice,
        };
        let (batches, outcome) = self.asking.ask(&SOURCE, feed).await;
        outcome.unwrap();
        for batch in batches.clone() {
            self.store.apply(batch);
        }
        batches
    }

    /// The alarm as the store shows it, unless it has left the list.
    fn item(&self, name: &str) -> Option<Arc<Item>> {
        let mut rows = self.store.rows();
        let (_, row) = rows.find(|(_, row)| row.item().name.as_ref() == name)?;
        Some(Arc::clone(row.item()))
    }

    /// Whether it asks for attention; what has vanished does not, whatever it last was.
    fn is_open(&self, name: &str) -> bool {
        let mut rows = self.store.rows();
        rows.any(|(_, row)| row.item().name.as_ref() == name && row.is_open())
    }

    fn state(&self, name: &str) -> Option<ItemState> {
        self.item(name).map(|item| item.state)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fast_slice_corrects_what_the_whole_said() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let somebody = somebody(&sim);
    let mut console = Console {
        asking: Asking::new(&fleet),
        store: Store::new(Settings::default()),
    };
    console.ask(Slice::ALL).await;
    let names: Vec<Arc<str>> = console
        .store
        .rows()
        .filter(|(_, row)| row.item().state == ItemState::Calm)
        .map(|(_, row)| Arc::clone(&row.item().name))
        .take(3)
        .collect();
    let [clears, silent, deleted] = [&names[0], &names[1], &names[2]];
    for name in &names {
        set(&somebody, name, StateValue::Alarm).await;
    }
    console.ask(ALARM).await;
    for name in &names {
        assert_eq!(console.state(name), Some(ItemState::Open), "{name}");
    }
    let began: Timestamp = console.item(silent).unwrap().opened;

    set(&somebody, clears, StateValue::Ok).await;
    set(&somebody, silent, StateValue::InsufficientData).await;
    somebody
        .delete_alarms()
        .alarm_names(deleted.as_ref())
        .send()
        .await
        .unwrap();
    console.ask(ALARM).await;
    // Without waiting for the next whole answer: cleared, silent but open with its age, gone.
    assert_eq!(console.state(clears), Some(ItemState::Calm));
    assert_eq!(console.state(silent), Some(ItemState::NoData));
    assert_eq!(console.item(silent).unwrap().opened, began);
    assert!(!console.is_open(deleted));

    // Said again until a whole answer that began later has come, then no more.
    let amends = |batches: &[Batch]| {
        let changed = |b: &&Batch| matches!(b.body, Body::Changed { .. });
        batches.iter().filter(changed).count()
    };
    assert_eq!(amends(&console.ask(ALARM).await), 1);
    console.ask(Slice::ALL).await;
    assert_eq!(amends(&console.ask(ALARM).await), 0);
    assert_eq!(console.state(clears), Some(ItemState::Calm));
    assert_eq!(console.state(silent), Some(ItemState::NoData));

    // And back again: an alarm like any other.
    set(&somebody, silent, StateValue::Alarm).await;
    console.ask(ALARM).await;
    assert_eq!(console.state(silent), Some(ItemState::Open));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_is_one_alarm_as_aws_writes_it() {
    let sim = simulator();
    let fleet = open(spec(&sim), patient()).await;
    let mut console = Console {
        asking: Asking::new(&fleet),
        store: Store::new(Settings::default()),
    };
    console.ask(Slice::ALL).await;
    let item = console.store.rows().next().unwrap().1.item().clone();
    let vantage = scope(ACCOUNT, REGION);
    let json = raw(
        Arc::clone(&fleet),
        SourceId::Cloudwatch,
        vantage,
        Item::clone(&item),
    )
    .await
    .unwrap();
    assert_eq!(json["AlarmName"], item.name.as_ref());
    assert_eq!(json["AlarmArn"].as_str(), item.arn().as_deref());
    assert!(
        json["StateTransitionedTimestamp"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    // One that is gone is said to be gone.
    somebody(&sim)
        .delete_alarms()
        .alarm_names(item.name.as_ref())
        .send()
        .await
        .unwrap();
    let fault = raw(fleet, SourceId::Cloudwatch, vantage, Item::clone(&item))
        .await
        .unwrap_err();
    assert!(fault.message.contains(item.name.as_ref()), "{fault}");
}
