//! Every fault × every source, against the simulator through the real SDK.
//!
//! The matrix is generated from two tables: the sources and the faults. For each pair it is shown that the old rows
//! stay, that the fault has the right kind and a sentence an operator understands, and that the feed recovers by
//! itself once the fault is lifted. Nothing sleeps: one asking at a time is driven by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod access;
mod alarms;
mod fleet;
mod live;
mod matrix;
mod stand;
