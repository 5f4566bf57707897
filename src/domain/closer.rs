//! What is known of one item only when somebody looks closer: what its service tells when it is asked for this item by
//! itself, and what happened to it as noctop's own history and journal have it.

use std::sync::Arc;

use crate::clock::Timestamp;

use super::fault::Fault;
use super::metric::Course;

/// One thing that is told of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it is, in at most thirteen letters; the same for things of one sort.
    pub label: &'static str,
    /// When it happened, where it happened at a moment.
    pub at: Option<Timestamp>,
    /// In words, neutralised.
    pub text: Arc<str>,
    /// Whether it says that something could not be read.
    pub is_unread: bool,
}

impl Told {
    /// Something that holds.
    #[must_use]
    pub fn fact(label: &'static str, text: &str) -> Self {
        Self {
            label,
            at: None,
            text: super::text::clean_arc(text),
            is_unread: false,
        }
    }

    /// Something that happened.
    #[must_use]
    pub fn event(label: &'static str, at: Timestamp, text: &str) -> Self {
        Self {
            at: Some(at),
            ..Self::fact(label, text)
        }
    }

    /// That this could not be read, and why.
    #[must_use]
    pub fn unread(label: &'static str, fault: &Fault) -> Self {
        Self {
            is_unread: true,
            ..Self::fact(label, &format!("unread: {fault}"))
        }
    }
}

/// Everything that a closer look tells of one item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Closer {
    /// How the metric of an alarm went, or why it cannot be read; none for what is no alarm.
    pub course: Option<Result<Course, Fault>>,
    /// What its service tells.
    pub told: Vec<Told>,
    /// What noctop and its operators did to it and saw of it, the latest first.
    pub timeline: Vec<Told>,
}
