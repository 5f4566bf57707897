//! Groups of rows that may be in one fold, and the folds that stand in them.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::ops::Range;

use crate::clock::Timestamp;
use crate::domain::{AccountId, Region, Roster, Severity};
use crate::lifecycle::{Marks, State};
use crate::store::{Row, RowId};

use super::lines::Lines;
use super::{Fold, FoldKey, Folding, GAP};

/// A row as far as folding needs it, so that judging a group touches nothing else.
#[derive(Clone, Copy, Debug)]
struct Member {
    opened: Timestamp,
    until: Timestamp,
    row: RowId,
    /// The turn in which it came; an older one of the same row counts no more.
    turn: u32,
    /// Who has it and how, as a number.
    held: u32,
    account: u16,
    region: u16,
    severity: u8,
    is_open: bool,
    marks: Marks,
}

/// Rows that may be in one fold.
#[derive(Debug, Default)]
struct Group {
    key: (u64, u16),
    /// In the order in which they began; some are gone since.
    members: Vec<Member>,
    /// Those that came since.
    arrived: Vec<Member>,
    /// The turns of those that went since.
    gone: Vec<u32>,
    /// The folds that stand in it, in the order in which they began.
    folds: Vec<u32>,
    /// When the folds began and ended that stood in an answer before this one.
    stood: Vec<(Timestamp, Timestamp)>,
    is_dirty: bool,
}

/// Where a row of the answer belongs.
#[derive(Clone, Copy, Debug)]
struct Place {
    group: u32,
    turn: u32,
    /// When it began: in which of the group's folds it stands, if in any.
    opened: Timestamp,
}

/// Below so many members a group keeps no room for further ones.
const ROOM: usize = 8;

/// No group.
const NONE: u32 = u32::MAX;

const NOWHERE: Place = Place {
    group: NONE,
    turn: 0,
    opened: Timestamp::ZERO,
};

/// Things by small numbers, so that different ones can be counted without hashing.
#[derive(Debug)]
struct Numbers<T>(HashMap<T, u16>);

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq> Numbers<T> {
    fn of(&mut self, thing: T) -> u16 {
        // Beyond sixty-five thousand accounts they count as one; no organization has so many.
        let next = u16::try_from(self.0.len()).unwrap_or(u16::MAX);
        *self.0.entry(thing).or_insert(next)
    }
}

/// Counts different small numbers.
#[derive(Debug, Default)]
struct Different {
    seen: Vec<u32>,
    round: u32,
}

impl Different {
    fn count(&mut self, numbers: impl Iterator<Item = u16>) -> usize {
        self.round = self.round.wrapping_add(1);
        let mut count = 0;
        for number in numbers.map(usize::from) {
            if number >= self.seen.len() {
                self.seen.resize(number + 1, self.round.wrapping_sub(1));
            }
            if self.seen[number] != self.round {
                self.seen[number] = self.round;
                count += 1;
            }
        }
        count
    }
}

/// The folds of an answer.
#[derive(Debug, Default)]
pub(in super::super) struct Folds {
    rule: Folding,
    groups: Vec<Group>,
    free_groups: Vec<u32>,
    by_key: HashMap<(u64, u16), u32>,
    dirty: Vec<u32>,
    /// Where rows belong, by their places in the store.
    places: Vec<Place>,
    turn: u32,
    pub(super) folds: Vec<Option<Fold>>,
    free_folds: Vec<u32>,
    /// How many rows stand in folds.
    pub(super) folded: usize,
    pub(super) lines: Lines,
    accounts: Numbers<AccountId>,
    regions: Numbers<Region>,
    different: Different,
}

impl Folds {
    pub fn new(rule: Folding) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Takes a row of the answer in, as it is now.
    pub fn put(&mut self, id: RowId, row: &Row, roster: &Roster) {
        if self.rule.is_off() {
            return;
        }
        let place = id.place();
        self.forget(place);
        let Some(key) = self.rule.group_of(row, roster) else {
            return;
        };
        let group = self.group(key);
        self.turn = self.turn.wrapping_add(1);
        let scope = row.key().scope;
        let (held, until) = held(row);
        let member = Member {
            opened: row.item().opened,
            until,
            row: id,
            turn: self.turn,
            held,
            account: self.accounts.of(scope.account),
            region: self.regions.of(scope.region),
            severity: row.severity() as u8,
            is_open: row.is_open(),
            marks: row.marks(),
        };
        if place >= self.places.len() {
            self.places.resize(place + 1, NOWHERE);
        }
        self.places[place] = Place {
            group,
            turn: self.turn,
            opened: member.opened,
        };
        self.groups[group as usize].arrived.push(member);
        self.touch(group);
    }

    /// The row that stood at this place is not in the answer, or is another than before.
    pub fn forget(&mut self, place: usize) {
        if let Some(known) = self.places.get_mut(place) {
            let Place { group, turn, .. } = std::mem::replace(known, NOWHERE);
            if let Some(left) = self.groups.get_mut(group as usize) {
                left.gone.push(turn);
                self.touch(group);
            }
        }
    }

    /// Goes on from the folds of the answer before: what the operator opened stays open, and where the question is the
    /// same, what stood keeps standing.
    pub fn follow(&mut self, before: &mut Self, is_same_question: bool) {
        self.lines.opened = std::mem::take(&mut before.lines.opened);
        if !is_same_question {
            return;
        }
        for FoldKey {
            like,
            class,
            from,
            to,
        } in before.folds.iter().flatten().map(|fold| fold.key)
        {
            if let Some(group) = self.by_key.get(&(like, class)) {
                self.groups[*group as usize].stood.push((from, to));
            }
        }
    }

    /// Judges the groups that changed since the last time; whether there were any.
    pub fn judge(&mut self) -> bool {
        let dirty = std::mem::take(&mut self.dirty);
        for group in &dirty {
            self.judge_group(*group);
        }
        !dirty.is_empty()
    }

    /// The number of the fold that this row stands in.
    pub(super) fn number_of(&self, id: RowId) -> Option<u32> {
        let place = self.places.get(id.place())?;
        let folds = &self.groups.get(place.group as usize)?.folds;
        // Folds of one group are apart in time.
        folds.iter().copied().find(|number| {
            self.numbered(*number)
                .is_some_and(|fold| (fold.oldest..=fold.newest).contains(&place.opened))
        })
    }

    /// The fold with this number.
    pub(super) fn numbered(&self, number: u32) -> Option<&Fold> {
        self.folds.get(number as usize)?.as_ref()
    }

    /// The fold that this row of the answer stands in.
    pub fn of(&self, id: RowId) -> Option<&Fold> {
        self.numbered(self.number_of(id)?)
    }

    /// The fold that a key means: the same, or else the same storm in another state or severity, because its rows went
    /// there together.
    pub fn find(&self, key: &FoldKey) -> Option<&Fold> {
        let standing = || self.folds.iter().flatten();
        let same = self.by_key.get(&(key.like, key.class)).and_then(|group| {
            let folds = self.groups[*group as usize].folds.iter();
            folds
                .filter_map(|number| self.numbered(*number))
                .find(|fold| fold.key.is_same(key))
        });
        same.or_else(|| standing().find(|fold| fold.key.is_storm_of(key)))
    }

    /// The rows of a fold, the oldest first.
    pub fn members<'a>(&'a self, fold: &Fold) -> impl Iterator<Item = RowId> + Clone + use<'a> {
        let members = self
            .groups
            .get(fold.group as usize)
            .and_then(|group| group.members.get(fold.range.clone()));
        members.unwrap_or_default().iter().map(|member| member.row)
    }

    fn touch(&mut self, number: u32) {
        let group = &mut self.groups[number as usize];
        if !group.is_dirty {
            group.is_dirty = true;
            self.dirty.push(number);
        }
    }

    fn group(&mut self, key: (u64, u16)) -> u32 {
        if let Some(number) = self.by_key.get(&key) {
            return *number;
        }
        let group = Group {
            key,
            ..Group::default()
        };
        let number = take_or_push(&mut self.groups, &mut self.free_groups, group);
        self.by_key.insert(key, number);
        number
    }

    fn judge_group(&mut self, number: u32) {
        let mut group = std::mem::take(&mut self.groups[number as usize]);
        if !group.gone.is_empty() {
            group.gone.sort_unstable();
            let gone = std::mem::take(&mut group.gone);
            let lives = |member: &Member| gone.binary_search(&member.turn).is_err();
            group.members.retain(lives);
            group.arrived.retain(lives);
        }
        if !group.arrived.is_empty() {
            group
                .members
                .append(&mut std::mem::take(&mut group.arrived));
            if group.members.len() < ROOM {
                // Most groups are of one or two, and there are ten thousands of them.
                group.members.shrink_to_fit();
            }
            group
                .members
                .sort_by_key(|member| (member.opened, member.row));
        }
        let mut stood = std::mem::take(&mut group.stood);
        for fold in group.folds.drain(..) {
            if let Some(fold) = self.folds[fold as usize].take() {
                self.folded -= fold.len();
                stood.push((fold.key.from, fold.key.to));
            }
            self.free_folds.push(fold);
        }
        if group.members.is_empty() {
            self.by_key.remove(&group.key);
            self.free_groups.push(number);
            return;
        }
        for range in self.rule.ranges(&group.members, &stood) {
            let members = &group.members[range.clone()];
            let fold = self
                .rule
                .fold(number, group.key, range, members, &mut self.different);
            self.lines.widen(&fold.key);
            self.folded += fold.len();
            let fold = take_or_push(&mut self.folds, &mut self.free_folds, Some(fold));
            group.folds.push(fold);
        }
        group.is_dirty = false;
        self.groups[number as usize] = group;
    }
}

impl Folding {
    /// Which members are a fold each. `stood` are the times from and to which folds of the group stood so far.
    fn ranges(&self, members: &[Member], stood: &[(Timestamp, Timestamp)]) -> Vec<Range<usize>> {
        let least = match self {
            Self::Off => return Vec::new(),
            Self::By(_) => return std::iter::once(0..members.len()).collect(),
            Self::Storms(least) => *least,
        };
        let keep = least.div_ceil(2).max(2);
        // Nobody looks at a group that never could be a fold.
        if members.len() < keep {
            return Vec::new();
        }
        let holds = |one: Timestamp, other: Timestamp| {
            stood.iter().any(|(from, to)| *from <= one && other <= *to)
        };
        let mut ranges = Vec::new();
        let mut start = 0;
        for end in 1..=members.len() {
            if let (Some(last), Some(next)) = (members.get(end - 1), members.get(end))
                && (next.opened.since(last.opened) <= GAP || holds(last.opened, next.opened))
            {
                continue;
            }
            let (from, to) = (members[start].opened, members[end - 1].opened);
            let has_stood = stood.iter().any(|(a, b)| *a <= to && from <= *b);
            if end - start >= if has_stood { keep } else { least } {
                ranges.push(start..end);
            }
            start = end;
        }
        ranges
    }

    /// The fold of these members.
    fn fold(
        &self,
        group: u32,
        (like, class): (u64, u16),
        range: Range<usize>,
        members: &[Member],
        different: &mut Different,
    ) -> Fold {
        let at = |member: Option<&Member>| member.map_or(Timestamp::ZERO, |m| m.opened);
        let (oldest, newest) = (at(members.first()), at(members.last()));
        let (from, to) = match self {
            // Whatever it has in common it has for ever.
            Self::By(_) => (
                Timestamp::from_millis(i64::MIN),
                Timestamp::from_millis(i64::MAX),
            ),
            Self::Off | Self::Storms(_) => (oldest, newest),
        };
        let mut severities = [0; Severity::ALL.len()];
        let mut marks = Marks::NONE;
        let mut until = Timestamp::ZERO;
        for member in members {
            if member.is_open {
                severities[usize::from(member.severity)] += 1;
            }
            marks = marks.and(member.marks);
            if !member.until.is_unknown() && (until.is_unknown() || member.until < until) {
                until = member.until;
            }
        }
        Fold {
            key: FoldKey {
                like,
                class,
                from,
                to,
            },
            group,
            lead: members
                .first()
                .map_or(RowId::new(0, 0), |member| member.row),
            line: 0,
            is_open: false,
            accounts: different.count(members.iter().map(|member| member.account)),
            regions: different.count(members.iter().map(|member| member.region)),
            severities,
            marks,
            oldest,
            newest,
            is_uniform: members.windows(2).all(|two| two[0].held == two[1].held),
            until,
            range,
        }
    }
}

/// Who has a row and how, as a number, and until when.
fn held(row: &Row) -> (u32, Timestamp) {
    let entry = row.entry();
    let state = row.state();
    let (owner, until) = match state {
        State::Acknowledged => entry
            .and_then(|entry| entry.held())
            .map_or(("", Timestamp::ZERO), |ack| {
                (&*ack.owner.operator, ack.end.until())
            }),
        State::Snoozed => entry
            .and_then(|entry| entry.snooze.as_ref())
            .map_or(("", Timestamp::ZERO), |snooze| ("", snooze.until)),
        State::New => (
            entry
                .and_then(|entry| entry.assignment.as_ref())
                .map_or("", |assignment| &*assignment.to),
            Timestamp::ZERO,
        ),
        State::Clear => ("", Timestamp::ZERO),
    };
    let mut hash = DefaultHasher::new();
    (state, owner).hash(&mut hash);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "half of the hash is enough"
    )]
    let held = hash.finish() as u32;
    (held, until)
}

fn take_or_push<T>(list: &mut Vec<T>, free: &mut Vec<u32>, thing: T) -> u32 {
    if let Some(number) = free.pop() {
        list[number as usize] = thing;
        return number;
    }
    list.push(thing);
    // A store has at most sixteen million rows.
    u32::try_from(list.len() - 1).unwrap_or(NONE)
}
