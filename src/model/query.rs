//! Queries of Logs Insights in the console: the editor, what is asked, and the table of what was found. Plain data, changed
//! by `command::query`.
//!
//! ```text
//! Editor ─ enter ─► Effect::Query ─► Told ─► Sheet { answer, rows that pass in their order, cursor }
//! ```

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::logs::query::library::Library;
use crate::logs::query::words::commands;
use crate::logs::query::{Answer, Chart, ROWS_MAX, Standing, compare};

use super::input::InputLine;
use super::logs::{Groups, Source};
use super::{Area, Model, fit};

/// What the console asks Logs Insights.
#[derive(Debug)]
pub struct Queries {
    /// What is shown in the pane.
    pub sheet: Option<Box<Sheet>>,
    /// The editor while it is open.
    pub editor: Option<Box<Editor>>,
    /// The queries with names.
    pub library: Arc<Library>,
    /// What was asked in this session, the latest last.
    pub recent: Vec<Arc<str>>,
    numbers: u64,
}

impl Default for Queries {
    fn default() -> Self {
        Self {
            sheet: None,
            editor: None,
            library: Arc::new(Library::shipped()),
            recent: Vec::new(),
            numbers: 0,
        }
    }
}

impl Queries {
    /// A number that no other query of this console has.
    pub fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The sheet of this query, unless another one has been asked since.
    pub fn of(&mut self, number: u64) -> Option<&mut Sheet> {
        self.sheet
            .as_deref_mut()
            .filter(|sheet| sheet.number == number)
    }
}

/// The fields of the editor.
pub const FIELDS: [&str; 3] = ["query", "groups", "time"];

/// A query that is being written.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    /// The query, the groups, the time, in the order of [`FIELDS`].
    pub fields: [InputLine; 3],
    /// Which of them the cursor is in.
    pub focused: usize,
    /// Groups that were chosen elsewhere, with the words that stand for them in the field.
    pub chosen: Option<(Arc<str>, Vec<Source>)>,
    /// What is wrong with it.
    pub error: Option<Arc<str>>,
    /// Where in what was asked before it stands.
    pub recalled: Option<usize>,
}

/// What a sheet lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lists {
    /// What a query found.
    Found(Asked),
    /// The log groups whose names are like this.
    Groups(Arc<str>),
}

/// The column of names where log groups are listed.
pub const GROUP: &str = "group";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The query.
    pub text: Arc<str>,
    /// Of which groups.
    pub groups: Groups,
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// The groups are being looked up.
    Looking,
    /// It is being answered.
    Asking,
    /// Nothing more comes.
    Over,
    /// It could not even be asked; why.
    Nowhere(Arc<str>),
}

/// What came of it so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Of which query.
    pub number: u64,
    /// How far it is.
    pub stage: Stage,
    /// What was found.
    pub answer: Arc<Answer>,
    /// What could not be looked up.
    pub faults: Vec<Fault>,
}

/// A query and what it found.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The number of the query.
    pub number: u64,
    /// What it lists.
    pub lists: Lists,
    /// The fields of the editor as they were, to go on from.
    pub written: Box<Editor>,
    /// How far it is.
    pub stage: Stage,
    /// Whether it was told to stop and has not answered yet.
    pub is_stopping: bool,
    /// When it was asked.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// What was found.
    pub answer: Arc<Answer>,
    /// What could not be looked up.
    pub faults: Vec<Fault>,
    /// How much there is over time.
    pub chart: Option<Chart>,
    /// Whether it is drawn, where there is room.
    pub charted: bool,
    /// The column that the operator sorts by, by its name, and whether it falls.
    pub sort: Option<(Arc<str>, bool)>,
    /// Only rows with this text in a cell, in small letters.
    pub filter: Arc<str>,
    /// The rows that pass, in their order, by their places in the answer.
    pub shown: Vec<u32>,
    /// The row that the cursor is on, among those that are shown.
    pub index: usize,
    /// The first row on the screen.
    pub top: usize,
    /// The column that the cursor is on.
    pub column: usize,
}

impl Sheet {
    /// A sheet that knows nothing yet.
    #[must_use]
    pub fn new(number: u64, lists: Lists, written: Editor, now: Timestamp) -> Self {
        Self {
            number,
            lists,
            written: Box::new(written),
            stage: Stage::Looking,
            is_stopping: false,
            began: now,
            ended: None,
            answer: Arc::default(),
            faults: Vec::new(),
            chart: None,
            charted: true,
            sort: None,
            filter: Arc::from(""),
            shown: Vec::new(),
            index: 0,
            top: 0,
            column: 0,
        }
    }

    /// Whether more may come.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Looking | Stage::Asking)
    }

    /// Takes in what came of it.
    pub fn take(&mut self, told: Told, now: Timestamp) {
        self.stage = told.stage;
        self.answer = told.answer;
        self.faults = told.faults;
        if !self.is_running() {
            self.ended = Some(now);
        }
        self.chart = self.answer.chart();
        self.arrange();
    }

    /// Finds the rows that pass, in their order. The cursor stays with its row.
    pub fn arrange(&mut self) {
        let rows = self.answer.rows();
        let before = self.shown.get(self.index).copied();
        let has = |text: &str| text.to_lowercase().contains(&*self.filter);
        let passes = |place: &u32| {
            let cells = rows.get(*place as usize).map(|row| &row.cells);
            self.filter.is_empty()
                || cells.is_some_and(|cells| cells.iter().flatten().any(|cell| has(cell)))
        };
        let all = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut shown: Vec<u32> = (0..all).filter(passes).collect();
        if let Some((name, falls)) = &self.sort
            && let Some(column) = self.answer.columns().iter().position(|c| c == name)
        {
            let cell = |place: &u32| {
                let row = rows.get(*place as usize)?;
                row.cells.get(column)?.as_deref()
            };
            shown.sort_by(|a, b| {
                let order = compare(cell(a), cell(b));
                if *falls { order.reverse() } else { order }
            });
        }
        self.shown = shown;
        let last = self.shown.len().saturating_sub(1);
        let kept = before.and_then(|row| self.shown.iter().position(|place| *place == row));
        self.index = kept.unwrap_or(self.index).min(last);
        self.column = self
            .column
            .min(self.answer.columns().len().saturating_sub(1));
    }

    /// Moves the cursor by so many rows.
    pub fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.index = self.index.saturating_add_signed(by).min(last);
    }

    /// Puts the cursor's row on a screen of so many rows.
    pub fn settle(&mut self, height: usize) {
        let height = height.max(1);
        let last = self.shown.len().saturating_sub(height);
        self.top = self
            .top
            .min(last)
            .min(self.index)
            .max((self.index + 1).saturating_sub(height));
    }

    /// What is missing, and why: said below the rows, so that what was found never looks like everything.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        if let Some(wrong) = self.answer.malformed() {
            return vec![wrong.to_string()];
        }
        let failed = |standing: &Standing| match standing {
            Standing::Failed(fault) => Some(fault.to_string()),
            _ => None,
        };
        let parts = self.answer.parts().iter();
        let mut told: Vec<String> = parts
            .filter_map(|part| {
                let why = failed(&part.standing)?;
                Some(format!("{} {}: {why}", part.account, part.scope.region))
            })
            .collect();
        told.extend(
            self.faults
                .iter()
                .map(|fault| format!("Not looked up: {fault}")),
        );
        let cut = self.answer.cut();
        if cut > 0 && matches!(self.lists, Lists::Found(_)) {
            told.push(format!(
                "{cut} of {} queries found more than the {ROWS_MAX} rows that AWS gives without a limit.",
                self.answer.parts().len()
            ));
        }
        told
    }

    /// The log group under the cursor, where groups are listed.
    #[must_use]
    pub fn group(&self) -> Option<Source> {
        if !matches!(self.lists, Lists::Groups(_)) {
            return None;
        }
        let place = self.shown.get(self.index)?;
        let row = self.answer.rows().get(*place as usize)?;
        let column = self
            .answer
            .columns()
            .iter()
            .position(|name| &**name == GROUP)?;
        Some(Source {
            scope: self.answer.parts().get(row.part)?.scope,
            name: row.cells.get(column)?.clone()?,
            stream: None,
        })
    }

    /// The cells of the row under the cursor, with the names of their columns.
    #[must_use]
    pub fn under_cursor(&self) -> Vec<(Arc<str>, Arc<str>)> {
        let place = self.shown.get(self.index);
        let row = place.and_then(|place| self.answer.rows().get(*place as usize));
        let cells = row.map_or(&[][..], |row| &row.cells);
        self.answer
            .columns()
            .iter()
            .zip(cells)
            .filter_map(|(name, cell)| Some((name.clone(), cell.clone()?)))
            .collect()
    }
}

/// Rows of a chart.
const CHART: u16 = 5;
/// The least height of the list at which it is drawn.
const CHART_FROM: u16 = 14;
/// The most lines below the rows that say what is missing.
const MISSING: usize = 3;
/// The most lines of a query in the editor.
pub const EDITOR: usize = 8;

/// Where the rows go below what stands above them.
#[must_use]
pub fn rows(model: &Model, area: Area) -> Area {
    let above = editor_height(model, area) + chart_height(model, area) + 1;
    let above = above.min(area.height);
    let left = area.height - above;
    let sheet = model.queries.sheet.as_deref();
    let missing = sheet.map_or(0, |sheet| sheet.missing().len());
    let below = u16::try_from(missing.min(MISSING))
        .unwrap_or(0)
        .min(left / 2);
    Area::new(area.x, area.y + above, area.width, left - below)
}

/// How many rows the editor takes.
#[must_use]
pub fn editor_height(model: &Model, area: Area) -> u16 {
    let Some(editor) = &model.queries.editor else {
        return 0;
    };
    let room = usize::from(area.width.saturating_sub(LABEL + 2)).max(1);
    let lines = laid(editor.fields[0].text(), room).len().min(EDITOR);
    // The query, groups, time, what is wrong or the keys, and a rule.
    u16::try_from(lines).unwrap_or(1) + 4
}

/// How many rows the chart takes.
#[must_use]
pub fn chart_height(model: &Model, area: Area) -> u16 {
    let drawn = |sheet: &Sheet| sheet.charted && sheet.chart.is_some();
    let is_drawn = model.queries.sheet.as_deref().is_some_and(drawn);
    if is_drawn && model.queries.editor.is_none() && area.height >= CHART_FROM {
        CHART + 1
    } else {
        0
    }
}

/// Cells of the labels in the editor.
pub const LABEL: u16 = 8;

/// A query in lines: each command begins a new one, long ones go on below. Byte ranges of the text.
#[must_use]
pub fn laid(text: &str, cells: usize) -> Vec<std::ops::Range<usize>> {
    let mut lines = Vec::new();
    for command in commands(text) {
        let mut at = command.start;
        while at < command.end {
            let head = fit::head(&text[at..command.end], cells);
            let head = if head.is_empty() {
                fit::piece(&text[at..command.end], 1)
            } else {
                head
            };
            lines.push(at..at + head.len());
            at += head.len();
        }
    }
    if lines.is_empty() {
        lines.push(0..0);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_begins_a_line_and_long_ones_go_on_below() {
        let text = "fields @message | filter a = \"x|y\" | sort b";
        let lines: Vec<&str> = laid(text, 40)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(
            lines,
            ["fields @message ", "| filter a = \"x|y\" ", "| sort b"]
        );
        let lines = laid("abcdef", 4);
        assert_eq!(lines, [0..4, 4..6]);
        assert_eq!(laid("", 4), std::slice::from_ref(&(0..0)));
    }
}
