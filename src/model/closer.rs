//! The closer look at the item whose details are shown.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::closer::Closer;
use crate::domain::{ItemKey, Kind};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// At which item.
    pub key: ItemKey,
    /// What is told of it.
    pub found: Closer,
}

/// The closer look at the item that was looked at last.
#[derive(Clone, Debug, Default)]
pub struct Closers {
    /// Which item is asked for, and since when.
    asked: Option<(ItemKey, Timestamp)>,
    looked: Option<Looked>,
}

/// How long a look is fresh enough. An alarm's metric has a datapoint a minute as a rule; the rest is history.
const fn fresh(kind: Kind) -> Duration {
    match kind {
        Kind::Alarm => Duration::from_secs(60),
        _ => Duration::from_secs(300),
    }
}

impl Closers {
    /// The item to ask for now, where its details are shown and what is known of it is not fresh.
    pub fn due(&mut self, shown: Option<&ItemKey>, now: Timestamp) -> Option<ItemKey> {
        let key = shown?;
        let is_asked = self
            .asked
            .as_ref()
            .is_some_and(|(asked, at)| asked == key && now.since(*at) < fresh(key.kind));
        if is_asked {
            return None;
        }
        self.asked = Some((key.clone(), now));
        if self
            .looked
            .as_ref()
            .is_some_and(|looked| looked.key != *key)
        {
            self.looked = None;
        }
        Some(key.clone())
    }

    /// Takes in an answer, unless another item is looked at by now.
    pub fn take_in(&mut self, looked: Looked) {
        if self
            .asked
            .as_ref()
            .is_some_and(|(asked, _)| *asked == looked.key)
        {
            self.looked = Some(looked);
        }
    }

    /// What is known of this item; none while it is read.
    #[must_use]
    pub fn of(&self, key: &ItemKey) -> Option<&Closer> {
        let looked = self.looked.as_ref()?;
        (looked.key == *key).then_some(&looked.found)
    }
}
