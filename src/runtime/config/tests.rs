use super::*;
use crate::clock::Timestamp;
use crate::domain::Severity;
use std::io::Write as _;

/// A configuration folder of its own, and what was loaded from it.
struct Desk {
    folder: tempfile::TempDir,
    flags: Flags,
    env: BTreeMap<&'static str, &'static str>,
}

impl Desk {
    fn new(config: &str) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            flags: Flags::default(),
            env: BTreeMap::new(),
        };
        desk.write("config.toml", config);
        desk
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn load(&self) -> Loaded {
        let paths = Paths {
            config: Some(self.folder.path().join("config.toml")),
            home: Some(self.folder.path().to_owned()),
            ..Paths::default()
        };
        let env = |name: &str| self.env.get(name).map(|v| (*v).to_owned());
        load(&self.flags, &env, &paths)
    }
}

fn load_text(config: &str) -> Loaded {
    Desk::new(config).load()
}

fn said<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<String> {
    problems.into_iter().map(ToString::to_string).collect()
}

fn clean(config: &str) -> Config {
    let loaded = load_text(config);
    assert_eq!(said(loaded.problems()), Vec::<String>::new());
    loaded.config
}

#[test]
fn no_file_means_the_defaults() {
    let desk = Desk::new("");
    std::fs::remove_file(desk.folder.path().join("config.toml")).unwrap();
    let loaded = desk.load();
    assert!(!loaded.found);
    assert_eq!(said(loaded.problems()), Vec::<String>::new());
    assert_eq!(loaded.config.fleet, FleetSpec::default());
    assert!(loaded.config.readonly);
    assert_eq!(loaded.config.ui.theme, "default");
    assert_eq!(loaded.config.ui.charset, Charset::Unicode);
    assert!(
        loaded
            .config
            .sources
            .values()
            .all(|s| s.enabled && s.every.is_none())
    );
}

#[test]
fn the_smallest_useful_files_of_the_documentation_are_read() {
    let config = clean(
        r#"
regions = ["eu-west-1", "us-east-1"]

[[account]]
name = "payments-prod"
id = "111111111111"
role_arn = "arn:aws:iam::111111111111:role/NoctopRead"
act_role_arn = "arn:aws:iam::111111111111:role/NoctopAct"
regions = ["eu-west-1"]
tags = { env = "prod", team = "payments" }
policy = "confirm"
"#,
    );
    let account = &config.fleet.accounts[0];
    assert_eq!(account.name, "payments-prod");
    assert_eq!(account.id, "111111111111".parse().ok());
    assert_eq!(account.policy, crate::domain::Policy::Confirm);
    assert_eq!(account.tags["env"], "prod");
    assert_eq!(account.regions.len(), 1);
    assert_eq!(config.fleet.regions.len(), 2);

    let config = clean(
        r#"
regions = ["eu-west-1", "us-east-1"]

[organization]
role_name = "NoctopRead"
act_role_name = "NoctopAct"
exclude = ["444444444444", "ou:Sandbox", "ou-ab12-cdefgh34", "test-*"]
"#,
    );
    let organization = config.fleet.organization.unwrap();
    use crate::aws::fleet::spec::Selector;
    assert_eq!(
        organization.exclude,
        [
            Selector::Account("444444444444".parse().unwrap()),
            Selector::Ou("Sandbox".to_owned()),
            Selector::Ou("ou-ab12-cdefgh34".to_owned()),
            Selector::Name("test-*".to_owned()),
        ]
    );
}

#[test]
fn flag_before_environment_before_file_before_default() {
    let mut desk = Desk::new("[ui]\ntheme = \"dark\"\n");
    let theme = |desk: &Desk| {
        let config = desk.load().config;
        (
            config.ui.theme.clone(),
            config.settings.origin("ui.theme").to_string(),
        )
    };
    assert_eq!(theme(&desk), ("dark".into(), "~/config.toml:2:9".into()));
    desk.env.insert("NOCTOP_THEME", "light");
    assert_eq!(theme(&desk), ("light".into(), "NOCTOP_THEME".into()));
    desk.flags.theme = Some("mono".into());
    assert_eq!(theme(&desk), ("mono".into(), "--theme".into()));
    desk.write("config.toml", "");
    desk.flags.theme = None;
    desk.env.clear();
    assert_eq!(theme(&desk), ("default".into(), "default".into()));
}

#[test]
fn a_wrong_variable_is_told_and_the_file_counts() {
    let mut desk = Desk::new("readonly = false\n");
    desk.env.insert("NOCTOP_READONLY", "perhaps");
    let loaded = desk.load();
    assert_eq!(
        said(loaded.problems()),
        ["NOCTOP_READONLY: `perhaps` is neither true nor false"]
    );
    desk.env.insert("NOCTOP_READONLY", "1");
    assert!(desk.load().config.readonly);
}

#[test]
fn every_mistake_is_told_at_once_with_place_and_nearest_name() {
    let loaded = load_text(
        "regoins = [\"eu-west-1\"]\n[ui]\ntheem = \"dark\"\nascii = true\n[sources.bakcup]\nevery = \"5m\"\n\
         [sources.backup]\nevery = \"5 fortnights\"\nenabled = \"yes\"\n[triage]\n[[triage.severity]]\n\
         filter = \"kind:alarm\"\nseverity = \"crtical\"\n[operator]\nname = \"a\\u001bb\"\n",
    );
    assert_eq!(
        said(&loaded.refusals),
        ["~/config.toml:1:1: there is no section or key `regoins`; did you mean `regions`?"]
    );
    assert_eq!(
        said(&loaded.warnings),
        [
            "~/config.toml:3:1: there is no key `theem` in [ui]; did you mean `theme`?",
            "~/config.toml:4:9: `ascii`: this must be one of \"auto\", \"always\", \"never\", not true or false",
            "~/config.toml:5:10: there is no source `bakcup`; did you mean `backup`?",
            "~/config.toml:8:9: `every`: `5 fortnights` is not a time such as \"30s\" or \"5m\", from 10s to 24h",
            "~/config.toml:9:11: `enabled`: this must be true or false, not a string",
            "~/config.toml:13:12: `severity`: `crtical` is not one of \"critical\", \"high\", \"medium\", \"low\", \"info\", \"source\"; did you mean `critical`?",
            "~/config.toml:15:8: `name`: the character U+001B is not allowed here",
        ]
    );
}

#[test]
fn a_broken_fleet_refuses_and_a_broken_comfort_warns() {
    for (text, place) in [
        ("[[acount]]\nid = \"111111111111\"\n", "1:3"),
        ("[[account]]\nname = \"a\"\n", "1:1"),
        ("[[account]]\nprofile = \"a\"\nrole = \"x\"\n", "3:1"),
        ("[[account]]\nprofile = \"a\"\nid = \"1111\"\n", "3:6"),
        ("[[account]]\nprofile = \"a\"\nid = 111111111111\n", "3:6"),
        (
            "[[account]]\nprofile = \"a\"\nid = \"222222222222\"\nact_role_arn = \"arn:aws:iam::111111111111:role/A\"\n",
            "4:16",
        ),
        (
            "[[account]]\nprofile = \"a\"\nexternal_id = \"x\"\n",
            "3:15",
        ),
        (
            "[[account]]\nname = \"a\"\nprofile = \"a\"\n[[account]]\nname = \"a\"\nprofile = \"b\"\n",
            "5:8",
        ),
        ("[account]\nprofile = \"a\"\n", "1:2"),
        ("[organization]\nact_role_name = \"x\"\n", "1:2"),
        ("regions = [\"eu west\"]\n", "1:12"),
        ("regions = [\"eu-west-1\", \"eu-west-1\"]\n", "1:25"),
        ("regions = [\"eu-west-1\", \"us-esat-1\"]\n", "1:25"),
        ("regions = \"eu-west-1\"\n", "1:11"),
        ("[network]\nca_bundel = \"x\"\n", "2:1"),
        ("[network]\nendpoint_url = \"ftp://x\"\n", "2:16"),
        ("[ui\ntheme = 1\n", "1:4"),
    ] {
        let loaded = load_text(text);
        let told = said(&loaded.refusals);
        let at = format!("~/config.toml:{place}: ");
        assert!(told.iter().any(|p| p.starts_with(&at)), "{text}\n{told:#?}");
    }
    for text in [
        "log_level = \"loud\"\n",
        "readonly = \"no\"\n",
        "[iu]\ntheme = \"dark\"\n",
        "[ui]\nx = 1\n",
        "ui = 3\n",
        "[sources]\nbackup = 1\n",
        "[shifts]\nday = \"06:00\"\n",
        "[[view]]\nname = \"x\"\npane = \"alrams\"\n",
        "[[view]]\nname = \"x\"\nsort = [\"weight\"]\n",
        "[[view]]\nname = \"x\"\ngroup = \"colour\"\n",
        "[[triage.severity]]\nfilter = \"kind:alarm\"\n",
    ] {
        let loaded = load_text(text);
        assert_eq!(said(&loaded.refusals), Vec::<String>::new(), "{text}");
        assert_eq!(loaded.warnings.len(), 1, "{text}: {:#?}", loaded.warnings);
        assert!(loaded.config.readonly, "the safe default holds: {text}");
    }
}

#[test]
fn profiles_and_regions_of_the_command_line_stand_for_the_whole_fleet() {
    let mut desk = Desk::new(
        "regions = [\"eu-west-1\"]\n[[account]]\nprofile = \"a\"\nregions = [\"us-east-1\"]\n",
    );
    desk.flags.regions = vec!["eu-north-1".into()];
    let fleet = desk.load().config.fleet;
    assert_eq!(fleet.accounts.len(), 1);
    assert!(fleet.accounts[0].regions.is_empty());
    assert_eq!(fleet.regions, ["eu-north-1".parse().unwrap()]);
    desk.flags.profiles = vec!["x".into(), "y".into()];
    let fleet = desk.load().config.fleet;
    assert!(fleet.accounts.is_empty());
    assert_eq!(fleet.profiles, ["x", "y"]);
    desk.flags.regions = vec!["Eu-north".into()];
    assert_eq!(
        said(&desk.load().refusals),
        ["--region: `Eu-north` is not the name of a region; did you mean `eu-north-1`?"]
    );
    desk.flags.regions = vec!["eu-west-1".into(), "eu-wset-1".into()];
    assert_eq!(
        said(&desk.load().refusals),
        ["--region: `eu-wset-1` is not the name of a region; did you mean `eu-west-1`?"]
    );
}

#[test]
fn a_file_that_was_named_must_exist_and_be_text() {
    let mut desk = Desk::new("");
    desk.env.insert("NOCTOP_CONFIG", "/nonexistent/noctop.toml");
    let loaded = desk.load();
    assert_eq!(loaded.refusals.len(), 1);
    assert_eq!(&*loaded.refusals[0].place.file, "NOCTOP_CONFIG");
    desk.env.clear();
    std::fs::write(desk.folder.path().join("config.toml"), b"a = 1\n\xff\n").unwrap();
    let told = said(&desk.load().refusals);
    assert!(told[0].contains("not UTF-8 from line 2"), "{told:?}");
}

#[test]
fn the_places_of_logs_are_templates_and_a_wrong_one_is_told() {
    let config =
        clean("[[logs.pattern]]\nfilter = \"kind:alarm\"\ngroups = [\"/a/{{ name }}*\", \"/b\"]\n");
    assert_eq!(config.log_patterns.len(), 1);
    assert_eq!(config.log_patterns[0].groups.len(), 2);
    let loaded =
        load_text("[[logs.pattern]]\nfilter = \"kind:alarm\"\ngroups = [\"/a/{{ name\", \"/b\"]\n");
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(
        warnings.len() == 1 && warnings[0].contains("this template cannot be read"),
        "{warnings:?}"
    );
    assert_eq!(loaded.config.log_patterns[0].groups.len(), 1);
}

#[test]
fn severity_rules_keep_their_order() {
    let config = clean(
        "[[triage.severity]]\nname = \"dev\"\nfilter = \"tag:env=dev\"\nseverity = \"low\"\n\
         [[triage.severity]]\nfilter = \"kind:backup\"\nseverity = \"source\"\n",
    );
    let rules: Vec<_> = config
        .severity_rules
        .iter()
        .map(|r| (r.name.as_ref(), r.filter.to_string(), r.severity))
        .collect();
    assert_eq!(
        rules,
        [
            ("dev", "tag:env=dev".to_owned(), Some(Severity::Low)),
            ("kind:backup", "kind:backup".to_owned(), None)
        ]
    );
}

#[test]
fn a_wrong_filter_is_told_where_it_is_wrong() {
    let loaded = load_text(
        "[[triage.severity]]\nfilter = \"tag:env=dev knid:alarm\"\nseverity = \"low\"\n\
         [[triage.severity]]\nfilter = \"kind:alarm\"\nseverity = \"high\"\n",
    );
    let told = said(&loaded.warnings);
    assert!(
        told[0].starts_with("~/config.toml:2:23: `filter`: "),
        "{told:?}"
    );
    assert!(told[0].ends_with("did you mean `kind:`?"), "{told:?}");
    assert_eq!(told.len(), 1);
    assert_eq!(
        loaded.config.severity_rules.len(),
        1,
        "the other rule counts"
    );
}

#[test]
fn own_themes_and_keymaps_stand_beside_the_file() {
    let desk = Desk::new("[ui]\ntheme = \"mine\"\nkeymap = \"mine\"\n");
    desk.write(
        "themes/mine.toml",
        "inherits = \"mono\"\n[roles]\ngood = { bold = true }\n",
    );
    desk.write(
        "keymaps/mine.toml",
        "[list]\nx = \"mark.all\"\n'zz' = \"mark.all\"\n",
    );
    let config = desk.load().config;
    let (theme, problems) = config.theme(None);
    assert_eq!(said(&problems), Vec::<String>::new());
    assert!(theme.style(theme::Role::Good).bold);
    let (keymap, problems) = config.keymap();
    assert_eq!(
        said(&problems),
        ["~/keymaps/mine.toml:3:1: there is no key `zz`"]
    );
    assert_eq!(
        keymap.chords_for(&[keymap::Layer::List], "mark.all").len(),
        2
    );
    desk.write("config.toml", "[ui]\ntheme = \"mien\"\n");
    let (_, problems) = desk.load().config.theme(None);
    assert_eq!(
        said(&problems),
        ["~/config.toml:2:9: there is no theme `mien`; did you mean `mine`?"]
    );
}

#[test]
fn the_environment_decides_colours_and_characters() {
    let mut desk = Desk::new("");
    desk.env.insert("TERM", "xterm-256color");
    assert_eq!(desk.load().config.ui.depth, Depth::Ansi256);
    desk.env.insert("NO_COLOR", "1");
    assert_eq!(desk.load().config.ui.depth, Depth::None);
    desk.write("config.toml", "[ui]\ncolours = \"16\"\n");
    assert_eq!(desk.load().config.ui.depth, Depth::Ansi16);
    desk.flags.no_color = true;
    assert_eq!(desk.load().config.ui.depth, Depth::None);
    desk.env.insert("LANG", "C");
    assert_eq!(desk.load().config.ui.charset, Charset::Ascii);
    desk.env.insert("LC_ALL", "de_DE.UTF-8");
    assert_eq!(desk.load().config.ui.charset, Charset::Unicode);
    desk.flags.ascii = true;
    assert_eq!(desk.load().config.ui.charset, Charset::Ascii);
}

#[test]
fn the_operator_is_the_person_behind_the_login() {
    let mut desk = Desk::new("");
    desk.env.insert("USER", "root");
    desk.env.insert("SUDO_USER", "ana");
    assert_eq!(desk.load().config.operator, "ana");
    desk.write("config.toml", "[operator]\nname = \"joe\"\n");
    assert_eq!(desk.load().config.operator, "joe");
    desk.env.insert("NOCTOP_OPERATOR", "eve");
    let config = desk.load().config;
    assert_eq!(
        (config.operator.as_str(), config.fleet.operator.as_str()),
        ("eve", "eve")
    );
}

/// The settings of the annotated file, without their comment marks.
fn uncommented(keep: impl Fn(&str) -> bool) -> String {
    annotated_file()
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with(' ') && !line.is_empty())
        .filter(|line| line.starts_with('[') || keep(line))
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn the_annotated_file_says_nothing_and_means_the_defaults() {
    let defaults = clean("");
    let config = clean(&annotated_file());
    assert_eq!(config.fleet, defaults.fleet);
    assert!(config.settings.iter().all(|s| s.origin == Origin::Default));
    assert!(annotated_file().lines().all(|l| l.chars().count() <= 100));
}

#[test]
fn every_sample_of_the_annotated_file_is_a_sound_value() {
    let text = uncommented(|line| !line.starts_with("ca_bundle"));
    let config = clean(&text);
    let mut written = 0;
    for section in schema::SECTIONS {
        for key in section.keys {
            assert!(
                annotated_file().contains(&format!("\n#{} = ", key.name)),
                "{}.{} is missing",
                section.path,
                key.name
            );
            written += 1;
        }
    }
    assert!(written > 30);
    assert_eq!(config.fleet.accounts.len(), 1);
    assert_eq!(config.severity_rules.len(), 1);
}

#[test]
fn every_default_that_is_written_out_is_the_one_that_holds() {
    let defaults = clean("");
    for section in schema::SECTIONS
        .iter()
        .filter(|s| s.shape != schema::Shape::List)
    {
        for key in section.keys {
            let schema::Fallback::Value(value) = key.default else {
                continue;
            };
            let (header, path) = match section.shape {
                _ if section.path.is_empty() => (String::new(), key.name.to_owned()),
                schema::Shape::PerSource => (
                    "[sources.backup]\n".to_owned(),
                    format!("sources.backup.{}", key.name),
                ),
                _ => (
                    format!("[{}]\n", section.path),
                    format!("{}.{}", section.path, key.name),
                ),
            };
            // The organization needs a role besides.
            let besides = if section.path == "organization" {
                "role_name = \"x\"\n"
            } else {
                ""
            };
            let config = clean(&format!("{header}{} = {value}\n{besides}", key.name));
            let find = |config: &Config| config.settings.iter().find(|s| s.path == path).cloned();
            let (written, default) = (find(&config).unwrap(), find(&defaults).unwrap());
            assert!(default.datum.is_some(), "{path}");
            assert_eq!(written.datum, default.datum, "{path}");
            assert_ne!(written.origin, default.origin, "{path}");
        }
    }
}

#[test]
fn the_schema_names_flags_and_words_that_exist() {
    let words = |list: &[&'static str]| list.join(" ");
    let severities: Vec<_> = Severity::ALL.iter().map(|s| s.word()).collect();
    assert_eq!(
        words(schema::SEVERITIES),
        format!("{} source", words(&severities))
    );
    for policy in schema::POLICIES {
        let text = format!("[[account]]\nprofile = \"a\"\npolicy = \"{policy}\"\n");
        assert_eq!(clean(&text).fleet.accounts[0].policy.word(), *policy);
    }
    // Every flag that the schema promises is one that Flags can say.
    let mut flags = Flags {
        regions: vec!["eu-west-1".into()],
        endpoint_url: Some("http://127.0.0.1:1".into()),
        theme: Some("mono".into()),
        keymap: Some("default".into()),
        command: Some("alarms".into()),
        ascii: true,
        no_color: true,
        low_bandwidth: true,
        readonly: Some(true),
        log_level: Some("info".into()),
        ..Flags::default()
    };
    let mut desk = Desk::new("");
    let mut spoken = std::collections::BTreeSet::new();
    for readonly in [true, false] {
        flags.readonly = Some(readonly);
        desk.flags = flags.clone();
        let config = desk.load().config;
        spoken.extend(config.settings.iter().filter_map(|s| match s.origin {
            Origin::Flag(name) => Some(name),
            _ => None,
        }));
    }
    let promised: std::collections::BTreeSet<_> = schema::SECTIONS
        .iter()
        .flat_map(|s| s.keys)
        .filter_map(|k| k.flag)
        .flat_map(|f| f.split(", "))
        .collect();
    assert_eq!(spoken, promised);
}

#[test]
fn shifts_are_read_as_a_team_writes_them() {
    let config = clean(
        r#"
        [shifts]
        zone = "Europe/Berlin"
        [[shifts.shift]]
        name = "day"
        start = "06:00"
        [[shifts.shift]]
        name = "night"
        start = "18:00"
        days = ["sun-thu"]
        [[shifts.shift]]
        name = "weekend night"
        start = "18:00"
        end = "06:00"
        days = ["fri", "sat"]
        "#,
    );
    let on = |now: &str| {
        let duty = config.shifts.at(Timestamp::parse(now).unwrap()).unwrap();
        (duty.name.to_string(), duty.until.to_string())
    };
    // A Saturday, one hour ahead of UTC.
    assert_eq!(
        on("2026-11-21T18:00:00Z"),
        (
            "weekend night".to_owned(),
            "2026-11-22T05:00:00Z".to_owned()
        )
    );
    assert_eq!(on("2026-11-22T18:00:00Z").0, "night");
    assert_eq!(on("2026-11-23T05:00:00Z").0, "day");
}

#[test]
fn with_a_mistake_in_them_there_are_no_shifts_and_the_console_starts() {
    let sound = "[shifts]\nzone = \"UTC\"\n[[shifts.shift]]\nname = \"day\"\nstart = \"06:00\"\n";
    assert!(!clean(sound).shifts.is_empty());
    for (wrong, why) in [
        ("zone = \"Europe/Berlim\"", "did you mean `Europe/Berlin`?"),
        ("zonee = \"UTC\"", "did you mean `zone`?"),
        ("start = \"6 o'clock\"", "is not an hour and minute"),
        ("start = \"25:00\"", "is not an hour and minute"),
        ("days = [\"sat-funday\"]", "is no day of the week"),
        ("ends = \"06:00\"", "did you mean `end`?"),
    ] {
        let text = match wrong.split_once(' ').unwrap().0 {
            "zone" => sound.replace("zone = \"UTC\"", wrong),
            "zonee" => sound.replace("zone =", "zonee ="),
            "start" => sound.replace("start = \"06:00\"", wrong),
            _ => format!("{sound}{wrong}\n"),
        };
        let loaded = load_text(&text);
        assert!(loaded.refusals.is_empty(), "{wrong}");
        let told = said(&loaded.warnings);
        assert!(
            told.len() == 1 && told[0].contains(why),
            "{wrong}: {told:?}"
        );
        assert!(loaded.config.shifts.is_empty(), "{wrong}");
    }
}

#[test]
fn two_shifts_that_begin_at_once_are_told() {
    let loaded = load_text(
        r#"
        [[shifts.shift]]
        name = "a"
        start = "06:00"
        [[shifts.shift]]
        name = "b"
        start = "06:00"
        days = ["mon"]
        "#,
    );
    let told = said(&loaded.warnings);
    assert!(
        told.len() == 1 && told[0].contains("another shift begins"),
        "{told:?}"
    );
    assert!(loaded.config.shifts.is_empty());
}

#[test]
fn whoever_asks_for_the_whole_organization_is_auto_nobody_or_an_account() {
    let said = |who: &str| {
        let text = format!("[sources.backup]\norganization = \"{who}\"\n");
        load_text(&text)
    };
    for (who, central) in [
        ("auto", Central::Auto),
        ("off", Central::Off),
        (
            "121212121212",
            Central::Account("121212121212".parse().unwrap()),
        ),
    ] {
        let sources = said(who).config.sources;
        assert_eq!(sources[&SourceId::Backup].organization, central, "{who}");
        assert_eq!(sources[&SourceId::Health].organization, Central::Auto);
    }
    let wrong = said("audit");
    let problems = self::said(wrong.problems());
    assert!(
        problems[0].contains("`audit` is not \"auto\", \"off\", or the twelve digits"),
        "{problems:?}"
    );
}
