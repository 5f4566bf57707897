//! The form before a change: what, on which items, where, as whom; confirmed by what a mistake would cost.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::aws::ops::{Order, Risk};
use crate::domain::text::plural;
use crate::domain::{AccountId, ItemKey, Policy, Scope};
use crate::lifecycle::Pick;
use crate::model::change::{Part, Preflight, Request};
use crate::model::form::{Check, Field, Form, FormFor};
use crate::model::{Effect, Effects, Model, Overlay, Tone};
use crate::panes::fact;
use crate::store::Row;

use super::{Aim, Ask, Offer, Said, menu, named, through};

/// The field in which the phrase of a dangerous change is typed.
const TYPE: &str = "type";

/// Opens the form for an offer, or does it at once where nothing is asked and the account's policy wants no question.
pub(in crate::command) fn open(
    model: &mut Model,
    offer: &'static Offer,
    targets: Vec<ItemKey>,
) -> Effects {
    let (able, why) = menu::fitting(model, offer, &targets);
    if able.is_empty() {
        let name = targets
            .first()
            .and_then(|key| model.row(key))
            .map_or_else(|| "The row".to_owned(), |row| fact::what(row.item()));
        let why = why.into_iter().next().unwrap_or_default();
        model.say(Tone::Refused, format!("{name}: {why}"));
        return Effects::new();
    }
    let words = offer
        .asks
        .iter()
        .map(|ask| match ask {
            // What it comes to is found out before anything has been written.
            Ask::Words(label) => (*label, "…".to_owned()),
            _ => (ask.label(), ask.usual().to_owned()),
        })
        .collect();
    let request = match build(model, offer, &able, words) {
        Ok(request) => request,
        Err(why) => {
            model.say(Tone::Refused, why);
            return Effects::new();
        }
    };
    let mut fields: Vec<Field> = offer
        .asks
        .iter()
        .map(|ask| match ask {
            Ask::Span => Field::pick(
                "for",
                Pick::QUICK[..4].iter().map(|p| p.word().into()).collect(),
                1,
            ),
            Ask::Note | Ask::Line(..) | Ask::Words(_) => Field::line(ask.label(), ask.usual()),
        })
        .collect();
    let mut about = names(model, &able);
    if offer.asks.iter().any(|ask| matches!(ask, Ask::Words(_))) {
        about.push(offer.help().into());
    }
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for no in why {
        *left.entry(no).or_default() += 1;
    }
    about.extend(
        left.into_iter()
            .map(|(why, count)| Arc::from(format!("{count} left out: {why}"))),
    );
    // What is marked may be off the screen: it is never done without the form.
    let is_at_once = offer.risk == Risk::Low
        && model.pane().marked.is_empty()
        && targets.len() == 1
        && policies(model, &request).all(|policy| policy == Policy::Write);
    if is_at_once {
        return through::begin(model, request);
    }
    let phrase = phrase(model, offer.risk, &request);
    if phrase.is_some() {
        fields.push(Field::line(TYPE, ""));
    }
    let title = format!(
        "{}: {} item{}",
        offer.title(),
        able.len(),
        plural(able.len())
    );
    show(
        model,
        Form {
            title: title.into(),
            about,
            targets: able,
            fields,
            phrase,
            ..blank(FormFor::Change(Some(offer.name)), request)
        },
    )
}

/// Opens the form for a request that is complete already.
pub(in crate::command) fn open_request(model: &mut Model, request: Request) -> Effects {
    let able: Vec<ItemKey> = request
        .parts
        .iter()
        .flat_map(|part| part.items.iter().cloned())
        .collect();
    let about = names(model, &able);
    let risk = request
        .parts
        .iter()
        .map(|part| part.order.mutation().risk)
        .max()
        .unwrap_or(Risk::Low);
    let phrase = phrase(model, risk, &request);
    let fields = if phrase.is_some() {
        vec![Field::line(TYPE, "")]
    } else {
        Vec::new()
    };
    show(
        model,
        Form {
            title: Arc::clone(&request.what),
            about,
            targets: able,
            fields,
            phrase,
            ..blank(FormFor::Change(None), request)
        },
    )
}

/// A form for a request of which nothing is known yet.
fn blank(purpose: FormFor, request: Request) -> Form {
    Form {
        check: Check::Looking(request.id),
        request: Some(Box::new(request)),
        ..Form::new(Arc::from(""), purpose, Vec::new())
    }
}

/// Shows a form and finds out about its request.
fn show(model: &mut Model, form: Form) -> Effects {
    let ask = form.request.clone().map(Effect::Preflight);
    model.show(Overlay::Form(form));
    ask.into_iter().collect()
}

/// The items and the accounts that they are in, by name.
pub(in crate::command) fn names(model: &Model, keys: &[ItemKey]) -> Vec<Arc<str>> {
    let mut about: Vec<Arc<str>> = Vec::new();
    if let [one] = keys
        && let Some(row) = model.row(one)
    {
        about.push(fact::what(row.item()).into());
    }
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for key in keys {
        let place = format!(
            "{} {}",
            model.roster().name(key.scope.account),
            key.scope.region
        );
        *places.entry(place).or_default() += 1;
    }
    let places: Vec<_> = places
        .into_iter()
        .map(|(place, count)| match keys.len() {
            1 => place,
            _ => format!("{place} {count}"),
        })
        .collect();
    about.push(places.join(" · ").into());
    about
}

fn accounts(request: &Request) -> Vec<AccountId> {
    let mut ids: Vec<_> = request.parts.iter().map(|p| p.scope.account).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn policies(model: &Model, request: &Request) -> impl Iterator<Item = Policy> {
    let roster = model.roster();
    accounts(request)
        .into_iter()
        .map(|id| roster.get(id).map_or(Policy::ReadOnly, |a| a.policy))
}

/// More accounts or items than this, and something of medium risk is confirmed as what is dangerous: nobody oversees them.
const WIDE_ACCOUNTS: usize = 3;
const WIDE_ITEMS: usize = 25;

/// What has to be typed before something dangerous: the account's name; of several, their number and the verb.
fn phrase(model: &Model, risk: Risk, request: &Request) -> Option<Arc<str>> {
    let accounts = accounts(request);
    let items: usize = request.parts.iter().map(|part| part.items.len()).sum();
    let is_wide = risk == Risk::Medium && (accounts.len() > WIDE_ACCOUNTS || items > WIDE_ITEMS);
    if risk < Risk::High && !is_wide {
        return None;
    }
    Some(match accounts.as_slice() {
        [one] => model.roster().name(*one),
        many => {
            let verb = request.verb.rsplit('.').next().unwrap_or_default();
            Arc::from(format!("{} {verb}", many.len()))
        }
    })
}

/// Whether a request would touch something that the one which was shown would not have.
fn goes_beyond(request: &Request, seen: &Request) -> bool {
    let touches = |part: &Part| match &part.order {
        Order::SendCommand(c) => c.instances.clone(),
        Order::CancelWindowRun(c) => vec![c.run.clone()],
        Order::StartBackup(c) => vec![format!("{} {} {}", c.resource, c.vault, c.role)],
        _ => part.items.iter().map(|key| key.id.to_string()).collect(),
    };
    let shown: HashSet<(Scope, String)> = seen
        .parts
        .iter()
        .flat_map(|part| touches(part).into_iter().map(|id| (part.scope, id)))
        .collect();
    request
        .parts
        .iter()
        .flat_map(|part| touches(part).into_iter().map(|id| (part.scope, id)))
        .any(|touched| !shown.contains(&touched))
}

/// What would be done is not what was shown: it is looked at and shown anew before it can be agreed to.
fn look_again(model: &mut Model, request: Request) -> Effects {
    let about = names(
        model,
        &request
            .parts
            .iter()
            .flat_map(|p| p.items.clone())
            .collect::<Vec<_>>(),
    );
    let Some(Overlay::Form(form)) = &mut model.overlay else {
        return Effects::new();
    };
    form.about = about;
    form.about
        .push(Arc::from("This is other than before; look again."));
    form.check = Check::Looking(request.id);
    form.request = Some(Box::new(request.clone()));
    model.overlay_drawn = false;
    vec![Effect::Preflight(Box::new(request))]
}

/// Whether the id of the one account was typed in place of its name, which may be hard to type.
fn is_id(form: &Form) -> bool {
    let ids = form.request.as_deref().map(accounts).unwrap_or_default();
    matches!(ids.as_slice(), [one] if form.says(TYPE) == one.to_string())
}

/// The request of an offer for items as they are now.
fn build(
    model: &mut Model,
    offer: &Offer,
    keys: &[ItemKey],
    words: BTreeMap<&'static str, String>,
) -> Result<Request, String> {
    let id = model.changing.number();
    let said = Said {
        operator: Arc::clone(&model.acting.who.owner.operator),
        words,
        shift_end: model.acting.shift_end,
    };
    let rows: Vec<&Row> = keys.iter().filter_map(|key| model.row(key)).collect();
    let what = match rows.as_slice() {
        [one] => format!("{} {}", offer.done, fact::what(one.item())),
        many => format!("{} {} items", offer.done, many.len()),
    };
    let aim = Aim {
        rows: &rows,
        store: &model.store,
        said: &said,
        now: model.now,
    };
    offer.request(id, &what, &aim)
}

/// Takes in what was found out for the form that is open; for any other it comes too late.
pub fn take_in(model: &mut Model, preflight: Preflight) {
    let Some(Overlay::Form(form)) = &mut model.overlay else {
        return;
    };
    if form.check != Check::Looking(preflight.id) {
        return;
    }
    form.error = None;
    match preflight.found {
        Ok(lines) => {
            form.about.extend(lines);
            form.check = Check::Clear;
        }
        // The form stays: hands that are typing a note must not go on typing into the list.
        Err(why) => {
            form.about.push(why);
            form.error = Some(Arc::from("This would be refused. esc leaves."));
            form.check = Check::Barred;
        }
    }
    // What was found out has to be on the screen before it can be agreed to.
    model.overlay_drawn = false;
}

/// Takes a form for a change: sends it, or shows in place why it cannot be sent.
pub fn submit(model: &mut Model, form: &Form, offer: Option<&'static str>) -> Effects {
    let complain = |model: &mut Model, why: String| {
        if let Some(Overlay::Form(form)) = &mut model.overlay {
            form.error = Some(why.into());
        }
        Effects::new()
    };
    match form.check {
        Check::Clear => {}
        Check::Looking(_) => {
            let why = "still finding out what this would touch; a moment";
            return complain(model, why.to_owned());
        }
        Check::Barred => return Effects::new(),
    }
    if let Some(phrase) = &form.phrase
        && form.says(TYPE) != &**phrase
        && !is_id(form)
    {
        return complain(model, format!("type {phrase} to go on"));
    }
    let request = match (offer.and_then(named), &form.request) {
        (Some(offer), _) => {
            // As the items are now: what has gone or changed since the form was opened is left out.
            let (able, _) = menu::fitting(model, offer, &form.targets);
            if able.is_empty() {
                model.overlay = None;
                model.say(
                    Tone::Refused,
                    "None of it fits any more; nothing was changed.",
                );
                return Effects::new();
            }
            let words = offer
                .asks
                .iter()
                .map(|ask| (ask.label(), form.says(ask.label()).to_owned()))
                .collect();
            let request = match build(model, offer, &able, words) {
                Ok(request) => request,
                Err(why) => return complain(model, why),
            };
            if form
                .request
                .as_deref()
                .is_some_and(|seen| goes_beyond(&request, seen))
            {
                return look_again(model, request);
            }
            request
        }
        (None, Some(request)) => {
            // It is on its way: what would take it back has been used.
            if model
                .acting
                .undo
                .last()
                .is_some_and(|undo| undo.change == request.parts)
            {
                model.acting.undo.pop();
            }
            (**request).clone()
        }
        (None, None) => return Effects::new(),
    };
    model.overlay = None;
    model.pane_mut().marked.clear();
    through::begin(model, request)
}
