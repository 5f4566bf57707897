//! noctop's sources over the wire: the real SDK against the simulator, compared with what the simulator says is true.

mod backup;
mod patches;
mod stand;
mod windows;
