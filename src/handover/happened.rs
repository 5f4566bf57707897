//! What came, got worse and cleared, from the history; and how it stands now.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::Severity;
use crate::domain::text::age;
use crate::history::{Episode, Reading};
use crate::panes::fact;
use crate::store::Row;

use super::open::held;
use super::{Entry, Gathered, Lines, Section, Text};

pub(super) fn sections(of: &Gathered<'_>) -> Vec<Section> {
    let (reading, unread) = match of.history {
        Ok(reading) if reading.gaps == [of.window] => {
            let nobody = "no console of this machine was watching in that time.";
            (None, Some(nobody.to_owned()))
        }
        Ok(reading) => (Some(reading), None),
        Err(why) => (None, Some(why.to_owned())),
    };
    let section = |name, title, nothing, lines| Section {
        name,
        title,
        nothing,
        lines,
        unread: unread.clone(),
    };
    let is_within = |at: Timestamp| of.window.from <= at && at < of.window.until;
    vec![
        section(
            "came",
            "Came",
            "Nothing came that a console of this machine saw.",
            entries(of, reading, |episode| {
                // Where the service gives no time and nobody saw it come, nobody knows when that was.
                let is_known = episode.seen || !episode.began.is_unknown();
                (is_known && is_within(episode.came)).then_some(episode.came)
            }),
        ),
        section(
            "worse",
            "Got worse",
            "Nothing got worse.",
            entries(of, reading, |episode| {
                episode.rose.map(|(_, at)| at).filter(|at| is_within(*at))
            }),
        ),
        section(
            "cleared",
            "Cleared",
            "Nothing cleared.",
            entries(of, reading, |episode| {
                episode.cleared.filter(|at| is_within(*at))
            }),
        ),
    ]
}

/// The episodes for which there is a moment, the worst first and then in the order of the moments.
fn entries(
    of: &Gathered<'_>,
    reading: Option<&Reading>,
    moment: impl Fn(&Episode) -> Option<Timestamp>,
) -> Lines {
    let episodes = reading.map_or(&[][..], |reading| &reading.episodes);
    let mut found: Vec<(Severity, Timestamp, &Episode)> = episodes
        .iter()
        .filter_map(|episode| Some((episode.worst, moment(episode)?, episode)))
        .collect();
    found.sort_by(|a, b| (b.0, a.1, &a.2.item.key).cmp(&(a.0, b.1, &b.2.item.key)));
    of.lines(found, |(_, at, episode)| entry(of, at, episode))
}

fn entry(of: &Gathered<'_>, at: Timestamp, episode: &Episode) -> Entry {
    let scope = episode.item.key.scope;
    let account = of.store.roster().name(scope.account);
    let name = Text::ours(format!("{} {} ", fact::clock(at, of.now), episode.worst))
        .theirs(&account)
        .and(format!(" {} ", scope.region))
        .theirs(&episode.item.name);
    let text = match present(of, episode) {
        Present::Cleared(cleared) => name.and(format!(
            ", cleared {} after {}",
            fact::clock(cleared, of.now),
            age(cleared.since(episode.came))
        )),
        Present::Open(row) => name.and(", open").join(held(row, of.now)),
        Present::Gone => name.and(", no longer open; nobody saw it end"),
        Present::Unread => name.and(", and whether it is open cannot be read now"),
    };
    let word = match present(of, episode) {
        Present::Cleared(_) => "cleared",
        Present::Open(_) => "open",
        Present::Gone => "gone",
        Present::Unread => "unread",
    };
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let json: Value = json!({
        "kind": episode.item.key.kind.word(),
        "id": &*episode.item.key.id,
        "name": &*episode.item.name,
        "account": { "id": scope.account.to_string(), "name": &*account },
        "region": scope.region.as_str(),
        "severity": episode.worst.word(),
        "came": episode.came.to_string(),
        "began": time(Some(episode.began).filter(|at| !at.is_unknown())),
        "worse": time(episode.rose.map(|(_, at)| at)),
        "cleared": time(episode.cleared),
        "now": word,
    });
    Entry { text, json }
}

/// How an episode stands now.
enum Present<'a> {
    Cleared(Timestamp),
    Open(&'a Row),
    /// It is not open, and nobody saw it end.
    Gone,
    /// What would know it cannot be read.
    Unread,
}

fn present<'a>(of: &Gathered<'a>, episode: &Episode) -> Present<'a> {
    let key = &episode.item.key;
    let row = of.store.find(key).and_then(|id| of.store.row(id));
    match (episode.cleared, row) {
        (Some(cleared), _) => Present::Cleared(cleared),
        (None, Some(row)) if row.is_open() => Present::Open(row),
        (None, _) => {
            let only = crate::store::Only {
                kinds: vec![key.kind],
                accounts: vec![key.scope.account],
                regions: vec![key.scope.region],
                ..crate::store::Only::default()
            };
            let coverage = of.store.coverage(&only, of.now);
            if coverage.feeds == 0 || coverage.blind + coverage.loading > 0 {
                Present::Unread
            } else {
                Present::Gone
            }
        }
    }
}
