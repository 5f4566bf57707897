//! Mutes: what one silences is told before it is made, it ends, it is made longer, and it is taken away.

use std::time::Duration;

use noctop::domain::Kind;
use tempfile::TempDir;

use super::changes::{acts, allowed, choose, confirm, looked, truth};
use super::shift::Shift;

#[test]
fn a_mute_shows_every_action_that_it_silences_and_has_an_end() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("2").filter("checkout-errors");
    choose(&mut shift, "mute");
    looked(&mut shift);
    shift
        .shows("silences checkout-errors (payments-prod eu-west-1):")
        .shows("arn:aws:sns:eu-west-1:222222222222:pager");
    shift.press("tab").type_in("deploying");
    confirm(&mut shift);
    let rules = truth(&shift, "cloudwatch", "AlarmMuteRules");
    assert_eq!(rules.len(), 1, "{rules:#?}");
    let rule = rules[0].to_string();
    assert!(
        rule.contains("checkout-errors") && rule.contains("deploying"),
        "{rule}"
    );
    assert!(rule.contains("noctop-ana-"), "{rule}");
    // No time has passed: the rules are asked for again because noctop made one. It begins with the next minute.
    shift.press(":").type_in("mutes").press("enter");
    shift.until_shown("deploying").shows("in 1m").shows("ana");
    shift.pass(Duration::from_secs(60));
    shift.press("2").until_shown("MUTED");
    assert_eq!(
        shift.open(Kind::Alarm),
        2,
        "a muted alarm stays where it is"
    );
    shift.press("U");
    confirm(&mut shift);
    assert_eq!(truth(&shift, "cloudwatch", "AlarmMuteRules").len(), 0);
    shift.until("the mark to go", |shift| !shift.screen().contains("MUTED"));
}

/// Until when the rules of the simulated CloudWatch mute, in their order.
fn ends(shift: &Shift) -> Vec<String> {
    let rules = truth(shift, "cloudwatch", "AlarmMuteRules");
    let mut ends: Vec<String> = rules.iter().map(|r| r["ExpireDate"].to_string()).collect();
    ends.sort();
    ends
}

#[test]
fn a_mute_is_made_longer_without_a_gap_and_taken_away_before_its_time() {
    let home = TempDir::new().unwrap();
    let mut shift = allowed(&home);
    shift.press("2").filter("checkout-errors");
    choose(&mut shift, "mute notifications");
    looked(&mut shift);
    shift.press("tab").type_in("deploying");
    confirm(&mut shift);
    let [first] = &ends(&shift)[..] else { panic!() };
    shift.press(":").type_in("mutes").press("enter");
    shift.until_shown("deploying");
    shift.pass(Duration::from_secs(120));
    shift.until_shown("active");
    choose(&mut shift, "mute for longer");
    looked(&mut shift);
    shift.shows("silences checkout-errors (payments-prod eu-west-1):");
    shift.press("ctrl-u").type_in("2h");
    confirm(&mut shift);
    let both = ends(&shift);
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both.contains(first), "the old rule stays as it was");
    let rules = truth(&shift, "cloudwatch", "AlarmMuteRules");
    assert!(
        rules
            .iter()
            .all(|rule| rule.to_string().contains("deploying"))
    );
    shift.until("both rules", |shift| shift.rows() == 2);
    // The first to end is the old one; whatever came or moved meanwhile, it is meant.
    shift.press("g g");
    choose(&mut shift, "cancel mute");
    looked(&mut shift);
    shift.shows("1 alarm of payments-prod eu-west-1 will notify again:");
    confirm(&mut shift);
    let left = ends(&shift);
    assert_eq!(left.len(), 1);
    assert_ne!(left[0], *first);
    shift.until("one rule", |shift| shift.rows() == 1);
    let verbs: Vec<_> = acts(&home)
        .iter()
        .map(|a| a.began.text("verb").to_owned())
        .collect();
    assert_eq!(verbs, ["alarm.mute", "mute.extend", "mute.cancel"]);
}
