//! Systems Manager maintenance windows: when they open, whether they run, how they went, and whether they began at all.
//!
//! `DescribeMaintenanceWindows` lists them at every refresh. Executions, tasks and targets cost a call per window, so
//! they are asked only for windows that `judge::wants_a_look` picks: never looked at, running, inside their time,
//! or not looked at for an hour. What was learned is remembered per vantage.
//!
//! The list alone makes the rows. A window whose executions cannot be read stays in it as unread, and the feed is blind
//! for it without hiding what is known of the others.
//!
//! A window that should have begun and did not is suspected first and then vetted with `GetMaintenanceWindow`: a
//! window that was created or changed after that time was not bound to it.

mod item;
mod judge;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_ssm::types::MaintenanceWindowFilter;
use serde_json::Value;

use crate::aws::access::Access;
use crate::aws::classify::make;
use crate::aws::ops::{
    DESCRIBE_WINDOW_RUN_TASKS, DESCRIBE_WINDOW_RUNS, DESCRIBE_WINDOW_TARGETS, DESCRIBE_WINDOWS,
    GET_WINDOW,
};
use crate::clock::Timestamp;
use crate::domain::window::{WindowRun, WindowTask};
use crate::domain::{Fault, FaultKind, Kind, Slice, SourceId};

use super::{Ask, Look, Pages, Part, Plane, Reach, SliceSpec, Source};
use crate::aws::moment::moment;
use judge::{Known, Listed};

/// The source.
pub const SOURCE: Source = Source {
    id: SourceId::Windows,
    kinds: &[Kind::Window],
    slices: &[SliceSpec {
        slice: Slice::ALL,
        // A window opens for hours; three minutes are soon enough to see that it runs.
        every: Duration::from_secs(180),
        part: Part::Snapshot,
        reach: Reach::Scope,
        plane: Plane::Regional,
    }],
    ask: |ask| Box::pin(self::ask(ask)),
    raw: |look| Box::pin(raw(look)),
};

/// The largest page; below 10 every one of these operations refuses to answer.
const PAGE: i32 = 100;
/// The most executions that are read of one window at once: more is a window that runs every few minutes.
const RUNS_MAX: usize = 500;
/// After so many windows in a row that could not be looked at, the others are not tried any more: a denied or
/// overburdened service would refuse a hundred calls instead of three.
const FAILED_MAX: usize = 3;
/// The code for a window or an execution that was deleted meanwhile.
const GONE: &str = "DoesNotExistException";

/// What is remembered of one scope's windows.
#[derive(Default)]
struct Memory(Mutex<HashMap<Arc<str>, Known>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets every window that is not named, and tells which these are.
    fn forget_all_but(&self, named: &HashSet<Arc<str>>) -> Vec<Arc<str>> {
        let mut known = self.lock();
        let gone = known.extract_if(|id, _| !named.contains(id));
        gone.map(|(id, _)| id).collect()
    }

    fn known(&self, window: &Listed) -> Known {
        self.lock().get(&window.id).cloned().unwrap_or_default()
    }
}

async fn ask(ask: Ask) -> Result<(), Fault> {
    let memory: Arc<Memory> = ask.memory();
    let listed = list(&ask, &memory).await?;
    let mut failed = Failed::default();
    let mut records = Vec::new();
    let mut gone = Vec::new();
    for window in &listed {
        let mut known = memory.known(window);
        let due = judge::wants_a_look(window, &known, ask.now());
        if due && failed.is_hopeless() {
            failed.skip(&mut known);
        } else {
            match look(&ask, window, &mut known).await {
                Err(fault) if fault.code.as_deref() == Some(GONE) => {
                    gone.push(Arc::clone(&window.id));
                    memory.lock().remove(&window.id);
                    continue;
                }
                looked => failed.note(&mut known, looked.err(), due),
            }
        }
        memory.lock().insert(Arc::clone(&window.id), known.clone());
        records.push(item::record(ask.scope(), window, &known, ask.now()));
    }
    let named: HashSet<Arc<str>> = listed.into_iter().map(|window| window.id).collect();
    gone.extend(memory.forget_all_but(&named));
    if let Some(fault) = failed.fault(named.len()) {
        // A failed asking takes nothing over; but the list is complete, and each window says itself what is not
        // known of it.
        ask.amend(ask.slice(), records, gone).await;
        return Err(fault);
    }
    if !gone.is_empty() {
        // They may have been handed over when they were listed.
        ask.amend(ask.slice(), Vec::new(), gone).await;
    }
    ask.pages(records).await;
    Ok(())
}

/// All windows of the scope. Those that were never looked at are handed over at once: they are there, and looking at
/// them may take a while, or fail.
async fn list(ask: &Ask, memory: &Memory) -> Result<Vec<Listed>, Fault> {
    let mut all = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = ask
            .access()
            .ssm(&DESCRIBE_WINDOWS, |client, with| {
                client
                    .describe_maintenance_windows()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let mut new = Vec::new();
        for window in out.window_identities.iter().flatten() {
            let Some(window) = item::listed(window) else {
                continue;
            };
            let mut known = memory.known(&window);
            known.note(&window, ask.now());
            if known.looked.is_none() {
                new.push(item::record(ask.scope(), &window, &known, ask.now()));
            }
            memory.lock().insert(Arc::clone(&window.id), known);
            all.push(window);
        }
        ask.page(new).await;
        pages.turn(&DESCRIBE_WINDOWS, out.next_token)?;
    }
    Ok(all)
}

/// The windows whose executions could not be read, and why not.
#[derive(Default)]
struct Failed {
    windows: usize,
    /// How many failed one after the other.
    in_a_row: usize,
    first: Option<Fault>,
}

impl Failed {
    /// Whether so many failed one after the other that the rest would fail alike.
    const fn is_hopeless(&self) -> bool {
        self.in_a_row >= FAILED_MAX
    }

    /// Takes note of how a look at a window went.
    fn note(&mut self, known: &mut Known, fault: Option<Fault>, due: bool) {
        known.unread = fault.as_ref().map(|fault| Arc::clone(&fault.message));
        let Some(fault) = fault else {
            // Nothing was asked of a window whose turn it was not, so it proves nothing.
            if due {
                self.in_a_row = 0;
            }
            return;
        };
        self.windows += 1;
        self.in_a_row += 1;
        self.first.get_or_insert(fault);
    }

    /// Takes note of a window that was not even looked at.
    fn skip(&mut self, known: &mut Known) {
        self.windows += 1;
        let why = self.first.as_ref().map(|fault| Arc::clone(&fault.message));
        known.unread = why;
    }

    /// What the feed says of it, of so many windows.
    fn fault(self, of: usize) -> Option<Fault> {
        let first = self.first?;
        // The windows are there, so whatever the service says, it is not off: that would make them disappear.
        let kind = if first.kind.is_off() {
            FaultKind::Service
        } else {
            first.kind
        };
        let (windows, why) = (self.windows, &first.message);
        Some(make(
            kind,
            first.code.as_deref(),
            format!("The runs of {windows} of {of} maintenance windows could not be read: {why}"),
            &first.advice,
        ))
    }
}

/// Asks what has to be asked about one window now.
async fn look(ask: &Ask, listed: &Listed, known: &mut Known) -> Result<(), Fault> {
    let access = ask.access();
    if judge::wants_a_look(listed, known, ask.now()) {
        let (runs, instances) = tokio::try_join!(
            runs(access, &listed.id, known.read_from(ask.now())),
            instances(access, &listed.id),
        )?;
        known.instances = instances;
        known.take_runs(runs, ask.now());
        for run in &mut known.runs {
            if judge::is_unfinished(run) {
                run.tasks = tasks(access, &run.id).await?;
            }
        }
        let last = known.runs.iter_mut().find(|run| !judge::is_unfinished(run));
        if let Some(last) = last.filter(|run| judge::is_bad(run) && run.tasks.is_empty()) {
            last.tasks = tasks(access, &last.id).await?;
        }
    }
    if let Some(suspected) = judge::suspicion(listed, known, ask.now())
        && known.vetted.is_none_or(|(at, _)| at != suspected.at)
    {
        let changed = changed(access, &listed.id).await?;
        known.vetted = Some((suspected.at, changed <= suspected.unchanged_since));
    }
    Ok(())
}

/// The executions of a window that began after that moment.
async fn runs(access: &Access, window: &str, after: Timestamp) -> Result<Vec<WindowRun>, Fault> {
    let filter = MaintenanceWindowFilter::builder()
        .key("ExecutedAfter")
        .values(after.to_string())
        .build();
    let mut runs = Vec::new();
    let mut pages = Pages::default();
    while pages.more() && runs.len() < RUNS_MAX {
        let (token, filter) = (pages.token(), filter.clone());
        let out = access
            .ssm(&DESCRIBE_WINDOW_RUNS, |client, with| {
                client
                    .describe_maintenance_window_executions()
                    .window_id(window)
                    .filters(filter)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        runs.extend(out.window_executions().iter().filter_map(item::run));
        pages.turn(&DESCRIBE_WINDOW_RUNS, out.next_token)?;
    }
    Ok(runs)
}

async fn tasks(access: &Access, run: &str) -> Result<Vec<WindowTask>, Fault> {
    let mut tasks = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .ssm(&DESCRIBE_WINDOW_RUN_TASKS, |client, with| {
                client
                    .describe_maintenance_window_execution_tasks()
                    .window_execution_id(run)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        tasks.extend(
            out.window_execution_task_identities()
                .iter()
                .map(item::task),
        );
        pages.turn(&DESCRIBE_WINDOW_RUN_TASKS, out.next_token)?;
    }
    Ok(tasks)
}

async fn instances(access: &Access, window: &str) -> Result<Vec<Arc<str>>, Fault> {
    let mut targets = Vec::new();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .ssm(&DESCRIBE_WINDOW_TARGETS, |client, with| {
                client
                    .describe_maintenance_window_targets()
                    .window_id(window)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        targets.extend(out.targets.unwrap_or_default());
        pages.turn(&DESCRIBE_WINDOW_TARGETS, out.next_token)?;
    }
    Ok(item::instances(&targets))
}

/// When the window was created or changed last.
async fn changed(access: &Access, window: &str) -> Result<Timestamp, Fault> {
    let out = access
        .ssm(&GET_WINDOW, |client, with| {
            client
                .get_maintenance_window()
                .window_id(window)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let changed = moment(out.modified_date()).max(moment(out.created_date()));
    Ok(changed.unwrap_or_default())
}

/// The window and its latest executions.
async fn raw(look: Look) -> Result<Value, Fault> {
    let id = Arc::clone(&look.item.key.id);
    let (access, tape) = look.access.taped();
    access
        .ssm(&GET_WINDOW, |client, with| {
            client
                .get_maintenance_window()
                .window_id(&*id)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut window = tape.json().ok_or_else(|| look.gone(&GET_WINDOW))?;
    access
        .ssm(&DESCRIBE_WINDOW_RUNS, |client, with| {
            client
                .describe_maintenance_window_executions()
                .window_id(&*id)
                .max_results(10)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let runs = tape
        .json()
        .and_then(|body| body.get("WindowExecutions").cloned());
    if let (Some(window), Some(runs)) = (window.as_object_mut(), runs) {
        window.insert("WindowExecutions".to_owned(), runs);
    }
    Ok(window)
}
