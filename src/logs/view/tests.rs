use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;
use crate::logs::buffer::Limit;
use crate::logs::level::Level;
use crate::logs::origin::OriginId;
use crate::logs::sieve::Pattern;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn buffer(lines: &[(i64, u32, &str)]) -> Buffer {
    let mut buffer = Buffer::new(Limit {
        lines: 50_000,
        bytes: usize::MAX,
    });
    for (time, origin, text) in lines {
        buffer.push(at(*time), OriginId(*origin), text.as_bytes());
    }
    buffer
}

fn texts(view: &View, buffer: &Buffer) -> Vec<String> {
    (0..view.len(buffer))
        .map(|n| String::from_utf8_lossy(view.get(buffer, n).unwrap().text).into_owned())
        .collect()
}

fn only(text: &str) -> Sieve {
    let mut sieve = Sieve::default();
    sieve.include(Pattern::text(text));
    sieve
}

#[test]
fn only_what_passes_is_shown_and_what_comes_later_too() {
    let mut buffer = buffer(&[(10, 0, "a x"), (20, 0, "b"), (30, 0, "c x")]);
    let mut view = View::new(only("x"), false);
    assert_eq!(view.step(&buffer, None, &mut 1_000_000), Progress::Done);
    assert_eq!(texts(&view, &buffer), ["a x", "c x"]);
    buffer.push(at(40), OriginId(0), b"d x");
    buffer.push(at(15), OriginId(0), b"late x");
    view.step(&buffer, None, &mut 1_000_000);
    assert_eq!(texts(&view, &buffer), ["a x", "late x", "c x", "d x"]);
}

#[test]
fn the_newest_are_there_at_once_and_the_rest_step_by_step() {
    let lines: Vec<String> = (0..40_000).map(|n| format!("line {n} x")).collect();
    let lines: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(n, text)| (n as i64, 0, text.as_str()))
        .collect();
    let buffer = buffer(&lines);
    let mut view = View::new(only("x"), false);
    assert_eq!(view.step(&buffer, None, &mut 200_000), Progress::More);
    let shown = view.len(&buffer);
    assert!(shown > 1_000 && shown < 20_000, "{shown}");
    assert_eq!(view.get(&buffer, shown - 1).unwrap().text, b"line 39999 x");
    let mut steps = 1;
    while view.step(&buffer, None, &mut 200_000) == Progress::More {
        steps += 1;
    }
    assert!(steps > 4);
    assert_eq!(view.len(&buffer), 40_000);
}

#[test]
fn a_trace_stands_behind_its_first_line_even_between_the_lines_of_others() {
    let buffer = buffer(&[
        (1, 0, "ERROR a failed"),
        (2, 1, "INFO b"),
        (3, 0, "\tat a.b.C"),
        (4, 0, "Caused by: disk"),
        (5, 1, "INFO c"),
        (6, 0, "INFO d"),
    ]);
    let mut view = View::new(Sieve::default(), true);
    view.step(&buffer, None, &mut 1_000_000);
    assert_eq!(
        texts(&view, &buffer),
        ["ERROR a failed", "INFO b", "INFO c", "INFO d"]
    );
    assert_eq!(folded_behind(&buffer, view.get(&buffer, 0).unwrap().key), 2);
    assert_eq!(folded_behind(&buffer, view.get(&buffer, 1).unwrap().key), 0);
    // A match inside the trace shows the trace.
    let mut view = View::new(only("disk"), true);
    view.step(&buffer, None, &mut 1_000_000);
    assert_eq!(texts(&view, &buffer), ["ERROR a failed"]);
}

#[test]
fn the_next_error_is_found_in_both_directions_and_in_steps() {
    let lines: Vec<String> = (0..1_000)
        .map(|n| format!("{} line {n}", if n % 100 == 50 { "ERROR" } else { "INFO" }))
        .collect();
    let lines: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(n, text)| (n as i64, 0, text.as_str()))
        .collect();
    let buffer = buffer(&lines);
    let view = View::default();
    let error = |line: &Line<'_>| line.level >= Level::Error;
    let from = view.get(&buffer, 500).unwrap().key;
    let seek = |direction| match view.seek(&buffer, from, direction, error, &mut 1_000_000) {
        Sought::Found(key) => view.before(&buffer, key),
        other => panic!("{other:?}"),
    };
    assert_eq!((seek(Direction::On), seek(Direction::Back)), (550, 450));
    let first = view.get(&buffer, 50).unwrap().key;
    assert_eq!(
        view.seek(&buffer, first, Direction::Back, error, &mut 1_000_000),
        Sought::None
    );
    let mut at = from;
    let mut steps = 0;
    let found = loop {
        match view.seek(&buffer, at, Direction::On, error, &mut 200) {
            Sought::NotYet(key) => at = key,
            found => break found,
        }
        steps += 1;
    };
    assert!(steps > 5);
    assert_eq!(
        found,
        view.seek(&buffer, from, Direction::On, error, &mut 1_000_000)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However lines come, go and are looked at between: the view is what one looking at the end would give.
    #[test]
    fn looking_in_steps_gives_the_same_as_looking_once(
        pushes in prop::collection::vec((0_i64..100, 0_u32..3, 0_u8..4, 0_usize..400), 1..200),
        lines in 5_usize..200,
        folded in any::<bool>(),
    ) {
        let mut buffer = Buffer::new(Limit { lines, bytes: usize::MAX });
        let mut view = View::new(only("1"), folded);
        for (time, origin, text, budget) in pushes {
            let text = if text == 3 { "\tat 1".to_owned() } else { text.to_string() };
            buffer.push(at(time), OriginId(origin), text.as_bytes());
            view.step(&buffer, None, &mut { budget });
        }
        while view.step(&buffer, None, &mut 1_000) == Progress::More {}
        let mut fresh = View::new(only("1"), folded);
        while fresh.step(&buffer, None, &mut usize::MAX.clone()) == Progress::More {}
        if !folded {
            prop_assert_eq!(texts(&view, &buffer), texts(&fresh, &buffer));
        }
        for number in 0..view.len(&buffer) {
            let line = view.get(&buffer, number).unwrap();
            prop_assert_eq!(view.before(&buffer, line.key), number);
        }
    }
}
