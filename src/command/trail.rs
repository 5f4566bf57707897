//! Who changed it: what CloudTrail tells about the resource of a row, around the time at which it changed.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::trail::LATE;
use crate::domain::{Detail, Item, Region, Scope};
use crate::logs::writer;
use crate::model::page::Page;
use crate::model::trail::{Asking, Told};
use crate::model::{Action, Effect, Effects, Model, Overlay, RowKey, Tone};
use crate::panes::fact;

/// How long before something began its changes are worth knowing.
const BEFORE: Duration = Duration::from_secs(2 * 3_600);
/// And how long after.
const AFTER: Duration = Duration::from_secs(3_600);

/// Asks who changed the resource of the row under the cursor.
pub fn of_row(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Item(key)) = &action.target else {
        return Effects::new();
    };
    let now = model.now;
    let Some((what, asking)) = model.row(key).map(|row| {
        let item = row.item();
        let what = fact::what(item);
        let asking = asking(item, Arc::from(format!("Who changed {what}")), now);
        (what, asking)
    }) else {
        return Effects::new();
    };
    if asking.names.is_empty() {
        model.say(
            Tone::Refused,
            format!("{what} names no resource that CloudTrail could be asked about."),
        );
        return Effects::new();
    }
    ask(model, asking)
}

/// Asks who changed what writes the line of the log that the reader is on.
pub fn of_log(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    let Some(asking) = super::log::viewer(model).and_then(|viewer| {
        let line = viewer.line(viewer.index)?;
        let (group, stream) = viewer.origins.get(line.origin)?;
        let names = writer::names(&group.name, stream);
        Some(Asking {
            title: Arc::from(format!("Who changed {}", names.first()?)),
            scope: group.scope,
            names: names.into_iter().map(Arc::from).collect(),
            from: line.key.at.minus(BEFORE),
            to: line.key.at.plus(AFTER).min(now),
            began: line.key.at,
            what: "the line was written",
        })
    }) else {
        return Effects::new();
    };
    ask(model, asking)
}

/// Asks, with a page for the answer.
fn ask(model: &mut Model, asking: Asking) -> Effects {
    let now = model.now;
    let number = model.trail.begin(asking.clone());
    model.show(Overlay::Page(Page {
        title: Arc::clone(&asking.title),
        lines: vec![
            Arc::from(heading(model, &asking)),
            Arc::from(""),
            Arc::from("CloudTrail is asked …"),
        ],
        whole: None,
        file: Arc::from(format!(
            "noctop-trail-{}.txt",
            now.to_jiff().strftime("%Y%m%dT%H%M%SZ")
        )),
        scroll: 0,
    }));
    vec![Effect::LookUpTrail(number, Box::new(asking))]
}

fn asking(item: &Item, title: Arc<str>, now: Timestamp) -> Asking {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut scope = item.key.scope;
    if let Detail::Alarm(alarm) = &item.detail {
        // What is a class, a path or a stage names nothing that somebody changes.
        let plain = [
            "path",
            "fstype",
            "device",
            "Stage",
            "ClusterName",
            "Service",
        ];
        let dimensions = alarm
            .dimensions
            .iter()
            .filter(|(name, _)| !plain.contains(&&**name));
        names.extend(dimensions.map(|(_, value)| Arc::clone(value)));
    } else if let Some(resource) = &item.resource {
        if resource.split(':').nth(2) == Some("iam") {
            scope = home(scope);
        }
        let last = resource.rsplit(['/', ':']).next().unwrap_or(resource);
        names.push(Arc::from(last));
        if last != &**resource {
            names.push(Arc::clone(resource));
        }
    }
    names.dedup();
    names.truncate(3);
    Asking {
        title,
        scope,
        names,
        from: item.opened.minus(BEFORE),
        to: item.opened.plus(AFTER).min(now),
        began: item.opened,
        what: "it began",
    }
}

/// Where events of global services are recorded.
fn home(scope: Scope) -> Scope {
    let region = match scope.region.partition() {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    };
    Scope {
        region: region.parse::<Region>().unwrap_or(scope.region),
        ..scope
    }
}

fn heading(model: &Model, asking: &Asking) -> String {
    let (from, to) = (
        fact::clock(asking.from, model.now),
        fact::clock(asking.to, model.now),
    );
    format!(
        "{} in {} {}, from {from} to {to}",
        asking.names.join(", "),
        model.roster().name(asking.scope.account),
        asking.scope.region
    )
}

/// CloudTrail has answered. Where nobody reads the page any more, it is not asked again.
pub fn told(model: &mut Model, told: Told) -> Effects {
    let Some(asking) = model.trail.of(told.number).cloned() else {
        return Effects::new();
    };
    let is_read = matches!(&model.overlay, Some(Overlay::Page(page)) if page.title == asking.title);
    if !is_read {
        return vec![Effect::CloseTrail];
    }
    let now = model.now;
    let mut lines = vec![heading(model, &asking), String::new()];
    match &told.deeds {
        Err(fault) => lines.push(format!("It could not be read. {fault}")),
        Ok(deeds) => {
            let mut began = Some(asking.began);
            let ruler = || format!("── {} {} ──", fact::clock(asking.began, now), asking.what);
            for deed in deeds {
                if began.is_some_and(|at| at < deed.at) {
                    began = None;
                    lines.push(ruler());
                }
                let at = deed.at.to_jiff().strftime("%b %d %H:%M:%SZ");
                let from = deed
                    .from
                    .as_deref()
                    .map_or_else(String::new, |from| format!(" from {from}"));
                let agent = deed
                    .agent
                    .as_deref()
                    .map_or_else(String::new, |agent| format!(" with {agent}"));
                lines.push(format!(
                    "{at}  {}  {}  {}{from}{agent}",
                    deed.who, deed.what, deed.service
                ));
                if let Some(identity) = &deed.identity {
                    lines.push(format!("    as {identity}"));
                }
                if let Some(error) = &deed.error {
                    lines.push(format!("    refused: {error}"));
                }
            }
            if began.is_some() && !deeds.is_empty() {
                lines.push(ruler());
            }
            // What is later than that CloudTrail may still tell.
            let certain = told.asked.minus(LATE);
            let up_to = fact::clock(certain.min(asking.to), now);
            if deeds.is_empty() {
                lines.push(format!("Nothing is recorded up to {up_to}."));
            }
            if certain < asking.to {
                lines.push(String::new());
                lines.push(format!(
                    "CloudTrail tells about fifteen minutes late: what happened after {up_to} may not be there yet. It is asked again every minute."
                ));
            }
        }
    }
    if let Some(Overlay::Page(page)) = &mut model.overlay {
        page.whole = Some(Arc::from(lines.join("\n")));
        page.lines = lines.into_iter().map(Arc::from).collect();
    }
    Effects::new()
}
