//! Why something could not be read, in words for an operator.

use std::fmt;
use std::sync::Arc;

/// What sort of trouble it is; decides whether a feed is blind or off and how soon it is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The service asked us to slow down and retries did not help.
    Throttled,
    /// Our identity may not do this (IAM or a service control policy).
    Denied,
    /// The credentials have expired or are not valid.
    Expired,
    /// No credentials at all: no profile, no login, no role that can be assumed.
    NoCredentials,
    /// The account has no support plan that includes this API: a fact, not a failure.
    PlanMissing,
    /// The region is not enabled for the account: a fact, not a failure.
    RegionOff,
    /// The service is not enabled here: a fact, not a failure.
    Disabled,
    /// No answer: name resolution, connection, TLS or time-out.
    Unreachable,
    /// The service answered with an error of its own.
    Service,
    /// The answer could not be understood.
    Malformed,
}

impl FaultKind {
    /// Every kind of fault.
    pub const ALL: &'static [Self] = &[
        Self::Throttled,
        Self::Denied,
        Self::Expired,
        Self::NoCredentials,
        Self::PlanMissing,
        Self::RegionOff,
        Self::Disabled,
        Self::Unreachable,
        Self::Service,
        Self::Malformed,
    ];

    /// The word in JSON, in the Feeds pane and in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::NoCredentials => "no-credentials",
            Self::PlanMissing => "plan-missing",
            Self::RegionOff => "region-off",
            Self::Disabled => "disabled",
            Self::Unreachable => "unreachable",
            Self::Service => "service",
            Self::Malformed => "malformed",
        }
    }

    /// Whether the feed is *off* rather than *blind*: there is nothing to see, and that is known.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, Self::PlanMissing | Self::RegionOff | Self::Disabled)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One thing that went wrong while asking AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What sort of trouble.
    pub kind: FaultKind,
    /// What happened, as one sentence that names the operation; neutralised text.
    pub message: Arc<str>,
    /// What the operator can do about it, as one sentence; empty where nothing but waiting helps.
    pub advice: Arc<str>,
    /// The service's own error code where there was one.
    pub code: Option<Arc<str>>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.advice.is_empty() {
            write!(f, " {}", self.advice)?;
        }
        Ok(())
    }
}
