//! What the screens look like, at the sizes that people have.

mod cost;
mod fixture;

use fixture::Console;

#[test]
fn every_screen_draws_at_every_size_without_a_control_character() {
    for (width, height) in [(1, 1), (40, 10), (80, 24), (120, 40), (200, 60), (400, 100)] {
        for keys in [
            "",
            "enter",
            "enter enter",
            "7",
            "7 enter",
            "?",
            ":",
            "/",
            "s",
            "!",
            "P",
            "R",
            "f",
            "q",
        ] {
            let text = Console::new(width, height).press(keys).text();
            assert!(
                !text
                    .chars()
                    .any(|c| c != '\n' && noctop::domain::text::is_hostile(c)),
                "{width}x{height} {keys}"
            );
        }
    }
}
