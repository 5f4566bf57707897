//! Feeds: the coverage ledger. What is read, how old it is, and why something is not.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::text::{age, coarse_age};
use crate::domain::{FeedState, SourceId};
use crate::store::Calls;
use crate::theme::Role;

use super::cells::region_text;
use super::{Align, Cell, Cells, Column, FeedLook, Lists, PaneSpec, Place, Width, column};

/// The pane.
pub const PANE: PaneSpec = PaneSpec {
    name: "feeds",
    title: "Feeds",
    short: "Fds",
    place: Place::Tab,
    lists: Lists::Feeds,
    sources: SourceId::ALL,
    columns: &[
        STATE,
        SOURCE,
        ACCOUNT,
        REGION_SHORT,
        REGION,
        SLICE,
        AGE,
        NEXT,
        EVERY,
        TOOK,
        CALLS,
        PACE,
        ITEMS,
        WORDS,
    ],
    order: &[],
    order_name: "blind first",
    calm: "No feed is planned.",
};

const STATE: Column = column("state", Width::Fixed(7), 0, Align::Left, Cells::Feed(state));
const SOURCE: Column = column(
    "source",
    Width::Fixed(13),
    0,
    Align::Left,
    Cells::Feed(|l| Cell::new(l.feed.feed.source.word(), Role::TextStrong)),
);
const ACCOUNT: Column = column(
    "asked from",
    Width::Share {
        least: 8,
        most: 20,
        weight: 2,
    },
    0,
    Align::Left,
    Cells::Feed(account),
);
const REGION_SHORT: Column = Column {
    until: 109,
    ..column(
        "reg",
        Width::Fixed(5),
        58,
        Align::Left,
        Cells::Feed(|l| Cell::new(l.feed.feed.vantage.region.short(), Role::TextDim)),
    )
};
const REGION: Column = column(
    "region",
    Width::Fixed(14),
    110,
    Align::Left,
    Cells::Feed(|l| Cell::new(region_text(&l.feed.feed.vantage.region), Role::TextDim)),
);
const SLICE: Column = column(
    "part",
    Width::Fixed(8),
    70,
    Align::Left,
    Cells::Feed(|l| Cell::new(l.feed.feed.slice.0, Role::TextDim)),
);
const AGE: Column = column("read", Width::Fixed(5), 48, Align::Left, Cells::Feed(read));
const NEXT: Column = column("next", Width::Fixed(5), 90, Align::Left, Cells::Feed(next));
const EVERY: Column = column(
    "every",
    Width::Fixed(5),
    120,
    Align::Left,
    Cells::Feed(|l| Cell::new(age(l.feed.every), Role::TextDim)),
);
const TOOK: Column = column(
    "took",
    Width::Fixed(7),
    110,
    Align::Right,
    Cells::Feed(took),
);
const CALLS: Column = column(
    "calls",
    Width::Fixed(5),
    140,
    Align::Right,
    Cells::Feed(|l| Cell::new(l.feed.calls.to_string(), Role::TextDim)),
);
const PACE: Column = column(
    "a min",
    Width::Fixed(5),
    170,
    Align::Right,
    Cells::Feed(|l| {
        let pace = l.feed.pace();
        let text = if pace == Calls::default() {
            String::new()
        } else {
            a_minute(pace)
        };
        Cell::new(text, Role::TextDim)
    }),
);
const ITEMS: Column = column(
    "items",
    Width::Fixed(6),
    80,
    Align::Right,
    Cells::Feed(|l| Cell::new(l.feed.items.to_string(), Role::Text)),
);
const WORDS: Column = column(
    "why",
    Width::Share {
        least: 10,
        most: u16::MAX,
        weight: 6,
    },
    64,
    Align::Left,
    Cells::Feed(words),
);

/// Calls in a minute, with as many digits as tell something.
#[must_use]
pub fn a_minute(calls: Calls) -> String {
    let calls = calls.per_minute();
    if calls >= 10.0 {
        format!("{calls:.0}")
    } else if calls >= 0.095 || calls == 0.0 {
        format!("{calls:.1}")
    } else {
        "< 0.1".to_owned()
    }
}

/// What feeds take at their pace, and what that costs.
#[must_use]
pub fn pace(calls: Calls) -> String {
    let dollars = calls.dollars_a_month();
    let cost = if dollars >= 9.5 {
        format!("about {dollars:.0} USD a month")
    } else if dollars >= 0.05 {
        format!("about {dollars:.1} USD a month")
    } else {
        "less than 0.1 USD a month".to_owned()
    };
    format!("{} calls a minute, {cost}", a_minute(calls))
}

/// Seconds after which the ages of a line are brought up to date.
const AGED_EVERY: u64 = 10;

/// The moment for which the ages of a line are shown. Every line has a second of its own among ten: of a list that
/// nobody touches a tenth changes each second, and a slow line has little to carry.
#[must_use]
pub fn aged(now: Timestamp, line: usize) -> Timestamp {
    let turn = u64::try_from(line).unwrap_or(0) % AGED_EVERY;
    let second = u64::try_from(now.as_secs()).unwrap_or(0) + turn;
    now.minus(Duration::from_secs(second % AGED_EVERY))
}

/// The role of a feed's state.
#[must_use]
pub const fn state_role(state: FeedState) -> Role {
    match state {
        FeedState::Fresh => Role::FeedFresh,
        FeedState::Late => Role::FeedLate,
        FeedState::Loading => Role::FeedLoading,
        FeedState::Off => Role::FeedOff,
        FeedState::Blind => Role::FeedBlind,
    }
}

fn state<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    let state = look.feed.state;
    Cell::new(state.word(), state_role(state))
}

fn account<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    let id = look.feed.feed.vantage.account;
    match look.roster.get(id) {
        Some(account) => Cell::new(&*account.name, Role::Text),
        None => Cell::new(look.roster.name(id).to_string(), Role::Text),
    }
}

fn read<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    Cell::new(
        look.feed
            .success
            .map_or_else(|| "never".to_owned(), |at| coarse_age(look.now.since(at))),
        Role::Text,
    )
}

fn next<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    let text = match look.feed.next {
        Some(at) if at > look.now => coarse_age(at.since(look.now)),
        Some(_) => "now".to_owned(),
        None => "-".to_owned(),
    };
    Cell::new(text, Role::TextDim)
}

fn took<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    let millis = look.feed.took.as_millis();
    let text = if millis < 10_000 {
        format!("{millis} ms")
    } else {
        format!("{} s", millis / 1000)
    };
    Cell::new(text, Role::TextDim)
}

fn words<'a>(look: &FeedLook<'a>) -> Cell<'a> {
    match &look.feed.fault {
        Some(fault) => Cell::new(fault.to_string(), state_role(look.feed.state)),
        None => Cell::new("", Role::Text),
    }
}
