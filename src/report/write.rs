//! A report written out: plain text, Markdown, CSV or JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::domain::text::clean;
use crate::handover::{Format, Text};
use crate::store::export::csv_line;

use super::{Cell, Report, Table};

impl Report {
    /// The report as text.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Plain => self.plain(),
            Format::Markdown => self.markdown(),
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    /// One of its tables as comma-separated values (RFC 4180), the first one where none is named; none where there is no
    /// table of this name.
    ///
    /// What others wrote and a spreadsheet would take for a formula begins with an apostrophe.
    #[must_use]
    pub fn csv(&self, table: Option<&str>) -> Option<String> {
        let table = match table {
            None => self.tables.first()?,
            Some(name) => self.tables.iter().find(|table| table.name == name)?,
        };
        let heads = table.columns.iter().map(|column| column.key.to_owned());
        let heads = std::iter::once(heads.collect::<Vec<_>>());
        let rows = table
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::csv).collect());
        Some(
            heads
                .chain(rows)
                .map(|cells| csv_line(&cells) + "\r\n")
                .collect(),
        )
    }

    fn plain(&self) -> String {
        let mut out = format!(
            "{}\n{}\n",
            self.title,
            "=".repeat(self.title.chars().count())
        );
        for line in &self.about {
            let _ = writeln!(out, "{line}");
        }
        for table in &self.tables {
            let _ = writeln!(out, "\n{}", table.title);
            if table.rows.is_empty() {
                let _ = writeln!(out, "  {}", table.nothing);
                continue;
            }
            let cells = |row: &Vec<Cell>| row.iter().map(|cell| cell.text().to_string()).collect();
            let rows = table.rows.iter().take(table.shown);
            let rows: Vec<Vec<String>> = rows.map(cells).collect();
            for line in columns(table, &rows).lines() {
                let _ = writeln!(out, "  {line}");
            }
            if let Some(rest) = rest(table) {
                let _ = writeln!(out, "  {rest}");
            }
        }
        let _ = writeln!(out, "\nWhat the words mean");
        for line in &self.definitions {
            let _ = writeln!(out, "  {line}");
        }
        out
    }

    fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n", self.title);
        for line in &self.about {
            let _ = writeln!(out, "{}  ", line.markdown());
        }
        for table in &self.tables {
            let _ = writeln!(out, "\n## {}\n", table.title);
            if table.rows.is_empty() {
                let _ = writeln!(out, "{}", table.nothing);
                continue;
            }
            let heads = table.columns.iter().map(|column| column.head.to_owned());
            let _ = writeln!(out, "{}", line(heads));
            let rule = table
                .rows
                .first()
                .into_iter()
                .flatten()
                .map(|cell| if cell.is_number() { "---:" } else { "---" }.to_owned());
            let _ = writeln!(out, "{}", line(rule));
            for row in table.rows.iter().take(table.shown) {
                // A bar ends a cell even within a code span.
                let cells = row
                    .iter()
                    .map(|cell| cell.text().markdown().replace('|', "\\|"));
                let _ = writeln!(out, "{}", line(cells));
            }
            if let Some(rest) = rest(table) {
                let _ = writeln!(out, "\n{rest}");
            }
        }
        out.push_str("\n## What the words mean\n\n");
        for line in &self.definitions {
            let _ = writeln!(out, "- {line}");
        }
        out
    }

    fn json(&self) -> Value {
        let mut document = Map::new();
        let mut head = Map::new();
        head.insert("name".to_owned(), self.name.into());
        if let Value::Object(more) = &self.head {
            head.extend(more.clone());
        }
        head.insert("isPartial".to_owned(), self.is_partial.into());
        let notes = self.about.iter().map(ToString::to_string);
        head.insert("notes".to_owned(), notes.collect::<Vec<_>>().into());
        head.insert("definitions".to_owned(), json!(self.definitions));
        document.insert("report".to_owned(), Value::Object(head));
        for table in &self.tables {
            let rows = table.rows.iter().map(|row| {
                let fields = table.columns.iter().zip(row);
                Value::Object(
                    fields
                        .map(|(c, cell)| (c.key.to_owned(), cell.json()))
                        .collect(),
                )
            });
            document.insert(table.name.to_owned(), Value::Array(rows.collect()));
        }
        Value::Object(document)
    }
}

/// What is said of the lines that people are not shown.
fn rest(table: &Table) -> Option<String> {
    let more = table
        .rows
        .len()
        .checked_sub(table.shown)
        .filter(|n| *n > 0)?;
    Some(format!(
        "… and {more} more; --format json and --format csv --table {} have all of them",
        table.name
    ))
}

/// A line of a table in Markdown.
fn line(cells: impl Iterator<Item = String>) -> String {
    let mut out = "|".to_owned();
    for cell in cells {
        let _ = write!(out, " {cell} |");
    }
    out
}

/// Columns as wide as their widest cell; numbers stand to the right.
fn columns(table: &Table, rows: &[Vec<String>]) -> String {
    use crate::model::fit::width;
    let heads: Vec<String> = table
        .columns
        .iter()
        .map(|c| c.head.to_uppercase())
        .collect();
    let mut widths: Vec<usize> = heads.iter().map(|head| width(head)).collect();
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = (*most).max(width(cell));
        }
    }
    let is_number = |at: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(at));
        cells.any(Cell::is_number)
    };
    let mut out = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (at, (cell, most)) in row.iter().zip(&widths).enumerate() {
            let room = " ".repeat(most - width(cell));
            if is_number(at) {
                line.push_str(&room);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&room);
            }
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

impl Cell {
    const fn is_number(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Number(_) | Self::Share(_))
    }

    fn text(&self) -> Text {
        match self {
            Self::Ours(text) => Text::ours(text),
            Self::Theirs(text) => Text::default().theirs(text),
            Self::Count(count) => Text::ours(count.to_string()),
            Self::Number(number) => Text::ours(decimal(*number)),
            Self::Share(share) => Text::ours(percent(*share)),
            Self::At(at) => Text::ours(at.to_string()),
            Self::Unknown => Text::ours("–"),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Theirs(text) => {
                let text = clean(text);
                if text.starts_with(['=', '+', '-', '@']) {
                    format!("'{text}")
                } else {
                    text.into_owned()
                }
            }
            Self::Ours(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => format!("{number:.2}"),
            Self::Share(share) => format!("{share:.4}"),
            Self::At(at) => at.to_string(),
            Self::Unknown => String::new(),
        }
    }

    fn json(&self) -> Value {
        let rounded = |number: f64, by: f64| json!((number * by).round() / by);
        match self {
            Self::Ours(text) => text.as_str().into(),
            Self::Theirs(text) => clean(text).as_ref().into(),
            Self::Count(count) => (*count).into(),
            Self::Number(number) => rounded(*number, 100.0),
            Self::Share(share) => rounded(*share, 10_000.0),
            Self::At(at) => at.to_string().into(),
            Self::Unknown => Value::Null,
        }
    }
}

/// A number with one decimal; a small one with two, so that it is not taken for nothing.
fn decimal(number: f64) -> String {
    if number > 0.0 && number < 1.0 {
        format!("{number:.2}")
    } else {
        format!("{number:.1}")
    }
}

/// A share in percent. What is not nothing does not look like it, nor does what is not all look like all.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "< 0.1 %".to_owned()
    } else if percent > 99.9 && percent < 100.0 {
        "> 99.9 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}
