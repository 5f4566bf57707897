//! Logs Insights for the console: one query at a time, in all its accounts and regions; what is found is put into one answer
//! beside the loop and handed over a few times a second.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::aws::fleet::Fleet;
use crate::aws::logs::{self, Inquiry, Pattern, Picked, Querying, Target};
use crate::domain::text::clean_arc;
use crate::logs::Tail;
use crate::logs::query::Answer;
use crate::model::Outcome;
use crate::model::query::{Asked, Groups, Stage, Told};

use super::Outcomes;

/// How often the console hears of it.
const EVERY: Duration = Duration::from_millis(250);
/// How long the list of groups may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks for the console.
pub struct Desk {
    runtime: Handle,
    fleet: Arc<Fleet>,
    outcomes: Outcomes,
    asking: Option<(JoinHandle<()>, watch::Sender<bool>)>,
}

impl Desk {
    /// A desk that asks nothing yet.
    pub fn open(runtime: &Handle, fleet: Arc<Fleet>, outcomes: Outcomes) -> Self {
        Self {
            runtime: runtime.clone(),
            fleet,
            outcomes,
            asking: None,
        }
    }

    /// Asks this, and nothing else from here on.
    pub fn ask(&mut self, number: u64, asked: Asked) {
        self.close();
        let (stop, stopped) = watch::channel(false);
        let session = Session {
            number,
            fleet: Arc::clone(&self.fleet),
            outcomes: Arc::clone(&self.outcomes),
            stopped,
        };
        self.asking = Some((self.runtime.spawn(session.run(asked)), stop));
    }

    /// Stops it; what was found so far is still told.
    pub fn stop(&self) {
        if let Some((_, stop)) = &self.asking {
            stop.send_replace(true);
        }
    }

    fn close(&mut self) {
        if let Some((task, _)) = self.asking.take() {
            // Its queries are stopped at AWS by themselves once nobody hears them.
            task.abort();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is said where something is asked before the fleet is known.
pub(super) fn unknown(number: u64) -> Outcome {
    nowhere(number, "The fleet is not known yet; try again in a moment.")
}

fn nowhere(number: u64, why: &str) -> Outcome {
    Outcome::Queried(Box::new(Told {
        number,
        stage: Stage::Nowhere(Arc::from(why)),
        answer: Arc::default(),
        faults: Vec::new(),
    }))
}

struct Session {
    number: u64,
    fleet: Arc<Fleet>,
    outcomes: Outcomes,
    stopped: watch::Receiver<bool>,
}

impl Session {
    async fn run(mut self, asked: Asked) {
        let picked = match self.targets(&asked.groups).await {
            Ok(picked) => picked,
            Err(why) => {
                (self.outcomes)(nowhere(self.number, &why));
                return;
            }
        };
        if picked.targets.is_empty() {
            let why = picked.faults.first().map_or_else(
                || "No log group is called so in any account and region of the fleet.".to_owned(),
                |fault| format!("No log group was found. {fault}"),
            );
            (self.outcomes)(nowhere(self.number, &why));
            return;
        }
        let inquiry = Inquiry {
            text: Arc::clone(&asked.text),
            since: asked.since,
            until: asked.until,
            limit: None,
        };
        let (querying, parts, mut heard) = Querying::begin(picked.targets, &inquiry);
        let mut answer = Answer::new(&asked.text, parts);
        let tell = |answer: &Answer, stage| {
            (self.outcomes)(Outcome::Queried(Box::new(Told {
                number: self.number,
                stage,
                answer: Arc::new(answer.clone()),
                faults: picked.faults.clone(),
            })));
        };
        tell(&answer, Stage::Asking);
        let mut tick = tokio::time::interval(EVERY);
        let (mut news, mut is_stopped) = (false, false);
        loop {
            tokio::select! {
                told = heard.recv() => match told {
                    Some(told) => {
                        answer.hear(told);
                        news = true;
                    }
                    None => break,
                },
                _ = self.stopped.wait_for(|stopped| *stopped), if !is_stopped => {
                    is_stopped = true;
                    querying.stop();
                }
                _ = tick.tick(), if news => {
                    news = false;
                    tell(&answer, Stage::Asking);
                }
            }
        }
        tell(&answer, Stage::Over);
    }

    /// The groups that are asked. Names are looked up: a query of one that is not there fails for all groups of its account.
    async fn targets(&self, groups: &Groups) -> Result<Picked, String> {
        let mut tail = Tail::default();
        match groups {
            Groups::Named(names) => {
                let patterns = names
                    .iter()
                    .map(|text| {
                        Ok(match Pattern::parse(text)? {
                            Pattern::Name(name) => Pattern::Like(name.to_string()),
                            other => other,
                        })
                    })
                    .collect::<Result<Vec<Pattern>, String>>()?;
                let picked = logs::pick(&self.fleet, &[], &patterns, PATIENCE, &mut tail).await;
                picked.map_err(|faults| {
                    faults.first().map_or_else(
                        || "No account of the fleet is known.".to_owned(),
                        ToString::to_string,
                    )
                })
            }
            Groups::Chosen(sources) => {
                let census = self.fleet.census();
                let targets = sources.iter().filter_map(|source| {
                    let access = self.fleet.access(source.scope)?;
                    let account = census.roster.name(source.scope.account);
                    let group = tail.group(source.scope, &account, &clean_arc(&source.name));
                    Some(Target {
                        group,
                        name: Arc::clone(&source.name),
                        access,
                        scope: source.scope,
                        class: logs::Class::Unknown,
                    })
                });
                Ok(Picked {
                    targets: targets.collect(),
                    faults: Vec::new(),
                    scopes: 0,
                })
            }
        }
    }
}
