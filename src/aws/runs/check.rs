//! The pre-flight: everything that is found out before a runbook runs. Reads only; what cannot be read is said so.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ssm::types::{
    AutomationExecutionInputs, CalendarState, ExecutionInputs, ExecutionPreview,
    ExecutionPreviewStatus, ImpactType, InstanceInformation, InstanceInformationStringFilter,
    PingStatus,
};
use tokio::task::JoinSet;

use crate::audit::{Journal, Target};
use crate::aws::access::Access;
use crate::aws::fleet::Fleet;
use crate::aws::ops::automation::StartAutomation;
use crate::aws::ops::commands::filled;
use crate::aws::ops::{
    DESCRIBE_INSTANCES, GET_CALENDAR_STATE, GET_EXECUTION_PREVIEW, START_EXECUTION_PREVIEW,
};
use crate::aws::pages::gather;
use crate::domain::text::clean_arc;
use crate::domain::{Fault, Roster};
use crate::runbook::preflight::{Calendar, Check, Gate, Past, Presence, Preview, Reading, Seen};
use crate::runbook::run::{Runs, State};
use crate::runbook::{Launch, Part, Preflight, Step};

use super::documents;
use super::look::look;
use super::start::{Start, change};
use crate::aws::moment::moment;

/// How far back earlier runs of a runbook are looked for.
const BEFORE: Duration = Duration::from_secs(90 * 86_400);
/// How many earlier runs are shown.
const LAST: usize = 3;
/// The most instances of one question.
const ASKED: usize = 50;
/// How long AWS is given between two looks at a preview.
const PREVIEW_EVERY: Duration = Duration::from_millis(700);

/// What the pre-flight is to find out beyond what it always does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Change calendars that have to be open, by name or ARN.
    pub calendars: Vec<String>,
    /// How long AWS may take over its own preview; zero: it is not asked for one.
    pub preview: Duration,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            calendars: Vec::new(),
            preview: Duration::from_secs(8),
        }
    }
}

/// Finds out everything about a launch; all its parts at the same time.
pub async fn check(
    fleet: &Arc<Fleet>,
    journal: &Arc<Journal>,
    launch: Launch,
    wishes: &Wishes,
) -> Preflight {
    let launch = Arc::new(launch);
    let mut asking = JoinSet::new();
    for at in 0..launch.parts.len() {
        let (fleet, journal) = (Arc::clone(fleet), Arc::clone(journal));
        let (launch, wishes) = (Arc::clone(&launch), wishes.clone());
        asking.spawn(async move { (at, part(&fleet, &journal, &launch, at, &wishes).await) });
    }
    let last = last(fleet, journal, &launch).await;
    let mut found: Vec<(usize, Check)> = asking.join_all().await;
    found.sort_by_key(|(at, _)| *at);
    Preflight {
        launch: Arc::unwrap_or_clone(launch),
        parts: found.into_iter().map(|(_, check)| check).collect(),
        last,
        at: journal.now(),
    }
}

async fn part(
    fleet: &Fleet,
    journal: &Journal,
    launch: &Launch,
    at: usize,
    wishes: &Wishes,
) -> Check {
    let part = &launch.parts[at];
    let roster = fleet.census().roster.clone();
    let unseen = |presence: &dyn Fn(&Target) -> Reading<Presence>| {
        let one = |target: &Target| seen(target, presence(target), &roster);
        part.targets.iter().map(one).collect::<Vec<_>>()
    };
    let mut check = Check {
        account: roster.name(part.scope.account),
        scope: part.scope,
        identity: Arc::from(""),
        refused: None,
        document: Reading::Nothing("it is a program of this machine"),
        targets: unseen(&|_| Reading::Nothing("it is not asked of AWS")),
        calendars: Vec::new(),
        preview: Reading::Nothing("AWS has previews of Automation documents alone"),
    };
    let Some(access) = fleet.access(part.scope) else {
        check.refused = Some(Arc::from(format!(
            "{} is not part of this fleet, so nothing can be started there.",
            part.scope
        )));
        return check;
    };
    check.identity = Arc::from(access.acts_as());
    let Some(start) = change(launch, part) else {
        let intent = super::start::local_intent(launch, part);
        check.refused = journal
            .allows(&intent, &roster)
            .err()
            .map(|r| Arc::from(r.said));
        check.identity = Arc::from(format!(
            "{} on this machine",
            journal.session().operator.user
        ));
        check.calendars = calendars(&access, &wishes.calendars).await;
        return check;
    };
    let intent = start.intent(&access, &launch.verb(), "");
    check.refused = journal
        .allows(&intent, &roster)
        .err()
        .map(|r| Arc::from(r.said));
    let (name, version) = match &part.step {
        Step::Automation {
            document, version, ..
        }
        | Step::Command {
            document, version, ..
        } => (document, version.as_deref()),
        Step::Local { .. } => return check,
    };
    let is_allowed = check.refused.is_none();
    let (document, targets, calendars, preview) = tokio::join!(
        documents::find(&access, name, version),
        presence(fleet, part, &roster),
        calendars(&access, &wishes.calendars),
        preview(&access, &start, wishes.preview, is_allowed),
    );
    check.document = match document {
        Ok(document) => Reading::Read(document),
        Err(fault) => Reading::unread(fault),
    };
    check.targets = targets;
    check.calendars = calendars;
    check.preview = preview;
    check
}

fn seen(target: &Target, presence: Reading<Presence>, roster: &Roster) -> Seen {
    Seen {
        id: Arc::clone(&target.id),
        scope: target.scope,
        account: roster.name(target.scope.account),
        presence,
    }
}

fn is_node(id: &str) -> bool {
    id.starts_with("i-") || id.starts_with("mi-")
}

/// Whether the targets are there, as far as Systems Manager knows them: the nodes of a command have to be, an instance
/// that an execution acts on need not be a managed one.
async fn presence(fleet: &Fleet, part: &Part, roster: &Roster) -> Vec<Seen> {
    let is_command = matches!(part.step, Step::Command { .. });
    let mut all = Vec::with_capacity(part.targets.len());
    let mut known: Vec<(
        crate::domain::Scope,
        Result<Vec<InstanceInformation>, Fault>,
    )> = Vec::new();
    for (scope, targets) in part.by_scope() {
        let ids: Vec<String> = targets
            .iter()
            .map(|t| t.id.to_string())
            .filter(|id| is_node(id))
            .collect();
        if let (Some(access), false) = (fleet.access(scope), ids.is_empty()) {
            known.push((scope, nodes(&access, &ids).await));
        }
    }
    for target in &part.targets {
        let found = known.iter().find(|(scope, _)| *scope == target.scope);
        let presence = match found.map(|(_, answer)| answer) {
            _ if !is_node(&target.id) && !is_command => {
                Reading::Nothing("whether it is there, AWS says when it runs")
            }
            Some(Err(fault)) => Reading::unread(fault),
            None if is_command => Reading::Read(Presence::Gone),
            None => Reading::Nothing("it is not asked of AWS"),
            Some(Ok(nodes)) => match nodes.iter().find(|n| n.instance_id() == Some(&*target.id)) {
                Some(node) if node.ping_status() == Some(&PingStatus::Online) => {
                    Reading::Read(Presence::Online)
                }
                Some(node) => Reading::Read(Presence::Lost(moment(node.last_ping_date_time()))),
                None if is_command => Reading::Read(Presence::Gone),
                None => Reading::Nothing(
                    "it is no managed node; whether it is there, AWS says when it runs",
                ),
            },
        };
        all.push(seen(target, presence, roster));
    }
    all
}

async fn nodes(access: &Access, ids: &[String]) -> Result<Vec<InstanceInformation>, Fault> {
    let mut all = Vec::new();
    for some in ids.chunks(ASKED) {
        let filter = InstanceInformationStringFilter::builder()
            .key("InstanceIds")
            .set_values(Some(some.to_vec()))
            .build()
            .ok();
        let found = gather(&DESCRIBE_INSTANCES, u32::MAX, |token| {
            let filters = filter.clone().map(|f| vec![f]);
            async move {
                let out = access
                    .ssm(&DESCRIBE_INSTANCES, |client, with| {
                        client
                            .describe_instance_information()
                            .set_filters(filters)
                            .max_results(50)
                            .set_next_token(token)
                            .customize()
                            .config_override(with)
                            .send()
                    })
                    .await?;
                let list = out.instance_information_list.unwrap_or_default();
                Ok((list, out.next_token))
            }
        })
        .await?;
        all.extend(found);
    }
    Ok(all)
}

async fn calendars(access: &Access, names: &[String]) -> Vec<Calendar> {
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let answer = access
            .ssm(&GET_CALENDAR_STATE, |client, with| {
                client
                    .get_calendar_state()
                    .calendar_names(name)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await;
        let state = match answer {
            Ok(out) => {
                let until = out.next_transition_time().map(clean_arc);
                match out.state() {
                    Some(CalendarState::Open) => Reading::Read((Gate::Open, until)),
                    Some(CalendarState::Closed) => Reading::Read((Gate::Closed, until)),
                    _ => Reading::unread("AWS answered with neither OPEN nor CLOSED."),
                }
            }
            Err(fault) => Reading::unread(fault),
        };
        all.push(Calendar {
            name: clean_arc(name),
            state,
        });
    }
    all
}

/// What AWS itself says that an execution would do.
async fn preview(
    access: &Access,
    start: &Start,
    patience: Duration,
    is_allowed: bool,
) -> Reading<Preview> {
    let Start::Automation(start) = start else {
        return Reading::Nothing("AWS has previews of Automation documents alone");
    };
    if !is_allowed {
        return Reading::Nothing("it is not asked for what would be refused anyway");
    }
    if patience.is_zero() {
        return Reading::Nothing("it is not asked for");
    }
    match previewed(access, start, patience).await {
        Ok(reading) => reading,
        Err(fault) => Reading::unread(fault),
    }
}

async fn previewed(
    access: &Access,
    start: &StartAutomation,
    patience: Duration,
) -> Result<Reading<Preview>, Fault> {
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let inputs = AutomationExecutionInputs::builder()
        .set_parameters(filled(&start.parameters))
        .set_target_parameter_name(some(&start.each))
        .set_targets(start.values())
        .set_target_locations(start.places())
        .build();
    let asked = access
        .ssm(&START_EXECUTION_PREVIEW, |client, with| {
            client
                .start_execution_preview()
                .document_name(&start.document)
                .set_document_version(some(&start.version))
                .execution_inputs(ExecutionInputs::Automation(inputs))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let id = asked.execution_preview_id.unwrap_or_default();
    let began = tokio::time::Instant::now();
    loop {
        let out = access
            .ssm(&GET_EXECUTION_PREVIEW, |client, with| {
                client
                    .get_execution_preview()
                    .execution_preview_id(&id)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        match out.status() {
            Some(ExecutionPreviewStatus::Success) => {
                let Some(ExecutionPreview::Automation(shown)) = out.execution_preview() else {
                    return Ok(Reading::unread("AWS made a preview that says nothing."));
                };
                let steps = |kind: &ImpactType| {
                    let all = shown.step_previews();
                    all.and_then(|all| all.get(kind)).copied().unwrap_or(0)
                };
                return Ok(Reading::Read(Preview {
                    mutating: steps(&ImpactType::Mutating),
                    reading: steps(&ImpactType::NonMutating),
                    undetermined: steps(&ImpactType::Undetermined),
                    accounts: shown.total_accounts(),
                    regions: shown.regions().iter().map(|r| clean_arc(r)).collect(),
                }));
            }
            Some(ExecutionPreviewStatus::Failed) => {
                let why = out.status_message().unwrap_or("it does not say why");
                return Ok(Reading::unread(format!(
                    "AWS could make no preview: {}.",
                    clean_arc(why)
                )));
            }
            _ if began.elapsed() >= patience => {
                return Ok(Reading::unread(format!(
                    "AWS was not done with its preview after {} s.",
                    patience.as_secs()
                )));
            }
            _ => tokio::time::sleep(PREVIEW_EVERY).await,
        }
    }
}

/// The last runs of this runbook in the same accounts: from the journal, and how they stand from AWS.
async fn last(fleet: &Fleet, journal: &Arc<Journal>, launch: &Launch) -> Reading<Vec<Past>> {
    let now = journal.now();
    let reader = Arc::clone(journal);
    let read = tokio::task::spawn_blocking(move || reader.read(0, now.minus(BEFORE))).await;
    let records = match read {
        Ok(Ok(records)) => records,
        Ok(Err(why)) => return Reading::unread(why),
        Err(why) => return Reading::unread(why),
    };
    let mut runs = Runs::default();
    for record in &records {
        runs.take(record);
    }
    let accounts: Vec<_> = launch.scopes().iter().map(|s| s.account).collect();
    let is_here = |run: &&crate::runbook::Run| {
        let here = run.scopes().iter().any(|s| accounts.contains(&s.account));
        let was_begun = run.state() != State::Refused;
        run.name == launch.runbook && run.id != launch.run && here && was_begun
    };
    let ids: Vec<Arc<str>> = runs
        .latest()
        .into_iter()
        .filter(is_here)
        .take(LAST)
        .map(|run| Arc::clone(&run.id))
        .collect();
    let mut past = Vec::new();
    for id in ids {
        let Some(run) = runs.get(&id) else { continue };
        let mut reports = Vec::new();
        for execution in run.executions.iter().filter(|e| !e.state.is_over()) {
            reports.push(Box::pin(look(fleet, journal, execution, now)).await);
        }
        let unread = reports.iter().find_map(|r| r.found.as_ref().err().cloned());
        for report in &reports {
            runs.learn(report);
        }
        let Some(run) = runs.get(&id) else { continue };
        past.push(Past {
            at: run.at,
            operator: Arc::clone(&run.operator),
            targets: run.targets().count(),
            state: unread.map_or_else(|| Reading::Read(run.state()), Reading::Unread),
        });
    }
    Reading::Read(past)
}
