//! The nouns of noctop: what an item is, where it lives, how bad it is, and what could not be read.
//!
//! Plain data without behaviour towards the outside: no clock, no I/O, no AWS types. Everything above may use it.
//!
//! ```text
//! Feed (a question) ── Batch ──► Record ──► Item { key, severity, state, title, times, detail }
//!   source, vantage, slice         │                 └ ItemKey { kind, scope, id }
//!                                  └ Failed(Fault) → FeedState::Blind | Off
//! ```

pub mod account;
pub mod alarm;
pub mod alike;
pub mod backup;
pub mod closer;
pub mod compliance;
pub mod document;
pub mod fault;
pub mod feed;
pub mod finding;
pub mod health;
pub mod incident;
pub mod item;
pub mod kind;
pub mod metric;
pub mod mute;
pub mod partition;
pub mod patch;
pub mod problem;
pub mod rule;
pub mod scope;
pub mod severity;
pub mod text;
pub mod trail;
pub mod window;

pub use account::{Account, Policy, Roster};
pub use fault::{Fault, FaultKind};
pub use feed::{Batch, Body, Cover, Feed, FeedState, Record, Slice, SourceId};
pub use item::{Detail, Item, ItemKey, ItemState};
pub use kind::Kind;
pub use problem::{Place, Problem};
pub use scope::{AccountId, Region, Scope};
pub use severity::Severity;
