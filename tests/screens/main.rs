//! What the screens look like, at the sizes that people have.
//!
//! `INSTA_UPDATE=always cargo test --test screens` writes the snapshots anew, `NOCTOP_BLESS=1` the pictures of the
//! documentation. Look at what changed before it is committed.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

mod cost;
mod fixture;
mod fuzz;
mod paper;
mod pictures;

use fixture::Console;
use noctop::domain::SourceId;
use noctop::model::details;
use noctop::model::{Model, Wall};
use noctop::panes;
use noctop::theme::{Depth, Role, Theme};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn at_every_size(name: &str, screen: impl Fn(u16, u16) -> Console) {
    for (width, height) in SIZES {
        insta::assert_snapshot!(
            format!("{name}-{width}x{height}"),
            screen(width, height).text()
        );
    }
}

#[test]
fn every_pane() {
    for (at, pane) in panes::tabs().iter().enumerate() {
        at_every_size(pane.name, |width, height| {
            Console::new(width, height).press(&(at + 1).to_string())
        });
    }
}

#[test]
fn the_details_of_every_kind() {
    for (pane, keys) in [
        ("alarm", "2"),
        ("finding", "3"),
        ("incident", "4"),
        ("window", "5"),
        ("backup", "6"),
        ("feed", "9"),
    ] {
        at_every_size(&format!("details-{pane}"), |width, height| {
            Console::new(width, height).press(&format!("{keys} enter"))
        });
    }
}

#[test]
fn what_aws_reports_and_what_is_asked_of_it() {
    for (name, keys) in [
        ("health", "g h"),
        ("details-health", "g h enter"),
        ("details-case", "4 j enter"),
        ("details-record", "4 j j enter"),
        ("compliance", "g p"),
        ("details-rule", "g p j j enter"),
        ("since", ","),
    ] {
        at_every_size(name, |width, height| {
            Console::new(width, height).troubled().press(keys)
        });
    }
}

#[test]
fn no_fact_is_torn_between_two_columns() {
    for height in 30..60 {
        let console = Console::new(160, height).press("2 enter");
        let layout = details::layout(&console.model, console.model.details_place());
        if let [_, second] = layout.columns.as_slice() {
            assert!(!second[0].label.is_empty(), "{}", console.text());
        }
    }
}

#[test]
fn what_lies_over_the_panes() {
    for (name, keys) in [
        ("help", "?"),
        ("palette", ":"),
        ("sort", "s"),
        ("floor", "!"),
        ("accounts", "P"),
        ("quit", "q"),
    ] {
        at_every_size(name, |width, height| {
            Console::new(width, height).press(keys)
        });
    }
    at_every_size("palette-typed", |width, height| {
        Console::new(width, height)
            .press(":")
            .type_in("find sev:crit")
    });
    at_every_size("raw", |width, height| {
        Console::new(width, height).press("J").answered(RAW)
    });
}

const RAW: &str = r#"{
  "AlarmName": "api-5xx-rate",
  "ActionsEnabled": true,
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:111111111111:oncall"
  ],
  "StateReason": "Threshold Crossed: 3 out of the last 3 datapoints [7.2 (21/11/26 06:18:00), 6.9 (21/11/26 06:17:00), 7.0 (21/11/26 06:16:00)] were greater than the threshold (2.0) (minimum 3 datapoints for OK -> ALARM transition).",
  "StateValue": "ALARM",
  "Threshold": 2.0
}"#;

#[test]
fn the_lines_that_are_typed() {
    for (name, text) in [
        ("filter", "sev:>=high acc"),
        ("filter-wrong", "sev:>=hihg"),
        ("filter-empty", "nothing-is-called-so"),
    ] {
        at_every_size(name, |width, height| {
            Console::new(width, height).press("/").type_in(text)
        });
    }
}

#[test]
fn marks_a_frozen_list_a_narrowed_fleet_and_another_order() {
    at_every_size("marked", |width, height| {
        Console::new(width, height).press("space j space")
    });
    at_every_size("frozen", |width, height| {
        Console::new(width, height).press("p")
    });
    at_every_size("narrowed", |width, height| {
        Console::new(width, height)
            .press("P")
            .type_in("core")
            .press("enter")
    });
    at_every_size("sorted", |width, height| {
        Console::new(width, height).press("s j j enter")
    });
    at_every_size("zoomed", |width, height| {
        Console::new(width, height).press("f")
    });
}

#[test]
fn a_filter_that_empties_a_pane_is_said_and_never_taken_for_calm() {
    let lists = panes::tabs().iter().enumerate();
    for (at, pane) in lists.filter(|(_, pane)| pane.lists != panes::Lists::Logs) {
        let text = Console::new(120, 40)
            .press(&format!("{} /", at + 1))
            .type_in("nothing-is-called-so")
            .press("enter")
            .text();
        assert!(text.contains("the filter"), "{}", pane.name);
        assert!(!text.contains(pane.calm), "{}", pane.name);
    }
}

#[test]
fn an_unknown_age_is_neither_the_oldest_nor_the_newest() {
    let console = Console::new(120, 40).with_an_ageless_row();
    let oldest = console.text().lines().nth(1).unwrap().to_owned();
    assert!(
        oldest.contains("oldest unacked ● 1h05 core-shared"),
        "{oldest}"
    );
    let last = |console: &Console| {
        let text = console.text();
        text.lines()
            .find(|l| l.starts_with('▌'))
            .unwrap()
            .to_owned()
    };
    // By age, and the other way round.
    let console = console.press("s j j enter G");
    assert!(last(&console).contains("Ageless"), "{}", console.text());
    let console = console.press("s enter G");
    assert!(last(&console).contains("Ageless"), "{}", console.text());
}

#[test]
fn a_held_row_that_has_gone_says_so_and_hides_no_other() {
    let first = |console: &Console| console.text().lines().nth(5).unwrap().to_owned();
    for keys in ["2 p", "2 p G g g"] {
        let console = Console::new(120, 40).press(keys);
        let rows = console.text().lines().count();
        let alarms = |console: &Console| {
            let text = console.text();
            text.lines().filter(|line| line.contains("prod")).count()
        };
        let (before, top) = (alarms(&console), first(&console));
        let console = console.without(SourceId::Cloudwatch, 0, 0);
        let text = console.text();
        let gone = text.matches("— gone").count();
        assert!(gone > 0, "{top}\n{text}");
        assert_eq!(alarms(&console) + gone, before, "{text}");
        assert_eq!(text.lines().count(), rows);
        // Let go, the list closes up.
        let console = console.press("p");
        assert!(!console.text().contains("— gone"), "{}", console.text());
        assert_eq!(alarms(&console), before - gone);
    }
}

#[test]
fn a_filter_typed_while_the_rows_are_held_still_filters() {
    let console = Console::new(120, 40)
        .press("2 p /")
        .type_in("nothing-is-called-so")
        .press("enter");
    assert!(console.model.pane().is_empty(), "{}", console.text());
    let console = console.press("9 /").type_in("blind").press("enter");
    let all = Console::new(120, 40).press("9").model.pane().len();
    assert!(console.model.pane().len() < all, "{}", console.text());
}

#[test]
fn before_anything_is_known() {
    at_every_size("waiting", Console::waiting);
}

#[test]
fn with_ascii_alone() {
    at_every_size("ascii", |width, height| {
        Console::new(width, height).with(|model| model.session.ascii = true)
    });
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let console = || {
            Console::new(width, height).with(|model| {
                model.session.ascii = true;
                model.say(noctop::model::Tone::Done, "Größe 東京 …");
            })
        };
        let mut shown: Vec<_> = [
            "",
            "enter",
            "enter enter",
            "2",
            "2 enter",
            "3 enter",
            "4 enter",
            "5 enter",
            "6 enter",
            "9",
            "9 enter",
            "?",
            ":",
            "q",
            "f",
            "/",
            "s",
            "! k",
            "P space",
            "R",
            "J",
            "p",
            "space space *",
            "g",
            "0",
        ]
        .into_iter()
        .map(|keys| (keys, console().press(keys)))
        .collect();
        shown.push(("waiting", {
            Console::waiting(width, height).with(|model| model.session.ascii = true)
        }));
        shown.push((
            "raw",
            console().press("J").answered("{\n  \"名\": \"Größe …\"\n}"),
        ));
        shown.push((
            "narrowed",
            console().press("P").type_in("core").press("enter"),
        ));
        shown.push(("typed", console().press(":").type_in("émigré")));
        for (keys, console) in shown {
            for cell in console.buffer().content() {
                assert!(
                    cell.symbol().is_ascii(),
                    "{width}x{height} {keys}: {}\n{}",
                    cell.symbol(),
                    console.text()
                );
            }
        }
    }
}

#[test]
fn totals_of_a_narrowed_fleet_speak_for_what_is_looked_at() {
    let head = |account: &str| {
        let console = Console::new(120, 40)
            .press("P")
            .type_in(account)
            .press("enter");
        console
            .text()
            .lines()
            .take(3)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let core = head("core");
    assert!(
        !core.contains('≥') && core.contains("1 blind elsewhere"),
        "{core}"
    );
    let data = head("data");
    assert!(
        data.contains('≥') && data.contains("1 blind ") && !data.contains("elsewhere"),
        "{data}"
    );
}

#[test]
fn raw_json_is_read_to_its_last_letter_on_every_screen() {
    for (width, height) in SIZES.into_iter().chain([(40, 10)]) {
        let mut console = Console::new(width, height).press("J").answered(RAW);
        let inside = |text: &str| -> Vec<String> {
            let framed = text.lines().filter_map(|l| l.split_once("│ "));
            framed
                .filter_map(|(_, l)| Some(l.rsplit_once(" │")?.0.trim().to_owned()))
                .collect()
        };
        let mut read = inside(&console.text());
        for _ in 0..60 {
            let before = console.text();
            console = console.press("j");
            let now = console.text();
            if now != before {
                read.push(inside(&now).pop().unwrap());
            }
        }
        let squeezed = |text: &str| text.replace([' ', '\n'], "");
        assert_eq!(squeezed(&read.concat()), squeezed(RAW), "{width}x{height}");
    }
}

#[test]
fn in_colours_and_without() {
    for (name, depth) in [("16", Depth::Ansi16), ("none", Depth::None)] {
        for (screen, keys) in [("queue", ""), ("feeds", "9"), ("palette", ": j")] {
            let console = Console::new(120, 40)
                .press(keys)
                .with(|model| model.theme = Theme::shipped_default(depth));
            insta::assert_snapshot!(
                format!("looks-{screen}-{name}"),
                paper::looks(&console.buffer())
            );
        }
    }
}

#[test]
fn the_overview_and_its_details() {
    at_every_size("overview", |width, height| {
        Console::new(width, height).press("g o right j")
    });
    at_every_size("grouped", |width, height| {
        Console::new(width, height)
            .press(":")
            .type_in("group account")
            .press("enter")
    });
    at_every_size("popup", |width, height| {
        Console::new(width, height).press("g")
    });
}

fn wall(width: u16, height: u16, rotate: Option<u64>) -> Console {
    Console::new(width, height).with(|model| {
        let stale = std::time::Duration::from_secs(300);
        model.wall = Some(Wall::new(stale, rotate.map(std::time::Duration::from_secs)));
        model.pulse.at = Some(model.now);
    })
}

#[test]
fn the_wall_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (400, 100)] {
        let name = format!("wall-{width}x{height}");
        insta::assert_snapshot!(name, wall(width, height, None).text());
    }
    let ascii = wall(120, 40, None)
        .with(|model| model.session.ascii = true)
        .text();
    assert!(ascii.is_ascii(), "{ascii}");
    insta::assert_snapshot!("wall-ascii-120x40", ascii);
    let shifted = wall(120, 40, Some(1)).with(|model| {
        let page = |model: &Model| model.wall.as_ref().unwrap().page(2, model.now);
        while page(model) == 0 {
            model.now = model.now.plus(std::time::Duration::from_secs(1));
        }
    });
    insta::assert_snapshot!("wall-worst-120x40", shifted.text());
    for (depth, name) in [(Depth::Ansi16, "16"), (Depth::None, "none")] {
        let console = wall(120, 40, None).with(|model| model.theme = Theme::shipped_default(depth));
        insta::assert_snapshot!(
            format!("looks-wall-{name}"),
            paper::looks(&console.buffer())
        );
    }
}

#[test]
fn a_wall_that_hears_nothing_says_so_in_red_and_one_that_is_blind_in_amber() {
    let frame = |console: &Console| console.buffer()[(0, 1)].style();
    let role = |model: &Model, role: Role| model.theme.style(role);
    let deaf = wall(120, 40, None).with(|model| model.pulse.at = None);
    assert!(deaf.text().contains("NO DATA YET"));
    let old = wall(120, 40, None).with(|model| {
        model.now = model.now.plus(std::time::Duration::from_secs(301));
    });
    assert!(
        old.text()
            .contains("DATA TOO OLD: nothing has arrived for 5m")
    );
    let blind = wall(120, 40, None);
    assert!(blind.text().contains("BLIND: "), "{}", blind.text());
    let late = wall(120, 40, None).with(|model| {
        model.coverage.all.blind = 0;
        model.coverage.all.late = 3;
    });
    assert!(
        late.text().contains("LATE: 3 feeds with old answers"),
        "{}",
        late.text()
    );
    assert_eq!(frame(&late), frame(&blind));
    assert_ne!(frame(&old), frame(&blind));
    assert_ne!(
        role(&old.model, Role::HeaderWrite),
        role(&old.model, Role::FeedBlind)
    );
}

#[test]
fn every_screen_draws_at_every_size_without_a_control_character() {
    for (width, height) in [(1, 1), (40, 10), (80, 24), (120, 40), (200, 60), (400, 100)] {
        for keys in [
            "",
            "enter",
            "enter enter",
            "9",
            "9 enter",
            "?",
            ":",
            "/",
            "s",
            "!",
            "P",
            "R",
            "f",
            "q",
            "g",
            "g o",
            "g b",
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
