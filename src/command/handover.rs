//! The handover in the console: asked for, gathered, read, copied and saved.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{self, Timestamp};
use crate::handover::{Format, Gathered, SHOWN, compose};
use crate::history::watch::Span;
use crate::model::page::Page;
use crate::model::{Action, Effect, Effects, Gathering, Model, Overlay, Reach, Tone};

/// Where nothing is said and no shifts are configured.
const USUAL: Duration = Duration::from_secs(8 * 3_600);

pub(super) fn show(model: &mut Model, action: &Action) -> Effects {
    let now = model.now;
    let duty = model.acting.shifts().begun(now);
    let (window, shift) = match (action.argument.trim(), duty) {
        ("" | "shift", Some(duty)) => (
            Span {
                from: duty.from,
                until: duty.until.min(now),
            },
            Some(duty.name),
        ),
        ("shift", None) => {
            model.say(
                Tone::Refused,
                "No shifts are configured; say a time, such as `handover 8h`.",
            );
            return Effects::new();
        }
        (said, _) => {
            let since = if said.is_empty() {
                Some(USUAL)
            } else {
                clock::span(said)
            };
            let Some(since) = since else {
                model.say(
                    Tone::Refused,
                    format!("`{said}` is no time: `handover 8h`, or `handover shift`."),
                );
                return Effects::new();
            };
            let from = now.minus(since);
            (Span { from, until: now }, None)
        }
    };
    model.show(Overlay::Page(Page {
        title: "Handover".into(),
        lines: vec!["Reading the journal and the history.".into()],
        whole: None,
        file: "".into(),
        scroll: 0,
    }));
    vec![Effect::Gather { window, shift }]
}

/// Puts what was gathered on the page, if somebody still waits for it.
pub fn take_in(model: &mut Model, gathering: &Gathering) {
    let waits = matches!(&model.overlay, Some(Overlay::Page(page)) if page.whole.is_none() && &*page.title == "Handover");
    if !waits {
        return;
    }
    let ledger: Option<Arc<str>> = match &model.acting.reach {
        Reach::Broken(why) => Some(Arc::clone(why)),
        Reach::Opening => Some("It is not open yet.".into()),
        Reach::Shared | Reach::Local | Reach::LocalOnly(_) => None,
    };
    let handover = compose(&Gathered {
        now: model.now,
        window: gathering.window,
        shift: gathering.shift.as_deref(),
        next: next(model),
        operator: &model.acting.who.owner.operator,
        store: &model.store,
        ledger: ledger.as_deref(),
        journal: gathering.journal.as_deref().map_err(AsRef::as_ref),
        history: gathering.history.as_ref().map_err(AsRef::as_ref),
        most: SHOWN,
    });
    let plain = handover.write(Format::Plain);
    let mut lines = plain.lines().map(Arc::from);
    let title = lines.next().unwrap_or_else(|| "Handover".into());
    let at = gathering.window.until.to_jiff();
    model.show(Overlay::Page(Page {
        title,
        // The line below the title is for those who have no frame around it.
        lines: lines.skip(1).collect(),
        whole: Some(handover.write(Format::Markdown).into()),
        file: at.strftime("handover-%Y-%m-%dT%H%MZ.md").to_string().into(),
        scroll: 0,
    }));
}

/// Until when the next shift lasts.
fn next(model: &Model) -> Timestamp {
    model
        .acting
        .shifts()
        .next(model.now)
        .map_or_else(|| model.now.plus(USUAL), |duty| duty.until)
}

/// The page that is open and complete, or why there is none.
fn page(model: &Model) -> Result<(Arc<str>, Arc<str>), &'static str> {
    match &model.overlay {
        Some(Overlay::Page(page)) => match &page.whole {
            Some(whole) => Ok((Arc::clone(whole), Arc::clone(&page.file))),
            None => Err("It is still being written."),
        },
        _ => Err("There is no page open that could be copied or saved."),
    }
}

pub(super) fn copy(model: &mut Model, _: &Action) -> Effects {
    match page(model) {
        Ok((whole, _)) => {
            model.say(
                Tone::Done,
                "Copied as Markdown to your own terminal's clipboard.",
            );
            vec![Effect::Copy(whole.to_string())]
        }
        Err(why) => {
            model.say(Tone::Refused, why);
            Effects::new()
        }
    }
}

pub(super) fn save(model: &mut Model, _: &Action) -> Effects {
    match page(model) {
        Ok((text, name)) => vec![Effect::Save { name, text }],
        Err(why) => {
            model.say(Tone::Refused, why);
            Effects::new()
        }
    }
}
