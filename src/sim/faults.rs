//! Faults on demand.

use serde::{Deserialize, Serialize};

/// What goes wrong, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: String,
}
