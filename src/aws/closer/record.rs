//! What happened in an incident of Incident Manager, and what it is related to.

use aws_sdk_ssmincidents::types::SortOrder;

use crate::aws::access::Access;
use crate::aws::moment::moment;
use crate::aws::ops::{GET_INCIDENT_RECORD, LIST_RELATED_ITEMS, LIST_TIMELINE_EVENTS, incidents};
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::{MOST, or_unread};

pub(super) async fn of(access: &Access, arn: &str) -> Vec<Told> {
    let mut told = or_unread("summary", summary(access, arn).await);
    told.extend(or_unread("related", related(access, arn).await));
    told.extend(or_unread("timeline", timeline(access, arn).await));
    told
}

async fn summary(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .incidents(&GET_INCIDENT_RECORD, |client, with| {
            client
                .get_incident_record()
                .arn(arn)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let text = out.incident_record().and_then(|record| record.summary());
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    Ok(text
        .map(|text| Told::fact("summary", text))
        .into_iter()
        .collect())
}

async fn related(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .incidents(&LIST_RELATED_ITEMS, |client, with| {
            client
                .list_related_items()
                .incident_record_arn(arn)
                .max_results(20)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let told = out.related_items().iter().filter_map(|item| {
        let value = item.identifier()?.value()?;
        let what = value.as_arn().or_else(|_| value.as_url()).ok()?;
        let title = item
            .title()
            .map_or(String::new(), |title| format!("{title}: "));
        Some(Told::fact("related", &format!("{title}{what}")))
    });
    Ok(told.collect())
}

async fn timeline(access: &Access, arn: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .incidents(&LIST_TIMELINE_EVENTS, |client, with| {
            client
                .list_timeline_events()
                .incident_record_arn(arn)
                .sort_order(SortOrder::Descending)
                .max_results(i32::try_from(MOST).unwrap_or(10))
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut told = Vec::new();
    for event in out.event_summaries() {
        let data = incidents::text(access, arn, event.event_id()).await?;
        let text = said(&data);
        let kind = event.event_type();
        let text = if kind == "Note" {
            text
        } else {
            format!("{kind}: {text}")
        };
        let at = moment(Some(event.event_time())).unwrap_or_default();
        told.push(Told::event("timeline", at, &text));
    }
    Ok(told)
}

/// What an event says: a text where it is one, and otherwise its JSON in a line.
fn said(data: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(data) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => data.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        assert_eq!(said("\"Kim has the \\\"lead\\\"\""), "Kim has the \"lead\"");
        assert_eq!(said("{\"a\": [1,2]}"), "{\"a\":[1,2]}");
        assert_eq!(said("no json"), "no json");
    }
}
