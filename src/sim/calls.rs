//! Who called what, how often.
