use super::*;
use crate::domain::Severity;

fn all() -> Vec<String> {
    library().names().into_iter().map(str::to_owned).collect()
}

fn load(name: &str, depth: Depth) -> Theme {
    let (theme, problems) = Theme::load(&library(), name, &Place::whole("test"), depth);
    assert!(problems.is_empty(), "{name}: {problems:#?}");
    theme
}

fn own(text: &str) -> (Theme, Vec<String>) {
    let mut library = library();
    library.add("own", "own.toml", text);
    let (theme, problems) = Theme::load(&library, "own", &Place::whole("--theme"), Depth::True);
    (theme, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn every_shipped_theme_loads_clean_and_says_what_it_is() {
    for wanted in [
        "default",
        "dark",
        "light",
        "mono",
        "high-contrast",
        "colourblind-dark",
        "colourblind-light",
    ] {
        assert!(all().iter().any(|name| name == wanted), "{wanted}");
    }
    for name in all() {
        assert!(!load(&name, Depth::True).description.is_empty(), "{name}");
    }
}

#[test]
fn the_default_theme_names_every_role_and_paints_no_ground() {
    let text = library().get_shipped(DEFAULT).unwrap().text.to_string();
    for role in Role::ALL {
        let named = [format!("\n{role} = "), format!("\n\"{role}\" = ")];
        let named = named.iter().any(|line| text.contains(line));
        assert!(named, "{role} is missing in default.toml");
        let style = load(DEFAULT, Depth::True).style(*role);
        assert_eq!(style.bg, None, "{role}");
        assert!(
            matches!(style.fg, None | Some(Colour::Ansi(_))),
            "{role} is not one of the terminal's own colours"
        );
    }
}

#[test]
fn mono_has_no_colour() {
    let theme = load("mono", Depth::True);
    for role in Role::ALL {
        let style = theme.style(*role);
        assert_eq!((style.fg, style.bg), (None, None), "{role}");
    }
}

#[test]
fn severities_stay_distinct_at_every_depth() {
    for name in all() {
        for depth in Depth::ALL {
            let theme = load(&name, *depth);
            let style = |s| theme.style(Role::of_severity(s));
            for a in Severity::ALL {
                for b in Severity::ALL.iter().filter(|b| *b != a) {
                    let told_apart =
                        style(*a) != style(*b) || (*depth == Depth::None && a.glyph() != b.glyph());
                    assert!(told_apart, "{name} at {depth:?}: {a} and {b} look alike");
                }
            }
            for lesser in [Severity::Medium, Severity::Low, Severity::Info] {
                assert_ne!(
                    style(Severity::Critical),
                    style(lesser),
                    "{name} at {depth:?}: critical stands out even without colours"
                );
            }
        }
    }
}

#[test]
fn what_must_stand_out_does_so_at_every_depth() {
    for name in all() {
        for depth in Depth::ALL {
            let theme = load(&name, *depth);
            for (loud, quiet) in [
                (Role::RowCursor, Role::Row),
                (Role::OverlayChosen, Role::Overlay),
                (Role::TabActive, Role::Tab),
                (Role::FeedBlind, Role::FeedFresh),
                (Role::HeaderWrite, Role::HeaderReadonly),
                (Role::CountUncertain, Role::Text),
            ] {
                let same = theme.style(loud) == theme.style(quiet);
                assert!(!same, "{name} at {depth:?}: {loud} looks like {quiet}");
            }
        }
    }
}

/// WCAG 2 AA wants 4.5 for letters and 3 for what is not a letter; AAA wants 7.
#[test]
fn letters_can_be_read_on_every_ground_that_a_theme_paints() {
    for name in all() {
        let theme = load(&name, Depth::True);
        let screen = theme.style(Role::Screen);
        let Some(ground) = screen.bg.and_then(Colour::rgb) else {
            continue;
        };
        let letters = if name == "high-contrast" { 7.0 } else { 4.5 };
        // Cells of a row keep their own letters over the cursor's ground.
        let grounds = [Role::Screen, Role::RowInactive]
            .map(|role| theme.style(role).bg.and_then(Colour::rgb).unwrap_or(ground));
        for role in Role::ALL {
            let style = theme.style(*role).over(screen);
            assert!(
                !style.dim,
                "{name}: {role} is dim, which no figure describes"
            );
            let Some(fg) = style.fg.and_then(Colour::rgb) else {
                panic!("{name}: {role} has no colour of its own on a painted ground");
            };
            let own_ground = theme.style(*role).bg.and_then(Colour::rgb);
            let grounds = own_ground.map_or(grounds, |own| [own, own]);
            let wanted = match role {
                Role::Border | Role::BorderFocused | Role::OverlayBorder => 3.0,
                _ => letters,
            };
            for bg in grounds {
                let have = contrast(fg, bg);
                assert!(have >= wanted, "{name}: {role} {have:.2} < {wanted}");
            }
        }
    }
}

/// How the three kinds of dichromat see linear light: Machado, Oliveira and Fernandes 2009, severity 1.0.
const DICHROMATS: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protan",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deutan",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritan",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// A colour as a dichromat sees it.
fn seen(colour: (u8, u8, u8), by: &[[f64; 3]; 3]) -> (u8, u8, u8) {
    let light = [colour.0, colour.1, colour.2].map(depth::linear);
    let channel = |row: &[f64; 3]| {
        let sum: f64 = row.iter().zip(light).map(|(a, b)| a * b).sum();
        let c = sum.clamp(0.0, 1.0);
        let encoded = if c <= 0.003_130_8 {
            c * 12.92
        } else {
            1.055 * c.powf(1.0 / 2.4) - 0.055
        };
        (encoded * 255.0).round() as u8
    };
    (channel(&by[0]), channel(&by[1]), channel(&by[2]))
}

/// WCAG says nothing of colour vision; what it asks of letters is asked of what a dichromat sees of them, a little less
/// strictly where the theme was not made for it.
#[test]
fn letters_can_be_read_by_every_kind_of_colour_vision() {
    for name in all() {
        let theme = load(&name, Depth::True);
        let screen = theme.style(Role::Screen);
        let Some(ground) = screen.bg.and_then(Colour::rgb) else {
            continue;
        };
        let wanted = if name.starts_with("colourblind") {
            4.5
        } else {
            3.0
        };
        for (who, eye) in &DICHROMATS {
            for role in Role::ALL {
                let style = theme.style(*role).over(screen);
                let fg = style.fg.and_then(Colour::rgb).unwrap();
                let bg = style.bg.and_then(Colour::rgb).unwrap_or(ground);
                let is_line = matches!(
                    role,
                    Role::Border | Role::BorderFocused | Role::OverlayBorder
                );
                let have = contrast(seen(fg, eye), seen(bg, eye));
                let wanted = if is_line { 3.0 } else { wanted };
                assert!(have >= wanted, "{name}, {who}: {role} {have:.2} < {wanted}");
            }
        }
    }
}

/// Nobody tells severities by colour alone, but in these themes everybody could. The distance is that of Oklab, in which
/// white and black are 1 apart.
#[test]
fn severities_stay_apart_for_every_kind_of_colour_vision() {
    let normal = (
        "normal",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    );
    for name in ["colourblind-dark", "colourblind-light"] {
        let theme = load(name, Depth::True);
        let colour = |severity: Severity| {
            let style = theme.style(Role::of_severity(severity));
            style.fg.and_then(Colour::rgb).unwrap()
        };
        for (who, eye) in DICHROMATS.iter().chain([&normal]) {
            for (at, a) in Severity::ALL.iter().enumerate() {
                for b in &Severity::ALL[at + 1..] {
                    let (x, y) = (
                        depth::oklab(seen(colour(*a), eye)),
                        depth::oklab(seen(colour(*b), eye)),
                    );
                    let apart = (x.0 - y.0).hypot(x.1 - y.1).hypot(x.2 - y.2);
                    assert!(
                        apart >= 0.07,
                        "{name}, {who}: {a} and {b} are {apart:.3} apart"
                    );
                }
            }
        }
    }
}

#[test]
fn mistakes_are_told_with_place_and_nearest_name_and_the_rest_counts() {
    let (theme, problems) = own(
        "description = 'mine'\ninherit = 'dark'\n[palette]\nember = '#e06c5'\n\
         [roles]\nseverity.critcal = 'red'\nseverity.high = 'blood'\nsevrity = 'red'\n\
         text.dim = { bould = true, bg = 300 }\nrow.cursor = { fg = 'bright-blu', underline = 1 }\n\
         good = 'bright-green'\n",
    );
    assert_eq!(
        problems,
        [
            "own.toml:2:1: a theme has no `inherit`; did you mean `inherits`?",
            "own.toml:4:9: there is no colour `#e06c5`",
            "own.toml:6:10: there is neither a role `severity.critcal` nor a style `critcal`; did you mean `critical`?",
            "own.toml:7:17: there is no colour `blood`",
            "own.toml:8:1: there is no role `sevrity`; did you mean `severity`?",
            "own.toml:9:14: there is neither a role `text.dim.bould` nor a style `bould`; did you mean `bold`?",
            "own.toml:9:33: a colour's number is 0 to 255",
            "own.toml:10:21: there is no colour `bright-blu`; did you mean `bright-blue`?",
            "own.toml:10:47: `underline` must be true or false, this is a number",
        ]
    );
    assert_eq!(theme.style(Role::Good).fg, Some(Colour::Ansi(10)));
    assert_eq!(
        theme.style(Role::SeverityCritical),
        Theme::shipped_default(Depth::True).style(Role::SeverityCritical)
    );
}

#[test]
fn themes_inherit_and_override_by_scope_and_palette() {
    let (theme, problems) = own(
        "inherits = 'dark'\n[palette]\nred = '#ff0000'\n[roles]\n'severity.low' = 'red'\njson = 'green'\n",
    );
    assert!(problems.is_empty(), "{problems:?}");
    let red = Some(Colour::Rgb(255, 0, 0));
    assert_eq!(theme.style(Role::SeverityLow).fg, red);
    assert_ne!(
        theme.style(Role::SeverityCritical).fg,
        None,
        "roles of the ancestor stay"
    );
}

#[test]
fn an_unknown_theme_is_a_problem_where_it_was_asked_for() {
    let (theme, problems) =
        Theme::load(&library(), "drak", &Place::whole("--theme"), Depth::Ansi16);
    let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["--theme: there is no theme `drak`; did you mean `dark`?"]
    );
    assert_eq!(
        theme.style(Role::BorderFocused),
        Theme::default().style(Role::BorderFocused)
    );
}

#[test]
fn an_own_file_may_stand_on_the_shipped_one_of_its_name() {
    let mut library = library();
    library.add(
        "dark",
        "dark.toml",
        "inherits = 'dark'\n[roles]\ngood = 'blue'\n",
    );
    let (theme, problems) = Theme::load(&library, "dark", &Place::whole("x"), Depth::True);
    assert!(problems.is_empty(), "{problems:?}");
    let shipped = load("dark", Depth::True);
    assert_ne!(theme.style(Role::Good), shipped.style(Role::Good));
    assert_eq!(theme.style(Role::Bad), shipped.style(Role::Bad));
}
