//! What running something changes in the world: the alarms of a restarted machine clear.

use super::super::super::cloudwatch;
use crate::clock::Timestamp;
use crate::sim::world::World;

/// Plans that the alarms of a machine clear at a moment; gives what undoes it.
pub fn heal(world: &World, account: &str, region: &str, resource: &str, at: Timestamp) -> Vec<u64> {
    world.estate(
        account,
        region,
        |all: &mut cloudwatch::CloudWatch, site, _| all.heal(site, resource, at),
    )
}

/// Takes plans back.
pub fn undo(world: &World, account: &str, region: &str, plans: &[u64]) {
    if !plans.is_empty() {
        world.estate(account, region, |all: &mut cloudwatch::CloudWatch, _, _| {
            all.forget(plans)
        });
    }
}
