//! The journal as the rest of noctop sees it: begin, finish, refuse, and what was left open.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::clock::{Clock, Timestamp};
use crate::domain::{AccountId, Policy, Region, Roster, Scope};
use crate::shelf::place;

use super::intent::{Intent, Target, unique};
use super::keeper::Keeper;
use super::note::Note;
use super::permit::Permit;
use super::receipt::Receipt;
use super::record::{Act, Record, Whole, acts};
use super::session::Session;
use super::shelf::{self, Draft, Trouble};

/// The journal of one process.
pub struct Journal {
    session: Session,
    operator: Mutex<Arc<str>>,
    clock: Arc<dyn Clock>,
    path: Option<PathBuf>,
    keeper: Option<Keeper>,
    alive: Option<super::alive::Alive>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({:?})", self.path)
    }
}

/// Why an action was refused before anything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The session is read-only.
    Session,
    /// The policy of an account is readonly.
    Policy,
    /// An account is not part of the fleet.
    Stranger,
    /// The journal cannot be written, and without it nothing is done.
    Journal,
    /// Whatever else spoke against it, in the words of who refused.
    Otherwise,
}

impl Why {
    /// The word in the journal.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Policy => "policy",
            Self::Stranger => "stranger",
            Self::Journal => "journal",
            Self::Otherwise => "otherwise",
        }
    }
}

/// An action that was refused. Displays as a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What refused it.
    pub why: Why,
    /// The sentence.
    pub said: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Refused {}

/// Something was done and could not be written down. Displays as a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten(pub String);

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritten {}

/// An intent without an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The intent, for the receipt.
    pub intent: Arc<str>,
    /// When it was written.
    pub at: Timestamp,
    /// When it was found open.
    pub seen: Timestamp,
    /// Everything that it says.
    pub record: Record,
}

impl Open {
    /// An intent of this process whose outcome nobody knows, as it would be read back later.
    #[must_use]
    pub fn of(
        intent: &Intent,
        id: Arc<str>,
        operator: &str,
        at: Timestamp,
        seen: Timestamp,
    ) -> Self {
        let mut body = intent.json();
        body.insert("operator".to_owned(), operator.into());
        Self {
            record: Record {
                seq: 0,
                at,
                kind: "intent".to_owned(),
                intent: id.to_string(),
                session: String::new(),
                body,
            },
            intent: id,
            at,
            seen,
        }
    }

    /// The service of its operation.
    #[must_use]
    pub fn service_name(&self) -> &str {
        self.record.text("service")
    }

    /// Its operation.
    #[must_use]
    pub fn operation_name(&self) -> &str {
        self.record.text("operation")
    }

    /// Its token or correlation id.
    #[must_use]
    pub fn token(&self) -> &str {
        self.record.text("token")
    }

    /// Who acted.
    #[must_use]
    pub fn operator(&self) -> &str {
        self.record.text("operator")
    }

    /// A parameter that is one word; empty where there is none.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        let parameters = self.record.body.get("parameters");
        parameters
            .and_then(|p| p.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Where the call was made.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        scope_of(&Value::Object(self.record.body.clone()))
    }

    /// What would have been changed.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let target = |value: &Value| {
            let id = value.get("id")?.as_str()?;
            Some(Target::new(scope_of(value)?, id))
        };
        self.record.targets().iter().filter_map(target).collect()
    }
}

fn scope_of(value: &Value) -> Option<Scope> {
    let word = |name: &str| value.get(name)?.as_str();
    Some(Scope {
        account: word("account")?.parse().ok()?,
        region: word("region")?.parse().unwrap_or(Region::GLOBAL),
    })
}

impl Journal {
    /// The journal in this file; `None` where the user has no home. Makes nothing and never fails: a console without
    /// a journal shows everything and changes nothing.
    #[must_use]
    pub fn open(path: Option<&Path>, session: Session, clock: Arc<dyn Clock>) -> Self {
        Self {
            operator: Mutex::new(Arc::clone(&session.operator.name)),
            session,
            clock,
            keeper: path.and_then(|path| Keeper::start(path).ok()),
            alive: path.map(super::alive::Alive::beside),
            path: path.map(Path::to_owned),
        }
    }

    /// The session that it writes for.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Who acts now.
    #[must_use]
    pub fn operator(&self) -> Arc<str> {
        let operator = self.operator.lock();
        Arc::clone(&operator.unwrap_or_else(PoisonError::into_inner))
    }

    /// From here on somebody else acts.
    pub fn hand_over(&self, operator: &str) {
        *self.operator.lock().unwrap_or_else(PoisonError::into_inner) = Arc::from(operator);
    }

    /// The present, by the journal's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ends the session: what it left open is everybody's to close from now on. Nothing may be begun after it.
    pub fn retire(&self) {
        if let Some(alive) = &self.alive {
            alive.end();
        }
    }

    /// What an operator should know about where the journal lies; `None`: nothing.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let Some(path) = &self.path else {
            return Some(
                "There is no home folder to keep a journal in, so nothing can be changed."
                    .to_owned(),
            );
        };
        let name = place::network(path)?;
        Some(format!(
            "The journal {} lies on a network file system ({name}): it is written without a write-ahead log, and only one host should write it. A disk of this machine is better.",
            path.display()
        ))
    }

    /// Whether the session and the policies of all accounts that would be touched allow it; the stricter wins.
    ///
    /// This is the one place where read-only refuses.
    ///
    /// # Errors
    /// Who says no, the session or which account's policy.
    pub fn allows(&self, intent: &Intent, roster: &Roster) -> Result<(), Refused> {
        let mut accounts: Vec<AccountId> = vec![intent.scope.account];
        accounts.extend(intent.targets.iter().map(|t| t.scope.account));
        accounts.sort_unstable();
        accounts.dedup();
        let policy = |id: &AccountId| roster.get(*id).map(|account| account.policy);
        let strange = accounts.iter().find(|id| policy(id).is_none());
        let locked = accounts
            .iter()
            .find(|id| policy(id) == Some(Policy::ReadOnly));
        let named = |id: AccountId| {
            let name = roster.name(id);
            if *name == *id.to_string() {
                name.to_string()
            } else {
                format!("{name} ({id})")
            }
        };
        let what = &intent.verb;
        if let Some(by) = &self.session.readonly {
            let also = locked.map_or_else(String::new, |id| {
                format!(
                    " The policy of {} is readonly besides, so that alone would not be enough.",
                    named(*id)
                )
            });
            return Err(Refused {
                why: Why::Session,
                said: format!(
                    "{what} was refused: this session is read-only ({by}). Start noctop with --write to change accounts.{also}"
                ),
            });
        }
        if let Some(id) = locked {
            return Err(Refused {
                why: Why::Policy,
                said: format!(
                    "{what} was refused: the policy of {} is readonly. Give the account `policy = \"confirm\"` in the configuration to change it.",
                    named(*id)
                ),
            });
        }
        if let Some(id) = strange {
            return Err(Refused {
                why: Why::Stranger,
                said: format!(
                    "{what} was refused: account {id} is not part of this fleet, so no policy allows it."
                ),
            });
        }
        Ok(())
    }

    /// Writes the intent down and, once that is durable, permits the call.
    ///
    /// # Errors
    /// Read-only, or no journal. A refusal is written down too, where there is a journal.
    pub async fn begin(&self, intent: Intent, roster: &Roster) -> Result<Permit, Refused> {
        if let Err(refused) = self.allows(&intent, roster) {
            return Err(self.refuse(&intent, refused).await);
        }
        let id = unique();
        let operator = self.operator();
        let body = self.body(intent.json());
        let written = self.append("intent", &id, body).await;
        written.map_err(|trouble| Refused {
            why: Why::Journal,
            said: format!(
                "{} was refused, because it could not be journalled. {trouble}",
                intent.verb
            ),
        })?;
        Ok(Permit::mint(
            Arc::from(id),
            intent.operation,
            intent.scope,
            operator,
            intent.token,
            intent.targets,
        ))
    }

    /// Writes down that something was refused, and gives the refusal back. Where it cannot be written, the refusal
    /// says so.
    pub async fn refuse(&self, intent: &Intent, mut refused: Refused) -> Refused {
        let mut body = intent.json();
        body.insert("why".to_owned(), refused.why.word().into());
        body.insert("said".to_owned(), refused.said.as_str().into());
        let body = self.body(body);
        if let Err(trouble) = self.append("refusal", &unique(), body).await {
            refused
                .said
                .push_str(" This refusal is not in the journal. ");
            refused.said.push_str(&trouble);
        }
        refused
    }

    /// Writes down what became of an intent.
    ///
    /// # Errors
    /// It could not be written; the intent stays open and is looked up at the next start.
    pub async fn finish(&self, receipt: &Receipt) -> Result<(), Unwritten> {
        let body = self.body(receipt.json());
        let written = self.append("outcome", &receipt.intent, body).await;
        written.map(|_| ()).map_err(|trouble| {
            Unwritten(format!(
                "What became of it is not in the journal; noctop looks it up at the next start. {trouble}"
            ))
        })
    }

    /// Writes down something that was done without asking anything of AWS. It is on its way when this returns; the answer
    /// comes when it is on the disk.
    pub fn note(&self, note: &Note) -> impl Future<Output = Result<(), Unwritten>> + Send + use<> {
        let mut body = self.session.json(&note.operator);
        body.extend(note.json());
        let written = self.send("note", &unique(), Value::Object(body).to_string());
        async move {
            let written = match written {
                Ok(written) => written.await.map_err(|trouble| trouble.0),
                Err(why) => Err(why),
            };
            written
                .map(|_| ())
                .map_err(|why| Unwritten(format!("It was done and is not in the journal. {why}")))
        }
    }

    /// Everything that stands in it, whoever of this user wrote it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn whole(&self) -> Result<Whole, Trouble> {
        match &self.path {
            Some(path) => Whole::read(path),
            None => Err(Trouble(
                "there is no home folder with a journal.".to_owned(),
            )),
        }
    }

    /// Waits until everything that was asked so far is written, but no longer than this. Whether it is.
    pub fn settle(&self, patience: Duration) -> bool {
        self.keeper
            .as_ref()
            .is_none_or(|keeper| keeper.settle(patience))
    }

    /// The intents that nobody finished, of processes that are no more. Those of consoles that still run are theirs.
    ///
    /// # Errors
    /// Why the journal cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Open>, Unwritten> {
        let Some(path) = &self.path else {
            return Ok(Vec::new());
        };
        let entries = shelf::read_open(path).map_err(|trouble| Unwritten(trouble.0))?;
        let open = entries.into_iter().filter_map(|entry| {
            let record = Record::of(&entry)?;
            let is_gone = *record.session != *self.session.id
                && !super::alive::is_alive(path, &record.session);
            is_gone.then(|| Open {
                intent: Arc::from(entry.intent.as_str()),
                at: Timestamp::from_millis(entry.at),
                seen: self.clock.now(),
                record,
            })
        });
        Ok(open.collect())
    }

    /// What was written after the entry of this number, by whichever console, and not before this moment. Blocks for as
    /// long as the disk takes.
    ///
    /// # Errors
    /// Why the journal cannot be read.
    pub fn read(&self, after: u64, since: Timestamp) -> Result<Vec<Record>, Unwritten> {
        let Some(path) = &self.path else {
            return Ok(Vec::new());
        };
        let entries = shelf::read_after(path, after, since.as_millis());
        let entries = entries.map_err(|trouble| Unwritten(trouble.0))?;
        Ok(entries.iter().filter_map(Record::of).collect())
    }

    /// What was done about the item of this id and not before this moment, by whichever console, in the order of its
    /// beginning. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// Why the journal cannot be read.
    pub fn about(&self, id: &str, since: Timestamp) -> Result<Vec<Act>, Unwritten> {
        let Some(path) = &self.path else {
            return Ok(Vec::new());
        };
        let entries = shelf::read_about(path, id, since.as_millis());
        let entries = entries.map_err(|trouble| Unwritten(trouble.0))?;
        let is_about = |act: &Act| act.began.targets().iter().any(|target| target["id"] == id);
        let acts = acts(entries.iter().filter_map(Record::of));
        Ok(acts.into_iter().filter(is_about).collect())
    }

    /// Whether the process of this session still runs.
    #[must_use]
    pub fn is_alive(&self, session: &str) -> bool {
        let of_others = |path: &PathBuf| super::alive::is_alive(path, session);
        *session == *self.session.id || self.path.as_ref().is_some_and(of_others)
    }

    /// Who, from where, and the rest.
    fn body(&self, what: Map<String, Value>) -> String {
        let mut body = self.session.json(&self.operator());
        body.extend(what);
        Value::Object(body).to_string()
    }

    async fn append(&self, kind: &'static str, intent: &str, body: String) -> Result<u64, String> {
        let written = self.send(kind, intent, body)?;
        written.await.map_err(|trouble| trouble.0)
    }

    /// Sends an entry on its way.
    fn send(
        &self,
        kind: &'static str,
        intent: &str,
        body: String,
    ) -> Result<impl Future<Output = Result<u64, Trouble>> + Send + use<>, String> {
        let Some(keeper) = &self.keeper else {
            return Err(self.remark().unwrap_or_else(|| {
                "The system gave no thread to keep the journal with; restart noctop.".to_owned()
            }));
        };
        // Before the first entry: whoever finds it open must be able to tell that this process lives.
        if let Some(alive) = &self.alive {
            alive
                .show(&self.session.id)
                .map_err(|why| format!("Nothing can be written beside the journal: {why}."))?;
        }
        let draft = Draft {
            at: self.clock.now().as_millis(),
            kind,
            intent: intent.to_owned(),
            body,
        };
        Ok(keeper.append(draft))
    }
}

#[cfg(test)]
mod tests;
