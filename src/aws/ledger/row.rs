//! Entries as items of the table.
//!
//! ```text
//! pk  F#<fleet>#<0…15>        the shard: a hash of the key, so that sixteen readings in parallel bring everything
//! sk  cw#111111111111#eu-west-1#disk-full
//! ver episode act changed ttl · owner ownerArn session ackAt sev expAt clears note ticket releasedAt
//! snzUntil snzBy snzArn snzAt snzSev · asgTo asgBy asgArn asgAt · comments [{ at act by arn text }]
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::domain::text::clean_arc;
use crate::domain::{ItemKey, Severity};
use crate::ledger::{KEEP, key};
use crate::lifecycle::{Acknowledgement, Assignment, Comment, End, Entry, Owner, Snooze};

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// Into how many shards a fleet is cut. Part of the table's form: never changes.
pub(super) const SHARDS: u8 = 16;

/// DynamoDB's limit is 1,024 bytes; a CloudWatch name of 255 wide characters comes near.
const SORT_KEY_MAX: usize = 1_000;

/// Everything that an entry may say; what it does not say is removed from the item.
pub(super) const SAID: &[&str] = &[
    "item",
    "episode",
    "act",
    "changed",
    "ttl",
    "owner",
    "ownerArn",
    "session",
    "ackAt",
    "sev",
    "expAt",
    "clears",
    "note",
    "ticket",
    "releasedAt",
    "snzUntil",
    "snzBy",
    "snzArn",
    "snzAt",
    "snzSev",
    "asgTo",
    "asgBy",
    "asgArn",
    "asgAt",
    "comments",
];

/// The partition key of a shard.
pub(super) fn shard(fleet: &str, number: u8) -> String {
    format!("F#{fleet}#{number}")
}

/// The keys of an item's entry.
pub(super) fn keys(fleet: &str, item: &ItemKey) -> Attributes {
    let mut name = key::write(item);
    let digest = Sha256::digest(name.as_bytes());
    let number = digest[0] % SHARDS;
    if name.len() > SORT_KEY_MAX {
        let mut cut = SORT_KEY_MAX - 70;
        while !name.is_char_boundary(cut) {
            cut -= 1;
        }
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        name = format!("{}~{hex}", &name[..cut]);
    }
    HashMap::from([
        ("pk".to_owned(), s(&shard(fleet, number))),
        ("sk".to_owned(), s(&name)),
    ])
}

/// What an entry says, as attributes.
pub(super) fn write(entry: &Entry) -> Attributes {
    let mut row = Attributes::new();
    let mut set = |name: &str, value| row.insert(name.to_owned(), value);
    set("item", s(&key::write(&entry.key)));
    set("episode", ms(entry.episode));
    set("act", s(&entry.act));
    set("changed", ms(entry.changed));
    let ends = [
        entry.acknowledgement.as_ref().map(|ack| ack.end.until()),
        entry.snooze.as_ref().map(|snooze| snooze.until),
    ];
    let last = ends.into_iter().flatten().max().unwrap_or_default();
    set("ttl", n(last.max(entry.changed).plus(KEEP).as_secs()));
    if let Some(ack) = &entry.acknowledgement {
        set("owner", s(&ack.owner.operator));
        set("ownerArn", s(&ack.owner.identity));
        set("session", s(&ack.session));
        set("ackAt", ms(ack.at));
        set("sev", n(rank(ack.severity)));
        set("expAt", ms(ack.end.until()));
        set(
            "clears",
            AttributeValue::Bool(matches!(ack.end, End::Clears { .. })),
        );
        if let Some(note) = &ack.note {
            set("note", s(note));
        }
        if let Some(ticket) = &ack.ticket {
            set("ticket", s(ticket));
        }
        if let Some(at) = ack.released {
            set("releasedAt", ms(at));
        }
    }
    if let Some(snooze) = &entry.snooze {
        set("snzUntil", ms(snooze.until));
        set("snzBy", s(&snooze.by.operator));
        set("snzArn", s(&snooze.by.identity));
        set("snzAt", ms(snooze.at));
        set("snzSev", n(rank(snooze.severity)));
    }
    if let Some(given) = &entry.assignment {
        set("asgTo", s(&given.to));
        set("asgBy", s(&given.by.operator));
        set("asgArn", s(&given.by.identity));
        set("asgAt", ms(given.at));
    }
    if !entry.comments.is_empty() {
        let comments = entry.comments.iter().map(|comment| {
            AttributeValue::M(HashMap::from([
                ("at".to_owned(), ms(comment.at)),
                ("act".to_owned(), s(&comment.act)),
                ("by".to_owned(), s(&comment.by.operator)),
                ("arn".to_owned(), s(&comment.by.identity)),
                ("text".to_owned(), s(&comment.text)),
            ]))
        });
        set("comments", AttributeValue::L(comments.collect()));
    }
    row
}

/// The entry that an item stands for; none for what another program, or a later version, has written.
pub(super) fn read(row: &Attributes) -> Option<Entry> {
    let acknowledgement = match row.get("ackAt") {
        None => None,
        Some(_) => Some(Acknowledgement {
            owner: owner(row, "owner", "ownerArn")?,
            session: text(row, "session")?,
            at: time(row, "ackAt")?,
            severity: severity(number(row, "sev")?)?,
            end: {
                let until = time(row, "expAt")?;
                match row.get("clears") {
                    Some(AttributeValue::Bool(true)) => End::Clears { max: until },
                    _ => End::At(until),
                }
            },
            note: text(row, "note"),
            ticket: text(row, "ticket"),
            released: time(row, "releasedAt"),
        }),
    };
    let snooze = match row.get("snzUntil") {
        None => None,
        Some(_) => Some(Snooze {
            until: time(row, "snzUntil")?,
            by: owner(row, "snzBy", "snzArn")?,
            at: time(row, "snzAt")?,
            severity: severity(number(row, "snzSev")?)?,
        }),
    };
    let assignment = match row.get("asgTo") {
        None => None,
        Some(_) => Some(Assignment {
            to: text(row, "asgTo")?,
            by: owner(row, "asgBy", "asgArn")?,
            at: time(row, "asgAt")?,
        }),
    };
    let comments = match row.get("comments") {
        Some(AttributeValue::L(list)) => list.iter().filter_map(comment).collect(),
        _ => Vec::new(),
    };
    Some(Entry {
        key: key::read(row.get("item")?.as_s().ok()?)?,
        version: u64::try_from(number(row, "ver")?).ok()?,
        episode: time(row, "episode")?,
        acknowledgement,
        snooze,
        assignment,
        comments,
        act: text(row, "act")?,
        changed: time(row, "changed")?,
    })
}

fn comment(value: &AttributeValue) -> Option<Comment> {
    let row = value.as_m().ok()?;
    Some(Comment {
        at: time(row, "at")?,
        act: text(row, "act")?,
        by: owner(row, "by", "arn")?,
        text: text(row, "text")?,
    })
}

pub(super) fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn ms(at: Timestamp) -> AttributeValue {
    n(at.as_millis())
}

/// Others write into the table too: their words are as foreign as any other text.
fn text(row: &Attributes, name: &str) -> Option<Arc<str>> {
    row.get(name)?.as_s().ok().map(|text| clean_arc(text))
}

fn number(row: &Attributes, name: &str) -> Option<i64> {
    row.get(name)?.as_n().ok()?.parse().ok()
}

fn time(row: &Attributes, name: &str) -> Option<Timestamp> {
    number(row, name).map(Timestamp::from_millis)
}

fn owner(row: &Attributes, operator: &str, identity: &str) -> Option<Owner> {
    Some(Owner {
        operator: text(row, operator)?,
        identity: text(row, identity)?,
    })
}

/// Severities by rank, so that conditions can compare them: info is 0, critical 4.
fn rank(severity: Severity) -> i64 {
    severity as i64
}

fn severity(rank: i64) -> Option<Severity> {
    Severity::ALL
        .iter()
        .copied()
        .find(|severity| *severity as i64 == rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountId, Kind, Region, Scope};

    fn item(id: &str) -> ItemKey {
        ItemKey {
            kind: Kind::Alarm,
            scope: Scope {
                account: AccountId::new(111_111_111_111).unwrap(),
                region: Region::GLOBAL,
            },
            id: id.into(),
        }
    }

    #[test]
    fn everything_that_an_entry_says_reads_back() {
        let by = Owner::new("ana", "arn:aws:sts::111111111111:assumed-role/Noc/ana");
        let at = Timestamp::from_secs;
        let entry = Entry {
            version: 7,
            acknowledgement: Some(Acknowledgement {
                owner: by.clone(),
                session: "s".into(),
                at: at(1),
                severity: Severity::High,
                end: End::Clears { max: at(9) },
                note: Some("n".into()),
                ticket: Some("t".into()),
                released: Some(at(3)),
            }),
            snooze: Some(Snooze {
                until: at(5),
                by: by.clone(),
                at: at(2),
                severity: Severity::Info,
            }),
            assignment: Some(Assignment {
                to: "bo".into(),
                by: by.clone(),
                at: at(2),
            }),
            comments: vec![Comment {
                at: at(4),
                act: "a".into(),
                by,
                text: "x".into(),
            }],
            act: "a".into(),
            changed: at(4),
            ..Entry::blank(item("disk-full"), at(1))
        };
        let mut row = write(&entry);
        for name in row.keys() {
            assert!(
                SAID.contains(&name.as_str()),
                "{name} would never be removed"
            );
        }
        row.insert("ver".to_owned(), n(7));
        assert_eq!(read(&row), Some(entry.clone()));
        assert_eq!(
            crate::ledger::record::read(&crate::ledger::record::write(&entry)),
            Some(entry)
        );
    }

    #[test]
    fn the_longest_names_fit_and_stay_apart() {
        let long = "\u{1f525}".repeat(255);
        let a = keys("noc", &item(&format!("{long}a")));
        let b = keys("noc", &item(&format!("{long}b")));
        assert_ne!(a["sk"], b["sk"]);
        assert!(a["sk"].as_s().unwrap().len() <= 1_024);
    }
}
