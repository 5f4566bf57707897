//! Which parts of an alarm that watches many series at once are in ALARM.

use crate::aws::access::Access;
use crate::aws::ops::DESCRIBE_ALARM_CONTRIBUTORS;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::alarm::{AlarmDetail, AlarmState, AlarmWatch};
use crate::domain::closer::Told;

use super::{MOST, or_unread};

/// The contributors of an alarm whose expression yields more than one series. An alarm of one metric has none, and one
/// that is not in ALARM names none.
pub(super) async fn of(access: &Access, name: &str, detail: &AlarmDetail) -> Vec<Told> {
    let is_many = matches!(detail.terms.watch, AlarmWatch::Expression { .. });
    if !is_many || detail.state != AlarmState::Alarm {
        return Vec::new();
    }
    or_unread("contributors", read(access, name).await)
}

async fn read(access: &Access, name: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .cloudwatch(&DESCRIBE_ALARM_CONTRIBUTORS, |client, with| {
            client
                .describe_alarm_contributors()
                .alarm_name(name)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let more = out.next_token.is_some();
    let all = out.alarm_contributors.unwrap_or_default();
    let left = all.len().saturating_sub(MOST);
    let mut told: Vec<Told> = all
        .into_iter()
        .take(MOST)
        .map(|one| {
            let mut parts: Vec<String> = one
                .contributor_attributes
                .unwrap_or_default()
                .iter()
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            parts.sort();
            parts.extend(one.state_reason.filter(|reason| !reason.is_empty()));
            let text = parts.join(" · ");
            match one.state_transitioned_timestamp {
                Some(at) => Told::event("contributor", Timestamp::from_secs(at.secs()), &text),
                None => Told::fact("contributor", &text),
            }
        })
        .collect();
    if left > 0 || more {
        told.push(Told::fact("contributor", "there are more than these"));
    }
    Ok(told)
}
