//! The terminal edge.

mod encoder;
mod glyph;
mod pen;

pub use encoder::{Encoder, FrameStats};
pub use glyph::Ink;
