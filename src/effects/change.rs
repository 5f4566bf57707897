//! Changes: found out about, carried out through the journal, and closed where an earlier console left them open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::audit::{Journal, Refused, Why};
use crate::aws::access::Access;
use crate::aws::fleet::Fleet;
use crate::aws::ops::still::still;
use crate::aws::ops::{self, Done, Order, Undone};
use crate::domain::Scope;
use crate::domain::text::plural;
use crate::model::Outcome;
use crate::model::change::{Came, Part, Preflight, Request, UNDO};

use super::Outcomes;

/// Parts of a request that are on their way at once: enough to keep every account's quota busy, few enough to cancel.
const ABREAST: usize = 16;
/// How many alarms and accounts are told one by one before the rest is counted.
const TOLD: usize = 200;
/// How long intents of earlier consoles are looked for while the fleet becomes known.
const CLOSING: Duration = Duration::from_secs(300);

/// Whoever makes changes: the journal, and the fleet once it is known.
#[derive(Clone)]
pub(super) struct Hand {
    journal: Arc<Journal>,
    cancelled: Arc<Mutex<BTreeMap<u64, Arc<AtomicBool>>>>,
    /// A request has ended.
    ended: Arc<Notify>,
}

impl Hand {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            cancelled: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// The journal.
    pub(super) const fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Finds out about a request before it is confirmed; the answer comes as one outcome.
    pub(super) fn look(
        &self,
        runtime: &Handle,
        fleet: Option<Arc<Fleet>>,
        request: Request,
        outcomes: Outcomes,
    ) {
        let hand = self.clone();
        runtime.spawn(async move {
            let found = match fleet {
                Some(fleet) => preflight(&hand.journal, &fleet, &request).await,
                None => Err("The fleet is not known yet; try again in a moment.".to_owned()),
            };
            outcomes(Outcome::Preflight(Preflight {
                id: request.id,
                found: found
                    .map(|lines| lines.into_iter().map(Arc::from).collect())
                    .map_err(Arc::from),
            }));
        });
    }

    /// Carries a request out; every part comes back as an outcome of its own.
    pub(super) fn perform(
        &self,
        runtime: &Handle,
        fleet: Option<Arc<Fleet>>,
        request: Request,
        outcomes: Outcomes,
    ) {
        let is_cancelled = Arc::new(AtomicBool::new(false));
        self.cancelled()
            .insert(request.id, Arc::clone(&is_cancelled));
        let hand = self.clone();
        let request = Arc::new(request);
        runtime.spawn(async move {
            let id = request.id;
            let tell = Arc::clone(&outcomes);
            let came = move |part, outcome| {
                tell(Outcome::Came(Box::new(Came { id, part, outcome })));
            };
            match fleet {
                Some(fleet) => {
                    carry_out(&hand.journal, &fleet, &request, &is_cancelled, came).await;
                }
                None => {
                    for at in 0..request.parts.len() {
                        came(
                            at,
                            Err(refused("The fleet is not known yet; nothing was sent.")),
                        );
                    }
                }
            }
            hand.cancelled().remove(&id);
            hand.ended.notify_waiters();
        });
    }

    /// Leaves what has not been sent yet of a request.
    pub(super) fn cancel(&self, id: u64) {
        if let Some(flag) = self.cancelled().get(&id) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Leaves what has not been sent yet of everything, and waits until what was sent is answered and written down.
    pub(super) async fn rest(&self) {
        for flag in self.cancelled().values() {
            flag.store(true, Ordering::Relaxed);
        }
        loop {
            let ended = self.ended.notified();
            if self.cancelled().is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn cancelled(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<AtomicBool>>> {
        self.cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes what earlier consoles left open, as the fleet becomes known.
    pub(super) fn close(&self, runtime: &Handle, fleet: Arc<Fleet>, outcomes: Outcomes) {
        let journal = Arc::clone(&self.journal);
        runtime.spawn(async move {
            let mut census = fleet.watch();
            let until = tokio::time::Instant::now() + CLOSING;
            loop {
                census.mark_unchanged();
                let closed = ops::close(&journal, &fleet).await;
                let is_known = |c: &ops::look::Closed| {
                    c.receipt.is_ok() || c.open.scope().is_some_and(|s| fleet.access(s).is_some())
                };
                let strangers = closed.iter().filter(|c| !is_known(c)).count();
                let known: Vec<_> = closed.into_iter().filter(is_known).collect();
                if !known.is_empty() {
                    outcomes(Outcome::Closed(known));
                }
                // An account that is not known yet may become so, when its organization has been listed.
                let news = tokio::time::timeout_at(until, census.changed());
                if strangers == 0 || !matches!(news.await, Ok(Ok(()))) {
                    return;
                }
            }
        });
    }
}

/// Finds out about a request before it is confirmed: as which identities it would be made and what it would touch.
///
/// # Errors
/// It would be refused, and is noted in the journal as refused: read-only, a policy, an account that is not there.
pub async fn preflight(
    journal: &Journal,
    fleet: &Fleet,
    request: &Request,
) -> Result<Vec<String>, String> {
    let roster = &fleet.census().roster;
    let mut identities: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for part in &request.parts {
        let Some(access) = fleet.access(part.scope) else {
            return Err(stranger(part.scope));
        };
        let intent = part.order.intent(&access, &request.verb, &part.about());
        identities
            .entry(intent.identity.clone())
            .or_default()
            .insert(roster.name(part.scope.account).to_string());
        if let Err(refused) = journal.allows(&intent, roster) {
            return Err(journal.refuse(&intent, refused).await.said);
        }
    }
    let mut lines: Vec<String> = identities
        .into_iter()
        .map(|(identity, accounts)| {
            let identity = if identity.is_empty() {
                "the environment's credentials".to_owned()
            } else {
                identity
            };
            match accounts.len() {
                1 => format!("as {identity}"),
                n => format!("as {identity} in {n} accounts"),
            }
        })
        .collect();
    if lines.len() > TOLD {
        let more = lines.len() - TOLD;
        lines.truncate(TOLD);
        lines.push(format!("… and {more} other identities"));
    }
    lines.extend(journal.remark());
    let told = each(fleet, request, |part, access| async move {
        touched(&part, &access).await
    });
    lines.extend(told.await.into_iter().flatten());
    if &*request.verb == UNDO {
        // Taken back is only what is still as it was done; it is asked again when it is sent.
        let held = each(fleet, request, |part, access| async move {
            still(&access, &part.order, &part.seen).await
        });
        for held in held.await {
            match held {
                Ok(None) => {}
                Ok(Some(otherwise)) => return Err(otherwise),
                Err(fault) => {
                    lines.push(format!("Whether it is still so could not be read: {fault}"));
                }
            }
        }
    }
    Ok(lines)
}

/// Asks about every part, some abreast: a gesture over many accounts takes no longer than its slowest few. The answers
/// stand in the order of the parts.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    fleet: &Fleet,
    request: &Request,
    ask: impl Fn(Part, Access) -> F,
) -> Vec<T> {
    let room = Arc::new(Semaphore::new(ABREAST));
    let mut asking = JoinSet::new();
    for (at, part) in request.parts.iter().enumerate() {
        let Some(access) = fleet.access(part.scope) else {
            continue;
        };
        let (room, asked) = (Arc::clone(&room), Box::pin(ask(part.clone(), access)));
        asking.spawn(async move {
            let _place = room.acquire_owned().await;
            (at, asked.await)
        });
    }
    let mut answers = asking.join_all().await;
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Carries out every part of a request, some abreast, and says what became of each as it comes. What has not begun
/// when the request is cancelled is left.
pub async fn carry_out(
    journal: &Arc<Journal>,
    fleet: &Arc<Fleet>,
    request: &Arc<Request>,
    is_cancelled: &Arc<AtomicBool>,
    came: impl Fn(usize, Result<Done, Undone>),
) {
    let room = Arc::new(Semaphore::new(ABREAST));
    let mut parts = JoinSet::new();
    let mut places = HashMap::new();
    for at in 0..request.parts.len() {
        let (journal, fleet) = (Arc::clone(journal), Arc::clone(fleet));
        let (request, room) = (Arc::clone(request), Arc::clone(&room));
        let is_cancelled = Arc::clone(is_cancelled);
        let task = parts.spawn(async move {
            let _place = room.acquire_owned().await;
            if is_cancelled.load(Ordering::Relaxed) {
                return (at, Err(refused("It was cancelled before it was sent.")));
            }
            (
                at,
                perform(&journal, &fleet, &request.verb, &request.parts[at]).await,
            )
        });
        places.insert(task.id(), at);
    }
    while let Some(done) = parts.join_next().await {
        match done {
            Ok((at, outcome)) => came(at, outcome),
            Err(broken) => {
                if let Some(at) = places.get(&broken.id()) {
                    came(*at, Err(refused(BROKE_OFF)));
                }
            }
        }
    }
}

/// What is said of a part whose task ended without an answer: a mistake of noctop's.
const BROKE_OFF: &str = "It broke off inside noctop. If it was sent, its intent is in the journal, and the next start looks up what became of it.";

async fn perform(
    journal: &Journal,
    fleet: &Fleet,
    verb: &str,
    part: &Part,
) -> Result<Done, Undone> {
    let roster = &fleet.census().roster;
    let Some(access) = fleet.access(part.scope) else {
        return Err(refused(&stranger(part.scope)));
    };
    match Box::pin(still(&access, &part.order, &part.seen)).await {
        Ok(None) => {}
        Ok(Some(otherwise)) => {
            let why = Refused {
                why: Why::Otherwise,
                said: otherwise,
            };
            let intent = part.order.intent(&access, verb, &part.about());
            return Err(Undone::Refused(journal.refuse(&intent, why).await));
        }
        Err(fault) => return Err(Undone::Unread(fault)),
    }
    part.order
        .perform(journal, roster, &access, verb, &part.about())
        .await
}

fn refused(said: &str) -> Undone {
    Undone::Refused(Refused {
        why: Why::Otherwise,
        said: said.to_owned(),
    })
}

fn stranger(scope: Scope) -> String {
    format!("{scope} is not part of this fleet any more; nothing was sent.")
}

/// What an order would touch beside what is on the screen. What cannot be read is said to be unread.
async fn touched(part: &Part, access: &Access) -> Vec<String> {
    match &part.order {
        Order::PutMute(mute) => match ops::mutes::silenced(access, &mute.alarms).await {
            Ok(alarms) => {
                let place = access.place();
                let mut lines: Vec<String> = alarms
                    .iter()
                    .take(TOLD)
                    .map(|(name, actions)| {
                        let actions = if actions.is_empty() {
                            "no action".to_owned()
                        } else {
                            actions.join(", ")
                        };
                        format!("silences {name} ({place}): {actions}")
                    })
                    .collect();
                let missing: Vec<&str> = mute
                    .alarms
                    .iter()
                    .map(String::as_str)
                    .filter(|name| !alarms.iter().any(|(known, _)| known == name))
                    .collect();
                if !missing.is_empty() {
                    let names = missing.join(", ");
                    lines.push(format!("CloudWatch does not know (any more): {names}"));
                }
                if alarms.len() > TOLD {
                    let more = alarms.len() - TOLD;
                    lines.push(format!("… and {more} more alarm{}", plural(more)));
                }
                lines
            }
            Err(fault) => vec![format!("What it would silence could not be read: {fault}")],
        },
        Order::DeleteMute(mute) => match ops::mutes::muted(access, &mute.name).await {
            Ok(Some(alarms)) => {
                let (count, place) = (alarms.len(), access.place());
                vec![format!(
                    "{count} alarm{} of {place} will notify again: {}",
                    plural(count),
                    alarms.join(", ")
                )]
            }
            Ok(None) => vec![format!("CloudWatch has no rule {} any more", mute.name)],
            Err(fault) => vec![format!("What it mutes could not be read: {fault}")],
        },
        Order::ReadFirst(first) => match Box::pin(first.read(access)).await {
            Ok(Order::StartBackup(backup)) => vec![format!(
                "{} to vault {} as {}",
                backup.resource, backup.vault, backup.role
            )],
            Ok(Order::StartCopy(copy)) => vec![format!(
                "{} from {} to {} as {}",
                copy.recovery_point, copy.from, copy.to, copy.role
            )],
            #[cfg(feature = "config")]
            Ok(Order::RemediateRule(remedy)) => {
                let ids = remedy.resources.iter().map(|(_, id)| id.as_str());
                let (count, ids) = (remedy.resources.len(), ids.collect::<Vec<_>>().join(" "));
                let said = format!(
                    "{} runs on {count} resource{} of {}: {ids}",
                    remedy.document,
                    plural(count),
                    access.place(),
                );
                vec![crate::domain::text::clean(&said).into_owned()]
            }
            Ok(_) => Vec::new(),
            Err(fault) => vec![format!("What it takes could not be read: {fault}")],
        },
        Order::SendCommand(command) => vec![format!(
            "{} on {} instance{} in {}: {}",
            command.document,
            command.instances.len(),
            plural(command.instances.len()),
            access.place(),
            command.instances.join(" "),
        )],
        Order::StartBackup(backup) => vec![format!(
            "{} to vault {} as {}",
            backup.resource, backup.vault, backup.role
        )],
        _ => Vec::new(),
    }
}
