//! Operators' stories, from the simulator to the letters on the screen: nothing between them is replaced.
//!
//! One file per story. Everything but the terminal itself is the real thing; [`terminal`] has the real binary in a
//! pseudo-terminal as well.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a story that cannot go on should stop"
)]

mod arranged;
mod arrivals;
mod attention;
mod blindness;
mod changes;
mod choices;
mod credentials;
mod cursor;
mod hand;
mod handover;
#[path = "../terminal/harness.rs"]
#[expect(dead_code, reason = "the terminal's own tests use all of it")]
mod harness;
mod history;
mod kinds;
mod logs;
mod metric;
mod mutes;
#[path = "../screens/paper.rs"]
#[expect(dead_code, reason = "the screens' own tests look at colours, too")]
mod paper;
mod query;
mod relief;
mod robot;
mod runs;
mod shift;
mod start;
mod terminal;
mod triage;
mod trouble;
mod wall;
