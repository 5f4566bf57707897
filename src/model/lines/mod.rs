//! A log line as rows of the screen: time, origin and what it says, cut, wrapped or laid out.
//!
//! Used for drawing and for scrolling alike: how many rows a line takes is known only when it is laid.

mod cut;

use jiff::civil::Date;
use jiff::tz::Offset;

use crate::clock::Timestamp;
use crate::logs::aim::Ruler;
use crate::logs::ink::{Ink, Piece};
use crate::logs::shape::{self, FlowFormat, Shape};
use crate::logs::{Level, Line, ansi, json, pretty, trace};

use super::fit;
use super::logs::Viewer;
use cut::{highlight, on_one_row, wrapped};

/// The widest that the name of an origin gets.
const NAME_MOST: usize = 24;
/// Cells of `HH:MM:SS.mmmZ` and the blank behind it.
const TIME: usize = 14;
/// The most characters of a line that are laid out on the screen; the whole of it is a copy away.
const SHOWN: usize = 16_000;

/// A row: its pieces, and whether it is the first of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it says.
    pub pieces: Vec<Piece>,
    /// Whether the line's own text begins here: where the cursor's bar stands.
    pub is_head: bool,
}

/// How wide the column of origins is; 0 where all lines are from one group.
#[must_use]
pub fn origin_width(viewer: &Viewer, width: usize) -> usize {
    if viewer.names.len() < 2 {
        return 0;
    }
    let most = if width < 100 {
        NAME_MOST / 2
    } else {
        NAME_MOST
    };
    viewer.widest.min(most) + 1
}

/// The rows of the line with this number, on a screen of this width.
#[must_use]
pub fn rows(viewer: &Viewer, number: usize, width: usize) -> Vec<Row> {
    let Some(line) = viewer.line(number) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    let above = number.checked_sub(1).and_then(|above| viewer.line(above));
    let above = above.map(|above| above.key.at);
    if begins_day(above, line.key.at) {
        rows.push(across(&format!("{} UTC", day(line.key.at)), width));
    }
    let rulers = passed(viewer, above, line.key.at);
    rows.extend(rulers.map(|ruler| across(&ruler_text(ruler), width)));
    let before = rows.len();
    if line.mark.is_some() {
        let text = String::from_utf8_lossy(line.text).into_owned();
        let time = clock(line.key.at);
        rows.push(across(&format!("{time} {text}"), width));
    } else {
        event(viewer, &line, width, &mut rows);
    }
    if let Some(head) = rows.get_mut(before) {
        head.is_head = true;
    }
    rows
}

/// How many rows the line with this number takes, at least one: only what is shown over several rows has to be laid for
/// that.
fn taken(viewer: &Viewer, number: usize, width: usize) -> usize {
    let Some(line) = viewer.line(number) else {
        return 1;
    };
    if line.mark.is_none() && (viewer.wrap || is_whole(viewer, &line)) {
        return rows(viewer, number, width).len().max(1);
    }
    let above = number.checked_sub(1).and_then(|above| viewer.line(above));
    let above = above.map(|above| above.key.at);
    usize::from(begins_day(above, line.key.at)) + passed(viewer, above, line.key.at).count() + 1
}

/// Lines tell the time of the day only: where a day begins, it is said.
fn begins_day(above: Option<Timestamp>, at: Timestamp) -> bool {
    above.is_none_or(|above| day(above) != day(at))
}

/// Whether all of a line is shown, over as many rows as it takes.
fn is_whole(viewer: &Viewer, line: &Line<'_>) -> bool {
    viewer.unfolded.contains(&line.key) || (viewer.pretty && json::part(line.text).is_some())
}

/// The rulers that stand before a line: those that passed since the line above it.
fn passed(
    viewer: &Viewer,
    above: Option<Timestamp>,
    at: Timestamp,
) -> impl Iterator<Item = &Ruler> {
    let above = above.unwrap_or(viewer.wanted.since);
    let rulers = viewer.rulers.iter();
    rulers.filter(move |ruler| ruler.at > above && ruler.at <= at)
}

fn ruler_text(ruler: &Ruler) -> String {
    format!("{} {}", clock(ruler.at), ruler.what)
}

/// A text with a line before and behind it.
fn across(text: &str, width: usize) -> Row {
    let text = fit::end(text, width.saturating_sub(8)).into_owned();
    let rest = width.saturating_sub(fit::width(&text) + 5);
    let line = format!("── {text} {}", "─".repeat(rest));
    Row {
        pieces: vec![Piece {
            ink: Ink::Mark,
            text: line,
        }],
        is_head: false,
    }
}

/// The day of a moment, in UTC.
fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at.to_jiff()).date()
}

/// A time of the day with milliseconds, in UTC.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(at.to_jiff()).time();
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!(
        "{hour:02}:{minute:02}:{second:02}.{:03}Z",
        time.millisecond()
    )
}

fn event(viewer: &Viewer, line: &Line<'_>, width: usize, rows: &mut Vec<Row>) {
    let names = origin_width(viewer, width);
    let mut head = vec![Piece {
        ink: Ink::Time,
        text: format!("{} ", clock(line.key.at)),
    }];
    if names > 0
        && let Some((number, _)) = viewer.origin(line)
    {
        let name = viewer.names.get(number).map_or("", |name| name);
        let tint = viewer
            .origins
            .groups()
            .get(number)
            .map_or(0, |group| group.tint);
        // The end of a name tells it apart.
        let shown = fit::middle(name, names - 1);
        let blanks = names - fit::width(&shown).min(names);
        head.push(Piece {
            ink: Ink::Origin(tint),
            text: format!("{shown}{}", " ".repeat(blanks)),
        });
    }
    let room = width.saturating_sub(TIME + names).max(1);
    let is_open = viewer.unfolded.contains(&line.key);
    let mut body = if is_whole(viewer, line) {
        whole(line)
    } else {
        short(line, viewer.wrap)
    };
    if let Some(search) = &viewer.search {
        for row in &mut body {
            highlight(row, |text| search.pattern.places(text));
        }
    }
    let wraps = viewer.wrap || is_open;
    let mut first = Some(head);
    for row in body {
        let laid = if wraps {
            wrapped(row, room)
        } else {
            vec![on_one_row(row, viewer.shift, room)]
        };
        for pieces in laid {
            let mut all = first.take().unwrap_or_else(|| {
                vec![Piece {
                    ink: Ink::Dim,
                    text: " ".repeat(TIME + names),
                }]
            });
            all.extend(pieces);
            rows.push(Row {
                pieces: all,
                is_head: false,
            });
        }
    }
}

/// A line as one row: as columns where its writer is known, otherwise its first line.
fn short(line: &Line<'_>, wraps: bool) -> Vec<Vec<Piece>> {
    let (shape, columns) = shape::of(line.text, &FlowFormat::default());
    if !columns.is_empty() {
        let last = columns
            .iter()
            .rposition(|column| !column.piece.text.is_empty())
            .unwrap_or(0);
        let mut row = Vec::new();
        for (number, column) in columns.into_iter().enumerate().take(last + 1) {
            // What a line does not say takes no room: only lines that say the same stand below each other.
            if column.piece.text.is_empty() {
                continue;
            }
            let blanks = column.width.saturating_sub(fit::width(&column.piece.text)) + 2;
            row.push(column.piece);
            if number < last {
                row.push(Piece {
                    ink: Ink::Plain,
                    text: " ".repeat(blanks),
                });
            }
        }
        return vec![row];
    }
    let first = if shape == Shape::Json {
        line.text
    } else {
        trace::first_line(line.text)
    };
    let mut row = text(first, line.level, wraps);
    let more = trace::further_lines(line.text);
    if more > 0 && shape != Shape::Json {
        row.push(Piece {
            ink: Ink::Mark,
            text: format!(" [+{more}]"),
        });
    }
    vec![row]
}

/// A line as all of its rows: JSON laid out, text line by line.
fn whole(line: &Line<'_>) -> Vec<Vec<Piece>> {
    if let Some(part) = json::part(line.text) {
        let at = memchr::memmem::find(line.text, part).unwrap_or(0);
        let prefix = line.text[..at].trim_ascii();
        let mut rows = Vec::new();
        if !prefix.is_empty() {
            rows.push(text(prefix, line.level, true));
        }
        let (laid, more) = pretty::rows(part, &pretty::Layout::default());
        rows.extend(laid.into_iter().map(|row| {
            let mut pieces = vec![Piece {
                ink: Ink::Plain,
                text: "  ".repeat(row.indent),
            }];
            pieces.extend(row.pieces);
            pieces
        }));
        if more {
            rows.push(vec![Piece {
                ink: Ink::Mark,
                text: "…".to_owned(),
            }]);
        }
        return rows;
    }
    let lines = line.text.split(|byte| *byte == b'\n').take(2_000);
    lines
        .map(|part| text(part.strip_suffix(b"\r").unwrap_or(part), line.level, true))
        .collect()
}

fn text(bytes: &[u8], level: Level, whole: bool) -> Vec<Piece> {
    let most = if whole { SHOWN } else { 2_000 };
    let (mut pieces, more) = ansi::pieces(bytes, most);
    if level >= Level::Warn || matches!(level, Level::Debug | Level::Trace) {
        for piece in pieces.iter_mut().filter(|piece| piece.ink == Ink::Plain) {
            piece.ink = Ink::Level(level);
        }
    }
    if more && whole {
        pieces.push(Piece {
            ink: Ink::Mark,
            text: format!("… ({} bytes in all)", bytes.len()),
        });
    }
    pieces
}

/// The number of the first line on the screen, so that the reader's line is on it.
#[must_use]
pub fn top(viewer: &Viewer, width: usize, height: usize) -> usize {
    let (index, top) = (viewer.index, viewer.top.min(viewer.index));
    let laid = |number: usize| taken(viewer, number, width);
    // Every line takes a row at least: what is further away than that is not on the screen.
    if index - top < height {
        let used: usize = (top..=index).map(laid).sum();
        if used <= height && !viewer.follow {
            return top;
        }
    }
    let mut room = height.saturating_sub(laid(index));
    let mut top = index;
    while let Some(above) = top.checked_sub(1) {
        let rows = laid(above);
        if rows > room {
            break;
        }
        room -= rows;
        top = above;
    }
    top
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::Scope;
    use crate::domain::text::is_hostile;
    use crate::logs::tail::{Counts, Item};
    use crate::logs::{Event, Limit, Origins};
    use crate::model::logs::{Groups, Room, Tailed, Wanted};

    /// A viewer of lines from two groups, a second apart.
    fn viewer(lines: &[&str]) -> Viewer {
        let since = Timestamp::from_secs(1_000);
        let wanted = Wanted {
            groups: Groups::Chosen(Vec::new()),
            pattern: None,
            since,
            until: None,
            live: false,
        };
        let mut origins = Origins::default();
        let scope = Scope {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        let groups = ["/app/a", "/app/b"]
            .map(|name| origins.group(scope, &Arc::from("web"), &Arc::from(name)));
        let items = lines.iter().enumerate().map(|(number, text)| {
            Item::Event(Event {
                at: since.plus(std::time::Duration::from_secs(number as u64 + 1)),
                ingested: Timestamp::ZERO,
                origin: origins.stream(groups[number % 2], "s"),
                id: None,
                text: (*text).to_owned(),
            })
        });
        let items = items.collect();
        let mut viewer = Viewer::new(1, Arc::from("x"), wanted, Limit::default());
        viewer.take(&Tailed {
            number: 1,
            origins: Some(Box::new(origins)),
            items,
            standing: Vec::new(),
            said: None,
            counts: Counts::default(),
            live: std::time::Duration::ZERO,
            room: Room::default(),
        });
        viewer
    }

    fn told(rows: &[Row]) -> Vec<String> {
        rows.iter()
            .map(|row| crate::logs::ink::plain(&row.pieces))
            .collect()
    }

    #[test]
    fn a_ruler_stands_before_the_first_line_behind_it() {
        let mut viewer = viewer(&["one", "two"]);
        viewer.rulers = vec![Ruler {
            at: Timestamp::from_millis(1_001_500),
            what: "it fired",
        }];
        assert!(!told(&rows(&viewer, 0, 80)).concat().contains("it fired"));
        let second = told(&rows(&viewer, 1, 80));
        assert!(
            second[0].contains("00:16:41.500Z it fired") && second[1].contains("two"),
            "{second:?}"
        );
    }

    #[test]
    fn the_count_of_what_is_folded_stays_in_sight() {
        let long = format!("ERROR {}\n\tat a\n\tat b", "x".repeat(300));
        let viewer = viewer(&[&long]);
        let shown = told(&rows(&viewer, 0, 60));
        assert!(shown.last().unwrap().ends_with(" [+2]"), "{shown:?}");
    }

    #[test]
    fn a_megabyte_with_nulls_and_a_gigantic_document_are_cut_for_the_eye_and_say_so() {
        let nulls = "\0x".repeat(1 << 19);
        let json = format!("{{\"a\":[{}1]}}", "{\"b\":\"c\"},".repeat(30_000));
        let mut viewer = viewer(&[&nulls, &json]);
        for unfolded in [false, true] {
            if unfolded {
                let keys: Vec<_> = (0..2).map(|n| viewer.line(n).unwrap().key).collect();
                viewer.unfolded.extend(keys);
            }
            for number in 0..2 {
                let shown = told(&rows(&viewer, number, 80));
                assert!(shown.iter().all(|row| fit::width(row) <= 80));
                assert!(!shown.concat().chars().any(is_hostile));
                assert!(shown.len() < 5_000, "{} rows", shown.len());
            }
        }
        let whole = told(&rows(&viewer, 0, 80)).concat();
        assert!(
            whole.contains("(1048576 bytes in all)"),
            "{}",
            &whole[whole.len() - 60..]
        );
        // What is kept is whole: only the eye is spared.
        assert_eq!(viewer.line(0).unwrap().text.len(), 1 << 20);
    }

    proptest! {
        #[test]
        fn no_row_is_wider_than_the_screen_and_none_controls_it(
            text in prop_oneof![any::<String>(), Just("{\"a\": [1, 2], \"b\": \"c\"}".to_owned())], width in 20usize..200, wrap in any::<bool>(), unfold in any::<bool>(), shift in 0usize..50,
        ) {
            let mut viewer = viewer(&[&text, "second"]);
            (viewer.wrap, viewer.shift) = (wrap, shift);
            viewer.rulers = vec![Ruler { at: Timestamp::from_millis(1_001_500), what: "it fired" }];
            viewer.pretty = shift % 2 == 0;
            if unfold && let Some(line) = viewer.line(0) {
                let key = line.key;
                viewer.unfolded.insert(key);
            }
            for number in 0..2 {
                let laid = rows(&viewer, number, width);
                prop_assert_eq!(laid.len(), taken(&viewer, number, width));
                for row in laid {
                    let text = crate::logs::ink::plain(&row.pieces);
                    // A single character may be wider than what is left.
                    prop_assert!(fit::width(&text) <= width + 1, "{} of {width}: {text:?}", fit::width(&text));
                    prop_assert!(!text.chars().any(is_hostile), "{text:?}");
                }
            }
        }
    }
}
