//! The engine of log lines: what was read from many groups, merged by time, kept within a stated limit, and shown.
//!
//! Log lines are not items: a burst brings two hundred thousand of them, nobody acknowledges one, and what matters is that
//! none is shown twice and none is lost without being counted. Everything here is pure: the time and the events come in,
//! lines and counts go out. The readers of CloudWatch Logs feed it; `noctop tail` and the viewer stand on it.
//!
//! ```text
//! reader ─ Event ─► Seen (not twice) ─► Merge (by time, a small window) ─► printed by `noctop tail`
//!                                                                      └─► Buffer (a ring in blocks) ─► View, Histogram
//! a line's text ─► level, json, shape, trace, ansi: what it says, recognised when it is looked at
//! ```

pub mod aim;
pub mod ansi;
pub mod buffer;
pub mod event;
pub mod extract;
pub mod field;
pub mod histogram;
pub mod ink;
pub mod json;
pub mod level;
pub mod mark;
pub mod merge;
pub mod origin;
pub mod pretty;
pub mod query;
pub mod seen;
pub mod shape;
pub mod sieve;
pub mod tail;
pub mod trace;
pub mod view;
pub mod when;
pub mod writer;

pub use buffer::{Buffer, Key, Limit, Line};
pub use event::Event;
pub use extract::Extract;
pub use ink::{Ink, Piece};
pub use level::Level;
pub use mark::Mark;
pub use merge::Merge;
pub use origin::{GroupId, OriginId, Origins};
pub use seen::Seen;
pub use sieve::Sieve;
pub use tail::Tail;
pub use view::View;
