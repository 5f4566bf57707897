//! A shelf: one SQLite file of noctop's own, opened safely, and the one thread of a process that touches it.
//!
//! The journal, the ledger's file, its outbox and the history stand on one each. What is common to them is here: the
//! file is made for its owner (or a group) before SQLite could make it readable for others, a later version's file is
//! left alone, a network home is known, and trouble with the file is told apart. What an operator reads about it is
//! worded by whoever keeps it.
//!
//! ```text
//!  anybody ── request ──► Keeper ── channel ──► its thread: open (again after trouble), serve all that waits ──► file
//!     ▲                                                          │
//!     └──────────────────────── answer ──────────────────────────┘
//! ```

mod keeper;
mod open;
pub mod place;
mod wrong;

pub use keeper::{Desk, Ended, Keeper, State};
pub use open::{Form, Network, PATIENCE, Share, Sync, look, open, open_on};
pub use wrong::Wrong;
