//! One log event as it was read.

use crate::clock::Timestamp;

use super::origin::OriginId;

/// One log event as CloudWatch Logs gave it. The text is as it was written: neutralise it before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened, as its writer says.
    pub at: Timestamp,
    /// When CloudWatch Logs took it in; [`Timestamp::ZERO`] where it did not say.
    pub ingested: Timestamp,
    /// Where it comes from.
    pub origin: OriginId,
    /// The service's own id of the event, unique within its group; a live tail gives none.
    pub id: Option<Box<str>>,
    /// What was written.
    pub text: String,
}
