//! What GuardDuty keeps in an account and region: its detector and the findings.

use std::time::Duration;

use rand::Rng as _;

use super::Section;
use super::kinds::{KINDS, Kind};
use crate::clock::Timestamp;
use crate::sim::services::dice::Dice;
use crate::sim::services::stock;
use crate::sim::world::{Estate, Site};

/// Findings are gone so long after they last changed.
const KEPT: Duration = Duration::from_secs(90 * 86_400);
const HOUR: Duration = Duration::from_secs(3600);

/// One finding. Its texts follow from its dice.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its place in the order of arrival; never reused.
    pub serial: u32,
    /// Which kind, as an index.
    kind: u16,
    /// A hostile name instead of a decent one: its number plus one.
    pub hostile: u8,
    /// Whether it is a sample.
    pub sample: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// What an operator said of it.
    pub feedback: Option<bool>,
    /// How often it was seen.
    pub count: u32,
    /// The attack sequence it is part of: the dice of that finding.
    pub sequence: Option<Dice>,
    /// What its texts follow from.
    pub dice: Dice,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When GuardDuty made it.
    pub created: Timestamp,
    /// When GuardDuty last changed it.
    pub updated: Timestamp,
    /// When it last came back from the archive.
    pub reopened: Timestamp,
    /// When it is seen again.
    next: Option<Timestamp>,
    /// When a suppression archives it by itself.
    archives: Option<Timestamp>,
    fate: Dice,
}

impl Finding {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        &KINDS[usize::from(self.kind)]
    }

    /// Its id: 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        id(self.dice)
    }

    /// Archives it or takes it back. Nothing changes when it is so already.
    pub fn archive(&mut self, archived: bool, at: Timestamp) {
        if self.archived != archived {
            self.archived = archived;
            self.updated = at;
            self.archives = None;
            if !archived {
                self.reopened = at;
                if self.next.is_some() {
                    self.next = Some(at.plus(self.fate.wait(self.kind().every)));
                }
            }
        }
    }

    fn advance(&mut self, pace: f64, now: Timestamp) {
        loop {
            let archives = self.archives.filter(|at| *at <= now);
            let next = self.next.filter(|at| *at <= now && !self.archived);
            match (archives, next) {
                (Some(at), later) if later.is_none_or(|seen| at <= seen) => self.archive(true, at),
                (_, Some(at)) => {
                    self.count += 1 + u32::try_from(self.fate.below(4)).unwrap_or(0);
                    self.last_seen = at;
                    self.updated = at;
                    self.next = Some(at.plus(self.fate.wait(self.kind().every * pace)));
                }
                _ => return,
            }
        }
    }
}

/// The id of the finding with these dice.
#[must_use]
pub fn id(dice: Dice) -> String {
    dice.apart(1).hex(32)
}

/// What GuardDuty keeps in an account and region.
#[derive(Debug)]
pub struct Detector {
    /// Whether GuardDuty is enabled here.
    pub enabled: bool,
    /// The detector's id.
    pub id: String,
    /// When it was enabled.
    pub since: Timestamp,
    /// The findings, in the order of their arrival.
    pub findings: Vec<Finding>,
    dice: Dice,
    arrives: Option<Timestamp>,
    arrivals: u32,
    serial: u32,
}

impl Detector {
    fn setting(site: &Site) -> &Section {
        &site.scenario.guardduty
    }

    /// Adds a finding that GuardDuty makes at `at`.
    fn arrive(&mut self, site: &Site, kind: usize, at: Timestamp) -> &mut Finding {
        let setting = Self::setting(site);
        let mut dice = self.dice.apart(u64::from(self.serial));
        let own = dice.apart(2);
        let kind = kind.min(KINDS.len() - 1);
        let late = Duration::from_secs(120 + u64::try_from(dice.below(780)).unwrap_or(0));
        let first = at.minus(late);
        let starts_sequence = KINDS[kind].name.starts_with("AttackSequence");
        let sequence = self
            .findings
            .iter()
            .rev()
            .find(|f| {
                f.kind().name.starts_with("AttackSequence") && at.since(f.created) < HOUR * 24
            })
            .map(|f| f.dice)
            .filter(|_| !starts_sequence && dice.chance(0.5));
        let recurs = KINDS[kind].every > 0.0 && setting.recurrence > 0.0;
        let fate = dice.apart(3);
        self.findings.push(Finding {
            serial: self.serial,
            kind: u16::try_from(kind).unwrap_or(0),
            hostile: 0,
            sample: false,
            archived: false,
            feedback: None,
            count: 1 + u32::try_from(dice.below(6)).unwrap_or(0),
            sequence,
            dice: own,
            first_seen: first,
            last_seen: at.minus(late / 4),
            created: at,
            updated: at,
            reopened: Timestamp::ZERO,
            next: recurs
                .then(|| at.plus(fate.apart(4).wait(KINDS[kind].every * setting.recurrence))),
            archives: dice
                .chance(setting.archived)
                .then(|| at.plus(dice.wait(36.0))),
            fate,
        });
        self.serial += 1;
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// Makes a sample of a kind.
    pub fn sample(&mut self, site: &Site, kind: usize, now: Timestamp) {
        let finding = self.arrive(site, kind, now);
        finding.sample = true;
        finding.next = None;
        finding.archives = None;
    }

    /// The finding with this id.
    pub fn find(&mut self, id: &str) -> Option<&mut Finding> {
        self.findings.iter_mut().find(|finding| finding.id() == id)
    }
}

/// A kind for an ordinary day: attack sequences are rare.
fn usual(dice: &mut Dice) -> usize {
    let sequences = 2;
    let plain = KINDS.len() - sequences;
    if dice.chance(0.02) {
        plain + dice.below(sequences)
    } else {
        dice.below(plain)
    }
}

impl Estate for Detector {
    fn found(site: &Site) -> Self {
        let setting = Self::setting(site);
        let mut dice = Dice(site.rng("guardduty").next_u64());
        let mut detector = Self {
            enabled: site.stocked && !stock::within(&setting.disabled, site),
            id: dice.apart(5).hex(32),
            since: site.started.minus(HOUR * 24 * 400),
            findings: Vec::new(),
            dice: dice.apart(6),
            arrives: None,
            arrivals: 0,
            serial: 0,
        };
        if !detector.enabled {
            return detector;
        }
        let hostile = if stock::within(&setting.hostile, site) {
            stock::HOSTILE.len() + 1
        } else {
            0
        };
        let count = stock::amount(
            setting.findings,
            setting.spread,
            &setting.accounts,
            site,
            &mut dice,
        )
        .max(hostile);
        // Many are young, some are weeks old; made in the order of their age.
        let mut ages: Vec<Duration> = (0..count)
            .map(|_| dice.wait(72.0).min(HOUR * 24 * 60))
            .collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        for (n, age) in ages.into_iter().enumerate() {
            let kind = usual(&mut dice);
            let finding = detector.arrive(site, kind, site.started.minus(age));
            if n < hostile {
                finding.hostile = u8::try_from(n + 1).unwrap_or(0);
                finding.archives = None;
            }
        }
        if setting.arrivals > 0.0 {
            detector.arrives = Some(site.started.plus(dice.wait(24.0 / setting.arrivals)));
        }
        detector
    }

    fn advance(&mut self, site: &Site, now: Timestamp) {
        let setting = Self::setting(site);
        while let Some(at) = self.arrives.filter(|at| *at <= now) {
            let mut dice = self.dice.apart(1 << 40 | u64::from(self.arrivals));
            let kind = usual(&mut dice);
            self.arrive(site, kind, at);
            self.arrives = Some(at.plus(dice.wait(24.0 / setting.arrivals)));
            self.arrivals += 1;
        }
        for finding in &mut self.findings {
            finding.advance(setting.recurrence, now);
        }
        self.findings
            .retain(|finding| now.since(finding.updated) < KEPT);
    }
}
