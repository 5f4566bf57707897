//! The pictures of the documentation are the screens of today.

use std::path::Path;

use noctop::view::picture::svg;

use super::fixture::Console;

#[test]
fn the_pictures_of_the_documentation_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    for (name, width, height, keys) in [
        ("queue.svg", 120, 40, "j enter"),
        ("queue-80x24.svg", 80, 24, ""),
        ("overview.svg", 120, 24, "g o right"),
    ] {
        let drawn = svg(&Console::new(width, height).press(keys).buffer());
        kept(&folder, name, &drawn);
    }
    let wall = super::wall(120, 36, None);
    kept(&folder, "wall.svg", &svg(&wall.buffer()));
}

fn kept(folder: &Path, name: &str, drawn: &str) {
    let file = folder.join(name);
    if std::env::var_os("NOCTOP_BLESS").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(&file, drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == drawn,
        "docs/images/{name} shows an older screen; NOCTOP_BLESS=1 cargo test --test screens draws it anew"
    );
}
