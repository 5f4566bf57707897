//! A handover written out: plain text, Markdown or JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Handover, SHOWN, Section};

/// How a handover, or a report, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a mail or a terminal.
    Plain,
    /// For a ticket or a wiki.
    Markdown,
    /// For machines: everything, nothing left out.
    Json,
}

impl Handover {
    /// The handover as text.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Plain => self.plain(),
            Format::Markdown => self.markdown(),
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    fn plain(&self) -> String {
        let title = self.title.to_string();
        let mut out = format!("{title}\n{}\n", "=".repeat(title.chars().count()));
        for line in &self.about {
            let _ = writeln!(out, "{line}");
        }
        for section in &self.sections {
            let _ = writeln!(out, "\n{}", heading(section));
            for line in lines(section) {
                let _ = writeln!(out, "  {line}");
            }
            for entry in section.lines.made.iter().take(SHOWN) {
                let _ = writeln!(out, "  {}", entry.text);
            }
            if let Some(rest) = rest(section) {
                let _ = writeln!(out, "  {rest}");
            }
        }
        out
    }

    fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n", self.title.markdown());
        for line in &self.about {
            let _ = writeln!(out, "{}  ", line.markdown());
        }
        for section in &self.sections {
            let _ = writeln!(out, "\n## {}\n", heading(section));
            for line in lines(section) {
                let _ = writeln!(out, "{line}");
            }
            if section.unread.is_some() && section.lines.count > 0 {
                out.push('\n');
            }
            for entry in section.lines.made.iter().take(SHOWN) {
                let _ = writeln!(out, "- {}", entry.text.markdown());
            }
            if let Some(rest) = rest(section) {
                let _ = writeln!(out, "- {rest}");
            }
        }
        out
    }

    fn json(&self) -> Value {
        let mut document = Map::new();
        document.insert("handover".to_owned(), self.head.clone());
        let mut unread = Map::new();
        for section in &self.sections {
            let entries = section.lines.made.iter().map(|entry| entry.json.clone());
            document.insert(section.name.to_owned(), Value::Array(entries.collect()));
            if let Some(why) = &section.unread {
                unread.insert(section.name.to_owned(), why.as_str().into());
            }
        }
        document.insert("unread".to_owned(), Value::Object(unread));
        Value::Object(document)
    }
}

fn heading(section: &Section) -> String {
    match (section.lines.count, &section.unread) {
        (0, _) => section.title.to_owned(),
        (count, None) => format!("{} ({count})", section.title),
        (count, Some(_)) => format!("{} (at least {count})", section.title),
    }
}

/// What stands above the entries: why they are not all, or that there are none.
fn lines(section: &Section) -> Vec<String> {
    match &section.unread {
        Some(why) => vec![format!("Not read: {why}")],
        None if section.lines.count == 0 => vec![section.nothing.to_owned()],
        None => Vec::new(),
    }
}

fn rest(section: &Section) -> Option<String> {
    let more = section.lines.count.checked_sub(SHOWN).filter(|n| *n > 0)?;
    Some(format!("… and {more} more; --format json has all of them"))
}
