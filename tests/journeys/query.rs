//! Logs Insights at the console: a query is written, asked in every account, read as a table, stopped, and asked again; what
//! could not be read is named.

use std::time::Duration;

use noctop::model::Overlay;
use noctop::model::query::{Sheet, Stage};
use noctop::sim::faults::{Fault, Kind as FaultKind};
use tempfile::TempDir;

use super::shift::Shift;

const LOGS: &str = r#"
[logs]
past = "3h"

[[logs.group]]
name = "/team/api"
accounts = ["payments-prod", "web-prod"]
regions = ["eu-west-1"]
rate = 0.2

[[logs.group]]
name = "/team/hostile"
accounts = ["web-prod"]
regions = ["eu-west-1"]
writes = "hostile"

[alarms]
"#;

fn begin() -> Shift {
    let mut shift = Shift::begin_where("[alarms]\n", LOGS).connected();
    shift.until_loaded();
    shift
}

fn sheet(shift: &Shift) -> &Sheet {
    shift
        .model
        .queries
        .sheet
        .as_deref()
        .expect("something was asked")
}

/// Waits until nothing more comes.
fn answered(shift: &mut Shift) {
    shift.until("the answer", |shift| sheet(shift).stage == Stage::Over);
}

/// Writes a query for these groups and asks it.
fn ask(shift: &mut Shift, query: &str, groups: &str) {
    shift
        .press(":")
        .type_in(&format!("query {query}"))
        .press("enter");
    let editor = shift.model.queries.editor.as_deref().expect("an editor");
    if editor.focused == 0 {
        shift.press("tab");
    }
    shift.press("ctrl-u").type_in(groups).press("enter");
}

fn cells(shift: &Shift, column: &str) -> Vec<String> {
    let sheet = sheet(shift);
    let columns = sheet.answer.columns();
    let at = columns.iter().position(|name| **name == *column);
    let at = at.unwrap_or_else(|| panic!("{column} in {columns:?}"));
    let rows = sheet.answer.rows();
    let shown = sheet.shown.iter().map(|place| &rows[*place as usize]);
    shown
        .map(|row| row.cells[at].as_deref().unwrap_or("-").to_owned())
        .collect()
}

#[test]
fn a_query_is_asked_in_every_account_and_read_as_one_table() {
    let mut shift = begin();
    ask(
        &mut shift,
        "stats count(*) as n by bin(10m), level",
        "/team/api",
    );
    shift.shows("Query stats count(*) as n by bin(10m), level");
    answered(&mut shift);
    shift
        .shows("2 accounts and regions")
        .shows("payments-prod")
        .shows("web-prod")
        .shows("bin(10m)")
        .shows(" read ");
    // The newest first over both accounts, and how it goes over time above the rows.
    let moments = cells(&shift, "bin(10m)");
    let mut falling = moments.clone();
    falling.sort_by(|a, b| b.cmp(a));
    assert_eq!(moments, falling);
    let chart = sheet(&shift).chart.as_ref().expect("it counts by time");
    assert!(chart.points.len() >= 6, "{chart:?}");
    let counted: f64 = chart.points.iter().map(|point| point.value).sum();
    let rows: f64 = cells(&shift, "n")
        .iter()
        .map(|n| n.parse::<f64>().unwrap())
        .sum();
    assert!((counted - rows).abs() < 0.5);
    // By the number of lines: falling, rising, as it was.
    shift.press("right right right right s").shows("n ↓");
    let numbers = |shift: &Shift| -> Vec<u64> {
        cells(shift, "n")
            .iter()
            .map(|n| n.parse().unwrap())
            .collect()
    };
    assert!(numbers(&shift).is_sorted_by(|a, b| a >= b));
    shift.press("s").shows("n ↑");
    assert!(numbers(&shift).is_sorted());
    shift.press("s");
    assert_eq!(cells(&shift, "bin(10m)"), moments);
    // Only the rows with a text, and all again.
    let all = sheet(&shift).shown.len();
    shift
        .press("/")
        .type_in("error")
        .press("enter")
        .shows("/error");
    assert!(cells(&shift, "level").iter().all(|level| level == "error"));
    assert!(sheet(&shift).shown.len() < all);
    shift.press("esc");
    assert_eq!(sheet(&shift).shown.len(), all);
    shift.press("enter").shows("A row of the query");
    shift.press("esc").press("esc");
    assert!(
        !noctop::command::query::is_shown(&shift.model),
        "one step out leads back"
    );
}

#[test]
fn what_is_wrong_with_a_query_is_said_where_it_is_written_and_by_aws_once() {
    let mut shift = begin();
    shift.press(":").type_in("query").press("enter");
    shift.press("enter").shows("A query is needed");
    shift
        .type_in("fields @message | srot x")
        .press("enter")
        .shows("Which log groups?");
    shift
        .type_in("/team/*")
        .press("tab")
        .press("ctrl-u")
        .type_in("soon")
        .press("enter");
    assert!(
        shift
            .model
            .queries
            .editor
            .as_deref()
            .unwrap()
            .error
            .is_some()
    );
    shift.press("ctrl-u").type_in("1h").press("enter");
    answered(&mut shift);
    shift.shows("does not understand the query").shows("srot");
    assert_eq!(shift.lines_with("srot at").len(), 1);
    // The same words to go on from, and what was asked before.
    shift.press("e").shows("fields @message | srot x");
    shift
        .press("ctrl-u")
        .press("up")
        .shows("fields @message | srot x");
    shift.press("esc");
}

#[test]
fn an_account_that_is_denied_is_named_beside_what_the_others_found() {
    let mut shift = begin();
    shift.fault(
        Fault::new(FaultKind::Deny)
            .service("logs")
            .operation("StartQuery")
            .account("web-prod"),
    );
    ask(&mut shift, "stats count(*) as n", "/team/api");
    answered(&mut shift);
    // What was found never looks like everything: why one is missing stands below it.
    shift
        .shows("1 not read")
        .shows("payments-prod")
        .shows("web-prod eu-west-1: CloudWatch Logs StartQuery is denied");
    assert_eq!(cells(&shift, "account"), ["payments-prod"]);
    // Where nothing at all was found the reason stands in place of the rows.
    ask(&mut shift, "stats count(*) as n", "/team/hostile");
    answered(&mut shift);
    shift.shows("logs:StartQuery");
    ask(&mut shift, "limit 1", "/nowhere");
    shift.until("the answer", |shift| {
        matches!(sheet(shift).stage, Stage::Nowhere(_))
    });
    shift.shows("No log group is called so");
}

/// Asks two accounts what takes long: nothing is answered until the fault is lifted.
fn run_for_long(shift: &mut Shift) -> u64 {
    let slow = shift.fault(
        Fault::new(FaultKind::Throttle)
            .service("logs")
            .operation("GetQueryResults"),
    );
    ask(shift, "stats count(*) as n by bin(1h)", "/team/api");
    shift.until("the queries", |shift| {
        shift.sim.calls().count("logs", "StartQuery").calls == 2
    });
    slow
}

fn stops(shift: &Shift) -> u64 {
    shift.sim.calls().count("logs", "StopQuery").calls
}

#[test]
fn a_query_that_is_left_is_stopped_at_aws() {
    let mut shift = begin();
    let slow = run_for_long(&mut shift);
    shift.press("esc").shows("Stopped.");
    answered(&mut shift);
    shift.shows(" stopped ");
    assert_eq!(stops(&shift), 2);
    shift.lift(slow);
    // Asked again it is answered.
    shift.press("r");
    answered(&mut shift);
    assert!(sheet(&shift).answer.is_complete());
}

#[test]
fn a_query_that_runs_when_the_console_is_left_is_stopped_at_aws() {
    let mut shift = begin();
    run_for_long(&mut shift);
    shift.leave();
    assert_eq!(stops(&shift), 2);
}

#[test]
fn a_query_of_the_library_and_the_groups_of_an_open_log() {
    let mut shift = begin();
    shift
        .press(":")
        .type_in("tail /team/api 30m")
        .press("enter");
    shift.until("lines", |shift| {
        let viewer = shift.model.logs.viewer.as_deref();
        viewer.is_some_and(|viewer| !viewer.is_empty() && !viewer.is_behind())
    });
    shift.press("Q").shows("groups").shows("/team/api");
    shift
        .press("ctrl-o")
        .shows("Which query?")
        .shows("@errors-over-time");
    shift.type_in("errors-over").press("enter");
    let editor = shift.model.queries.editor.as_deref().unwrap();
    assert!(editor.fields[0].text().contains("as errors by bin(5m)"));
    assert_eq!(editor.fields[1].text(), "/team/api");
    shift.press("enter");
    answered(&mut shift);
    assert!(sheet(&shift).chart.is_some());
    let folder = TempDir::new().unwrap();
    shift.save_in(folder.path());
    shift.press("Y").until_shown("noctop-query-");
    let saved = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let text = std::fs::read_to_string(saved.path()).unwrap();
    assert!(
        text.starts_with("account,region,bin(5m),errors\n"),
        "{text}"
    );
    assert_eq!(text.lines().count(), sheet(&shift).shown.len() + 1);
}

#[test]
fn nothing_that_lines_contain_controls_the_screen_at_any_size() {
    let mut shift = begin();
    ask(
        &mut shift,
        "fields @timestamp, @message, @logStream",
        "/team/hostile",
    );
    answered(&mut shift);
    assert!(sheet(&shift).shown.len() > 100);
    for (width, height) in [(160, 45), (80, 24), (60, 16), (40, 10)] {
        shift.resize(width, height);
        let screen = shift.screen();
        assert!(
            !screen.chars().any(|c| c.is_control() && c != '\n'),
            "{screen:?}"
        );
        shift.press("G").press("right").press("right");
        let screen = shift.screen();
        assert!(
            !screen.chars().any(|c| c.is_control() && c != '\n'),
            "{screen:?}"
        );
        shift.press("g g");
    }
    shift.pass(Duration::from_secs(1));
    shift.press("enter");
    assert!(matches!(shift.model.overlay, Some(Overlay::Page(_))));
    assert!(!shift.screen().chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn the_log_groups_of_all_accounts_are_listed_and_read_from_there() {
    let mut shift = begin();
    shift.press(":").type_in("groups team").press("enter");
    answered(&mut shift);
    shift
        .shows("Log groups team")
        .shows("days kept")
        .shows("last event");
    assert_eq!(
        cells(&shift, "group"),
        ["/team/api", "/team/api", "/team/hostile"]
    );
    assert_eq!(
        cells(&shift, "account"),
        ["payments-prod", "web-prod", "web-prod"]
    );
    // The most that is kept first, and the lines of that group a key away.
    shift.press("right right right s").shows("MB ↓");
    shift.press("enter");
    shift.until("lines", |shift| {
        let viewer = shift.model.logs.viewer.as_deref();
        viewer.is_some_and(|viewer| !viewer.is_empty() && !viewer.is_behind())
    });
    shift
        .press("esc")
        .press(":")
        .type_in("groups /nothing*")
        .press("enter");
    answered(&mut shift);
    shift.shows("No log group is called like `/nothing*`.");
    shift.fault(
        Fault::new(FaultKind::Deny)
            .service("logs")
            .operation("DescribeLogGroups")
            .account("web-prod"),
    );
    shift.press("r");
    answered(&mut shift);
    shift.shows("logs:DescribeLogGroups");
}
