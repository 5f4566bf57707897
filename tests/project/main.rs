//! The project held to its own rules: layers, dependencies, assets and generated pages.

mod architecture;
mod assets;
mod dependencies;
mod docs;
mod source;
