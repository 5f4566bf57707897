use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::domain::alarm::AlarmState::{Alarm, InsufficientData, Ok as Fine};
use crate::domain::alarm::AlarmWatch;
use crate::domain::{Body, Detail, Item};
use crate::filter::Filter;
use crate::lifecycle::{Acknowledgement, End, Entry, Owner, State};
use crate::store::projection::{Column, Include, Progress, Projection, Query, SortKey};
use crate::store::tests::world::{self, alarms, at, batch, changed, record, scope};
use crate::store::{Changes, Settings, Store};

/// How long everything lasts here.
const NOW: i64 = 100_000;
/// The storms of these tests.
const LEAST: usize = 4;

/// How an alarm is: which of three metrics, when it began in steps of four minutes, and what became of it.
#[derive(Clone, Copy, Debug)]
struct How {
    began: u8,
    state: u8,
    severity: bool,
}

fn alarm(number: u8, how: How) -> Item {
    let state = match how.state {
        0 => Fine,
        1 => InsufficientData,
        _ => Alarm,
    };
    let mut item = world::alarm(&format!("i{number}"), state, i64::from(how.began) * 240);
    item.key.scope = scope(
        111_111_111_111 * u64::from(number % 3 + 1),
        ["eu-west-1", "us-east-1"][usize::from(number / 3 % 2)],
    );
    if how.severity {
        item.severity = Severity::Critical;
    }
    if let Detail::Alarm(alarm) = &mut item.detail
        && let AlarmWatch::Metric { metric, .. } = &mut Arc::make_mut(&mut alarm.terms).watch
    {
        *metric = Some(["Cpu", "Heap"][usize::from(number % 2)].into());
    }
    item
}

#[derive(Clone, Debug)]
enum Change {
    Upsert(Vec<(u8, How)>),
    Remove(Vec<u8>),
    Take(Vec<u8>, bool),
    Toggle(usize),
    Ask(bool),
}

fn change() -> impl Strategy<Value = Change> {
    let how =
        (0u8..24, 0u8..8, prop::bool::weighted(0.2)).prop_map(|(began, state, severity)| How {
            began,
            state,
            severity,
        });
    let some = || prop::collection::vec(0u8..40, 1..6);
    prop_oneof![
        4 => prop::collection::vec((0u8..40, how), 1..12).prop_map(Change::Upsert),
        2 => some().prop_map(Change::Remove),
        2 => (some(), any::<bool>()).prop_map(|(some, ben)| Change::Take(some, ben)),
        1 => (0usize..6).prop_map(Change::Toggle),
        1 => any::<bool>().prop_map(Change::Ask),
    ]
}

struct World {
    store: Store,
    versions: u64,
}

impl World {
    fn new() -> Self {
        let mut store = Store::new(Settings::default());
        store.apply(batch(alarms(), 1, 0, world::page([])));
        store.apply(batch(alarms(), 1, 0, world::end()));
        Self { store, versions: 0 }
    }

    fn drive(&mut self, change: &Change) -> Changes {
        match change {
            Change::Upsert(items) => {
                let items: BTreeMap<u8, How> = items.iter().copied().collect();
                let items = items.into_iter().map(|(number, how)| alarm(number, how));
                self.store.apply(batch(alarms(), 0, NOW, changed(items)))
            }
            Change::Remove(numbers) => {
                let removed = numbers.iter().map(|n| format!("i{n}").into()).collect();
                let body = Body::Changed {
                    upserts: vec![],
                    removed,
                };
                self.store.apply(batch(alarms(), 0, NOW, body))
            }
            Change::Take(numbers, ben) => {
                let entries: Vec<_> = numbers
                    .iter()
                    .filter_map(|number| self.taken(&format!("i{number}"), *ben))
                    .collect();
                self.store.learn(entries, at(NOW))
            }
            Change::Toggle(_) | Change::Ask(_) => Changes::default(),
        }
    }

    fn taken(&mut self, id: &str, ben: bool) -> Option<Arc<Entry>> {
        self.versions += 1;
        let (_, row) = self.store.rows().find(|(_, row)| &*row.key().id == id)?;
        let mut entry = Entry::blank(row.key().clone(), row.item().episode);
        entry.version = self.versions;
        entry.acknowledgement = Some(Acknowledgement {
            owner: Owner::new(if ben { "ben" } else { "ana" }, "arn"),
            session: "s".into(),
            at: at(NOW),
            severity: Severity::Critical,
            end: End::At(at(NOW + 900 + i64::from(ben))),
            note: None,
            ticket: None,
            released: None,
        });
        Some(Arc::new(entry))
    }
}

/// Folds by their definition, with the one thing that they remember: when those began and ended that stood before.
#[derive(Default)]
struct Defined {
    stood: Vec<((u64, u16), Timestamp, Timestamp)>,
}

impl Defined {
    fn folds(&mut self, store: &Store, rows: &[RowId]) -> BTreeSet<BTreeSet<RowId>> {
        let mut groups: BTreeMap<(u64, u16), Vec<(Timestamp, RowId)>> = BTreeMap::new();
        for id in rows {
            let row = store.row(*id).unwrap();
            if row.is_open() && !row.item().opened.is_unknown() {
                let key = (likeness(row.item()), class(row));
                groups
                    .entry(key)
                    .or_default()
                    .push((row.item().opened, *id));
            }
        }
        let mut folds = BTreeSet::new();
        let mut standing = Vec::new();
        for (key, mut members) in groups {
            members.sort();
            let stood: Vec<_> = self.stood.iter().filter(|(k, ..)| *k == key).collect();
            let together = |a: Timestamp, b: Timestamp| {
                b.since(a) <= GAP || stood.iter().any(|(_, from, to)| *from <= a && b <= *to)
            };
            for storm in members.chunk_by(|a, b| together(a.0, b.0)) {
                let (from, to) = (storm[0].0, storm[storm.len() - 1].0);
                let stands = stood.iter().any(|(_, a, b)| *a <= to && from <= *b);
                if storm.len() >= LEAST || (stands && storm.len() * 2 >= LEAST && storm.len() > 1) {
                    standing.push((key, from, to));
                    folds.insert(storm.iter().map(|(_, id)| *id).collect());
                }
            }
        }
        self.stood = standing;
        folds
    }
}

/// Everything that holds of the lines of an answer, however they came about; gives the folds.
fn lawful(
    projection: &Projection,
    store: &Store,
) -> Result<BTreeSet<BTreeSet<RowId>>, TestCaseError> {
    let mut seen = BTreeSet::new();
    let mut folds = BTreeSet::new();
    let mut last = None;
    let mut index = 0;
    while let Some(line) = projection.line(index) {
        match line {
            Line::Row(id) => {
                prop_assert!(seen.insert(id), "{id:?} stands twice");
                prop_assert_eq!(projection.line_of(id), Some(index));
                prop_assert!(projection.position(id) > last, "out of order");
                last = projection.position(id);
                prop_assert!(projection.fold_of(id).is_none());
            }
            Line::Member(_) => prop_assert!(false, "a member without its fold"),
            Line::Fold(fold) => {
                let mut members: Vec<RowId> = projection.members(fold).collect();
                members.sort_by_key(|id| projection.position(*id));
                let places: Vec<_> = members.iter().map(|id| projection.position(*id)).collect();
                prop_assert!(
                    places[0] > last,
                    "a fold stands where its first member would"
                );
                last = places[0];
                prop_assert_eq!(fold.lead(), members[0]);
                prop_assert_eq!(fold.len(), members.len());
                prop_assert_eq!(
                    projection.fold(&fold.key()).map(|(_, line)| line),
                    Some(index)
                );
                for id in &members {
                    prop_assert!(seen.insert(*id), "{id:?} stands twice");
                    prop_assert_eq!(projection.fold_of(*id).map(Fold::key), Some(fold.key()));
                }
                summed(fold, &members, store)?;
                folds.insert(members.iter().copied().collect());
                for id in members {
                    if fold.is_open() {
                        index += 1;
                        let below = projection.line(index);
                        prop_assert!(matches!(below, Some(Line::Member(it)) if it == id));
                        prop_assert_eq!(projection.line_of(id), Some(index));
                    } else {
                        prop_assert_eq!(projection.line_of(id), None);
                    }
                }
            }
        }
        index += 1;
    }
    prop_assert_eq!(index, projection.lines());
    // Totals count items, not rows.
    prop_assert_eq!(seen.len(), projection.len());
    prop_assert_eq!(seen, projection.rows().iter().copied().collect());
    Ok(folds)
}

/// What a fold tells of its members is so.
fn summed(fold: &Fold, members: &[RowId], store: &Store) -> Result<(), TestCaseError> {
    let rows: Vec<_> = members.iter().map(|id| store.row(*id).unwrap()).collect();
    for row in &rows {
        // Nothing worse is hidden, and it is NEW or ACK as a whole.
        prop_assert_eq!(row.severity(), fold.severity());
        prop_assert_eq!(row.state(), rows[0].state());
        prop_assert!(row.is_open());
        for mark in row.marks().iter() {
            prop_assert!(fold.marks.contains(mark));
        }
    }
    let scopes = || rows.iter().map(|row| row.key().scope);
    let accounts: BTreeSet<_> = scopes().map(|scope| scope.account).collect();
    let regions: BTreeSet<_> = scopes().map(|scope| scope.region).collect();
    prop_assert_eq!(
        (fold.accounts, fold.regions),
        (accounts.len(), regions.len())
    );
    let opened = || rows.iter().map(|row| row.item().opened);
    prop_assert_eq!(Some(fold.oldest), opened().min());
    prop_assert_eq!(Some(fold.newest), opened().max());
    prop_assert_eq!(fold.severities.iter().sum::<usize>(), rows.len());
    let owners: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.state() == State::Acknowledged)
        .map(|row| row.entry().unwrap().held().unwrap().owner.operator.clone())
        .collect();
    prop_assert_eq!(fold.is_uniform, owners.len() < 2);
    let ends = rows
        .iter()
        .filter(|row| row.state() == State::Acknowledged)
        .map(|row| row.entry().unwrap().held().unwrap().end.until());
    prop_assert_eq!(fold.until, ends.min().unwrap_or(Timestamp::ZERO));
    Ok(())
}

fn query(folding: Folding, narrow: bool) -> Query {
    Query {
        fold: folding,
        include: Include::All,
        filter: Filter::parse(if narrow { "-region:us-*" } else { "" }).unwrap(),
        ..Query::queue()
    }
}

fn fold_numbered(projection: &Projection, number: usize) -> Option<FoldKey> {
    let lines = (0..projection.lines()).filter_map(|index| projection.line(index));
    let mut folds = lines.filter_map(|line| match line {
        Line::Fold(fold) => Some(fold.key()),
        Line::Row(_) | Line::Member(_) => None,
    });
    folds.nth(number)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever happens, one by one or in floods: the folds are those of the definition, and folding changes neither
    /// rows nor totals.
    #[test]
    fn folds_kept_up_to_date_are_folds_made_from_nothing(
        changes in prop::collection::vec(change(), 1..30), at_once in 1usize..12
    ) {
        let mut world = World::new();
        let mut projection = Projection::new(query(Folding::Storms(LEAST), false));
        projection.at_once = at_once;
        let mut plain = Projection::new(query(Folding::Off, false));
        let mut defined = Defined::default();
        for change in &changes {
            let noted = world.drive(change);
            projection.note(&world.store, &noted);
            plain.note(&world.store, &noted);
            match change {
                Change::Ask(narrow) => {
                    let asked = query(Folding::Storms(LEAST), *narrow);
                    if *projection.query() != asked {
                        defined.stood.clear();
                    }
                    projection.ask(asked);
                    plain.ask(query(Folding::Off, *narrow));
                }
                Change::Toggle(number) => {
                    if let Some(key) = fold_numbered(&projection, *number) {
                        let was = projection.fold(&key).unwrap().0.is_open();
                        projection.toggle(&key);
                        prop_assert_eq!(projection.fold(&key).unwrap().0.is_open(), !was);
                    }
                }
                _ => {}
            }
            projection.refresh_fully(&world.store, at(NOW));
            plain.refresh_fully(&world.store, at(NOW));
            let folds = lawful(&projection, &world.store)?;
            prop_assert_eq!(&folds, &defined.folds(&world.store, projection.rows()));
            prop_assert_eq!(projection.rows(), plain.rows());
            prop_assert_eq!(projection.counts(), plain.counts());
            prop_assert_eq!(plain.lines(), plain.len());
        }
    }

    /// What is visible while a new answer is being found can be looked up, and hides nothing.
    #[test]
    fn between_two_slices_every_row_is_still_on_one_line(
        changes in prop::collection::vec(change(), 1..20), budget in 1usize..40, by_account in any::<bool>()
    ) {
        let mut world = World::new();
        let folding = if by_account { Folding::By(Common::Account) } else { Folding::Storms(2) };
        let mut projection = Projection::new(query(folding.clone(), false));
        projection.at_once = 3;
        for change in &changes {
            let noted = world.drive(change);
            projection.note(&world.store, &noted);
            if let Change::Ask(narrow) = change {
                projection.ask(query(folding.clone(), *narrow));
            }
            projection.refresh(&world.store, at(NOW), &mut { budget });
            let mut seen = 0;
            for index in 0..projection.lines() {
                match projection.line(index) {
                    Some(Line::Row(id)) => {
                        seen += 1;
                        prop_assert_eq!(projection.line_of(id), Some(index));
                    }
                    Some(Line::Fold(fold)) => {
                        seen += fold.len();
                        prop_assert_eq!(projection.fold(&fold.key()).map(|(_, line)| line), Some(index));
                    }
                    Some(Line::Member(_)) => {}
                    None => prop_assert!(false, "line {} is missing", index),
                }
            }
            prop_assert_eq!(seen, projection.len());
        }
    }

    /// Grouping puts every row into the one group that it belongs to.
    #[test]
    fn groups_hold_what_they_have_in_common(changes in prop::collection::vec(change(), 1..20)) {
        let mut world = World::new();
        let by = Common::Account;
        let mut projection = Projection::new(query(Folding::By(by.clone()), false));
        for change in &changes {
            let noted = world.drive(change);
            projection.note(&world.store, &noted);
            projection.refresh_fully(&world.store, at(NOW));
            let roster = world.store.roster();
            let mut accounts = BTreeSet::new();
            let mut held = 0;
            for index in 0..projection.lines() {
                let Some(Line::Fold(fold)) = projection.line(index) else {
                    prop_assert!(false, "a row by itself");
                    continue;
                };
                let of = |id: RowId| by.of(world.store.row(id).unwrap(), roster);
                let account = of(fold.lead());
                prop_assert!(accounts.insert(account.clone()), "two groups of one account");
                held += fold.len();
                for id in projection.members(fold) {
                    prop_assert_eq!(of(id), account.clone());
                    let row = world.store.row(id).unwrap();
                    prop_assert!(!row.is_open() || row.severity() <= fold.severity());
                }
            }
            prop_assert_eq!(held, projection.len());
        }
    }
}

/// A store with alarms of one metric that began at these seconds.
fn storm(began: &[i64]) -> (Store, Projection) {
    let mut world = World::new();
    let items = began.iter().enumerate().map(|(number, began)| {
        let mut item = world::alarm(&format!("i{number}"), Alarm, *began);
        item.key.scope = scope(111_111_111_111, "eu-west-1");
        item
    });
    world
        .store
        .apply(batch(alarms(), 0, NOW, changed(items.collect::<Vec<_>>())));
    let mut projection = Projection::new(query(Folding::Storms(LEAST), false));
    projection.refresh_fully(&world.store, at(NOW));
    (world.store, projection)
}

fn go(store: &mut Store, projection: &mut Projection, body: Body) {
    let changes = store.apply(batch(alarms(), 0, NOW, body));
    projection.note(store, &changes);
    projection.refresh_fully(store, at(NOW));
}

fn without(numbers: &[usize]) -> Body {
    Body::Changed {
        upserts: vec![],
        removed: numbers.iter().map(|n| format!("i{n}").into()).collect(),
    }
}

/// The sizes of the folds, in order, and how many rows stand by themselves. What is gone is kept as CLEAR for a while.
fn shape(projection: &Projection, store: &Store) -> (Vec<usize>, usize) {
    let mut sizes = Vec::new();
    let mut alone = 0;
    for index in 0..projection.lines() {
        match projection.line(index) {
            Some(Line::Fold(fold)) => sizes.push(fold.len()),
            Some(Line::Row(id)) if store.row(id).is_some_and(Row::is_open) => alone += 1,
            _ => {}
        }
    }
    (sizes, alone)
}

#[test]
fn a_quiet_desk_has_no_folds() {
    let (store, projection) = storm(&[0, 100, 200]);
    assert_eq!(
        shape(&projection, &store),
        (vec![], 3),
        "three are no storm"
    );
    let (store, projection) = storm(&[0, 700, 1_400, 2_100, 2_800]);
    assert_eq!(
        shape(&projection, &store),
        (vec![], 5),
        "nor is one now and then"
    );
}

#[test]
fn what_began_long_before_a_storm_stands_by_itself() {
    let (store, projection) = storm(&[0, 5_000, 5_060, 5_120, 5_600]);
    assert_eq!(shape(&projection, &store), (vec![4], 1));
}

#[test]
fn a_fold_that_stands_stays_until_half_of_a_storm_is_left() {
    let (mut store, mut projection) = storm(&[0, 10, 20, 30]);
    assert_eq!(shape(&projection, &store), (vec![4], 0));
    go(&mut store, &mut projection, without(&[1]));
    assert_eq!(shape(&projection, &store), (vec![3], 0));
    go(&mut store, &mut projection, without(&[0]));
    assert_eq!(shape(&projection, &store), (vec![2], 0));
    go(&mut store, &mut projection, without(&[3]));
    assert_eq!(shape(&projection, &store), (vec![], 1));
    // From here on it takes a whole storm again.
    let back = [40, 50].map(|began| world::alarm(&format!("n{began}"), Alarm, began));
    go(&mut store, &mut projection, changed(back));
    assert_eq!(shape(&projection, &store), (vec![], 3));
}

#[test]
fn a_fold_is_not_torn_where_a_row_in_its_middle_clears() {
    let (mut store, mut projection) = storm(&[0, 500, 1_000, 1_500, 2_000]);
    assert_eq!(shape(&projection, &store), (vec![5], 0));
    let key = fold_numbered(&projection, 0).unwrap();
    go(&mut store, &mut projection, without(&[2]));
    assert_eq!(shape(&projection, &store), (vec![4], 0));
    assert!(fold_numbered(&projection, 0).unwrap().is_same(&key));
}

#[test]
fn a_fold_is_known_again_while_it_grows_and_shrinks_but_not_as_another_storm() {
    let (mut store, mut projection) = storm(&[0, 10, 20, 30]);
    let key = fold_numbered(&projection, 0).unwrap();
    let later = (0..4).map(|n| world::alarm(&format!("l{n}"), Alarm, 500 + n));
    go(
        &mut store,
        &mut projection,
        changed(later.collect::<Vec<_>>()),
    );
    assert_eq!(projection.fold(&key).unwrap().0.len(), 8);
    go(&mut store, &mut projection, without(&[0, 1, 2]));
    assert!(projection.fold(&key).is_some());
    // All that it was is over; hours later it blows again.
    go(&mut store, &mut projection, without(&[3]));
    let again = (0..4).map(|n| world::alarm(&format!("m{n}"), Alarm, 20_000 + n));
    go(
        &mut store,
        &mut projection,
        changed(again.collect::<Vec<_>>()),
    );
    assert!(projection.fold(&key).is_none());
    assert_eq!(shape(&projection, &store).0.len(), 2);
}

#[test]
fn another_order_leaves_the_fold_at_its_first_row() {
    let (store, mut projection) = storm(&[30, 20, 10, 0]);
    projection.ask(Query {
        sort: vec![SortKey::down(Column::Name)],
        ..projection.query().clone()
    });
    assert_eq!(
        projection.refresh(&store, at(NOW), &mut { usize::MAX }),
        Progress::Done
    );
    let Some(Line::Fold(fold)) = projection.line(0) else {
        panic!("a fold stands first");
    };
    assert_eq!(&*store.row(fold.lead()).unwrap().key().id, "i3");
}

#[test]
fn nothing_is_alike_that_says_something_else() {
    let like = |change: fn(&mut Item)| {
        let mut item = alarm(
            0,
            How {
                began: 1,
                state: 7,
                severity: false,
            },
        );
        change(&mut item);
        likeness(&record(item).item)
    };
    let plain = like(|_| {});
    assert_eq!(plain, like(|item| item.name = "another".into()));
    assert_eq!(plain, like(|item| item.severity = Severity::Low));
    fn terms(item: &mut Item) -> &mut crate::domain::alarm::AlarmTerms {
        let Detail::Alarm(alarm) = &mut item.detail else {
            panic!("an alarm");
        };
        Arc::make_mut(&mut alarm.terms)
    }
    assert_eq!(plain, like(|item| terms(item).threshold = Some(50.0)));
    assert_ne!(
        plain,
        like(|item| terms(item).threshold = Some(0.0)),
        "any at all"
    );
    assert_ne!(
        plain,
        like(|item| terms(item).comparison = Some("LessThanThreshold".into()))
    );
    assert_ne!(
        plain,
        like(|item| if let Detail::Alarm(alarm) = &mut item.detail {
            alarm.dimensions = [("DBInstanceIdentifier".into(), "ledger".into())].into();
        }),
        "the processor of a database is not that of a host"
    );
}
