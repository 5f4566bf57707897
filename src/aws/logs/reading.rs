//! The reading of many groups: each account and region by itself, by Live Tail where that is wanted and works, else by polling.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::aws::classify::make;
use crate::clock::Clock;
use crate::domain::{AccountId, Fault, FaultKind, Region};
use crate::logs::aim::Name;
use crate::logs::seen::Brought;
use crate::logs::tail::{News, Pace, Told, Way};

use super::groups::find_named;
use super::live::{GROUPS, GivenUp, Live, Meter};
use super::poll::{Desk, Poller};
use super::{Class, Streams, Target, Wish};

/// Which way of reading is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Polling.
    Poll,
    /// Live Tail, where it works.
    Live,
}

/// A reading in progress. It stops when it is dropped.
#[derive(Debug)]
pub struct Reading {
    tasks: JoinSet<()>,
    meter: Arc<Meter>,
}

/// What readers may have told before somebody listens: a page each of a handful of groups.
const WAITING: usize = 8;

impl Reading {
    /// Begins to read these groups; what is read is told through the channel that is returned. `pace` tells readers when to
    /// wait for slower ones.
    #[must_use]
    pub fn begin(
        targets: Vec<Target>,
        wish: &Wish,
        mode: Mode,
        clock: &Arc<dyn Clock>,
        pace: &watch::Receiver<Pace>,
    ) -> (Self, mpsc::Receiver<Told>) {
        let (tx, rx) = mpsc::channel(WAITING);
        let meter = Arc::new(Meter::default());
        let mut tasks = JoinSet::new();
        let mut places: BTreeMap<(AccountId, Region), Vec<Target>> = BTreeMap::new();
        for target in targets {
            let place = (target.access.account(), target.access.region());
            places.entry(place).or_default().push(target);
        }
        for targets in places.into_values() {
            let desk = Desk {
                wish: wish.clone(),
                clock: Arc::clone(clock),
                tx: tx.clone(),
                pace: pace.clone(),
                sharing: targets.len(),
            };
            if mode == Mode::Live && wish.follow {
                let meter = Arc::clone(&meter);
                tasks.spawn(live_or_poll(targets, desk, meter));
            } else {
                tasks.spawn(poll(targets, desk, Brought::Polled, wish.since));
            }
        }
        (Self { tasks, meter }, rx)
    }

    /// How long Live Tail was in use: what AWS bills.
    #[must_use]
    pub const fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Stops every reader.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn poll(targets: Vec<Target>, desk: Desk, brought: Brought, from: crate::clock::Timestamp) {
    let mut pollers = JoinSet::new();
    for target in targets {
        let desk = desk.clone();
        pollers.spawn(
            Poller {
                target,
                desk,
                brought,
                from,
            }
            .run(),
        );
    }
    while pollers.join_next().await.is_some() {}
}

/// Live Tail for as long as it works, then polling from where it stopped.
async fn live_or_poll(targets: Vec<Target>, desk: Desk, meter: Arc<Meter>) {
    let (targets, absent) = classed(targets).await;
    let (able, unable): (Vec<Target>, Vec<Target>) = targets
        .into_iter()
        .partition(|target| !matches!(target.class, Class::Infrequent | Class::Delivery));
    let since = desk.wish.since;
    let refused = |targets: &[Target]| {
        if targets.len() > GROUPS {
            return Some(format!(
                "takes {GROUPS} groups at most, and {} are wanted",
                targets.len()
            ));
        }
        (targets.len() > 1 && desk.wish.streams != Streams::All)
            .then(|| "takes streams by name for a single group only".to_owned())
    };
    let mut tasks = JoinSet::new();
    if !absent.is_empty() {
        // Who polls it says that it is not there, and finds it when it comes.
        tasks.spawn(poll(absent, desk.clone(), Brought::Polled, since));
    }
    if !unable.is_empty() {
        let fault = limited(&unable[0], "does not show groups of infrequent access");
        tell_way(&desk, &unable, &fault).await;
        tasks.spawn(poll(unable, desk.clone(), Brought::Polled, since));
    }
    if let Some(why) = refused(&able) {
        let fault = limited(&able[0], &why);
        tell_way(&desk, &able, &fault).await;
        tasks.spawn(poll(able, desk, Brought::Polled, since));
    } else if !able.is_empty() {
        tasks.spawn(async move {
            let live = Live {
                targets: able,
                desk,
                meter,
            };
            let GivenUp { fault, from } = live.run().await;
            if live.desk.is_over() {
                return;
            }
            tell_way(&live.desk, &live.targets, &fault).await;
            poll(live.targets, live.desk, Brought::PolledBeside, from).await;
        });
    }
    while tasks.join_next().await.is_some() {}
}

/// The groups with their classes, as far as they can be found out, and those that are not there: one of them would keep Live
/// Tail from all the others of its account and region.
async fn classed(targets: Vec<Target>) -> (Vec<Target>, Vec<Target>) {
    let (mut there, mut absent) = (Vec::new(), Vec::new());
    for mut target in targets {
        if target.class == Class::Unknown && !target.is_foreign() {
            let name = Name::Exact(target.name.to_string());
            // Who may not list groups finds out by trying.
            if let Ok(found) = find_named(&target.access, &name).await {
                match found.first() {
                    Some(found) => target.class = found.class,
                    None => {
                        absent.push(target);
                        continue;
                    }
                }
            }
        }
        there.push(target);
    }
    (there, absent)
}

async fn tell_way(desk: &Desk, targets: &[Target], fault: &Fault) {
    for target in targets {
        desk.tell(target, News::Goes(Way::Polling, Some(fault.clone())))
            .await;
    }
}

fn limited(target: &Target, why: &str) -> Fault {
    make(
        FaultKind::Service,
        None,
        format!("Live Tail {why} in {}.", target.access.place()),
        "noctop polls there instead.",
    )
}
