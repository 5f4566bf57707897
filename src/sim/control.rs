//! The simulator's own paths, `/_sim/…`: faults, calls, truth and clock over HTTP.

use hyper::StatusCode;
use hyper::http::request::Parts;
use serde::Deserialize;

use super::faults::Fault;
use super::scenario::duration;
use super::server::Stage;
use super::services;
use super::wire::{Value, json};
use crate::fields;

type Reply = Result<Value, (StatusCode, String)>;

/// Answers a request to one of the simulator's own paths, in JSON.
pub(super) fn answer(stage: &Stage, parts: &Parts, body: &[u8]) -> (StatusCode, Vec<u8>) {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let given = |name: &str| {
        query
            .iter()
            .find(|(k, _)| k == name)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    };
    let path = parts
        .uri
        .path()
        .trim_start_matches("/_sim")
        .trim_matches('/');
    let reply = match (parts.method.as_str(), path) {
        ("GET", "") => Ok(index(stage)),
        ("GET", "accounts") => Ok(accounts(stage)),
        ("GET", "faults") => Ok(faults(stage)),
        ("POST", "faults") => add_fault(stage, body),
        ("DELETE", "faults") => remove_fault(stage, given("id")),
        ("GET", "calls") => Ok(stage.calls.report()),
        ("DELETE", "calls") => {
            stage.calls.reset();
            Ok(stage.calls.report())
        }
        ("GET", "changes") => Ok(stage.calls.audit()),
        ("GET", "truth") => truth(stage, given("service"), given("account"), given("region")),
        ("GET", "clock") => Ok(clock(stage)),
        ("POST", "clock") => turn_clock(stage, body),
        ("POST", "limits") => limits(stage, body),
        _ => Err((
            StatusCode::NOT_FOUND,
            format!("there is no {} {}", parts.method, parts.uri.path()),
        )),
    };
    match reply {
        Ok(value) => (StatusCode::OK, json::encode(&value)),
        Err((status, why)) => (status, json::encode(&fields! { "error" => why })),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it stands in map_err, which hands over the error"
)]
fn bad(why: impl ToString) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, why.to_string())
}

fn index(stage: &Stage) -> Value {
    let service = |service: &&'static services::Service| {
        fields! {
            "service" => service.name,
            "alias" => service.alias,
            "operations" => service.operations.iter().map(|op| op.name).collect::<Value>(),
        }
    };
    fields! {
        "scenario" => &stage.world.scenario().title,
        "about" => &stage.world.scenario().about,
        "paths" => vec!["/_sim/accounts", "/_sim/calls", "/_sim/changes", "/_sim/clock", "/_sim/faults", "/_sim/limits", "/_sim/truth"],
        "services" => services::ALL.iter().map(service).collect::<Value>(),
    }
}

fn accounts(stage: &Stage) -> Value {
    stage
        .world
        .accounts()
        .values()
        .map(|account| {
            fields! {
                "id" => &account.entry.id, "name" => &account.entry.name, "ou" => &account.entry.ou,
                "status" => &account.entry.status, "regions" => account.regions.iter().collect::<Value>(),
            }
        })
        .collect()
}

fn faults(stage: &Stage) -> Value {
    let row = |(id, fault, hits): (u64, Fault, u32)| {
        let mut row = serde_json::to_value(fault)
            .map(json::neutral)
            .unwrap_or_default();
        if let Value::Map(map) = &mut row {
            map.set("id", id);
            map.set("hits", hits);
        }
        row
    };
    stage.faults.list().into_iter().map(row).collect()
}

fn add_fault(stage: &Stage, body: &[u8]) -> Reply {
    let fault: Fault = serde_json::from_slice(body).map_err(bad)?;
    let id = stage.faults.add(fault).map_err(bad)?;
    Ok(fields! { "id" => id })
}

fn remove_fault(stage: &Stage, id: Option<&str>) -> Reply {
    match id {
        None => stage.faults.clear(),
        Some(id) => {
            let id: u64 = id.parse().map_err(bad)?;
            if !stage.faults.remove(id) {
                return Err((StatusCode::NOT_FOUND, format!("there is no fault {id}")));
            }
        }
    }
    Ok(faults(stage))
}

/// The truth about every place that fits, each with its service, account and region.
fn truth(
    stage: &Stage,
    service: Option<&str>,
    account: Option<&str>,
    region: Option<&str>,
) -> Reply {
    let chosen: Vec<_> = match service {
        None => services::ALL.to_vec(),
        Some(name) => {
            let found = services::find(name);
            vec![found.ok_or_else(|| {
                (
                    StatusCode::NOT_FOUND,
                    format!("there is no service '{name}'"),
                )
            })?]
        }
    };
    let mut rows = Vec::new();
    for entry in stage.world.accounts().values() {
        if account.is_some_and(|a| a != &*entry.entry.id && a != entry.entry.name) {
            continue;
        }
        for place in entry
            .regions
            .iter()
            .filter(|r| region.is_none_or(|wanted| wanted == &***r))
        {
            for service in &chosen {
                let truth = (service.truth)(&stage.world, &entry.entry.id, place);
                if !truth.is_null() {
                    rows.push(fields! {
                        "service" => service.name, "account" => &entry.entry.id, "region" => place, "truth" => truth,
                    });
                }
            }
        }
    }
    Ok(Value::List(rows))
}

fn clock(stage: &Stage) -> Value {
    let clock = stage.world.clock();
    fields! { "started" => clock.started().to_string(), "now" => clock.now().to_string(), "millis" => clock.now().as_millis() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    advance: Option<String>,
    speed: Option<f64>,
    freeze: Option<bool>,
}

fn turn_clock(stage: &Stage, body: &[u8]) -> Reply {
    let turn: Turn = serde_json::from_slice(body).map_err(bad)?;
    if let Some(freeze) = turn.freeze {
        stage
            .world
            .clock()
            .set_speed(if freeze { 0.0 } else { 1.0 });
    }
    if let Some(speed) = turn.speed {
        stage.world.clock().set_speed(speed);
    }
    if let Some(by) = &turn.advance {
        let by = duration(by)
            .ok_or_else(|| bad(format!("'{by}' is not a length of time such as 90s or 10m")))?;
        stage.world.clock().advance(by);
    }
    Ok(clock(stage))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    on: bool,
}

fn limits(stage: &Stage, body: &[u8]) -> Reply {
    let limits: Limits = serde_json::from_slice(body).map_err(bad)?;
    stage.calls.limit(limits.on);
    Ok(fields! { "on" => limits.on })
}
