//! The same in instructions, which do not depend on what else the machine does: `.ci/run instructions` runs this under
//! valgrind and holds every part to its ceiling.
//!
//! Every function whose name begins with `counted_` is one part; it is called once. The program prints their names in
//! the order of the calls, each with its ceiling. Built without optimisation, as the tests are: the figures are for
//! comparing one change with another and say nothing of milliseconds.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;

use noctop::app::Settled;
use noctop::domain::Batch;
use noctop::view;

use super::crowd::words;
use super::{Desk, changes};

/// What the bench is called with for this.
pub const ARGUMENT: &str = "instructions";

/// Alarms in the visible pane, in 800 accounts and regions.
const ITEMS: usize = 2_400;

/// The parts in the order of the calls, each with the most instructions that it may take: about a seventh more than was counted
/// last. Two runs of one build differ by a thousandth.
const CEILINGS: &[(&str, u64)] = &[
    ("counted_filter", 210_000_000),
    ("counted_sort", 230_000_000),
    ("counted_key", 44_000_000),
    ("counted_updates", 2_820_000),
    ("counted_frame_after_updates", 48_500_000),
    ("counted_whole_screen", 64_000_000),
];

/// Goes through all parts once.
pub fn count() {
    let words = words();
    let mut desk = Desk::new(&words, ITEMS);
    until_settled(&mut desk);
    desk.press_all("2");
    for column in ["name", "account"] {
        desk.press_all("s");
        desk.type_in(column);
        desk.press_all("enter");
        until_settled(&mut desk);
    }
    desk.press_all("/");
    desk.type_in("sev:>=info -gremli");
    until_settled(&mut desk);
    begin();
    counted_filter(&mut desk);
    desk.press_all("enter s");
    desk.type_in("reg");
    begin();
    counted_sort(&mut desk);
    frame(&mut desk);
    begin();
    counted_key(&mut desk);
    let changes = changes(&words, 32, 0, ITEMS);
    begin();
    counted_updates(&mut desk, changes);
    begin();
    counted_frame_after_updates(&mut desk);
    desk.encoder.forget();
    begin();
    counted_whole_screen(&mut desk);
    for (part, ceiling) in CEILINGS {
        println!("{part} {ceiling}");
    }
}

/// Ends what is not counted: what comes after it is.
#[inline(never)]
fn begin() {
    black_box(());
}

fn until_settled(desk: &mut Desk) {
    while desk.settle() != Settled::Done {}
}

/// One frame as the loop makes it. No clock is read: valgrind lacks what the clock's crate looks for.
fn frame(desk: &mut Desk) {
    black_box(desk.settle());
    desk.buffer.reset();
    black_box(view::draw(&desk.model, &mut desk.buffer));
    desk.out.clear();
    black_box(desk.encoder.encode(&desk.buffer, None, &mut desk.out));
}

/// One more letter of a word that occurs in no row: every row is asked, and no row goes.
#[inline(never)]
fn counted_filter(desk: &mut Desk) {
    desk.type_in("n");
    until_settled(desk);
}

/// A third column comes before the two that the rows are sorted by.
#[inline(never)]
fn counted_sort(desk: &mut Desk) {
    desk.press_all("enter");
    until_settled(desk);
}

/// A cursor move and its frame.
#[inline(never)]
fn counted_key(desk: &mut Desk) {
    desk.press_all("j");
    frame(desk);
}

/// What 2,000 updates a second bring between two frames.
#[inline(never)]
fn counted_updates(desk: &mut Desk, changes: Vec<Batch>) {
    desk.take_in(changes);
}

#[inline(never)]
fn counted_frame_after_updates(desk: &mut Desk) {
    frame(desk);
}

/// Every cell is painted and sent.
#[inline(never)]
fn counted_whole_screen(desk: &mut Desk) {
    frame(desk);
}
