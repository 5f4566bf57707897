//! Shared text: a metric's name is written once for a hundred thousand alarms.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::domain::finding::FindingTerms;
use crate::domain::text::clean;

static TEXTS: Pool<str> = Pool::new(50_000);
/// What findings have in common, whoever tells of them.
pub static FINDING_TERMS: Pool<FindingTerms> = Pool::new(20_000);

/// Things that many items have in common, each in one copy.
pub struct Pool<T: ?Sized> {
    known: LazyLock<Mutex<HashSet<Arc<T>>>>,
    /// The most that are shared. Beyond it a thing is simply kept on its own: nothing is lost but memory.
    most: usize,
}

impl<T: ?Sized + Hash + Eq> Pool<T> {
    /// A pool that shares at most so many things.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            known: LazyLock::new(Mutex::default),
            most,
        }
    }

    /// The shared copy of a thing, made of it where it is new.
    pub fn share<Q>(&self, thing: Q) -> Arc<T>
    where
        Q: Borrow<T> + Into<Arc<T>>,
    {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(thing.borrow()) {
            return Arc::clone(known);
        }
        let new: Arc<T> = thing.into();
        if known.len() < self.most {
            known.insert(Arc::clone(&new));
        }
        new
    }
}

/// The text, neutralised, in its one shared copy: for words of AWS and names that many items have in common.
#[must_use]
pub fn intern(text: &str) -> Arc<str> {
    TEXTS.share(clean(text))
}

/// The text, neutralised; as another copy of `other` where that is the same text.
#[must_use]
pub fn shared(text: &str, other: &Arc<str>) -> Arc<str> {
    let text = clean(text);
    if text.as_ref() == other.as_ref() {
        Arc::clone(other)
    } else {
        Arc::from(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_text_and_hostile_ones_are_neutralised() {
        assert!(Arc::ptr_eq(
            &intern("CPUUtilization"),
            &intern("CPUUtilization")
        ));
        assert_eq!(intern("a\u{1b}b").as_ref(), "a\u{fffd}b");
        let name = intern("cpu");
        assert!(Arc::ptr_eq(&shared("cpu", &name), &name));
        assert_eq!(shared("mem", &name).as_ref(), "mem");
    }
}
