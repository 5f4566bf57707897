//! What is particular to patch compliance.

use std::sync::Arc;

use crate::clock::Timestamp;

/// The patch state of one instance, or of a patch group as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct PatchDetail {
    /// Whose compliance it is.
    pub subject: PatchSubject,
    /// The patch group, where there is one.
    pub group: Option<Arc<str>>,
    /// `Scan` or `Install`: what ran last.
    pub operation: Option<Arc<str>>,
    /// When it ended.
    pub operated: Timestamp,
    /// Patches installed.
    pub installed: i32,
    /// Patches installed that wait for a reboot.
    pub pending_reboot: i32,
    /// Patches that the baseline wants and the instance lacks.
    pub missing: i32,
    /// Patches that could not be installed.
    pub failed: i32,
    /// Missing patches that the baseline calls critical.
    pub critical: i32,
    /// Missing security patches.
    pub security: i32,
    /// The instance's name, platform and agent state, as Systems Manager knows them. Neutralised.
    pub computer: Option<Arc<str>>,
    /// Such as `Amazon Linux 2023`.
    pub platform: Option<Arc<str>>,
    /// `Online`, `ConnectionLost`, `Inactive`.
    pub ping: Option<Arc<str>>,
}

/// Whose patch compliance it is.
#[derive(Clone, Debug, PartialEq)]
pub enum PatchSubject {
    /// One managed instance.
    Instance(Arc<str>),
    /// A patch group with this many instances, of which this many are not compliant.
    Group {
        /// Its name. Neutralised.
        name: Arc<str>,
        /// Instances in the group.
        instances: i32,
        /// Instances with missing or failed patches.
        noncompliant: i32,
    },
}
