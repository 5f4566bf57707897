//! An order: any of the changes as one type, which is how a change travels from an operator's key to the call.

use crate::audit::{Intent, Journal, Refused, Why};
use crate::aws::access::Access;
use crate::domain::{Fault, Roster};

use super::act::{self, Change, Done, perform};
use super::automation::{SignalAutomation, StartAutomation, StopAutomation};
use super::backups::{StartBackup, StartCopy, StopBackup};
use super::commands::{CancelCommand, SendCommand};
#[cfg(feature = "config")]
use super::config::{EvaluateRules, RemediateRule};
use super::guardduty::ArchiveFindings;
#[cfg(feature = "incidentmanager")]
use super::incidents::{NoteInIncident, ResolveIncident};
use super::mutations::Mutation;
use super::mutes::{DeleteMute, PutMute};
use super::opsitems::{CreateOpsItem, UpdateOpsItem};
use super::read_first::ReadFirst;
use super::securityhub::UpdateFindings;
use super::support::{ReplyToCase, ResolveCase};
use super::windows::CancelWindowRun;

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Undone {
    /// noctop itself would not: read-only, a policy, no journal. It stands in the journal where there is one.
    Refused(Refused),
    /// What it needs could not be read from AWS; nothing was asked to change.
    Unread(Fault),
}

impl std::fmt::Display for Undone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Unread(fault) => write!(f, "Nothing was changed. {fault}"),
        }
    }
}

macro_rules! orders {
    ($($(#[$attribute:meta])* $change:ident),* $(,)?) => {
        /// A change of any kind, as plain data.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Order {
            $(
                $(#[$attribute])*
                #[doc = concat!("See [`", stringify!($change), "`].")]
                $change($change),
            )*
            /// See [`ReadFirst`]: becomes one of the others once something has been read.
            ReadFirst(ReadFirst),
        }

        $(
            $(#[$attribute])*
            impl From<$change> for Order {
                fn from(change: $change) -> Self {
                    Self::$change(change)
                }
            }
        )*

        impl Order {
            /// The operation that it asks for.
            #[must_use]
            pub fn mutation(&self) -> &'static Mutation {
                match self {
                    $($(#[$attribute])* Self::$change(change) => change.mutation(),)*
                    Self::ReadFirst(first) => first.mutation(),
                }
            }

            /// The intent as the journal would have it.
            #[must_use]
            pub fn intent(&self, access: &Access, verb: &str, item: &str) -> Intent {
                match self {
                    $($(#[$attribute])* Self::$change(change) => act::intent(change, access, verb, item),)*
                    Self::ReadFirst(first) => first.intent(access, verb, item),
                }
            }

            /// Carries it out: intent, permit, call, receipt.
            ///
            /// # Errors
            /// See [`Undone`].
            pub async fn perform(
                &self,
                journal: &Journal,
                roster: &Roster,
                access: &Access,
                verb: &str,
                item: &str,
            ) -> Result<Done, Undone> {
                // Boxed: each of these holds a whole call of the SDK.
                let done = match self {
                    $($(#[$attribute])* Self::$change(change) => {
                        Box::pin(perform(journal, roster, access, verb, item, change)).await
                    })*
                    Self::ReadFirst(first) => {
                        // Whoever may not change anything is told so before anything is read.
                        let intent = first.intent(access, verb, item);
                        if let Err(refused) = journal.allows(&intent, roster) {
                            return Err(Undone::Refused(journal.refuse(&intent, refused).await));
                        }
                        let order = match Box::pin(first.read(access)).await {
                            Ok(order) => order,
                            Err(fault) => {
                                // A try that failed stands in the journal, too.
                                let why = Refused { why: Why::Otherwise, said: fault.to_string() };
                                let _ = journal.refuse(&intent, why).await;
                                return Err(Undone::Unread(fault));
                            }
                        };
                        return Box::pin(order.perform(journal, roster, access, verb, item)).await;
                    }
                };
                done.map_err(Undone::Refused)
            }
        }
    };
}

orders! {
    UpdateFindings,
    ArchiveFindings,
    UpdateOpsItem,
    CreateOpsItem,
    PutMute,
    DeleteMute,
    CancelWindowRun,
    SendCommand,
    CancelCommand,
    StartAutomation,
    StopAutomation,
    SignalAutomation,
    StartBackup,
    StopBackup,
    StartCopy,
    ReplyToCase,
    ResolveCase,
    #[cfg(feature = "incidentmanager")]
    NoteInIncident,
    #[cfg(feature = "incidentmanager")]
    ResolveIncident,
    #[cfg(feature = "config")]
    EvaluateRules,
    #[cfg(feature = "config")]
    RemediateRule,
}
