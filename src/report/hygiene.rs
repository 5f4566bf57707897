//! Alarm hygiene: whether the alarms of a fleet can be worked with, by the measures of ISA-18.2 and EEMUA 191.
//!
//! The targets are those that both name for one operator's position; they were made for plants, where an alarm means that
//! somebody has to do something now, which is what an alarm of a fleet should mean as well.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::text::{age, plural};
use crate::domain::{Roster, Severity};
use crate::handover::Text;
use crate::history::tally::{
    CHATTERS, CHATTERS_WITHIN, Day, FLEETING, Often, PERIOD, Period, STALE, Standing, Tally,
};
use crate::history::watch::Span;

use super::write::percent;
use super::{Cell, Report, Table, column, seen, watched};

/// More alarms than this within ten minutes begin a flood for one operator …
const FLOOD_BEGINS: f64 = 10.0;
/// … and fewer than this end it.
const FLOOD_ENDS: f64 = 5.0;
/// How many of the worst are shown.
const WORST: usize = 10;

/// What the report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Gathered<'a> {
    /// What it is about.
    pub window: Span,
    /// How many operators share the alarms.
    pub operators: NonZeroU32,
    /// What happened.
    pub tally: &'a Tally,
    /// The names of accounts, as far as they are known without asking.
    pub roster: &'a Roster,
}

/// Puts it together.
#[must_use]
pub fn compose(of: &Gathered<'_>) -> Report {
    let tally = of.tally;
    let rates = Rates::of(&tally.periods, of.operators);
    let days = of.window.length().as_secs_f64() / 86_400.0;
    let mut about = vec![Text::ours(format!(
        "{} to {}: {} alarm{} of {} different alarms, for {} operator{}.",
        of.window.from,
        of.window.until,
        tally.total(),
        plural(usize::try_from(tally.total()).unwrap_or(usize::MAX)),
        tally.alarms,
        of.operators,
        plural(of.operators.get() as usize),
    ))];
    if tally.found > 0 {
        about.push(Text::ours(format!(
            "{} of them were there when a console began: they came when CloudWatch says.",
            tally.found
        )));
    }
    let unwatched: Duration = tally.gaps.iter().map(|gap| gap.length()).sum();
    let is_partial = unwatched >= PERIOD;
    if is_partial {
        about.push(Text::ours(format!(
            "No console of this machine was watching for {} of {} ({}): what came and went then is not known. Rates are of the \
             watched time alone; counts and averages are at least what they say.",
            age(unwatched),
            age(of.window.length()),
            percent(unwatched.as_secs_f64() / of.window.length().as_secs_f64().max(1.0)),
        )));
    }
    let head = json!({
        "from": of.window.from.to_string(),
        "until": of.window.until.to_string(),
        "operators": of.operators.get(),
        "unwatchedSeconds": unwatched.as_secs(),
    });
    Report {
        name: "hygiene",
        title: format!("Alarm hygiene, {}", span_of_days(days)),
        about,
        tables: vec![
            figures(of, &rates),
            priorities(tally),
            by_day(of, &rates),
            often(of, "often", "The alarms that came most often", &tally.often),
            often(of, "chattering", "Chattering alarms", &tally.chatterers),
            stale(of, &tally.longest),
            by_account(of),
        ],
        definitions: definitions(),
        head,
        is_partial,
    }
}

fn span_of_days(days: f64) -> String {
    if days >= 1.5 {
        format!("{days:.0} days")
    } else {
        format!("{:.0} hours", days * 24.0)
    }
}

/// What came per operator and ten minutes, of the watched time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Rate {
    watched: u64,
    came: u64,
    most: u32,
    above: u64,
    flooded: u64,
}

impl Rate {
    fn add(&mut self, period: &Period, operators: NonZeroU32, is_flood: bool) {
        self.watched += 1;
        self.came += u64::from(period.came);
        self.most = self.most.max(period.came);
        self.above += u64::from(each(period.came, operators) > FLOOD_BEGINS);
        self.flooded += u64::from(is_flood);
    }

    fn average(&self, operators: NonZeroU32) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        (self.watched > 0)
            .then(|| self.came as f64 / self.watched as f64 / f64::from(operators.get()))
    }
}

fn each(came: u32, operators: NonZeroU32) -> f64 {
    f64::from(came) / f64::from(operators.get())
}

/// The rates of the whole window and of each of its days, by the midnight that it begins with.
struct Rates {
    all: Rate,
    days: BTreeMap<i64, Rate>,
}

impl Rates {
    fn of(periods: &[Period], operators: NonZeroU32) -> Self {
        let mut rates = Self {
            all: Rate::default(),
            days: BTreeMap::new(),
        };
        let mut is_flood = false;
        for period in periods {
            if !period.watched {
                // Of what nobody saw it cannot be said that a flood went on.
                is_flood = false;
                continue;
            }
            let came = each(period.came, operators);
            is_flood = came > FLOOD_BEGINS || is_flood && came >= FLOOD_ENDS;
            rates.all.add(period, operators, is_flood);
            let day = rates.days.entry(midnight(period.from)).or_default();
            day.add(period, operators, is_flood);
        }
        rates
    }
}

const fn midnight(at: Timestamp) -> i64 {
    at.as_secs().div_euclid(86_400)
}

fn figures(of: &Gathered<'_>, rates: &Rates) -> Table {
    let tally = of.tally;
    let all = &rates.all;
    // Where nobody watched at all, nothing is known, however little came.
    let known = |cell: Cell| match cell {
        Cell::Count(0) | Cell::Number(_) if tally.is_unwatched() => Cell::Unknown,
        cell => cell,
    };
    let most_often: u64 = tally
        .often
        .iter()
        .take(WORST)
        .map(|o| u64::from(o.came))
        .sum();
    let stale = tally.days.iter().map(|day| day.stale).max().unwrap_or(0);
    let row = |name: &str, value: Cell, target: &str, is_met: Option<bool>| {
        let verdict = match (&value, is_met) {
            (Cell::Unknown, _) | (_, None) => Cell::Unknown,
            (_, Some(true)) => Cell::Ours("met".to_owned()),
            (_, Some(false)) => Cell::Ours("missed".to_owned()),
        };
        vec![
            Cell::Ours(name.to_owned()),
            value,
            Cell::Ours(target.to_owned()),
            verdict,
        ]
    };
    let share = |cell: &Cell, most: f64| match cell {
        Cell::Share(share) => Some(*share <= most),
        _ => None,
    };
    let average = all.average(of.operators);
    let above = Cell::share(all.above, all.watched);
    let flooded = Cell::share(all.flooded, all.watched);
    let worst = Cell::share(most_often, tally.total());
    let most = each(all.most, of.operators);
    Table {
        name: "figures",
        title: "Figures",
        columns: vec![
            column("figure", "figure"),
            column("value", "value"),
            column("target", "target"),
            column("verdict", "verdict"),
        ],
        rows: vec![
            row(
                "alarms per operator in ten minutes, on average",
                Cell::maybe(average, Cell::Number),
                "about 1, at most 2",
                average.map(|average| average <= 2.0),
            ),
            row(
                "alarms per operator in ten minutes, at most",
                Cell::maybe(average.map(|_| most), Cell::Number),
                "at most 10",
                Some(most <= FLOOD_BEGINS),
            ),
            row(
                "ten minutes with more than 10 alarms per operator",
                above.clone(),
                "at most 1 %",
                share(&above, 0.01),
            ),
            row(
                "time in a flood",
                flooded.clone(),
                "at most 1 %",
                share(&flooded, 0.01),
            ),
            row(
                "the ten most frequent alarms, of all",
                worst.clone(),
                "at most 5 %",
                share(&worst, 0.05),
            ),
            row(
                "chattering alarms",
                known(Cell::Count(u64::from(tally.chattering))),
                "none",
                Some(tally.chattering == 0),
            ),
            row(
                "fleeting alarms, of all",
                Cell::share(tally.fleeting, tally.total()),
                "none",
                Some(tally.fleeting == 0),
            ),
            row(
                "stale alarms at the end of the worst day",
                known(Cell::Count(u64::from(stale))),
                "fewer than 5",
                Some(stale < 5),
            ),
            row(
                "alarms standing, on average",
                known(Cell::Number(tally.standing_mean)),
                "fewer than 10",
                Some(tally.standing_mean < 10.0),
            ),
            row(
                "alarms standing at the end",
                known(Cell::Count(u64::from(tally.standing))),
                "",
                None,
            ),
        ],
        shown: usize::MAX,
        nothing: "There are no figures.",
    }
}

fn priorities(tally: &Tally) -> Table {
    let came = |severities: &[Severity]| -> u64 {
        severities.iter().map(|s| tally.came[*s as usize]).sum()
    };
    let row = |name: &str, severities: &[Severity], target: &str| {
        vec![
            Cell::Ours(name.to_owned()),
            match came(severities) {
                0 if tally.is_unwatched() => Cell::Unknown,
                came => Cell::Count(came),
            },
            Cell::share(came(severities), tally.total()),
            Cell::Ours(target.to_owned()),
        ]
    };
    Table {
        name: "priorities",
        title: "Spread of priorities",
        columns: vec![
            column("severity", "severity"),
            column("came", "came"),
            column("share", "share"),
            column("target", "target"),
        ],
        rows: vec![
            row("critical", &[Severity::Critical], "below 1 %"),
            row("high", &[Severity::High], "about 5 %"),
            row("medium", &[Severity::Medium], "about 15 %"),
            row(
                "low and info",
                &[Severity::Low, Severity::Info],
                "about 80 %",
            ),
        ],
        shown: usize::MAX,
        nothing: "No alarm came.",
    }
}

fn by_day(of: &Gathered<'_>, rates: &Rates) -> Table {
    let row = |day: &Day| {
        let rate = rates.days.get(&midnight(day.span.from)).copied();
        let rate = rate.unwrap_or_default();
        let average = rate.average(of.operators);
        let most = average.map(|_| each(rate.most, of.operators));
        vec![
            Cell::Ours(super::day(day.span.from)),
            watched(day),
            seen(day, day.came),
            Cell::maybe(average, Cell::Number),
            Cell::maybe(most, Cell::Number),
            Cell::share(rate.flooded, rate.watched),
            seen(day, day.standing),
            seen(day, day.stale),
        ]
    };
    Table {
        name: "days",
        title: "By day (UTC)",
        columns: vec![
            column("day", "day"),
            column("watched", "watched"),
            column("came", "came"),
            column("perOperatorTenMinutes", "per op. 10 min"),
            column("mostPerOperatorTenMinutes", "most"),
            column("flood", "in a flood"),
            column("standing", "standing"),
            column("stale", "stale"),
        ],
        rows: of.tally.days.iter().map(row).collect(),
        shown: usize::MAX,
        nothing: "There is no day in it.",
    }
}

fn often(of: &Gathered<'_>, name: &'static str, title: &'static str, list: &[Often]) -> Table {
    let row = |often: &Often| {
        let key = &often.item.key;
        vec![
            Cell::Theirs(often.item.name.to_string()),
            Cell::Theirs(of.roster.name(key.scope.account).to_string()),
            Cell::Ours(key.scope.region.to_string()),
            Cell::Count(u64::from(often.came)),
            Cell::share(u64::from(often.came), of.tally.total()),
            Cell::Count(u64::from(often.chattered)),
            Cell::Count(u64::from(often.fleeting)),
            Cell::Ours(often.worst.word().to_owned()),
        ]
    };
    Table {
        name,
        title,
        columns: vec![
            column("alarm", "alarm"),
            column("account", "account"),
            column("region", "region"),
            column("came", "came"),
            column("share", "of all"),
            column("chattered", "chattered"),
            column("fleeting", "fleeting"),
            column("worst", "at worst"),
        ],
        rows: list.iter().take(WORST).map(row).collect(),
        shown: usize::MAX,
        nothing: if name == "chattering" {
            "No alarm chattered."
        } else {
            "No alarm came."
        },
    }
}

fn stale(of: &Gathered<'_>, longest: &[Standing]) -> Table {
    let until = of.window.until;
    let row = |standing: &Standing| {
        let key = &standing.item.key;
        vec![
            Cell::Theirs(standing.item.name.to_string()),
            Cell::Theirs(of.roster.name(key.scope.account).to_string()),
            Cell::Ours(key.scope.region.to_string()),
            Cell::At(standing.since),
            Cell::Ours(age(until.since(standing.since))),
            Cell::Ours(standing.worst.word().to_owned()),
        ]
    };
    let stale = longest.iter().filter(|s| until.since(s.since) > STALE);
    Table {
        name: "stale",
        title: "Stale alarms, the longest first",
        columns: vec![
            column("alarm", "alarm"),
            column("account", "account"),
            column("region", "region"),
            column("since", "since"),
            column("age", "age"),
            column("worst", "at worst"),
        ],
        rows: stale.take(WORST).map(row).collect(),
        shown: usize::MAX,
        nothing: "No alarm has been in ALARM for more than a day.",
    }
}

fn by_account(of: &Gathered<'_>) -> Table {
    let mut accounts: Vec<_> = of.tally.accounts.iter().collect();
    accounts.retain(|(_, counts)| counts.came + counts.standing > 0);
    accounts.sort_by_key(|(id, counts)| (std::cmp::Reverse(counts.came), **id));
    let row = |(id, counts): &(&crate::domain::AccountId, &crate::history::tally::OfAccount)| {
        vec![
            Cell::Theirs(of.roster.name(**id).to_string()),
            Cell::Ours(id.to_string()),
            Cell::Count(u64::from(counts.came)),
            Cell::share(u64::from(counts.came), of.tally.total()),
            Cell::Count(u64::from(counts.chattering)),
            Cell::Count(u64::from(counts.standing)),
            Cell::Count(u64::from(counts.stale)),
        ]
    };
    Table {
        name: "accounts",
        title: "By account",
        columns: vec![
            column("account", "account"),
            column("accountId", "id"),
            column("came", "came"),
            column("share", "of all"),
            column("chattering", "chattering"),
            column("standing", "standing"),
            column("stale", "stale"),
        ],
        rows: accounts.iter().map(row).collect(),
        shown: usize::MAX,
        nothing: "No account had an alarm.",
    }
}

fn definitions() -> Vec<String> {
    let minutes = |span: Duration| span.as_secs() / 60;
    vec![
        "An alarm came when it went into ALARM: as a console saw it, or else at the time that CloudWatch says.".to_owned(),
        "Periods are ten minutes from the full hour. Only those in which a console was watching all the time are counted in \
         rates, floods and the most in ten minutes."
            .to_owned(),
        format!(
            "A flood begins with more than {FLOOD_BEGINS:.0} alarms per operator in ten minutes and ends with fewer than \
             {FLOOD_ENDS:.0} (ISA-18.2)."
        ),
        format!(
            "An alarm chatters when it comes for the {CHATTERS}rd time within {} minutes. The usual {CHATTERS} in one minute \
             cannot happen to what is evaluated once a minute.",
            minutes(CHATTERS_WITHIN)
        ),
        format!(
            "An alarm is fleeting when it is over within {} minutes of coming.",
            minutes(FLEETING)
        ),
        format!(
            "An alarm stands while it is in ALARM, and is stale when it does so for more than {} hours. What ended while nobody \
             watched counts up to when it was last seen.",
            STALE.as_secs() / 3_600
        ),
        "Severities are those of noctop's rules, the worst that an alarm was.".to_owned(),
        "Targets are those that ISA-18.2 and EEMUA 191 give for one operator; what several operators share is divided among \
         them (--operators)."
            .to_owned(),
    ]
}
