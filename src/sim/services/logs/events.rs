//! Events of a group in the order of time, read in pages; and the pages of `FilterLogEvents` and `GetLogEvents`.

use std::sync::Arc;

use super::estate::{Group, Stream, Troubled};
use super::pattern::Pattern;
use super::voice::LATEST_MILLIS;
use super::{no_stream, troubles, with_group};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Value, text};
use crate::sim::world::Site;

/// An answer holds so many bytes of messages at most, each counted with 26 bytes on top. From the API reference.
const PAGE_BYTES: usize = 1 << 20;
/// CloudWatch Logs passes over so many events for one answer, and hands out an empty page when none fitted. How many is
/// not documented.
const PASSED_OVER: usize = 5_000;
/// Of quiet groups it looks through so much time, in seconds of streams.
const SECONDS: i64 = 150_000;

/// What comes before what: the time, the stream, who wrote it, the how manieth. A client's own events come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    at: i64,
    stream: Arc<str>,
    voice: u32,
    number: u64,
}

impl Place {
    fn before_second(second: i64) -> Self {
        Self {
            at: second * 1000,
            stream: "".into(),
            voice: 0,
            number: 0,
        }
    }

    fn write(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}",
            self.at, self.voice, self.number, self.stream
        )
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '\t');
        Some(Self {
            at: parts.next()?.parse().ok()?,
            voice: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
            stream: parts.next()?.into(),
        })
    }

    /// An id of 56 digits that begins with the time, as those of CloudWatch Logs do. Within a group it is unique.
    fn id(&self) -> String {
        let stream = text::fnv(self.stream.bytes());
        format!(
            "3{:015}{:015}{:05}{:020}",
            self.at,
            stream % 1_000_000_000_000_000,
            self.voice % 100_000,
            self.number
        )
    }
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where it stands.
    pub place: Place,
    /// When it was taken in, in milliseconds.
    pub ingested: i64,
    /// What was written.
    pub text: Arc<str>,
}

impl Event {
    /// When it happened, in milliseconds.
    pub fn at(&self) -> i64 {
        self.place.at
    }

    /// Whether it is the world's own and not a client's.
    pub fn is_spoken(&self) -> bool {
        self.place.voice != CLIENTS
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.place.id()
    }

    /// Its stream.
    pub fn stream(&self) -> &Arc<str> {
        &self.place.stream
    }
}

/// The number that stands for clients among the voices.
const CLIENTS: u32 = 99_999;

/// What is written in this second into these streams and was taken in up to a moment, in order.
pub fn second(
    site: &Site,
    streams: &[(&Arc<str>, &Stream)],
    second: i64,
    taken_in: i64,
    troubled: &Troubled,
) -> Vec<Event> {
    let mut events = Vec::new();
    for (name, stream) in streams {
        if (stream.speaks.0..stream.speaks.1).contains(&second) {
            for (number, voice) in (0..).zip(&stream.voices) {
                let troubles = troubled.get(&voice.resource).map_or(&[][..], |times| times);
                let spoken = voice.says(site, second, troubles).into_iter();
                events.extend(
                    spoken
                        .filter(|line| line.ingested <= taken_in)
                        .map(|line| Event {
                            place: Place {
                                at: line.at,
                                stream: (*name).clone(),
                                voice: number,
                                number: line.number.into(),
                            },
                            ingested: line.ingested,
                            text: line.text.into(),
                        }),
                );
            }
        }
        let from = stream.put.partition_point(|put| put.at < second * 1000);
        let put = stream
            .put
            .iter()
            .skip(from)
            .take_while(|put| put.at < (second + 1) * 1000);
        events.extend(put.filter(|put| put.ingested <= taken_in).map(|put| Event {
            place: Place {
                at: put.at,
                stream: (*name).clone(),
                voice: CLIENTS,
                number: put.serial,
            },
            ingested: put.ingested,
            text: put.text.clone(),
        }));
    }
    events.sort_by(|a, b| a.place.cmp(&b.place));
    events
}

/// The first second from this one on in which anything may be written into these streams.
fn next_second(streams: &[(&Arc<str>, &Stream)], from: i64) -> Option<i64> {
    let spoken = |stream: &Stream| {
        let (first, end) = stream.speaks;
        let next = first.max(from);
        (!stream.voices.is_empty() && next < end).then_some(next)
    };
    let put = |stream: &Stream| {
        let at = stream.put.partition_point(|put| put.at < from * 1000);
        stream.put.get(at).map(|put| put.at.div_euclid(1000))
    };
    streams
        .iter()
        .flat_map(|(_, stream)| [spoken(stream), put(stream)])
        .flatten()
        .min()
}

/// Which events are asked for.
struct Question<'a> {
    streams: Vec<(&'a Arc<str>, &'a Stream)>,
    /// In milliseconds, both included.
    from: i64,
    to: i64,
    pattern: Pattern,
    size: usize,
    /// The last one that was handed out before.
    after: Option<Place>,
}

/// The events of a page, and where the next one begins when this is not the last.
fn page(
    site: &Site,
    asked: &Question<'_>,
    taken_in: i64,
    troubled: &Troubled,
) -> (Vec<Event>, Option<Place>) {
    let mut events: Vec<Event> = Vec::new();
    let (mut bytes, mut passed_over, mut quiet) = (0, 0, 0);
    let from = asked
        .after
        .as_ref()
        .map_or(asked.from, |after| after.at.max(asked.from));
    let mut at = from.div_euclid(1000);
    // What happens later than it is taken in is a client's, whose clock is ahead: two hours at most.
    let last = asked.to.min(taken_in + 2 * 3_600_000).div_euclid(1000);
    while let Some(next) = next_second(&asked.streams, at).filter(|next| *next <= last) {
        let here = second(site, &asked.streams, next, taken_in, troubled);
        let wanted = here.into_iter().filter(|event| {
            (asked.from..=asked.to).contains(&event.at())
                && asked
                    .after
                    .as_ref()
                    .is_none_or(|after| event.place > *after)
        });
        for event in wanted {
            if !asked.pattern.fits(&event.text) {
                passed_over += 1;
                if passed_over >= PASSED_OVER {
                    return (events, Some(event.place));
                }
                continue;
            }
            let size = event.text.len() + 26;
            if events.len() == asked.size || (bytes > 0 && bytes + size > PAGE_BYTES) {
                let end = events.last().map(|event| event.place.clone());
                return (events, end);
            }
            bytes += size;
            events.push(event);
        }
        quiet += i64::try_from(asked.streams.len()).unwrap_or(1);
        at = next + 1;
        if quiet > SECONDS {
            return (events, Some(Place::before_second(at)));
        }
    }
    (events, None)
}

/// How long the token of a page is good, in milliseconds: 24 hours, says the reference of `FilterLogEvents`.
const TOKEN_LASTS: i64 = 24 * 3_600 * 1_000;

/// Where a list goes on, unless its token has ended.
fn continued(cursor: &str, now: i64) -> Option<Place> {
    let (issued, place) = cursor.split_once(' ')?;
    let age = now - issued.parse::<i64>().ok()?;
    (age < TOKEN_LASTS).then(|| Place::read(place))?
}

/// `FilterLogEvents`.
pub fn filter(call: &Call<'_>) -> Answer {
    let page_of = call.page()?;
    let now = call.now.as_millis();
    let after = match &page_of.cursor {
        None => None,
        Some(cursor) => Some(
            continued(cursor, now)
                .ok_or_else(|| call.invalid("The specified nextToken is invalid."))?,
        ),
    };
    let pattern = Pattern::parse(call.text("filterPattern").unwrap_or_default())
        .map_err(|why| call.invalid(format!("Invalid filter pattern: {why}")))?;
    let names: Vec<&str> = call.arg("logStreamNames").texts().collect();
    let prefix = call.text("logStreamNamePrefix");
    if !names.is_empty() && prefix.is_some() {
        return Err(call.invalid("logStreamNames and logStreamNamePrefix are mutually exclusive"));
    }
    if names.len() > 100 {
        return Err(call.invalid("logStreamNames must have at most 100 members"));
    }
    let (from, to) = range(call)?;
    let troubled = troubles(call);
    with_group(call, |_, group, site, now| {
        let there = |name: &str| {
            group
                .streams
                .get(name)
                .is_some_and(|stream| stream.born <= now)
        };
        if !names.iter().all(|name| there(name)) {
            return Err(no_stream());
        }
        let streams: Vec<(&Arc<str>, &Stream)> = group
            .streams
            .iter()
            .filter(|(name, stream)| {
                stream.born <= now
                    && (names.is_empty() || names.contains(&&***name))
                    && prefix.is_none_or(|prefix| name.starts_with(prefix))
            })
            .collect();
        let asked = Question {
            streams,
            from: from.max(oldest(group, now)),
            to,
            pattern,
            size: page_of.size,
            after,
        };
        let (events, next) = page(site, &asked, now.as_millis(), &troubled);
        Ok(fields! {
            "events" => events.iter().map(|event| fields! {
                "logStreamName" => event.stream(), "timestamp" => event.at(), "message" => &event.text,
                "ingestionTime" => event.ingested, "eventId" => event.place.id(),
            }).collect::<Value>(),
            "searchedLogStreams" => Value::List(Vec::new()),
            "nextToken" => next.map(|place| page_of.token(&format!("{} {}", now.as_millis(), place.write()))),
        })
    })
}

/// `GetLogEvents`: one stream, from its head or from its end. The token at either end of the stream comes again.
pub fn get(call: &Call<'_>) -> Answer {
    let page_of = call.page()?;
    let (from, to) = range(call)?;
    let stream = call.needed("logStreamName");
    let troubled = troubles(call);
    let from_head = call.arg("startFromHead").as_bool().unwrap_or(false);
    let cursor = page_of.cursor.as_deref().map(|cursor| cursor.split_at(1));
    let bad = || call.invalid("The specified nextToken is invalid.");
    let (forward, place) = match cursor {
        None => (from_head, None),
        Some((way, place)) => (way == "f", Some(Place::read(place).ok_or_else(bad)?)),
    };
    with_group(call, |_, group, site, now| {
        let (name, stream) = group
            .streams
            .get_key_value(stream)
            .filter(|(_, stream)| stream.born <= now)
            .ok_or_else(no_stream)?;
        let asked = |after, from, to| Question {
            streams: vec![(name, stream)],
            from,
            to,
            pattern: Pattern::default(),
            size: page_of.size,
            after,
        };
        let from = from.max(oldest(group, now));
        let events = if forward {
            // An empty page may have more behind it.
            let mut after = place.clone();
            loop {
                let (events, next) =
                    page(site, &asked(after, from, to), now.as_millis(), &troubled);
                if !events.is_empty() || next.is_none() {
                    break events;
                }
                after = next;
            }
        } else {
            let until = place.as_ref().map_or(to, |place| place.at.min(to));
            backwards(
                site,
                &asked(None, from, until),
                place.as_ref(),
                now.as_millis(),
                &troubled,
            )
        };
        let (first, last) = match (events.first(), events.last()) {
            (Some(first), Some(last)) => (first.place.clone(), last.place.clone()),
            _ => {
                let here = place.unwrap_or_else(|| Place::before_second(from.div_euclid(1000)));
                (here.clone(), here)
            }
        };
        Ok(fields! {
            "events" => events.iter().map(|event| fields! {
                "timestamp" => event.at(), "message" => &event.text, "ingestionTime" => event.ingested,
            }).collect::<Value>(),
            "nextForwardToken" => page_of.token(&format!("f{}", last.write())),
            "nextBackwardToken" => page_of.token(&format!("b{}", first.write())),
        })
    })
}

/// The last events before a place.
fn backwards(
    site: &Site,
    asked: &Question<'_>,
    before: Option<&Place>,
    taken_in: i64,
    troubled: &Troubled,
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = 0;
    let Some(first) = next_second(&asked.streams, asked.from.div_euclid(1000)) else {
        return events;
    };
    let mut at = asked.to.min(taken_in + 2 * 3_600_000).div_euclid(1000);
    while at >= first {
        let here = second(site, &asked.streams, at, taken_in, troubled);
        for event in here.into_iter().rev() {
            if !(asked.from..=asked.to).contains(&event.at())
                || before.is_some_and(|before| event.place >= *before)
            {
                continue;
            }
            bytes += event.text.len() + 26;
            if events.len() == asked.size || (bytes > PAGE_BYTES && !events.is_empty()) {
                events.reverse();
                return events;
            }
            events.push(event);
        }
        at -= 1;
    }
    events.reverse();
    events
}

/// From when to when, in milliseconds, both included.
fn range(call: &Call<'_>) -> Result<(i64, i64), Refusal> {
    let from = call.arg("startTime").as_int().unwrap_or(0);
    let to = call.arg("endTime").as_int().unwrap_or(i64::MAX / 4);
    if from < 0 || to < 0 {
        return Err(call.invalid("startTime and endTime must not be negative"));
    }
    if from > to {
        return Err(call.invalid("startTime must not be later than endTime"));
    }
    Ok((from, to))
}

/// What is older is not kept any more.
pub fn oldest(group: &Group, now: Timestamp) -> i64 {
    group
        .retention
        .map_or(0, |days| now.as_millis() - days * 86_400_000)
}

/// How far back lines may have happened that are taken in now, in seconds.
pub const REACHES_BACK: i64 = LATEST_MILLIS / 1000 + 1;
