//! The console itself: everything put together and run on this terminal.

use std::hash::{Hash as _, Hasher as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::app;
use crate::audit;
use crate::aws::access::profile::Profiles;
use crate::effects::Runner;
use crate::history::History;
use crate::model::{Acting, Effects, Model, Overlay, Reach, Session, Wall};
use crate::runtime::config::{self, Charset, Flags, Paths};
use crate::runtime::console::{Console, Ended, Files, Inbox};
use crate::runtime::looks;
use crate::runtime::pace::{Bandwidth, Pace};
use crate::runtime::terminal::{self, Closed, Ink, Options, Terminal};
use crate::sim::scenario::DEFAULT;
use crate::sources::Live;
use crate::theme::Depth;

use super::greeting;
use super::stage::{self, Refusal, Stage};
use super::{FAILED, USAGE, complain};

/// Batches that may wait while the loop is busy. A page has a hundred records; more would only hide that it is late.
const WAITING: usize = 64;

/// How long changes that are under way may take to write down what became of them when the console ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Starts the console on this terminal and runs it until somebody ends it.
#[must_use]
pub fn run(flags: &Flags, demo: Option<&str>, wall: Option<Wall>) -> ExitCode {
    // Without a terminal nothing is asked of AWS: the refusal names the headless command.
    if let Err(why) = terminal::check() {
        complain(&why.to_string());
        return ExitCode::from(USAGE);
    }
    let mut ended = start(flags, demo, wall);
    if matches!(ended, Ok(Ended::Demo)) {
        ended = start(flags, Some(DEFAULT), None);
    }
    match ended {
        Ok(Ended::Quit | Ended::Demo) => ExitCode::SUCCESS,
        Ok(Ended::Signal(signal)) => ExitCode::from(signal.exit_code()),
        Ok(Ended::Closed(Closed::Input | Closed::Output)) => ExitCode::from(FAILED),
        Ok(Ended::Refused(why)) => {
            complain(&why.join("\n"));
            ExitCode::from(USAGE)
        }
        Err(refusal) => {
            complain(&refusal.to_string());
            ExitCode::from(USAGE)
        }
    }
}

fn start(flags: &Flags, demo: Option<&str>, wall: Option<Wall>) -> Result<Ended, Refusal> {
    let began = Instant::now();
    let mut stage = Stage::set(flags, demo)?;
    let clock = Stage::clock();
    let (theme, mut problems) = stage.config.theme(None);
    let (keymap, more) = stage.config.keymap();
    problems.extend(more);
    let (catalogue, more) = stage.config.runbooks();
    problems.extend(more);
    let (queries, more) = stage.config.queries();
    problems.extend(more);
    // A demo begins anew each time; and a wall is looked at by everybody.
    let looks_at = stage
        .config
        .paths
        .looks()
        .filter(|_| !stage.is_demo() && wall.is_none());
    let looks = looks_at.as_deref().map(looks::read).unwrap_or_default();
    let operator: Arc<str> = Arc::from(stage.operator());
    let store = stage.store(looks.get(&operator).copied());
    stage
        .warnings
        .extend(problems.iter().map(ToString::to_string));
    let session = Session {
        fleet: Arc::from(stage.name.as_str()),
        operator,
        demo: stage.is_demo(),
        read_only: stage.config.readonly,
        ascii: stage.config.ui.charset == Charset::Ascii,
        links: stage.config.ui.links && stage.config.ui.bandwidth == config::Bandwidth::Ample,
        portal: stage.config.ui.portal.clone(),
        sparing: stage.config.ui.bandwidth == config::Bandwidth::Low,
        zone: stage.config.zone.clone(),
    };
    let mut model = Model::new(store, session, theme, keymap, clock.now());
    model.looks = looks;
    model.runbooks.catalogue = Arc::new(catalogue);
    model.queries.library = Arc::new(queries);
    model.views = Arc::from(stage.config.views.as_slice());
    model.logs.patterns.clone_from(&stage.config.log_patterns);
    let is_wall = wall.is_some();
    model.wall = wall;
    model.attention.calls = stage.config.calls.clone();
    if !is_wall && stage.is_first_time() {
        let profiles = Stage::runtime()?.block_on(Profiles::load()).ok();
        let page = greeting::page(profiles.as_ref(), &stage.config_path());
        model.show(Overlay::Page(page));
    }
    let mut asked = Effects::new();
    if !stage.config.ui.start.is_empty() {
        asked = app::start_with(&mut model, &stage.config.ui.start);
    }
    let startup = model.views.iter().find(|view| view.startup);
    if let Some(name) = startup.map(|view| Arc::clone(&view.name))
        && stage.config.ui.start.is_empty()
    {
        asked = app::run(&mut model, "view.open", &name);
    }
    if let Some(first) = stage.warnings.first() {
        model.warn(first, stage.warnings.len() - 1);
    }

    let sdk = Stage::runtime()?;
    let (events_tx, events) = mpsc::unbounded_channel();
    let (batches_tx, batches) = mpsc::channel(WAITING);
    let (rosters_tx, rosters) = mpsc::unbounded_channel();
    let (outcomes_tx, outcomes) = mpsc::unbounded_channel();
    let ink = if stage.config.ui.depth == Depth::None {
        Ink::Attributes
    } else {
        Ink::Colours
    };
    let options = Options {
        ink,
        mouse: stage.config.ui.mouse && !is_wall,
        title: Some("noctop".to_owned()),
    };
    let terminal = Terminal::enter(options, move |event| {
        let _ = events_tx.send(event);
    })
    .map_err(|why| Refusal(vec![why.to_string()]))?;

    // The first frame does not wait for the fleet: access is prepared while the screen is drawn.
    let (live_tx, live) = tokio::sync::oneshot::channel();
    let (fleet_clock, settings, spec) = (
        Arc::clone(&clock),
        stage.sources(),
        stage.config.fleet.clone(),
    );
    sdk.spawn(async move {
        let fleet = match stage::open(spec, Arc::clone(&fleet_clock)).await {
            Ok(fleet) => fleet,
            Err(refusal) => {
                let _ = live_tx.send(Err(refusal.0));
                return;
            }
        };
        let mut census = fleet.watch();
        let live = Live::start(fleet, settings, fleet_clock, batches_tx);
        let _ = live_tx.send(Ok(live));
        loop {
            let roster = census.borrow_and_update().roster.clone();
            if rosters_tx.send(roster).is_err() || census.changed().await.is_err() {
                return;
            }
        }
    });

    let bandwidth = match stage.config.ui.bandwidth {
        config::Bandwidth::Ample => Bandwidth::Full,
        config::Bandwidth::Low => Bandwidth::Low,
    };
    let outcomes_tx = Arc::new(move |outcome| {
        let _ = outcomes_tx.send(outcome);
    });
    let mut runner = Runner::new(sdk.handle().clone(), outcomes_tx);
    model.acting = Acting::new(&model.session.operator, "", &audit::unique())
        .in_shifts(stage.config.shifts.clone(), clock.now());
    let journal = Arc::new(stage.journal(Arc::clone(&clock)));
    runner.answer_to(Arc::clone(&journal));
    if let Some(folder) = stage.pages() {
        runner.save_in(folder);
    }
    runner.heed(stage.config.calendars());
    let history = match stage.history() {
        Some(path) => {
            let (session, keep) = (journal.session(), stage.config.keep);
            History::open(&path, &session.id, &session.host, keep).map_err(|trouble| trouble.0)
        }
        None => Err("There is no home folder to keep a history in.".to_owned()),
    };
    match &history {
        Ok(history) => {
            runner.record(history.clone());
            model.recorder.begin(&model.store, clock.now());
        }
        Err(why) => model.warn(why, stage.warnings.len()),
    }
    match stage.ledger() {
        Ok(ledger) => runner.keep(ledger),
        Err(trouble) => model.acting.reach = Reach::Broken(trouble.message.into()),
    }
    let mut console = Console {
        model,
        terminal,
        pace: Pace::new(bandwidth),
        clock,
        runner,
        files: files(flags),
        began,
        second: 0,
        heeded: 0,
        stamp: 0,
        asked,
        hits: Vec::new(),
    };
    let loop_runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|why| Refusal(vec![format!("the system gives no threads: {why}")]))?;
    let ended = loop_runtime.block_on(console.run(Inbox {
        events,
        batches,
        rosters,
        outcomes,
        live,
    }));
    // Reads that are still under way are not worth waiting for. A change that was sent gets a moment to be answered and
    // written down; else its intent is in the journal and the next start looks up what became of it.
    let rest = async { tokio::time::timeout(LAST_WORDS, console.runner.rest()).await };
    let _ = sdk.block_on(rest);
    if let Some(path) = looks_at {
        let _ = looks::write(&path, &console.model.last_looks());
    }
    if let Some(facts) = console.model.recorder.rest(console.clock.now()) {
        console.runner.persist(facts);
    }
    drop(console);
    drop(stage);
    sdk.shutdown_background();
    journal.settle(LAST_WORDS);
    if let Ok(history) = &history {
        history.settle(LAST_WORDS);
    }
    journal.retire();
    Ok(ended)
}

/// What changes when the configuration file or a theme beside it is written: their times and sizes.
fn stamp(paths: &Paths) -> u64 {
    let mut hash = std::hash::DefaultHasher::new();
    let themes = paths.beside_config("themes");
    let listed = themes.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut files: Vec<_> = listed
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.extend(paths.config.clone());
    files.sort();
    for file in files {
        let about = std::fs::metadata(&file).ok();
        let about = about.map(|about| (about.len(), about.modified().ok()));
        (file, about).hash(&mut hash);
    }
    hash.finish()
}

/// Reads theme and configuration files, as the commands `config.reload` and `theme.choose` ask.
fn files(flags: &Flags) -> Files {
    let load = |flags: &Flags| {
        let env = |name: &str| std::env::var(name).ok();
        config::load(flags, &env, &Paths::of_this_user())
    };
    let (again, all, watched) = (flags.clone(), flags.clone(), flags.clone());
    Files {
        reload: Box::new(move |themes| {
            let loaded = load(&again);
            let (theme, _) = match &themes.chosen {
                Some(name) => loaded.config.named_theme(name),
                None => loaded.config.theme(themes.ground),
            };
            let problems = loaded
                .all_problems()
                .iter()
                .map(|p| Arc::from(p.to_string()))
                .collect();
            (theme, problems)
        }),
        themes: Box::new(move || load(&all).config.themes()),
        stamp: Box::new(move || {
            let env = |name: &str| std::env::var(name).ok();
            let paths = config::chosen_paths(&watched, &env, &Paths::of_this_user());
            stamp(&paths)
        }),
    }
}
