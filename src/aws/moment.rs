//! Moments as the SDK writes them.

use aws_smithy_types::DateTime;

use crate::clock::Timestamp;

/// The moment, where the service gave one.
#[must_use]
pub fn moment(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| at.to_millis().ok())
        .map(Timestamp::from_millis)
}

/// The moment as the SDK wants it.
#[must_use]
pub fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millis())
}
