//! The `detail` object: what is particular to a kind, in stable camelCase.

use serde_json::{Map, Value, json};

use crate::domain::alarm::{AlarmDetail, AlarmWatch};
use crate::domain::backup::BackupDetail;
use crate::domain::compliance::ComplianceDetail;
use crate::domain::finding::FindingDetail;
use crate::domain::health::{Action, HealthDetail};
use crate::domain::incident::{CaseDetail, IncidentDetail, Managed, RecordDetail};
use crate::domain::mute::MuteDetail;
use crate::domain::patch::{PatchDetail, PatchSubject};
use crate::domain::window::{WindowDetail, WindowRun};
use crate::domain::{Detail, SourceId};
use crate::store::Row;
use crate::triage::{Origin, Rule};

use super::time;

/// What every kind has, followed by what is particular to this one.
pub(super) fn detail(row: &Row, rule: Option<&Rule>) -> Value {
    let item = row.item();
    let sources: Vec<&str> = row.sources().iter().map(SourceId::word).collect();
    let rule = rule.map(|rule| {
        json!({
            "name": &*rule.name,
            "filter": rule.filter.to_string(),
            "default": rule.origin == Origin::Default,
        })
    });
    let common = json!({
        "name": &*item.name,
        "resource": item.resource.as_deref(),
        "episode": time(item.episode),
        "clearedAt": row.cleared_at().and_then(time),
        "sources": sources,
        "severityRule": rule,
        "ledger": super::acts::ledger(row),
    });
    let own = match &item.detail {
        Detail::Alarm(detail) => alarm(detail, row),
        Detail::Finding(detail) => finding(detail),
        Detail::Incident(detail) => incident(detail),
        Detail::Case(detail) => case(detail),
        Detail::Record(detail) => record(detail),
        Detail::Health(detail) => health(detail),
        Detail::Compliance(detail) => compliance(detail),
        Detail::Window(detail) => window(detail),
        Detail::Patch(detail) => patch(detail),
        Detail::Backup(detail) => backup(detail),
        Detail::Mute(detail) => mute(detail),
    };
    let mut all = Map::new();
    for part in [common, own] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

fn alarm(d: &AlarmDetail, row: &Row) -> Value {
    let mut watch = json!({
        "type": "metric", "namespace": null, "metric": null, "dimensions": {}, "statistic": null,
        "periodSeconds": null, "expression": null, "rule": null,
    });
    let terms = &*d.terms;
    let remarks = d.remarks();
    match &terms.watch {
        AlarmWatch::Metric {
            namespace,
            metric,
            statistic,
            period,
        } => {
            watch["namespace"] = json!(namespace.as_deref());
            watch["metric"] = json!(metric.as_deref());
            watch["dimensions"] = d
                .dimensions
                .iter()
                .map(|(name, value)| (name.to_string(), json!(&**value)))
                .collect::<Map<_, _>>()
                .into();
            watch["statistic"] = json!(statistic.as_deref());
            watch["periodSeconds"] = json!(period);
        }
        AlarmWatch::Expression { text, .. } => {
            watch["type"] = json!("expression");
            watch["expression"] = json!(&**text);
        }
        AlarmWatch::Composite(rule) => {
            watch["type"] = json!("composite");
            watch["rule"] = json!(&**rule);
        }
    }
    json!({
        "state": d.state.word(),
        "wasAlarm": d.was_alarm,
        "watch": watch,
        "comparison": terms.comparison.as_deref(),
        "threshold": terms.threshold,
        "value": d.value,
        "datapointsToAlarm": terms.datapoints_to_alarm,
        "evaluationPeriods": terms.evaluation_periods,
        "treatMissingData": terms.treat_missing.as_deref(),
        "reason": remarks.reason.as_deref(),
        "description": remarks.description.as_deref(),
        "actionsEnabled": d.actions_enabled,
        "actions": d.actions,
        "suppressedBy": remarks.suppressed_by.as_deref(),
        "evaluationState": remarks.evaluation.as_deref(),
        "transitioned": time(d.transitioned),
        "muted": row.muted().map(|muted| json!({
            "rule": &*muted.rule,
            "until": muted.until.and_then(time),
            "by": muted.by.as_deref(),
            "note": muted.note.as_deref(),
        })),
    })
}

fn finding(d: &FindingDetail) -> Value {
    let note = d
        .note
        .as_deref()
        .map(|(text, by)| json!({ "text": &**text, "by": &**by }));
    json!({
        "product": &*d.terms.product,
        "type": &*d.terms.finding_type,
        "score": d.score,
        "description": d.description.as_deref(),
        "remediation": d.terms.remediation.as_deref(),
        "remediationUrl": d.terms.remediation_url.as_deref(),
        "resourceType": d.terms.resource_type.as_deref(),
        "count": d.count,
        "firstSeen": time(d.first_seen),
        "lastSeen": time(d.last_seen),
        "workflow": d.terms.workflow.as_deref(),
        "recordState": d.terms.record_state.as_deref(),
        "compliance": d.terms.compliance.as_deref(),
        "note": note,
        "attackSequence": d.attack_sequence.as_deref(),
        "configRule": d.rule.as_deref(),
        "productArn": d.terms.product_arn.as_deref(),
    })
}

fn incident(d: &IncidentDetail) -> Value {
    let data: Map<String, Value> = d
        .data
        .iter()
        .map(|(key, value)| (key.to_string(), json!(&**value)))
        .collect();
    json!({
        "opsItemId": &*d.id,
        "status": &*d.status,
        "origin": d.source.as_deref(),
        "category": d.category.as_deref(),
        "nativeSeverity": d.native_severity.as_deref(),
        "priority": d.priority,
        "type": d.item_type.as_deref(),
        "createdBy": d.created_by.as_deref(),
        "modifiedBy": d.modified_by.as_deref(),
        "data": data,
    })
}

fn case(d: &CaseDetail) -> Value {
    json!({
        "caseId": &*d.id,
        "displayId": &*d.number,
        "status": &*d.status,
        "service": &*d.service,
        "category": d.category.as_deref(),
        "nativeSeverity": &*d.native_severity,
        "managed": d.managed().map(Managed::word),
        "waitsForUs": d.waits_for_us(),
        "submittedBy": d.submitted_by.as_deref(),
        "last": d.last.as_ref().map(|(by, at)| json!({ "by": &**by, "at": time(*at) })),
    })
}

fn health(d: &HealthDetail) -> Value {
    json!({
        "service": &*d.service,
        "code": &*d.code,
        "category": d.category.word(),
        "status": &*d.status,
        "zone": d.zone.as_deref(),
        "starts": d.starts.and_then(time),
        "ends": d.ends.and_then(time),
        "updated": time(d.updated),
        "public": d.is_public,
        "action": d.action.map(Action::word),
        "personas": d.personas,
    })
}

fn record(d: &RecordDetail) -> Value {
    json!({
        "status": &*d.status,
        "impact": d.impact,
        "plan": d.plan.as_deref(),
        "source": d.source.as_deref(),
        "beganBy": d.began_by.as_deref(),
        "createdBy": d.created_by.as_deref(),
    })
}

fn compliance(d: &ComplianceDetail) -> Value {
    let mut all = json!({ "type": d.word() });
    let own = match d {
        ComplianceDetail::Rule(rule) => json!({
            "resources": rule.failing,
            "resourcesCapped": rule.is_capped,
        }),
        ComplianceDetail::Recorder(recorder) => json!({
            "stopped": recorder.stopped.and_then(time),
            "error": recorder.error.as_deref(),
        }),
        ComplianceDetail::Recommendation(advice) => json!({
            "pillars": advice.pillars,
            "services": advice.services,
            "origin": advice.origin.as_deref(),
            "stage": advice.stage.as_deref(),
            "errors": advice.errors,
            "warnings": advice.warnings,
            "excluded": advice.excluded,
            "savingPerMonth": advice.saving,
            "updated": time(advice.updated),
        }),
    };
    if let (Value::Object(all), Value::Object(own)) = (&mut all, own) {
        all.extend(own);
    }
    all
}

fn window(d: &WindowDetail) -> Value {
    let instances: Vec<&str> = d.instances.iter().map(|id| &**id).collect();
    json!({
        "windowId": &*d.id,
        "phase": d.phase.word(),
        "description": d.description.as_deref(),
        "schedule": d.schedule.as_deref(),
        "timezone": d.timezone.as_deref(),
        "durationHours": d.duration_hours,
        "cutoffHours": d.cutoff_hours,
        "next": d.next.and_then(time),
        "expected": d.expected.and_then(time),
        "current": d.current.as_ref().map(run),
        "last": d.last.as_ref().map(run),
        "instances": instances,
        "unread": d.unread.as_deref(),
    })
}

fn run(run: &WindowRun) -> Value {
    let tasks: Vec<Value> = run
        .tasks
        .iter()
        .map(|task| {
            json!({
                "name": &*task.name,
                "type": &*task.kind,
                "status": &*task.status,
                "started": time(task.started),
                "ended": task.ended.and_then(time),
            })
        })
        .collect();
    json!({
        "executionId": &*run.id,
        "status": &*run.status,
        "statusDetails": run.status_details.as_deref(),
        "started": time(run.started),
        "ended": run.ended.and_then(time),
        "tasks": tasks,
    })
}

fn patch(d: &PatchDetail) -> Value {
    let subject = match &d.subject {
        PatchSubject::Instance(id) => json!({ "type": "instance", "id": &**id }),
        PatchSubject::Group {
            name,
            instances,
            noncompliant,
        } => json!({
            "type": "group", "name": &**name, "instances": instances, "noncompliant": noncompliant,
        }),
    };
    json!({
        "subject": subject,
        "group": d.group.as_deref(),
        "operation": d.operation.as_deref(),
        "operated": time(d.operated),
        "installed": d.installed,
        "pendingReboot": d.pending_reboot,
        "missing": d.missing,
        "failed": d.failed,
        "criticalMissing": d.critical,
        "securityMissing": d.security,
        "computer": d.computer.as_deref(),
        "platform": d.platform.as_deref(),
        "ping": d.ping.as_deref(),
    })
}

fn backup(d: &BackupDetail) -> Value {
    json!({
        "job": d.job.word(),
        "jobId": &*d.id,
        "status": &*d.status,
        "message": d.message.as_deref(),
        "messageCategory": d.message_category.as_deref(),
        "resourceArn": d.resource_arn.as_deref(),
        "resourceName": d.resource_name.as_deref(),
        "resourceType": d.resource_type.as_deref(),
        "vault": d.vault.as_deref(),
        "roleArn": d.role_arn.as_deref(),
        "plan": d.plan.as_deref(),
        "percent": d.percent,
        "sizeBytes": d.size,
        "created": time(d.created),
        "completed": d.completed.and_then(time),
        "recoveryPoint": d.recovery_point.as_deref(),
        "lastGood": d.last_good.and_then(time),
        "cadenceSeconds": d.cadence,
        "supersededBy": d.superseded_by.as_deref(),
    })
}

fn mute(d: &MuteDetail) -> Value {
    let spans: Vec<Value> = d
        .spans
        .iter()
        .map(|span| json!({ "from": time(span.from), "until": span.until.and_then(time) }))
        .collect();
    let alarms: Vec<&str> = d.alarms.iter().map(|name| &**name).collect();
    json!({
        "alarms": alarms,
        "rhythm": d.rhythm.word(),
        "schedule": d.schedule.as_deref(),
        "timezone": d.timezone.as_deref(),
        "durationSeconds": d.lasts,
        "starts": d.starts.and_then(time),
        "expires": d.expires.and_then(time),
        "spans": spans,
        "by": d.by.as_deref(),
        "note": d.note.as_deref(),
        "unread": d.unread.as_deref(),
    })
}
