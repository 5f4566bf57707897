//! The simulator as its own clients see it, without any SDK: raw HTTP over a socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use super::faults::{Fault, Kind};
use super::scenario::Scenario;
use super::wire::{Value, cbor, json};
use super::{Options, Simulator};
use crate::clock::{ManualClock, Timestamp};

const START: Timestamp = Timestamp::from_secs(1_795_250_000);

fn options(scenario: &str) -> (Options, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START));
    (
        Options {
            scenario: scenario.to_owned(),
            clock: clock.clone(),
            ..Options::default()
        },
        clock,
    )
}

fn start(scenario: &str) -> (Simulator, Arc<ManualClock>) {
    let (options, clock) = options(scenario);
    (Simulator::start(options).unwrap(), clock)
}

/// Sends one request and gives status, head and body; the body may be cut short.
fn send(sim: &Simulator, head: &str, body: &[u8]) -> std::io::Result<(u16, String, Vec<u8>)> {
    let mut stream = TcpStream::connect(sim.endpoint().trim_start_matches("http://"))?;
    write!(
        stream,
        "{head}\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let at = all
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&all[..at]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    Ok((status, head.to_ascii_lowercase(), all[at + 4..].to_vec()))
}

fn signed(service: &str, key: &str) -> String {
    let signature = "0".repeat(64);
    format!(
        "authorization: AWS4-HMAC-SHA256 Credential={key}/20261121/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature={signature}"
    )
}

fn alarms(sim: &Simulator, account: &str, input: &Value) -> (u16, Value) {
    let head = format!(
        "POST /service/GraniteServiceVersion20100801/operation/DescribeAlarms HTTP/1.1\r\n\
         smithy-protocol: rpc-v2-cbor\r\ncontent-type: application/cbor\r\nx-amzn-query-mode: true\r\n{}",
        signed("monitoring", &format!("AKIA{account}"))
    );
    let (status, _, body) = send(sim, &head, &cbor::encode(input)).unwrap();
    (status, cbor::decode(&body).unwrap())
}

#[test]
fn cbor_pages_hold_every_alarm_once_and_agree_with_the_truth() {
    let (sim, _) = start("everyday");
    let (mut names, mut token) = (Vec::new(), Value::Null);
    loop {
        let types = vec!["MetricAlarm", "CompositeAlarm"];
        let input =
            crate::fields! { "MaxRecords" => 7, "AlarmTypes" => types, "NextToken" => token };
        let (status, page) = alarms(&sim, "222222222222", &input);
        assert_eq!(status, 200);
        let lists = [
            page.at("MetricAlarms").items(),
            page.at("CompositeAlarms").items(),
        ];
        assert!(lists.iter().map(|l| l.len()).sum::<usize>() <= 7);
        names.extend(
            lists
                .concat()
                .iter()
                .map(|a| a.at("AlarmArn").as_str().unwrap().to_owned()),
        );
        token = page.at("NextToken").clone();
        if token.is_null() {
            break;
        }
    }
    let (_, _, body) = send(
        &sim,
        "GET /_sim/truth?service=cloudwatch&account=payments-prod&region=eu-west-1 HTTP/1.1",
        b"",
    )
    .unwrap();
    let rows = json::decode(&body).unwrap();
    let truth = rows.items()[0].at("truth");
    let mut wanted: Vec<_> = [
        truth.at("MetricAlarms").items(),
        truth.at("CompositeAlarms").items(),
    ]
    .concat()
    .iter()
    .map(|a| a.at("AlarmArn").as_str().unwrap().to_owned())
    .collect();
    assert!(wanted.len() > 48);
    wanted.sort();
    names.sort();
    assert_eq!(names, wanted);
}

#[test]
fn the_same_time_gives_the_same_world_however_often_it_is_asked() {
    let types = crate::fields! { "AlarmTypes" => vec!["MetricAlarm", "CompositeAlarm"], "MaxRecords" => 100 };
    let (patient, clock) = start("everyday");
    clock.advance(Duration::from_secs(7200));
    let (curious, clock) = start("everyday");
    for _ in 0..120 {
        clock.advance(Duration::from_secs(60));
        alarms(&curious, "333333333333", &types);
    }
    assert_eq!(
        alarms(&patient, "333333333333", &types),
        alarms(&curious, "333333333333", &types)
    );
}

#[test]
fn alarms_fire_and_clear_as_time_passes() {
    let (sim, clock) = start("everyday");
    let states = |sim: &Simulator| {
        let (_, page) = alarms(sim, "222222222222", &crate::fields! { "MaxRecords" => 100 });
        let of = |a: &Value| {
            (
                a.at("StateValue").as_str().map(str::to_owned),
                a.at("StateTransitionedTimestamp").clone(),
            )
        };
        page.at("MetricAlarms")
            .items()
            .iter()
            .map(of)
            .collect::<Vec<_>>()
    };
    let before = states(&sim);
    clock.advance(Duration::from_secs(3 * 3600));
    let after = states(&sim);
    let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert!(moved >= 2, "{moved} alarms moved in three hours");
    for ((_, old), (_, new)) in before.iter().zip(&after).filter(|(a, b)| a != b) {
        assert!(
            new.as_time() > old.as_time()
                && new.as_time() <= Some(START.plus(Duration::from_secs(3 * 3600)))
        );
    }
}

#[test]
fn a_composite_alarm_follows_its_children() {
    let (sim, clock) = start("everyday");
    for _ in 0..60 {
        clock.advance(Duration::from_secs(47));
        let all = crate::fields! { "AlarmTypes" => vec!["MetricAlarm", "CompositeAlarm"], "MaxRecords" => 100 };
        let (_, page) = alarms(&sim, "222222222222", &all);
        let state = |name: &str| {
            let lists = [
                page.at("MetricAlarms").items(),
                page.at("CompositeAlarms").items(),
            ]
            .concat();
            let found = lists
                .iter()
                .find(|a| a.at("AlarmName").as_str() == Some(name))
                .cloned();
            found
                .unwrap_or_else(|| panic!("no alarm {name}"))
                .at("StateValue")
                .as_str()
                .map(str::to_owned)
        };
        let fires = |name: &str| state(name).as_deref() == Some("ALARM");
        let children =
            fires("checkout-slo-burn-rate") || fires("card-authorisation failures (all issuers)");
        assert_eq!(fires("customers-notice"), children);
    }
}

#[test]
fn unsigned_requests_are_refused_in_the_callers_protocol() {
    let (sim, _) = start("quiet-night");
    let form = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded";
    let (status, _, body) =
        send(&sim, form, b"Action=GetCallerIdentity&Version=2011-06-15").unwrap();
    assert_eq!(status, 403);
    assert!(String::from_utf8_lossy(&body).contains("<Code>MissingAuthenticationToken</Code>"));
    let (status, head, _) = send(&sim, "GET /detector HTTP/1.1", b"").unwrap();
    assert_eq!(status, 403);
    assert!(
        head.contains("x-amzn-errortype: missingauthenticationtokenexception"),
        "{head}"
    );
    let json = "POST / HTTP/1.1\r\nx-amz-target: AWSOrganizationsV20161128.ListAccounts";
    let (status, _, body) = send(&sim, json, b"{}").unwrap();
    assert_eq!(
        (status, json::decode(&body).unwrap().at("__type").as_str()),
        (400, Some("MissingAuthenticationTokenException"))
    );
}

#[test]
fn unknown_operations_and_services_are_errors_of_their_protocol() {
    let (sim, _) = start("quiet-night");
    let head = format!(
        "POST / HTTP/1.1\r\nx-amz-target: GraniteServiceVersion20100801.Dream\r\n{}",
        signed("monitoring", "demo")
    );
    let (status, _, body) = send(&sim, &head, b"{}").unwrap();
    assert_eq!(status, 404);
    assert!(String::from_utf8_lossy(&body).contains("UnknownOperationException"));
    let head = format!("GET /dreams HTTP/1.1\r\n{}", signed("dreams", "demo"));
    let (status, head, _) = send(&sim, &head, b"").unwrap();
    assert_eq!(status, 404);
    assert!(head.contains("unknownoperationexception"));
}

#[test]
fn faults_break_the_wire_and_go_away() {
    let (sim, _) = start("quiet-night");
    let head = format!(
        "POST / HTTP/1.1\r\nx-amz-target: GraniteServiceVersion20100801.DescribeAlarms\r\n{}",
        signed("monitoring", "demo")
    );
    sim.faults()
        .add(Fault::new(Kind::Reset).service("cloudwatch").times(1))
        .unwrap();
    assert_eq!(
        send(&sim, &head, b"{}").unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    sim.faults()
        .add(Fault::new(Kind::Truncate).operation("Describe*").times(1))
        .unwrap();
    let (status, text, body) = send(&sim, &head, b"{}").unwrap();
    let announced: usize = text
        .split("content-length: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!((status, body.len()), (200, announced / 2));
    sim.faults()
        .add(Fault::new(Kind::Malformed).times(1))
        .unwrap();
    let (status, _, body) = send(&sim, &head, b"{}").unwrap();
    assert_eq!(status, 200);
    assert!(json::decode(&body).is_err());
    sim.faults()
        .add(
            Fault::new(Kind::Throttle)
                .region("us-*")
                .account("management"),
        )
        .unwrap();
    let (status, _, body) = send(&sim, &head, b"{}").unwrap();
    assert_eq!(status, 200, "the fault is of another region");
    assert!(json::decode(&body).is_ok());
    assert_eq!(sim.calls().count("monitoring", "DescribeAlarms").calls, 4);
}

#[test]
fn rates_of_aws_throttle_when_switched_on() {
    let (mut options, _) = options("quiet-night");
    options.rate_limits = true;
    let sim = Simulator::start(options).unwrap();
    let throttled = (0..40)
        .filter(|_| alarms(&sim, "111111111111", &crate::fields! {}).0 == 400)
        .count();
    assert!(throttled > 0);
    assert_eq!(sim.calls().total().throttled, throttled as u64);
}

#[test]
fn a_stopped_simulator_is_gone_and_a_bad_scenario_never_starts() {
    let (sim, _) = start("quiet-night");
    let address = sim.endpoint().trim_start_matches("http://").to_owned();
    sim.stop();
    assert!(TcpStream::connect(address).is_err());
    let why = Simulator::start(Options {
        scenario: "quiet-nigth".to_owned(),
        ..Options::default()
    })
    .unwrap_err();
    assert!(why.contains("quiet-night"), "{why}");
    let listen = "0.0.0.0:0".parse().unwrap();
    assert!(
        Simulator::start(Options {
            listen,
            ..Options::default()
        })
        .is_err()
    );
}

#[test]
fn a_hundred_thousand_items_are_there_when_asked_for() {
    let scenario = Scenario::load("hundred-thousand").unwrap();
    let cells = scenario.fleet.accounts * scenario.regions.len();
    let findings = scenario.guardduty.findings + scenario.securityhub.findings;
    assert_eq!(cells * (scenario.alarms.per_cell + findings), 100_000);
    let (sim, _) = start("hundred-thousand");
    let (_, page) = alarms(&sim, "200000000199", &crate::fields! { "MaxRecords" => 50 });
    assert_eq!(page.at("MetricAlarms").items().len(), 50);
    assert!(!page.at("NextToken").is_null());
}

/// How many metric alarms of an account fire in eu-west-1, and how many have changed since the start.
fn firing(sim: &Simulator, account: &str) -> (usize, usize) {
    let truth = sim.truth("cloudwatch", account, "eu-west-1").unwrap();
    let alarms = truth["MetricAlarms"].as_array().unwrap();
    let changed =
        |a: &&serde_json::Value| a["StateTransitionedTimestamp"].as_f64() > Some(1_795_250_000.0);
    (
        alarms.iter().filter(|a| a["StateValue"] == "ALARM").count(),
        alarms.iter().filter(changed).count(),
    )
}

#[test]
fn an_outage_comes_and_goes() {
    let (sim, clock) = start("region-outage");
    let quiet = firing(&sim, "222222222222").0;
    clock.advance(Duration::from_secs(600));
    let bad = firing(&sim, "222222222222").0;
    clock.advance(Duration::from_secs(5400));
    let over = firing(&sim, "222222222222").0;
    assert!(bad >= 20 && quiet < 8 && over < 12, "{quiet} {bad} {over}");
}

#[test]
fn updates_come_at_the_rate_that_is_asked_for() {
    let (mut options, clock) = options("hundred-thousand");
    options.updates_per_second = Some(800.0);
    let sim = Simulator::start(options).unwrap();
    assert_eq!(firing(&sim, "200000000000").1, 0);
    clock.advance(Duration::from_secs(60));
    // One a second in each of 800 places, on 125 alarms: about 48 of them are hit at least once.
    let changed = firing(&sim, "200000000000").1;
    assert!((30..=66).contains(&changed), "{changed}");
}
