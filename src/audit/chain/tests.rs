//! Whatever is done to a journal from outside is found, and the entry is named.

use super::*;
use proptest::prelude::*;

fn written(count: u64) -> (Vec<Entry>, BTreeMap<u64, Hash>) {
    let mut entries: Vec<Entry> = Vec::new();
    for seq in 1..=count {
        let prev = entries.last().map_or(Hash::NONE, |e| e.hash);
        let mut entry = Entry {
            seq,
            at: 1_795_000_000_000 + seq.cast_signed() * 7,
            kind: if seq % 2 == 1 { "intent" } else { "outcome" }.to_owned(),
            intent: format!("i{}", seq.div_ceil(2)),
            body: format!("{{\"n\":{seq}}}"),
            prev,
            hash: Hash::NONE,
        };
        entry.hash = entry.seal();
        entries.push(entry);
    }
    let heads = entries.iter().map(|e| (e.seq, e.hash)).collect();
    (entries, heads)
}

/// Computes every hash anew, as somebody would who knows how.
fn resealed(mut entries: Vec<Entry>) -> Vec<Entry> {
    let mut prev = Hash::NONE;
    for entry in &mut entries {
        entry.prev = prev;
        entry.hash = entry.seal();
        prev = entry.hash;
    }
    entries
}

fn renumbered(mut entries: Vec<Entry>) -> Vec<Entry> {
    for (entry, seq) in entries.iter_mut().zip(1..) {
        entry.seq = seq;
    }
    entries
}

#[test]
fn a_journal_that_nobody_touched_has_no_flaws() {
    for count in [0, 1, 2, 50] {
        let (entries, heads) = written(count);
        assert_eq!(verify(&entries, &heads), []);
    }
}

#[test]
fn the_list_of_hashes_may_lag_behind_by_one_write() {
    let (entries, mut heads) = written(9);
    heads.retain(|seq, _| *seq <= 6);
    assert_eq!(verify(&entries, &heads), []);
    // What came after the list's end is still held by the chain.
    let mut edited = entries;
    edited[7].body.push(' ');
    assert_eq!(verify(&edited, &heads), [Flaw::Edited(8)]);
}

#[test]
fn a_list_of_hashes_that_is_gone_is_said() {
    let (entries, _) = written(3);
    assert_eq!(verify(&entries, &BTreeMap::new()), [Flaw::Unwitnessed(1)]);
    assert_eq!(verify(&[], &BTreeMap::new()), []);
}

#[test]
fn an_entry_that_stands_elsewhere_is_told_from_an_edited_one() {
    let (mut entries, heads) = written(6);
    entries.swap(1, 4);
    let swapped = renumbered(entries);
    let flaws = verify(&swapped, &heads);
    assert!(flaws.contains(&Flaw::Moved { at: 2, was: 5 }), "{flaws:?}");
    assert!(flaws.contains(&Flaw::Moved { at: 5, was: 2 }), "{flaws:?}");
}

#[test]
fn flaws_read_as_sentences() {
    assert_eq!(Flaw::Edited(4).to_string(), "entry 4 was edited");
    let cut = Flaw::CutOff { from: 8, to: 9 };
    assert_eq!(cut.to_string(), "entries 8 to 9, the last, were cut off");
}

proptest! {
    #[test]
    fn every_edit_is_found_and_named(count in 1u64..30, at in any::<prop::sample::Index>(), what in 0..4) {
        let (mut entries, heads) = written(count);
        let at = at.index(entries.len());
        let entry = &mut entries[at];
        match what {
            0 => entry.body.push('x'),
            1 => entry.at += 1,
            2 => entry.kind = "refusal".to_owned(),
            _ => entry.intent.push('x'),
        }
        prop_assert_eq!(verify(&entries, &heads), vec![Flaw::Edited(at as u64 + 1)]);
    }

    #[test]
    fn every_edit_is_found_even_when_all_hashes_are_computed_anew(count in 1u64..30, at in any::<prop::sample::Index>()) {
        let (mut entries, heads) = written(count);
        let at = at.index(entries.len());
        entries[at].body.push('x');
        let flaws = verify(&resealed(entries), &heads);
        prop_assert!(flaws.contains(&Flaw::Edited(at as u64 + 1)), "{:?}", flaws);
        // Nothing before it is accused.
        prop_assert!(flaws.iter().all(|f| !matches!(f, Flaw::Edited(seq) if *seq <= at as u64)));
    }

    #[test]
    fn every_removal_is_found_and_named(count in 2u64..30, at in any::<prop::sample::Index>(), renumber in any::<bool>()) {
        let (mut entries, heads) = written(count);
        // The last one would be cut off, not removed.
        let at = at.index(entries.len() - 1);
        entries.remove(at);
        let entries = if renumber { renumbered(entries) } else { entries };
        prop_assert_eq!(verify(&entries, &heads), vec![Flaw::Removed(at as u64 + 1)]);
    }

    #[test]
    fn every_cut_is_found_and_measured(count in 1u64..30, keep in any::<prop::sample::Index>()) {
        let (mut entries, heads) = written(count);
        let keep = keep.index(entries.len());
        entries.truncate(keep);
        prop_assert_eq!(verify(&entries, &heads), vec![Flaw::CutOff { from: keep as u64 + 1, to: count }]);
    }

    #[test]
    fn every_reordering_is_found(count in 2u64..30, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (mut entries, heads) = written(count);
        let (a, b) = (a.index(entries.len()), b.index(entries.len()));
        prop_assume!(a != b);
        entries.swap(a, b);
        let flaws = verify(&renumbered(entries), &heads);
        let moved = flaws.iter().any(|f| matches!(f, Flaw::Moved { .. }));
        prop_assert!(moved, "{:?}", flaws);
    }

    #[test]
    fn an_entry_that_was_slipped_in_is_found(count in 1u64..30, at in any::<prop::sample::Index>()) {
        let (mut entries, heads) = written(count);
        let at = at.index(entries.len());
        let mut extra = entries[at].clone();
        extra.body.push('x');
        extra.hash = extra.seal();
        entries.insert(at, extra);
        let flaws = verify(&renumbered(entries), &heads);
        prop_assert!(!flaws.is_empty());
    }

    #[test]
    fn hashes_are_read_as_they_are_written(text in any::<String>()) {
        let hash = Hash::parse(&digest(&text)).unwrap();
        prop_assert_eq!(hash.to_string(), digest(&text));
    }
}
