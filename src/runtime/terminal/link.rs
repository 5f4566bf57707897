//! Links in the terminal's own sense (OSC 8): a piece of a line that opens a page when it is clicked.
//!
//! Terminals that know no links show the text alone, as do tmux before 3.4 and GNU screen. The form is that of
//! <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::glyph::Glyph;

/// The longest address that is sent; VTE takes no longer one.
const ADDRESS_MAX: usize = 2083;

/// A piece of a line that leads to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The line.
    pub row: u16,
    /// Its columns.
    pub columns: Range<u16>,
    /// Where it leads: printable ASCII without blanks, as an encoded URL is, or the link is left out.
    pub address: String,
}

/// The links of a frame, by a number that stays the same from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<(u32, Link)>);

impl Links {
    pub(super) fn new(links: Vec<Link>) -> Self {
        let can_be_sent = |link: &Link| {
            link.address.len() <= ADDRESS_MAX && link.address.bytes().all(|b| b.is_ascii_graphic())
        };
        Self(
            links
                .into_iter()
                .filter(can_be_sent)
                .map(|link| (number(&link.address), link))
                .collect(),
        )
    }

    /// Puts the links of a row onto its glyphs.
    pub(super) fn put(&self, y: u16, row: &mut [Glyph]) {
        for (number, link) in self.0.iter().filter(|(_, link)| link.row == y) {
            let columns = usize::from(link.columns.start)..usize::from(link.columns.end);
            for glyph in row.iter_mut().take(columns.end).skip(columns.start) {
                glyph.link = *number;
            }
        }
    }

    /// Appends what begins this link, or ends the one that has begun for 0.
    pub(super) fn change(&self, number: u32, out: &mut Vec<u8>) {
        let address = self.0.iter().find(|(n, _)| *n == number);
        out.extend_from_slice(b"\x1b]8;;");
        out.extend_from_slice(address.map_or(b"".as_slice(), |(_, link)| link.address.as_bytes()));
        out.extend_from_slice(b"\x1b\\");
    }
}

/// Never 0, which is no link.
fn number(address: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
    u32::from_be_bytes([a, b, c, d]).max(1)
}
