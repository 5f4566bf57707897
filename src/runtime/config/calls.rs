//! `[notify]`: what calls an operator who looks elsewhere.

use std::sync::Arc;

use crate::domain::Severity;
use crate::domain::problem::Problem;
use crate::model::attention::{Calls, Quiet};

use super::schema::Weight;
use super::settings::Settings;
use super::shifts::{clock, zone};

/// What the configuration says about calling. Hours that cannot be read are told and quieten nothing.
pub(super) fn calls(settings: &Settings, problems: &mut Vec<(Weight, Problem)>) -> Calls {
    // `off` is no severity.
    let from = |key: &str| settings.text(key).parse::<Severity>().ok();
    let program = settings.list("notify.command");
    let command = from("notify.command_from").filter(|_| !program.is_empty());
    Calls {
        bell: from("notify.bell"),
        desktop: from("notify.desktop"),
        command: command.map(|severity| (severity, Arc::from(program.to_vec()))),
        repeat: settings.span("notify.repeat"),
        quiet: quiet(settings, problems),
    }
}

fn quiet(settings: &Settings, problems: &mut Vec<(Weight, Problem)>) -> Option<Quiet> {
    let written = settings.given("notify.quiet")?;
    let hours = written
        .split_once('-')
        .and_then(|(from, to)| Some((clock(from.trim())?, clock(to.trim())?)));
    let why = match (hours, zone(settings)) {
        (Some((from, to)), Some(zone)) if from != to => return Some(Quiet { zone, from, to }),
        (Some(_), Some(_)) => "hours that end when they begin are none",
        (Some(_), None) => {
            "the time zone of this machine cannot be told; name one in [shifts] zone"
        }
        (None, _) => "hours are written as \"22:00-06:00\"",
    };
    let place = settings.origin("notify.quiet").place();
    problems.push((
        Weight::Comfort,
        Problem::new(place, format!("`quiet`: {why}")),
    ));
    None
}
