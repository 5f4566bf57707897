//! The difference between two frames, written as the fewest bytes that a terminal understands the same way.
//!
//! ```text
//! frame ── canonical rows ──► compare with what the terminal shows ──► moves, SGR, text ──► one buffer
//! ```
//!
//! The encoder remembers the terminal: every cell, the pen, the cursor. Nothing is reset between frames, and a
//! frame without a visible change is zero bytes. Only sequences that every terminal of the last twenty years
//! and every multiplexer treats alike are used: `CUP CHA CUF CUB CUD VPA EL ECH SGR`, CR, LF and BS. No scroll
//! regions, no `REP` (screen and mosh lack it), and erasing only in the default background, because erasing in
//! a colour depends on a terminal feature that cannot be asked for.

use std::io::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Modifier;

use super::glyph::{Glyph, Ink, Look, canonical_row};
use super::link::{Link, Links};
use super::pen;

/// Frames longer than this are wrapped in synchronized output. A shorter one reaches the terminal in one read
/// (less than one TCP segment), so it cannot tear and the 16 bytes of wrapping would buy nothing.
const SYNC_MIN: usize = 1024;

/// What one frame cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameStats {
    /// Bytes handed to the writer; 0 when nothing visible changed.
    pub bytes: usize,
    /// Cells that were printed or erased one by one (an erased rest of a line counts once).
    pub cells: usize,
}

/// Where the terminal's cursor is, as far as we can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Unknown,
    /// On this row; the column is not certain (at the right edge, or after a glyph of disputed width).
    Row(u16),
    At(u16, u16),
}

/// Remembers what the terminal shows and encodes what must change.
#[derive(Debug)]
pub struct Encoder {
    width: u16,
    height: u16,
    shown: Vec<Glyph>,
    row: Vec<Glyph>,
    body: Vec<u8>,
    /// `None` when unknown.
    pen: Option<Look>,
    place: Place,
    /// Whether the cursor is visible; `None` when unknown.
    cursor_visible: Option<bool>,
    ink: Ink,
    synchronized: bool,
    links: Links,
    /// The link that the terminal puts on what is printed; 0 for none, as between frames.
    link: u32,
    cells: usize,
}

impl Encoder {
    /// An encoder that knows nothing about the terminal yet: its first frame paints every cell.
    #[must_use]
    pub fn new(ink: Ink) -> Self {
        Self {
            width: 0,
            height: 0,
            shown: Vec::new(),
            row: Vec::new(),
            body: Vec::new(),
            pen: None,
            place: Place::Unknown,
            cursor_visible: None,
            ink,
            synchronized: false,
            links: Links::default(),
            link: 0,
            cells: 0,
        }
    }

    /// Forgets what the terminal shows; the next frame paints every cell (without clearing first: no flicker).
    pub fn forget(&mut self) {
        self.shown.fill(Glyph::UNKNOWN);
        self.pen = None;
        self.place = Place::Unknown;
        self.cursor_visible = None;
    }

    /// Whether long frames are wrapped in synchronized output. Set it only when the terminal answered for it.
    pub fn synchronize(&mut self, on: bool) {
        self.synchronized = on;
    }

    /// Where the next frames lead somewhere (OSC 8); what leads nowhere any more is drawn again without its link.
    pub fn link(&mut self, links: Vec<Link>) {
        self.links = Links::new(links);
    }

    /// Appends to `out` what turns the terminal's picture into `frame` with the cursor at `cursor` (hidden when
    /// `None`). Appends nothing when they look the same.
    pub fn encode(
        &mut self,
        frame: &Buffer,
        cursor: Option<Position>,
        out: &mut Vec<u8>,
    ) -> FrameStats {
        let area = frame.area;
        if (area.width, area.height) != (self.width, self.height) {
            (self.width, self.height) = (area.width, area.height);
            self.shown.clear();
            self.shown.resize(
                usize::from(area.width) * usize::from(area.height),
                Glyph::UNKNOWN,
            );
            self.forget();
        }
        if area.width == 0 || area.height == 0 {
            return FrameStats::default();
        }
        self.body.clear();
        self.cells = 0;
        let mut row = std::mem::take(&mut self.row);
        let columns = usize::from(area.width);
        for y in 0..area.height {
            let start = usize::from(y) * columns;
            canonical_row(&frame.content[start..start + columns], self.ink, &mut row);
            self.links.put(y, &mut row);
            if self.shown[start..start + columns] != row[..] {
                self.encode_row(y, &row);
                self.shown[start..start + columns].clone_from_slice(&row);
            }
        }
        self.row = row;
        self.finish(cursor, out)
    }

    /// Places the cursor and appends the body inside its brackets.
    fn finish(&mut self, cursor: Option<Position>, out: &mut Vec<u8>) -> FrameStats {
        let before = out.len();
        self.lead(0);
        let synchronized = self.synchronized && self.body.len() > SYNC_MIN;
        let drew = !self.body.is_empty();
        let mut prefix: &[u8] = b"";
        // A visible cursor that hops about is worse than six bytes; synchronized output hides the hopping.
        if self.cursor_visible != Some(false) && (cursor.is_none() || drew && !synchronized) {
            prefix = b"\x1b[?25l";
            self.cursor_visible = Some(false);
        }
        if let Some(at) = cursor {
            self.move_to(at.x.min(self.width - 1), at.y.min(self.height - 1), &[]);
            if self.cursor_visible != Some(true) {
                self.body.extend_from_slice(b"\x1b[?25h");
                self.cursor_visible = Some(true);
            }
        }
        if synchronized {
            out.extend_from_slice(b"\x1b[?2026h");
        }
        out.extend_from_slice(prefix);
        out.extend_from_slice(&self.body);
        if synchronized {
            out.extend_from_slice(b"\x1b[?2026l");
        }
        FrameStats {
            bytes: out.len() - before,
            cells: self.cells,
        }
    }

    fn encode_row(&mut self, y: u16, row: &[Glyph]) {
        let start = usize::from(y) * row.len();
        let is_dirty = |shown: &[Glyph], x: usize| shown[start + x] != row[x];
        let dirty_end = (0..row.len())
            .rfind(|&x| is_dirty(&self.shown, x))
            .map_or(0, |x| x + 1);
        let tail = row
            .iter()
            .rposition(|g| !g.is_erasable())
            .map_or(0, |x| x + 1);
        let first_dirty_of_tail = (tail..dirty_end).find(|&x| is_dirty(&self.shown, x));
        // `CSI K` is three bytes.
        let erase_from = first_dirty_of_tail.filter(|from| dirty_end - from > 3);
        let end = erase_from.map_or(dirty_end, |_| tail);
        // Up to this column a glyph of disputed width, drawn or drawn over, may have left its mark.
        let mut smeared = 0;
        let mut x = 0;
        while x < row.len() && x < end.max(smeared) {
            let glyph = &row[x];
            let step = usize::from(glyph.width.max(1));
            let old = &self.shown[start + x];
            if glyph.width == 0 || (*old == *glyph && x >= smeared) {
                x += step;
                continue;
            }
            let reach = x + old.widest().max(glyph.widest());
            let blanks = row[x..end.max(x)]
                .iter()
                .take_while(|g| g.is_erasable())
                .count();
            if let Some(erased) = self.erase_run(x, y, blanks, row) {
                x += erased;
                continue;
            }
            self.print(x, y, row);
            smeared = smeared.max(reach);
            x += step;
        }
        if let Some(from) = erase_from {
            // Already inside the blank tail: erase from here instead of moving first.
            let from = match self.place {
                Place::At(at, on) if on == y && (tail..=from).contains(&usize::from(at)) => {
                    usize::from(at)
                }
                _ => from,
            };
            self.move_to(column(from), y, row);
            self.wear(&Glyph::BLANK);
            self.body.extend_from_slice(b"\x1b[K");
            self.cells += 1;
        }
    }

    /// Erases a run of blanks with `ECH` where that is shorter than printing what changed in it; says how many.
    fn erase_run(&mut self, x: usize, y: u16, blanks: usize, row: &[Glyph]) -> Option<usize> {
        let start = usize::from(y) * row.len();
        let last = (x..x + blanks).rfind(|&i| self.shown[start + i] != row[i])?;
        let run = last + 1 - x;
        // The sequence itself and the move over the run afterwards: about ten bytes.
        if run <= 10 {
            return None;
        }
        self.move_to(column(x), y, row);
        self.wear(&Glyph::BLANK);
        let _ = write!(self.body, "\x1b[{run}X");
        self.cells += run;
        Some(run)
    }

    fn print(&mut self, x: usize, y: u16, row: &[Glyph]) {
        let glyph = &row[x];
        self.move_to(column(x), y, row);
        self.wear(glyph);
        if glyph.width > 1 && !glyph.is_width_agreed() {
            // A terminal that draws this narrower would leave what was there before in the rest of it.
            self.body
                .resize(self.body.len() + usize::from(glyph.width), b' ');
            self.place = Place::Row(y);
            self.move_to(column(x), y, row);
        }
        self.body.extend_from_slice(glyph.bytes());
        self.cells += 1;
        let next = x + usize::from(glyph.width);
        self.place = if next >= row.len() || !glyph.is_width_agreed() {
            Place::Row(y)
        } else {
            Place::At(column(next), y)
        };
    }

    /// Begins and ends links, so that what is printed next belongs to this one.
    fn lead(&mut self, link: u32) {
        if self.link != link {
            self.links.change(link, &mut self.body);
            self.link = link;
        }
    }

    /// Makes the pen fit for this glyph; a blank needs less than a letter.
    fn wear(&mut self, glyph: &Glyph) {
        self.lead(glyph.link);
        if self.pen.is_some_and(|pen| suits(pen, glyph)) {
            return;
        }
        pen::change(self.pen, glyph.look, &mut self.body);
        self.pen = Some(glyph.look);
    }

    /// Moves the cursor by the shortest way. `row` is the row `y` as it is on the screen up to column `x`, and
    /// may be empty.
    fn move_to(&mut self, x: u16, y: u16, row: &[Glyph]) {
        if self.place == Place::At(x, y) {
            return;
        }
        let mut best = Path::default();
        match (x, y) {
            (0, 0) => best.put(format_args!("\x1b[H")),
            (0, _) => best.put(format_args!("\x1b[{}H", y + 1)),
            _ => best.put(format_args!("\x1b[{};{}H", y + 1, x + 1)),
        }
        match self.place {
            Place::Unknown => {}
            Place::Row(on) | Place::At(_, on) if on > y => {}
            Place::Row(on) | Place::At(_, on) => {
                let down = usize::from(y - on);
                let mut path = Path::default();
                path.put(format_args!("\r"));
                (0..down).for_each(|_| path.put(format_args!("\n")));
                path.forward(x);
                best.keep_shorter(path);
                if down == 0 {
                    let mut path = Path::default();
                    path.put(format_args!("\x1b[{}G", x + 1));
                    best.keep_shorter(path);
                }
            }
        }
        if let Place::At(from, on) = self.place {
            let mut path = Path::default();
            if on == y && from < x {
                path.forward(x - from);
                best.keep_shorter(path);
                if let Some(gap) = self.gap(from, x, row, best.len) {
                    gap.iter()
                        .for_each(|g| self.body.extend_from_slice(g.bytes()));
                    self.place = Place::At(x, y);
                    return;
                }
            } else if on == y {
                let back = from - x;
                if back < 4 {
                    (0..back).for_each(|_| path.put(format_args!("\x08")));
                } else {
                    path.put(format_args!("\x1b[{back}D"));
                }
                best.keep_shorter(path);
            } else if from == x {
                let (way, by) = if y > on { ('B', y - on) } else { ('A', on - y) };
                if by == 1 {
                    path.put(format_args!("\x1b[{way}"));
                } else {
                    path.put(format_args!("\x1b[{by}{way}"));
                }
                best.keep_shorter(path);
                let mut path = Path::default();
                path.put(format_args!("\x1b[{}d", y + 1));
                best.keep_shorter(path);
            }
        }
        self.body.extend_from_slice(best.bytes());
        self.place = Place::At(x, y);
    }

    /// The cells between, when printing them again is shorter than `budget` and needs no other pen.
    fn gap<'r>(&self, from: u16, to: u16, row: &'r [Glyph], budget: usize) -> Option<&'r [Glyph]> {
        let gap = row
            .get(usize::from(from)..usize::from(to))
            .filter(|g| g.len() < budget)?;
        let pen = self.pen?;
        let fits =
            |g: &Glyph| g.width == 1 && g.is_width_agreed() && g.link == self.link && suits(pen, g);
        let cost: usize = gap.iter().map(|g| g.bytes().len()).sum();
        (cost < budget && gap.iter().all(fits)).then_some(gap)
    }
}

/// Whether this pen draws that glyph right: exactly, or for a blank in everything that shows.
fn suits(pen: Look, glyph: &Glyph) -> bool {
    if !glyph.is_blank() {
        return pen == glyph.look;
    }
    let lines = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    if glyph.look.modifier.is_empty() {
        return pen.bg == glyph.look.bg && !pen.modifier.intersects(lines);
    }
    pen == glyph.look
}

fn column(x: usize) -> u16 {
    u16::try_from(x).unwrap_or(u16::MAX)
}

/// One way for the cursor to go, on the stack.
#[derive(Default)]
struct Path {
    bytes: [u8; 24],
    len: usize,
}

impl Path {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let mut rest = self.bytes.get_mut(self.len..).unwrap_or_default();
        let room = rest.len();
        // A way that does not fit is longer than any absolute one: mark it as hopeless.
        self.len = match rest.write_fmt(text) {
            Ok(()) => self.len + room - rest.len(),
            Err(_) => usize::MAX,
        };
    }

    fn forward(&mut self, by: u16) {
        match by {
            0 => {}
            1 => self.put(format_args!("\x1b[C")),
            _ => self.put(format_args!("\x1b[{by}C")),
        }
    }

    fn keep_shorter(&mut self, other: Self) {
        if other.len < self.len {
            *self = other;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
