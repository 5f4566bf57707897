//! One opened log: its lines, which of them are shown, and where the reader is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::logs::aim::Ruler;
use crate::logs::histogram::Histogram;
use crate::logs::mark::{Mark, MarkKind};
use crate::logs::origin::Group;
use crate::logs::sieve::Pattern;
use crate::logs::tail::{Counts, Item};
use crate::logs::view::{Direction, Progress, Sought};
use crate::logs::{Buffer, Extract, GroupId, Key, Level, Limit, Line, Origins, Sieve, View};
use crate::model::fit;

use super::{Stage, Standing, Tailed, Wanted};

/// Bytes of text that one settling may look through: below a millisecond for a text, about one where its case does not
/// count.
const BUDGET: usize = 1024 * 1024;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// As it was typed.
    pub text: Arc<str>,
    /// What it means.
    pub pattern: Pattern,
}

/// What the reader wants to go to, while that is being looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The next match.
    Match,
    /// The next line that says it is an error.
    Error,
    /// The next bookmark.
    Bookmark,
}

/// A search in steps.
#[derive(Clone, Copy, Debug)]
pub struct Seeking {
    /// For what.
    pub goal: Goal,
    /// Which way.
    pub direction: Direction,
    /// From here on.
    pub from: Key,
    /// Whether it has gone round the end already.
    pub wrapped: bool,
}

/// One opened log.
#[derive(Debug)]
pub struct Viewer {
    /// The number of its reading.
    pub number: u64,
    /// What it is about, for the title.
    pub what: Arc<str>,
    /// How far it is.
    pub stage: Stage,
    /// What is read.
    pub wanted: Wanted,
    /// Where lines come from.
    pub origins: Origins,
    /// The short names of the groups, by number.
    pub names: Vec<Arc<str>>,
    /// How wide the widest of them is.
    pub widest: usize,
    /// How each group stands.
    pub standing: BTreeMap<GroupId, Standing>,
    /// The lines.
    pub buffer: Buffer,
    /// Those that are shown.
    pub view: View,
    /// How many lines there are of each level over time.
    pub histogram: Histogram,
    /// Moments that are marked between the lines.
    pub rulers: Vec<Ruler>,
    /// The line that the reader is on.
    pub cursor: Option<Key>,
    /// Where that line stands among the lines that are shown.
    pub index: usize,
    /// The first line on the screen, likewise.
    pub top: usize,
    /// Whether the newest line is followed.
    pub follow: bool,
    /// How many lines came since it was not.
    pub unseen: u64,
    /// Whether long lines go on below.
    pub wrap: bool,
    /// Whether JSON is laid out over several lines.
    pub pretty: bool,
    /// Whether the bars of the histogram are shown.
    pub bars: bool,
    /// The first column of long lines that is shown.
    pub shift: usize,
    /// Lines that are shown whole whatever `wrap` and `pretty` say, or folded.
    pub unfolded: BTreeSet<Key>,
    /// Lines that the reader wants to find again.
    pub bookmarks: BTreeSet<Key>,
    /// Where a range of lines begins.
    pub anchor: Option<Key>,
    /// What is looked for.
    pub search: Option<Search>,
    /// Whether only lines that match are shown.
    pub only: bool,
    /// Lines that say less than this are not shown.
    pub floor: Level,
    /// What the reader goes to, while it is being looked for.
    pub seeking: Option<Seeking>,
    /// What came of it so far.
    pub counts: Counts,
    /// How long Live Tail was open.
    pub live: Duration,
}

/// The most lines of a selection.
const SELECTED: usize = 100_000;
/// How many bars a histogram has at most.
const BARS: usize = 240;

impl Viewer {
    /// A viewer that has read nothing yet.
    #[must_use]
    pub fn new(number: u64, what: Arc<str>, wanted: Wanted, limit: Limit) -> Self {
        Self {
            number,
            what,
            stage: Stage::Reading,
            wanted,
            origins: Origins::default(),
            names: Vec::new(),
            widest: 0,
            standing: BTreeMap::new(),
            buffer: Buffer::new(limit),
            view: View::default(),
            histogram: Histogram::new(BARS),
            rulers: Vec::new(),
            cursor: None,
            index: 0,
            top: 0,
            follow: true,
            unseen: 0,
            wrap: false,
            pretty: false,
            bars: true,
            shift: 0,
            unfolded: BTreeSet::new(),
            bookmarks: BTreeSet::new(),
            anchor: None,
            search: None,
            only: false,
            floor: Level::Unknown,
            seeking: None,
            counts: Counts::default(),
            live: Duration::ZERO,
        }
    }

    /// Takes in what was read.
    pub fn take(&mut self, tailed: &Tailed) {
        if let Some(origins) = &tailed.origins {
            self.origins = (**origins).clone();
            self.names = self
                .origins
                .short_names()
                .into_iter()
                .map(Arc::from)
                .collect();
            let widths = self.names.iter().map(|name| fit::width(name));
            self.widest = widths.max().unwrap_or(0);
        }
        let counts_unseen = !self.follow && self.wanted.until.is_none() && !self.is_behind();
        for item in &tailed.items {
            match item {
                Item::Event(event) => {
                    let text = event.text.trim_end_matches(['\n', '\r']);
                    self.buffer.push(event.at, event.origin, text.as_bytes());
                    self.histogram.count(event.at, Level::of(text.as_bytes()));
                    self.unseen += u64::from(counts_unseen);
                }
                Item::Mark(mark) => {
                    self.buffer.mark(mark);
                }
            }
        }
        self.standing.extend(tailed.standing.iter().cloned());
        self.counts = tailed.counts;
        self.live = tailed.live;
    }

    /// Forgets every line, to read them again under another number; how they are shown stays.
    pub fn begin_again(&mut self, number: u64) {
        self.number = number;
        self.buffer = Buffer::new(self.buffer.limit());
        self.histogram = Histogram::new(BARS);
        self.standing.clear();
        self.unfolded.clear();
        self.bookmarks.clear();
        (self.cursor, self.anchor, self.seeking) = (None, None, None);
        (self.index, self.top, self.unseen) = (0, 0, 0);
        self.follow = false;
        self.sift();
    }

    /// Marks between the lines that the reading was taken up anew by the operator's own wish.
    pub fn seam(&mut self, at: Timestamp, why: &str) {
        self.buffer.mark(&Mark {
            kind: MarkKind::Seam,
            at,
            lasted: Duration::ZERO,
            why: why.to_owned(),
        });
    }

    /// The lines that are shown are found anew.
    pub fn sift(&mut self) {
        let mut sieve = Sieve::default();
        if self.only
            && let Some(search) = &self.search
        {
            sieve.include(search.pattern.clone());
        }
        sieve.at_least(self.floor);
        self.view = View::new(sieve, false);
    }

    /// How many lines are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.view.len(&self.buffer)
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The line with this number among those that are shown.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<Line<'_>> {
        self.view.get(&self.buffer, number)
    }

    /// Puts the reader on the line with this number, or the last one.
    pub fn go(&mut self, index: usize) {
        let last = self.len().saturating_sub(1);
        self.index = index.min(last);
        self.cursor = self.line(self.index).map(|line| line.key);
    }

    /// Moves the reader by so many lines. Whoever moves up wants to read what is there; whoever comes to the end follows.
    pub fn step(&mut self, by: isize) {
        self.seeking = None;
        let last = self.len().saturating_sub(1);
        let to = self.index.saturating_add_signed(by).min(last);
        self.go(to);
        if by < 0 {
            self.follow = false;
        } else if to == last {
            self.follow_on();
        }
    }

    /// Follows the newest line again.
    pub fn follow_on(&mut self) {
        self.follow = true;
        self.unseen = 0;
        self.go(usize::MAX);
    }

    /// The last moment of which something was read.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        self.buffer
            .len()
            .checked_sub(1)
            .and_then(|last| self.buffer.get(last))
            .map(|line| line.key.at)
    }

    /// Whether a line says that it is an error, or worse.
    #[must_use]
    pub fn is_error(line: &Line<'_>) -> bool {
        line.level >= Level::Error
    }

    /// Goes to the next line of this sort, in steps.
    pub fn seek(&mut self, goal: Goal, direction: Direction) {
        let Some(from) = self.cursor else {
            return;
        };
        self.seeking = Some(Seeking {
            goal,
            direction,
            from,
            wrapped: false,
        });
    }

    /// Works on: which lines pass, and what is looked for. Whether there is more to do, and what is to be said.
    pub fn work(&mut self) -> (Progress, Option<Arc<str>>) {
        let mut budget = BUDGET;
        let mut progress = self.view.step(&self.buffer, self.cursor, &mut budget);
        let mut said = None;
        if let Some(seeking) = self.seeking {
            let (search, marks) = (self.search.as_ref(), &self.bookmarks);
            let wanted = |line: &Line<'_>| match seeking.goal {
                Goal::Match => search
                    .is_some_and(|search| line.mark.is_none() && search.pattern.is_in(line.text)),
                Goal::Error => Self::is_error(line),
                Goal::Bookmark => marks.contains(&line.key),
            };
            let mut budget = BUDGET;
            match self.view.seek(
                &self.buffer,
                seeking.from,
                seeking.direction,
                wanted,
                &mut budget,
            ) {
                Sought::Found(key) => {
                    self.seeking = None;
                    self.follow = false;
                    self.index = self.view.before(&self.buffer, key);
                    self.cursor = Some(key);
                    if seeking.wrapped {
                        said = Some(Arc::from("It goes on from the other end."));
                    }
                }
                Sought::NotYet(key) => {
                    self.seeking = Some(Seeking {
                        from: key,
                        ..seeking
                    });
                    progress = Progress::More;
                }
                // Lines that are still being sifted may hold it.
                Sought::None if progress == Progress::More => {}
                Sought::None if seeking.wrapped => {
                    self.seeking = None;
                    said = Some(Arc::from(match seeking.goal {
                        Goal::Match => "No line that is shown has that in it.",
                        Goal::Error => "No line that is shown says that it is an error.",
                        Goal::Bookmark => "No line that is shown is bookmarked.",
                    }));
                }
                Sought::None => {
                    let end = match seeking.direction {
                        Direction::On => self.line(0),
                        Direction::Back => {
                            self.len().checked_sub(1).and_then(|last| self.line(last))
                        }
                    };
                    match end.map(|line| (line.key, wanted(&line))) {
                        Some((key, true)) => {
                            self.seeking = None;
                            self.follow = false;
                            self.cursor = Some(key);
                            self.index = self.view.before(&self.buffer, key);
                            said = Some(Arc::from("It goes on from the other end."));
                        }
                        Some((key, false)) => {
                            self.seeking = Some(Seeking {
                                from: key,
                                wrapped: true,
                                ..seeking
                            });
                            progress = Progress::More;
                        }
                        None => self.seeking = None,
                    }
                }
            }
        }
        (progress, said)
    }

    /// Brings the reader's place up to date with what came and went.
    pub fn settle(&mut self) {
        if self.follow {
            self.go(usize::MAX);
            return;
        }
        match self.cursor {
            Some(key) => {
                self.index = self
                    .view
                    .before(&self.buffer, key)
                    .min(self.len().saturating_sub(1));
                // What fell out of the ring or does not pass any more leaves its place to the next one.
                if self.line(self.index).is_none_or(|line| line.key != key) {
                    self.go(self.index);
                }
            }
            None => self.go(self.index),
        }
    }

    /// The lines of a selection: from the anchor to the cursor, or the cursor's alone.
    #[must_use]
    pub fn selected(&self) -> Vec<Line<'_>> {
        let Some(cursor) = self.cursor else {
            return Vec::new();
        };
        let anchor = self.anchor.unwrap_or(cursor);
        let (first, last) = (anchor.min(cursor), anchor.max(cursor));
        let from = self.view.before(&self.buffer, first);
        (from..)
            .map_while(|number| self.line(number))
            .take_while(|line| line.key <= last)
            .take(SELECTED)
            .collect()
    }

    /// The lines of the range, or all that are shown, as they stand now.
    #[must_use]
    pub fn extract(&self) -> Extract {
        let range = self.anchor.zip(self.cursor);
        Extract {
            buffer: self.buffer.clone(),
            view: self.view.clone(),
            origins: self.origins.clone(),
            range: range.map(|(anchor, cursor)| anchor.min(cursor)..=anchor.max(cursor)),
        }
    }

    /// The short name of the group that a line is from, and the stream.
    #[must_use]
    pub fn origin(&self, line: &Line<'_>) -> Option<(usize, &Arc<str>)> {
        let (group, stream) = self.origins.get(line.origin)?;
        let number = self
            .origins
            .groups()
            .iter()
            .position(|other| std::ptr::eq(other, group))?;
        Some((number, stream))
    }

    /// The groups that are there, as far as that is known.
    pub fn there(&self) -> impl Iterator<Item = &Group> {
        let groups = (0..).zip(self.origins.groups());
        groups
            .filter(|(number, _)| self.standing.get(&GroupId(*number)) != Some(&Standing::Absent))
            .map(|(_, group)| group)
    }

    /// How many groups cannot be read at present.
    #[must_use]
    pub fn away(&self) -> usize {
        let away = |standing: &&Standing| matches!(standing, Standing::Away(_));
        self.standing.values().filter(away).count()
    }

    /// How many groups have read what was there at the beginning, or cannot, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let behind = self.standing.values().filter(|s| **s == Standing::Behind);
        (self.standing.len() - behind.count(), self.standing.len())
    }

    /// Whether some group still reads what was there at the beginning.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.standing.is_empty() || self.standing.values().any(|s| *s == Standing::Behind)
    }
}
