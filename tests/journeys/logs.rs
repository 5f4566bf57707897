//! Logs at the console: one key from a row to the lines at the right moment, several groups in one view, what cannot be
//! read said, and Live Tail closed when nobody looks.

use std::time::Duration;

use noctop::logs::Level;
use noctop::model::logs::{Stage, Viewer};
use noctop::model::{Overlay, RowKey};
use noctop::sim::faults::{Fault, Kind as FaultKind};
use tempfile::TempDir;

use super::shift::{PAYMENTS, REGION, Shift};

const LOGS: &str = r#"
[logs]
past = "40d"

[[logs.group]]
name = "/checkout/app"
accounts = ["payments-prod"]
regions = ["eu-west-1"]
writes = "text"
rate = 0.5
resource = "checkout-errors"
filter = { namespace = "Checkout", metric = "Errors", pattern = "ERROR" }

[[logs.group]]
name = "/team/api"
accounts = ["payments-prod", "web-prod"]
rate = 0.5

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

fn viewer(shift: &Shift) -> &Viewer {
    shift.model.logs.viewer.as_deref().expect("a log is open")
}

/// Waits until everything is read that was there.
fn read(shift: &mut Shift) -> usize {
    shift.until("the lines", |shift| {
        let viewer = viewer(shift);
        viewer.stage == Stage::Reading && !viewer.is_behind() && !viewer.is_empty()
    });
    viewer(shift).len()
}

fn calls(shift: &Shift, operation: &str) -> u64 {
    shift.sim.calls().count("logs", operation).calls
}

fn is_answered(shift: &Shift) -> bool {
    matches!(&shift.model.overlay, Some(Overlay::Page(page)) if page.whole.is_some())
}

fn on_the_alarm(shift: &mut Shift) {
    shift.press("2").filter("checkout-errors").press("g g l");
}

/// Puts the cursor on a machine of the payments account; its id.
fn on_a_machine(shift: &mut Shift) -> String {
    shift
        .press("5")
        .filter(&format!("acct:{PAYMENTS} region:{REGION} kind:patch"))
        .press("g g");
    let id = |shift: &Shift| match &shift.model.pane().cursor {
        Some(RowKey::Item(key)) => key.id.to_string(),
        _ => String::new(),
    };
    for _ in 0..shift.rows() {
        if id(shift).starts_with("i-") {
            break;
        }
        shift.press("j");
    }
    id(shift)
}

#[test]
fn one_key_leads_from_an_alarm_to_the_lines_before_it_fired() {
    let mut shift = begin();
    on_the_alarm(&mut shift);
    shift.shows("Looking for the logs of alarm checkout-errors");
    let lines = read(&mut shift);
    // The group is known by the metric filter that counts its lines. From there it is one call to the first lines.
    assert_eq!(calls(&shift, "DescribeMetricFilters"), 1);
    assert_eq!(calls(&shift, "FilterLogEvents"), 1);
    assert!(lines > 100, "{lines}");
    // The alarm fired at 05:43 after three datapoints of a minute: 05:35 is five minutes before the first.
    let since = viewer(&shift).wanted.since.to_string();
    assert_eq!(since, "2026-11-21T05:35:00Z");
    shift
        .shows("/checkout/app")
        .shows("2026-11-21 UTC")
        .shows("05:35:");
    shift.press("T").type_in("05:40").press("enter");
    shift.shows("05:40:00.000Z the first datapoint that counted");
    shift.press("T").type_in("05:43").press("enter");
    shift.shows("05:43:00.000Z the alarm changed its state");
    // Its troubles are in the lines, and the next of them is a key away.
    shift.press("]");
    let here = shift.model.logs.viewer.as_deref().unwrap();
    let line = here.line(here.index).unwrap();
    assert!(
        line.level >= Level::Error,
        "{:?}",
        String::from_utf8_lossy(line.text)
    );
    shift.press("esc");
    assert_eq!(
        shift.under_cursor(),
        "checkout-errors",
        "one step out leads back to the row"
    );
}

#[test]
fn what_is_looked_for_is_shown_and_the_rest_is_a_step_away() {
    let mut shift = begin();
    on_the_alarm(&mut shift);
    let all = read(&mut shift);
    shift.press("/").type_in("TimeoutException").press("enter");
    shift.shows("/TimeoutException");
    let first = viewer(&shift).index;
    shift.press("n");
    assert_ne!(viewer(&shift).index, first);
    shift.press("N");
    assert_eq!(viewer(&shift).index, first);
    shift.press("&").shows("only TimeoutException");
    let only = viewer(&shift).len();
    assert!(only > 0 && only < all, "{only} of {all}");
    let viewer_now = viewer(&shift);
    assert!((0..only).all(|n| {
        let line = viewer_now.line(n).unwrap();
        String::from_utf8_lossy(line.text).contains("TimeoutException")
    }));
    // A stack trace is one line with the number of those behind it, and whole when it is unfolded.
    shift.shows("[+6]").shows_no("SocketTimeoutException");
    shift.press("enter").shows("SocketTimeoutException");
    shift.press("esc");
    assert_eq!(viewer(&shift).len(), all);
    shift
        .press("!")
        .press("!")
        .press("!")
        .shows("error and worse");
    let errors = viewer(&shift);
    assert!((0..errors.len()).all(|n| errors.line(n).unwrap().level >= Level::Error));
    shift.press("/").type_in("/a(/").press("enter");
    shift.shows("unclosed group");
    shift.press("esc").press("esc");
    assert_eq!(viewer(&shift).len(), all);
    shift
        .press("/")
        .type_in("no such words anywhere")
        .press("enter");
    shift.shows("No line that is shown has that in it.");
}

#[test]
fn of_a_machine_the_files_are_offered_and_several_are_read_in_the_order_of_time() {
    let mut shift = begin();
    let machine = on_a_machine(&mut shift);
    shift.press("l").until("the list", |shift| {
        matches!(shift.model.overlay, Some(Overlay::Choice(_)))
    });
    shift.shows("Which logs?").shows(&machine);
    // Linux and Windows ship other files; those that this machine does not write are not offered.
    let entries = shift.lines_with(&machine).len();
    assert_eq!(entries, 4, "{}", shift.screen());
    shift.press("space down space enter");
    read(&mut shift);
    shift.shows("· 2 groups");
    let viewer = viewer(&shift);
    let times: Vec<_> = (0..viewer.len())
        .map(|n| viewer.line(n).unwrap().key.at)
        .collect();
    assert!(times.is_sorted() && times.len() > 10, "{}", times.len());
    let streams: std::collections::BTreeSet<_> = (0..viewer.len())
        .filter_map(|n| {
            viewer
                .origins
                .get(viewer.line(n)?.origin)
                .map(|(group, stream)| (group.name.clone(), stream.clone()))
        })
        .collect();
    assert_eq!(streams.len(), 2, "{streams:?}");
    assert!(
        streams.iter().all(|(_, stream)| **stream == *machine),
        "{streams:?}"
    );
}

#[test]
fn what_has_no_logs_says_so_and_what_was_tried() {
    let mut shift = begin();
    shift.press("2").filter("queue-age").press("g g l");
    shift.shows("names no resource whose logs noctop could look for");
    let denied = shift.fault(Fault::new(FaultKind::Deny).service("logs"));
    on_the_alarm(&mut shift);
    shift.until_shown("No log group of alarm checkout-errors was found.");
    shift
        .shows("Not asked:")
        .shows("logs:DescribeMetricFilters");
    shift.lift(denied);
    on_the_alarm(&mut shift);
    read(&mut shift);
}

#[test]
fn where_one_group_is_found_what_could_not_be_asked_is_said_as_well() {
    let function = r#"Namespace = "LambdaInsights"
Dimensions = [{ Name = "function_name", Value = "pay" }]"#;
    let group = "[[logs.group]]\nname = \"/aws/lambda/pay\"\nwrites = \"lambda\"\n[alarms]\n";
    let lines = [("Namespace = \"AWS/SQS\"", function), ("[alarms]\n", group)];
    let mut shift = Shift::begin_changed(&lines).connected();
    shift.until_loaded();
    shift.fault(
        Fault::new(FaultKind::Deny)
            .service("logs")
            .operation("DescribeMetricFilters"),
    );
    shift.press("2").filter("queue-age").press("g g l");
    shift.until_shown("Not everything could be looked up");
    read(&mut shift);
    shift.shows("/aws/lambda/pay");
}

#[test]
fn groups_of_several_accounts_are_one_stream_and_a_denied_one_is_named() {
    let mut shift = begin();
    shift.fault(
        Fault::new(FaultKind::Deny)
            .service("logs")
            .operation("FilterLogEvents")
            .region("us-east-1"),
    );
    shift.press(":").type_in("tail /team/* 1h").press("enter");
    shift.until("both accounts", |shift| {
        viewer(shift).away() == 2 && viewer(shift).len() > 1_000
    });
    shift.shows("5 groups").shows("2 not read");
    let origins = viewer(&shift).origins.groups();
    assert!(
        origins
            .iter()
            .any(|group| &*group.account == "payments-prod")
    );
    assert!(origins.iter().any(|group| &*group.account == "web-prod"));
    // Nothing that a line contains controls the screen.
    shift
        .press("/")
        .type_in("ALL SYSTEMS OK")
        .press("enter")
        .shows("ALL SYSTEMS OK");
    let screen = shift.screen();
    assert!(
        !screen
            .chars()
            .any(|c| c != '\n' && noctop::domain::text::is_hostile(c))
    );
    shift.press(":").type_in("tail /nowhere/*").press("enter");
    shift.until_shown("No log group is called so");
}

#[test]
fn what_is_asked_for_before_the_fleet_is_known_is_read_when_it_is() {
    let mut shift = Shift::begin_where("[alarms]\n", LOGS);
    shift.press(":").type_in("tail /team/api 5m").press("enter");
    shift.shows("Reading /team/api");
    let mut shift = shift.connected();
    assert!(read(&mut shift) > 100);
}

#[test]
fn lines_come_while_it_is_followed_and_are_kept_while_it_is_not() {
    let mut shift = begin();
    shift.press(":").type_in("tail /team/api 5m").press("enter");
    read(&mut shift);
    shift.shows("following");
    let before = viewer(&shift).len();
    shift.pass(Duration::from_secs(30));
    shift.until("more lines", |shift| viewer(shift).len() > before + 20);
    assert_eq!(
        viewer(&shift).index + 1,
        viewer(&shift).len(),
        "the newest line is followed"
    );
    shift.press("space").shows("paused");
    let here = viewer(&shift).index;
    shift.pass(Duration::from_secs(30));
    shift.until("more lines", |shift| viewer(shift).unseen > 20);
    assert_eq!(viewer(&shift).index, here, "whoever reads is not moved");
    shift.shows(" below ");
    shift.press("G").shows("following");
}

#[test]
fn lines_are_copied_as_they_were_written_and_saved_with_their_places() {
    let home = TempDir::new().unwrap();
    let mut shift = begin();
    shift.save_in(home.path());
    on_the_alarm(&mut shift);
    read(&mut shift);
    shift.press("v j j y");
    assert_eq!(
        shift
            .copied
            .last()
            .unwrap()
            .lines()
            .filter(|l| l.contains("[worker-"))
            .count(),
        3
    );
    shift.press("Y").until_shown("noctop-logs-");
    let file = std::fs::read_dir(home.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let saved = std::fs::read_to_string(file.path()).unwrap();
    let placed = saved
        .lines()
        .filter(|l| l.contains("payments-prod eu-west-1 /checkout/app"));
    assert_eq!(placed.count(), viewer(&shift).len(), "{saved}");
}

#[test]
fn who_changed_a_resource_is_a_key_away_and_what_is_not_told_yet_is_said() {
    let mut shift = begin();
    shift.press("2").filter("queue-age").press("g g t");
    shift.shows("names no resource that CloudTrail could be asked about");
    on_a_machine(&mut shift);
    shift
        .press("t")
        .until_shown("in payments-prod eu-west-1")
        .shows("Who changed");
    shift.until("the answer", |shift| is_answered(shift));
    assert_eq!(
        shift.sim.calls().count("cloudtrail", "LookupEvents").calls,
        1
    );
    shift.press("esc");
    let denied = shift.fault(Fault::new(FaultKind::Deny).service("cloudtrail"));
    shift.press("t").until_shown("It could not be read.");
    shift.shows("cloudtrail:LookupEvents");
    shift.lift(denied);
}

#[test]
fn who_changed_what_writes_a_line_is_asked_from_the_line() {
    let mut shift = begin();
    shift
        .press(":")
        .type_in("tail /team/api 30m")
        .press("enter");
    read(&mut shift);
    shift.press("k t").shows("Who changed /team/api");
    shift.until("the answer", |shift| is_answered(shift));
    shift.press("esc");
    // Of a machine's file it is asked by the machine's name, which CloudTrail knows.
    let machine = on_a_machine(&mut shift);
    shift.press("l").until_shown("/var/log/messages");
    shift.press("enter");
    read(&mut shift);
    shift.press("t").shows(&format!("Who changed {machine}"));
    shift.until("the answer", |shift| is_answered(shift));
}

#[test]
fn a_filter_pattern_is_kept_to_by_aws_and_can_be_taken_back() {
    let mut shift = begin();
    on_the_alarm(&mut shift);
    let all = read(&mut shift);
    let has_error = |shift: &Shift| {
        let viewer = viewer(shift);
        let lines = (0..).map_while(|number| viewer.line(number));
        lines
            .filter(|line| String::from_utf8_lossy(line.text).contains("ERROR"))
            .count()
    };
    let errors = has_error(&shift);
    assert!(errors > 0 && errors < all);
    shift.press("|").shows("reads only what matches");
    shift.type_in("ERROR").press("enter");
    let some = read(&mut shift);
    assert_eq!((some, has_error(&shift)), (errors, errors));
    shift.shows("| ERROR");
    // What cannot be read as a pattern is AWS's to say.
    shift
        .press("|")
        .press("ctrl-u")
        .type_in("{ $.a = ")
        .press("enter");
    shift.until_shown("Invalid filter pattern");
    shift.press("|").press("ctrl-u").press("enter");
    assert_eq!(read(&mut shift), all);
}

#[test]
fn live_tail_is_asked_for_and_ends_when_nobody_looks() {
    let mut shift = begin();
    shift.press(":").type_in("tail /team/api 5m").press("enter");
    read(&mut shift);
    let lines = viewer(&shift).len();
    shift.press("L").shows("bills it by the minute");
    // Asked for in each account and region that has such a group.
    shift.until("the sessions", |shift| {
        calls(shift, "StartLiveTail") == 4 && !viewer(shift).is_behind()
    });
    shift.shows("LIVE");
    shift.pass(Duration::from_secs(20));
    shift.until("pushed lines", |shift| viewer(shift).len() > lines + 10);
    shift.press("2");
    assert_eq!(viewer(&shift).stage, Stage::Resting);
    shift.press(":").type_in("logs").press("enter");
    shift.until("another session", |shift| calls(shift, "StartLiveTail") > 4);
    shift.shows("SEAM");
}

#[test]
fn the_team_says_where_the_logs_of_its_alarms_are() {
    use noctop::filter::Filter;
    use noctop::model::logs::LogPattern;
    use noctop::runbook::Template;

    let mut shift = begin();
    // Without a word about it this alarm names nothing that could have logs.
    shift.press("2").filter("queue-age").press("g g l");
    shift.shows("names no resource whose logs noctop could look for");
    let pattern = |filter: &str, groups: &[&str]| LogPattern {
        filter: Filter::parse(filter).unwrap(),
        groups: groups
            .iter()
            .map(|group| Template::of_name(group).unwrap())
            .collect(),
    };
    shift.model.logs.patterns = vec![
        pattern("kind:backup", &["/team/api"]),
        // What an item does not tell is passed over.
        pattern(
            "kind:alarm queue",
            &["/x/{{ detail.nothing }}", "/checkout/a*"],
        ),
    ];
    shift.press("l");
    read(&mut shift);
    shift.shows("/checkout/app");
    assert_eq!(viewer(&shift).origins.groups().len(), 1);
}
