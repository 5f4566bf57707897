//! What was written in a support case.

use crate::aws::access::Access;
use crate::aws::ops::DESCRIBE_COMMUNICATIONS;
use crate::clock::Timestamp;
use crate::domain::Fault;
use crate::domain::closer::Told;

use super::{MOST, or_unread};

pub(super) async fn of(access: &Access, id: &str) -> Vec<Told> {
    or_unread("wrote", said(access, id).await)
}

async fn said(access: &Access, id: &str) -> Result<Vec<Told>, Fault> {
    let out = access
        .support(&DESCRIBE_COMMUNICATIONS, |client, with| {
            client
                .describe_communications()
                .case_id(id)
                .max_results(100)
                .customize()
                .config_override(with)
                .send()
        })
        .await?;
    let mut said: Vec<Told> = out
        .communications
        .unwrap_or_default()
        .into_iter()
        .filter_map(|said| {
            let at = said.time_created().and_then(Timestamp::parse)?;
            let by = said.submitted_by().unwrap_or("somebody");
            let files = said.attachment_set().len();
            let files = match files {
                0 => String::new(),
                n => format!(" ({n} attached)"),
            };
            let body = said.body().unwrap_or_default().trim();
            Some(Told::event("wrote", at, &format!("{by}{files}: {body}")))
        })
        .collect();
    said.sort_by_key(|said| std::cmp::Reverse(said.at));
    said.truncate(MOST);
    Ok(said)
}
