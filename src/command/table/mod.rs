//! The table itself: one row for each verb.

mod acts;
mod logs;
mod rows;
mod screen;

use super::Section::Act;
use super::When::{Aimed, Item};
use super::{Command, Risk, Section, When, change};
use crate::model::{Action, Effects, Model};

const fn look(
    name: &'static str,
    title: &'static str,
    section: Section,
    when: When,
    run: fn(&mut Model, &Action) -> Effects,
    help: &'static str,
) -> Command {
    Command {
        name,
        title,
        help,
        section,
        when,
        risk: Risk::Look,
        run,
    }
}

const fn take(
    name: &'static str,
    title: &'static str,
    run: fn(&mut Model, &Action) -> Effects,
    help: &'static str,
) -> Command {
    Command {
        name,
        title,
        help,
        section: Section::Row,
        when: Item,
        risk: Risk::Take,
        run,
    }
}

const fn write(
    name: &'static str,
    title: &'static str,
    when: When,
    run: fn(&mut Model, &Action) -> Effects,
    help: &'static str,
) -> Command {
    Command {
        name,
        title,
        help,
        section: Section::Triage,
        when,
        risk: Risk::Write,
        run,
    }
}

const fn offer(name: &'static str, title: &'static str, help: &'static str) -> Command {
    Command {
        name,
        title,
        help,
        section: Act,
        when: Aimed,
        risk: Risk::Change,
        run: change::run,
    }
}

/// The parts of the table.
const PARTS: [&[Command]; 4] = [rows::ROWS, logs::ROWS, acts::ROWS, screen::ROWS];

const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// Every verb.
pub const ALL: &[Command] = &{
    let mut all = [PARTS[0][0]; COUNT];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            all[at] = PARTS[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
};
