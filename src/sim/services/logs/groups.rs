//! Groups and streams: what there is, how long it is kept, and what clients put.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::estate::{Group, Logs, Put, Stream};
use super::section::Class;
use super::{no_group, no_stream, with_group};
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::{Answer, Call, Refusal};
use crate::sim::wire::{Map, Value};
use crate::sim::world::Site;

/// Events that are older are refused; and those that are so far ahead. From the API reference of `PutLogEvents`.
const OLDEST_MILLIS: i64 = 14 * 86_400_000;
/// See [`OLDEST_MILLIS`].
const NEWEST_MILLIS: i64 = 2 * 3_600_000;
/// The largest event, and the largest batch with 26 bytes more for each event. From the API reference.
const EVENT_BYTES: usize = 1 << 20;
/// See [`EVENT_BYTES`].
const BATCH_BYTES: usize = 1_048_576;

/// A group as `DescribeLogGroups` answers it.
pub fn described(name: &str, group: &Group, site: &Site, now: Timestamp) -> Map {
    let arn = site.arn("logs", &format!("log-group:{name}"));
    // A hundred bytes a line is what most lines have; the figure of AWS is some hours old as well.
    let days = group.retention.unwrap_or(30).min(30);
    let lines: f64 = group
        .streams
        .values()
        .flat_map(|stream| &stream.voices)
        .map(|voice| match voice.speaks {
            super::voice::Speaks::Always(rate) => rate,
            _ => 0.0,
        })
        .sum();
    let put: usize = group
        .streams
        .values()
        .flat_map(|stream| &stream.put)
        .map(|put| put.text.len())
        .sum();
    let age = now
        .since(group.born)
        .as_secs_f64()
        .min(86_400.0 * f64::from(i32::try_from(days).unwrap_or(30)));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bytes of some terabytes fit"
    )]
    let stored = (lines * age * 100.0) as i64 + i64::try_from(put).unwrap_or(0);
    let mut told = Map::default();
    told.set("logGroupName", name);
    told.set("creationTime", group.born.as_millis());
    if let Some(days) = group.retention {
        told.set("retentionInDays", days);
    }
    told.set("metricFilterCount", group.filters.len());
    told.set("arn", format!("{arn}:*"));
    told.set("storedBytes", stored);
    told.set("logGroupClass", group.class.name());
    told.set("logGroupArn", arn);
    told
}

/// `DescribeLogGroups`.
pub fn describe(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let (prefix, part) = (
        call.text("logGroupNamePrefix"),
        call.text("logGroupNamePattern"),
    );
    if prefix.is_some() && part.is_some() {
        return Err(
            call.invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive")
        );
    }
    let class = class(call)?;
    // Anywhere in the name, and capitals count. From the API reference.
    call.estate(|logs: &mut Logs, site, now| {
        let fit = logs.groups.iter().filter(|(name, group)| {
            prefix.is_none_or(|prefix| name.starts_with(prefix))
                && part.is_none_or(|part| name.contains(part))
                && class.is_none_or(|class| group.class == class)
        });
        let (groups, next) = page.cut(fit);
        Ok(fields! {
            "logGroups" => groups.iter().map(|(name, group)| described(name, group, site, now)).collect::<Value>(),
            "nextToken" => next,
        })
    })
}

/// `ListLogGroups`: by a pattern of up to five parts, each a text that may be tied to the beginning.
pub fn list(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let class = class(call)?;
    let pattern = match call.text("logGroupNamePattern") {
        None => None,
        Some(text) => Some(name_pattern(text).ok_or_else(|| {
            call.invalid("logGroupNamePattern must be up to five texts of at least three characters, divided by |, each with ^ before it or not")
        })?),
    };
    call.estate(|logs: &mut Logs, site, _| {
        let fit = logs.groups.iter().filter(|(name, group)| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
                && class.is_none_or(|class| group.class == class)
        });
        let (groups, next) = page.cut(fit);
        Ok(fields! {
            "logGroups" => groups.iter().map(|(name, group)| fields! {
                "logGroupName" => *name, "logGroupArn" => site.arn("logs", &format!("log-group:{name}")),
                "logGroupClass" => group.class.name(),
            }).collect::<Value>(),
            "nextToken" => next,
        })
    })
}

/// From the model: `(\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}`.
fn name_pattern(text: &str) -> Option<Regex> {
    let parts: Vec<&str> = text.split('|').collect();
    let is_good = |part: &&str| {
        let word = part.strip_prefix('^').unwrap_or(part);
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
        (3..=24).contains(&word.len()) && word.chars().all(allowed)
    };
    if parts.len() > 5 || !parts.iter().all(is_good) {
        return None;
    }
    Regex::new(&text.replace('.', r"\.")).ok()
}

fn class(call: &Call<'_>) -> Result<Option<Class>, Refusal> {
    let Some(text) = call.text("logGroupClass") else {
        return Ok(None);
    };
    let class = Class::parse(text);
    class.map(Some).ok_or_else(|| {
        call.invalid(format!(
            "Value '{text}' at 'logGroupClass' must be one of [DELIVERY, STANDARD, INFREQUENT_ACCESS]"
        ))
    })
}

/// `DescribeLogStreams`.
pub fn streams(call: &Call<'_>) -> Answer {
    let page = call.page()?;
    let by_time = call.text("orderBy") == Some("LastEventTime");
    let prefix = call.text("logStreamNamePrefix");
    if by_time && prefix.is_some() {
        return Err(call.invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let falling = call.arg("descending").as_bool().unwrap_or(false);
    with_group(call, |name, group, site, now| {
        let mut all: Vec<(&Arc<str>, &Stream)> = group
            .streams
            .iter()
            .filter(|(name, stream)| {
                stream.born <= now && prefix.is_none_or(|prefix| name.starts_with(prefix))
            })
            .collect();
        if by_time {
            all.sort_by_key(|(_, stream)| last(stream, now));
        }
        if falling {
            all.reverse();
        }
        let (streams, next) = page.cut(all);
        Ok(fields! {
            "logStreams" => streams.iter().map(|(stream, kept)| {
                let last = last(kept, now);
                let first = if kept.voices.is_empty() { kept.put.first().map(|put| put.at) } else { Some(kept.born.as_millis()) };
                fields! {
                    "logStreamName" => *stream, "creationTime" => kept.born.as_millis(),
                    "firstEventTimestamp" => first, "lastEventTimestamp" => last, "lastIngestionTime" => last,
                    "arn" => site.arn("logs", &format!("log-group:{name}:log-stream:{stream}")), "storedBytes" => 0,
                }
            }).collect::<Value>(),
            "nextToken" => next,
        })
    })
}

/// When the last event happened, as far as `DescribeLogStreams` knows: it is told some time later.
fn last(stream: &Stream, now: Timestamp) -> Option<i64> {
    let spoken = (!stream.voices.is_empty())
        .then(|| now.as_millis().min(stream.speaks.1.saturating_mul(1000)) - 5_000);
    let put = stream.put.last().map(|put| put.at);
    spoken.max(put)
}

/// `CreateLogGroup`.
pub fn create(call: &Call<'_>) -> Answer {
    let class = class(call)?.unwrap_or_default();
    let name = call.needed("logGroupName");
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._/#-".contains(c);
    if name.len() > 512 || !name.chars().all(allowed) {
        return Err(call.invalid(format!(
            "1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
        )));
    }
    call.estate(|logs: &mut Logs, _, now| {
        if logs.groups.contains_key(name) {
            return Err(exists("log group"));
        }
        logs.groups.insert(
            name.into(),
            Group {
                born: now,
                class,
                retention: None,
                streams: BTreeMap::new(),
                filters: BTreeMap::new(),
            },
        );
        Ok(Value::Null)
    })
}

/// `DeleteLogGroup`.
pub fn delete(call: &Call<'_>) -> Answer {
    let name = call.needed("logGroupName");
    call.estate(|logs: &mut Logs, _, _| {
        logs.recent.retain(|(group, ..)| **group != *name);
        logs.groups
            .remove(name)
            .map(|_| Value::Null)
            .ok_or_else(no_group)
    })
}

/// `CreateLogStream`.
pub fn create_stream(call: &Call<'_>) -> Answer {
    let name = call.needed("logStreamName");
    if name.contains([':', '*']) {
        return Err(call.invalid(format!(
            "Value '{name}' at 'logStreamName' must not contain : or *"
        )));
    }
    with_group_mut(call, |group, now| {
        if group.streams.contains_key(name) {
            return Err(exists("log stream"));
        }
        let stream = Stream {
            born: now,
            ..Stream::default()
        };
        group.streams.insert(name.into(), stream);
        Ok(Value::Null)
    })
}

/// `DeleteLogStream`.
pub fn delete_stream(call: &Call<'_>) -> Answer {
    let name = call.needed("logStreamName");
    with_group_mut(call, |group, _| {
        let gone = group.streams.remove(name);
        gone.map(|_| Value::Null).ok_or_else(no_stream)
    })
}

/// `PutLogEvents`. What is too old or too new is left out, and said.
pub fn put(call: &Call<'_>) -> Answer {
    let events: Vec<(i64, &str)> = call
        .arg("logEvents")
        .items()
        .iter()
        .map(|event| {
            let at = event.at("timestamp").as_int().unwrap_or(0);
            (at, event.at("message").as_str().unwrap_or_default())
        })
        .collect();
    if events.is_empty() || events.len() > 10_000 {
        return Err(call.invalid("logEvents must have 1 to 10000 members"));
    }
    if events.iter().any(|(_, text)| text.is_empty()) {
        return Err(call.invalid("Log event message must not be empty"));
    }
    if events.iter().any(|(_, text)| text.len() > EVENT_BYTES - 26) {
        return Err(call.invalid("Log event too large: the limit is 1048576 bytes"));
    }
    if events
        .iter()
        .map(|(_, text)| text.len() + 26)
        .sum::<usize>()
        > BATCH_BYTES
    {
        return Err(call.invalid("Upload too large: the limit is 1048576 bytes"));
    }
    if !events.is_sorted_by_key(|(at, _)| *at) {
        return Err(call.invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    let (name, stream) = (call.needed("logGroupName"), call.needed("logStreamName"));
    call.estate(|logs: &mut Logs, _, now| {
        let now = now.as_millis();
        let Logs {
            groups,
            recent,
            puts,
            ..
        } = logs;
        let (group_name, group) = groups
            .get_key_value(name)
            .map(|(name, _)| name.clone())
            .zip(groups.get_mut(name))
            .ok_or_else(no_group)?;
        let expired = group
            .retention
            .map_or(i64::MIN, |days| now - days * 86_400_000);
        let stream_name: Arc<str> = stream.into();
        let kept = group.streams.get_mut(stream).ok_or_else(no_stream)?;
        let old = events
            .iter()
            .take_while(|(at, _)| *at < now - OLDEST_MILLIS)
            .count();
        let gone = events.iter().take_while(|(at, _)| *at < expired).count();
        let new = events.iter().position(|(at, _)| *at > now + NEWEST_MILLIS);
        let taken = events
            .get(old.max(gone)..new.unwrap_or(events.len()))
            .unwrap_or_default();
        for (at, text) in taken {
            *puts += 1;
            let put = Put {
                at: *at,
                ingested: now,
                serial: *puts,
                text: (*text).into(),
            };
            let place = kept.put.partition_point(|other| other.at <= *at);
            kept.put.insert(place, put.clone());
            recent.push_back((group_name.clone(), stream_name.clone(), put));
        }
        let mut rejected = Map::default();
        if let Some(new) = new {
            rejected.set("tooNewLogEventStartIndex", new);
        }
        if old > 0 {
            rejected.set("tooOldLogEventEndIndex", old);
        }
        if gone > 0 {
            rejected.set("expiredLogEventEndIndex", gone);
        }
        Ok(fields! {
            "nextSequenceToken" => format!("{puts:056}"),
            "rejectedLogEventsInfo" => (!rejected.0.is_empty()).then_some(Value::Map(rejected)),
        })
    })
}

/// The numbers of days that are allowed. From the API reference of `PutRetentionPolicy`.
const RETENTIONS: &[i64] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// `PutRetentionPolicy`.
pub fn retain(call: &Call<'_>) -> Answer {
    let days = call.arg("retentionInDays").as_int().unwrap_or(0);
    if !RETENTIONS.contains(&days) {
        return Err(call.invalid(format!("{days} is not a number of days that can be chosen")));
    }
    with_group_mut(call, |group, _| {
        group.retention = Some(days);
        Ok(Value::Null)
    })
}

/// `DeleteRetentionPolicy`.
pub fn keep(call: &Call<'_>) -> Answer {
    with_group_mut(call, |group, _| {
        group.retention = None;
        Ok(Value::Null)
    })
}

fn exists(what: &str) -> Refusal {
    Refusal::new(
        "ResourceAlreadyExistsException",
        format!("The specified {what} already exists"),
    )
}

fn with_group_mut(call: &Call<'_>, change: impl FnOnce(&mut Group, Timestamp) -> Answer) -> Answer {
    let name = call.needed("logGroupName");
    call.estate(|logs: &mut Logs, _, now| {
        let group = logs.groups.get_mut(name).ok_or_else(no_group)?;
        change(group, now)
    })
}
