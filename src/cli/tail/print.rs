//! How lines are printed: as text for people, as JSON for machines, or as they were written.

use std::fmt::Write as _;

use clap::ValueEnum;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::text::clean;
use crate::logs::ink::harmless_char;
use crate::logs::shape::FlowFormat;
use crate::logs::{Event, Ink, Level, Mark, Origins, Piece, ansi, json, pretty, shape, trace};

use super::super::output::escaped;

/// How lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Time, origin and text.
    Text,
    /// One object with coverage, events and marks, at the end.
    Json,
    /// One object per line, as it comes.
    Jsonl,
    /// What was written and nothing else.
    Raw,
}

/// How text looks.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub format: Format,
    /// Whether colours are used.
    pub colour: bool,
    /// Whether a person looks at it: then endless lines are cut.
    pub terminal: bool,
    /// In which zone moments are shown; UTC where it is none.
    pub zone: Option<TimeZone>,
    /// Whether the stream stands in each line.
    pub streams: bool,
    /// Whether lines whose writer is known become columns.
    pub columns: bool,
    /// Whether JSON is laid out.
    pub pretty: bool,
    /// Whether only the first line of an event and of a stack trace is shown.
    pub fold: bool,
    /// The order of the fields of VPC flow logs.
    pub flow: FlowFormat,
}

/// The characters of a line that a terminal is shown. More is nothing that anybody reads there.
const SHOWN: usize = 8_000;

/// Prints into a buffer that the caller empties.
pub(super) struct Printer {
    look: Look,
    names: Vec<String>,
    widest: usize,
    out: String,
    /// Whether something stands in the list of events of [`Format::Json`].
    some: bool,
    marks: Vec<String>,
}

impl Printer {
    pub fn new(look: Look, origins: &Origins) -> Self {
        let names: Vec<String> = if origins.groups().len() > 1 {
            origins.short_names()
        } else {
            Vec::new()
        };
        let widest = names
            .iter()
            .map(|name| name.chars().count())
            .max()
            .unwrap_or(0);
        Self {
            look,
            names,
            widest: widest.min(48),
            out: String::new(),
            some: false,
            marks: Vec::new(),
        }
    }

    /// What was printed since the last time.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// What stands before the first event.
    pub fn begin(&mut self) {
        if self.look.format == Format::Json {
            self.out.push_str("{\n\"events\": [");
        }
    }

    /// What stands after the last event; `rest` are further members of the object.
    pub fn end(&mut self, rest: &serde_json::Map<String, serde_json::Value>) {
        if self.look.format != Format::Json {
            return;
        }
        let _ = write!(
            self.out,
            "{}],\n\"marks\": [{}]",
            if self.some { "\n" } else { "" },
            self.marks.join(", ")
        );
        for (name, value) in rest {
            let _ = write!(
                self.out,
                ",\n{}: {}",
                serde_json::Value::from(name.as_str()),
                escaped(value.to_string())
            );
        }
        self.out.push_str("\n}\n");
    }

    pub fn event(&mut self, origins: &Origins, event: &Event) {
        match self.look.format {
            Format::Text => self.text(origins, event),
            Format::Raw => self.raw(&event.text),
            Format::Jsonl => {
                let line = object(origins, event);
                self.out.push_str(&line);
                self.out.push('\n');
            }
            Format::Json => {
                let line = object(origins, event);
                self.out.push_str(if self.some { ",\n" } else { "\n" });
                self.out.push_str(&line);
                self.some = true;
            }
        }
    }

    /// Prints a mark; whether it stands between the lines. Where only the text is wanted it has to be said elsewhere.
    pub fn mark(&mut self, mark: &Mark) -> bool {
        let object = || {
            let value = serde_json::json!({
                "mark": mark.kind.word(),
                "timestamp": exact(mark.at),
                "seconds": mark.lasted.as_secs(),
                "message": clean(&mark.why),
            });
            escaped(value.to_string())
        };
        match self.look.format {
            Format::Text => {
                self.paint(
                    Ink::Mark,
                    &format!(
                        "--- {} {} ---",
                        self.moment(mark.at),
                        clean(&mark.to_string())
                    ),
                );
                self.out.push('\n');
            }
            Format::Jsonl => {
                self.out.push_str(&object());
                self.out.push('\n');
            }
            Format::Json => self.marks.push(object()),
            Format::Raw => return false,
        }
        true
    }

    /// What was written, byte by byte; to a terminal only what cannot harm it.
    fn raw(&mut self, text: &str) {
        if self.look.terminal {
            self.lines(text, |printer, line| printer.harmless(line));
        } else {
            self.out.push_str(text);
            if !text.ends_with('\n') {
                self.out.push('\n');
            }
        }
    }

    fn text(&mut self, origins: &Origins, event: &Event) {
        let bytes = event.text.as_bytes();
        if self.look.fold && trace::continues(bytes) {
            return;
        }
        let moment = self.moment(event.at);
        self.paint(Ink::Time, &moment);
        self.out.push(' ');
        if let Some((group, stream)) = origins.get(event.origin) {
            let number = origins
                .groups()
                .iter()
                .position(|other| std::ptr::eq(other, group));
            if let Some(name) = number.and_then(|number| self.names.get(number)).cloned() {
                self.paint(Ink::Origin(group.tint), &name);
                let blanks = self.widest.saturating_sub(name.chars().count()) + 1;
                self.out.extend(std::iter::repeat_n(' ', blanks));
            }
            if self.look.streams {
                self.paint(Ink::Dim, &clean(stream));
                self.out.push(' ');
            }
        }
        if self.look.columns {
            let (_, columns) = shape::of(bytes, &self.look.flow);
            if !columns.is_empty() {
                self.columns(&columns);
                return;
            }
        }
        if self.look.pretty
            && let Some(json) = json::part(bytes)
        {
            self.pretty(bytes, json);
            return;
        }
        let ink = match Level::of(bytes) {
            level @ (Level::Warn | Level::Error | Level::Fatal) => Ink::Level(level),
            _ => Ink::Plain,
        };
        if self.look.fold {
            let first = String::from_utf8_lossy(trace::first_line(bytes)).into_owned();
            self.line(ink, &first);
            let more = trace::further_lines(bytes);
            if more > 0 {
                self.paint(Ink::Mark, &format!(" [+{more}]"));
            }
            self.out.push('\n');
            return;
        }
        self.lines(&event.text, |printer, line| printer.line(ink, line));
    }

    /// The lines of a text, the further ones indented so that each event is seen to be one.
    fn lines(&mut self, text: &str, mut each: impl FnMut(&mut Self, &str)) {
        let text = text.trim_end_matches(['\n', '\r']);
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 && self.look.format == Format::Text {
                self.out.push_str("  ");
            }
            each(self, line.trim_end_matches('\r'));
            self.out.push('\n');
        }
    }

    fn line(&mut self, ink: Ink, line: &str) {
        if self.look.terminal || self.look.colour {
            let most = if self.look.terminal {
                SHOWN
            } else {
                usize::MAX
            };
            let (pieces, more) = ansi::pieces(line.as_bytes(), most);
            for piece in pieces {
                let ink = if piece.ink == Ink::Plain {
                    ink
                } else {
                    piece.ink
                };
                self.paint(ink, &piece.text);
            }
            if more {
                self.paint(Ink::Mark, &format!("… ({} bytes in all)", line.len()));
            }
        } else {
            self.harmless(line);
        }
    }

    fn harmless(&mut self, line: &str) {
        if line.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            self.out.push_str(line);
        } else if line.contains(['\u{1b}', '\u{9b}']) {
            self.out.push_str(&ansi::strip(line));
        } else {
            self.out.extend(line.chars().map(harmless_char));
        }
    }

    fn columns(&mut self, columns: &[shape::Column]) {
        let last = columns
            .iter()
            .rposition(|column| !column.piece.text.is_empty())
            .unwrap_or(0);
        for (number, column) in columns.iter().enumerate().take(last + 1) {
            let Piece { ink, text } = &column.piece;
            self.paint(*ink, text);
            if number < last {
                let blanks = column.width.saturating_sub(text.chars().count()) + 2;
                self.out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        self.out.push('\n');
    }

    fn pretty(&mut self, text: &[u8], json: &[u8]) {
        // What stands before the JSON in its line.
        let before = text.len() - text.trim_ascii_start().len();
        let prefix =
            memchr::memmem::find(text, json).map_or(&[][..], |at| &text[before.min(at)..at]);
        let prefix = String::from_utf8_lossy(prefix).into_owned();
        if !prefix.trim().is_empty() {
            self.line(Ink::Plain, prefix.trim_end());
        }
        self.out.push('\n');
        let (rows, more) = pretty::rows(json, &pretty::Layout::default());
        for row in rows {
            self.out.extend(std::iter::repeat_n("  ", row.indent + 1));
            for piece in row.pieces {
                self.paint(piece.ink, &piece.text);
            }
            self.out.push('\n');
        }
        if more {
            self.paint(Ink::Mark, "  …");
            self.out.push('\n');
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        match &self.look.zone {
            None => exact(at),
            Some(zone) => at
                .to_jiff()
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S%.3f")
                .to_string(),
        }
    }

    fn paint(&mut self, ink: Ink, text: &str) {
        match sgr(ink).filter(|_| self.look.colour) {
            Some(sgr) => {
                let _ = write!(self.out, "\u{1b}[{sgr}m{text}\u{1b}[0m");
            }
            None => self.out.push_str(text),
        }
    }
}

/// The colours of the terminal's own sixteen that an ink has, on whatever ground.
fn sgr(ink: Ink) -> Option<String> {
    Some(match ink {
        Ink::Plain => return None,
        Ink::Dim | Ink::Time => "2".to_owned(),
        Ink::Origin(tint) => ["36", "35", "34", "33", "32", "31"][usize::from(tint) % 6].to_owned(),
        Ink::Level(Level::Fatal) => "1;31".to_owned(),
        Ink::Level(Level::Error) => "31".to_owned(),
        Ink::Level(Level::Warn) => "33".to_owned(),
        Ink::Level(Level::Debug | Level::Trace) => "2".to_owned(),
        Ink::Level(Level::Info | Level::Unknown) => return None,
        Ink::Key => "36".to_owned(),
        Ink::Text => "32".to_owned(),
        Ink::Number => "35".to_owned(),
        Ink::Word => "34".to_owned(),
        Ink::Mark | Ink::Found => "1;33".to_owned(),
        Ink::Painted(color @ 0..8) => (30 + color).to_string(),
        Ink::Painted(color) => (82 + color).to_string(),
        Ink::Bold => "1".to_owned(),
    })
}

/// RFC 3339 in UTC with the milliseconds that CloudWatch Logs keeps.
fn exact(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    timestamp: String,
    ingestion_time: Option<String>,
    account: Account<'a>,
    region: &'a str,
    group: &'a str,
    stream: &'a str,
    event_id: Option<&'a str>,
    level: Option<&'static str>,
    message: &'a str,
}

#[derive(Serialize)]
struct Account<'a> {
    id: String,
    name: &'a str,
}

/// An event as one line of JSON. The message is whole; what could harm a terminal stands escaped in it.
fn object(origins: &Origins, event: &Event) -> String {
    let (group, stream) = origins.get(event.origin).unzip();
    let level = Level::of(event.text.as_bytes());
    let object = Object {
        timestamp: exact(event.at),
        ingestion_time: (!event.ingested.is_unknown()).then(|| exact(event.ingested)),
        account: Account {
            id: group.map_or_else(String::new, |group| group.scope.account.to_string()),
            name: group.map_or("", |group| &group.account),
        },
        region: group.map_or("", |group| group.scope.region.as_str()),
        group: group.map_or("", |group| &group.name),
        stream: stream.map_or("", |stream| stream),
        event_id: event.id.as_deref(),
        level: (level != Level::Unknown).then(|| level.word()),
        message: &event.text,
    };
    escaped(serde_json::to_string(&object).unwrap_or_default())
}

#[cfg(test)]
mod tests;
