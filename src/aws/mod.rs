//! Everything between noctop and AWS except the questions themselves: who we are, how fast we may ask, what we
//! may ask, and what an error means.
//!
//! ```text
//! fleet (which accounts) ──► access (whose credentials, which socket) ──► guard ──► AWS
//!                               │ limit (whose turn)                        │ ops (the list of reads)
//!                               └ classify (what an error means) ◄──────────┘
//! ```

pub mod access;
pub mod classify;
pub mod closer;
pub mod fleet;
pub mod guard;
pub mod ledger;
pub mod limit;
pub mod logs;
pub mod metric;
pub mod moment;
pub mod ops;
pub mod pages;
pub mod runs;
pub mod trail;
