//! Reading the course of an alarm's metric, for its details.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::metric::course;
use crate::clock::Clock;
use crate::domain::{FaultKind, ItemKey};
use crate::model::Outcome;
use crate::model::metric::Told;

use super::Outcomes;

/// How long an alarm is looked at before its metric is read.
const REST: Duration = Duration::from_millis(250);

/// Asks for the course of the metric of this alarm; the answer goes to the console.
pub fn ask(
    runtime: &Handle,
    fleet: Arc<Fleet>,
    clock: &Arc<dyn Clock>,
    outcomes: Outcomes,
    key: ItemKey,
) -> JoinHandle<()> {
    let now = clock.now();
    runtime.spawn(async move {
        // Whoever goes on is not asked for: the calls are from the budget of the feeds.
        tokio::time::sleep(REST).await;
        let found = match fleet.access(key.scope) {
            Some(access) => course(&access, &key.id, now).await,
            None => Err(make(
                FaultKind::NoCredentials,
                None,
                format!("{} is not part of the fleet any more.", key.scope),
                "",
            )),
        };
        outcomes(Outcome::Metric(Box::new(Told { key, found })));
    })
}
