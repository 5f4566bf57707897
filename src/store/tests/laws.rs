//! Batches, runs, slices and joins.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::world::*;
use crate::domain::alarm::AlarmState::{Alarm, Ok};
use crate::domain::{Batch, Body, Detail, FaultKind, Feed, Item, ItemState, Severity, SourceId};
use crate::store::{Settings, Store};
use crate::triage::Rules;

fn store() -> Store {
    Store::new(Settings::default())
}

/// Rows that some feed knows: name, title and how many feeds know it.
fn known(store: &Store) -> BTreeMap<String, (String, usize)> {
    store
        .rows()
        .filter(|(_, row)| !row.is_vanished())
        .map(|(_, row)| {
            (
                row.key().id.to_string(),
                (row.item().title.to_string(), row.claims()),
            )
        })
        .collect()
}

fn names(store: &Store) -> Vec<String> {
    known(store).into_keys().collect()
}

fn load(store: &mut Store, feed: Feed, run: u64, secs: i64, items: Vec<Item>) {
    store.apply(batch(feed, run, secs, Body::Begin));
    store.apply(batch(feed, run, secs, page(items)));
    store.apply(batch(feed, run, secs, end()));
}

#[test]
fn a_first_load_shows_pages_as_they_come() {
    let mut s = store();
    s.apply(batch(alarms(), 1, 0, Body::Begin));
    s.apply(batch(alarms(), 1, 0, page([alarm("a", Alarm, 0)])));
    assert_eq!(names(&s), ["a"]);
    s.apply(batch(alarms(), 1, 1, page([alarm("b", Ok, 0)])));
    s.apply(batch(alarms(), 1, 2, end()));
    assert_eq!(names(&s), ["a", "b"]);
}

#[test]
fn a_later_answer_is_swapped_in_at_its_end() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        0,
        vec![alarm("a", Ok, 0), alarm("b", Ok, 0)],
    );
    s.apply(batch(alarms(), 2, 10, Body::Begin));
    s.apply(batch(alarms(), 2, 10, page([alarm("c", Ok, 5)])));
    assert_eq!(names(&s), ["a", "b"]);
    s.apply(batch(alarms(), 2, 11, page([alarm("a", Ok, 0)])));
    assert_eq!(names(&s), ["a", "b"]);
    s.apply(batch(alarms(), 2, 12, end()));
    assert_eq!(names(&s), ["a", "c"]);
}

#[test]
fn a_failure_keeps_the_old_rows_and_drops_the_new() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Ok, 0)]);
    s.apply(batch(alarms(), 2, 10, page([alarm("c", Ok, 5)])));
    s.apply(batch(alarms(), 2, 11, failed(FaultKind::Throttled)));
    assert_eq!(names(&s), ["a"]);
    // What still trickles in of the failed asking is late.
    s.apply(batch(alarms(), 2, 12, page([alarm("d", Ok, 5)])));
    s.apply(batch(alarms(), 2, 12, end()));
    assert_eq!(names(&s), ["a"]);
}

#[test]
fn late_pages_of_an_older_asking_are_dropped() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Ok, 0)]);
    s.apply(batch(alarms(), 3, 10, Body::Begin));
    s.apply(batch(alarms(), 2, 11, page([alarm("old", Ok, 5)])));
    s.apply(batch(alarms(), 2, 11, end()));
    assert_eq!(names(&s), ["a"]);
    s.apply(batch(alarms(), 3, 12, page([alarm("new", Ok, 5)])));
    s.apply(batch(alarms(), 3, 12, end()));
    assert_eq!(names(&s), ["new"]);
}

#[test]
fn a_push_knows_better_than_the_answer_under_way() {
    let mut s = store();
    load(
        &mut s,
        alarms(),
        1,
        0,
        vec![alarm("a", Ok, 0), alarm("b", Ok, 0)],
    );
    s.apply(batch(alarms(), 2, 10, page([alarm("b", Ok, 1)])));
    let mut push = batch(
        alarms(),
        0,
        11,
        changed([alarm("a", Alarm, 11), alarm("n", Alarm, 11)]),
    );
    if let Body::Changed { removed, .. } = &mut push.body {
        removed.push("b".into());
    }
    s.apply(push);
    assert_eq!(names(&s), ["a", "n"]);
    // The listing began before the push and still tells the old story.
    s.apply(batch(
        alarms(),
        2,
        12,
        page([alarm("a", Ok, 0), alarm("b", Ok, 1)]),
    ));
    s.apply(batch(alarms(), 2, 13, end()));
    assert_eq!(names(&s), ["a", "n"]);
    let id = s.find(&alarm("a", Ok, 0).key).unwrap();
    assert!(s.row(id).unwrap().is_open());
    // The next answer counts again.
    load(&mut s, alarms(), 3, 20, vec![alarm("a", Ok, 15)]);
    assert_eq!(names(&s), ["a"]);
}

#[test]
fn the_end_of_one_slice_leaves_the_other_alone() {
    let mut s = store();
    let firing = feed(SourceId::Cloudwatch, "alarm");
    load(
        &mut s,
        alarms(),
        1,
        0,
        vec![alarm("a", Alarm, 0), alarm("b", Ok, 0)],
    );
    load(&mut s, firing, 1, 1, vec![alarm("a", Alarm, 0)]);
    assert_eq!(known(&s)["a"].1, 2);
    load(&mut s, firing, 2, 2, vec![]);
    assert_eq!(known(&s)["a"].1, 1);
    assert_eq!(names(&s), ["a", "b"]);
    load(&mut s, alarms(), 2, 3, vec![alarm("b", Ok, 0)]);
    assert_eq!(names(&s), ["b"]);
}

#[test]
fn a_retired_feed_takes_its_claims_along_and_stays_silent() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Alarm, 0)]);
    let changes = s.apply(batch(alarms(), 1, 1, Body::Retired));
    assert_eq!((s.len(), changes.removed.len()), (0, 1));
    assert!(s.feeds(at(1)).is_empty());
    s.apply(batch(alarms(), 2, 2, page([alarm("a", Alarm, 0)])));
    assert!(s.is_empty());
    s.apply(batch(
        alarms(),
        0,
        3,
        Body::Planned {
            every: std::time::Duration::from_secs(30),
        },
    ));
    load(&mut s, alarms(), 3, 4, vec![alarm("b", Alarm, 0)]);
    assert_eq!(names(&s), ["b"]);
}

#[test]
fn whoever_counts_askings_anew_is_heard() {
    let mut s = store();
    let every = std::time::Duration::from_secs(30);
    s.apply(batch(alarms(), 0, 0, Body::Planned { every }));
    load(&mut s, alarms(), 57, 1, vec![alarm("a", Ok, 0)]);
    load(&mut s, alarms(), 1, 2, vec![alarm("late", Ok, 0)]);
    assert_eq!(names(&s), ["a"]);
    // The same asker plans again, with another interval: its count goes on.
    s.apply(batch(alarms(), 57, 3, Body::Planned { every: every * 2 }));
    load(&mut s, alarms(), 1, 4, vec![alarm("late", Ok, 0)]);
    assert_eq!(names(&s), ["a"]);
    // Another asker begins.
    s.apply(batch(alarms(), 0, 5, Body::Planned { every }));
    assert_eq!(names(&s), ["a"]);
    load(&mut s, alarms(), 1, 6, vec![alarm("b", Ok, 0)]);
    assert_eq!(names(&s), ["b"]);
    // So it is for a feed that was let go in between.
    load(&mut s, alarms(), 7, 7, vec![]);
    s.apply(batch(alarms(), 7, 8, Body::Retired));
    s.apply(batch(alarms(), 0, 9, Body::Planned { every }));
    load(&mut s, alarms(), 1, 10, vec![alarm("c", Ok, 0)]);
    assert_eq!(names(&s), ["c"]);
}

#[test]
fn what_a_disabled_service_knew_is_gone() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Alarm, 0)]);
    s.apply(batch(alarms(), 2, 10, failed(FaultKind::Disabled)));
    assert!(names(&s).is_empty());
}

#[test]
fn a_native_id_may_come_to_mean_another_item() {
    let mut s = store();
    let named = |name: &str| crate::domain::Record {
        native: "n-1".into(),
        item: alarm(name, Ok, 0),
    };
    s.apply(batch(alarms(), 1, 0, Body::Page(vec![named("a")])));
    s.apply(batch(alarms(), 1, 0, end()));
    s.apply(batch(alarms(), 2, 1, Body::Page(vec![named("b")])));
    s.apply(batch(alarms(), 2, 1, end()));
    assert_eq!(names(&s), ["b"]);
}

#[test]
fn row_numbers_of_gone_rows_find_nothing() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Ok, 0)]);
    let old = s.find(&alarm("a", Ok, 0).key).unwrap();
    load(&mut s, alarms(), 2, 1, vec![]);
    load(&mut s, alarms(), 3, 2, vec![alarm("b", Ok, 0)]);
    let new = s.find(&alarm("b", Ok, 0).key).unwrap();
    assert_eq!(old.place(), new.place());
    assert!(s.row(old).is_none() && s.row(new).is_some());
}

#[test]
fn the_freshest_claim_is_shown_and_the_higher_severity_of_equals() {
    let mut s = Store::new(Settings {
        rules: Rules::none(),
        ..Settings::default()
    });
    let firing = feed(SourceId::Cloudwatch, "alarm");
    let severe = |severity, changed, title: &str| {
        let mut item = alarm("a", Alarm, changed);
        item.severity = severity;
        item.title = title.into();
        item
    };
    load(
        &mut s,
        firing,
        1,
        0,
        vec![severe(Severity::Critical, 5, "newer")],
    );
    load(
        &mut s,
        alarms(),
        1,
        1,
        vec![severe(Severity::Low, 4, "older")],
    );
    let shown = |s: &Store| {
        let row = s.row(s.find(&alarm("a", Ok, 0).key).unwrap()).unwrap();
        (row.item().title.to_string(), row.severity())
    };
    assert_eq!(shown(&s), ("newer".to_owned(), Severity::Critical));
    load(
        &mut s,
        alarms(),
        2,
        2,
        vec![severe(Severity::Low, 5, "as new")],
    );
    assert_eq!(shown(&s), ("as new".to_owned(), Severity::Critical));
    load(
        &mut s,
        alarms(),
        3,
        3,
        vec![severe(Severity::Low, 6, "newest")],
    );
    assert_eq!(shown(&s), ("newest".to_owned(), Severity::Low));
}

#[test]
fn guardduty_and_security_hub_make_one_row() {
    let mut s = Store::new(Settings {
        rules: Rules::none(),
        ..Settings::default()
    });
    let guardduty = feed(SourceId::Guardduty, "all");
    let hub = feed(SourceId::Securityhub, "all");
    let (mut produced, mut facts) = finding("arn:f", 10, "GuardDuty");
    facts.count = Some(41);
    facts.score = Some(8.0);
    produced.severity = Severity::High;
    produced.detail = Detail::Finding(Box::new(facts));
    let (mut reported, mut work) = finding("arn:f", 20, "GuardDuty via hub");
    let done = std::sync::Arc::make_mut(&mut work.terms);
    done.workflow = Some("SUPPRESSED".into());
    done.remediation = Some("rebuild it".into());
    work.note = Some(Box::new(("looked".into(), "ana".into())));
    work.count = Some(1);
    reported.state = ItemState::Calm;
    reported.severity = Severity::Critical;
    reported.detail = Detail::Finding(Box::new(work));

    for order in [[0, 1], [1, 0]] {
        let mut s2 = Store::new(Settings {
            rules: Rules::none(),
            ..Settings::default()
        });
        for which in order {
            if which == 0 {
                load(&mut s2, guardduty, 1, 30, vec![produced.clone()]);
            } else {
                load(&mut s2, hub, 1, 31, vec![reported.clone()]);
            }
        }
        assert_eq!(s2.len(), 1);
        let row = s2.row(s2.find(&produced.key).unwrap()).unwrap();
        assert_eq!(row.source(), Some(SourceId::Guardduty));
        assert_eq!(row.sources().iter().count(), 2);
        assert_eq!(row.severity(), Severity::Critical);
        assert_eq!(row.item().state, ItemState::Calm, "the hub spoke last");
        let Detail::Finding(joined) = &row.item().detail else {
            panic!("a finding");
        };
        assert_eq!(&*joined.terms.product, "GuardDuty");
        assert_eq!(joined.count, Some(41));
        assert_eq!(joined.terms.workflow.as_deref(), Some("SUPPRESSED"));
        assert_eq!(joined.terms.remediation.as_deref(), Some("rebuild it"));
        assert_eq!(joined.note.as_ref().map(|n| &*n.1), Some("ana"));
        s = s2;
    }
    // Each feed takes only its own part away.
    load(&mut s, hub, 2, 40, vec![]);
    let row = s.row(s.find(&produced.key).unwrap()).unwrap();
    assert_eq!(**row.item(), produced);
    load(&mut s, guardduty, 2, 41, vec![]);
    assert!(names(&s).is_empty());
}

#[test]
fn claims_that_agree_share_one_copy() {
    let mut s = store();
    load(&mut s, alarms(), 1, 0, vec![alarm("a", Alarm, 0)]);
    load(
        &mut s,
        feed(SourceId::Cloudwatch, "alarm"),
        1,
        1,
        vec![alarm("a", Alarm, 0)],
    );
    let row = s.row(s.find(&alarm("a", Ok, 0).key).unwrap()).unwrap();
    assert!(
        row.claims
            .iter()
            .all(|claim| std::sync::Arc::ptr_eq(&claim.item, row.item()))
    );
}

/// One asking of one feed: which of eight items it names, with which version of each.
type Asking = Vec<(u8, u8)>;

fn asking() -> impl Strategy<Value = Asking> {
    proptest::collection::vec((0u8..8, 0u8..4), 0..8)
}

/// The item with this number in this version; what it says is fixed by both, so no two feeds can disagree.
fn version(number: u8, version: u8) -> Item {
    let mut item = alarm(
        &format!("i{number}"),
        if version.is_multiple_of(2) { Ok } else { Alarm },
        i64::from(version),
    );
    item.title = format!("version {version}").into();
    item
}

/// The batches of one feed: its askings one after the other, each cut into pages by `cut`.
fn batches(feed: Feed, askings: &[Asking], cut: usize) -> Vec<Batch> {
    let mut all = Vec::new();
    for (run, asking) in askings.iter().enumerate() {
        let run = run as u64 + 1;
        // Within one answer an item is named once.
        let named: BTreeMap<u8, u8> = asking.iter().copied().collect();
        let items: Vec<Item> = named.iter().map(|(n, v)| version(*n, *v)).collect();
        all.push(batch(feed, run, 0, Body::Begin));
        for part in items.chunks(cut.max(1)) {
            all.push(batch(feed, run, 0, page(part.to_vec())));
        }
        all.push(batch(feed, run, 0, end()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_split_and_interleaving_gives_the_rows_of_the_last_answers(
        one in proptest::collection::vec(asking(), 1..4),
        other in proptest::collection::vec(asking(), 1..4),
        cuts in (1usize..5, 1usize..5),
        order in proptest::collection::vec(any::<bool>(), 64),
    ) {
        let slices = [alarms(), feed(SourceId::Cloudwatch, "alarm")];
        let mut queues = [
            batches(slices[0], &one, cuts.0).into_iter(),
            batches(slices[1], &other, cuts.1).into_iter(),
        ];
        let mut s = store();
        for pick in order.iter().cycle().take(200) {
            if let Some(batch) = queues[usize::from(*pick)].next() {
                s.apply(batch);
            }
        }
        for queue in queues {
            for batch in queue {
                s.apply(batch);
            }
        }
        // What the last answer of each feed names, in its newest version.
        let mut expected: BTreeMap<String, (u8, usize)> = BTreeMap::new();
        for last in [one.last().unwrap(), other.last().unwrap()] {
            for (n, v) in last.iter().copied().collect::<BTreeMap<u8, u8>>() {
                let row = expected.entry(format!("i{n}")).or_insert((v, 0));
                row.0 = row.0.max(v);
                row.1 += 1;
            }
        }
        let expected: BTreeMap<_, _> = expected
            .into_iter()
            .map(|(name, (v, claims))| (name, (format!("version {v}"), claims)))
            .collect();
        prop_assert_eq!(known(&s), expected);
        // Nothing is kept for feeds beyond what they claim.
        let items: usize = s.feeds(at(0)).iter().map(|f| f.items).sum();
        prop_assert_eq!(items, s.rows().map(|(_, row)| row.claims()).sum::<usize>());
    }

    #[test]
    fn late_pieces_never_change_anything(
        askings in proptest::collection::vec(asking(), 2..4),
        late in asking(),
        places in proptest::collection::vec(0usize..40, 1..4),
    ) {
        let clean = batches(alarms(), &askings, 2);
        let mut s = store();
        let mut disturbed = store();
        let last = askings.len() as u64;
        for (i, batch) in clean.iter().enumerate() {
            s.apply(batch.clone());
            disturbed.apply(batch.clone());
            if places.contains(&i) && batch.run == last {
                let run = last - 1;
                disturbed.apply(super::world::batch(alarms(), run, 0, Body::Begin));
                let items = late.iter().map(|(n, v)| version(*n, *v)).collect::<Vec<_>>();
                disturbed.apply(super::world::batch(alarms(), run, 0, page(items)));
                disturbed.apply(super::world::batch(alarms(), run, 0, end()));
                disturbed.apply(super::world::batch(alarms(), run, 0, failed(FaultKind::Denied)));
            }
        }
        prop_assert_eq!(known(&s), known(&disturbed));
        prop_assert_eq!(s.feeds(at(5)), disturbed.feeds(at(5)));
    }
}
