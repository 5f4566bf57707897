//! Logs for the console: the groups of an aim are looked for, and one reading at a time is merged and handed over.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::aws::fleet::Fleet;
use crate::aws::logs::{self, Mode, Pattern, Reading, Streams, Target, Wish};
use crate::clock::Clock;
use crate::domain::text::clean_arc;
use crate::logs::aim::Aim;
use crate::logs::tail::{Item, News, Over, Pace, Told, Way};
use crate::logs::{GroupId, Tail};
use crate::model::Outcome;
use crate::model::logs::{Groups, Room, Sighted, Source, Standing, Tailed, Wanted};

use super::Outcomes;

/// Lines that the console takes in at once: so few that no key waits for them.
const AT_ONCE: usize = 500;
/// Handfuls of lines that may wait for the console.
const WAITING: usize = 4;
/// How long the list of groups may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often lines that wait for their order are looked at when nothing comes.
const TICK: Duration = Duration::from_millis(500);

/// Reads logs for the console.
pub struct Desk {
    runtime: Handle,
    fleet: Arc<Fleet>,
    clock: Arc<dyn Clock>,
    outcomes: Outcomes,
    reading: Option<JoinHandle<()>>,
}

impl Desk {
    /// A desk that reads nothing yet.
    pub fn open(
        runtime: &Handle,
        fleet: Arc<Fleet>,
        clock: Arc<dyn Clock>,
        outcomes: Outcomes,
    ) -> Self {
        Self {
            runtime: runtime.clone(),
            fleet,
            clock,
            outcomes,
            reading: None,
        }
    }

    /// Looks for the groups of an aim.
    pub fn sight(&self, number: u64, aim: Aim) {
        let (fleet, outcomes) = (Arc::clone(&self.fleet), Arc::clone(&self.outcomes));
        self.runtime.spawn(async move {
            let hits = match fleet.access(aim.scope) {
                Some(access) => logs::look(&access, &aim).await,
                None => logs::Hits::default(),
            };
            let sources = hits.hits.into_iter().map(|hit| Source {
                scope: aim.scope,
                name: hit.group.name,
                stream: hit.stream,
            });
            outcomes(Outcome::Sighted(Sighted {
                number,
                sources: sources.collect(),
                tried: hits.tried.into_iter().map(Arc::from).collect(),
                faults: hits.faults,
            }));
        });
    }

    /// Reads what is wanted, and nothing else from here on.
    pub fn read(&mut self, number: u64, wanted: Wanted) {
        self.close();
        let reader = Reader {
            number,
            clock: Arc::clone(&self.clock),
            outcomes: Arc::clone(&self.outcomes),
            room: Arc::new(Semaphore::new(WAITING)),
            tail: Tail::default(),
            known: (0, 0),
            standing: Vec::new(),
            said: None,
        };
        let fleet = Arc::clone(&self.fleet);
        self.reading = Some(self.runtime.spawn(reader.run(fleet, wanted)));
    }

    /// Reads nothing from here on.
    pub fn close(&mut self) {
        if let Some(reading) = self.reading.take() {
            reading.abort();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is said where logs are wanted before the fleet is known.
pub(super) fn unknown(number: u64) -> Outcome {
    Outcome::Sighted(Sighted {
        number,
        sources: Vec::new(),
        tried: vec![Arc::from(
            "nothing: the fleet is not known yet; try again in a moment",
        )],
        faults: Vec::new(),
    })
}

/// These groups, as far as noctop has a way to them.
pub(super) fn targets(fleet: &Fleet, tail: &mut Tail, sources: &[Source]) -> Vec<Target> {
    let census = fleet.census();
    let target = |source: &Source| {
        let access = fleet.access(source.scope)?;
        let account = census.roster.name(source.scope.account);
        let group = tail.group(source.scope, &account, &clean_arc(&source.name));
        Some(Target {
            group,
            name: Arc::clone(&source.name),
            access,
            scope: source.scope,
            class: logs::Class::Unknown,
        })
    };
    sources.iter().filter_map(target).collect()
}

/// One reading.
struct Reader {
    number: u64,
    clock: Arc<dyn Clock>,
    outcomes: Outcomes,
    room: Arc<Semaphore>,
    tail: Tail,
    /// The groups and streams that the console has been told of.
    known: (usize, usize),
    standing: Vec<(GroupId, Standing)>,
    said: Option<Arc<str>>,
}

impl Reader {
    async fn run(mut self, fleet: Arc<Fleet>, wanted: Wanted) {
        let (targets, streams) = self.targets(&fleet, &wanted).await;
        for target in &targets {
            self.standing.push((target.group, Standing::Behind));
        }
        let none = targets.is_empty();
        if none && self.said.is_none() {
            self.said = Some(Arc::from(
                "No log group is called so in any account and region of the fleet.",
            ));
        }
        self.hand_over(Vec::new(), Duration::ZERO).await;
        if none {
            return;
        }
        let wish = Wish {
            since: wanted.since,
            until: wanted.until,
            follow: wanted.until.is_none(),
            pattern: wanted.pattern.as_deref().map(str::to_owned),
            streams,
        };
        let mode = if wanted.live { Mode::Live } else { Mode::Poll };
        let (pace, paced) = watch::channel(Pace::default());
        let (reading, mut rx) = Reading::begin(targets.clone(), &wish, mode, &self.clock, &paced);
        let mut tick = tokio::time::interval(TICK);
        let mut over = false;
        while !over {
            tokio::select! {
                told = rx.recv() => match told {
                    Some(told) => {
                        self.hear(&targets, told);
                        while let Ok(told) = rx.try_recv() {
                            self.hear(&targets, told);
                        }
                    }
                    None => over = true,
                },
                _ = tick.tick() => {}
            }
            let now = self.clock.now();
            let ready = if over {
                self.tail.rest()
            } else {
                self.tail.ready(now)
            };
            let paced = self.tail.pace();
            pace.send_if_modified(|pace| std::mem::replace(pace, paced) != paced);
            self.hand_over(ready, reading.meter().time(now)).await;
        }
    }

    /// The groups that are read, and which of their streams.
    async fn targets(&mut self, fleet: &Arc<Fleet>, wanted: &Wanted) -> (Vec<Target>, Streams) {
        let sources = match &wanted.groups {
            Groups::Chosen(sources) => sources,
            Groups::Named(names) => return (self.named(fleet, names).await, Streams::All),
        };
        let targets = targets(fleet, &mut self.tail, sources);
        // Several groups of one machine have its stream each; groups of different sorts are read whole.
        let mut streams = sources.iter().map(|source| &source.stream);
        let first = streams.next().cloned().flatten();
        let streams = match first {
            Some(stream) if streams.all(|other| other.as_ref() == Some(&stream)) => {
                Streams::Prefix(stream.to_string())
            }
            _ => Streams::All,
        };
        (targets, streams)
    }

    /// The groups that are called so.
    async fn named(&mut self, fleet: &Arc<Fleet>, names: &[Arc<str>]) -> Vec<Target> {
        let patterns: Result<Vec<Pattern>, String> =
            names.iter().map(|text| Pattern::parse(text)).collect();
        let picked = match patterns {
            Ok(patterns) => logs::pick(fleet, &[], &patterns, PATIENCE, &mut self.tail).await,
            Err(why) => {
                self.said = Some(Arc::from(why));
                return Vec::new();
            }
        };
        match picked {
            Ok(picked) => {
                if let Some(fault) = picked.faults.first() {
                    self.said = Some(Arc::from(format!("Not looked up everywhere: {fault}")));
                }
                picked.targets
            }
            Err(faults) => {
                let why = faults
                    .first()
                    .map_or_else(|| "no account is known".to_owned(), ToString::to_string);
                self.said = Some(Arc::from(format!("No log group was looked up: {why}")));
                Vec::new()
            }
        }
    }

    fn hear(&mut self, targets: &[Target], told: Told) {
        let label = || {
            let target = targets.iter().find(|target| target.group == told.group);
            target.map_or_else(String::new, Target::label)
        };
        let standing = match &told.news {
            News::CaughtUp | News::Well | News::Over(Over::Complete, _) => Some(Standing::Read),
            News::Away(fault) => Some(Standing::Away(Arc::from(fault.to_string()))),
            News::Over(Over::Absent, _) => Some(Standing::Absent),
            News::Over(Over::GaveUp, Some(fault)) => {
                Some(Standing::Away(Arc::from(fault.to_string())))
            }
            // A group of this name need not be in every account.
            News::Goes(Way::Polling, Some(fault)) if !logs::is_absent(fault) => {
                self.said = Some(Arc::from(format!(
                    "Polling instead of Live Tail: {}",
                    fault.message
                )));
                None
            }
            _ => None,
        };
        if let Some(standing) = standing {
            if let Standing::Away(why) = &standing {
                self.said = Some(Arc::from(format!(
                    "{} is not read at present: {why}",
                    label()
                )));
            }
            self.standing.push((told.group, standing));
        }
        self.tail.hear(told, self.clock.now());
    }

    /// Hands over what is ready, a handful at a time and no faster than it is taken.
    async fn hand_over(&mut self, ready: Vec<Item>, live: Duration) {
        let mut ready = ready.into_iter();
        loop {
            let items: Vec<Item> = ready.by_ref().take(AT_ONCE).collect();
            let known = self.tail.origins().known();
            let is_news = known != self.known || !self.standing.is_empty() || self.said.is_some();
            if items.is_empty() && !is_news {
                return;
            }
            // A group has caught up when its lines are there, not when they are on their way.
            let standing = if ready.len() == 0 {
                std::mem::take(&mut self.standing)
            } else {
                Vec::new()
            };
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else {
                return;
            };
            let origins = (known != self.known).then(|| Box::new(self.tail.origins().clone()));
            self.known = known;
            (self.outcomes)(Outcome::Tailed(Box::new(Tailed {
                number: self.number,
                origins,
                items,
                standing,
                said: self.said.take(),
                counts: self.tail.counts(),
                live,
                room: Room(Some(Arc::new(permit))),
            })));
        }
    }
}
