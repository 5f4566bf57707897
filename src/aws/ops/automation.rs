//! Systems Manager Automation: executions started once, stopped, and answered when they ask.

use std::collections::BTreeMap;

use aws_sdk_ssm::types::{
    AutomationExecutionFilter, AutomationExecutionFilterKey, AutomationExecutionMetadata,
    SignalType, StopType, TargetLocation,
};
use serde_json::{Map, Value, json};

use crate::audit::{Open, Permit, Target, TargetOutcome};
use crate::aws::access::{Access, session_name};
use crate::domain::text::clean;
use crate::domain::{AccountId, Region, Scope};

use super::act::{Change, all_ok, not_ok};
use super::commands::{Belongs, filled};
use super::look::{Found, SKEW, WINDOW, ended, settle, unknown};
use super::mutations::{Mutation, SIGNAL_AUTOMATION, START_AUTOMATION, STOP_AUTOMATION};
use super::{DESCRIBE_AUTOMATIONS, GET_AUTOMATION};

/// Accounts and regions that one execution runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The regions, in each of the accounts.
    pub regions: Vec<Region>,
    /// The name of the role that the execution assumes there; empty: the service's own
    /// (`AWS-SystemsManager-AutomationExecutionRole`).
    pub role: String,
    /// How many at once; empty: the service's own default.
    pub max_concurrency: String,
    /// After how many errors it stops; empty: the service's own default.
    pub max_errors: String,
    /// The values that the document takes one at a time there (see [`StartAutomation::each`]); empty: those of the
    /// whole execution.
    pub among: Vec<String>,
}

/// Runs an Automation document, here or in many accounts and regions at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartAutomation {
    /// The document, by name or ARN.
    pub document: String,
    /// Its version; empty: the default one.
    pub version: String,
    /// Its parameters; the role that it acts under is one of them (`AutomationAssumeRole`).
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What it acts on, for the journal: instances, volumes, users – as the parameters name them.
    pub resources: Vec<Target>,
    /// Where it runs; empty: in the account and region of the call.
    pub locations: Vec<Location>,
    /// The parameter that takes one of `among` at a time; empty: there is one execution.
    pub each: String,
    /// The values for that parameter, by key (`ParameterValues`, `tag:Name`, `InstanceIds`).
    pub among: BTreeMap<String, Vec<String>>,
    /// How many at once; empty: the service's own default.
    pub max_concurrency: String,
    /// After how many errors it stops; empty: the service's own default.
    pub max_errors: String,
    /// What the journal says it belongs to.
    pub belongs: Belongs,
}

impl Change for StartAutomation {
    fn mutation(&self) -> &'static Mutation {
        &START_AUTOMATION
    }

    /// What it acts on, and every account and region that it runs in: each of them must allow it.
    fn targets(&self, access: &Access) -> Vec<Target> {
        let mut targets = self.resources.clone();
        for location in &self.locations {
            for &account in &location.accounts {
                for &region in &location.regions {
                    let scope = Scope { account, region };
                    if targets.iter().all(|t| t.scope != scope) {
                        targets.push(Target::new(scope, &self.document));
                    }
                }
            }
        }
        if targets.is_empty() {
            targets.push(Target::new(access.scope(), &self.document));
        }
        targets
    }

    fn parameters(&self) -> Map<String, Value> {
        let said = json!({
            "document": self.document, "version": self.version, "parameters": self.parameters,
            "each": self.each, "among": self.among,
            "maxConcurrency": self.max_concurrency, "maxErrors": self.max_errors,
        });
        match said {
            Value::Object(mut map) => {
                self.belongs.put(&mut map);
                map
            }
            _ => Map::new(),
        }
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let token = permit.token();
        let acting = access.permitted(permit);
        let answer = acting
            .ssm(&START_AUTOMATION.op, |client, with| {
                client
                    .start_automation_execution()
                    .document_name(&self.document)
                    .set_document_version(some(&self.version))
                    .set_parameters(filled(&self.parameters))
                    .client_token(&*token)
                    .set_target_parameter_name(some(&self.each))
                    .set_targets(self.values())
                    .set_target_locations(self.places())
                    .set_max_concurrency(some(&self.max_concurrency))
                    .set_max_errors(some(&self.max_errors))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(out) => all_ok(
                &acting,
                &targets,
                out.automation_execution_id().unwrap_or_default(),
            ),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}

impl StartAutomation {
    /// What it runs for one at a time, as the SDK takes it; `None`: there is one execution.
    pub(crate) fn values(&self) -> Option<Vec<aws_sdk_ssm::types::Target>> {
        let one = |(key, values): (&String, &Vec<String>)| {
            aws_sdk_ssm::types::Target::builder()
                .key(key)
                .set_values(Some(values.clone()))
                .build()
        };
        Some(self.among.iter().map(one).collect::<Vec<_>>()).filter(|t| !t.is_empty())
    }

    /// The accounts and regions that it runs in, as the SDK takes them; `None`: where it is started.
    pub(crate) fn places(&self) -> Option<Vec<TargetLocation>> {
        let texts = |all: Vec<String>| Some(all);
        let one = |location: &Location| {
            let among = aws_sdk_ssm::types::Target::builder()
                .key("ParameterValues")
                .set_values(Some(location.among.clone()))
                .build();
            TargetLocation::builder()
                .set_accounts(texts(
                    location.accounts.iter().map(ToString::to_string).collect(),
                ))
                .set_regions(texts(
                    location.regions.iter().map(ToString::to_string).collect(),
                ))
                .set_execution_role_name(some(&location.role))
                .set_target_location_max_concurrency(some(&location.max_concurrency))
                .set_target_location_max_errors(some(&location.max_errors))
                .set_targets(Some(vec![among]).filter(|_| !location.among.is_empty()))
                .build()
        };
        Some(self.locations.iter().map(one).collect::<Vec<_>>()).filter(|l| !l.is_empty())
    }
}

/// How an execution is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The step that runs is broken off.
    Cancel,
    /// The step that runs comes to its end.
    Complete,
}

/// Stops an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopAutomation {
    /// The id of the execution.
    pub execution: String,
    /// How.
    pub how: Stop,
}

impl Change for StopAutomation {
    fn mutation(&self) -> &'static Mutation {
        &STOP_AUTOMATION
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.execution)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("how".to_owned(), self.how.kind().as_str().into());
        map
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .ssm(&STOP_AUTOMATION.op, |client, with| {
                client
                    .stop_automation_execution()
                    .automation_execution_id(&self.execution)
                    .r#type(self.how.kind())
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

impl Stop {
    const fn kind(self) -> StopType {
        match self {
            Self::Cancel => StopType::Cancel,
            Self::Complete => StopType::Complete,
        }
    }
}

/// What an execution that waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// An approval.
    Approve,
    /// A refusal.
    Reject,
    /// Go on with the step that was stopped.
    Resume,
    /// Begin this step (interactive executions).
    StartStep,
    /// Stop this step.
    StopStep,
}

impl Signal {
    /// As the service writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "Approve",
            Self::Reject => "Reject",
            Self::Resume => "Resume",
            Self::StartStep => "StartStep",
            Self::StopStep => "StopStep",
        }
    }
}

/// Answers an execution that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalAutomation {
    /// The id of the execution.
    pub execution: String,
    /// What it is told.
    pub signal: Signal,
    /// With which payload: `Comment` for approvals, `StepName` or `StepExecutionId` for steps.
    pub payload: BTreeMap<String, Vec<String>>,
}

impl Change for SignalAutomation {
    fn mutation(&self) -> &'static Mutation {
        &SIGNAL_AUTOMATION
    }

    fn targets(&self, access: &Access) -> Vec<Target> {
        vec![Target::new(access.scope(), &self.execution)]
    }

    fn parameters(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("signal".to_owned(), self.signal.word().into());
        map.insert("payload".to_owned(), json!(self.payload));
        map
    }

    async fn send(&self, access: &Access, permit: Permit) -> Vec<TargetOutcome> {
        let targets = permit.targets().to_vec();
        let acting = access.permitted(permit);
        let answer = acting
            .ssm(&SIGNAL_AUTOMATION.op, |client, with| {
                client
                    .send_automation_signal()
                    .automation_execution_id(&self.execution)
                    .signal_type(SignalType::from(self.signal.word()))
                    .set_payload(filled(&self.payload))
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => all_ok(&acting, &targets, ""),
            Err(fault) => not_ok(&acting, &targets, &fault),
        }
    }
}

/// What became of an execution that was to be started. The service tells nobody an execution's token, so it is looked
/// for by document, time and session; where two could be meant, nobody can tell.
pub(super) async fn look_started(access: &Access, open: &Open) -> Found {
    let after = AutomationExecutionFilter::builder()
        .key(AutomationExecutionFilterKey::StartTimeAfter)
        .values(open.at.minus(SKEW).to_string())
        .build();
    let Ok(after) = after else {
        return Found::NotYet;
    };
    let mut found: Vec<AutomationExecutionMetadata> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let from = token.take();
        let filters = vec![after.clone()];
        let answer = access
            .ssm(&DESCRIBE_AUTOMATIONS, |client, with| {
                client
                    .describe_automation_executions()
                    .set_filters(Some(filters))
                    .max_results(50)
                    .set_next_token(from)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        let Ok(out) = answer else {
            return Found::NotYet;
        };
        found.extend(out.automation_execution_metadata_list.unwrap_or_default());
        token = out.next_token.filter(|t| !t.is_empty());
        if token.is_none() {
            break;
        }
    }
    let document = open.parameter("document");
    let session = session_name(open.operator());
    let targets = open.targets();
    let ours: Vec<&AutomationExecutionMetadata> = found
        .iter()
        .filter(|run| {
            let began = run
                .execution_start_time()
                .map_or(0, aws_smithy_types::DateTime::secs);
            let name = run.document_name().unwrap_or_default();
            let by = run.executed_by().unwrap_or_default();
            let in_time = began <= open.at.plus(WINDOW).as_secs();
            // An execution that another one started is not the one that was asked for.
            let is_first = run.parent_automation_execution_id().is_none();
            // Keys without a session have no name of an operator in them.
            let by_us = !by.contains(":assumed-role/") || by.ends_with(&format!("/{session}"));
            in_time
                && is_first
                && by_us
                && (name == document || document.ends_with(&format!("/{name}")))
        })
        .collect();
    match ours.as_slice() {
        [] => settle(open, &targets, |_| {
            Some((false, "there is no such execution".to_owned()))
        }),
        [one] => ended(
            &targets,
            &clean(one.automation_execution_id().unwrap_or_default()),
        ),
        several => unknown(
            &targets,
            &format!(
                "{} executions of {} began at that time, and AWS does not say which one was meant.",
                several.len(),
                clean(document)
            ),
        ),
    }
}

/// What became of an execution that was to be stopped: it is asked for its status.
pub(super) async fn look_stopped(access: &Access, open: &Open) -> Found {
    let targets = open.targets();
    let Some(target) = targets.first() else {
        return Found::Ended(Vec::new());
    };
    let answer = access
        .ssm(&GET_AUTOMATION, |client, with| {
            client
                .get_automation_execution()
                .automation_execution_id(&*target.id)
                .customize()
                .config_override(with)
                .send()
        })
        .await;
    let Ok(out) = answer else {
        return Found::NotYet;
    };
    let run = out.automation_execution();
    let status = run
        .and_then(|r| r.automation_execution_status())
        .map(|s| s.as_str().to_owned());
    settle(open, &targets, |_| {
        let now = status.as_deref()?;
        let stopped = matches!(
            now,
            "Cancelling" | "Cancelled" | "Success" | "CompletedWithSuccess"
        );
        Some((stopped, format!("its status is {now}")))
    })
}
