//! What a report says, and what it must not let through.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::*;
use crate::domain::{AccountId, ItemKey, Kind, Roster, Scope, Severity};
use crate::history::Named;
use crate::history::tally::{Day, OfAccount, Often, Period, Standing, Tally};
use crate::history::watch::Span;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn named(name: &str) -> Arc<Named> {
    let scope = Scope {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    };
    Arc::new(Named {
        key: ItemKey {
            kind: Kind::Alarm,
            scope,
            id: name.into(),
        },
        name: name.into(),
    })
}

const FROM: i64 = 1_795_910_400;

/// A day of which the last two hours were not watched, with an hour's flood in it.
fn tally() -> Tally {
    let day = Span {
        from: at(FROM),
        until: at(FROM + 86_400),
    };
    let flooded = 60..66;
    let periods = (0..144_i64).map(|n| Period {
        from: at(FROM + n * 600),
        came: match n {
            n if flooded.contains(&n) => 24,
            66 => 9,
            n if n % 2 == 0 => 1,
            _ => 0,
        },
        watched: n < 132,
    });
    let often = |name, came, chattered| Often {
        item: named(name),
        came,
        chattered,
        fleeting: chattered,
        worst: Severity::High,
    };
    Tally {
        periods: periods.collect(),
        days: vec![Day {
            came: 221,
            standing: 7,
            stale: 2,
            ..Day::new(day, Duration::from_secs(22 * 3_600))
        }],
        came: [10, 150, 40, 20, 1],
        fleeting: 3,
        alarms: 90,
        chattering: 1,
        standing_mean: 6.25,
        standing: 7,
        stale: 2,
        often: vec![often("disk|full", 40, 0), often("=cmd()", 31, 3)],
        chatterers: vec![often("=cmd()", 31, 3)],
        longest: vec![Standing {
            item: named("old\u{1b}[31m"),
            since: at(FROM - 90_000),
            worst: Severity::Low,
        }],
        accounts: [(
            "111111111111".parse::<AccountId>().unwrap(),
            OfAccount {
                came: 221,
                standing: 7,
                stale: 2,
                chattering: 1,
            },
        )]
        .into(),
        gaps: vec![Span {
            from: at(FROM + 79_200),
            until: at(FROM + 86_400),
        }],
        ..Tally::default()
    }
}

fn report(tally: &Tally, operators: u32) -> Report {
    hygiene::compose(&hygiene::Gathered {
        window: Span {
            from: at(FROM),
            until: at(FROM + 86_400),
        },
        operators: NonZeroU32::new(operators).unwrap(),
        tally,
        roster: &Roster::new([]),
    })
}

#[test]
fn a_day_with_a_flood_reads_like_one() {
    insta::assert_snapshot!(report(&tally(), 2).write(Format::Plain));
}

#[test]
fn figures_are_of_the_watched_time_and_of_one_operator() {
    let one = report(&tally(), 1);
    let figure = |report: &Report, n: usize| report.tables[0].rows[n][1].clone();
    // 132 periods of ten minutes were watched: six of 24, one of 9, 62 of one.
    let Cell::Number(rate) = figure(&one, 0) else {
        panic!("a rate")
    };
    assert!((rate - f64::from(24 * 6 + 9 + 62) / 132.0).abs() < 1e-9);
    assert_eq!(figure(&one, 2), Cell::share(6, 132));
    // The flood ends with fewer than five: the nine after it belong to it.
    assert_eq!(figure(&one, 3), Cell::share(7, 132));
    // Two share them: nine are fewer than five for each.
    assert_eq!(figure(&report(&tally(), 2), 3), Cell::share(6, 132));
    assert!(one.is_partial);
}

#[test]
fn what_nobody_watched_is_a_dash_and_null_and_never_a_zero() {
    let mut blind = Tally {
        days: tally().days,
        periods: tally().periods,
        gaps: vec![Span {
            from: at(FROM),
            until: at(FROM + 86_400),
        }],
        ..Tally::default()
    };
    blind.days[0] = Day::new(blind.days[0].span, Duration::ZERO);
    for period in &mut blind.periods {
        *period = Period {
            watched: false,
            came: 0,
            ..*period
        };
    }
    let report = report(&blind, 1);
    assert!(report.is_partial);
    let json: Value = serde_json::from_str(&report.write(Format::Json)).unwrap();
    for key in ["came", "standing", "flood", "perOperatorTenMinutes"] {
        assert_eq!(json["days"][0][key], Value::Null, "{key}");
    }
    assert_eq!(json["days"][0]["watched"], 0.0);
    assert_eq!(json["figures"][0]["value"], Value::Null);
    assert_eq!(json["report"]["isPartial"], true);
    assert!(
        report
            .write(Format::Plain)
            .contains("No console of this machine was watching")
    );
}

#[test]
fn what_others_wrote_is_no_markup_no_formula_and_no_escape() {
    let report = report(&tally(), 1);
    let markdown = report.write(Format::Markdown);
    assert!(markdown.contains("| `disk\\|full` | `111111111111` | eu-west-1 | 40 |"));
    let lines = markdown.lines().filter(|line| line.starts_with('|'));
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(lines.clone().all(|line| bars(line) >= 5));
    let csv = report.csv(Some("often")).unwrap();
    assert!(csv.starts_with("alarm,account,region,came,share,chattered,fleeting,worst\r\n"));
    assert!(csv.contains("\r\n'=cmd(),111111111111,"), "{csv}");
    for text in [
        report.write(Format::Plain),
        report.write(Format::Json),
        report.csv(Some("stale")).unwrap(),
    ] {
        assert!(!text.contains('\u{1b}'));
    }
    assert_eq!(report.csv(Some("nonsense")), None);
    assert_eq!(report.csv(None), report.csv(Some("figures")));
}
