//! Where instances are managed at all: what Systems Manager's list of an organization's nodes tells.
//!
//! `ListResourceDataSync` → `ListNodes` with the name of the sync, 50 a page. A node is no patch state: where there is one, its account is
//! asked as before. Where the list has none, nobody has to ask for instances.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::aws::classify::make;
use crate::aws::ops::LIST_NODES;
use crate::aws::pages::gather;
use crate::domain::{Fault, FaultKind, Scope};
use crate::sources::spoken::{self, NotOurs};
use crate::sources::{Ask, syncs};

/// The largest page (the model).
const PAGE: i32 = 50;
/// How long the answer counts: two askings and a bit.
const ANSWER_FOR: Duration = Duration::from_secs(3_750);
/// How long ago the sync may have gathered last.
const GATHERED_WITHIN: Duration = Duration::from_secs(3_600);

const NOT_OURS: NotOurs = NotOurs {
    what: "The managed instances of all accounts",
    advice: "The unified console of Systems Manager is set up for the organization with Quick Setup, in a delegated administrator's account.",
};

pub(super) async fn ask(ask: Ask) -> Result<(), Fault> {
    let answer = answer(&ask).await;
    spoken::conclude(&ask, ANSWER_FOR, answer, &NOT_OURS)
}

/// The scopes of the fleet in which no instance is managed, as far as the sync here tells.
async fn answer(ask: &Ask) -> Result<HashSet<Scope>, Fault> {
    let Some(sync) = syncs::find(ask, |name| name == syncs::NODES, GATHERED_WITHIN).await? else {
        // It may stand in another region, or nowhere; both is a fact.
        ask.speak_for(Arc::default());
        return Ok(HashSet::new());
    };
    let nodes = gather(&LIST_NODES, u32::MAX, |token| async move {
        let out = ask
            .access()
            .ssm(&LIST_NODES, |client, with| {
                client
                    .list_nodes()
                    .sync_name(syncs::NODES)
                    .max_results(PAGE)
                    .set_next_token(token)
                    .customize()
                    .config_override(with)
                    .send()
            })
            .await?;
        Ok((out.nodes.unwrap_or_default(), out.next_token))
    })
    .await?;
    let places = nodes.iter().map(|node| {
        Some(Scope {
            account: node.owner()?.account_id()?.parse().ok()?,
            region: node.region()?.parse().ok()?,
        })
    });
    let inhabited: HashSet<Scope> = places.collect::<Option<_>>().ok_or_else(|| {
        make(
            FaultKind::Malformed,
            None,
            format!(
                "{LIST_NODES} in {} named an instance without its account or region, so every account is asked itself.",
                ask.access().place()
            ),
            "",
        )
    })?;
    let named = inhabited.iter().map(|scope| scope.account).collect();
    let scopes = sync.scopes(ask, &named);
    let without: HashSet<Scope> = scopes.difference(&inhabited).copied().collect();
    ask.speak_for(spoken::in_order(&without));
    Ok(without)
}
