//! The configuration: one file, a few environment variables and flags, joined to typed settings.
//!
//! ```text
//! schema ─┬─► read(file) ──► Contents ─┐
//!         ├─► annotated file, docs     ├─► Settings (flag > environment > file > default) ─► Config
//!         └─► environment, flags ──────┘                                                      └ FleetSpec
//! ```
//!
//! Every mistake is a [`Problem`] with its place. What concerns the fleet refuses the start, because the console
//! would show another fleet than the one that was written; everything else warns and falls back to its default.
//! Called by `cli` and by the runtime; reads files, but neither the environment nor the terminal by itself.

mod annotated;
mod calls;
mod fleet;
mod form;
mod paths;
mod read;
mod schema;
mod settings;
mod shifts;
mod views;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use annotated::{effective, file as annotated_file, reference};
pub use paths::Paths;
pub use settings::{Flags, Origin, Setting, Settings};

use jiff::tz::TimeZone;

use crate::aws::fleet::spec::FleetSpec;
use crate::command;
use crate::domain::document::Library;
use crate::domain::problem::{Place, Problem, Written};
use crate::domain::{Region, SourceId};
use crate::filter::Filter;
use crate::history;
use crate::keymap::{self, Keymap};
use crate::lifecycle::Shifts;
use crate::logs::query::library::Library as Queries;
use crate::model::SavedView;
use crate::model::attention::Calls;
use crate::model::logs::LogPattern;
use crate::panes::link::Portal;
use crate::runbook::{self, Catalogue, Template};
use crate::sources::Central;
use crate::theme::{self, ColourEnv, Depth, Ground, Theme};
use crate::triage::{self, Rule, RuleText};
use form::Datum;
use read::{Contents, Record};
use schema::Weight;

/// Everything that can be configured, as it holds.
#[derive(Clone, Debug)]
pub struct Config {
    /// The fleet that is watched.
    pub fleet: FleetSpec,
    /// Whether nothing may be changed in this session.
    pub readonly: bool,
    /// Who uses the console; empty where nobody can tell.
    pub operator: String,
    /// How much goes into the log file: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// How the console looks and listens.
    pub ui: Ui,
    /// What was said about sources.
    pub sources: BTreeMap<SourceId, SourceSettings>,
    /// The operator's rules for severities, in their order; for [`crate::triage::Rules::with_defaults`].
    pub severity_rules: Vec<Rule>,
    /// Where the logs of some items are, in the order in which they are looked for.
    pub log_patterns: Vec<LogPattern>,
    /// What calls an operator who looks elsewhere.
    pub calls: Calls,
    /// Views that have a name.
    pub views: Vec<SavedView>,
    /// The keys of views, with the view's name and where it was written.
    view_keys: Vec<views::ViewKey>,
    /// The ledger's file, where one was named; otherwise [`Paths::ledger`].
    pub ledger: Option<PathBuf>,
    /// The table in which the ledger is shared, where one was named: then there is no file.
    pub ledger_table: Option<LedgerTable>,
    /// The team's shifts.
    pub shifts: Shifts,
    /// On whose clock the team lives; UTC where nobody can tell.
    pub zone: TimeZone,
    /// How long the history is kept.
    pub keep: Duration,
    /// Every setting with its origin.
    pub settings: Settings,
    /// Where noctop's files are.
    pub paths: Paths,
}

/// The table of a shared ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerTable {
    /// Its name.
    pub name: String,
    /// Its region; absent: the first of the fleet.
    pub region: Option<Region>,
    /// The profile whose credentials are used; absent: the environment's.
    pub profile: Option<String>,
    /// The name of the fleet within the table.
    pub fleet: String,
}

impl Config {
    /// Who says that nothing may be changed, for the journal and for whoever is refused; `None`: changes are allowed.
    #[must_use]
    pub fn readonly_because(&self) -> Option<String> {
        self.readonly
            .then(|| match self.settings.origin("readonly") {
                Origin::Default => "the default".to_owned(),
                said => said.to_string(),
            })
    }
}

/// How the console looks and listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// The name of the theme; two with `/` between them are for a dark and for a light ground, `auto` is `dark/light`.
    pub theme: String,
    /// The name of the keymap.
    pub keymap: String,
    /// How many colours are painted.
    pub depth: Depth,
    /// Which characters are drawn.
    pub charset: Charset,
    /// How much is drawn.
    pub bandwidth: Bandwidth,
    /// The command that is given at the start; empty for none.
    pub start: String,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Whether what leads to a page is told to the terminal as a link.
    pub links: bool,
    /// Through which portal pages of the AWS console are opened.
    pub portal: Option<Portal>,
}

/// Which characters are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Any.
    Unicode,
    /// Only ASCII.
    Ascii,
}

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bandwidth {
    /// As much as looks best.
    Ample,
    /// As little as is needed.
    Low,
}

/// What was said about one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// How often, where that was said.
    pub every: Option<Duration>,
    /// Who is asked for the whole organization, where that is possible.
    pub organization: Central,
}

/// A configuration with what is wrong with it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// Mistakes that the console can start with, by place.
    pub warnings: Vec<Problem>,
    /// Mistakes that it must not start with, by place: the fleet would not be the one that was written.
    pub refusals: Vec<Problem>,
    /// Whether the file exists.
    pub found: bool,
    /// The tables of the lists, by section, as they were written.
    lists: BTreeMap<&'static str, Vec<Record>>,
}

impl Loaded {
    /// All mistakes, the refusals first.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.refusals.iter().chain(&self.warnings)
    }

    /// All mistakes with those of the chosen theme and keymap, by place.
    #[must_use]
    pub fn all_problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.problems().cloned().collect();
        for ground in [Ground::Dark, Ground::Light] {
            problems.extend(self.config.theme(Some(ground)).1);
        }
        problems.extend(self.config.keymap().1);
        problems.extend(self.config.runbooks().1);
        problems.sort();
        problems.dedup();
        problems
    }

    /// The tables of a list section, as they were written.
    fn records(&self, section: &str) -> &[Record] {
        self.lists.get(section).map_or(&[], Vec::as_slice)
    }
}

/// Reads the configuration. `env` looks a variable up; `paths` are the user's.
#[must_use]
pub fn load(flags: &Flags, env: &dyn Fn(&str) -> Option<String>, paths: &Paths) -> Loaded {
    let mut problems: Vec<(Weight, Problem)> = Vec::new();
    let named = named_file(flags, env);
    let paths = chosen_paths(flags, env, paths);
    let text = paths
        .config
        .as_deref()
        .map(|path| read_file(path, named.is_some()));
    let (text, found) = match text {
        Some(Ok(Some(text))) => (text, true),
        Some(Ok(None)) | None => (String::new(), false),
        Some(Err(why)) => {
            let place = named.as_ref().map_or_else(
                || Place::whole(&shown(&paths)),
                |(name, _)| Place::whole(name),
            );
            problems.push((Weight::Fleet, Problem::new(place, why)));
            (String::new(), false)
        }
    };
    let file = shown(&paths);
    let contents = read::contents(Written {
        file: &file,
        text: &text,
    });
    let config = join(flags, env, paths, &contents, &mut problems);
    problems.extend(contents.problems);
    problems.sort_by(|a, b| a.1.cmp(&b.1));
    let (refusals, warnings): (Vec<_>, Vec<_>) = problems
        .into_iter()
        .partition(|(weight, _)| *weight == Weight::Fleet);
    Loaded {
        config,
        warnings: warnings.into_iter().map(|(_, p)| p).collect(),
        refusals: refusals.into_iter().map(|(_, p)| p).collect(),
        found,
        lists: contents.lists,
    }
}

/// The configuration file that a flag or a variable names, and the name of that.
fn named_file(
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, PathBuf)> {
    let flag = flags.config.clone().map(|path| ("--config", path));
    flag.or_else(|| {
        let path = env("NOCTOP_CONFIG").filter(|p| !p.is_empty())?;
        Some(("NOCTOP_CONFIG", PathBuf::from(path)))
    })
}

/// The user's paths with the configuration file that a flag or a variable names.
#[must_use]
pub fn chosen_paths(flags: &Flags, env: &dyn Fn(&str) -> Option<String>, paths: &Paths) -> Paths {
    match named_file(flags, env) {
        Some((_, path)) => paths.with_config(path),
        None => paths.clone(),
    }
}

fn shown(paths: &Paths) -> String {
    paths
        .config
        .as_deref()
        .map_or_else(|| "config.toml".to_owned(), |path| paths.shorten(path))
}

/// The text of a file; `None` where it does not exist and need not.
fn read_file(path: &Path, must_exist: bool) -> Result<Option<String>, String> {
    let shown = path.display();
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(why) => {
                let at = why.utf8_error().valid_up_to();
                let line = why.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
                Err(format!("the file {shown} is not UTF-8 from line {line} on"))
            }
        },
        Err(why) if why.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(why) => Err(format!("the file {shown} cannot be read: {why}")),
    }
}

fn join(
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<String>,
    paths: Paths,
    contents: &Contents,
    problems: &mut Vec<(Weight, Problem)>,
) -> Config {
    let settings = Settings::join(flags, env, contents, problems);
    let operator = settings
        .given("operator.name")
        .or_else(|| login(env))
        .unwrap_or_default();
    let (fleet, fleet_problems) = fleet::spec(flags, &settings, contents, &paths, &operator);
    problems.extend(fleet_problems.into_iter().map(|p| (Weight::Fleet, p)));
    let sources = schema::sources()
        .map(|id| {
            let source = SourceSettings {
                enabled: settings.is_on(&format!("sources.{id}.enabled")),
                every: settings.span(&format!("sources.{id}.every")),
                organization: form::central(settings.text(&format!("sources.{id}.organization")))
                    .unwrap_or_default(),
            };
            (id, source)
        })
        .collect();
    let saved = views::saved(contents, problems);
    Config {
        fleet,
        readonly: settings.is_on("readonly"),
        operator,
        log_level: settings.text("log_level").to_owned(),
        ui: ui(env, &settings),
        sources,
        severity_rules: severity_rules(contents),
        log_patterns: log_patterns(contents, problems),
        calls: calls::calls(&settings, problems),
        views: saved.views,
        view_keys: saved.keys,
        ledger: settings.given("ledger.path").map(|p| paths.open_out(&p)),
        ledger_table: ledger_table(&settings, problems),
        keep: settings.span("history.keep").unwrap_or(history::KEEP),
        zone: shifts::zone(&settings).unwrap_or(TimeZone::UTC),
        shifts: shifts::shifts(&settings, contents, problems),
        settings,
        paths,
    }
}

fn ledger_table(settings: &Settings, problems: &mut Vec<(Weight, Problem)>) -> Option<LedgerTable> {
    let mut wrong = |key: &str, message: String| {
        let place = settings.origin(key).place();
        problems.push((Weight::Fleet, Problem::new(place, message)));
    };
    let name = settings.given("ledger.table")?;
    let region = settings.given("ledger.region").and_then(|text| {
        let region = text.parse().ok();
        if region.is_none() {
            wrong(
                "ledger.region",
                format!("{text} is no region such as eu-west-1"),
            );
        }
        region
    });
    Some(LedgerTable {
        name,
        region,
        profile: settings.given("ledger.profile"),
        fleet: settings.text("ledger.fleet").to_owned(),
    })
}

fn ui(env: &dyn Fn(&str) -> Option<String>, settings: &Settings) -> Ui {
    let variables = ["NO_COLOR", "COLORTERM", "TERM", "TMUX"].map(env);
    let [no_color, colorterm, term, tmux] = &variables;
    // A depth that was asked for by name wins over NO_COLOR, as no-color.org wants it.
    let depth = Depth::from_word(settings.text("ui.colours")).unwrap_or_else(|| {
        Depth::detect(&ColourEnv {
            no_color: no_color.as_deref(),
            colorterm: colorterm.as_deref(),
            term: term.as_deref(),
            tmux: tmux.as_deref(),
        })
    });
    let charset = match settings.text("ui.ascii") {
        "always" => Charset::Ascii,
        "never" => Charset::Unicode,
        _ => locale_charset(env),
    };
    Ui {
        theme: settings.text("ui.theme").to_owned(),
        keymap: settings.text("ui.keymap").to_owned(),
        depth,
        charset,
        bandwidth: if settings.is_on("ui.low_bandwidth") {
            Bandwidth::Low
        } else {
            Bandwidth::Ample
        },
        start: settings.text("ui.start").to_owned(),
        mouse: settings.is_on("ui.mouse"),
        links: settings.is_on("ui.links"),
        portal: settings
            .given("portal.url")
            .zip(settings.given("portal.role"))
            .map(|(url, role)| Portal { url, role }),
    }
}

/// What the locale can show, as POSIX ranks its variables. None at all is what cron and bare containers have;
/// their terminals show UTF-8 as a rule, so only a locale that names another charset counts.
fn locale_charset(env: &dyn Fn(&str) -> Option<String>) -> Charset {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env(name).filter(|v| !v.is_empty()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let unicode = locale.is_empty() || locale.contains("utf-8") || locale.contains("utf8");
    if unicode {
        Charset::Unicode
    } else {
        Charset::Ascii
    }
}

/// The person behind the login: on a jump host `sudo` hides them behind a shared user.
fn login(env: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| {
            let user = env(name).filter(|v| !v.is_empty() && v != "root")?;
            Some(crate::domain::text::clean(&user).into_owned())
        })
}

fn severity_rules(contents: &Contents) -> Vec<Rule> {
    let records = contents
        .lists
        .get("triage.severity")
        .map_or(&[][..], Vec::as_slice);
    records
        .iter()
        .filter_map(|record| {
            let text = |key: &str| match &record.values.get(key)?.datum {
                Datum::Text(text) => Some(text.clone()),
                _ => None,
            };
            let rule = RuleText {
                name: text("name"),
                filter: text("filter")?,
                severity: text("severity")?,
            };
            rule.read(triage::Origin::Configured).ok()
        })
        .collect()
}

/// Where the logs of some items are. A name that is no template is told and left out.
fn log_patterns(contents: &Contents, problems: &mut Vec<(Weight, Problem)>) -> Vec<LogPattern> {
    let records = contents
        .lists
        .get("logs.pattern")
        .map_or(&[][..], Vec::as_slice);
    let mut patterns = Vec::new();
    for record in records {
        let value = |key: &str| record.values.get(key).map(|value| &value.datum);
        let (Some(Datum::Text(filter)), Some(Datum::List(groups))) =
            (value("filter"), value("groups"))
        else {
            continue;
        };
        let Ok(filter) = Filter::parse(filter) else {
            continue;
        };
        let mut names = Vec::new();
        for group in groups {
            match Template::of_name(group) {
                Ok(name) => names.push(name),
                Err(why) => {
                    let message =
                        format!("`groups`: `{}`: {why}", crate::domain::text::clean(group));
                    problems.push((Weight::Comfort, Problem::new(record.place.clone(), message)));
                }
            }
        }
        patterns.push(LogPattern {
            filter,
            groups: names,
        });
    }
    patterns
}

impl Config {
    /// The theme that was chosen for this ground, as far as the terminal can show it, and what is wrong with its files.
    ///
    /// Where there is one theme for each ground and the ground is not known (yet), it is the one that paints none.
    #[must_use]
    pub fn theme(&self, ground: Option<Ground>) -> (Theme, Vec<Problem>) {
        let pair = match self.ui.theme.as_str() {
            "auto" => "dark/light",
            other => other,
        };
        let name = match (pair.split_once('/'), ground) {
            (None, _) => pair,
            (Some((dark, _)), Some(Ground::Dark)) => dark.trim(),
            (Some((_, light)), Some(Ground::Light)) => light.trim(),
            (Some(_), None) => theme::DEFAULT,
        };
        self.named_theme(name)
    }

    /// A theme by its name; see [`Config::theme`].
    #[must_use]
    pub fn named_theme(&self, name: &str) -> (Theme, Vec<Problem>) {
        let (library, mut problems) = self.library("themes", theme::library());
        let asked_at = self.settings.origin("ui.theme").place();
        let (theme, wrong) = Theme::load(&library, name, &asked_at, self.ui.depth);
        problems.extend(wrong);
        (theme, problems)
    }

    /// Where noctop's files are.
    #[must_use]
    pub const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Every theme, as far as the terminal can show it.
    #[must_use]
    pub fn themes(&self) -> Vec<Theme> {
        let (library, _) = self.library("themes", theme::library());
        let names = library.names();
        let asked_at = Place::whole("themes");
        let load = |name| Theme::load(&library, name, &asked_at, self.ui.depth).0;
        names.into_iter().map(load).collect()
    }

    /// The keymap that was chosen, and what is wrong with its files: also bindings to commands that do not exist.
    #[must_use]
    pub fn keymap(&self) -> (Keymap, Vec<Problem>) {
        let (library, mut problems) = self.library("keymaps", keymap::library());
        let asked_at = self.settings.origin("ui.keymap").place();
        let (mut keymap, wrong) = Keymap::load(&library, &self.ui.keymap, &asked_at);
        problems.extend(wrong);
        for key in &self.view_keys {
            problems.extend(key.bind(&mut keymap).err());
        }
        problems.extend(keymap.unknown_commands(&command::names()));
        (keymap, problems)
    }

    /// The runbooks: those that come with noctop, the team's, the operator's own; and what is wrong with their files. One
    /// with a mistake is left out.
    #[must_use]
    pub fn runbooks(&self) -> (Catalogue, Vec<Problem>) {
        let (mut library, mut problems) = (runbook::library(), Vec::new());
        for written in self.settings.list("runbooks.paths") {
            let folder = self.paths.open_out(written);
            // One that was named has to be there.
            if folder.is_dir() {
                self.shelve(&folder, &mut library, &mut problems);
            } else {
                let place = self.settings.origin("runbooks.paths").place();
                let message = format!("there is no folder {written}");
                problems.push(Problem::new(place, message));
            }
        }
        if let Some(folder) = self.paths.beside_config("runbooks") {
            self.shelve(&folder, &mut library, &mut problems);
        }
        let (catalogue, wrong) = Catalogue::read(&library);
        problems.extend(wrong);
        (catalogue, problems)
    }

    /// The queries of Logs Insights that have names: noctop's and those of `queries.toml` beside the configuration file. A
    /// file with a mistake is left out.
    #[must_use]
    pub fn queries(&self) -> (Queries, Vec<Problem>) {
        let shipped = Queries::shipped();
        let Some(path) = self.paths.beside_config("queries.toml") else {
            return (shipped, Vec::new());
        };
        let place = || Place::whole(&self.paths.shorten(&path));
        let read = match std::fs::read_to_string(&path) {
            Ok(text) => shipped.clone().and(&text),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return (shipped, Vec::new()),
            Err(why) => Err(format!("it cannot be read: {why}")),
        };
        match read {
            Ok(library) => (library, Vec::new()),
            Err(why) => (shipped, vec![Problem::new(place(), why)]),
        }
    }

    /// The change calendars that are asked before a runbook starts.
    #[must_use]
    pub fn calendars(&self) -> Vec<String> {
        self.settings.list("runbooks.calendars").to_vec()
    }

    /// Adds the operator's own files of a folder beside the configuration file.
    fn library(&self, folder: &str, mut library: Library) -> (Library, Vec<Problem>) {
        let mut problems = Vec::new();
        if let Some(folder) = self.paths.beside_config(folder) {
            self.shelve(&folder, &mut library, &mut problems);
        }
        (library, problems)
    }

    /// Adds the files of a folder, where there is one.
    fn shelve(&self, folder: &Path, library: &mut Library, problems: &mut Vec<Problem>) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return,
            Err(why) => {
                let place = Place::whole(&self.paths.shorten(folder));
                problems.push(Problem::new(
                    place,
                    format!("the folder cannot be read: {why}"),
                ));
                return;
            }
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let Some(name) = path.file_stem().and_then(|n| n.to_str()) else {
                continue;
            };
            if path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let file = self.paths.shorten(&path);
            match std::fs::read_to_string(&path) {
                Ok(text) => library.add(name, &file, &text),
                Err(why) => problems.push(Problem::new(
                    Place::whole(&file),
                    format!("the file cannot be read: {why}"),
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests;
