//! The cursor and the row under it.

use std::borrow::Cow;

use crate::model::{
    Action, DetailsView, Effect, Effects, Model, Overlay, RawBody, RowKey, Tone, area,
};

fn page(model: &Model) -> isize {
    isize::try_from(model.areas().list.height.max(2) - 1).unwrap_or(1)
}

fn text_page(model: &Model) -> isize {
    let areas = model.areas();
    let height = if model.overlay.is_some() {
        area::in_frame(area::below_header(model.size.0, model.size.1)).height
    } else {
        areas.details.height
    };
    isize::try_from(height.max(2) - 1).unwrap_or(1)
}

/// Scrolls whatever text is being read. The view clamps what is past the end; `settle` keeps the number honest.
fn scroll(model: &mut Model, by: isize) -> bool {
    let reads_details = model.details.view == DetailsView::Full || model.reads_details();
    match &mut model.overlay {
        Some(Overlay::Help { scroll } | Overlay::Raw { scroll, .. }) => {
            *scroll = scroll.saturating_add_signed(by)
        }
        Some(Overlay::Palette(palette)) => {
            palette.selected = palette
                .selected
                .saturating_add_signed(by)
                .min(palette.entries.len().saturating_sub(1));
        }
        Some(Overlay::Choice(choice)) => choice.step(by),
        Some(Overlay::Page(page)) => page.scroll = page.scroll.saturating_add_signed(by),
        Some(Overlay::Results(results)) => {
            results.scroll = results.scroll.saturating_add_signed(by);
        }
        Some(Overlay::Form(_) | Overlay::Confirm { .. }) => {}
        None if reads_details => {
            model.details.scroll = model.details.scroll.saturating_add_signed(by);
        }
        None => return false,
    }
    true
}

fn step(model: &mut Model, by: isize) -> Effects {
    if model.overlay.is_none()
        && let Some(viewer) = super::log::viewer(model)
    {
        viewer.step(by);
        return Effects::new();
    }
    if model.overlay.is_none()
        && let Some(sheet) = super::query::sheet(model)
    {
        sheet.step(by);
        return Effects::new();
    }
    if !scroll(model, by) {
        let active = model.active;
        model.panes[active].step(&model.store, by);
        look_at_cursor(model);
    }
    Effects::new()
}

/// The row under the cursor counts as looked at; the details follow when the cursor rests.
pub(super) fn look_at_cursor(model: &mut Model) {
    if let Some(key) = &model.pane().cursor {
        let ids = model.pane().rows_of(&model.store, key);
        let changes = model.store.look(&ids, model.now);
        model.note(&changes);
    }
    if model.details.view != DetailsView::Closed {
        model.details.follow_at = Some(model.now.plus(crate::model::DETAILS_REST));
    }
}

pub(super) fn next(model: &mut Model, _: &Action) -> Effects {
    step(model, 1)
}

pub(super) fn previous(model: &mut Model, _: &Action) -> Effects {
    step(model, -1)
}

fn pages(model: &mut Model, whole: isize, half: bool) -> Effects {
    let rows = if super::reads_text(model) {
        text_page(model)
    } else {
        page(model)
    };
    step(model, whole * if half { (rows / 2).max(1) } else { rows })
}

pub(super) fn page_down(model: &mut Model, _: &Action) -> Effects {
    pages(model, 1, false)
}

pub(super) fn page_up(model: &mut Model, _: &Action) -> Effects {
    pages(model, -1, false)
}

pub(super) fn half_down(model: &mut Model, _: &Action) -> Effects {
    pages(model, 1, true)
}

pub(super) fn half_up(model: &mut Model, _: &Action) -> Effects {
    pages(model, -1, true)
}

pub(super) fn first(model: &mut Model, _: &Action) -> Effects {
    step(model, isize::MIN / 2)
}

pub(super) fn last(model: &mut Model, _: &Action) -> Effects {
    step(model, isize::MAX / 2)
}

pub(super) fn details(model: &mut Model, action: &Action) -> Effects {
    // What there is to read of a fold is its rows.
    if let Some(RowKey::Fold(_)) = action.target
        && model.details.view != DetailsView::Closed
    {
        return super::fold::toggle(model, action);
    }
    let room = area::has_room_beside(model.size.0, model.size.1);
    model.details.view = match model.details.view {
        DetailsView::Closed if room && !model.zoomed => DetailsView::Beside,
        DetailsView::Closed | DetailsView::Beside => DetailsView::Full,
        DetailsView::Full => DetailsView::Closed,
    };
    model.details.shown.clone_from(&action.target);
    model.details.follow_at = None;
    model.details.scroll = 0;
    Effects::new()
}

pub(super) fn raw(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Item(key)) = action.target.clone() else {
        return Effects::new();
    };
    model.show(Overlay::Raw {
        key: key.clone(),
        body: RawBody::Loading,
        scroll: 0,
    });
    vec![Effect::FetchRaw(key)]
}

fn copy(model: &mut Model, what: &str, text: Option<String>) -> Effects {
    match text {
        Some(text) => {
            model.say(Tone::Done, format!("Copied the {what}: {text}"));
            vec![Effect::Copy(text)]
        }
        None => {
            model.say(Tone::Refused, format!("This item has no {what}."));
            Effects::new()
        }
    }
}

pub(super) fn copy_id(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Item(key)) = &action.target else {
        return Effects::new();
    };
    let id = key.id.to_string();
    copy(model, "id", Some(id))
}

pub(super) fn copy_arn(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Item(key)) = &action.target else {
        return Effects::new();
    };
    let arn = model
        .row(key)
        .and_then(|row| row.item().arn().map(Cow::into_owned));
    copy(model, "ARN", arn)
}

pub(super) fn open_link(model: &mut Model, action: &Action) -> Effects {
    let Some(RowKey::Item(key)) = &action.target else {
        return Effects::new();
    };
    match model.console_page(key) {
        Some(link) => {
            model.say(Tone::Done, link.clone());
            vec![Effect::OpenLink(link)]
        }
        None => {
            model.say(Tone::Refused, "noctop knows no console page for this item.");
            Effects::new()
        }
    }
}
