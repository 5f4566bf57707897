//! The project held to its own rules: layers, dependencies, assets, verbs and documentation.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot read the project fails there"
)]

mod architecture;
mod assets;
mod dependencies;
mod docs;
mod links;
mod snippets;
mod source;
mod verbs;
