//! Times of the SDK as the clock has them.

use aws_smithy_types::DateTime;

use crate::clock::Timestamp;

/// The same moment; `None` where the service left it out.
pub(super) fn moment(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| at.to_millis().ok())
        .map(Timestamp::from_millis)
}
