use super::*;
use crate::domain::alarm::AlarmState;
use crate::domain::{Item, ItemState, SourceId};
use crate::filter::SourceSet;
use crate::lifecycle::{Marks, State};
use crate::store::tests::world;

fn judge(item: &Item, now: i64) -> (Severity, String) {
    let rules = Rules::default();
    let subject = Subject {
        item,
        severity: item.severity,
        state: if item.state.is_open() {
            State::New
        } else {
            State::Clear
        },
        marks: Marks::NONE,
        account: None,
        sources: [SourceId::Cloudwatch].into_iter().collect::<SourceSet>(),
        taken: None,
    };
    let verdict = rules.judge(&subject, world::at(now));
    let rule = verdict.rule.and_then(|index| rules.get(index));
    (
        verdict.severity,
        rule.map(|r| r.name.to_string()).unwrap_or_default(),
    )
}

#[test]
fn every_built_in_rule_reads() {
    let file: File = toml::from_str(DEFAULTS).unwrap();
    for text in &file.severity {
        text.read(Origin::Default)
            .unwrap_or_else(|problem| panic!("{}: {problem}", text.filter));
    }
    assert_eq!(built_in().len(), file.severity.len());
}

#[test]
fn names_of_alarms_decide() {
    for (name, severity) in [
        ("api-CRITICAL-5xx", Severity::Critical),
        ("payments-sev1", Severity::Critical),
        ("p1-checkout", Severity::Critical),
        ("http100-latency", Severity::Medium),
        ("homepage-latency", Severity::Medium),
        ("disk-warning", Severity::Medium),
        ("queue-p2", Severity::High),
        ("TargetTracking-service/x-AlarmLow", Severity::Info),
    ] {
        let item = world::alarm(name, AlarmState::Alarm, 0);
        assert_eq!(judge(&item, 0).0, severity, "{name}");
    }
}

#[test]
fn an_alarm_that_is_fine_is_never_bad() {
    let item = world::alarm("critical", AlarmState::Ok, 0);
    assert_eq!(
        judge(&item, 0),
        (Severity::Info, "alarm that is not in ALARM".to_owned())
    );
}

#[test]
fn findings_keep_the_rating_of_their_product() {
    let (mut item, _) = world::finding("f", 0, "Inspector");
    item.severity = Severity::Low;
    item.state = ItemState::Open;
    assert_eq!(judge(&item, 0), (Severity::Low, String::new()));
}

#[test]
fn configured_rules_come_first_and_may_leave_it_to_the_source() {
    let text = RuleText {
        name: None,
        filter: "name:noise-*".to_owned(),
        severity: "source".to_owned(),
    };
    let rules = Rules::with_defaults(vec![text.read(Origin::Configured).unwrap()]);
    let mut item = world::alarm("noise-critical", AlarmState::Alarm, 0);
    item.severity = Severity::Low;
    let subject = Subject {
        item: &item,
        severity: item.severity,
        state: State::New,
        marks: Marks::NONE,
        account: None,
        sources: SourceSet::default(),
        taken: None,
    };
    let verdict = rules.judge(&subject, world::at(0));
    assert_eq!(verdict.severity, Severity::Low);
    let rule = verdict.rule.and_then(|index| rules.get(index)).unwrap();
    assert_eq!(
        (&*rule.name, rule.origin),
        ("name:noise-*", Origin::Configured)
    );
}

#[test]
fn rules_that_make_no_sense_say_why() {
    let rule = |filter: &str, severity: &str| RuleText {
        name: None,
        filter: filter.to_owned(),
        severity: severity.to_owned(),
    };
    let problem = rule("kidn:alarm", "high")
        .read(Origin::Configured)
        .unwrap_err();
    assert_eq!(problem.span(), Some(0..4));
    assert!(problem.to_string().contains("kind:"));
    let problem = rule("kind:alarm", "hihg")
        .read(Origin::Configured)
        .unwrap_err();
    assert!(problem.to_string().contains("hihg is no severity"));
}
