//! What CloudTrail tells: who did what to a resource.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;

/// How late CloudTrail may tell. AWS guarantees nothing; noctop reckons with a quarter of an hour.
pub const LATE: Duration = Duration::from_secs(15 * 60);

/// A management event. All texts are neutralised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// What: `ModifyDBInstance`.
    pub what: Arc<str>,
    /// The service: `rds.amazonaws.com`.
    pub service: Arc<str>,
    /// Who, as CloudTrail calls them: a user, or the name of a role's session.
    pub who: Arc<str>,
    /// The ARN of who it was, where it is told.
    pub identity: Option<Arc<str>>,
    /// From which address, or which service of AWS.
    pub from: Option<Arc<str>>,
    /// With what: the console, the command line, an SDK.
    pub agent: Option<Arc<str>>,
    /// Why it was refused or failed; `None` where it was done.
    pub error: Option<Arc<str>>,
    /// CloudTrail's own id of it.
    pub id: Arc<str>,
}
