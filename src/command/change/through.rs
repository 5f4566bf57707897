//! Writing an acknowledgement through to the services that have a word for it: Security Hub's NOTIFIED, an OpsItem's
//! InProgress. A choice of its own in the form, never a consequence of pressing `a`.

use std::sync::Arc;

use crate::aws::ops::opsitems::Status;
use crate::aws::ops::securityhub::Workflow;
use crate::domain::ItemKey;
use crate::model::change::Request;
use crate::model::{Effect, Effects, Model};
use crate::store::{Row, Store};

use super::{Aim, Ask, Fit, Offer, Said, findings, incidents};

/// What acknowledging these rows would come to in AWS, in words; nothing where no service has a word for it.
#[must_use]
pub fn through(rows: &[&Row], store: &Store) -> Option<String> {
    let (hub, ops) = split(rows, store);
    let count = |n: usize, one: &str, word: &str| {
        (n > 0).then(|| format!("{n} {one}{} to {word}", if n == 1 { "" } else { "s" }))
    };
    let words = [
        count(hub.len(), "finding", Workflow::Notified.word()),
        count(ops.len(), "OpsItem", Status::InProgress.word()),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The findings and the OpsItems among these rows that are not there yet.
fn split<'a>(rows: &[&'a Row], store: &Store) -> (Vec<&'a Row>, Vec<&'a Row>) {
    let of = |offer: &Offer| {
        rows.iter()
            .copied()
            .filter(|row| (offer.fits)(row, store) == Fit::Yes)
            .collect()
    };
    (of(&findings::NOTIFY), of(&incidents::START))
}

/// The request that writes the acknowledgement of these rows through.
#[must_use]
pub fn request(id: u64, aim: &Aim<'_>) -> Request {
    let (hub, ops) = split(aim.rows, aim.store);
    let of = |rows| Aim { rows, ..*aim };
    let mut parts = findings::workflow(&of(&hub), Workflow::Notified);
    parts.extend(incidents::update(&of(&ops), Status::InProgress));
    let undo = super::undo::parts(&parts, aim);
    let count: usize = parts.iter().map(|part| part.items.len()).sum();
    Request {
        id,
        verb: Arc::from("triage.acknowledge"),
        what: Arc::from(match count {
            1 => "Written through".to_owned(),
            n => format!("Written through for {n} items"),
        }),
        parts,
        undo,
    }
}

/// What follows an acknowledgement that the ledger granted for these items: they are written through.
pub fn followed(model: &mut Model, keys: &[ItemKey], note: &str) -> Effects {
    let id = model.changing.number();
    let said = Said {
        operator: Arc::clone(&model.acting.who.owner.operator),
        words: [(Ask::Note.label(), note.to_owned())].into(),
        shift_end: model.acting.shift_end,
    };
    let rows: Vec<&Row> = keys.iter().filter_map(|key| model.row(key)).collect();
    let aim = Aim {
        rows: &rows,
        store: &model.store,
        said: &said,
        now: model.now,
    };
    let request = request(id, &aim);
    if request.parts.is_empty() {
        return Effects::new();
    }
    begin(model, request)
}

/// Sends a request on its way.
pub(super) fn begin(model: &mut Model, request: Request) -> Effects {
    let under_way = crate::model::change::UnderWay {
        came: vec![None; request.parts.len()],
        request: request.clone(),
        is_cancelled: false,
    };
    model.changing.under_way.insert(request.id, under_way);
    vec![Effect::Change(Box::new(request))]
}
