//! Who changed it: what is asked of CloudTrail, and what it told. Plain data.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::trail::Deed;
use crate::domain::{Fault, Scope};

/// What CloudTrail is being asked.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    asked: Option<(u64, Asking)>,
    numbers: u64,
}

impl Trail {
    /// Something is asked; the number tells its answer from any other.
    pub fn begin(&mut self, asking: Asking) -> u64 {
        self.numbers += 1;
        self.asked = Some((self.numbers, asking));
        self.numbers
    }

    /// What was asked under this number, unless something else has been asked since.
    #[must_use]
    pub fn of(&self, number: u64) -> Option<&Asking> {
        let (asked, asking) = self.asked.as_ref()?;
        (*asked == number).then_some(asking)
    }
}

/// A question to CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The title of the page that the answer is for.
    pub title: Arc<str>,
    /// The account and region that records it.
    pub scope: Scope,
    /// The names of the resource.
    pub names: Vec<Arc<str>>,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// When what it is asked for began.
    pub began: Timestamp,
    /// What happened then, for a ruler between the answers.
    pub what: &'static str,
}

/// What CloudTrail answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Which question.
    pub number: u64,
    /// When it was asked.
    pub asked: Timestamp,
    /// What was done, the earliest first, or why that cannot be read.
    pub deeds: Result<Vec<Deed>, Fault>,
}
