//! Where the operator has been: panes with their filters, to go back to and forward again.

use std::sync::Arc;

/// Steps that are remembered, the latest.
const REMEMBERED: usize = 100;

/// A pane and what it was narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its index in [`crate::panes::ALL`].
    pub pane: usize,
    /// Its filter as it was written.
    pub filter: Arc<str>,
}

/// The steps behind and ahead.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    behind: Vec<Visit>,
    ahead: Vec<Visit>,
}

impl Visits {
    /// Somebody goes elsewhere from here by a way of their own: what was ahead is ahead no more.
    pub fn leave(&mut self, here: Visit) {
        self.ahead.clear();
        if self.behind.last() != Some(&here) {
            self.behind.push(here);
        }
        if self.behind.len() > REMEMBERED {
            self.behind.remove(0);
        }
    }

    /// One step back from here; `None` where the way began.
    pub fn back(&mut self, here: Visit) -> Option<Visit> {
        step(&mut self.behind, &mut self.ahead, here)
    }

    /// One step forward again; `None` where nobody came back from.
    pub fn forward(&mut self, here: Visit) -> Option<Visit> {
        step(&mut self.ahead, &mut self.behind, here)
    }
}

/// Takes the nearest step that leads elsewhere.
fn step(from: &mut Vec<Visit>, onto: &mut Vec<Visit>, here: Visit) -> Option<Visit> {
    while let Some(visit) = from.pop() {
        if visit != here {
            onto.push(here);
            return Some(visit);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pane: usize, filter: &str) -> Visit {
        Visit {
            pane,
            filter: filter.into(),
        }
    }

    #[test]
    fn the_way_leads_back_and_forward_until_another_is_taken() {
        let mut visits = Visits::default();
        assert_eq!(visits.back(at(0, "")), None);
        visits.leave(at(0, ""));
        visits.leave(at(1, ""));
        visits.leave(at(1, "sev:high"));
        assert_eq!(visits.back(at(2, "")), Some(at(1, "sev:high")));
        assert_eq!(visits.back(at(1, "sev:high")), Some(at(1, "")));
        assert_eq!(visits.forward(at(1, "")), Some(at(1, "sev:high")));
        visits.leave(at(1, "sev:high"));
        assert_eq!(visits.forward(at(3, "")), None);
        assert_eq!(visits.back(at(3, "")), Some(at(1, "sev:high")));
        assert_eq!(visits.back(at(1, "sev:high")), Some(at(1, "")));
        assert_eq!(visits.back(at(1, "")), Some(at(0, "")));
        assert_eq!(visits.back(at(0, "")), None);
    }

    #[test]
    fn a_long_shift_keeps_the_latest_steps() {
        let mut visits = Visits::default();
        for pane in 0..1_000 {
            visits.leave(at(pane, ""));
        }
        assert_eq!(visits.behind.len(), REMEMBERED);
        assert_eq!(visits.back(at(0, "x")), Some(at(999, "")));
    }
}
