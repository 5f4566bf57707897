//! What became of changes in AWS: of each part as it comes, told as a whole when the last has come.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::audit::Result as Became;
use crate::aws::ops::Order;
use crate::aws::ops::guardduty::Way;
use crate::aws::ops::look::Closed;
use crate::aws::ops::read_first::ReadFirst;
use crate::domain::text::plural;
use crate::domain::{Feed, ItemKey, Scope, SourceId};
use crate::keymap::Layer;
use crate::model::change::{Asked, Came, Part, UnderWay, worst};
use crate::model::form::Results;
use crate::model::{Effect, Effects, Model, Overlay, Tone, Undo};
use crate::panes::fact;

/// Takes in what became of one part of a request.
pub(super) fn came(model: &mut Model, came: Came) -> Effects {
    let Some(under_way) = model.changing.under_way.get_mut(&came.id) else {
        return Effects::new();
    };
    if let Some(place) = under_way.came.get_mut(came.part) {
        *place = Some(came.outcome);
    }
    let (answered, all) = (under_way.answered(), under_way.came.len());
    if answered < all {
        let what = Arc::clone(&under_way.request.what);
        model.say(
            Tone::Done,
            format!("{what}: {answered} of {all} calls answered."),
        );
        return Effects::new();
    }
    match model.changing.under_way.remove(&came.id) {
        Some(whole) => told(model, whole),
        None => Effects::new(),
    }
}

/// What became of one item.
struct Line {
    key: ItemKey,
    name: Arc<str>,
    said: Arc<str>,
    result: Became,
    /// The word in which the service will show it.
    word: &'static str,
}

/// One line for each item: the worst where several orders were about it.
fn worst_each(lines: Vec<Line>) -> Vec<Line> {
    let mut places: HashMap<ItemKey, usize> = HashMap::new();
    let mut each: Vec<Line> = Vec::new();
    for line in lines {
        match places.get(&line.key).and_then(|at| each.get_mut(*at)) {
            Some(known) if known.result < line.result => *known = line,
            Some(_) => {}
            None => {
                places.insert(line.key.clone(), each.len());
                each.push(line);
            }
        }
    }
    each
}

fn told(model: &mut Model, whole: UnderWay) -> Effects {
    let request = whole.request;
    let mut lines = Vec::new();
    let mut unwritten = None;
    for (part, outcome) in request.parts.iter().zip(whole.came) {
        let Some(outcome) = outcome else { continue };
        if let Ok(done) = &outcome {
            unwritten = unwritten.or_else(|| done.unwritten.clone());
        }
        let word = shown_as(&part.order);
        for (key, result, said) in part.became(&outcome) {
            let name = model.row(&key).map_or_else(
                || Arc::clone(&key.id),
                |row| Arc::from(fact::what(row.item())),
            );
            lines.push(Line {
                key,
                name,
                said,
                result,
                word,
            });
        }
    }
    let lines = worst_each(lines);
    for line in &lines {
        let asked = Asked {
            what: Arc::clone(&request.what),
            at: model.now,
            by: Arc::clone(&model.acting.who.owner.operator),
            done: match line.result {
                Became::Ok => Some(true),
                Became::Refused | Became::Failed => Some(false),
                Became::Unknown => None,
            },
            word: Arc::from(line.word),
            said: Arc::clone(&line.said),
        };
        model.changing.remember(line.key.clone(), asked);
    }
    let done: HashSet<ItemKey> = lines
        .iter()
        .filter(|line| line.result == Became::Ok)
        .map(|line| line.key.clone())
        .collect();
    let undo: Vec<Part> = request
        .undo
        .iter()
        .filter_map(|part| part.only(&done))
        .collect();
    let can_undo = !undo.is_empty();
    model.acting.remember(Undo {
        what: Arc::clone(&request.what),
        verbs: Vec::new(),
        change: undo,
    });
    say(model, &request.what, lines, can_undo);
    if let Some(unwritten) = unwritten {
        model.say(Tone::Refused, unwritten.0);
    }
    match feeds(model, &request.parts) {
        // No feed would mean all of them.
        none if none.is_empty() => Effects::new(),
        feeds => vec![Effect::Refresh(feeds)],
    }
}

fn say(model: &mut Model, what: &Arc<str>, mut lines: Vec<Line>, can_undo: bool) {
    let not = lines
        .iter()
        .filter(|line| line.result != Became::Ok)
        .count();
    match lines.as_slice() {
        [] => {}
        [one] if not == 1 => {
            let text = format!("{}: {}", one.name, one.said);
            model.say(Tone::Refused, text);
        }
        many if not == 0 => {
            let undo = model
                .chords(&[Layer::List, Layer::Global], "triage.undo")
                .into_iter()
                .next()
                .filter(|_| can_undo)
                .map(|key| format!(" {key} takes it back."))
                .unwrap_or_default();
            let made = match many {
                [one] if !one.said.is_empty() => format!(" {}", one.said),
                _ => String::new(),
            };
            model.say(Tone::Done, format!("{what}.{made}{undo}"));
        }
        many => {
            let title = format!("{what}: {} done, {not} not", many.len() - not);
            // What was refused comes first: it is what is left to do.
            lines.sort_by_key(|line| line.result == Became::Ok);
            let lines = lines
                .into_iter()
                .map(|line| {
                    let is_done = line.result == Became::Ok;
                    let said = if is_done && line.said.is_empty() {
                        Arc::from("done")
                    } else {
                        line.said
                    };
                    (line.name, said, is_done)
                })
                .collect();
            if model.overlay.is_some() {
                // Somebody is in the middle of something: it is told, and stands in the details and the journal.
                model.say(Tone::Refused, title);
            } else {
                model.show(Overlay::Results(Results {
                    title: title.into(),
                    lines,
                    scroll: 0,
                }));
            }
        }
    }
}

/// The word in which the service will show what was asked; empty where it shows nothing.
const fn shown_as(order: &Order) -> &'static str {
    match order {
        Order::UpdateFindings(change) => change.workflow.word(),
        Order::UpdateOpsItem(change) => change.status.word(),
        Order::ResolveCase(_) => "resolved",
        #[cfg(feature = "incidentmanager")]
        Order::ResolveIncident(_) => "RESOLVED",
        Order::ArchiveFindings(change) => match change.way {
            Way::Archive => "ARCHIVED",
            Way::Unarchive => "",
        },
        _ => "",
    }
}

/// The source in which something that is made will appear, or from which it goes, where that is not the item's own.
const fn appears_in(order: &Order) -> Option<SourceId> {
    match order {
        Order::CreateOpsItem(_) => Some(SourceId::Opsitems),
        Order::StartBackup(_) | Order::StartCopy(_) => Some(SourceId::Backup),
        Order::ReadFirst(ReadFirst::Backup(_) | ReadFirst::Copy(_)) => Some(SourceId::Backup),
        #[cfg(feature = "config")]
        Order::ReadFirst(ReadFirst::Remedy(_)) => None,
        Order::PutMute(_) | Order::DeleteMute(_) => Some(SourceId::Mutes),
        _ => None,
    }
}

/// The feeds that know these items, and those where what was made will appear: they are asked at once.
fn feeds(model: &Model, parts: &[Part]) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = parts
        .iter()
        .flat_map(|part| &part.items)
        .filter_map(|key| model.store.find(key))
        .flat_map(|id| model.store.feeds_of(id).collect::<Vec<_>>())
        .collect();
    let made: Vec<(SourceId, Scope)> = parts
        .iter()
        .filter_map(|part| Some((appears_in(&part.order)?, part.scope)))
        .collect();
    if !made.is_empty() {
        let all = model.store.feed_states(model.now).map(|(feed, _)| feed);
        feeds.extend(all.filter(|feed| made.contains(&(feed.source, feed.vantage))));
    }
    feeds.sort_unstable();
    feeds.dedup();
    feeds
}

/// Tells what became of changes that earlier consoles left without an outcome.
pub(super) fn closed(model: &mut Model, closed: &[Closed]) {
    let lines: Vec<(Arc<str>, Arc<str>, bool)> = closed
        .iter()
        .map(|closed| {
            let name = format!(
                "{} {} ({})",
                closed.open.record.text("verb"),
                closed.open.record.text("item"),
                closed.open.operator()
            );
            match &closed.receipt {
                Ok(receipt) => {
                    let (result, said) = worst(receipt);
                    let said = if said.is_empty() {
                        Arc::from(result.word())
                    } else {
                        said
                    };
                    (name.into(), said, result == Became::Ok)
                }
                Err(why) => (name.into(), Arc::from(why.as_str()), false),
            }
        })
        .collect();
    let title = format!(
        "{} change{} of an earlier noctop had no outcome; this is what became of them",
        lines.len(),
        plural(lines.len())
    );
    if model.overlay.is_some() {
        model.say(
            Tone::Refused,
            format!("{title}: `noctop audit list` has it."),
        );
    } else {
        model.show(Overlay::Results(Results {
            title: title.into(),
            lines,
            scroll: 0,
        }));
    }
}
