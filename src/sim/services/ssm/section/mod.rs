//! What a scenario says of Systems Manager.

pub mod opsitems;
pub mod patches;
pub mod syncs;
pub mod windows;

pub use opsitems::Section as OpsItemSection;
pub use patches::Section as PatchSection;
pub use syncs::Sync;
pub use windows::Section as WindowSection;
