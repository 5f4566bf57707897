//! A form: what is asked before something is written down about one or many items.

use std::borrow::Cow;
use std::sync::Arc;

use crate::domain::ItemKey;

use super::area;
use super::change::Request;
use super::input::InputLine;
use super::runbooks::Prepared;

/// A form over the panes. `Enter` takes it, `Esc` takes it away; nothing happens before.
#[derive(Clone, Debug)]
pub struct Form {
    /// What will happen.
    pub title: Arc<str>,
    /// On what: count, accounts, what is left out and why.
    pub about: Vec<Arc<str>>,
    /// What it is for.
    pub purpose: FormFor,
    /// The items, captured when the key went down.
    pub targets: Vec<ItemKey>,
    /// What is asked.
    pub fields: Vec<Field>,
    /// Which field the cursor is in.
    pub focused: usize,
    /// Why what was entered cannot be taken.
    pub error: Option<Arc<str>>,
    /// First line of what is told that is shown.
    pub scroll: usize,
    /// Whether what it would do is still being looked at.
    pub check: Check,
    /// What has to be typed before it is done.
    pub phrase: Option<Arc<str>>,
    /// The change that it is for, as far as it is known while it is filled in.
    pub request: Option<Box<Request>>,
    /// The runbook that it is for.
    pub prepared: Option<Box<Prepared>>,
}

impl Form {
    /// A form of which nothing is asked or known yet.
    #[must_use]
    pub fn new(title: Arc<str>, purpose: FormFor, targets: Vec<ItemKey>) -> Self {
        Self {
            title,
            about: Vec::new(),
            purpose,
            targets,
            fields: Vec::new(),
            focused: 0,
            error: None,
            scroll: 0,
            check: Check::Clear,
            phrase: None,
            request: None,
            prepared: None,
        }
    }
}

/// What is being found out before a form may be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Nothing has to be, or it has been.
    #[default]
    Clear,
    /// What the request of this number would touch, and whether it is allowed.
    Looking(u64),
    /// It would be refused; the form's error says why.
    Barred,
}

/// What a form is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFor {
    /// Take items.
    Acknowledge,
    /// Change end, note and ticket of an acknowledgement.
    Edit,
    /// Take an item from its owner.
    TakeOver,
    /// Give items back.
    Release,
    /// Hide items until a moment.
    Snooze,
    /// Remark something.
    Comment,
    /// Say whose work it is.
    Assign,
    /// Change something in AWS: by the offer of this name, or by the request that the form holds.
    Change(Option<&'static str>),
    /// Run a runbook: the one that the form holds.
    Run,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is called; unique within its form.
    pub label: Cow<'static, str>,
    /// What was entered.
    pub entered: Entered,
}

/// What is entered into a field.
#[derive(Clone, Debug)]
pub enum Entered {
    /// A line of text.
    Line(InputLine),
    /// One of a few, or something of one's own: typing replaces what was picked.
    Pick {
        /// What is offered.
        offered: Vec<Arc<str>>,
        /// Which of them is picked.
        picked: usize,
        /// What was typed instead; nothing where it is empty.
        typed: InputLine,
    },
}

impl Field {
    /// A line, with what stands in it at first.
    #[must_use]
    pub fn line(label: impl Into<Cow<'static, str>>, text: &str) -> Self {
        let mut line = InputLine::default();
        line.set(text);
        Self {
            label: label.into(),
            entered: Entered::Line(line),
        }
    }

    /// A pick of these.
    #[must_use]
    pub fn pick(
        label: impl Into<Cow<'static, str>>,
        offered: Vec<Arc<str>>,
        picked: usize,
    ) -> Self {
        Self {
            label: label.into(),
            entered: Entered::Pick {
                offered,
                picked,
                typed: InputLine::default(),
            },
        }
    }

    /// What it says now.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.entered {
            Entered::Line(line) => line.text(),
            Entered::Pick { typed, .. } if !typed.text().is_empty() => typed.text(),
            Entered::Pick {
                offered, picked, ..
            } => offered.get(*picked).map_or("", AsRef::as_ref),
        }
    }

    /// Whether the offer at this place is picked, and nothing else was typed.
    #[must_use]
    pub fn is_picked(&self, at: usize) -> bool {
        matches!(&self.entered, Entered::Pick { picked, typed, .. } if *picked == at && typed.text().is_empty())
    }

    /// The line that letters go into.
    pub fn input(&mut self) -> &mut InputLine {
        match &mut self.entered {
            Entered::Line(line) | Entered::Pick { typed: line, .. } => line,
        }
    }

    /// Picks the offer at this place; nothing in a line.
    pub fn pick_offer(&mut self, at: usize) {
        if let Entered::Pick {
            offered,
            picked,
            typed,
        } = &mut self.entered
            && at < offered.len()
        {
            typed.set("");
            *picked = at;
        }
    }

    /// Picks the next or the one before, round and round; nothing in a line.
    pub fn turn(&mut self, forward: bool) {
        if let Entered::Pick {
            offered,
            picked,
            typed,
        } = &mut self.entered
            && !offered.is_empty()
        {
            typed.set("");
            let by = if forward { 1 } else { offered.len() - 1 };
            *picked = (*picked + by) % offered.len();
        }
    }
}

impl Form {
    /// What the field of this name says; nothing where there is none.
    #[must_use]
    pub fn says(&self, label: &str) -> &str {
        self.fields
            .iter()
            .find(|field| field.label == label)
            .map_or("", Field::text)
            .trim()
    }

    /// The field that the cursor is in.
    pub fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focused)
    }

    /// Moves the cursor to the next field or the one before, round and round.
    pub fn step(&mut self, forward: bool) {
        let count = self.fields.len().max(1);
        let by = if forward { 1 } else { count - 1 };
        self.focused = (self.focused + by) % count;
    }
}

/// What came of something that was done to several items, a line each.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was done.
    pub title: Arc<str>,
    /// One line per item: its name, what came of it, and whether it was done.
    pub lines: Vec<(Arc<str>, Arc<str>, bool)>,
    /// First line shown.
    pub scroll: usize,
}

impl Results {
    /// The last line that may be the first one shown, on a screen of this height.
    #[must_use]
    pub fn last(&self, height: u16) -> usize {
        let place = area::in_frame(area::below_header(0, height));
        self.lines.len().saturating_sub(usize::from(place.height))
    }
}
