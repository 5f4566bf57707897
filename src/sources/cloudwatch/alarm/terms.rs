//! Shared terms: alarms that were stamped from one template keep one copy of what they watch and when they fire.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::domain::alarm::{AlarmTerms, AlarmWatch};

/// The most terms that are shared. Beyond it an alarm simply has its own: nothing is lost but memory.
const SHARED_MAX: usize = 20_000;

static SHARED: LazyLock<Mutex<HashSet<Known>>> = LazyLock::new(Mutex::default);

/// Terms that can be looked up: thresholds count as equal where all their bits are.
struct Known(Arc<AlarmTerms>);

impl Known {
    fn parts(&self) -> impl Hash + Eq + '_ {
        let terms = &*self.0;
        (
            &terms.watch,
            &terms.comparison,
            terms.threshold.map(f64::to_bits),
            terms.datapoints_to_alarm,
            terms.evaluation_periods,
            &terms.treat_missing,
        )
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// The terms in their one shared copy. A composite alarm's rule is its own and is not looked for.
pub(super) fn shared(terms: AlarmTerms) -> Arc<AlarmTerms> {
    let own = Arc::new(terms);
    if matches!(own.watch, AlarmWatch::Composite(_)) {
        return own;
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let own = Known(own);
    if let Some(known) = shared.get(&own) {
        return Arc::clone(&known.0);
    }
    if shared.len() < SHARED_MAX {
        shared.insert(Known(Arc::clone(&own.0)));
    }
    own.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::intern;

    fn terms(threshold: Option<f64>) -> AlarmTerms {
        AlarmTerms {
            watch: AlarmWatch::Metric {
                namespace: Some(intern("AWS/EC2")),
                metric: Some(intern("CPUUtilization")),
                statistic: None,
                period: Some(60),
            },
            comparison: None,
            threshold,
            datapoints_to_alarm: None,
            evaluation_periods: Some(3),
            treat_missing: None,
        }
    }

    #[test]
    fn alarms_of_one_template_share_their_terms() {
        let ninety = shared(terms(Some(90.0)));
        assert!(Arc::ptr_eq(&ninety, &shared(terms(Some(90.0)))));
        assert!(!Arc::ptr_eq(&ninety, &shared(terms(Some(95.0)))));
        assert!(!Arc::ptr_eq(&ninety, &shared(terms(None))));
        // A service that sends no number must not fill the table with one copy per alarm.
        let odd = shared(terms(Some(f64::NAN)));
        assert!(Arc::ptr_eq(&odd, &shared(terms(Some(f64::NAN)))));
    }
}
