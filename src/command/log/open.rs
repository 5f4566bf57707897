//! Opening a log: from a row, by name, and again when the operator comes back to it.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock;
use crate::logs::aim::Guess;
use crate::logs::when::moment;
use crate::logs::{Limit, aim};
use crate::model::logs::{Groups, Sighted, Source, Stage, Viewer, Wanted};
use crate::model::overlay::{Choice, ChoiceEntry, Purpose};
use crate::model::{Action, Effect, Effects, Model, Overlay, RowKey, Tone};
use crate::panes::{self, fact};
use crate::store::Row;

use super::super::pane;

/// Since when a log is read that is opened by name.
const USUAL: Duration = Duration::from_secs(10 * 60);

/// Looks for the logs of the row under the cursor.
pub fn of_row(model: &mut Model, action: &Action) -> Effects {
    let key = match &action.target {
        Some(RowKey::Item(key)) => key.clone(),
        _ => return Effects::new(),
    };
    let now = model.now;
    let Some(aim) = model.row(&key).map(|row| {
        let item = row.item();
        let mut aim = aim::at(item, Arc::from(fact::what(item)), now);
        let told = configured(model, row);
        aim.guesses.splice(0..0, told).for_each(drop);
        aim
    }) else {
        return Effects::new();
    };
    if aim.guesses.is_empty() && aim.else_try.is_empty() && aim.metric.is_none() {
        model.say(
            Tone::Refused,
            format!("{} names no resource whose logs noctop could look for. `:tail NAME` reads any group.", aim.what),
        );
        return Effects::new();
    }
    let number = model.logs.number();
    let wanted = Wanted {
        groups: Groups::Chosen(Vec::new()),
        pattern: None,
        since: aim.since,
        until: aim.until,
        live: false,
    };
    let mut viewer = Viewer::new(number, Arc::clone(&aim.what), wanted, Limit::default());
    viewer.stage = Stage::Looking;
    viewer.rulers.clone_from(&aim.rulers);
    viewer.follow = false;
    let mut effects = show(model, viewer);
    effects.push(Effect::SightLogs(number, Box::new(aim)));
    effects
}

/// Where the operator says that the logs of a row are.
fn configured(model: &Model, row: &Row) -> Vec<Guess> {
    let subject = row.subject(model.roster());
    let mut told = Vec::new();
    for pattern in &model.logs.patterns {
        if !pattern.filter.matches(&subject, model.now) {
            continue;
        }
        let facts = super::super::runbook::meant(row, &model.store).facts;
        let names = pattern.groups.iter().filter_map(|name| {
            let name = name.render(&facts).ok()?;
            aim::Name::read(&name)
        });
        told.extend(names.map(aim::named));
    }
    told
}

/// Puts a viewer into the pane, in the place of the one before.
fn show(model: &mut Model, viewer: Viewer) -> Effects {
    model.logs.viewer = Some(Box::new(viewer));
    model.logs.typing = None;
    let mut effects = vec![Effect::CloseLogs];
    if let Some(at) = panes::named("logs") {
        effects.extend(pane::go(model, at));
    }
    effects
}

/// The groups of an aim were looked for.
pub fn sighted(model: &mut Model, sighted: Sighted) -> Effects {
    let shown = super::is_shown(model) && model.overlay.is_none();
    let Some(viewer) = model.logs.of(sighted.number) else {
        return Effects::new();
    };
    let unread = sighted.faults.first().map(ToString::to_string);
    let mut effects = Effects::new();
    match sighted.sources.len() {
        // The pane itself tells what could not be asked.
        0 => {
            viewer.stage = Stage::Nothing(sighted.tried, sighted.faults);
            return effects;
        }
        1 => effects = begin(model, sighted.sources),
        _ => {
            viewer.stage = Stage::Choosing;
            viewer.wanted.groups = Groups::Chosen(sighted.sources);
            if shown {
                choose(model);
            }
        }
    }
    if let Some(why) = unread {
        model.say(
            Tone::Refused,
            format!("Not everything could be looked up: {why}"),
        );
    }
    effects
}

/// Asks which of several groups are meant.
pub fn choose(model: &mut Model) {
    let Some(viewer) = &model.logs.viewer else {
        return;
    };
    let sources = viewer.wanted.groups.chosen();
    let entries = sources
        .iter()
        .enumerate()
        .map(|(number, source)| ChoiceEntry {
            value: Arc::from(number.to_string()),
            label: Arc::from(match &source.stream {
                Some(stream) => format!("{} · {stream}", crate::domain::text::clean(&source.name)),
                None => crate::domain::text::clean(&source.name).into_owned(),
            }),
            chosen: false,
        });
    let entries = entries.collect();
    let purpose = Purpose::Logs(sources.to_vec());
    model.show(Overlay::Choice(Choice::new(
        "Which logs? (space: several)",
        purpose,
        entries,
    )));
}

/// Reads these groups in the viewer that is open.
pub fn begin(model: &mut Model, sources: Vec<Source>) -> Effects {
    let Some(viewer) = model.logs.viewer.as_deref_mut() else {
        return Effects::new();
    };
    viewer.stage = Stage::Reading;
    viewer.wanted.groups = Groups::Chosen(sources);
    vec![Effect::ReadLogs(
        viewer.number,
        Box::new(viewer.wanted.clone()),
    )]
}

/// Reads one group, from a little before now on.
pub fn of_group(model: &mut Model, group: Source) -> Effects {
    let number = model.logs.number();
    let what = Arc::from(crate::domain::text::clean(&group.name));
    let wanted = Wanted {
        groups: Groups::Chosen(vec![group]),
        pattern: None,
        since: model.now.minus(USUAL),
        until: None,
        live: false,
    };
    let viewer = Viewer::new(number, what, wanted.clone(), Limit::default());
    let mut effects = show(model, viewer);
    effects.push(Effect::ReadLogs(number, Box::new(wanted)));
    effects
}

/// Reads groups by name: `tail /aws/lambda/pay /var/log/* 2h live`, `tail /app/* 13:10`.
pub fn tail(model: &mut Model, action: &Action) -> Effects {
    let mut since = model.now.minus(USUAL);
    let (mut names, mut live) = (Vec::new(), false);
    for word in action.argument.split_whitespace() {
        match (word, moment(word, model.now, &TimeZone::UTC)) {
            ("live", _) => live = true,
            (_, Ok(at)) => since = at,
            _ => names.push(Arc::from(word)),
        }
    }
    if names.is_empty() {
        return super::super::palette::ask(model, "log.tail");
    }
    let number = model.logs.number();
    let what: Vec<&str> = names.iter().map(|name: &Arc<str>| &**name).collect();
    let what = Arc::from(what.join(" "));
    let wanted = Wanted {
        groups: Groups::Named(names),
        pattern: None,
        since,
        until: None,
        live,
    };
    let viewer = Viewer::new(number, what, wanted.clone(), Limit::default());
    let mut effects = show(model, viewer);
    effects.push(Effect::ReadLogs(number, Box::new(wanted)));
    effects
}

/// The operator comes to the pane: what was closed because nobody looked is read again from where it stopped.
pub fn enter(model: &mut Model) -> Effects {
    let now = model.now;
    let number = model.logs.number();
    let Some(viewer) = model.logs.viewer.as_deref_mut() else {
        return Effects::new();
    };
    if viewer.stage != Stage::Resting {
        return Effects::new();
    }
    reopen(viewer, number, "it is looked at again", now)
}

/// The operator leaves the pane: Live Tail is billed by the minute, so it ends.
pub fn leave(model: &mut Model) -> Effects {
    let Some(viewer) = model.logs.viewer.as_deref_mut() else {
        return Effects::new();
    };
    if !viewer.wanted.live || viewer.stage != Stage::Reading {
        return Effects::new();
    }
    viewer.stage = Stage::Resting;
    vec![Effect::CloseLogs]
}

/// Reads on from the newest line, under another number: what still comes of the reading before is not heard any more.
pub fn reopen(viewer: &mut Viewer, number: u64, why: &str, now: clock::Timestamp) -> Effects {
    let newest = viewer.newest();
    if let Some(newest) = newest {
        viewer.wanted.since = newest.plus(Duration::from_millis(1));
        viewer.seam(newest, why);
    }
    viewer.number = number;
    viewer.stage = Stage::Reading;
    viewer.standing.clear();
    let mut wanted = viewer.wanted.clone();
    wanted.since = wanted.since.min(now);
    vec![Effect::ReadLogs(number, Box::new(wanted))]
}
