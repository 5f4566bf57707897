//! Scripts of (milliseconds, bytes) and the events they must give.

use proptest::prelude::*;

use super::*;

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Plays reads at their times, with every deadline in between, then waits until nothing is pending.
fn play(script: &[(u64, &[u8])]) -> Vec<TermEvent> {
    let mut stream = Stream::default();
    let mut out = Vec::new();
    for &(at, bytes) in script {
        while let Some(deadline) = stream.deadline().filter(|&d| d < ms(at)) {
            stream.expire(deadline, &mut out);
        }
        stream.feed(ms(at), bytes, &mut out);
    }
    while let Some(deadline) = stream.deadline() {
        stream.expire(deadline, &mut out);
    }
    assert!(stream.pending.is_empty() && stream.burst.keys.is_empty() && stream.paste.is_none());
    out
}

/// The same as words.
fn words(script: &[(u64, &[u8])]) -> Vec<String> {
    play(script)
        .into_iter()
        .map(|event| match event {
            TermEvent::Key(chord) => chord.to_string(),
            TermEvent::Paste(paste) => format!("paste {:?}", paste.text),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn an_arrow_torn_in_two_is_an_arrow() {
    assert_eq!(words(&[(0, b"\x1b"), (49, b"[A")]), ["up"]);
    assert_eq!(words(&[(0, b"\x1b["), (200, b"A")]), ["up"]);
    assert_eq!(
        words(&[(0, b"\x1b"), (30, b"["), (60, b"1;5"), (200, b"B")]),
        ["ctrl-down"]
    );
    assert_eq!(words(&[(0, b"\x1b"), (40, b"O"), (80, b"A")]), ["up"]);
}

#[test]
fn a_tail_that_comes_late_still_presses_no_letter() {
    assert_eq!(words(&[(0, b"\x1b"), (51, b"[A")]), ["esc", "up"]);
    assert_eq!(
        words(&[(0, b"\x1b"), (90, b"["), (130, b"B")]),
        ["esc", "down"]
    );
    assert_eq!(words(&[(0, b"\x1b"), (200, b"OA")]), ["esc", "up"]);
    assert_eq!(words(&[(0, b"\x1b"), (200, b"[6~")]), ["esc", "pagedown"]);
}

#[test]
fn what_was_typed_after_escape_stays_typed() {
    assert_eq!(words(&[(0, b"\x1b"), (120, b"[")]), ["esc", "["]);
    assert_eq!(
        words(&[(0, b"\x1b"), (120, b"O"), (300, b"k")]),
        ["esc", "O", "k"]
    );
    assert_eq!(words(&[(0, b"\x1b"), (120, b"Ok")]), ["esc", "O", "k"]);
    assert_eq!(words(&[(0, b"\x1b"), (300, b"[A")]), ["esc", "[", "A"]);
    assert_eq!(
        words(&[(0, b"\x1b"), (60, b"j"), (70, b"[A")]),
        ["esc", "j", "[", "A"]
    );
    assert_eq!(words(&[(0, b"\x1b"), (300, b"\x1b")]), ["esc", "esc"]);
    assert_eq!(words(&[(0, b"\x1b\x1b")]), ["esc", "esc"]);
    assert_eq!(words(&[(0, b"\x1b["), (900, b"j")]), ["alt-[", "j"]);
    assert_eq!(words(&[(0, b"\x1bj")]), ["alt-j"]);
}

#[test]
fn half_a_sequence_is_dropped_and_acts_on_nothing() {
    assert_eq!(words(&[(0, b"\x1b[1;"), (900, b"j")]), ["j"]);
    assert_eq!(words(&[(0, b"\x1b]11;rgb:ff"), (3000, b"j")]), ["j"]);
    assert_eq!(words(&[(0, b"\xe2\x82"), (900, b"j")]), ["j"]);
}

#[test]
fn hands_and_short_scripts_press_keys() {
    assert_eq!(words(&[(0, b"g"), (1, b"g")]), ["g", "g"]);
    assert_eq!(
        words(&[(0, b":quit\r")]),
        [":", "q", "u", "i", "t", "enter"]
    );
    let repeat: Vec<(u64, &[u8])> = (0..50).map(|n| (n * 10, b"j".as_slice())).collect();
    assert_eq!(words(&repeat), vec!["j"; 50]);
}

#[test]
fn one_key_is_not_held_back() {
    let mut stream = Stream::default();
    let mut out = Vec::new();
    stream.feed(ms(5), b"j", &mut out);
    assert_eq!(out, [TermEvent::Key(Chord::char('j'))]);
    assert_eq!(stream.deadline(), None);
    stream.feed(ms(40), b"\x1b[B", &mut out);
    assert_eq!(out.len(), 2);
}

#[test]
fn text_faster_than_hands_is_a_paste() {
    assert_eq!(
        words(&[(0, b"aaezx:quit\rU\tok")]),
        ["paste \"aaezx:quit\\nU\\tok\""]
    );
    assert_eq!(
        words(&[(0, b"disk f"), (3, b"ull on etl"), (30, b"-3")]),
        ["paste \"disk full on etl-3\""]
    );
    assert_eq!(
        words(&[(0, b"zzzzzzzzzz\x1b[A"), (500, b"j")]),
        ["paste \"zzzzzzzzzz\"", "up", "j"]
    );
    assert_eq!(
        words(&[(0, "ünïcödé täxt".as_bytes())]),
        ["paste \"ünïcödé täxt\""]
    );
}

#[test]
fn a_bracketed_paste_is_text_whatever_it_contains() {
    assert_eq!(words(&[(0, b"\x1b[200~a\x1b[201~")]), ["paste \"a\""]);
    assert_eq!(
        words(&[(0, b"\x1b[200~x\r\ny\rz\x1b[2J\x07\x1b[201~j")]),
        ["paste \"x\\ny\\nz[2J\"", "j"]
    );
    assert_eq!(
        words(&[(0, b"\x1b[200~ab\x1b[20"), (700, b"1~")]),
        ["paste \"ab\""]
    );
    assert_eq!(words(&[(0, b"\x1b[200~\x1b[201~")]), ["paste \"\""]);
    // The end mark got lost: the keyboard comes back.
    assert_eq!(
        words(&[(0, b"\x1b[200~abc"), (9000, b"j")]),
        ["paste \"abc\"", "j"]
    );
}

#[test]
fn a_huge_paste_is_cut_and_says_so() {
    let mut bytes = b"\x1b[200~".to_vec();
    bytes.resize(PASTE_MAX + 100, b'x');
    bytes.extend(b"\x1b[201~");
    let events = play(&[(0, &bytes)]);
    assert!(matches!(&events[..], [TermEvent::Paste(p)] if p.cut && p.text.len() == PASTE_MAX));
}

/// Pieces that may stand next to each other without changing each other's meaning.
fn piece() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![
        Just(b"\x1b[A".as_slice()),
        Just(b"\x1bOB".as_slice()),
        Just(b"\x1b[1;5C".as_slice()),
        Just(b"\x1b[5~".as_slice()),
        Just(b"\x1b[<0;10;5M".as_slice()),
        Just(b"\x1b[I".as_slice()),
        Just(b"\x1b[?2026;2$y".as_slice()),
        Just(b"\x1b]11;rgb:1111/2222/3333\x1b\\".as_slice()),
        Just(b"\x1b[200~two words\r\nand \x1b[31mmore\x1b[201~".as_slice()),
        Just("é".as_bytes()),
        Just("東".as_bytes()),
        Just(b"\x01".as_slice()),
        Just(b"\x1bx".as_slice()),
        Just(b"j".as_slice()),
        Just(b"\r".as_slice()),
    ]
}

fn is_text_piece(piece: &[u8]) -> bool {
    piece.first().is_some_and(|&b| b != 0x1b && b != 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn splitting_anywhere_in_time_gives_the_same_events(
        pieces in proptest::collection::vec(piece(), 1..12),
        gaps in proptest::collection::vec(0u64..49, 200),
        splits in proptest::collection::vec(any::<bool>(), 200),
    ) {
        // Longer runs of text are a paste when they come at one go and keys when they do not: that is the point.
        let mut run = 0;
        for piece in &pieces {
            run = if is_text_piece(piece) { run + 1 } else { 0 };
            prop_assume!(run <= BURST_MAX);
        }
        let bytes: Vec<u8> = pieces.concat();
        let mut script: Vec<(u64, &[u8])> = Vec::new();
        let (mut at, mut from) = (0, 0);
        for i in 1..=bytes.len() {
            if i == bytes.len() || splits[i % splits.len()] {
                script.push((at, &bytes[from..i]));
                from = i;
                at += gaps[i % gaps.len()];
            }
        }
        prop_assert_eq!(play(&script), play(&[(0, &bytes)]));
    }

    #[test]
    fn any_bytes_at_any_time_leave_nothing_behind_and_paste_nothing_hostile(
        script in proptest::collection::vec((0u64..400, proptest::collection::vec(prop_oneof![Just(0x1b), Just(b'['), Just(b'~'), any::<u8>()], 0..30)), 0..12),
    ) {
        let mut at = 0;
        let script: Vec<(u64, &[u8])> = script.iter().map(|(gap, bytes)| { at += gap; (at, bytes.as_slice()) }).collect();
        for event in play(&script) {
            if let TermEvent::Paste(paste) = event {
                prop_assert!(paste.text.chars().all(|c| matches!(c, '\n' | '\t') || !is_hostile(c)));
            }
        }
    }
}
