use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn texts(buffer: &Buffer) -> Vec<String> {
    buffer
        .iter()
        .map(|line| String::from_utf8_lossy(line.text).into_owned())
        .collect()
}

const ROOMY: Limit = Limit {
    lines: usize::MAX,
    bytes: usize::MAX,
};

#[test]
fn a_late_line_stands_where_its_time_belongs_and_lines_of_one_time_as_they_came() {
    let mut buffer = Buffer::new(ROOMY);
    for (time, text) in [
        (10, "a"),
        (30, "d"),
        (20, "b"),
        (30, "e"),
        (20, "c"),
        (5, "0"),
    ] {
        buffer.push(at(time), OriginId(0), text.as_bytes());
    }
    assert_eq!(texts(&buffer).concat(), "0abcde");
}

#[test]
fn the_oldest_go_first_and_are_counted() {
    let mut buffer = Buffer::new(Limit {
        lines: 3,
        bytes: usize::MAX,
    });
    for n in 0..10 {
        buffer.push(at(n), OriginId(0), format!("line {n}").as_bytes());
    }
    assert_eq!(texts(&buffer), ["line 7", "line 8", "line 9"]);
    assert_eq!(
        buffer.dropped(),
        Dropped {
            lines: 7,
            bytes: 42
        }
    );
    // What is older than all that is kept goes at once, and is counted as well.
    buffer.push(at(0), OriginId(0), b"too late");
    assert_eq!((buffer.len(), buffer.dropped().lines), (3, 8));
}

#[test]
fn a_limit_of_bytes_holds_with_lines_of_any_length() {
    let limit = Limit {
        lines: usize::MAX,
        bytes: 8 << 20,
    };
    let mut buffer = Buffer::new(limit);
    for n in 0..40 {
        let length = [1, 300, 256 * 1024, 1024 * 1024][n % 4];
        buffer.push(at(n as i64), OriginId(0), &vec![b'x'; length]);
        assert!(
            buffer.held() <= limit.bytes + (4 << 20),
            "{}",
            buffer.held()
        );
    }
    assert!(buffer.dropped().bytes > 0);
    let kept: u64 = buffer.iter().map(|line| line.text.len() as u64).sum();
    assert_eq!(
        kept + buffer.dropped().bytes,
        10 * (1 + 300 + 256 * 1024 + 1024 * 1024)
    );
}

#[test]
fn a_line_is_found_by_its_key_until_it_goes() {
    let mut buffer = Buffer::new(Limit {
        lines: 20_000,
        bytes: usize::MAX,
    });
    let keys: Vec<Key> = (0..30_000)
        .map(|n| {
            buffer.push(
                at(n / 100),
                OriginId(n as u32 % 7),
                n.to_string().as_bytes(),
            )
        })
        .collect();
    for (n, key) in keys.iter().enumerate() {
        let found = buffer.find(*key).map(|line| line.text.to_vec());
        let kept = n >= 10_000;
        assert_eq!(found, kept.then(|| n.to_string().into_bytes()), "{n}");
    }
}

#[test]
fn marks_stand_between_lines_and_are_not_counted_as_lost() {
    let mut buffer = Buffer::new(Limit {
        lines: 2,
        bytes: usize::MAX,
    });
    buffer.mark(&Mark {
        kind: MarkKind::Gap,
        at: at(1),
        lasted: Duration::from_secs(3),
        why: "x".into(),
    });
    buffer.push(at(2), OriginId(3), b"y");
    let lines: Vec<_> = buffer
        .iter()
        .map(|line| (line.mark, line.text.to_vec()))
        .collect();
    assert_eq!(
        lines,
        [
            (Some(MarkKind::Gap), b"GAP of 3s: x".to_vec()),
            (None, b"y".to_vec())
        ]
    );
    buffer.push(at(3), OriginId(3), b"z");
    assert_eq!((buffer.len(), buffer.dropped().lines), (2, 0));
}

#[test]
fn older_lines_are_loaded_before_the_rest() {
    let mut buffer = Buffer::new(ROOMY);
    for n in 10_000..20_000 {
        buffer.push(at(n), OriginId(0), b"new");
    }
    for n in 0..10_000 {
        buffer.push(at(n), OriginId(0), b"old");
    }
    let times: Vec<i64> = buffer.iter().map(|line| line.key.at.as_millis()).collect();
    assert_eq!(times, (0..20_000).collect::<Vec<_>>());
    assert_eq!(buffer.get(9_999).unwrap().text, b"old");
    assert_eq!(buffer.get(10_000).unwrap().text, b"new");
}

#[test]
fn what_is_held_is_little_more_than_what_was_written() {
    let mut buffer = Buffer::new(ROOMY);
    let text = [b'x'; 120];
    for n in 0..100_000 {
        buffer.push(at(n), OriginId(0), &text);
    }
    let raw = 100_000 * text.len();
    assert!(buffer.held() * 10 < raw * 13, "{} for {raw}", buffer.held());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes in whatever order: the buffer is the newest of all lines in the order of time, and the rest is counted.
    #[test]
    fn nothing_is_lost_that_is_not_counted(times in prop::collection::vec(0_i64..200, 0..400), lines in 1_usize..300) {
        let mut buffer = Buffer::new(Limit { lines, bytes: usize::MAX });
        // The same as a list, which is slow and plainly right.
        let mut model: Vec<(i64, usize)> = Vec::new();
        for (n, time) in times.iter().enumerate() {
            buffer.push(at(*time), OriginId(0), n.to_string().as_bytes());
            let place = model.partition_point(|(other, _)| other <= time);
            model.insert(place, (*time, n));
            if model.len() > lines {
                model.remove(0);
            }
        }
        let expected: Vec<String> = model.iter().map(|(_, n)| n.to_string()).collect();
        prop_assert_eq!(texts(&buffer), expected);
        prop_assert_eq!(buffer.len() + usize::try_from(buffer.dropped().lines).unwrap(), times.len());
    }
}

/// Blocks are split and filled from the front as well; few large cases reach that.
#[test]
fn many_late_lines_keep_the_order() {
    let mut buffer = Buffer::new(ROOMY);
    let mut time = 1_i64;
    for n in 0..60_000_i64 {
        // A walk that goes back and forth over the same seconds.
        time = (time * 1_103_515_245 + 12_345).rem_euclid(1 << 20);
        buffer.push(at(time), OriginId(0), &n.to_le_bytes());
    }
    let lines: Vec<(Timestamp, u32)> = buffer
        .iter()
        .map(|line| (line.key.at, line.key.seq))
        .collect();
    assert_eq!(lines.len(), 60_000);
    assert!(lines.is_sorted());
}
