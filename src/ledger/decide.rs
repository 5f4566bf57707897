//! The rule of the ledger: what an act makes of an entry, or why it is refused.
//!
//! A pure function. The file runs it inside a transaction; the table's conditions say the same in DynamoDB's language,
//! and one test suite holds both to it.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::lifecycle::{Acknowledgement, Assignment, Comment, Entry, Snooze};

use super::act::{Act, Refusal, Verb};

/// How many remarks an entry keeps; the oldest go first. Keeps an entry far below DynamoDB's 400 KB.
pub const COMMENTS: usize = 50;

/// What the act makes of the entry. A repeated act changes nothing.
///
/// # Errors
/// Why the act is refused, with the entry as it is.
pub fn decide(known: Option<&Entry>, act: &Act) -> Result<Entry, Refusal> {
    if let Some(entry) = known
        && repeats(entry, act)
    {
        return Ok(entry.clone());
    }
    if let (Some(seen), version) = (act.verb.seen(), known.map_or(0, |e| e.version))
        && seen != version
    {
        return Err(known.map_or(Refusal::Nothing(None), |entry| {
            Refusal::Changed(Arc::new(entry.clone()))
        }));
    }
    let mut entry = known
        .cloned()
        .unwrap_or_else(|| Entry::blank(act.key.clone(), Timestamp::ZERO));
    match &act.verb {
        Verb::Acknowledge {
            episode,
            severity,
            end,
            note,
            ticket,
        } => {
            reach(&mut entry, *episode)?;
            if let Some(held) = entry.held()
                && !mine(held, act)
                && held.end.until() > act.at
                && *severity <= held.severity
            {
                return Err(Refusal::Owned(Arc::new(entry)));
            }
            entry.snooze = None;
            entry.acknowledgement = Some(Acknowledgement {
                owner: act.who.owner.clone(),
                session: Arc::clone(&act.who.session),
                at: act.at,
                severity: *severity,
                end: *end,
                note: note.clone(),
                ticket: ticket.clone(),
                released: None,
            });
        }
        Verb::TakeOver {
            episode,
            severity,
            end,
            ..
        } => {
            reach(&mut entry, *episode)?;
            let before = entry.acknowledgement.take();
            let (note, ticket) = before.map_or((None, None), |ack| (ack.note, ack.ticket));
            entry.snooze = None;
            entry.acknowledgement = Some(Acknowledgement {
                owner: act.who.owner.clone(),
                session: Arc::clone(&act.who.session),
                at: act.at,
                severity: *severity,
                end: *end,
                note,
                ticket,
                released: None,
            });
        }
        Verb::Edit {
            end, note, ticket, ..
        } => {
            let present = Arc::new(entry.clone());
            let held = entry.acknowledgement.as_mut();
            let Some(held) = held.filter(|ack| ack.released.is_none()) else {
                return Err(Refusal::Nothing(known.map(|_| present)));
            };
            held.end = *end;
            held.note.clone_from(note);
            held.ticket.clone_from(ticket);
        }
        Verb::Release { .. } => {
            let present = Arc::new(entry.clone());
            let held = entry.acknowledgement.as_mut();
            let Some(held) = held.filter(|ack| ack.released.is_none()) else {
                return Err(Refusal::Nothing(known.map(|_| present)));
            };
            held.released = Some(act.at);
        }
        Verb::Snooze {
            episode,
            severity,
            until,
            ..
        } => {
            reach(&mut entry, *episode)?;
            entry.snooze = Some(Snooze {
                until: *until,
                by: act.who.owner.clone(),
                at: act.at,
                severity: *severity,
            });
        }
        Verb::Unsnooze { .. } => {
            if entry.snooze.take().is_none() {
                return Err(Refusal::Nothing(known.map(|e| Arc::new(e.clone()))));
            }
        }
        Verb::Assign { episode, to, .. } => {
            reach(&mut entry, *episode)?;
            entry.assignment = to.as_ref().map(|to| Assignment {
                to: Arc::clone(to),
                by: act.who.owner.clone(),
                at: act.at,
            });
        }
        Verb::Comment { episode, text } => {
            if entry.version == 0 {
                entry.episode = *episode;
            }
            entry.comments.push(Comment {
                at: act.at,
                act: Arc::clone(&act.id),
                by: act.who.owner.clone(),
                text: Arc::clone(text),
            });
            entry.comments.sort();
            let surplus = entry.comments.len().saturating_sub(COMMENTS);
            entry.comments.drain(..surplus);
        }
        Verb::Carry { lineage, episode } => {
            if entry.version == 0 || entry.episode < *lineage {
                return Err(Refusal::Nothing(known.map(|e| Arc::new(e.clone()))));
            }
            if entry.episode >= *episode {
                return Ok(entry);
            }
            entry.episode = *episode;
        }
    }
    entry.version += 1;
    entry.act = Arc::clone(&act.id);
    entry.changed = act.at;
    Ok(entry)
}

/// Whether this very act is written down already.
fn repeats(entry: &Entry, act: &Act) -> bool {
    entry.act == act.id || entry.comments.iter().any(|c| c.act == act.id)
}

/// Whether an acknowledgement was made by the same operator from the same console.
fn mine(held: &Acknowledgement, act: &Act) -> bool {
    held.owner == act.who.owner && held.session == act.who.session
}

/// Brings the entry to the episode that an act is about: what belongs to an earlier one is over.
fn reach(entry: &mut Entry, episode: Timestamp) -> Result<(), Refusal> {
    if entry.version == 0 {
        entry.episode = episode;
    } else if episode < entry.episode {
        return Err(Refusal::Stale(Arc::new(entry.clone())));
    } else if episode > entry.episode {
        entry.episode = episode;
        entry.acknowledgement = None;
        entry.snooze = None;
        entry.assignment = None;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
