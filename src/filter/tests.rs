use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::domain::alarm::AlarmState;
use crate::domain::{Item, Policy, Roster};
use crate::lifecycle::Mark;
use crate::store::tests::world::{self, at};

fn roster() -> Roster {
    Roster::new([Account {
        id: world::home().account,
        name: "payments-prod".into(),
        tags: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
        policy: Policy::ReadOnly,
        regions: vec![],
    }])
}

/// An alarm that opened at zero, named `api-5xx rate`, critical, new, flapping.
fn ask_at(filter: &str, secs: i64) -> bool {
    ask_of(&sample(), filter, secs)
}

fn sample() -> Item {
    let mut item = world::alarm("api-5xx rate", AlarmState::Alarm, 0);
    item.title = "5XX 7.2% > 2%".into();
    item.resource = Some("i-0f3".into());
    item
}

fn ask_of(item: &Item, filter: &str, secs: i64) -> bool {
    let roster = roster();
    let subject = Subject {
        item,
        severity: Severity::Critical,
        state: State::New,
        marks: [Mark::Flap].into_iter().collect(),
        account: roster.get(item.key.scope.account),
        sources: [SourceId::Cloudwatch].into_iter().collect(),
        taken: None,
    };
    Filter::parse(filter)
        .unwrap_or_else(|problem| panic!("{filter}: {problem}"))
        .matches(&subject, at(secs))
}

#[test]
fn every_field_asks_what_it_says() {
    for (filter, answer) in [
        ("", true),
        ("5xx", true),
        ("5XX RATE", true),
        ("\"5xx rate\"", true),
        ("\"rate 5xx\"", false),
        ("payments", true),
        ("1111", true),
        ("west-1", true),
        ("i-0f3", true),
        ("-5xx", false),
        ("nothing", false),
        ("sev:critical", true),
        ("sev:crit,low", true),
        ("sev:>=high", true),
        ("sev:<high", false),
        ("SEV:HIGH", false),
        ("severity:c", true),
        ("acct:payments*", true),
        ("acct:payments", false),
        ("account:111111111111", true),
        ("region:eu-*,us-east-1", true),
        ("-region:eu-*", false),
        ("state:new", true),
        ("state:clear", false),
        ("kind:alarm,finding", true),
        ("kind:findings", false),
        ("tag:env=prod", true),
        ("tag:env=PR*", true),
        ("tag:env", true),
        ("tag:env=dev", false),
        ("name:api-*", true),
        ("name:\"API-5xx rate\"", true),
        ("name:api-\"5xx \"*", true),
        ("id:*rate", true),
        ("source:cloudwatch", true),
        ("source:guardduty", false),
        ("product:inspector", false),
        ("resource:i-0f3", true),
        ("status:alarm", true),
        ("namespace:aws/ec2", true),
        ("is:open", true),
        ("is:composite,missed", false),
        ("flap", true),
        ("-flap", false),
        ("win", false),
        ("\"flap\"", false),
        ("owner:none", true),
        ("-owner:none", false),
        ("arn:aws:cloudwatch", false),
        ("-", true),
    ] {
        assert_eq!(ask_at(filter, 10), answer, "{filter}");
    }
}

#[test]
fn ages_are_exact() {
    for (filter, secs, answer) in [
        ("age:>1h", 3_600, false),
        ("age:>1h", 3_601, true),
        ("age:>=1h", 3_600, true),
        ("age:<1h30m", 5_399, true),
        ("age:<1h30m", 5_400, false),
        ("age:<=1h", 3_600, true),
        ("age:<1m,>1h", 30, true),
        ("age:<1m,>1h", 600, false),
        ("-age:>1h", 10, true),
        ("age:<1m", -50, true),
    ] {
        assert_eq!(ask_at(filter, secs), answer, "{filter} at {secs}");
    }
}

#[test]
fn of_an_unknown_age_nothing_can_be_said() {
    let mut item = sample();
    item.opened = Timestamp::ZERO;
    for filter in ["age:>1h", "age:<1h", "age:<=99w"] {
        assert!(!ask_of(&item, filter, 0), "{filter}");
    }
}

#[test]
fn problems_name_the_place_and_the_nearest_name() {
    for (text, span, words, nearest) in [
        (
            "flap servity:high",
            5..12,
            "there is no field servity",
            Some("severity:"),
        ),
        (
            "regon:eu-*",
            0..5,
            "there is no field regon",
            Some("region:"),
        ),
        ("sev:hgih", 4..8, "sev knows no hgih", Some("high")),
        ("kind:alrm", 5..9, "kind knows no alrm", Some("alarm")),
        ("kind:>alarm", 5..11, "cannot be compared", None),
        ("age:1h", 4..6, "needs a comparison", None),
        ("age:>soon", 4..9, "no span of time", None),
        ("sev:", 0..4, "needs a value", None),
        ("sev:high,", 0..9, "needs a value", None),
        ("disk \"full", 5..10, "never closed", None),
        ("name:\"x", 5..7, "never closed", None),
        ("\"\"", 0..2, "empty text", None),
        ("ends:30m", 5..8, "needs a comparison", None),
        ("tag:=x", 4..6, "needs a key", None),
        ("http://x", 0..4, "put it in quotes", None),
    ] {
        let problem = Filter::parse(text).expect_err(text);
        assert_eq!(problem.span, span, "{text}: {problem}");
        assert!(problem.message.contains(words), "{text}: {problem}");
        assert_eq!(problem.nearest.as_deref(), nearest, "{text}");
    }
}

#[test]
fn the_canonical_form_is_tidy() {
    for (text, canonical) in [
        ("  SEV:>=HIGH   Foo ", "sev:>=high foo"),
        ("severity:c account:Prod*", "sev:critical acct:prod*"),
        ("age:>90m", "age:>1h30m"),
        ("-FLAP \"flap\" \"a b\"", "-flap \"flap\" \"a b\""),
        ("kind:alarms", "kind:alarm"),
        ("tag:Env=\"a b\"", "tag:env=\"a b\""),
        ("arn:aws:x", "\"arn:aws:x\""),
    ] {
        assert_eq!(Filter::parse(text).unwrap().to_string(), canonical);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9*,=<>:.-]{1,6}",
        "\\PC{1,5}",
        Just("flap".to_owned()),
        Just("Straße İ ς".to_owned()),
        Just("a\\\"b".to_owned()),
    ]
}

/// A term as somebody may write it.
fn term() -> impl Strategy<Value = String> {
    let quote = |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let sign = || prop_oneof![Just(""), Just(">="), Just("<="), Just(">"), Just("<")];
    let text_field = prop_oneof![
        Just("acct"),
        Just("name"),
        Just("id"),
        Just("region"),
        Just("resource"),
        Just("status"),
        Just("product"),
        Just("namespace")
    ];
    let body = prop_oneof![
        word().prop_map(quote),
        "[a-zß-ö]{1,6}",
        prop_oneof![Just("flap"), Just("WIN"), Just("nodata")].prop_map(str::to_owned),
        (sign(), prop_oneof![Just("high"), Just("c"), Just("info")])
            .prop_map(|(s, v)| format!("sev:{s}{v},low")),
        (
            prop_oneof![Just(">"), Just("<=")],
            0u64..50_000,
            prop_oneof![Just('s'), Just('h'), Just('w')]
        )
            .prop_map(|(s, n, u)| format!("age:{s}{n}{u}")),
        (text_field, word(), "[a-z*]{0,4}")
            .prop_map(move |(f, w, g)| format!("{f}:{}*{g},x", quote(w))),
        word().prop_map(move |w| format!("tag:{}={}", quote(w.clone()), quote(w))),
        Just("is:overdue,missed".to_owned()),
        Just("state:new kind:alarm source:backup owner:none".to_owned()),
    ];
    (any::<bool>(), body).prop_map(|(minus, body)| if minus { format!("-{body}") } else { body })
}

proptest! {
    #[test]
    fn what_is_displayed_reads_back(terms in proptest::collection::vec(term(), 0..5)) {
        let text = terms.join(" ");
        let filter = Filter::parse(&text).map_err(|p| TestCaseError::fail(format!("{text}: {p}")))?;
        let shown = filter.to_string();
        let again = Filter::parse(&shown).map_err(|p| TestCaseError::fail(format!("{shown}: {p}")))?;
        prop_assert_eq!(&again, &filter, "{} became {}", text, shown);
        prop_assert_eq!(again.to_string(), shown);
    }

    #[test]
    fn nothing_that_can_be_typed_breaks_it(text in "\\PC{0,40}", cursor in 0usize..60) {
        match Filter::parse(&text) {
            Ok(filter) => {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
            }
            Err(problem) => {
                prop_assert!(problem.span.end <= text.len() && problem.span.start <= problem.span.end);
                prop_assert!(text.is_char_boundary(problem.span.start) && text.is_char_boundary(problem.span.end));
            }
        }
        let completion = complete(&text, cursor, &Vocabulary::default());
        prop_assert!(completion.span.end <= text.len());
        prop_assert!(text.get(completion.span).is_some());
    }

    #[test]
    fn negation_and_conjunction_are_what_they_are_called(a in term(), b in term(), secs in 0i64..10_000) {
        let positive = a.trim_start_matches('-');
        // Only a single term can be negated as a whole.
        if !positive.contains(" kind:") {
            prop_assert_ne!(ask_at(positive, secs), ask_at(&format!("-{positive}"), secs));
        }
        prop_assert_eq!(ask_at(&format!("{a} {b}"), secs), ask_at(&a, secs) && ask_at(&b, secs));
        let both = Filter::parse(&a).unwrap().and(Filter::parse(&b).unwrap());
        prop_assert_eq!(both, Filter::parse(&format!("{a} {b}")).unwrap());
    }

    #[test]
    fn time_changes_nothing_before_it_says(
        bounds in proptest::collection::vec((0usize..4, 0u64..100), 1..4),
        now in -50_000i64..150_000,
        later in 0i64..150_000,
    ) {
        let text: Vec<String> = bounds
            .iter()
            .map(|(op, secs)| format!("age:{}{secs}s", [">=", ">", "<=", "<"][*op]))
            .collect();
        let filter = Filter::parse(&text.join(" ")).unwrap();
        let item = world::alarm("a", AlarmState::Alarm, 0);
        let subject = Subject {
            item: &item,
            severity: Severity::Low,
            state: State::New,
            marks: Marks::NONE,
            account: None,
            sources: SourceSet::default(),
            taken: None,
        };
        let now = at(0).as_millis() + now;
        let (now, later) = (Timestamp::from_millis(now), Timestamp::from_millis(now + later));
        let same = filter.matches(&subject, now) == filter.matches(&subject, later);
        match filter.next_change(&subject, now) {
            Some(change) => prop_assert!(change > now && (same || change <= later)),
            None => prop_assert!(same),
        }
    }
}

#[test]
fn completion_offers_what_fits() {
    let vocabulary = Vocabulary {
        accounts: vec!["payments-prod".to_owned(), "pay roll".to_owned()],
        regions: vec!["eu-west-1".to_owned()],
        tags: vec!["env=prod".to_owned()],
        products: vec![],
    };
    let offer = |text: &str| {
        let found = complete(text, text.len(), &vocabulary);
        (text[found.span].to_owned(), found.candidates)
    };
    assert_eq!(
        offer("sta"),
        (
            "sta".to_owned(),
            vec![
                "state:".to_owned(),
                "status:".to_owned(),
                "stale".to_owned()
            ]
        )
    );
    assert_eq!(
        offer("flap -sev:>=hi"),
        ("hi".to_owned(), vec!["high".to_owned()])
    );
    assert_eq!(
        offer("acct:x,pay"),
        (
            "pay".to_owned(),
            vec!["payments-prod".to_owned(), "\"pay roll\"".to_owned()]
        )
    );
    assert_eq!(
        offer("region:"),
        (String::new(), vec!["eu-west-1".to_owned()])
    );
    assert_eq!(offer("tag:en").1, ["env=prod"]);
    assert!(offer("nofield:x").1.is_empty());
    assert!(offer("\"quo").1.is_empty());
    assert!(complete("é", 1, &vocabulary).span.start == 0);
}

#[test]
fn who_has_it_and_how_long_is_asked_of_the_acknowledgement() {
    let item = world::alarm("a", AlarmState::Alarm, 0);
    let subject = |taken| Subject {
        item: &item,
        severity: Severity::Low,
        state: State::Acknowledged,
        marks: Marks::NONE,
        account: None,
        sources: SourceSet::default(),
        taken,
    };
    let ana = Taken {
        owner: "ana",
        until: at(3_600),
    };
    let holds = |filter: &str, taken, now: i64| {
        let filter = Filter::parse(filter).unwrap().meant_by("ana");
        assert_eq!(
            Filter::parse(&filter.to_string()).unwrap().meant_by("ana"),
            filter
        );
        filter.matches(&subject(taken), at(now))
    };
    for (filter, has_it, nobody) in [
        ("owner:ana", true, false),
        ("owner:an*", true, false),
        ("owner:mine", true, false),
        ("owner:ben", false, false),
        ("owner:ben,none", false, true),
        ("owner:mine,none", true, true),
        ("-owner:none", true, false),
    ] {
        assert_eq!(holds(filter, Some(ana), 0), has_it, "{filter}");
        assert_eq!(holds(filter, None, 0), nobody, "{filter}");
    }
    assert!(
        !Filter::parse("owner:mine")
            .unwrap()
            .matches(&subject(Some(ana)), at(0))
    );
    // At the edge exactly half an hour is left.
    for (op, before, edge, after) in [
        ("<", false, false, true),
        ("<=", false, true, true),
        (">", true, false, false),
        (">=", true, true, false),
    ] {
        let text = format!("ends:{op}30m");
        let filter = Filter::parse(&text).unwrap();
        let told = [1_799, 1_800, 1_801].map(|now| filter.matches(&subject(Some(ana)), at(now)));
        assert_eq!(told, [before, edge, after], "{text}");
        let change = filter.next_change(&subject(Some(ana)), at(0)).unwrap();
        let just_before = Timestamp::from_millis(change.as_millis() - 1);
        let is = |now| filter.matches(&subject(Some(ana)), now);
        assert_ne!(is(just_before), is(change), "{text}");
        assert!(filter.next_change(&subject(None), at(0)).is_none());
    }
}

#[test]
fn fields_are_documented_with_examples_that_read() {
    for field in Field::ALL {
        assert_eq!(Field::named(field.name()), Some(*field));
        let read = Filter::parse(field.example());
        assert!(read.is_ok(), "{}", field.example());
    }
}

#[test]
fn the_reference_names_every_field_trait_and_mark() {
    let reference = include_str!("../../docs/filter.md");
    for field in Field::ALL {
        assert!(
            reference.contains(&format!("`{}:", field.name())),
            "{}",
            field.name()
        );
        assert!(reference.contains(field.example()), "{}", field.example());
    }
    for found in Trait::ALL {
        assert!(
            reference.contains(&format!("`{}`", found.word())),
            "{}",
            found.word()
        );
    }
    for mark in Mark::ALL {
        assert!(
            reference.contains(&format!("`{}`", mark.word())),
            "{}",
            mark.word()
        );
    }
    // Every example of the reference reads.
    let mut examples = 0;
    for line in reference.lines() {
        if let Some(example) = line.strip_prefix("    ") {
            let text = example.split("  #").next().unwrap_or("").trim();
            Filter::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            examples += 1;
        }
    }
    assert!(examples >= 10);
}

#[test]
fn a_filter_narrows_another_only_where_that_is_sure() {
    let narrows = |narrow: &str, wide: &str| {
        Filter::parse(narrow)
            .unwrap()
            .narrows(&Filter::parse(wide).unwrap())
    };
    for (narrow, wide) in [
        ("a", ""),
        ("queue", "que"),
        ("que sev:high", "que"),
        ("sev:high -ok QUEUE", "que -ok"),
        ("\"a b\"", "b"),
    ] {
        assert!(narrows(narrow, wide), "{narrow} {wide}");
    }
    for (narrow, wide) in [
        ("", "a"),
        ("que", "queue"),
        ("-queue", "-que"),
        ("-que", "-queue"),
        ("sev:>=high", "sev:>=low"),
        ("acct:web", "acct:we"),
    ] {
        assert!(!narrows(narrow, wide), "{narrow} {wide}");
    }
}
