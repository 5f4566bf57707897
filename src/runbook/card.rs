//! The pre-flight card in lines: everything that was found out before a run, the gravest first, for both faces of noctop.

use crate::audit::redact;
use crate::domain::text::{age, clean};

use super::Preflight;
use super::preflight::{Check, Gate, Presence, Reading};

/// So many targets are named; of more the rest is counted.
const NAMED: usize = 40;

/// Cells of what a line is about, in the console.
pub const HEAD: u16 = 10;

/// One line of the card: what it is about, empty where it goes on, and what there is to say, in one neutralised line.
pub type Line = (&'static str, String);

fn said<T>(reading: &Reading<T>, word: impl Fn(&T) -> String) -> String {
    match reading {
        Reading::Read(value) => word(value),
        Reading::Unread(why) => format!("NOT READ: {why}"),
        Reading::Nothing(why) => format!("- ({why})"),
    }
}

/// Everything that was found out.
#[must_use]
pub fn lines(found: &Preflight) -> Vec<Line> {
    let launch = &found.launch;
    let mut out: Vec<Line> = Vec::new();
    let mut line = |head: &'static str, text: &str| out.push((head, clean(text).into_owned()));
    line("runbook", &format!("{} · {}", launch.runbook, launch.title));
    line("does", &launch.help);
    line("risk", launch.risk.word());
    line("on", &found.reach());
    for why in found.refusals() {
        line("REFUSED", &why);
    }
    for warning in found.warnings() {
        line("!", &warning);
    }
    for (check, part) in found.parts.iter().zip(&launch.parts) {
        line("", "");
        line(
            "where",
            &format!(
                "{} ({}) {}",
                check.account, check.scope.account, check.scope.region
            ),
        );
        line(
            "as",
            if check.identity.is_empty() {
                "the environment's credentials"
            } else {
                &check.identity
            },
        );
        line(
            "document",
            &format!("{} · {}", part.step.name(), document(check)),
        );
        let filled = part.filled();
        for (name, values) in filled.given() {
            for (n, value) in values.iter().enumerate() {
                let shown = if redact::is_secretive(&name) {
                    redact::REDACTED.to_owned()
                } else {
                    redact::text(value)
                };
                let name = if n == 0 { &name } else { "  and" };
                line("", &format!("{name} = {shown}"));
            }
        }
        let rate = part.step.rate();
        if part.targets.len() > 1 {
            line(
                "rate",
                &format!(
                    "{} at once, stops after {} errors",
                    rate.at_once.as_deref().unwrap_or("the service's default"),
                    rate.errors.as_deref().unwrap_or("the service's default of")
                ),
            );
        }
        for seen in check.targets.iter().take(NAMED) {
            let presence = said(&seen.presence, |p| match p {
                Presence::Lost(Some(since)) => {
                    format!("NOT ANSWERING for {}", age(found.at.since(*since)))
                }
                other => other.word().to_owned(),
            });
            let place = if seen.scope == check.scope {
                String::new()
            } else {
                format!(" in {} {}", seen.account, seen.scope.region)
            };
            line("target", &format!("{}{place} {presence}", seen.id));
        }
        if check.targets.len() > NAMED {
            line("", &format!("… and {} more", check.targets.len() - NAMED));
        }
        for calendar in &check.calendars {
            let state = said(&calendar.state, |(gate, until)| {
                let word = match gate {
                    Gate::Open => "open",
                    Gate::Closed => "CLOSED",
                };
                match until {
                    Some(until) => format!("{word} until {until}"),
                    None => word.to_owned(),
                }
            });
            line("calendar", &format!("{} {state}", calendar.name));
        }
        line("preview", &preview(check));
    }
    line("", "");
    match &found.last {
        Reading::Read(past) if past.is_empty() => line("before", "never run here by this journal"),
        Reading::Read(past) => {
            for run in past {
                let state = said(&run.state, |s| s.word().to_owned());
                line(
                    "before",
                    &format!(
                        "{} ago by {}: {state}",
                        age(found.at.since(run.at)),
                        run.operator
                    ),
                );
            }
        }
        other => line("before", &said(other, |_| String::new())),
    }
    out
}

fn document(check: &Check) -> String {
    said(&check.document, |d| match &*d.status {
        "missing" => "THERE IS NO SUCH DOCUMENT OR VERSION".to_owned(),
        status => format!("version {} of {}, {status}", d.version, d.owner),
    })
}

fn preview(check: &Check) -> String {
    said(&check.preview, |p| {
        format!(
            "AWS says: {} steps change something, {} do not, of {} it cannot tell; {} account{}",
            p.mutating,
            p.reading,
            p.undetermined,
            p.accounts,
            if p.accounts == 1 { "" } else { "s" }
        )
    })
}
