//! `noctop config`: writes the annotated file, says what is wrong with it, what holds, and where everything is.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::runtime::config::{self, Flags, Loaded, Paths};

use super::flags::FlagArgs;

/// The options of `noctop config`.
#[derive(Debug, Args)]
pub struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Writes an annotated configuration file: every setting, explained and commented out.
    Init(Init),
    /// Says what is wrong with the configuration, the theme and the keymap; exits with 2 if anything is.
    Check(FlagArgs),
    /// Says which value every setting has and where it comes from.
    Show(FlagArgs),
    /// Says where noctop's files are.
    Paths(FlagArgs),
}

#[derive(Debug, Args)]
struct Init {
    /// Writes this file instead of the user's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Replaces a file that exists.
    #[arg(long)]
    force: bool,
    /// Prints the file instead of writing it.
    #[arg(long, conflicts_with_all = ["config", "force"])]
    print: bool,
}

/// What a run of `noctop config` says and how it ends.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    out: String,
    err: String,
    code: u8,
}

impl Answer {
    fn said(out: String) -> Self {
        Self {
            out,
            err: String::new(),
            code: 0,
        }
    }

    fn refused(err: String) -> Self {
        Self {
            out: String::new(),
            err,
            code: 2,
        }
    }
}

impl Config {
    /// Runs the subcommand. Exit code 0, or 2 where the configuration has mistakes or could not be written.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let env = |name: &str| std::env::var(name).ok();
        let answer = answer(self.action, &env, &Paths::of_this_user());
        // A reader that went away (`| head`) has seen what it wanted.
        let _ = io::stdout().write_all(answer.out.as_bytes());
        let _ = io::stderr().write_all(answer.err.as_bytes());
        ExitCode::from(answer.code)
    }
}

fn answer(action: Action, env: &dyn Fn(&str) -> Option<String>, paths: &Paths) -> Answer {
    match action {
        Action::Init(init) if init.print => Answer::said(config::annotated_file()),
        Action::Init(init) => {
            let flags = Flags {
                config: init.config,
                ..Flags::default()
            };
            let paths = config::chosen_paths(&flags, env, paths);
            write_annotated(&paths, init.force)
        }
        Action::Check(flags) => check(&config::load(&flags.into_flags(), env, paths)),
        Action::Show(flags) => show(&config::load(&flags.into_flags(), env, paths)),
        Action::Paths(flags) => {
            let paths = config::chosen_paths(&flags.into_flags(), env, paths);
            Answer::said(places(&paths))
        }
    }
}

/// Writes the annotated file for its owner alone: it will hold external ids and the names of accounts.
fn write_annotated(paths: &Paths, force: bool) -> Answer {
    let Some(path) = paths.config.as_deref() else {
        return Answer::refused(
            "noctop config init: there is no home folder to write to; name a file with --config\n"
                .to_owned(),
        );
    };
    match create(path, force) {
        Ok(()) => Answer::said(format!(
            "{} is written. Every setting is in it, explained and commented out.\n",
            path.display()
        )),
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => Answer::refused(format!(
            "noctop config init: {} exists and is left as it is; --force replaces it\n",
            path.display()
        )),
        Err(why) => Answer::refused(format!(
            "noctop config init: {} cannot be written: {why}\n",
            path.display()
        )),
    }
}

fn create(path: &Path, force: bool) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    if !force {
        let mut file = options.open(path)?;
        return file.write_all(config::annotated_file().as_bytes());
    }
    // Written beside and moved over, so that a full disk leaves the old file whole.
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = options
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(config::annotated_file().as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn check(loaded: &Loaded) -> Answer {
    let problems = loaded.all_problems();
    let file = loaded.config.paths.config.as_deref();
    let file = file.map_or_else(
        || "the configuration".to_owned(),
        |path| loaded.config.paths.shorten(path),
    );
    if problems.is_empty() {
        let verdict = if loaded.found {
            "no mistakes"
        } else {
            "there is no such file; the defaults hold"
        };
        return Answer::said(format!("{file}: {verdict}\n"));
    }
    let out = problems
        .iter()
        .fold(String::new(), |out, problem| out + &format!("{problem}\n"));
    let ending = if loaded.refusals.is_empty() {
        "the console starts with defaults in their place"
    } else {
        "the console does not start until those that concern the fleet are mended"
    };
    let count = match problems.len() {
        1 => "1 mistake".to_owned(),
        n => format!("{n} mistakes"),
    };
    Answer {
        out,
        err: format!("{count}: {ending}.\n"),
        code: 2,
    }
}

fn show(loaded: &Loaded) -> Answer {
    let mut out = config::effective(loaded);
    let mut err = String::new();
    for problem in loaded.all_problems() {
        err += &format!("{problem}\n");
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Answer {
        out,
        code: if err.is_empty() { 0 } else { 2 },
        err,
    }
}

fn places(paths: &Paths) -> String {
    let rows = [
        ("config", paths.config.clone()),
        ("themes", paths.beside_config("themes")),
        ("keymaps", paths.beside_config("keymaps")),
        ("queries", paths.beside_config("queries.toml")),
        ("state", paths.state.clone()),
        ("journal", paths.journal()),
        ("log", paths.log()),
        ("cache", paths.cache.clone()),
    ];
    rows.into_iter().fold(String::new(), |out, (name, path)| {
        let path = path.map_or_else(
            || "(no home folder)".to_owned(),
            |path| path.display().to_string(),
        );
        out + &format!("{name:<8} {path}\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn paths(folder: &Path) -> Paths {
        Paths {
            config: Some(folder.join("a/b/config.toml")),
            home: Some(folder.to_owned()),
            ..Paths::default()
        }
    }

    fn no_env(_: &str) -> Option<String> {
        None
    }

    fn init(force: bool) -> Action {
        Action::Init(Init {
            config: None,
            force,
            print: false,
        })
    }

    #[test]
    fn init_writes_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let file = folder.path().join("a/b/config.toml");
        assert_eq!(answer(init(false), &no_env, &paths).code, 0);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&file, "readonly = true\n").unwrap();
        let again = answer(init(false), &no_env, &paths);
        assert_eq!(again.code, 2);
        assert!(again.err.contains("--force"), "{}", again.err);
        assert_eq!(fs::read_to_string(&file).unwrap(), "readonly = true\n");
        assert_eq!(answer(init(true), &no_env, &paths).code, 0);
        assert_eq!(fs::read_to_string(&file).unwrap(), config::annotated_file());
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left beside it");
    }

    #[test]
    fn check_says_every_mistake_and_exits_with_two() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        let check = |text: Option<&str>| {
            if let Some(text) = text {
                fs::create_dir_all(folder.path().join("a/b")).unwrap();
                fs::write(folder.path().join("a/b/config.toml"), text).unwrap();
            }
            answer(Action::Check(FlagArgs::default()), &no_env, &paths)
        };
        assert_eq!(
            check(None).out,
            "~/a/b/config.toml: there is no such file; the defaults hold\n"
        );
        let wrong = check(Some("[ui]\ntheme = \"drak\"\nkeymap = 1\n"));
        assert_eq!(wrong.code, 2);
        assert_eq!(
            wrong.out,
            "~/a/b/config.toml:2:9: there is no theme `drak`; did you mean `dark`?\n\
             ~/a/b/config.toml:3:10: `keymap`: this must be a text in quotes, not a number\n"
        );
        assert!(wrong.err.starts_with("2 mistakes: the console starts"));
        assert_eq!(check(Some("[ui]\ntheme = \"dark\"\n")).code, 0);
        let fleet = check(Some("[[account]]\nname = \"x\"\n"));
        assert!(fleet.err.contains("does not start"), "{}", fleet.err);
    }

    #[test]
    fn check_says_what_is_wrong_with_keys_and_rules() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        fs::create_dir_all(folder.path().join("a/b/keymaps")).unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join("a/b").join(file), text);
        write("keymaps/mine.toml", "[list]\n\"x\" = \"mark.togle\"\n").unwrap();
        write(
            "config.toml",
            "[ui]\nkeymap = \"mine\"\n[[triage.severity]]\nfilter = \"sev:hgih\"\nseverity = \"urgent\"\n",
        )
        .unwrap();
        let told = answer(Action::Check(FlagArgs::default()), &no_env, &paths);
        assert_eq!(told.code, 2);
        let lines: Vec<&str> = told.out.lines().collect();
        assert!(lines[0].starts_with("~/a/b/config.toml:4:1"), "{lines:#?}");
        assert!(lines[0].ends_with("did you mean `high`?"), "{lines:#?}");
        assert!(lines[1].starts_with("~/a/b/config.toml:5:1"), "{lines:#?}");
        assert_eq!(
            lines[2],
            "~/a/b/keymaps/mine.toml:2:7: there is no command `mark.togle`; did you mean `mark.toggle`?"
        );
        assert_eq!(lines.len(), 3, "{lines:#?}");
    }

    #[test]
    fn show_names_the_origin_of_every_value() {
        let folder = tempfile::tempdir().unwrap();
        let paths = paths(folder.path());
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        let text = "[[account]]\nname = \"prod\"\nprofile = \"p\"\nrole_arn = \"arn:aws:iam::111111111111:role/R\"\n\
                    external_id = \"very-secret\"\n[sources.backup]\nevery = \"5m\"\n";
        fs::write(folder.path().join("a/b/config.toml"), text).unwrap();
        let env = |name: &str| (name == "NOCTOP_THEME").then(|| "dark".to_owned());
        let shown = answer(Action::Show(FlagArgs::default()), &env, &paths).out;
        let line = |start: &str| {
            let found = shown.lines().find(|l| l.starts_with(start));
            found
                .unwrap_or_else(|| panic!("{start} in\n{shown}"))
                .to_owned()
        };
        assert!(line("theme = \"dark\"").ends_with("# NOCTOP_THEME"));
        assert!(line("keymap = ").ends_with("# default"));
        assert!(line("every = \"5m\"").ends_with("# ~/a/b/config.toml:7:9"));
        assert!(line("name = \"prod\"").ends_with("config.toml:2:8"));
        assert!(!shown.contains("very-secret"), "{shown}");
        assert!(toml::from_str::<toml::Table>(&shown).is_ok(), "{shown}");
    }
}
