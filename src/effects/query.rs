//! Logs Insights for the console: one query at a time, in all its accounts and regions; what is found is put into one answer
//! beside the loop and handed over a few times a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::aws::fleet::Fleet;
use crate::aws::logs::{self, Described, Inquiry, Pattern, Picked, Querying};
use crate::clock::Timestamp;
use crate::domain::text::clean_arc;
use crate::domain::{Fault, FaultKind, Scope};
use crate::logs::Tail;
use crate::logs::query::{Answer, Found, Heard, Part, Standing, Statistics};
use crate::model::Outcome;
use crate::model::logs::Groups;
use crate::model::query::{Asked, GROUP, Stage, Told};

use super::Outcomes;

/// How often the console hears of it.
const EVERY: Duration = Duration::from_millis(250);
/// Calls that are made at the same time where groups are listed.
const ABREAST: usize = 16;
/// Of so many groups it is asked when something was last written: a call for each.
const LAST_EVENTS: usize = 300;
/// How long AWS has to be told that a query is not wanted any more.
const LAST_WORD: Duration = Duration::from_secs(2);
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
        let (session, stop) = self.session(number);
        self.asking = Some((self.runtime.spawn(session.run(asked)), stop));
    }

    /// Another session, in the place of the one before.
    fn session(&mut self, number: u64) -> (Session, watch::Sender<bool>) {
        self.close();
        let (stop, stopped) = watch::channel(false);
        let session = Session {
            number,
            fleet: Arc::clone(&self.fleet),
            outcomes: Arc::clone(&self.outcomes),
            stopped,
        };
        (session, stop)
    }

    /// Lists the log groups whose names are like this, and does nothing else from here on.
    pub fn list(&mut self, number: u64, like: Arc<str>) {
        let (session, stop) = self.session(number);
        self.asking = Some((self.runtime.spawn(session.list(like)), stop));
    }

    /// Stops it; what was found so far is still told.
    pub fn stop(&self) {
        if let Some((_, stop)) = &self.asking {
            stop.send_replace(true);
        }
    }

    /// Stops it and waits until AWS has been told.
    pub async fn rest(&mut self) {
        self.stop();
        if let Some((mut task, _)) = self.asking.take() {
            let _ = tokio::time::timeout(LAST_WORD, &mut task).await;
            task.abort();
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

/// When something was last written into groups, as far as it was asked; nothing where it could not be read.
type Last = BTreeMap<Arc<str>, Option<Option<Timestamp>>>;

fn unreached(scope: Scope) -> Fault {
    Fault {
        kind: FaultKind::NoCredentials,
        message: Arc::from(format!("noctop has no way into {scope}.")),
        advice: Arc::from(""),
        code: None,
    }
}

/// The groups of an account and region as rows.
fn listing(part: usize, standing: Standing, groups: &[Described], last: &Last) -> Heard {
    let moment = |at: Timestamp| Arc::from(at.to_jiff().strftime("%Y-%m-%d %H:%M").to_string());
    let rows = groups.iter().map(|group| {
        let kept = match group.retention {
            Some(days) => days.to_string(),
            // Many teams never set it, and pay for it.
            None => "never ends".to_owned(),
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a size is told, not counted with"
        )]
        let stored = format!("{:.1}", group.stored as f64 / 1e6);
        let mut cells: Found = vec![
            (Arc::from(GROUP), Arc::clone(&group.name)),
            (Arc::from("MB"), Arc::from(stored)),
            (Arc::from("days kept"), Arc::from(kept)),
            (Arc::from("class"), Arc::clone(&group.class)),
            (Arc::from("made"), moment(group.created)),
        ];
        if let Some(last) = last.get(&group.name) {
            let last = match last {
                Some(Some(at)) => moment(*at),
                Some(None) => Arc::from("never"),
                None => Arc::from("unread"),
            };
            cells.push((Arc::from("last event"), last));
        }
        cells
    });
    Heard {
        part,
        standing,
        statistics: Statistics::default(),
        rows: Some(rows.collect()),
    }
}

struct Session {
    number: u64,
    fleet: Arc<Fleet>,
    outcomes: Outcomes,
    stopped: watch::Receiver<bool>,
}

impl Session {
    async fn run(self, asked: Asked) {
        let mut stopped = self.stopped.clone();
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
        let faults = picked.faults;
        self.tell(&answer, Stage::Asking, &faults);
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
                _ = stopped.wait_for(|stopped| *stopped), if !is_stopped => {
                    is_stopped = true;
                    querying.stop();
                }
                _ = tick.tick(), if news => {
                    news = false;
                    self.tell(&answer, Stage::Asking, &faults);
                }
            }
        }
        self.tell(&answer, Stage::Over, &faults);
    }

    /// Lists groups: every account and region by itself, then what was last written into each, where there are not too many.
    async fn list(self, like: Arc<str>) {
        let mut stopped = self.stopped.clone();
        let census = self.fleet.census();
        let scopes: Vec<Scope> = census.scopes().collect();
        if scopes.is_empty() {
            (self.outcomes)(nowhere(self.number, "No account of the fleet is known."));
            return;
        }
        let parts = scopes.iter().map(|scope| Part {
            scope: *scope,
            account: clean_arc(&census.roster.name(scope.account)),
            groups: 0,
            standing: Standing::Waiting,
            statistics: Statistics::default(),
        });
        let mut answer = Answer::new("", parts.collect());
        let room = Arc::new(Semaphore::new(ABREAST));
        let mut asked = JoinSet::new();
        for (part, scope) in scopes.iter().enumerate() {
            let (scope, like) = (*scope, Arc::clone(&like));
            let access = self.fleet.access(scope);
            let room = Arc::clone(&room);
            asked.spawn(async move {
                let _room = room.acquire_owned().await;
                let listed = match &access {
                    Some(access) => logs::describe(access, &like).await,
                    None => Err(unreached(scope)),
                };
                (part, listed)
            });
        }
        let mut groups: Vec<Vec<Described>> = vec![Vec::new(); scopes.len()];
        let mut tick = tokio::time::interval(EVERY);
        let mut news = false;
        loop {
            tokio::select! {
                listed = asked.join_next() => match listed {
                    Some(Ok((part, listed))) => {
                        news = true;
                        let standing = match listed {
                            Ok(listed) => {
                                groups[part] = listed;
                                Standing::Running
                            }
                            Err(fault) => Standing::Failed(fault),
                        };
                        answer.hear(listing(part, standing, &groups[part], &BTreeMap::new()));
                    }
                    Some(Err(_)) => {}
                    None => break,
                },
                _ = stopped.wait_for(|stopped| *stopped) => {
                    asked.abort_all();
                    break;
                }
                _ = tick.tick(), if news => {
                    news = false;
                    self.tell(&answer, Stage::Asking, &[]);
                }
            }
        }
        self.last_events(&scopes, &groups, &mut answer).await;
        for part in 0..scopes.len() {
            match answer.parts()[part].standing {
                Standing::Running => answer.stand(part, Standing::Complete),
                // It was not asked, or not to its end.
                Standing::Waiting => answer.stand(part, Standing::Stopped),
                _ => {}
            }
        }
        self.tell(&answer, Stage::Over, &[]);
    }

    /// Adds when something was last written, group by group.
    async fn last_events(&self, scopes: &[Scope], groups: &[Vec<Described>], answer: &mut Answer) {
        if groups.iter().map(Vec::len).sum::<usize>() > LAST_EVENTS || *self.stopped.borrow() {
            return;
        }
        self.tell(answer, Stage::Asking, &[]);
        let mut stopped = self.stopped.clone();
        let room = Arc::new(Semaphore::new(ABREAST));
        let mut asked = JoinSet::new();
        for (part, listed) in groups.iter().enumerate() {
            for group in listed {
                let Some(access) = self.fleet.access(scopes[part]) else {
                    continue;
                };
                let (name, room) = (Arc::clone(&group.name), Arc::clone(&room));
                asked.spawn(async move {
                    let _room = room.acquire_owned().await;
                    let last = logs::last_event(&access, &name).await;
                    (part, name, last)
                });
            }
        }
        let mut known: Vec<Last> = vec![BTreeMap::new(); groups.len()];
        loop {
            tokio::select! {
                last = asked.join_next() => match last {
                    Some(Ok((part, name, last))) => {
                        known[part].insert(name, last.ok());
                    }
                    Some(Err(_)) => {}
                    None => break,
                },
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
        }
        for (part, known) in known
            .iter()
            .enumerate()
            .filter(|(_, known)| !known.is_empty())
        {
            answer.hear(listing(part, Standing::Running, &groups[part], known));
        }
    }

    fn tell(&self, answer: &Answer, stage: Stage, faults: &[Fault]) {
        (self.outcomes)(Outcome::Queried(Box::new(Told {
            number: self.number,
            stage,
            answer: Arc::new(answer.clone()),
            faults: faults.to_vec(),
        })));
    }

    /// The groups that are asked. Names are looked up: a query of one that is not there fails for all groups of its account.
    async fn targets(&self, groups: &Groups) -> Result<Picked, String> {
        let mut tail = Tail::default();
        match groups {
            Groups::Named(names) => {
                let patterns = names
                    .iter()
                    .map(|text| Pattern::looked_up(text))
                    .collect::<Result<Vec<Pattern>, String>>()?;
                let picked = logs::pick(&self.fleet, &[], &patterns, PATIENCE, &mut tail).await;
                picked.map_err(|faults| {
                    faults.first().map_or_else(
                        || "No account of the fleet is known.".to_owned(),
                        ToString::to_string,
                    )
                })
            }
            Groups::Chosen(sources) => Ok(Picked {
                targets: super::logs::targets(&self.fleet, &mut tail, sources),
                faults: Vec::new(),
                scopes: 0,
            }),
        }
    }
}
