//! What could not be seen: feeds that were blind or late, and the time in which nobody watched.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::domain::FeedState;
use crate::domain::text::{age, plural};
use crate::history::{Reading, Sight};
use crate::panes::fact;

use super::{Entry, Gathered, Lines, Section, Text};

pub(super) fn sections(of: &Gathered<'_>) -> Vec<Section> {
    let (reading, unread) = match of.history {
        Ok(reading) => (Some(reading), None),
        Err(why) => (None, Some(why.to_owned())),
    };
    vec![
        Section {
            name: "blind",
            title: "Blind or late",
            nothing: "Every feed that was asked could be read all the time.",
            lines: reading.map_or_else(Lines::default, |reading| blind(of, reading)),
            unread: unread.clone(),
        },
        Section {
            name: "blindNow",
            title: "Blind now",
            nothing: "Everything can be read now.",
            lines: blind_now(of),
            unread: None,
        },
        Section {
            name: "unwatched",
            title: "Not watched",
            nothing: "A console of this machine was watching all the time.",
            lines: reading.map_or_else(Lines::default, |reading| unwatched(of, reading)),
            unread,
        },
    ]
}

/// One line for each source and account, with the minutes of each region: the longest of its parts.
fn blind(of: &Gathered<'_>, reading: &Reading) -> Lines {
    type Place<'a> = (&'a Arc<str>, &'a Arc<str>);
    let mut places: BTreeMap<Place<'_>, Vec<&Sight>> = BTreeMap::new();
    for sight in &reading.sights {
        if !sight.seen.blind.is_zero() || !sight.seen.late.is_zero() {
            places
                .entry((&sight.source, &sight.account))
                .or_default()
                .push(sight);
        }
    }
    let longest = |sights: &[&Sight]| {
        let spans = sights
            .iter()
            .map(|sight| sight.seen.blind + sight.seen.late);
        spans.max().unwrap_or_default()
    };
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, sights)| std::cmp::Reverse(longest(sights)));
    of.lines(places, |((source, account), sights)| {
        let name = account
            .parse()
            .map_or_else(|()| Arc::clone(account), |id| of.store.roster().name(id));
        let mut text = Text::default()
            .and(source.to_string())
            .and(" in ")
            .theirs(&name)
            .and(":");
        let mut regions: BTreeMap<&str, (Duration, Duration)> = BTreeMap::new();
        for sight in &sights {
            let region = regions.entry(&sight.region).or_default();
            region.0 = region.0.max(sight.seen.blind);
            region.1 = region.1.max(sight.seen.late);
        }
        for (at, (region, (blind, late))) in regions.iter().enumerate() {
            let comma = if at == 0 { " " } else { ", " };
            text = text.and(comma).and(*region);
            if !blind.is_zero() {
                text = text.and(format!(" blind {}", age(*blind)));
            }
            if !late.is_zero() {
                text = text.and(format!(" late {}", age(*late)));
            }
        }
        let parts = sights.iter().map(|sight| {
            json!({
                "region": &*sight.region,
                "part": &*sight.part,
                "blindSeconds": sight.seen.blind.as_secs(),
                "lateSeconds": sight.seen.late.as_secs(),
                "unwatchedSeconds": sight.seen.unwatched.as_secs(),
            })
        });
        let json = json!({
            "source": &**source,
            "account": { "id": &**account, "name": &*name },
            "feeds": parts.collect::<Vec<_>>(),
        });
        Entry { text, json }
    })
}

fn blind_now(of: &Gathered<'_>) -> Lines {
    let mut reports = of.store.feeds(of.now);
    reports.retain(|report| report.state == FeedState::Blind);
    reports.sort_by_key(|report| report.since);
    of.lines(reports, |report| {
        let name = of.store.roster().name(report.feed.vantage.account);
        let why = report
            .fault
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let text = Text::default()
            .and(report.feed.source.word())
            .and(" in ")
            .theirs(&name)
            .and(format!(
                " {} since {}: ",
                report.feed.vantage.region,
                fact::clock(report.since, of.now)
            ))
            .theirs(&why);
        let json = crate::store::export::feed_json(&report, of.store.roster());
        Entry { text, json }
    })
}

fn unwatched(of: &Gathered<'_>, reading: &Reading) -> Lines {
    let total: Duration = reading.gaps.iter().map(|gap| gap.length()).sum();
    // The second in which the handover itself is made is nobody's.
    let gaps = reading
        .gaps
        .iter()
        .filter(|gap| gap.length() >= Duration::from_secs(60));
    let mut entries: Vec<Entry> = gaps
        .map(|gap| Entry {
            text: Text::ours(format!(
                "{} to {}, {}",
                fact::clock(gap.from, of.now),
                fact::clock(gap.until, of.now),
                age(gap.length())
            )),
            json: json!({ "from": gap.from.to_string(), "until": gap.until.to_string() }),
        })
        .collect();
    if entries.len() > 1 {
        let count = entries.len();
        entries.insert(
            0,
            Entry {
                text: Text::ours(format!(
                    "{} in {count} stretch{}",
                    age(total),
                    if plural(count).is_empty() { "" } else { "es" }
                )),
                json: json!({ "seconds": total.as_secs() }),
            },
        );
    }
    of.lines(entries, |entry| entry)
}
