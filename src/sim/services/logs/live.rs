//! `StartLiveTail`: what is taken in, pushed every second in an event stream.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::estate::{Logs, Stream};
use super::events::{self, Event, REACHES_BACK};
use super::no_group;
use super::pattern::Pattern;
use super::section::Class;
use crate::clock::Timestamp;
use crate::fields;
use crate::sim::services::cloudwatch::CloudWatch;
use crate::sim::services::{Answer, Call, Pushed, Refusal};
use crate::sim::wire::{self, Map, Value};
use crate::sim::world::World;

/// How often what was taken in is sent. From the API reference: every second.
const EVERY: Duration = Duration::from_secs(1);

/// Whether such a session can begin; what its first event says.
pub fn start(call: &Call<'_>) -> Answer {
    let groups: Vec<&str> = call.arg("logGroupIdentifiers").texts().collect();
    if groups.is_empty() || groups.len() > 10 {
        return Err(call.invalid("logGroupIdentifiers must have 1 to 10 members"));
    }
    let (names, prefixes) = (
        call.arg("logStreamNames"),
        call.arg("logStreamNamePrefixes"),
    );
    let (named, prefixed) = (!names.items().is_empty(), !prefixes.items().is_empty());
    if named && prefixed {
        return Err(call.invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive"));
    }
    if (named || prefixed) && groups.len() > 1 {
        return Err(call.invalid("Streams can be chosen with one log group only"));
    }
    let pattern = call.text("logEventFilterPattern");
    if let Err(why) = Pattern::parse(pattern.unwrap_or_default()) {
        return Err(call.invalid(format!("Invalid filter pattern: {why}")));
    }
    let prefix = call.arn("logs", "log-group:");
    for arn in &groups {
        if !arn.starts_with("arn:") || arn.ends_with('*') {
            return Err(call.invalid(format!(
                "'{arn}' must be the ARN of a log group, without an asterisk"
            )));
        }
        let Some(name) = arn.strip_prefix(&prefix) else {
            let message = format!("Access denied to log group {arn}");
            return Err(Refusal::new("AccessDeniedException", message));
        };
        call.estate(|logs: &mut Logs, site, _| {
            let group = logs.groups.get(name).ok_or_else(no_group)?;
            if group.class != Class::Standard {
                let message = "Live Tail is not supported for log groups of this class";
                return Err(Refusal::new("InvalidOperationException", message));
            }
            if logs.sessions >= site.scenario.logs.sessions {
                let message = "The limit of concurrent Live Tail sessions is reached";
                return Err(Refusal::new("LimitExceededException", message));
            }
            Ok(())
        })?;
    }
    let serial = call.world.next_serial();
    Ok(fields! {
        "requestId" => format!("live-{serial:x}"), "sessionId" => format!("session-{serial:x}"),
        "logGroupIdentifiers" => call.arg("logGroupIdentifiers").clone(), "logStreamNames" => names.clone(),
        "logStreamNamePrefixes" => prefixes.clone(), "logEventFilterPattern" => pattern,
    })
}

/// Counts a session for as long as it is open, however it ends.
struct Open(Pushed);

impl Open {
    fn count(pushed: Pushed) -> Self {
        pushed
            .world
            .estate(&pushed.account, &pushed.region, |logs: &mut Logs, _, _| {
                logs.sessions += 1
            });
        Self(pushed)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Pushed {
            world,
            account,
            region,
            ..
        } = &self.0;
        world.estate(account, region, |logs: &mut Logs, _, _| logs.sessions -= 1);
    }
}

/// Sends a session's events until it ends or nobody takes them.
pub fn push(pushed: Pushed, out: mpsc::Sender<Bytes>) {
    // From here on it is counted, whenever the task gets its turn: the client reads what was written before.
    let began = pushed.world.now();
    let mut session = Session::new(&pushed, began);
    let open = Open::count(pushed);
    tokio::spawn(async move {
        let Pushed { world, opened, .. } = &open.0;
        // Where the protocol is RPC, the answer itself is the first event.
        let mut greeting = frame("event", "initial-response", &Value::Map(Map::default()));
        greeting.extend(frame("event", "sessionStart", opened));
        if out.send(greeting.into()).await.is_err() {
            return;
        }
        let lasts = world.scenario().logs.session.0;
        loop {
            tokio::select! {
                () = out.closed() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let now = world.now();
            let message = if now.since(began) >= lasts {
                let why = fields! { "message" => "The session has timed out" };
                frame("exception", "SessionTimeoutException", &why)
            } else {
                frame("event", "sessionUpdate", &session.update(world, now))
            };
            if out.send(message.into()).await.is_err() || now.since(began) >= lasts {
                return;
            }
        }
    });
}

/// What is sent, and up to when it was.
struct Session {
    account: Arc<str>,
    region: Arc<str>,
    groups: Vec<String>,
    names: Vec<String>,
    prefixes: Vec<String>,
    pattern: Pattern,
    until: Timestamp,
    /// The last event of a client that was looked at.
    serial: u64,
}

impl Session {
    fn new(pushed: &Pushed, began: Timestamp) -> Self {
        let texts = |name: &str| pushed.opened.at(name).texts().map(str::to_owned).collect();
        let named = |arn: &str| arn.splitn(7, ':').last().unwrap_or_default().to_owned();
        let pattern = pushed
            .opened
            .at("logEventFilterPattern")
            .as_str()
            .unwrap_or_default();
        Self {
            account: pushed.account.clone(),
            region: pushed.region.clone(),
            groups: pushed
                .opened
                .at("logGroupIdentifiers")
                .texts()
                .map(named)
                .collect(),
            names: texts("logStreamNames"),
            prefixes: texts("logStreamNamePrefixes"),
            pattern: Pattern::parse(pattern).unwrap_or_default(),
            until: began,
            serial: pushed.world.estate(
                &pushed.account,
                &pushed.region,
                |logs: &mut Logs, _, _| logs.puts,
            ),
        }
    }

    /// What was taken in since the last update, and a sample where it is too much.
    fn update(&mut self, world: &World, now: Timestamp) -> Value {
        let troubled = world.estate(
            &self.account,
            &self.region,
            |alarms: &mut CloudWatch, _, _| alarms.troubles(),
        );
        let (from, to) = (self.until.as_millis(), now.as_millis());
        self.until = now;
        let mut results: Vec<(i64, Value)> = Vec::new();
        let mut serial = self.serial;
        let most = world.scenario().logs.sample;
        world.estate(&self.account, &self.region, |logs: &mut Logs, site, _| {
            serial = logs.puts;
            for name in &self.groups {
                let Some(group) = logs.groups.get(&**name) else {
                    continue;
                };
                let wanted = |stream: &str| {
                    (self.names.is_empty() || self.names.iter().any(|name| name == stream))
                        && (self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| stream.starts_with(prefix)))
                };
                let identifier = format!("{}:{name}", self.account);
                let mut take = |stream: &str, at: i64, ingested: i64, text: &str| {
                    if wanted(stream) && self.pattern.fits(text) {
                        results.push((at, fields! {
                            "logStreamName" => stream, "logGroupIdentifier" => &identifier, "message" => text,
                            "timestamp" => at, "ingestionTime" => ingested,
                        }));
                    }
                };
                let streams: Vec<(&Arc<str>, &Stream)> = group.streams.iter().filter(|(_, s)| !s.voices.is_empty()).collect();
                for second in from.div_euclid(1000) - REACHES_BACK..=to.div_euclid(1000) {
                    let here = events::second(site, &streams, second, to, &troubled);
                    for event in here.iter().filter(|event| event.ingested > from && Event::is_spoken(event)) {
                        take(event.stream(), event.at(), event.ingested, &event.text);
                    }
                }
                for (_, stream, put) in logs.recent.iter().filter(|(of, ..)| **of == **name) {
                    if put.serial > self.serial {
                        take(stream, put.at, put.ingested, &put.text);
                    }
                }
            }
        });
        self.serial = serial;
        let sampled = results.len() > most;
        results.sort_by_key(|(at, _)| *at);
        results.truncate(most);
        fields! {
            "sessionMetadata" => fields! { "sampled" => sampled },
            "sessionResults" => results.into_iter().map(|(_, result)| result).collect::<Value>(),
        }
    }
}

/// One message of an event stream.
fn frame(message_type: &str, kind: &str, payload: &Value) -> Vec<u8> {
    let kind_header = if message_type == "exception" {
        ":exception-type"
    } else {
        ":event-type"
    };
    let headers = [
        (":message-type", message_type),
        (kind_header, kind),
        (":content-type", "application/x-amz-json-1.1"),
    ];
    wire::frame::encode(&headers, &wire::json::encode(payload))
}
