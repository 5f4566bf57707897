//! Runs of runbooks in AWS: what is found out before, how they are started, how far they have come.
//!
//! ```text
//! runbook::Launch ─ check ─► runbook::Preflight        reads only
//!                 ─ start ─► journal, AWS              one change per part
//! runbook::Run    ─ look ──► runbook::run::Report      reads only
//!                 ─ stop, answer ─► journal, AWS
//! ```
//!
//! Called by `effects` and `cli`, which both faces of noctop stand on.

mod answer;
pub mod book;
mod check;
pub mod documents;
mod look;
mod start;

pub use answer::{Answer, answer, stop};
pub use check::{Wishes, check};
pub use look::{look, standing_of_local};
pub use start::{Unstarted, change, local_intent, refuse, start};
