//! Maintenance windows: cancelling a run. (Starting one out of turn is nothing that the service offers.)

use serde_json::{Map, Value};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::Access;

use super::GET_WINDOW_RUN;
use super::act::{Change, all_ok, not_ok};
use super::look::{Found, settle};
use super::mutations::{CANCEL_WINDOW_RUN, Mutation};

/// Cancels the run of a window. What its tasks have begun goes on; what they have not begun is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelWindowRun {
    /// The id of the run.
    pub run: String,
}

impl Change for CancelWindowRun {
    fn mutation(&self) -> &'static Mutation {
        &CANCEL_WINDOW_RUN
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.run)]
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .ssm(&CANCEL_WINDOW_RUN.op, |client, with| {
                client
                    .cancel_maintenance_window_execution()
                    .window_execution_id(&self.run)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// What became of a run that was to be cancelled: it is asked for its status.
pub(super) async fn look(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let answer = access
        .ssm(&GET_WINDOW_RUN, |client, with| {
            client
                .get_maintenance_window_execution()
                .window_execution_id(&*target.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let status = out.status().map(|s| s.as_str().to_owned());
    settle(open, &targets, |_| {
        let now = status.as_deref()?;
        Some((
            matches!(now, "CANCELLING" | "CANCELLED"),
            format!("its status is {now}"),
        ))
    })
}
