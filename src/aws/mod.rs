//! Everything between noctop and AWS except the questions themselves: who we are, how fast we may ask, what we
//! may ask, and what an error means.

pub mod fleet;
