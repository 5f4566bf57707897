//! The operator arranges what is looked at: groups, columns, views, the way back, the overview, colours.

use std::sync::Arc;

use noctop::command;
use noctop::ledger::{FileBook, Ledger};
use noctop::model::{Lens, SavedView};
use noctop::panes;
use noctop::store::projection::{Column, Direction, SortKey};

use tempfile::TempDir;

use super::shift::Shift;

#[test]
fn rows_are_grouped_by_account_and_a_group_is_unfolded_and_ungrouped() {
    let mut shift = Shift::begin_loaded();
    let all = shift.rows();
    shift
        .press("g b")
        .shows("Group by")
        .type_in("account")
        .press("enter");
    let items = shift.model.pane().items();
    assert_eq!(items, all, "grouping takes no row out of the answer");
    assert!(shift.model.pane().len() < all);
    shift.shows("⊞").shows("payments-prod");
    // The counts of a group say how bad it is, and unfolding shows its rows below it.
    let lines = shift.model.pane().len();
    shift.press("+");
    assert!(shift.model.pane().len() > lines);
    shift.press(":").type_in("group nothing").press("enter");
    assert_eq!(shift.model.pane().len(), all);
    shift.press(":").type_in("group colour").press("enter");
    shift.shows("Nothing is grouped by `colour`");
}

#[test]
fn columns_are_hidden_and_shown_and_severity_always_stays() {
    let mut shift = Shift::begin_loaded();
    shift
        .shows("region")
        .press("g c")
        .shows("Columns")
        .type_in("region")
        .press("space enter");
    assert!(shift.model.pane().hidden.contains("region"));
    let heads: Vec<_> = command::columns::heads(shift.model.pane().spec);
    assert!(heads.contains(&"sev"));
    shift.press(":").type_in("columns age what").press("enter");
    let hidden = &shift.model.pane().hidden;
    assert!(hidden.contains("account") && !hidden.contains("sev") && !hidden.contains("age"));
    shift
        .press(":")
        .type_in("columns weight")
        .press("enter")
        .shows("no column `weight`");
}

#[test]
fn the_way_back_leads_through_panes_and_filters() {
    let mut shift = Shift::begin_loaded();
    shift.press("[").shows("There is nothing to go back to.");
    shift.press("2").filter("sev:critical");
    shift.press("3");
    shift.press("[");
    assert_eq!(shift.model.pane().spec.name, "alarms");
    assert_eq!(&*shift.model.pane().filter, "sev:critical");
    shift.press("[");
    assert_eq!(shift.model.pane().spec.name, "alarms");
    assert_eq!(&*shift.model.pane().filter, "");
    shift.press("[");
    assert_eq!(shift.model.pane().spec.name, "queue");
    shift.press("] ]");
    assert_eq!(&*shift.model.pane().filter, "sev:critical");
    shift.press("]");
    assert_eq!(shift.model.pane().spec.name, "findings");
}

#[test]
fn a_saved_view_is_a_pane_with_everything_that_was_said_about_it() {
    let mut shift = Shift::begin_loaded();
    shift.model.views = Arc::from([SavedView {
        name: Arc::from("payments"),
        pane: "alarms",
        filter: Arc::from("acct:payments-prod"),
        order: vec![SortKey {
            column: Column::Account,
            direction: Direction::Descending,
        }],
        columns: vec![Arc::from("state")],
        startup: false,
        group: Arc::from("region"),
    }]);
    shift
        .press(":")
        .type_in("view pay")
        .shows("view payments")
        .press("enter");
    let pane = shift.model.pane();
    assert_eq!(pane.spec.name, "alarms");
    assert_eq!(&*pane.filter, "acct:payments-prod");
    assert_eq!(pane.order[0].direction, Direction::Descending);
    assert!(pane.hidden.contains("account") && !pane.hidden.contains("state"));
    shift.press("g v").type_in("nothing-like-it").press("enter");
    shift.shows("There is no");
}

#[test]
fn the_overview_leads_down_to_what_is_open_there_and_back() {
    let mut shift = Shift::begin_loaded();
    let all = shift.rows();
    shift
        .press("g o")
        .shows("Overview")
        .shows("eu-west-1")
        .shows("payments-prod");
    let worst = shift.model.heat.lanes[0].clone();
    assert_eq!(
        shift
            .model
            .heat
            .lanes
            .iter()
            .map(|lane| lane.all.total())
            .sum::<usize>(),
        all,
        "every open item is somewhere on the map"
    );
    shift.press("right");
    let region = shift.model.heat.regions[0];
    shift.press("enter");
    assert_eq!(shift.model.pane().spec.name, "queue");
    assert_eq!(shift.rows(), worst.spots[0].total());
    assert!(shift.model.lens.regions.contains(&region));
    shift.press("0");
    assert_eq!(shift.model.lens, Lens::default());
    shift.press("[");
    assert_eq!(shift.model.pane().spec.name, "overview");
    shift.press("i").shows("that nobody has");
    shift.press("esc esc");
    assert_eq!(shift.model.pane().spec.name, "queue");
}

#[test]
fn accounts_and_regions_are_found_in_the_palette() {
    let mut shift = Shift::begin_loaded();
    shift.press(":").type_in("account payments").press("enter");
    assert_eq!(shift.model.lens.accounts.len(), 1);
    shift.press(":").type_in("region us-east").press("enter");
    assert_eq!(shift.model.lens.regions.len(), 1);
    shift.press("0");
    assert_eq!(shift.model.lens, Lens::default());
}

#[test]
fn a_theme_is_shown_while_the_cursor_is_on_it_and_esc_takes_it_back() {
    let mut shift = Shift::begin_loaded();
    let before = shift.model.theme.name.clone();
    shift
        .press("g t")
        .until_shown("Theme (shown")
        .type_in("colourblind-light");
    assert_eq!(&*shift.model.theme.name, "colourblind-light");
    shift.press("esc");
    assert_eq!(shift.model.theme.name, before);
    shift
        .press("g t")
        .until_shown("Theme (shown")
        .type_in("high")
        .press("enter")
        .shows("Theme high-contrast");
    assert_eq!(&*shift.model.theme.name, "high-contrast");
    shift.press(":").type_in("theme dark").press("enter");
    shift.until("the dark theme", |shift| &*shift.model.theme.name == "dark");
    shift
        .press(":")
        .type_in("theme drak")
        .press("enter")
        .until_shown("There is no theme `drak`.");
}

#[test]
fn logs_and_runs_have_tabs_and_esc_leads_back_from_them() {
    let mut shift = Shift::begin_loaded();
    let names: Vec<_> = panes::tabs().iter().map(|pane| pane.name).collect();
    assert_eq!(names[6..], ["logs", "runs", "feeds"]);
    shift.press("2 7").shows("No log is open.").press("esc");
    assert_eq!(shift.model.pane().spec.name, "alarms");
    shift.press("8 q");
    assert_eq!(shift.model.pane().spec.name, "alarms");
}

#[test]
fn the_screen_is_saved_in_the_form_that_was_asked_for() {
    let mut shift = Shift::begin_loaded();
    shift.press(":").type_in("screenshot svg").press("enter");
    shift.press(":").type_in("screenshot gif").press("enter");
    shift.shows("saved as text, ansi or svg, not as `gif`");
    assert_eq!(shift.pictures.len(), 1);
    assert!(shift.pictures[0].ends_with(".svg"), "{:?}", shift.pictures);
    let text = noctop::view::picture::of(&shift.model, noctop::model::effect::Form::Text);
    assert!(text.contains("payments-prod") && !text.contains('\x1b'));
}

#[test]
fn the_demo_is_offered_where_it_is_not_shown_already() {
    let mut shift = Shift::begin_loaded();
    shift.press(":").type_in("demo").press("enter");
    assert!(shift.wants_demo);
    shift.model.session.demo = true;
    shift
        .press(":")
        .type_in("demo")
        .press("enter")
        .shows("This is the demo already.");
}

#[test]
fn a_click_chooses_a_row_a_tab_an_order_and_a_place_on_the_map() {
    let mut shift = Shift::begin_loaded();
    let heads = shift.model.areas().heads;
    let head = shift
        .screen()
        .lines()
        .nth(usize::from(heads.y))
        .unwrap()
        .to_owned();
    let at = |word: &str| u16::try_from(head.find(word).unwrap()).unwrap();
    shift.click(at("account"), heads.y);
    assert_eq!(shift.model.pane().order[0].column, Column::Account);
    let list = shift.model.areas().list;
    shift.click(10, list.y + 3);
    assert_eq!(shift.model.pane().index, 3);
    shift.click(10, list.y + 3);
    assert_ne!(shift.model.details.view, noctop::model::DetailsView::Closed);
    let tabs = shift.model.areas().tabs;
    shift.press("esc").click(20, tabs.y);
    assert_eq!(shift.model.pane().spec.name, "alarms");
    // On a short screen the map has its heads in the first row of the list.
    shift.resize(80, 24).press("g o");
    let list = shift.model.areas().list;
    shift.click(5, list.y);
    assert_eq!(shift.model.pane().spec.name, "overview");
    shift.click(5, list.y + 2);
    assert_eq!(shift.model.pane().index, 1);
    shift.click(5, list.y + 2);
    assert_eq!(shift.model.pane().spec.name, "queue");
}

#[test]
fn a_click_does_what_stands_there_in_overlays_hints_and_header() {
    let home = TempDir::new().unwrap();
    let book = FileBook::open(&home.path().join("ledger.db")).unwrap();
    let mut shift = Shift::begin();
    shift.keep(Ledger::local(Arc::new(book)));
    shift.until_loaded();
    // A list to choose from: the first click leads to an entry, the second takes it; beside it, it goes away.
    shift
        .click_on("/ filter")
        .press("esc")
        .click_on("severity, state, oldest")
        .shows("Sort by");
    shift.click_on("│   account");
    assert_eq!(shift.model.pane().order, shift.model.pane().spec.order);
    shift.click_on("▌  account");
    assert_eq!(shift.model.pane().order[0].column, Column::Account);
    // What was clicked before the list was on the screen was not meant for it.
    shift.press("s");
    shift.model.overlay_drawn = false;
    shift.click(1, 37);
    assert!(shift.model.overlay.is_some());
    shift.shows("Sort by").click(1, 37);
    assert!(shift.model.overlay.is_none());
    // Several can be chosen: each click takes one, or gives it back.
    shift
        .press("P")
        .click_on("▌  management")
        .click_on("✓ management")
        .click_on("│   web-prod");
    shift.press("enter");
    assert_eq!(shift.model.lens.accounts.len(), 1);
    shift.press("0");
    // A form: fields, what they offer, and the keys that it names. Beside it nothing happens.
    shift
        .press("2 e")
        .shows("Acknowledge")
        .click_on("15m")
        .shows("[15m]")
        .click(1, 37)
        .shows("[15m]")
        .click_on("note")
        .type_in("seen")
        .click_on("esc leave");
    assert!(shift.model.overlay.is_none());
    // The header leads to what it counts.
    shift.click_on("FEEDS");
    assert_eq!(shift.model.pane().spec.name, "feeds");
    // The palette, and a command of it.
    shift
        .click_on(": palette")
        .type_in("freeze")
        .click_on("▌freeze");
    assert!(shift.model.frozen.is_some());
}

#[test]
fn the_wheel_turns_what_is_under_the_pointer() {
    let mut shift = Shift::begin_loaded();
    shift.resize(100, 30).press("enter").shows("111111111111");
    let areas = shift.model.areas();
    shift.wheel(areas.details.x + 2, areas.details.y + 2, 1);
    assert_eq!(
        (shift.model.pane().index, shift.model.details.scroll),
        (0, 3)
    );
    shift.wheel(areas.list.x + 2, areas.list.y + 2, 1);
    assert_eq!(shift.model.pane().index, 3);
}

#[test]
fn what_belongs_to_a_row_is_offered_with_its_count_and_the_way_leads_back() {
    let mut shift = Shift::begin_loaded();
    shift.press("2").filter("checkout-errors");
    shift
        .press("g r")
        .shows("Related")
        .shows("began within half an hour")
        .shows("everywhere of this name");
    shift.type_in("payments-prod eu-west-1").press("enter");
    assert_eq!(shift.model.pane().spec.name, "queue");
    let rows = shift.rows();
    assert!(rows > 1);
    shift.shows_no("web-prod ");
    shift.press("[ [");
    assert_eq!(shift.model.pane().spec.name, "alarms");
}
