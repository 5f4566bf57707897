//! Starting what was confirmed: one change per part, each with an intent of its own in the journal.

use std::collections::BTreeMap;
use std::fmt;

use crate::audit::{Intent, Journal, Operation, Refused, Why};
use crate::aws::access::Access;
use crate::aws::fleet::Fleet;
use crate::aws::ops::act::intent;
use crate::aws::ops::automation::{Location, StartAutomation};
use crate::aws::ops::commands::{Belongs, SendCommand};
use crate::aws::ops::{Done, perform};
use crate::domain::Scope;
use crate::runbook::run::LOCAL;
use crate::runbook::{Launch, Part, Step};

/// Why a part was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unstarted {
    /// noctop itself would not; the refusal is in the journal where there is one.
    Refused(Refused),
    /// There is no way to the account.
    NoWay(Scope),
    /// It is a program of this machine, which is not started here.
    Local,
}

impl fmt::Display for Unstarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::NoWay(scope) => write!(f, "{scope} is not part of this fleet any more."),
            Self::Local => f.write_str("It is a program of this machine."),
        }
    }
}

/// A part as a change of AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// An execution.
    Automation(StartAutomation),
    /// A command.
    Command(SendCommand),
}

impl Start {
    /// Its intent, as the journal would have it.
    #[must_use]
    pub fn intent(&self, access: &Access, verb: &str, item: &str) -> Intent {
        match self {
            Self::Automation(change) => intent(change, access, verb, item),
            Self::Command(change) => intent(change, access, verb, item),
        }
    }
}

fn word(text: Option<&std::sync::Arc<str>>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// A part as a change of AWS; `None`: it is a program of this machine.
#[must_use]
pub fn change(launch: &Launch, part: &Part) -> Option<Start> {
    let belongs = Belongs {
        run: launch.run.to_string(),
        items: part.items.iter().map(ToString::to_string).collect(),
    };
    match part.filled() {
        Step::Command {
            document,
            version,
            parameters,
            rate,
            delivery,
        } => Some(Start::Command(SendCommand {
            document: document.to_string(),
            version: word(version.as_ref()),
            parameters,
            instances: part.targets.iter().map(|t| t.id.to_string()).collect(),
            max_concurrency: word(rate.at_once.as_ref()),
            max_errors: word(rate.errors.as_ref()),
            timeout: delivery,
            belongs,
        })),
        Step::Automation {
            document,
            version,
            parameters,
            each,
            across,
            rate,
        } => {
            let mut start = StartAutomation {
                document: document.to_string(),
                version: word(version.as_ref()),
                parameters,
                resources: part.targets.clone(),
                belongs,
                ..StartAutomation::default()
            };
            let values: Vec<String> = part.among.iter().map(|(_, value)| value.clone()).collect();
            let is_many = values.len() > 1 || across.is_some() && !values.is_empty();
            if is_many {
                start.each = word(each.as_ref());
                start.max_concurrency = word(rate.at_once.as_ref());
                start.max_errors = word(rate.errors.as_ref());
            }
            match across {
                Some(across) => {
                    start.locations = part
                        .by_scope()
                        .into_keys()
                        .map(|scope| Location {
                            accounts: vec![scope.account],
                            regions: vec![scope.region],
                            role: word(across.role.as_ref()),
                            max_concurrency: word(across.rate.at_once.as_ref()),
                            max_errors: word(across.rate.errors.as_ref()),
                            among: part
                                .among
                                .iter()
                                .filter(|(at, _)| *at == scope)
                                .map(|(_, value)| value.clone())
                                .collect(),
                        })
                        .collect();
                }
                None if is_many => {
                    start.among = BTreeMap::from([("ParameterValues".to_owned(), values)]);
                }
                None => {}
            }
            Some(Start::Automation(start))
        }
        Step::Local { .. } => None,
    }
}

/// The intent of a program of this machine, as the journal has it.
#[must_use]
pub fn local_intent(launch: &Launch, part: &Part) -> Intent {
    let run = Operation {
        service: LOCAL,
        name: "Run",
    };
    let arguments = part.step.given().into_iter().flat_map(|(_, values)| values);
    Intent::new(run, part.scope, &launch.verb())
        .on(part.targets.clone())
        .with("document", &**part.step.name())
        .with("arguments", arguments.collect::<Vec<_>>())
        .with("run", &*launch.run)
        .with(
            "items",
            part.items
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        )
        .about(&about(part))
}

/// What the journal says that a part is about.
fn about(part: &Part) -> String {
    match part.items.as_slice() {
        [] => String::new(),
        [one] => one.to_string(),
        many => format!("{} items", many.len()),
    }
}

/// Starts one part: intent, permit, call, receipt. Sent once; where the answer is lost, it is looked for.
///
/// # Errors
/// See [`Unstarted`]; nothing was sent.
pub async fn start(
    fleet: &Fleet,
    journal: &Journal,
    launch: &Launch,
    part: &Part,
) -> Result<Done, Unstarted> {
    let access = fleet
        .access(part.scope)
        .ok_or(Unstarted::NoWay(part.scope))?;
    let roster = fleet.census().roster.clone();
    let (verb, item) = (launch.verb(), about(part));
    let done = match change(launch, part).ok_or(Unstarted::Local)? {
        Start::Automation(change) => {
            Box::pin(perform(journal, &roster, &access, &verb, &item, &change)).await
        }
        Start::Command(change) => {
            Box::pin(perform(journal, &roster, &access, &verb, &item, &change)).await
        }
    };
    done.map_err(Unstarted::Refused)
}

/// Writes down that a launch was refused before anything was sent: by what was found out about it, or by noctop itself.
pub async fn refuse(fleet: &Fleet, journal: &Journal, launch: &Launch, why: &[String]) {
    let roster = fleet.census().roster.clone();
    for part in &launch.parts {
        let Some(access) = fleet.access(part.scope) else {
            continue;
        };
        let intent = match change(launch, part) {
            Some(start) => start.intent(&access, &launch.verb(), &about(part)),
            None => local_intent(launch, part),
        };
        let refused = journal.allows(&intent, &roster).err().unwrap_or(Refused {
            why: Why::Otherwise,
            said: why.join(" "),
        });
        let _ = journal.refuse(&intent, refused).await;
    }
}
