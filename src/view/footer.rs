//! The last line: the keys that matter here, the line being typed, or a message.

use std::time::Duration;

use crate::command;
use crate::keymap::{Leads, Lookup};
use crate::model::logs::{LineFor, Typing};
use crate::model::{Area, Hit, Model, Overlay, Toast, Tone, fit};
use crate::panes::Cut;
use crate::theme::Role;

use super::CursorAt;
use super::paint::{Paint, Span, span, spans_width};

/// What is worth a hint in lists, most useful first; what is not bound or does not apply is left out.
const IN_LISTS: &[&str] = &[
    "map.enter",
    "row.details",
    "fold.toggle",
    "triage.acknowledge",
    "row.logs",
    "filter.open",
    "sort.choose",
    "row.raw",
    "mark.toggle",
    "floor.choose",
    "account.choose",
    "feed.refresh",
    "row.open-link",
    "row.copy-arn",
    "view.freeze",
];
/// What is always there, at the right.
const ALWAYS: &[&str] = &["palette.open", "help.open"];
/// What is worth a hint where text is read.
const IN_TEXT: &[(&str, &str)] = &[
    ("app.back", "back"),
    ("row.next", "down"),
    ("row.previous", "up"),
    ("row.page-down", "page down"),
    ("row.first", "top"),
    ("row.last", "end"),
    ("row.raw", "raw JSON"),
    ("fold.toggle", "unfold"),
];
/// What is worth a hint in the log viewer.
const IN_LOGS: &[(&str, &str)] = &[
    ("app.back", "back"),
    ("log.follow", "follow"),
    ("log.search", "search"),
    ("log.next-match", "next"),
    ("log.only", "only these"),
    ("log.next-error", "next error"),
    ("log.level", "level"),
    ("log.unfold", "unfold"),
    ("log.time", "to time"),
    ("log.older", "earlier"),
    ("log.newer", "later"),
    ("log.range", "range"),
    ("log.copy", "copy"),
    ("log.save", "save"),
    ("log.live", "live"),
];
/// What is worth a hint where a query was asked.
const IN_QUERY: &[(&str, &str)] = &[
    ("query.write", "edit"),
    ("query.again", "again"),
    ("query.stop", "stop"),
    ("query.sort", "sort"),
    ("query.right", "column"),
    ("query.filter", "filter"),
    ("query.open", "whole row"),
    ("query.library", "library"),
    ("query.chart", "chart"),
    ("query.copy", "copy"),
    ("query.save", "save"),
];
/// What is worth a hint where a page of noctop's own is read.
const ON_PAGES: &[(&str, &str)] = &[
    ("app.back", "close"),
    ("page.copy", "copy"),
    ("page.save", "save"),
    ("row.next", "down"),
    ("row.previous", "up"),
    ("row.page-down", "page down"),
];

pub(super) fn draw(model: &Model, paint: &mut Paint<'_>, line: Area) -> CursorAt {
    if line.height == 0 {
        return None;
    }
    paint.ground(line, Role::Footer);
    if let Some(typing) = &model.logs.typing
        && model.overlay.is_none()
    {
        return Some(log_line(typing, paint, line));
    }
    if let Some(input) = &model.filtering {
        return Some(filter_line(input, paint, line));
    }
    if !model.chords.is_empty() {
        pending(model, paint, line);
        return None;
    }
    if let Some(toast) = &model.toast {
        message(toast, paint, line);
        return None;
    }
    hints(model, paint, line);
    None
}

/// Shows a message; where it tells an address that is a link, since the line may be too short for it.
fn message(toast: &Toast, paint: &mut Paint<'_>, line: Area) {
    let role = match toast.tone {
        Tone::Done => Role::ToastInfo,
        Tone::Refused => Role::ToastWarning,
    };
    let (before, address) = match toast.text.find("https://") {
        Some(at) => toast.text.split_at(at),
        None => (&*toast.text, ""),
    };
    let x = paint.spans(line, &[span(" ", Role::Footer), span(before, role)]);
    let rest = Area::new(x, line.y, (line.x + line.width).saturating_sub(x), 1);
    let width = paint.fitted(x, line.y, address, Cut::End, role, rest.width);
    if width > 0 {
        paint.link(Area { width, ..rest }, address.to_owned());
    }
}

/// A key and what it does, and what a click on it means.
fn hint(
    model: &Model,
    name: &'static str,
    title: Option<&'static str>,
) -> Option<(Vec<Span<'static>>, Hit)> {
    let command = command::named(name)?;
    command
        .when
        .check(model, model.pane().cursor.as_ref())
        .ok()?;
    let chord = model
        .chords(command::layers(model), name)
        .into_iter()
        .next()?;
    Some((
        vec![
            span(chord, Role::FooterKey),
            span(format!(" {}", title.unwrap_or(command.title)), Role::Footer),
        ],
        Hit::Command(name, ""),
    ))
}

/// Where letters are typed, only these keys are not letters.
const IN_TYPED: &[(&str, &str)] = &[("enter", "choose"), ("esc", "back"), ("down up", "move")];

fn typed_hints(paint: &mut Paint<'_>, line: Area) {
    let mut spans = vec![span(" ", Role::Footer)];
    for (keys, title) in IN_TYPED {
        spans.push(span(*keys, Role::FooterKey));
        spans.push(span(format!(" {title}  "), Role::Footer));
    }
    paint.spans(line, &spans);
}

fn hints(model: &Model, paint: &mut Paint<'_>, line: Area) {
    match &model.overlay {
        Some(Overlay::Palette(_) | Overlay::Choice(_)) => return typed_hints(paint, line),
        // They name their keys themselves.
        Some(Overlay::Form(_) | Overlay::Confirm { .. }) => return,
        _ => {}
    }
    let hints: Vec<_> = if model.overlay.is_none() && command::log::is_shown(model) {
        let in_logs = IN_LOGS.iter();
        in_logs
            .filter_map(|(name, title)| hint(model, name, Some(title)))
            .collect()
    } else if model.overlay.is_none() && command::query::is_shown(model) {
        let in_query = IN_QUERY.iter();
        in_query
            .filter_map(|(name, title)| hint(model, name, Some(title)))
            .collect()
    } else if command::reads_text(model) {
        let in_text = match &model.overlay {
            Some(Overlay::Page(_)) => ON_PAGES.iter(),
            _ => IN_TEXT.iter(),
        };
        in_text
            .filter_map(|(name, title)| hint(model, name, Some(title)))
            .collect()
    } else {
        let in_lists = IN_LISTS.iter();
        in_lists
            .filter_map(|name| hint(model, name, None))
            .collect()
    };
    let mut right = relief(model);
    let mut hits = Vec::new();
    for (hint, hit) in ALWAYS.iter().filter_map(|name| hint(model, name, None)) {
        hits.push((spans_width(&right), spans_width(&hint), hit));
        right.extend(hint);
        right.push(span("  ", Role::Footer));
    }
    let from = paint.spans_right(line, &right);
    for (at, width, hit) in hits {
        paint.hit(Area::new(from + at, line.y, width, 1), hit);
    }
    let mut x = line.x + 1;
    for (hint, hit) in hints {
        let width = spans_width(&hint);
        if x + width + 2 > from {
            break;
        }
        let area = Area::new(x, line.y, width, 1);
        paint.spans(area, &hint);
        paint.hit(area, hit);
        x += width + 2;
    }
}

/// How long before its end a shift is counted down: time enough to write a handover.
const RELIEF: Duration = Duration::from_secs(30 * 60);

/// When the shift ends, in its last half hour.
fn relief(model: &Model) -> Vec<Span<'static>> {
    let Some(duty) = &model.acting.shift else {
        return Vec::new();
    };
    let left = duty.until.since(model.now);
    if left.is_zero() || left > RELIEF {
        return Vec::new();
    }
    // In whole minutes, the last one begun counted as one: a number that changes every second is no calm sight.
    let minutes = left.as_secs().div_ceil(60);
    vec![span(
        format!("{} ends in {minutes}m  ", fit::end(&duty.name, 20)),
        Role::TextDim,
    )]
}

/// The unfinished sequence and how it can go on.
fn pending(model: &Model, paint: &mut Paint<'_>, line: Area) {
    let typed: Vec<String> = model.chords.iter().map(ToString::to_string).collect();
    let mut spans = vec![span(format!(" {} ", typed.join(" ")), Role::FooterKey)];
    if let Lookup::Prefix(next) = model.keymap.lookup(command::layers(model), &model.chords) {
        for continuation in next {
            let title = match continuation.leads {
                Leads::To(binding) if !binding.args.is_empty() => binding.args.to_string(),
                Leads::To(binding) => command::named(&binding.command)
                    .map_or_else(|| binding.to_string(), |c| c.title.to_owned()),
                Leads::Further(count) => format!("+{count}"),
            };
            spans.push(span(
                continuation.chord.label(model.session.ascii),
                Role::FooterKey,
            ));
            spans.push(span(format!(" {title}  "), Role::Footer));
        }
    }
    paint.spans(line, &spans);
}

/// A line that is typed for the log viewer.
fn log_line(typing: &Typing, paint: &mut Paint<'_>, line: Area) -> (u16, u16) {
    let (prompt, help) = match typing.purpose {
        LineFor::Search => (" / ", "enter looks for it  /regular expression/"),
        LineFor::Time => (" to ", "enter goes there  13:10 or 20m"),
        LineFor::Pattern => (
            " | ",
            "enter reads only what matches at CloudWatch  ERROR -health  { $.status >= 500 }",
        ),
        LineFor::Rows => (" / ", "enter shows only rows with this text"),
    };
    let mut spans = vec![
        span(prompt, Role::InputPrompt),
        span(typing.line.text().to_owned(), Role::Input),
    ];
    spans.push(match &typing.error {
        Some(why) => span(format!("   {why}"), Role::ToastWarning),
        None => span(format!("   {help}"), Role::InputGhost),
    });
    paint.spans(line, &spans);
    let column = typing.line.column() + prompt.len();
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    (column.min(line.width.saturating_sub(1)), line.y)
}

fn filter_line(input: &crate::model::FilterInput, paint: &mut Paint<'_>, line: Area) -> (u16, u16) {
    let prompt = " / ";
    let text = input.line.text();
    let mut spans = vec![span(prompt, Role::InputPrompt)];
    match &input.error {
        Some((at, _)) => {
            let (from, to) = (at.start.min(text.len()), at.end.min(text.len()));
            spans.push(span(text[..from].to_owned(), Role::Input));
            spans.push(span(text[from..to].to_owned(), Role::InputError));
            spans.push(span(text[to..].to_owned(), Role::Input));
        }
        None => spans.push(span(text.to_owned(), Role::Input)),
    }
    let column = u16::try_from(input.line.column())
        .unwrap_or(u16::MAX)
        .saturating_add(3);
    match &input.error {
        Some((_, why)) => spans.push(span(format!("   {why}"), Role::ToastWarning)),
        None if !input.completion.candidates.is_empty() => {
            spans.push(span(
                format!("   {}", input.completion.candidates.join("  ")),
                Role::InputGhost,
            ));
        }
        None => spans.push(span(
            "   enter keeps  esc undoes  tab completes",
            Role::InputGhost,
        )),
    }
    paint.spans(line, &spans);
    (column.min(line.width.saturating_sub(1)), line.y)
}
