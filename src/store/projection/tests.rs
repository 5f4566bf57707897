use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::narrow::Wider;
use super::*;
use crate::clock::Timestamp;
use crate::domain::alarm::AlarmState::{Alarm, Ok as Fine};
use crate::domain::{Account, Body, Item, Kind, Policy, Roster, Severity, SourceId};
use crate::filter::{Filter, folded};
use crate::lifecycle::{Mark, State};
use crate::store::tests::world::{self, alarms, at, batch, end, page, record, scope};
use crate::store::{Row, Settings};

/// What a change does to the store.
#[derive(Clone, Debug)]
enum Change {
    Upsert(Vec<(u16, u8)>),
    Remove(Vec<u16>),
    Pass(i64),
    Rename,
}

/// An alarm whose every sortable part hangs on its number and version; many are equal in many of them.
fn made(number: u16, version: u8) -> Item {
    let state = if version.is_multiple_of(3) {
        Fine
    } else {
        Alarm
    };
    let mut item = world::alarm(&format!("i{number}"), state, i64::from(version / 2) * 100);
    item.key.scope = scope(
        111_111_111_111 * u64::from(number % 3 + 1),
        ["eu-west-1", "us-east-1", "ap-southeast-2"][usize::from(number / 3 % 3)],
    );
    // A long common beginning, so that the first chunks of names are equal.
    let case = if version.is_multiple_of(2) {
        "Prefix"
    } else {
        "prefix"
    };
    item.name = format!("a-rather-long-common-{case}-{}-{}", number % 5, version % 2).into();
    item.title = ["short", "Zürich", "zurich", ""][usize::from(version % 4)].into();
    if number.is_multiple_of(4) {
        item.opened = Timestamp::ZERO;
    }
    item.resource = version
        .is_multiple_of(2)
        .then(|| format!("i-{}", number % 7).into());
    item
}

fn roster(names: [&str; 3]) -> Arc<Roster> {
    Arc::new(Roster::new(names.iter().zip(1u64..).map(|(name, n)| {
        Account {
            id: scope(111_111_111_111 * n, "eu-west-1").account,
            name: (*name).into(),
            tags: BTreeMap::new(),
            policy: Policy::ReadOnly,
            regions: vec![],
        }
    })))
}

/// The order by its definition, column by column.
fn naive(store: &Store, sort: &[SortKey], a: &Row, b: &Row) -> Ordering {
    let fold = |text: &str| folded(text).collect::<String>();
    let state = |row: &Row| match row.state() {
        State::New if row.marks().contains(Mark::Win) => 2,
        State::New => 0,
        State::Acknowledged => 1,
        State::Snoozed => 3,
        State::Clear => 4,
    };
    let name = |row: &Row| {
        let id = row.key().scope.account;
        (fold(&store.roster().name(id)), id)
    };
    for key in sort {
        let (x, y) = (a.item(), b.item());
        let order = match key.column {
            Column::Severity => a.severity().cmp(&b.severity()),
            Column::State => state(a).cmp(&state(b)),
            // What nobody knows comes last, whichever way.
            Column::Opened | Column::Changed | Column::Taken | Column::Ends => {
                let of = |item: &Item| match key.column {
                    Column::Opened => item.opened,
                    Column::Changed => item.changed,
                    // Nobody took any of these, and none is a mute.
                    _ => Timestamp::ZERO,
                };
                let order = of(x).is_unknown().cmp(&of(y).is_unknown());
                if order.is_ne() {
                    return order;
                }
                of(x).cmp(&of(y))
            }
            Column::Account => name(a).cmp(&name(b)),
            Column::Region => x.key.scope.region.as_str().cmp(y.key.scope.region.as_str()),
            Column::Kind => x.key.kind.cmp(&y.key.kind),
            Column::Name => fold(&x.name).cmp(&fold(&y.name)),
            Column::Title => fold(&x.title).cmp(&fold(&y.title)),
            Column::Source => a.source().cmp(&b.source()),
            Column::Status => fold(&x.native_state).cmp(&fold(&y.native_state)),
            Column::Resource => fold(x.resource.as_deref().unwrap_or(""))
                .cmp(&fold(y.resource.as_deref().unwrap_or(""))),
        };
        let order = match key.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        };
        if order.is_ne() {
            return order;
        }
    }
    let id = |row: &Row| {
        let key = row.key();
        (
            key.kind,
            key.scope.account,
            key.scope.region.as_str().to_owned(),
            Arc::clone(&key.id),
        )
    };
    id(a).cmp(&id(b))
}

/// The answer by its definition.
fn answer(store: &Store, query: &Query, now: Timestamp) -> (Vec<RowId>, Counts) {
    let mut found: Vec<(RowId, &Row)> = store
        .rows()
        .filter(|(_, row)| query.matches(row, store.roster(), now))
        .collect();
    found.sort_by(|a, b| naive(store, &query.sort, a.1, b.1));
    let mut counts = Counts {
        rows: found.len(),
        ..Counts::default()
    };
    for (_, row) in &found {
        if row.is_open() {
            counts.open[row.severity() as usize] += 1;
            counts.kinds[row.key().kind as usize] += 1;
        }
    }
    (found.into_iter().map(|(id, _)| id).collect(), counts)
}

fn check(projection: &Projection, store: &Store, now: Timestamp) -> Result<(), TestCaseError> {
    let (rows, counts) = answer(store, projection.query(), now);
    prop_assert_eq!(projection.rows(), &rows[..]);
    prop_assert_eq!(projection.counts(), &counts);
    for (i, id) in rows.iter().enumerate() {
        prop_assert_eq!(projection.position(*id), Some(i));
        let key = store.row(*id).map(|row| row.key().clone());
        prop_assert_eq!(
            key.and_then(|key| projection.position_of(store, &key)),
            Some(i)
        );
    }
    for (id, _) in store.rows() {
        if !rows.contains(&id) {
            prop_assert_eq!(projection.position(id), None);
        }
    }
    Ok(())
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => proptest::collection::vec((0u16..60, 0u8..8), 1..12).prop_map(Change::Upsert),
        2 => proptest::collection::vec(0u16..60, 1..8).prop_map(Change::Remove),
        1 => (0i64..900).prop_map(Change::Pass),
        1 => Just(Change::Rename),
    ]
}

fn sort() -> impl Strategy<Value = Vec<SortKey>> {
    let key = (0..Column::ALL.len(), any::<bool>()).prop_map(|(i, down)| SortKey {
        column: Column::ALL[i],
        direction: if down {
            Direction::Descending
        } else {
            Direction::Ascending
        },
    });
    proptest::collection::vec(key, 0..4)
}

fn query() -> impl Strategy<Value = Query> {
    let filter = prop_oneof![
        3 => Just(""),
        1 => Just("age:>5m"),
        1 => Just("age:<8m -region:us-*"),
        1 => Just("prefix-1"),
        1 => Just("-flap acct:a*"),
    ];
    let include = prop_oneof![
        Just(Include::Open),
        Just(Include::Known),
        Just(Include::All)
    ];
    let kinds = prop_oneof![
        2 => Just(vec![]),
        2 => Just(vec![Kind::Alarm]),
        1 => Just(vec![Kind::Finding]),
    ];
    (
        filter,
        kinds,
        include,
        sort(),
        proptest::option::of(Just(Severity::Medium)),
    )
        .prop_map(|(filter, kinds, include, sort, floor)| Query {
            kinds,
            filter: Filter::parse(filter).unwrap(),
            include,
            sort,
            floor,
            ..Query::default()
        })
}

struct Driven {
    store: Store,
    now: i64,
    renamed: bool,
}

impl Driven {
    fn new(count: u16) -> Self {
        let mut store = Store::new(Settings {
            roster: roster(["alpha", "beta", "gamma"]),
            ..Settings::default()
        });
        let items = (0..count).map(|n| made(n, u8::try_from(n % 8).unwrap()));
        store.apply(batch(alarms(), 1, 400, page(items)));
        store.apply(batch(alarms(), 1, 400, end()));
        Self {
            store,
            now: 400,
            renamed: false,
        }
    }

    fn drive(&mut self, change: &Change) -> Changes {
        match change {
            Change::Upsert(items) => {
                let items: BTreeMap<u16, u8> = items.iter().copied().collect();
                let upserts = items.iter().map(|(n, v)| record(made(*n, *v))).collect();
                self.store.apply(batch(
                    alarms(),
                    0,
                    self.now,
                    Body::Changed {
                        upserts,
                        removed: vec![],
                    },
                ))
            }
            Change::Remove(numbers) => {
                let removed = numbers.iter().map(|n| format!("i{n}").into()).collect();
                self.store.apply(batch(
                    alarms(),
                    0,
                    self.now,
                    Body::Changed {
                        upserts: vec![],
                        removed,
                    },
                ))
            }
            Change::Pass(secs) => {
                self.now += secs;
                self.store.tick(at(self.now))
            }
            Change::Rename => {
                self.renamed = !self.renamed;
                let names = if self.renamed {
                    ["zeta", "Beta", "an account"]
                } else {
                    ["alpha", "beta", "gamma"]
                };
                self.store.set_roster(roster(names), at(self.now))
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn refreshing_equals_sorting_anew(
        query in query(),
        changes in proptest::collection::vec(change(), 1..12),
        at_once in prop_oneof![Just(1), Just(AT_ONCE)],
    ) {
        let mut world = Driven::new(40);
        let mut projection = Projection::new(query);
        projection.at_once = at_once;
        projection.refresh_fully(&world.store, at(world.now));
        check(&projection, &world.store, at(world.now))?;
        for change in &changes {
            let noted = world.drive(change);
            projection.note(&world.store, &noted);
            projection.refresh_fully(&world.store, at(world.now));
            check(&projection, &world.store, at(world.now))?;
        }
    }

    #[test]
    fn changes_in_the_middle_of_a_sliced_sort_are_not_lost(
        query in query(),
        changes in proptest::collection::vec((change(), 0usize..4), 1..8),
        budget in 1usize..30,
        at_once in prop_oneof![Just(1), Just(AT_ONCE)],
    ) {
        let mut world = Driven::new(60);
        let mut projection = Projection::new(query);
        projection.at_once = at_once;
        for (change, steps) in &changes {
            for _ in 0..*steps {
                projection.refresh(&world.store, at(world.now), &mut { budget });
            }
            let noted = world.drive(change);
            projection.note(&world.store, &noted);
            // Whatever is visible meanwhile can be looked up.
            for (i, id) in projection.rows().iter().enumerate() {
                prop_assert_eq!(projection.position(*id), Some(i));
            }
        }
        let mut turns = 0;
        while projection.refresh(&world.store, at(world.now), &mut { budget }) == Progress::More {
            turns += 1;
            prop_assert!(turns < 20_000, "it comes to an end");
        }
        check(&projection, &world.store, at(world.now))?;
    }

    #[test]
    fn typed_filters_answer_as_those_that_were_always_there(
        typed in proptest::collection::vec((0usize..15, proptest::option::of(change()), 0usize..6, any::<bool>()), 1..24),
        sort in sort(),
        budget in 1usize..12,
        height in 1usize..12,
        holds in proptest::option::of(0usize..40),
    ) {
        const FILTERS: [&str; 15] = [
            "", "p", "pr", "pref", "prefix-1", "-p", "pref -1", "zür", "zur", "1", "11", "222", "us-", "sev:>=low pre",
            "alp",
        ];
        let mut world = Driven::new(60);
        let mut projection = Projection::new(Query { sort, ..Query::list(&[Kind::Alarm]) });
        projection.at_once = 3;
        projection.refresh_fully(&world.store, at(world.now));
        projection.look(Eye {
            row: holds.and_then(|n| projection.rows().get(n).copied()),
            line: holds.unwrap_or(0),
            height,
        });
        for (filter, change, steps, is_finished) in typed {
            projection.ask(Query {
                filter: Filter::parse(FILTERS[filter]).unwrap(),
                ..projection.query().clone()
            });
            let shown = projection.version();
            for _ in 0..steps {
                projection.refresh(&world.store, at(world.now), &mut { budget });
                for (i, id) in projection.rows().iter().enumerate() {
                    prop_assert_eq!(projection.position(*id), Some(i));
                }
                let is_of_this = projection.is_partial() && projection.version() > shown;
                if is_of_this && projection.wider.as_ref().is_some_and(Wider::is_unchanged) {
                    let (rows, _) = answer(&world.store, projection.query(), at(world.now));
                    prop_assert!(rows.starts_with(projection.rows()));
                    prop_assert!(projection.len() >= height);
                }
            }
            if let Some(change) = change {
                let noted = world.drive(&change);
                projection.note(&world.store, &noted);
            }
            if is_finished {
                while projection.refresh(&world.store, at(world.now), &mut { budget }) == Progress::More {}
                check(&projection, &world.store, at(world.now))?;
            }
        }
        projection.refresh_fully(&world.store, at(world.now));
        check(&projection, &world.store, at(world.now))?;
    }

    #[test]
    fn time_lets_rows_in_and_out_at_the_deadline(steps in proptest::collection::vec(1i64..400, 1..8)) {
        let mut world = Driven::new(40);
        let query = Query {
            filter: Filter::parse("age:>5m age:<15m").unwrap(),
            ..Query::list(&[Kind::Alarm])
        };
        let mut projection = Projection::new(query.clone());
        projection.refresh_fully(&world.store, at(world.now));
        for step in steps {
            let until = at(world.now + step);
            // Before its deadline, nothing is due and nothing would change.
            if projection.next_deadline().is_none_or(|due| due > until) {
                prop_assert!(!projection.is_due(&world.store, until));
                prop_assert_eq!(projection.rows(), &answer(&world.store, &query, until).0[..]);
            }
            let noted = world.drive(&Change::Pass(step));
            projection.note(&world.store, &noted);
            projection.refresh_fully(&world.store, until);
            check(&projection, &world.store, until)?;
        }
    }
}

/// A store of many rows that are alike in their first chunks.
fn many(count: u32) -> Store {
    let mut store = Store::new(Settings::default());
    let items = (0..count).map(|n| {
        let mut item = world::alarm(&format!("i{n}"), Alarm, 0);
        item.name = format!("the same long beginning of a name {}", n % 1_000).into();
        item
    });
    store.apply(batch(alarms(), 1, 0, page(items)));
    store.apply(batch(alarms(), 1, 0, end()));
    store
}

#[test]
fn no_slice_is_longer_than_its_budget() {
    let store = many(6_000);
    let mut projection = Projection::new(Query {
        sort: vec![SortKey::down(Column::Name)],
        ..Query::queue()
    });
    let mut slices = 0;
    loop {
        let mut budget = 500;
        let progress = projection.refresh(&store, at(0), &mut budget);
        slices += 1;
        if progress == Progress::Done {
            break;
        }
        assert_eq!(
            projection.len(),
            0,
            "the old answer stays until the new one is complete"
        );
        assert!(slices < 1_000);
    }
    assert!(slices > 20, "{slices} slices");
    let (rows, _) = answer(&store, projection.query(), at(0));
    assert_eq!(projection.rows(), &rows[..]);
}

#[test]
fn another_query_leaves_the_old_answer_until_its_own_is_there() {
    let store = many(3_000);
    let mut projection = Projection::new(Query::queue());
    projection.refresh_fully(&store, at(0));
    let (before, version) = (projection.rows().to_vec(), projection.version());
    projection.ask(Query {
        filter: Filter::parse("\"name 7\"").unwrap(),
        ..Query::queue()
    });
    assert_eq!(projection.refresh(&store, at(0), &mut 100), Progress::More);
    assert_eq!(
        (projection.rows(), projection.version()),
        (&before[..], version)
    );
    assert!(!projection.is_answered());
    projection.refresh_fully(&store, at(0));
    assert!(projection.is_answered() && projection.len() < before.len() && !projection.is_empty());
}

#[test]
fn a_word_typed_letter_by_letter_leaves_what_it_means_whatever_changes_meanwhile() {
    let mut store = many(3_000);
    let asked = |text: &str| Query {
        filter: Filter::parse(text).unwrap(),
        sort: vec![SortKey::up(Column::Name), SortKey::down(Column::Opened)],
        ..Query::queue()
    };
    let mut projection = Projection::new(asked(""));
    projection.refresh_fully(&store, at(0));
    let texts = [
        "n",
        "na",
        "nam",
        "name",
        "\"name 7\"",
        "\"name 71\"",
        "\"name 71\" -9",
        "zzz",
        "",
        "1",
    ];
    for (turn, text) in (1_i64..).zip(texts) {
        // Between the key and the first slice, and between slices: rows that change their place, come in and go out.
        let drift = |store: &mut Store, projection: &mut Projection, from: u32| {
            let items = (from..from + 40).map(|n| {
                let state = if n % 3 == 0 { Fine } else { Alarm };
                let mut item = world::alarm(&format!("i{}", n * 61 % 3_100), state, turn);
                item.name = format!("name {}", n * 7 % 90).into();
                item
            });
            let changes = store.apply(batch(alarms(), 0, turn, world::changed(items)));
            projection.note(store, &changes);
        };
        projection.ask(asked(text));
        assert_eq!(projection.narrows, !matches!(text, "zzz" | ""), "{text:?}");
        drift(&mut store, &mut projection, 13);
        let mut slices = 0;
        while projection.refresh(&store, at(turn), &mut 150) == Progress::More {
            slices += 1;
            assert!(slices < 1_000);
            if slices % 4 == 1 && slices < 20 {
                drift(&mut store, &mut projection, slices * 17);
            }
        }
        let (rows, counts) = answer(&store, projection.query(), at(turn));
        assert_eq!(projection.rows(), &rows[..], "{text:?}");
        assert_eq!(projection.counts(), &counts, "{text:?}");
    }
}

#[test]
fn the_first_screenful_of_a_word_is_there_before_the_whole_answer() {
    let store = many(30_000);
    let asked = |text: &str| Query {
        filter: Filter::parse(text).unwrap(),
        ..Query::queue()
    };
    let mut projection = Projection::new(asked(""));
    projection.refresh_fully(&store, at(0));
    let all = projection.rows().to_vec();
    let eye = |row, line| Eye {
        row,
        line,
        height: 40,
    };
    for (text, row, line) in [
        ("e 9", None, 0),
        ("e 9", Some(all[3_000]), 3),
        ("e 9", None, 0),
    ] {
        projection.ask(asked(""));
        projection.refresh_fully(&store, at(0));
        projection.look(eye(row, line));
        projection.ask(asked(text));
        while !projection.is_partial() {
            assert_eq!(projection.refresh(&store, at(0), &mut 500), Progress::More);
        }
        let (rows, _) = answer(&store, projection.query(), at(0));
        assert!(!projection.is_answered() && projection.len() < rows.len());
        assert!(projection.len() >= 40 && rows.starts_with(projection.rows()));
        projection.refresh_fully(&store, at(0));
        assert!(projection.is_answered() && !projection.is_partial());
        assert_eq!(projection.rows(), &rows[..]);
    }
    projection.ask(asked(""));
    projection.refresh_fully(&store, at(0));
    assert_eq!(projection.rows(), &all[..]);
    assert!(
        projection.wider.is_none(),
        "nothing is kept where nothing is narrower"
    );
}

/// Changes `count` of 6,000 rows, and another few in the middle of taking that in.
fn flood(count: u32) {
    let mut store = many(6_000);
    let mut projection = Projection::new(Query {
        sort: vec![SortKey::up(Column::Name)],
        ..Query::queue()
    });
    projection.refresh_fully(&store, at(0));
    let made = |n: u32, secs: i64| {
        let mut item = world::alarm(&format!("i{n}"), Alarm, secs);
        item.name = format!("the same long beginning of a name {}", (n * 7) % 1_000).into();
        item
    };
    let changes = store.apply(batch(
        alarms(),
        0,
        60,
        world::changed((0..count).map(|n| made(n, 50))),
    ));
    projection.note(&store, &changes);
    let mut slices = 0;
    while projection.refresh(&store, at(60), &mut 200) == Progress::More {
        slices += 1;
        assert!(slices < 1_000);
        if slices % 3 == 0 && slices < 30 {
            let items = (0..9).map(|n| made(slices * 131 + n, 55));
            let changes = store.apply(batch(alarms(), 0, 60, world::changed(items)));
            projection.note(&store, &changes);
        }
    }
    assert!(slices > 3, "{slices} slices");
    let (rows, counts) = answer(&store, projection.query(), at(60));
    assert_eq!(
        (projection.rows(), projection.counts()),
        (&rows[..], &counts)
    );
}

#[test]
fn many_changes_are_merged_in_slices() {
    flood(1_000);
}

#[test]
fn a_flood_of_changes_is_sorted_anew_in_slices() {
    flood(5_000);
}

#[test]
fn gone_rows_leave_the_answer_even_while_it_is_sorted_anew() {
    let mut store = many(3_000);
    let mut projection = Projection::new(Query {
        include: Include::All,
        ..Query::queue()
    });
    projection.refresh_fully(&store, at(0));
    projection.ask(Query {
        include: Include::All,
        sort: vec![SortKey::up(Column::Title)],
        ..Query::default()
    });
    let changes = store.apply(batch(alarms(), 0, 5, Body::Retired));
    projection.note(&store, &changes);
    assert_eq!(projection.refresh(&store, at(5), &mut 10), Progress::More);
    assert!(projection.is_empty());
    assert_eq!(projection.counts(), &Counts::default());
}

#[test]
fn what_a_pane_does_not_list_is_no_work_for_it() {
    let mut store = many(100);
    let mut alarms_pane = Projection::new(Query::list(&[Kind::Alarm]));
    let mut findings = Projection::new(Query::list(&[Kind::Finding]));
    let mut queue = Projection::new(Query::queue());
    let panes = [&mut alarms_pane, &mut findings, &mut queue];
    for pane in panes {
        pane.refresh_fully(&store, at(0));
    }
    let before = Projection::new(Query::queue());
    let calm = |n: u32, secs| world::alarm(&format!("calm{n}"), Fine, secs);
    let items = (0..9).map(|n| calm(n, 5));
    let changes = store.apply(batch(alarms(), 0, 5, world::changed(items)));
    let mut waiting = Vec::new();
    for mut pane in [alarms_pane, findings, queue, before] {
        pane.note(&store, &changes);
        waiting.push(pane.waiting());
    }
    // Nine calm alarms: news for the list of alarms alone; what was never answered reads everything anyway.
    assert_eq!(waiting, [9, 0, 0, 0]);
}

#[test]
fn the_queue_is_in_queue_order() {
    let mut store = Store::new(Settings::default());
    let items = [
        world::alarm_on("win", Alarm, 50, &["i-1"]),
        world::alarm("young", Alarm, 90),
        world::alarm("old", Alarm, 10),
        world::alarm("young-critical", Alarm, 80),
        world::alarm("fine", Fine, 0),
    ];
    store.apply(batch(alarms(), 1, 100, page(items)));
    store.apply(batch(alarms(), 1, 100, end()));
    let windows = world::feed(SourceId::Windows, "all");
    store.apply(batch(
        windows,
        1,
        101,
        page([world::window("mw", Some(40), &["i-1"])]),
    ));
    let mut projection = Projection::new(Query::queue());
    projection.refresh_fully(&store, at(102));
    let names: Vec<_> = projection
        .rows()
        .iter()
        .map(|id| store.row(*id).unwrap().key().id.to_string())
        .collect();
    assert_eq!(names, ["young-critical", "old", "young", "win"]);
    assert_eq!(projection.counts().of(Severity::Critical), 1);
    assert_eq!(projection.counts().open_total(), 4);
    assert_eq!(projection.counts().of_kind(Kind::Alarm), 4);
    assert_eq!(projection.counts().of_kind(Kind::Window), 0);
}
