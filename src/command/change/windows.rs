//! Maintenance windows: breaking off a run.

use crate::aws::ops::Risk;
use crate::aws::ops::windows::CancelWindowRun;
use crate::domain::Detail;
use crate::store::Row;

use super::{Fit, Offer};

/// Breaks off the run of a window: what has begun ends, nothing new begins.
pub const CANCEL: Offer = Offer {
    name: "window.cancel",
    done: "Cancelled the run of",
    risk: Risk::High,
    asks: &[],
    fits: |row, _| match (&row.item().detail, run(row)) {
        (Detail::Window(_), Some(_)) => Fit::Yes,
        (Detail::Window(_), None) => Fit::No("it is not running.".to_owned()),
        _ => Fit::Foreign,
    },
    parts: |aim| {
        Ok(aim.per_item(|row| {
            let run = run(row)?.to_owned();
            Some(CancelWindowRun { run }.into())
        }))
    },
};

fn run(row: &Row) -> Option<&str> {
    match &row.item().detail {
        Detail::Window(window) => window.current.as_ref().map(|run| &*run.id),
        _ => None,
    }
}
