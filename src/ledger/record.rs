//! Entries and acts as text, for the files in which they are kept.
//!
//! Times are milliseconds. A field that is missing reads as its absence, so that a later version may add some.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::{ItemKey, Severity};
use crate::lifecycle::{Acknowledgement, Assignment, Comment, End, Entry, Owner, Snooze};

use super::act::{Act, Verb, Who};
use super::key;

type Text = Arc<str>;

#[derive(Serialize, Deserialize)]
struct OwnerText {
    operator: Text,
    identity: Text,
}

#[derive(Serialize, Deserialize)]
struct EndText {
    until: i64,
    #[serde(default)]
    clears: bool,
}

#[derive(Serialize, Deserialize)]
struct AckText {
    owner: OwnerText,
    session: Text,
    at: i64,
    severity: Text,
    end: EndText,
    note: Option<Text>,
    ticket: Option<Text>,
    released: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct SnoozeText {
    until: i64,
    by: OwnerText,
    at: i64,
    severity: Text,
}

#[derive(Serialize, Deserialize)]
struct AssignmentText {
    to: Text,
    by: OwnerText,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct CommentText {
    at: i64,
    act: Text,
    by: OwnerText,
    text: Text,
}

#[derive(Serialize, Deserialize)]
struct EntryText {
    key: Text,
    version: u64,
    episode: i64,
    ack: Option<AckText>,
    snooze: Option<SnoozeText>,
    assignment: Option<AssignmentText>,
    #[serde(default)]
    comments: Vec<CommentText>,
    act: Text,
    changed: i64,
}

#[derive(Serialize, Deserialize)]
struct ActText {
    id: Text,
    owner: OwnerText,
    session: Text,
    at: i64,
    key: Text,
    verb: VerbText,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerbText {
    Acknowledge(i64, Text, EndText, Option<Text>, Option<Text>),
    TakeOver(u64, i64, Text, EndText),
    Edit(u64, EndText, Option<Text>, Option<Text>),
    Release(u64),
    Snooze(u64, i64, Text, i64),
    Unsnooze(u64),
    Assign(u64, i64, Option<Text>),
    Comment(i64, Text),
    Carry(i64, i64),
}

/// An entry as text.
#[must_use]
pub fn write(entry: &Entry) -> String {
    let text = EntryText {
        key: key::write(&entry.key).into(),
        version: entry.version,
        episode: entry.episode.as_millis(),
        ack: entry.acknowledgement.as_ref().map(|ack| AckText {
            owner: (&ack.owner).into(),
            session: ack.session.clone(),
            at: ack.at.as_millis(),
            severity: ack.severity.word().into(),
            end: ack.end.into(),
            note: ack.note.clone(),
            ticket: ack.ticket.clone(),
            released: ack.released.map(Timestamp::as_millis),
        }),
        snooze: entry.snooze.as_ref().map(|snooze| SnoozeText {
            until: snooze.until.as_millis(),
            by: (&snooze.by).into(),
            at: snooze.at.as_millis(),
            severity: snooze.severity.word().into(),
        }),
        assignment: entry.assignment.as_ref().map(|given| AssignmentText {
            to: given.to.clone(),
            by: (&given.by).into(),
            at: given.at.as_millis(),
        }),
        comments: entry
            .comments
            .iter()
            .map(|comment| CommentText {
                at: comment.at.as_millis(),
                act: comment.act.clone(),
                by: (&comment.by).into(),
                text: comment.text.clone(),
            })
            .collect(),
        act: entry.act.clone(),
        changed: entry.changed.as_millis(),
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// The entry that a text stands for; none for what is damaged or of a kind that this version does not know.
#[must_use]
pub fn read(text: &str) -> Option<Entry> {
    let text: EntryText = serde_json::from_str(text).ok()?;
    Some(Entry {
        key: key_of(&text.key)?,
        version: text.version,
        episode: at(text.episode),
        acknowledgement: match text.ack {
            None => None,
            Some(ack) => Some(Acknowledgement {
                owner: ack.owner.into(),
                session: ack.session,
                at: at(ack.at),
                severity: severity(&ack.severity)?,
                end: ack.end.into(),
                note: ack.note,
                ticket: ack.ticket,
                released: ack.released.map(at),
            }),
        },
        snooze: match text.snooze {
            None => None,
            Some(snooze) => Some(Snooze {
                until: at(snooze.until),
                by: snooze.by.into(),
                at: at(snooze.at),
                severity: severity(&snooze.severity)?,
            }),
        },
        assignment: text.assignment.map(|given| Assignment {
            to: given.to,
            by: given.by.into(),
            at: at(given.at),
        }),
        comments: text
            .comments
            .into_iter()
            .map(|comment| Comment {
                at: at(comment.at),
                act: comment.act,
                by: comment.by.into(),
                text: comment.text,
            })
            .collect(),
        act: text.act,
        changed: at(text.changed),
    })
}

/// An act as text.
#[must_use]
pub fn write_act(act: &Act) -> String {
    let verb = match &act.verb {
        Verb::Acknowledge {
            episode,
            severity,
            end,
            note,
            ticket,
        } => VerbText::Acknowledge(
            episode.as_millis(),
            severity.word().into(),
            (*end).into(),
            note.clone(),
            ticket.clone(),
        ),
        Verb::TakeOver {
            seen,
            episode,
            severity,
            end,
        } => VerbText::TakeOver(
            *seen,
            episode.as_millis(),
            severity.word().into(),
            (*end).into(),
        ),
        Verb::Edit {
            seen,
            end,
            note,
            ticket,
        } => VerbText::Edit(*seen, (*end).into(), note.clone(), ticket.clone()),
        Verb::Release { seen } => VerbText::Release(*seen),
        Verb::Snooze {
            seen,
            episode,
            severity,
            until,
        } => VerbText::Snooze(
            *seen,
            episode.as_millis(),
            severity.word().into(),
            until.as_millis(),
        ),
        Verb::Unsnooze { seen } => VerbText::Unsnooze(*seen),
        Verb::Assign { seen, episode, to } => {
            VerbText::Assign(*seen, episode.as_millis(), to.clone())
        }
        Verb::Comment { episode, text } => VerbText::Comment(episode.as_millis(), text.clone()),
        Verb::Carry { lineage, episode } => {
            VerbText::Carry(lineage.as_millis(), episode.as_millis())
        }
    };
    let text = ActText {
        id: act.id.clone(),
        owner: (&act.who.owner).into(),
        session: act.who.session.clone(),
        at: act.at.as_millis(),
        key: key::write(&act.key).into(),
        verb,
    };
    serde_json::to_string(&text).unwrap_or_default()
}

/// The act that a text stands for.
#[must_use]
pub fn read_act(text: &str) -> Option<Act> {
    let text: ActText = serde_json::from_str(text).ok()?;
    let verb = match text.verb {
        VerbText::Acknowledge(episode, worst, end, note, ticket) => Verb::Acknowledge {
            episode: at(episode),
            severity: severity(&worst)?,
            end: end.into(),
            note,
            ticket,
        },
        VerbText::TakeOver(seen, episode, worst, end) => Verb::TakeOver {
            seen,
            episode: at(episode),
            severity: severity(&worst)?,
            end: end.into(),
        },
        VerbText::Edit(seen, end, note, ticket) => Verb::Edit {
            seen,
            end: end.into(),
            note,
            ticket,
        },
        VerbText::Release(seen) => Verb::Release { seen },
        VerbText::Snooze(seen, episode, worst, until) => Verb::Snooze {
            seen,
            episode: at(episode),
            severity: severity(&worst)?,
            until: at(until),
        },
        VerbText::Unsnooze(seen) => Verb::Unsnooze { seen },
        VerbText::Assign(seen, episode, to) => Verb::Assign {
            seen,
            episode: at(episode),
            to,
        },
        VerbText::Comment(episode, text) => Verb::Comment {
            episode: at(episode),
            text,
        },
        VerbText::Carry(lineage, episode) => Verb::Carry {
            lineage: at(lineage),
            episode: at(episode),
        },
    };
    Some(Act {
        id: text.id,
        who: Who {
            owner: text.owner.into(),
            session: text.session,
        },
        at: at(text.at),
        key: key_of(&text.key)?,
        verb,
    })
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn severity(word: &str) -> Option<Severity> {
    word.parse().ok()
}

fn key_of(text: &str) -> Option<ItemKey> {
    key::read(text)
}

impl From<&Owner> for OwnerText {
    fn from(owner: &Owner) -> Self {
        Self {
            operator: owner.operator.clone(),
            identity: owner.identity.clone(),
        }
    }
}

impl From<OwnerText> for Owner {
    fn from(text: OwnerText) -> Self {
        // A shared file is written by others: their names are as foreign as any other text.
        Self::new(
            &crate::domain::text::clean(&text.operator),
            &crate::domain::text::clean(&text.identity),
        )
    }
}

impl From<End> for EndText {
    fn from(end: End) -> Self {
        Self {
            until: end.until().as_millis(),
            clears: matches!(end, End::Clears { .. }),
        }
    }
}

impl From<EndText> for End {
    fn from(text: EndText) -> Self {
        let until = at(text.until);
        if text.clears {
            Self::Clears { max: until }
        } else {
            Self::At(until)
        }
    }
}
