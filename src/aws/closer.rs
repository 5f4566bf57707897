//! A closer look at one item: what its service tells only when it is asked for this item by itself.

mod backup;
mod case;
mod contributors;
mod finding;
mod health;
mod opsitem;
#[cfg(feature = "trustedadvisor")]
mod recommendation;
#[cfg(feature = "incidentmanager")]
mod record;
#[cfg(feature = "config")]
mod rule;

use super::access::Access;
use super::metric::course;
use crate::clock::Timestamp;
use crate::domain::closer::{Closer, Told};
#[cfg(any(feature = "config", feature = "trustedadvisor"))]
use crate::domain::compliance::ComplianceDetail;
use crate::domain::{Detail, Fault, Item};

/// Things of one sort that are told at most: what is older is in the AWS console.
const MOST: usize = 10;

/// Asks for everything that is to be told of an item. What cannot be read is told as unread.
pub async fn look(access: &Access, item: &Item, now: Timestamp) -> Closer {
    let mut closer = Closer::default();
    match &item.detail {
        Detail::Alarm(detail) => {
            closer.course = Some(course(access, &item.key.id, now).await);
            closer.told = contributors::of(access, &item.key.id, detail).await;
        }
        Detail::Incident(detail) => closer.told = opsitem::of(access, &detail.id).await,
        #[cfg(feature = "incidentmanager")]
        Detail::Record(_) => closer.told = record::of(access, &item.key.id).await,
        #[cfg(not(feature = "incidentmanager"))]
        Detail::Record(_) => {}
        Detail::Case(detail) => closer.told = case::of(access, &detail.id).await,
        Detail::Health(_) => closer.told = health::of(access, &item.key.id).await,
        Detail::Finding(detail) => {
            closer.told = finding::history(access, &item.key.id, detail).await;
        }
        #[cfg(feature = "config")]
        Detail::Compliance(detail) if matches!(**detail, ComplianceDetail::Rule(_)) => {
            closer.told = rule::of(access, &item.key.id).await;
        }
        #[cfg(feature = "trustedadvisor")]
        Detail::Compliance(detail) if matches!(**detail, ComplianceDetail::Recommendation(_)) => {
            closer.told = recommendation::of(access, &item.key.id).await;
        }
        Detail::Backup(detail) => closer.told = backup::of(access, detail).await,
        Detail::Window(_) | Detail::Patch(_) | Detail::Mute(_) | Detail::Compliance(_) => {}
    }
    closer
}

/// What was read, or that it could not be.
fn or_unread(label: &'static str, read: Result<Vec<Told>, Fault>) -> Vec<Told> {
    read.unwrap_or_else(|fault| vec![Told::unread(label, &fault)])
}
