//! Asking CloudTrail who changed something, and again while it may still tell.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::aws::classify::make;
use crate::aws::fleet::Fleet;
use crate::aws::trail::lookup;
use crate::clock::Clock;
use crate::domain::FaultKind;
use crate::domain::trail::LATE;
use crate::model::Outcome;
use crate::model::trail::{Asking, Told};

use super::Outcomes;

/// How often it is asked again.
const EVERY: Duration = Duration::from_secs(60);
/// How often at most: what CloudTrail has not told after a quarter of an hour it does not tell late, it does not know it.
const TIMES: u32 = 16;

/// Asks, and asks again. The answers go to the console.
pub fn ask(
    runtime: &Handle,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
    outcomes: Outcomes,
    number: u64,
    asking: Asking,
) -> JoinHandle<()> {
    runtime.spawn(async move {
        let Some(access) = fleet.access(asking.scope) else {
            let deeds = Err(make(
                FaultKind::NoCredentials,
                None,
                format!("{} is not part of the fleet.", asking.scope),
                "Changes of global services are recorded in one region only: watch that one as well.",
            ));
            let asked = clock.now();
            outcomes(Outcome::Trail(Told { number, asked, deeds }));
            return;
        };
        for _ in 0..TIMES {
            let asked = clock.now();
            let deeds = lookup(&access, &asking.names, asking.from, asking.to).await;
            let is_final = deeds.is_err() || asked.since(asking.to) > LATE;
            outcomes(Outcome::Trail(Told { number, asked, deeds }));
            if is_final {
                return;
            }
            tokio::time::sleep(EVERY).await;
        }
    })
}
