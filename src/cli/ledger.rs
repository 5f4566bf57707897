//! `noctop ledger`: the table in which the consoles of a fleet share who acknowledged what.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::aws::ledger::{Status, TableBook, template};
use crate::domain::text::clean;
use crate::ledger::{Book as _, Cursor, Trouble};
use crate::runtime::config::Flags;

use super::stage::{self, Stage};
use super::{FAILED, Start, USAGE, complain};

/// How long AWS takes to make a table, with much to spare.
const PATIENCE: u32 = 120;

/// The options of `noctop ledger`.
#[derive(Debug, Args)]
pub struct LedgerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes the table, with on-demand capacity, point-in-time recovery and protection against deletion.
    Create(Place),
    /// Prints the CloudFormation template of the table and of the policy that operators need.
    Template {
        /// The table's name.
        #[arg(long, value_name = "NAME", default_value = DEFAULT)]
        table: String,
    },
    /// Says whether the table is there, what it holds and how far the clocks are apart.
    Status(Place),
}

const DEFAULT: &str = "noctop-ledger";

#[derive(Debug, Args)]
struct Place {
    /// The table's name; otherwise the configuration's, otherwise noctop-ledger.
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    #[command(flatten)]
    start: Start,
}

impl LedgerCommand {
    /// Does it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.what {
            What::Template { table } => say(&template(&table)),
            What::Create(place) => place.run(Act::Create),
            What::Status(place) => place.run(Act::Status),
        }
    }
}

#[derive(Clone, Copy)]
enum Act {
    Create,
    Status,
}

impl Place {
    fn run(self, act: Act) -> ExitCode {
        let demo = self.start.demo.scenario.clone();
        let flags = self.start.fleet.clone().into_flags();
        let set = Stage::set(&flags, demo.as_deref())
            .and_then(|stage| Stage::runtime().map(|runtime| (stage, runtime)));
        let (stage, runtime) = match set {
            Ok(set) => set,
            Err(refusal) => {
                complain(&refusal.to_string());
                return ExitCode::from(USAGE);
            }
        };
        let done = runtime.block_on(async {
            let book = self.book(&stage, &flags).await?;
            match act {
                Act::Create => create(&book).await,
                Act::Status => status(&book).await,
            }
        });
        match done {
            Ok(text) => say(&text),
            Err(why) => {
                complain(&why);
                ExitCode::from(FAILED)
            }
        }
    }

    /// The table that the flags name, else the configuration, else the usual one.
    async fn book(&self, stage: &Stage, flags: &Flags) -> Result<TableBook, String> {
        let told = stage.config.ledger_table.as_ref();
        let named = self.table.as_deref().or(told.map(|t| t.name.as_str()));
        let profile = flags.profiles.first().map(String::as_str);
        let profile = profile.or_else(|| told?.profile.as_deref());
        let region = told.and_then(|t| t.region);
        let within = told.map_or("fleet", |t| t.fleet.as_str());
        let clock = Stage::clock();
        let fleet = stage::open(stage.config.fleet.clone(), clock.clone())
            .await
            .map_err(|refusal| refusal.to_string())?;
        let (access, identity) = fleet
            .way(profile, region)
            .await
            .map_err(|fault| fault.to_string())?;
        Ok(TableBook::new(
            access,
            named.unwrap_or(DEFAULT),
            within,
            &identity,
            clock,
        ))
    }
}

async fn create(book: &TableBook) -> Result<String, String> {
    let told = |trouble: Trouble| trouble.to_string();
    let place = book.place();
    let mut made = false;
    for _ in 0..PATIENCE {
        match book.status().await.map_err(told)? {
            Status::Missing if !made => {
                book.create().await.map_err(told)?;
                made = true;
            }
            Status::Missing | Status::Making => tokio::time::sleep(Duration::from_secs(1)).await,
            Status::Unfit(why) => return Err(format!("The {place} cannot be the ledger: {why}.")),
            Status::Ready => {
                book.finish().await.map_err(told)?;
                let word = if made { "made" } else { "there already" };
                return Ok(format!(
                    "The {place} is {word}: old entries go by themselves, every state of the last weeks can be brought back.\n"
                ));
            }
        }
    }
    Err(format!(
        "The {place} is still being made after {PATIENCE} s; see with `noctop ledger status`."
    ))
}

async fn status(book: &TableBook) -> Result<String, String> {
    let told = |trouble: Trouble| trouble.to_string();
    let place = book.place();
    match book.status().await.map_err(told)? {
        Status::Missing => {
            return Err(format!(
                "There is no {place}; make it with `noctop ledger create`."
            ));
        }
        Status::Making => return Ok(format!("The {place} is being made.\n")),
        Status::Unfit(why) => return Err(format!("The {place} cannot be the ledger: {why}.")),
        Status::Ready => {}
    }
    let news = book.news(Cursor::default()).await.map_err(told)?;
    let now = Stage::clock().now();
    let held = news
        .entries
        .iter()
        .filter_map(|entry| entry.held())
        .filter(|ack| ack.end.until() > now)
        .count();
    let snoozed = news
        .entries
        .iter()
        .filter_map(|entry| entry.snooze.as_ref())
        .filter(|snooze| snooze.until > now)
        .count();
    let clocks = book.ahead().map_or_else(String::new, |ms| {
        format!(
            " This clock is within {} s of the table's.",
            ms.unsigned_abs() / 1_000 + 1
        )
    });
    Ok(format!(
        "The {place} is ready: {} entries, {held} acknowledged, {snoozed} snoozed.{clocks}\n",
        news.entries.len()
    ))
}

/// Prints, and ends well. A reader that has gone has seen what it wanted.
fn say(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    for line in text.lines() {
        if writeln!(out, "{}", clean(line)).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}
