//! The row under the cursor: moving, reading, copying.

use crate::command::Section::{Move, Row as TheRow};
use crate::command::When::{Always, Folded, Item, Row};
use crate::command::{Command, fold, log, row, trail};

use super::{look, take};

pub(super) const ROWS: &[Command] = &[
    look(
        "row.next",
        "next row",
        Move,
        Always,
        row::next,
        "Move the cursor one row down, or scroll the text.",
    ),
    look(
        "row.previous",
        "previous row",
        Move,
        Always,
        row::previous,
        "Move the cursor one row up, or scroll the text.",
    ),
    look(
        "row.page-down",
        "page down",
        Move,
        Always,
        row::page_down,
        "Move the cursor one screen down.",
    ),
    look(
        "row.page-up",
        "page up",
        Move,
        Always,
        row::page_up,
        "Move the cursor one screen up.",
    ),
    look(
        "row.half-down",
        "half a page down",
        Move,
        Always,
        row::half_down,
        "Move the cursor half a screen down.",
    ),
    look(
        "row.half-up",
        "half a page up",
        Move,
        Always,
        row::half_up,
        "Move the cursor half a screen up.",
    ),
    look(
        "row.first",
        "first row",
        Move,
        Always,
        row::first,
        "Move the cursor to the first row.",
    ),
    look(
        "row.last",
        "last row",
        Move,
        Always,
        row::last,
        "Move the cursor to the last row.",
    ),
    look(
        "row.details",
        "details",
        TheRow,
        Row,
        row::details,
        "Show the details of this row; once more to read them full size.",
    ),
    look(
        "fold.toggle",
        "unfold or fold",
        TheRow,
        Folded,
        fold::toggle,
        "Show the rows of this fold below it, or put them away again.",
    ),
    look(
        "row.raw",
        "raw JSON",
        TheRow,
        Item,
        row::raw,
        "Read this item afresh and show it in the service's own JSON.",
    ),
    take(
        "row.copy-id",
        "copy id",
        row::copy_id,
        "Copy the item's id to your own terminal's clipboard (OSC 52).",
    ),
    take(
        "row.copy-arn",
        "copy ARN",
        row::copy_arn,
        "Copy the item's ARN to your own terminal's clipboard (OSC 52).",
    ),
    take(
        "row.open-link",
        "console link",
        row::open_link,
        "Open the item's page in the AWS console, or show its address.",
    ),
    look(
        "row.logs",
        "logs",
        TheRow,
        Item,
        log::of_row,
        "Look for the logs of the item's resource and read them from five minutes before it began.",
    ),
    look(
        "row.trail",
        "who changed it",
        TheRow,
        Item,
        trail::of_row,
        "Ask CloudTrail who changed the item's resource around the time at which it began.",
    ),
];
