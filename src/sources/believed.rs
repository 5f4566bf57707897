//! What is read once and then believed for a while: who is a member of what, and where something stands.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// A value, and when it was read; nothing at first.
pub struct Believed<T>(Mutex<Option<(Timestamp, T)>>);

impl<T> Default for Believed<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Believed<T> {
    fn lock(&self) -> MutexGuard<'_, Option<(Timestamp, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, unless it is older than that.
    pub fn get(&self, now: Timestamp, at_most: Duration) -> Option<T> {
        let known = self.lock();
        let young = known.as_ref().filter(|(at, _)| now.since(*at) <= at_most)?;
        Some(young.1.clone())
    }

    /// Keeps a value that was read just now.
    pub fn set(&self, now: Timestamp, value: T) {
        *self.lock() = Some((now, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_believed_for_its_time() {
        let (believed, at) = (Believed::default(), Timestamp::from_secs(1_795_240_800));
        let span = Duration::from_secs(60);
        assert_eq!(believed.get(at, span), None);
        believed.set(at, 7);
        assert_eq!(believed.get(at.plus(span), span), Some(7));
        let after = at.plus(span).plus(Duration::from_millis(1));
        assert_eq!(believed.get(after, span), None);
    }
}
