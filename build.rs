//! Tells Cargo about the folders of data that are embedded: a new theme must not wait for a change of code.

// Cargo reads instructions of a build script from its standard output.
#![expect(clippy::print_stdout, reason = "this is how a build script speaks to Cargo")]

fn main() {
    for folder in ["keymaps", "themes", "src/sim/scenarios"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
