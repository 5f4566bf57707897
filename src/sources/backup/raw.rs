//! One job or resource of AWS Backup, read afresh as AWS writes it.

use std::time::Duration;

use serde_json::Value;

use crate::aws::moment::date;
use crate::aws::ops::{
    DESCRIBE_BACKUP_JOB, DESCRIBE_COPY_JOB, DESCRIBE_RESTORE_JOB, LIST_BACKUP_JOBS,
    LIST_PROTECTED_RESOURCES,
};
use crate::domain::backup::JobKind;
use crate::domain::{Detail, Fault};
use crate::sources::{Look, Pages};

use super::list::PAGE;

/// The job, or for one that never started the protected resource, as AWS writes it.
pub async fn read(look: Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let Detail::Backup(detail) = &look.item.detail else {
        return Err(look.gone(&DESCRIBE_BACKUP_JOB));
    };
    let id = &*detail.id;
    let op = match detail.job {
        JobKind::Backup if look.item.key.scope.account != look.access.account() => {
            return elsewhere(&look).await;
        }
        JobKind::Backup => {
            access
                .backup(&DESCRIBE_BACKUP_JOB, |client, with| {
                    let call = client.describe_backup_job().backup_job_id(id);
                    call.customize().config_override(with).send()
                })
                .await?;
            &DESCRIBE_BACKUP_JOB
        }
        JobKind::Copy => {
            access
                .backup(&DESCRIBE_COPY_JOB, |client, with| {
                    let call = client.describe_copy_job().copy_job_id(id);
                    call.customize().config_override(with).send()
                })
                .await?;
            let body = tape.json().and_then(|body| body.get("CopyJob").cloned());
            return body.ok_or_else(|| look.gone(&DESCRIBE_COPY_JOB));
        }
        JobKind::Restore => {
            access
                .backup(&DESCRIBE_RESTORE_JOB, |client, with| {
                    let call = client.describe_restore_job().restore_job_id(id);
                    call.customize().config_override(with).send()
                })
                .await?;
            &DESCRIBE_RESTORE_JOB
        }
        JobKind::Missed => return resource(&look).await,
    };
    tape.json().ok_or_else(|| look.gone(op))
}

/// A protected resource, found in the list.
async fn resource(look: &Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let mut pages = Pages::default();
    while pages.more() {
        let token = pages.token();
        let out = access
            .backup(&LIST_PROTECTED_RESOURCES, |client, with| {
                client
                    .list_protected_resources()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let found = find(tape.json(), "Results", "ResourceArn", &look.item.key.id);
        if let Some(resource) = found {
            return Ok(resource);
        }
        pages.turn(&LIST_PROTECTED_RESOURCES, out.next_token)?;
    }
    Err(look.gone(&LIST_PROTECTED_RESOURCES))
}

/// The element of a list in an answer that has this id.
fn find(body: Option<Value>, list: &str, key: &str, id: &str) -> Option<Value> {
    let body = body?;
    let elements = body.get(list)?.as_array()?;
    let is_it = |element: &&Value| element.get(key).and_then(Value::as_str) == Some(id);
    elements.iter().find(is_it).cloned()
}

/// A job of another account, found in the organization's list: it can be described only from its own account.
async fn elsewhere(look: &Look) -> Result<Value, Fault> {
    let (access, tape) = look.access.taped();
    let Detail::Backup(detail) = &look.item.detail else {
        return Err(look.gone(&LIST_BACKUP_JOBS));
    };
    let account = look.item.key.scope.account.to_string();
    let arn = detail.resource_arn.as_deref().map(str::to_owned);
    let mut pages = Pages::default();
    while pages.more() {
        let (token, account, arn) = (pages.token(), account.clone(), arn.clone());
        let after = detail.created.minus(Duration::from_secs(60));
        let out = access
            .backup(&LIST_BACKUP_JOBS, |client, with| {
                client
                    .list_backup_jobs()
                    .by_account_id(account)
                    .set_by_resource_arn(arn)
                    .by_created_after(date(after))
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        let found = find(tape.json(), "BackupJobs", "BackupJobId", &detail.id);
        if let Some(job) = found {
            return Ok(job);
        }
        pages.turn(&LIST_BACKUP_JOBS, out.next_token)?;
    }
    Err(look.gone(&LIST_BACKUP_JOBS))
}
