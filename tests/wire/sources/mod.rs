//! noctop's sources over the wire: the real SDK against the simulator, compared with what the simulator says is true.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

mod backup;
mod patches;
mod stand;
mod windows;
