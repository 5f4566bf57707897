//! How it looks: themes, colours, letters, pictures, keys.

use std::fs;

use vt100::Color;

use super::super::harness::Answers;
use super::{Begin, Robot};

/// The ground below the letters in the middle of the screen.
fn ground(robot: &Robot) -> Color {
    robot
        .console
        .look(|screen| screen.cell(20, 60).unwrap().bgcolor())
}

fn exact(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color::Rgb(red, green, blue)
}

#[test]
fn the_default_theme_paints_no_ground_and_sixteen_colours_alone() {
    let robot = Begin {
        environment: vec![("COLORTERM", "truecolor")],
        ..Begin::default()
    }
    .loaded();
    assert_eq!(ground(&robot), Color::Default);
    for exact in [
        b"\x1b[38;2;".as_slice(),
        b"\x1b[48;2;",
        b";38;2;",
        b";48;2;",
    ] {
        assert_eq!(robot.console.count(exact), 0);
    }
    robot.quits();
}

#[test]
fn a_theme_is_seen_while_it_is_chosen_and_put_back_unless_it_is_taken() {
    let robot = Begin {
        environment: vec![("COLORTERM", "truecolor")],
        ..Begin::default()
    }
    .loaded();
    robot
        .types("gt")
        .sees("shown as you move")
        .types_in("light");
    let paper = exact(0x00fb_faf7);
    robot.console.wait("the light ground", |screen| {
        screen.cell(38, 60).unwrap().bgcolor() == paper
    });
    robot.escapes();
    robot.console.wait("no ground", |screen| {
        screen.cell(38, 60).unwrap().bgcolor() == Color::Default
    });
    robot.types(":").types_in("theme light").types("\r");
    robot.console.wait("the light ground", |screen| {
        screen.cell(38, 60).unwrap().bgcolor() == paper
    });
    robot.quits();
}

#[test]
fn the_ground_that_the_terminal_tells_decides_between_two_themes() {
    for (answers, colour) in [
        (Answers::Light, 0x00fb_faf7),
        (Answers::Modern, 0x0014_171f),
    ] {
        let robot = Begin {
            config: "[ui]\ntheme = \"auto\"\n".to_owned(),
            environment: vec![("COLORTERM", "truecolor")],
            answers,
            ..Begin::default()
        }
        .start();
        robot.console.wait("its ground", |screen| {
            screen.cell(38, 60).unwrap().bgcolor() == exact(colour)
        });
    }
}

#[test]
fn a_broken_theme_is_told_with_its_place_and_mended_while_noctop_runs() {
    let robot = Begin {
        config: "[ui]\ntheme = \"ember\"\n".to_owned(),
        environment: vec![("COLORTERM", "truecolor")],
        ..Begin::default()
    }
    .loaded();
    robot.sees("ember");
    fs::create_dir_all(robot.path("themes")).unwrap();
    fs::write(
        robot.path("themes/ember.toml"),
        "inherits = \"dark\"\n[palette]\nground = \"#201008\"\n",
    )
    .unwrap();
    robot.console.wait("the mended theme", |screen| {
        screen.cell(38, 60).unwrap().bgcolor() == exact(0x0020_1008)
    });
    robot.quits();
}

#[test]
fn without_colours_and_with_plain_letters_everything_is_told_all_the_same() {
    let robot = Begin {
        words: vec!["--ascii"],
        environment: vec![("NO_COLOR", "1")],
        answers: Answers::None,
        size: (80, 24),
        ..Begin::default()
    }
    .loaded();
    let picture = robot.picture();
    assert!(picture.is_ascii(), "{picture}");
    assert!(picture.contains("payments-prod"), "{picture}");
    robot.console.look(|screen| {
        let (rows, columns) = (24, 80);
        for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            let cell = screen.cell(row, column).unwrap();
            assert_eq!(
                (cell.fgcolor(), cell.bgcolor()),
                (Color::Default, Color::Default)
            );
        }
    });
    robot.quits();
}

#[test]
fn the_screen_is_saved_as_text_with_colours_and_as_a_picture() {
    let robot = Begin::default().loaded();
    for (form, sign) in [
        ("", "payments-prod"),
        (" ansi", "\u{1b}["),
        (" svg", "<svg"),
    ] {
        robot
            .types(":")
            .types_in(&format!("screenshot{form}"))
            .types("\r")
            .sees("screen-");
        let extension = match form {
            "" => "txt",
            " ansi" => "ansi",
            _ => "svg",
        };
        robot.sees(&format!(".{extension}"));
        let text = saved(&robot, extension);
        assert!(text.contains(sign), "{form}: {text}");
    }
    robot.quits();
}

/// What was saved below the robot's home with this extension.
fn saved(robot: &Robot, extension: &str) -> String {
    let mut folders = vec![robot.path("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                return fs::read_to_string(path).unwrap();
            }
        }
    }
    panic!("no file .{extension}")
}

#[test]
fn a_sequence_that_has_begun_shows_what_may_follow_and_other_keymaps_have_their_own_keys() {
    let robot = Begin::default().loaded();
    robot.types("g").sees("theme").sees("related").escapes();
    robot.quits();
    let robot = Begin {
        words: vec!["--keymap", "k9s"],
        ..Begin::default()
    }
    .loaded();
    robot.types("d").sees("─ management us-east-1 · ").escapes();
    robot.quits();
}

#[test]
fn a_mistake_in_a_keymap_costs_that_binding_alone_and_a_saved_one_waits_for_the_command() {
    let robot = Begin {
        config: "[ui]\nkeymap = \"mine\"\n".to_owned(),
        ..Begin::default()
    };
    let robot = robot.loaded();
    robot.sees("there is no keymap `mine`");
    robot.types("j").sees(" 2/");
    robot.quits();
}
