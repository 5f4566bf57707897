//! Tells Cargo about the folders of data that are embedded: a new theme must not wait for a change of code.

fn main() {
    for folder in ["keymaps", "themes", "src/sim/scenarios"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
