//! Reading a log: following, looking for something, showing less or more of it, taking lines out of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::text::count;
use crate::logs::sieve::Pattern;
use crate::logs::view::Direction;
use crate::logs::when::moment;
use crate::logs::{Key, Level};
use crate::model::input::InputLine;
use crate::model::logs::{Goal, LineFor, Search, Stage, Typing, Viewer};
use crate::model::{Action, Effect, Effects, Model, Tone};

use super::open;
use super::viewer;

/// How much earlier one key reads.
const EARLIER: Duration = Duration::from_secs(10 * 60);
/// Columns that one key shifts long lines by.
const SHIFT: usize = 16;

/// Does something with the viewer, where there is one.
fn with(model: &mut Model, act: impl FnOnce(&mut Viewer) -> Option<String>) -> Effects {
    if let Some(viewer) = viewer(model)
        && let Some(said) = act(viewer)
    {
        model.say(Tone::Done, said);
    }
    Effects::new()
}

pub fn follow(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        if viewer.follow {
            viewer.follow = false;
            Some("Paused: lines go on coming and are kept.".to_owned())
        } else {
            viewer.follow_on();
            None
        }
    })
}

pub fn wrap(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.wrap = !viewer.wrap;
        viewer.shift = 0;
        None
    })
}

pub fn pretty(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.pretty = !viewer.pretty;
        None
    })
}

pub fn bars(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.bars = !viewer.bars;
        None
    })
}

pub fn unfold(model: &mut Model, _: &Action) -> Effects {
    if viewer(model).is_some_and(|viewer| viewer.stage == Stage::Choosing) {
        open::choose(model);
        return Effects::new();
    }
    with(model, |viewer| {
        let key = viewer.cursor?;
        if !viewer.unfolded.remove(&key) {
            viewer.unfolded.insert(key);
            viewer.follow = false;
        }
        None
    })
}

pub fn shift_left(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.shift = viewer.shift.saturating_sub(SHIFT);
        None
    })
}

pub fn shift_right(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.shift = viewer.shift.saturating_add(SHIFT).min(1 << 20);
        None
    })
}

/// One step less is shown: everything, warnings, errors.
pub fn floor(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.floor = match viewer.floor {
            Level::Unknown | Level::Trace | Level::Debug => Level::Info,
            Level::Info => Level::Warn,
            Level::Warn => Level::Error,
            Level::Error | Level::Fatal => Level::Unknown,
        };
        viewer.sift();
        Some(match viewer.floor {
            Level::Unknown => "Lines of every level.".to_owned(),
            floor => format!("Only lines that say {} or worse.", floor.word()),
        })
    })
}

/// Only lines that match what is looked for, or all again.
pub fn only(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        if viewer.search.is_none() {
            return Some("Nothing is looked for yet: / first.".to_owned());
        }
        viewer.only = !viewer.only;
        viewer.sift();
        None
    })
}

fn seek(model: &mut Model, goal: Goal, direction: Direction) -> Effects {
    with(model, |viewer| {
        if goal == Goal::Match && viewer.search.is_none() {
            return Some("Nothing is looked for yet: / first.".to_owned());
        }
        viewer.seek(goal, direction);
        None
    })
}

pub fn next_match(model: &mut Model, _: &Action) -> Effects {
    seek(model, Goal::Match, Direction::On)
}

pub fn previous_match(model: &mut Model, _: &Action) -> Effects {
    seek(model, Goal::Match, Direction::Back)
}

pub fn next_error(model: &mut Model, _: &Action) -> Effects {
    seek(model, Goal::Error, Direction::On)
}

pub fn previous_error(model: &mut Model, _: &Action) -> Effects {
    seek(model, Goal::Error, Direction::Back)
}

pub fn next_bookmark(model: &mut Model, _: &Action) -> Effects {
    seek(model, Goal::Bookmark, Direction::On)
}

pub fn bookmark(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        let key = viewer.cursor?;
        if !viewer.bookmarks.remove(&key) {
            viewer.bookmarks.insert(key);
        }
        None
    })
}

/// Begins a range of lines, or ends it.
pub fn range(model: &mut Model, _: &Action) -> Effects {
    with(model, |viewer| {
        viewer.anchor = match viewer.anchor {
            Some(_) => None,
            None => viewer.cursor,
        };
        viewer.follow = false;
        None
    })
}

/// Pushed instead of polled, or the other way round.
pub fn live(model: &mut Model, _: &Action) -> Effects {
    let (now, number) = (model.now, model.logs.number());
    let Some(viewer) = viewer(model).filter(|viewer| viewer.stage == Stage::Reading) else {
        return Effects::new();
    };
    viewer.wanted.live = !viewer.wanted.live;
    let (why, said) = if viewer.wanted.live {
        (
            "Live Tail from here on",
            "Live Tail: AWS bills it by the minute. It ends when you leave the pane.",
        )
    } else {
        ("polled from here on", "Polled every two seconds.")
    };
    let effects = open::reopen(viewer, number, why, now);
    model.say(Tone::Done, said);
    effects
}

/// Reads what was written earlier as well.
pub fn older(model: &mut Model, _: &Action) -> Effects {
    let number = model.logs.number();
    let Some(viewer) = viewer(model).filter(|viewer| viewer.stage == Stage::Reading) else {
        return Effects::new();
    };
    // Everything is read again from the earlier moment on: what is late in between is found by that as well.
    let since = viewer.wanted.since;
    let first = viewer.buffer.get(0).map_or(since, |line| line.key.at);
    viewer.wanted.since = since.min(first).minus(EARLIER);
    viewer.begin_again(number);
    let wanted = viewer.wanted.clone();
    model.say(Tone::Done, format!("Read again, from {} on.", wanted.since));
    vec![Effect::ReadLogs(number, Box::new(wanted))]
}

/// Reads on to what is written now, where the reading had an end.
pub fn newer(model: &mut Model, _: &Action) -> Effects {
    let (now, number) = (model.now, model.logs.number());
    let Some(viewer) = viewer(model).filter(|viewer| viewer.stage == Stage::Reading) else {
        return Effects::new();
    };
    if viewer.wanted.until.take().is_none() {
        model.say(Tone::Refused, "What is written now is read already.");
        return Effects::new();
    }
    open::reopen(viewer, number, "read on from here", now)
}

/// Copies the lines of the range, or the one under the cursor.
pub fn copy(model: &mut Model, _: &Action) -> Effects {
    let Some(viewer) = viewer(model) else {
        return Effects::new();
    };
    let lines = viewer.selected();
    let texts: Vec<_> = lines
        .iter()
        .map(|line| String::from_utf8_lossy(line.text))
        .collect();
    let text = texts.join("\n");
    let said = format!("Copied {}.", count(lines.len(), "line"));
    viewer.anchor = None;
    if text.is_empty() {
        return Effects::new();
    }
    model.say(Tone::Done, said);
    vec![Effect::Copy(text)]
}

/// Saves the lines of the range, or all that are shown.
pub fn save(model: &mut Model, _: &Action) -> Effects {
    let now = model.now;
    let Some(viewer) = viewer(model) else {
        return Effects::new();
    };
    if viewer.is_empty() {
        model.say(Tone::Refused, "There are no lines to save.");
        return Effects::new();
    }
    let extract = viewer.extract();
    viewer.anchor = None;
    let when = now.to_jiff().strftime("%Y%m%dT%H%M%SZ");
    vec![Effect::SaveLog {
        name: Arc::from(format!("noctop-logs-{when}.txt")),
        extract: Box::new(extract),
    }]
}

fn ask(model: &mut Model, purpose: LineFor, text: &str) -> Effects {
    if viewer(model).is_some() {
        let mut line = InputLine::default();
        line.set(text);
        model.logs.typing = Some(Typing {
            purpose,
            line,
            error: None,
        });
    }
    Effects::new()
}

pub fn search(model: &mut Model, _: &Action) -> Effects {
    ask(model, LineFor::Search, "")
}

pub fn time(model: &mut Model, _: &Action) -> Effects {
    ask(model, LineFor::Time, "")
}

/// Asks for the filter pattern that CloudWatch Logs keeps to.
pub fn pattern(model: &mut Model, _: &Action) -> Effects {
    let Some(viewer) = viewer(model).filter(|viewer| viewer.stage == Stage::Reading) else {
        return Effects::new();
    };
    let set = viewer.wanted.pattern.clone();
    ask(model, LineFor::Pattern, set.as_deref().unwrap_or_default())
}

/// What is wrong with the line as it stands.
pub fn typed(model: &mut Model) {
    let now = model.now;
    let Some(typing) = &mut model.logs.typing else {
        return;
    };
    let text = typing.line.text();
    typing.error = match typing.purpose {
        LineFor::Search => Pattern::typed(text).err().map(Arc::from),
        // What a filter pattern means only CloudWatch Logs knows.
        LineFor::Rows | LineFor::Pattern => None,
        LineFor::Time if text.trim().is_empty() => None,
        LineFor::Time => moment(text, now, &TimeZone::UTC).err().map(Arc::from),
    };
}

/// The line is done.
pub fn submit(model: &mut Model) -> Effects {
    typed(model);
    let now = model.now;
    if model
        .logs
        .typing
        .as_ref()
        .is_none_or(|typing| typing.error.is_some())
    {
        return Effects::new();
    }
    let Some(typing) = model.logs.typing.take() else {
        return Effects::new();
    };
    let text = typing.line.text().to_owned();
    if typing.purpose == LineFor::Rows {
        super::super::query::filtered(model, &text);
        return Effects::new();
    }
    let number = model.logs.number();
    let Some(viewer) = model.logs.viewer.as_deref_mut() else {
        return Effects::new();
    };
    match typing.purpose {
        // Meanwhile the log may have become another one.
        LineFor::Pattern if viewer.stage != Stage::Reading => {}
        LineFor::Pattern => {
            let pattern = Some(text.trim()).filter(|text| !text.is_empty());
            viewer.wanted.pattern = pattern.map(Arc::from);
            viewer.begin_again(number);
            viewer.follow = viewer.wanted.until.is_none();
            return vec![Effect::ReadLogs(number, Box::new(viewer.wanted.clone()))];
        }
        LineFor::Search => {
            let was_only = std::mem::take(&mut viewer.only);
            viewer.search = match Pattern::typed(&text) {
                Ok(pattern) if !text.is_empty() => Some(Search {
                    text: Arc::from(text),
                    pattern,
                }),
                _ => None,
            };
            if was_only {
                viewer.only = viewer.search.is_some();
                viewer.sift();
            }
            if viewer.search.is_some() && !viewer.only {
                // Whoever follows looks back from the end; whoever reads looks on.
                let direction = if viewer.follow {
                    Direction::Back
                } else {
                    Direction::On
                };
                viewer.seek(Goal::Match, direction);
            }
        }
        LineFor::Rows => {}
        LineFor::Time => {
            if let Ok(at) = moment(&text, now, &TimeZone::UTC) {
                viewer.follow = false;
                let key = Key { at, seq: 0 };
                let index = viewer.view.before(&viewer.buffer, key);
                viewer.go(index);
            }
        }
    }
    Effects::new()
}

/// One step out of what is being done in the viewer; whether there was one.
pub fn step_out(model: &mut Model) -> bool {
    if model.logs.typing.take().is_some() {
        return true;
    }
    let Some(viewer) = viewer(model) else {
        return false;
    };
    if viewer.seeking.take().is_some() || viewer.anchor.take().is_some() {
        return true;
    }
    if viewer.only || viewer.floor != Level::Unknown {
        viewer.only = false;
        viewer.floor = Level::Unknown;
        viewer.sift();
        return true;
    }
    viewer.search.take().is_some()
}
