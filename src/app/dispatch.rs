//! Running a command: does it make sense here, is its target still there, then do it.

use std::sync::Arc;
use std::time::Duration;

use crate::command::{self, Risk, When};
use crate::model::{Action, Effects, Hold, Model, RowKey, Tone};
use crate::panes::{fact, folds};

use super::settle;

/// Runs a command by name with the row under the cursor as its target. An unknown name is said, not ignored.
pub fn run(model: &mut Model, name: &str, argument: &str) -> Effects {
    let Some(command) = command::named(name) else {
        model.say(Tone::Refused, format!("There is no command `{name}`."));
        return Effects::new();
    };
    settle::complete(model);
    // What is not aimed at the row under the cursor cannot land on the wrong one.
    let is_for_marks = command.when == When::Aimed && !model.pane().marked.is_empty();
    if command.risk >= Risk::Take
        && command.when != When::Always
        && !is_for_marks
        && refuse_displaced(model)
    {
        return Effects::new();
    }
    let target = model.pane().cursor.clone();
    if let Err(why) = command.when.check(model, target.as_ref()) {
        model.say(Tone::Refused, why);
        return Effects::new();
    }
    let action = Action {
        command: command.name,
        argument: Arc::from(argument),
        target,
        at: model.now,
    };
    (command.run)(model, &action)
}

/// A top row that was replaced longer ago than this has been seen by whoever presses a key now.
const SEEN_AFTER: Duration = Duration::from_secs(2);

/// When another row has taken the cursor's place without a key, the operator did not choose it: the next command that
/// acts on a row is refused, once, naming both.
fn refuse_displaced(model: &mut Model) -> bool {
    let watching = model.pane().hold == Hold::Top;
    let Some((before, at)) = model.pane_mut().displaced.take() else {
        return false;
    };
    if watching && model.now.since(at) > SEEN_AFTER {
        return false;
    }
    let before = name(model, &before);
    let now_on = model
        .pane()
        .cursor
        .clone()
        .map_or_else(|| Arc::from("nothing"), |key| name(model, &key));
    let when = fact::clock(at, model.now);
    model.say(
        Tone::Refused,
        format!("{before} left this place at {when}; the cursor is now on {now_on}. Press again to mean that one."),
    );
    true
}

fn name(model: &Model, key: &RowKey) -> Arc<str> {
    match key {
        RowKey::Item(key) => model.row(key).map_or_else(
            || Arc::clone(&key.id),
            |row| Arc::from(fact::what(row.item())),
        ),
        RowKey::Fold(key) => model
            .pane()
            .fold(key)
            .and_then(|fold| Some(folds::what(fold, model.store.row(fold.lead())?)))
            .map_or_else(|| Arc::from("The fold"), Arc::from),
        RowKey::Feed(feed) => Arc::from(feed.to_string()),
        RowKey::Account(id) => model.roster().name(*id),
        RowKey::Run(run) => model
            .runbooks
            .runs
            .get(run)
            .map_or_else(|| Arc::clone(run), |run| Arc::clone(&run.name)),
    }
}
