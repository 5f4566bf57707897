//! Shared text: a metric's name is written once for a hundred thousand alarms.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::domain::text::clean;

/// The most texts that are shared. Beyond it a text is simply kept on its own: nothing is lost but memory.
const SHARED_MAX: usize = 50_000;

static SHARED: LazyLock<Mutex<HashSet<Arc<str>>>> = LazyLock::new(Mutex::default);

/// The text, neutralised, in its one shared copy: for words of AWS and names that many items have in common.
#[must_use]
pub fn intern(text: &str) -> Arc<str> {
    let text = clean(text);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = shared.get(text.as_ref()) {
        return Arc::clone(known);
    }
    let new: Arc<str> = Arc::from(text);
    if shared.len() < SHARED_MAX {
        shared.insert(Arc::clone(&new));
    }
    new
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
