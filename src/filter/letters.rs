//! What letters are in an item's texts: a small set that says of most words that they are nowhere in it, without a look
//! at the texts.
//!
//! Texts lie scattered in memory, six to an item; these sets lie side by side, sixty-four bytes each, a line of the cache.
//! One letter or digit is known for certain; of other characters, and of what stands side by side, only a hash is kept,
//! so that a set may hold a word that is not there, never the other way round.

use super::Subject;
use super::test::texts;
use super::text::{Needle, fold};

/// Letters and digits of ASCII, which have bits of their own.
const CERTAIN: u32 = 36;
/// The bits of single characters; what has none of its own shares the rest.
const SINGLES: u32 = 64;
/// The bits of two characters side by side.
const PAIRS: u32 = 448;
/// The bits in a word of the set.
const WORD: u32 = u64::BITS;
/// The words of a set.
const WORDS: usize = ((SINGLES + PAIRS) / WORD) as usize;

/// A set of characters, and of two characters side by side, folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Letters([u64; WORDS]);

/// Whether a word occurs, as far as its letters tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The texts have to be looked at.
    Maybe,
}

impl Letters {
    /// Of no text.
    pub const NONE: Self = Self([0; WORDS]);

    /// Of everything in which a word is looked for.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Self {
        let mut letters = Self::NONE;
        for text in texts(subject) {
            letters.put(text);
        }
        super::test::with_account_text(subject.item.key.scope.account, |digits| {
            letters.put(digits);
        });
        letters
    }

    /// Of one text, folded already.
    pub(super) fn of_folded(text: &str) -> Self {
        let mut letters = Self::NONE;
        letters.put(text);
        letters
    }

    /// Adds a text. This is done for every change of every row, and most of any text is ASCII.
    fn put(&mut self, text: &str) {
        let mut before = None;
        let mut at = 0;
        while let Some(byte) = text.as_bytes().get(at) {
            let byte = *byte as usize;
            if byte < ASCII {
                at += 1;
                self.add(&mut before, FOLDED[byte] as u32);
            } else if let Some(c) = text[at..].chars().next() {
                at += c.len_utf8();
                for c in fold(c) {
                    self.add(&mut before, u32::from(c));
                }
            }
        }
    }

    /// Adds a folded character behind another one of the same text.
    fn add(&mut self, before: &mut Option<u32>, c: u32) {
        self.0[0] |= 1 << single(c);
        if let Some(before) = *before {
            let (word, bit) = pair(before, c);
            self.0[word] |= bit;
        }
        *before = Some(c);
    }

    /// Whether the needle occurs in the texts that these are the letters of.
    pub(super) fn tell(&self, needle: &Needle) -> Told {
        let wanted = needle.letters();
        if self
            .0
            .iter()
            .zip(wanted.0)
            .any(|(has, wants)| wants & !has != 0)
        {
            return Told::No;
        }
        let mut chars = needle.as_str().chars();
        match (chars.next(), chars.next()) {
            (None, _) => Told::Yes,
            (Some(c), None) if single(u32::from(c)) < CERTAIN => Told::Yes,
            _ => Told::Maybe,
        }
    }
}

/// The bit of a character.
const fn single(c: u32) -> u32 {
    if c < ASCII as u32 {
        SINGLE[c as usize] as u32
    } else {
        CERTAIN + c % (SINGLES - CERTAIN)
    }
}

const ASCII: usize = 128;

/// The bits of ASCII.
const SINGLE: [u8; ASCII] = {
    let mut bits = [0; ASCII];
    let mut c = 0;
    while c < ASCII {
        bits[c] = match c as u8 {
            c @ b'a'..=b'z' => c - b'a',
            c @ b'0'..=b'9' => c - b'0' + 26,
            c => CERTAIN as u8 + c % (SINGLES - CERTAIN) as u8,
        };
        c += 1;
    }
    bits
};

/// ASCII, folded.
const FOLDED: [u8; ASCII] = {
    let mut folded = [0; ASCII];
    let mut c = 0;
    while c < ASCII {
        folded[c] = (c as u8).to_ascii_lowercase();
        c += 1;
    }
    folded
};

/// The word of two characters side by side, and the bit in it.
const fn pair(a: u32, b: u32) -> (usize, u64) {
    // Multiplied by the golden ratio, the upper bits depend on all of both.
    let mixed = a
        .wrapping_mul(0x0101)
        .wrapping_add(b)
        .wrapping_mul(0x9e37_79b9);
    // The upper half chooses the word, six bits below it the bit.
    let word = 1 + (mixed >> 16) as usize * (WORDS - 1) / (1 << 16);
    (word, 1 << (mixed >> 10 & (WORD - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(texts: &[String]) -> Letters {
        let mut letters = Letters::NONE;
        for text in texts {
            letters.put(text);
        }
        letters
    }

    proptest! {
        #[test]
        fn what_letters_tell_is_true(texts in proptest::collection::vec("[a-dA-D0-1ß-ïİςσΣ\u{212a}k -]{0,12}", 0..4), word in "[a-dA-D0-1ß-ïİςσΣk-]{0,3}") {
            let needle = Needle::new(&word);
            let occurs = texts.iter().any(|text| needle.is_in(text));
            match letters(&texts).tell(&needle) {
                Told::Yes => prop_assert!(occurs || word.is_empty()),
                Told::No => prop_assert!(!occurs),
                Told::Maybe => {}
            }
        }
    }

    #[test]
    fn one_letter_is_known_for_certain_and_most_words_that_are_not_there_as_well() {
        let texts = [
            "payments-prod-latency-p99".to_owned(),
            "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:payments-prod-latency-p99".to_owned(),
        ];
        let letters = letters(&texts);
        assert_eq!(letters.tell(&Needle::new("P")), Told::Yes);
        assert_eq!(letters.tell(&Needle::new("j")), Told::No);
        let absent = [
            "disk", "ledger", "queue", "invoices", "5xx", "web", "ptno", "proda",
        ];
        let found = absent
            .iter()
            .filter(|word| letters.tell(&Needle::new(word)) == Told::No);
        assert!(found.count() >= absent.len() - 1);
    }
}
