//! CloudTrail's management events, asked when somebody wants to know who changed something: two calls a second, one
//! attribute each.

use std::sync::Arc;

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use crate::aws::access::Access;
use crate::aws::ops::LOOKUP_EVENTS;
use crate::aws::pages::Pages;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::text::clean_arc;
use crate::domain::trail::Deed;

/// Pages of one name; nobody reads more than two hundred changes of one resource.
const PAGES: usize = 4;

/// What was done to resources of these names within a time, the earliest first.
///
/// # Errors
/// What went wrong.
pub async fn lookup(
    access: &Access,
    names: &[Arc<str>],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Deed>, Fault> {
    let mut deeds: Vec<Deed> = Vec::new();
    for name in names {
        let mut pages = Pages::default();
        let mut read = 0;
        while pages.more() && read < PAGES {
            read += 1;
            let token = pages.token();
            let attribute = LookupAttribute::builder()
                .attribute_key(LookupAttributeKey::ResourceName)
                .attribute_value(&**name)
                .build()
                .ok();
            let out = access
                .cloudtrail(&LOOKUP_EVENTS, |trail, with| {
                    let call = trail
                        .lookup_events()
                        .set_lookup_attributes(attribute.map(|attribute| vec![attribute]))
                        .start_time(DateTime::from_secs(from.as_secs()))
                        .end_time(DateTime::from_secs(to.as_secs()))
                        .max_results(50)
                        .set_next_token(token);
                    call.customize().config_override(with).send()
                })
                .await?;
            deeds.extend(out.events.unwrap_or_default().into_iter().map(deed));
            pages.turn(&LOOKUP_EVENTS, out.next_token)?;
        }
    }
    deeds.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    deeds.dedup_by(|a, b| a.id == b.id);
    Ok(deeds)
}

fn deed(event: Event) -> Deed {
    let told: Value = event
        .cloud_trail_event
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let text = |path: &str| {
        let found = told.pointer(path).and_then(Value::as_str);
        found.filter(|text| !text.is_empty()).map(clean_arc)
    };
    let error = text("/errorCode").map(|code| match text("/errorMessage") {
        Some(message) => Arc::from(format!("{code}: {message}")),
        None => code,
    });
    Deed {
        at: event
            .event_time
            .map_or(Timestamp::ZERO, |at| Timestamp::from_secs(at.secs())),
        what: clean_arc(event.event_name.as_deref().unwrap_or("?")),
        service: clean_arc(event.event_source.as_deref().unwrap_or_default()),
        who: match event.username.as_deref() {
            Some(name) if !name.is_empty() => clean_arc(name),
            // What a service does itself has no user.
            _ => text("/userIdentity/invokedBy")
                .or_else(|| text("/userIdentity/type"))
                .unwrap_or_else(|| Arc::from("?")),
        },
        identity: text("/userIdentity/arn"),
        from: text("/sourceIPAddress"),
        agent: text("/userAgent"),
        error,
        id: clean_arc(event.event_id.as_deref().unwrap_or_default()),
    }
}
