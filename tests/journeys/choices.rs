//! The operator finds, orders, narrows, marks, asks for help and leaves.

use noctop::command;
use noctop::domain::Severity;
use noctop::model::Rows;
use noctop::store::projection::{Common, Folding};

use super::shift::Shift;

fn severities(shift: &mut Shift) -> Vec<Severity> {
    shift.rows();
    let Rows::Items(rows) = &shift.model.pane().rows else {
        panic!("the pane lists feeds");
    };
    rows.rows()
        .iter()
        .map(|id| shift.model.store.row(*id).unwrap().severity())
        .collect()
}

#[test]
fn filters_floors_accounts_and_regions_narrow_and_0_shows_everything_again() {
    let mut shift = Shift::begin_loaded();
    let all = shift.rows();
    // A word, a field, a negation; the tab's count and the header do not change with the filter.
    shift.filter("sev:>=high");
    let high = shift.rows();
    assert!(high > 0 && high < all);
    assert!(severities(&mut shift).iter().all(|s| *s >= Severity::High));
    shift.filter("-sev:>=high");
    assert_eq!(shift.rows(), all - high);
    shift.press("/ ctrl-u enter");
    assert_eq!(shift.rows(), all);
    // Typing applies at once, Esc takes it back.
    shift.press("/").type_in("kind:alarm checkout-errors");
    assert_eq!(shift.rows(), 1);
    shift.press("esc");
    assert_eq!(shift.rows(), all);
    // A mistake is told in place; the list stays.
    shift
        .press("/")
        .type_in("sev:>=hihg")
        .shows("high")
        .press("esc");
    assert_eq!(shift.rows(), all);
    // The floor, on every pane.
    shift
        .press("!")
        .shows("critical only")
        .type_in("critical only")
        .press("enter");
    assert!(
        severities(&mut shift)
            .iter()
            .all(|s| *s == Severity::Critical)
    );
    shift.press("0");
    assert_eq!(shift.rows(), all);
    // One account, then one region of it.
    shift
        .press("P")
        .type_in("pay")
        .press("enter")
        .shows("1/3 accounts");
    let payments = shift.rows();
    assert!(payments > 0 && payments < all);
    assert!(
        shift.lines_with("web-prod").is_empty(),
        "{}",
        shift.screen()
    );
    shift
        .press("R")
        .type_in("us-")
        .press("enter")
        .shows("1/2 regions");
    assert!(shift.rows() < payments);
    assert!(shift.lines_with("checkout-errors").is_empty());
    shift.press("0").shows("3 accounts × 2 regions");
    assert_eq!(shift.rows(), all);
}

#[test]
fn another_order_can_be_chosen_and_turned() {
    let mut shift = Shift::begin_loaded();
    let names = |shift: &mut Shift| {
        shift.rows();
        let Rows::Items(rows) = &shift.model.pane().rows else {
            panic!("the pane lists feeds");
        };
        rows.rows()
            .iter()
            .map(|id| {
                shift
                    .model
                    .store
                    .row(*id)
                    .unwrap()
                    .item()
                    .name
                    .to_lowercase()
            })
            .collect::<Vec<_>>()
    };
    shift.press("2");
    let worst_first = severities(&mut shift);
    assert!(worst_first.is_sorted_by(|a, b| a >= b), "{worst_first:?}");
    shift.press("s").type_in("name").press("enter");
    let ascending = names(&mut shift);
    assert!(ascending.is_sorted(), "{ascending:?}");
    shift.shows("name, ");
    shift.press("s").type_in("name").press("enter");
    let descending = names(&mut shift);
    assert!(descending.is_sorted_by(|a, b| a >= b), "{descending:?}");
    shift.press("s").type_in("severity, state").press("enter");
    assert_eq!(severities(&mut shift), worst_first);
}

#[test]
fn marks_are_kept_by_identity_and_counted() {
    let mut shift = Shift::begin_loaded();
    shift.press("g g space space");
    assert_eq!(shift.model.pane().marked.len(), 2);
    shift
        .shows("2 marked")
        .press("j j v")
        .shows("items are marked");
    let ranged = shift.model.pane().marked.len();
    assert_eq!(ranged, 5);
    // A filter hides marked rows, it does not unmark them; and * takes only what is listed.
    shift.filter("kind:alarm checkout-errors").press("*");
    let all = shift.rows();
    assert_eq!(all, 1);
    assert!((ranged..=ranged + 1).contains(&shift.model.pane().marked.len()));
    shift.press("-");
    assert!(shift.model.pane().marked.is_empty());
    shift.shows_no("6 marked");
}

#[test]
fn a_fold_shows_whether_all_some_or_none_of_its_items_are_marked() {
    let mut shift = Shift::begin_loaded();
    shift.model.pane_mut().folding = Folding::By(Common::Account);
    shift.model.ask_again(shift.model.active);
    let sign = |shift: &mut Shift| {
        let screen = shift.screen();
        let line = screen.lines().find(|line| line.contains('▌')).unwrap();
        line.chars().nth(1).unwrap()
    };
    shift.press("g g space g g");
    assert_eq!(sign(&mut shift), '✓');
    let all = shift.model.pane().marked.len();
    assert!(all > 1 && all < shift.model.pane().items());
    // One of them is unmarked below the fold.
    shift.press("+ j space g g");
    assert_eq!(shift.model.pane().marked.len(), all - 1);
    assert_eq!(sign(&mut shift), '~');
    // What is marked elsewhere is not its business, however much it is.
    shift.press("space * g g");
    assert_eq!(sign(&mut shift), '✓');
    shift.press("-");
    assert_eq!(sign(&mut shift), ' ');
}

#[test]
fn the_palette_goes_everywhere_and_says_when_there_is_no_such_thing() {
    let mut shift = Shift::begin_loaded();
    shift
        .press(":")
        .type_in("findings sev:critical")
        .press("enter");
    assert_eq!(shift.model.pane().spec.name, "findings");
    assert_eq!(&*shift.model.pane().filter, "sev:critical");
    shift
        .press(":")
        .type_in("zzzzqqq")
        .shows("Nothing is called that")
        .press("enter");
    shift.shows("There is no command or pane `zzzzqqq`");
    shift.press(":").type_in("q").press("enter");
    assert!(shift.quit);
}

#[test]
fn help_lists_every_command() {
    let mut shift = Shift::begin();
    shift.resize(120, 40).press("?");
    let mut read = shift.screen();
    for _ in 0..6 {
        shift.press("pagedown");
        read.push_str(&shift.screen());
    }
    for command in command::ALL
        .iter()
        .filter(|c| !c.name.starts_with("app.back"))
    {
        let beginning: String = command.help.chars().take(40).collect();
        assert!(
            read.contains(&beginning),
            "{} is missing in\n{read}",
            command.name
        );
    }
    shift.press("esc").shows_no("Keys and commands");
}

#[test]
fn pasted_text_acts_on_nothing() {
    let mut shift = Shift::begin_loaded();
    let rows = shift.rows();
    shift
        .paste("qy:quit\rJ*")
        .shows("Pasted text acts on nothing");
    assert!(!shift.quit && shift.model.overlay.is_none() && shift.copied.is_empty());
    assert!(shift.model.pane().marked.is_empty());
    // Into a line that is being typed it goes as text, without its line breaks.
    shift.press("/").paste("checkout\n-errors");
    assert_eq!(
        shift
            .model
            .filtering
            .as_ref()
            .unwrap()
            .line
            .text()
            .lines()
            .count(),
        1
    );
    shift.press("esc");
    assert_eq!(shift.rows(), rows);
}

#[test]
fn leaving_is_asked_about_and_answered_only_once_it_was_seen() {
    let mut shift = Shift::begin_loaded();
    // One step out at a time.
    shift.press("space enter q").shows("1 marked");
    shift
        .press("q")
        .shows_no(" marked")
        .press("q")
        .shows("Quit noctop?")
        .press("n");
    assert!(!shift.quit);
    shift.shows_no("Quit noctop?");
    // Typed before the question was on the screen, y was no answer.
    shift.rush("q y");
    assert!(!shift.quit);
    shift.shows("Quit noctop?");
    // A no is: whoever hammers on esc gets out of everything, however fast.
    shift.press("n").rush("q esc");
    shift.shows_no("Quit noctop?").press("q");
    shift.shows("Quit noctop?").press("y");
    assert!(shift.quit);
}
