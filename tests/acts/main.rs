//! What noctop changes, end to end: through guard, journal and the real SDK into the simulator, which says what was done.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a stand that cannot be put up fails its test"
)]

mod changes;
mod guard;
mod kill;
mod lost;
mod runs;
mod stand;
