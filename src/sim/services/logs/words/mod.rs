//! Words: what each sort of voice writes, as its real writers word it.

mod machines;

use super::voice::{Sort, Unit, Voice};
use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::services::stock;
use crate::sim::wire::text::iso;
use crate::sim::world::Site;

/// What is told of one thing that happened at this moment.
pub fn unit(voice: &Voice, site: &Site, at: Timestamp, bad: bool, dice: Chance) -> Unit {
    let about = Told {
        site,
        at,
        bad,
        dice,
        resource: &voice.resource,
    };
    match voice.sort {
        Sort::App => about.app(),
        Sort::Text => about.text(),
        Sort::Lambda => about.lambda(),
        Sort::Database => about.database(),
        Sort::Access => about.access(),
        Sort::Syslog => about.syslog(),
        Sort::Secure => about.secure(),
        Sort::Audit => about.audit(),
        Sort::Agent => about.agent(),
        Sort::Windows => about.windows(),
        Sort::Flow => about.flow(),
        Sort::Trail => about.trail(),
        Sort::Waf => about.waf(),
        Sort::Hostile => vec![(
            0,
            stock::hostile(usize::from(u8::try_from(dice.between(0, 14)).unwrap_or(0))),
        )],
        Sort::Nothing => Vec::new(),
    }
}

/// Something that happened, about to be told.
struct Told<'a> {
    site: &'a Site,
    at: Timestamp,
    /// Whether the workload is in trouble, and this is about it.
    bad: bool,
    dice: Chance,
    resource: &'a str,
}

const PATHS: &[&str] = &[
    "/v1/orders",
    "/v1/orders/{id}",
    "/v1/carts/{id}/items",
    "/v1/payments",
    "/v1/customers/{id}",
    "/health",
    "/v2/search",
    "/v1/invoices/{id}",
    "/login",
    "/v1/prices",
];
const METHODS: &[&str] = &["GET", "GET", "GET", "POST", "PUT", "DELETE"];
const TROUBLES: &[&str] = &[
    "upstream timed out after 2000 ms",
    "connection pool exhausted: 50 of 50 in use",
    "could not obtain lock on row in relation 'orders'",
    "no healthy upstream",
    "connection refused: connect to 10.2.14.7:5432",
    "circuit breaker is open for card-issuer",
];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "curl/8.7.1",
    "ELB-HealthChecker/2.0",
];

impl Told<'_> {
    fn path(&self) -> String {
        let id = self.dice.on(20).between(1_000, 99_999);
        self.dice
            .on(21)
            .pick(PATHS)
            .replace("{id}", &id.to_string())
    }

    fn address(&self, salt: u64) -> String {
        let dice = self.dice.on(salt);
        format!(
            "10.{}.{}.{}",
            dice.on(1).between(0, 8),
            dice.on(2).between(0, 255),
            dice.on(3).between(4, 250)
        )
    }

    fn stranger(&self, salt: u64) -> String {
        let dice = self.dice.on(salt);
        // The networks that are kept for documentation.
        let net = *dice.on(1).pick(&["192.0.2", "198.51.100", "203.0.113"]);
        format!("{net}.{}", dice.on(2).between(1, 255))
    }

    fn app(&self) -> Unit {
        let dice = self.dice;
        let path = self.path();
        let method = *dice.on(1).pick(METHODS);
        let trace = dice.on(2).hex(16);
        let (level, message, status, took) = if self.bad && dice.on(3).happens(0.7) {
            (
                "error",
                *dice.on(4).pick(TROUBLES),
                *dice.on(5).pick(&[500, 502, 503, 504]),
                dice.on(6).between(900, 9_000),
            )
        } else if dice.on(3).happens(0.03) {
            (
                "warn",
                "slow request",
                200,
                dice.on(6).between(1_000, 3_000),
            )
        } else if dice.on(7).happens(0.01) {
            (
                "error",
                "card declined by issuer",
                402,
                dice.on(6).between(80, 400),
            )
        } else if dice.on(7).happens(0.08) {
            ("debug", "cache miss", 200, dice.on(6).between(1, 40))
        } else {
            (
                "info",
                "request",
                *dice.on(5).pick(&[200, 200, 200, 201, 204, 304, 404]),
                dice.on(6).between(2, 350),
            )
        };
        // Nothing in it needs escaping, and a flood of it is written fast.
        let line = format!(
            "{{\"timestamp\":\"{}\",\"level\":\"{level}\",\"service\":\"{}\",\"msg\":\"{message}\",\"http\":{{\"method\":\"{method}\",\"path\":\"{path}\",\"status\":{status}}},\"duration_ms\":{took},\"trace_id\":\"{trace}\"}}",
            iso(self.at),
            self.resource,
        );
        vec![(0, line)]
    }

    fn text(&self) -> Unit {
        let dice = self.dice;
        let when = iso(self.at);
        let thread = dice.on(1).between(1, 33);
        if self.bad {
            let why = dice.on(2).pick(TROUBLES);
            return vec![(
                0,
                format!(
                    "{when} ERROR [worker-{thread}] c.e.{}.Handler - {why}\njava.util.concurrent.TimeoutException: {why}\n\
                 \tat com.example.{0}.Pool.borrow(Pool.java:{})\n\tat com.example.{0}.Handler.serve(Handler.java:{})\n\
                 \tat java.base/java.lang.Thread.run(Thread.java:1583)\nCaused by: java.net.SocketTimeoutException: Read timed out\n\t... 3 more",
                    self.resource.replace('-', ""),
                    dice.on(3).between(20, 400),
                    dice.on(4).between(20, 400),
                ),
            )];
        }
        let (level, text) = match dice.on(2).between(0, 20) {
            0 => (
                "WARN ",
                "retrying after 429 from the price service".to_owned(),
            ),
            1 => (
                "DEBUG",
                format!(
                    "pool: {} idle, {} busy",
                    dice.on(3).between(0, 20),
                    dice.on(4).between(0, 30)
                ),
            ),
            2..6 => (
                "INFO ",
                format!("processed batch of {} messages", dice.on(3).between(1, 500)),
            ),
            _ => (
                "INFO ",
                format!(
                    "{} {} {} ms",
                    dice.on(3).pick(METHODS),
                    self.path(),
                    dice.on(4).between(1, 400)
                ),
            ),
        };
        vec![(
            0,
            format!(
                "{when} {level} [worker-{thread}] c.e.{}.Handler - {text}",
                self.resource.replace('-', "")
            ),
        )]
    }

    fn lambda(&self) -> Unit {
        let dice = self.dice;
        let id = dice.on(1).uuid();
        let timeout = self.bad && dice.on(2).happens(0.4);
        let took = if timeout {
            3_000
        } else {
            dice.on(3).between(8, 900)
        };
        let cold = dice.on(4).happens(0.03);
        let mut told = Vec::new();
        if cold {
            told.push((0, format!("INIT_START Runtime Version: python:3.12.v41\tRuntime Version ARN: arn:{}:lambda:{}::runtime:{}", self.site.partition, self.site.region, dice.on(5).hex(32))));
        }
        told.push((1, format!("START RequestId: {id} Version: $LATEST")));
        let when = |after: i64| iso(Timestamp::from_millis(self.at.as_millis() + after));
        told.push((
            4,
            format!(
                "[INFO]\t{}\t{id}\treceived {} records",
                when(4),
                dice.on(6).between(1, 10)
            ),
        ));
        if self.bad && !timeout {
            told.push((took, format!(
                "[ERROR] KeyError: 'customerId'\nTraceback (most recent call last):\n  File \"/var/task/handler.py\", line {}, in handler\n    \
                 customer = event[\"detail\"][\"customerId\"]", dice.on(7).between(10, 120))));
        }
        if timeout {
            told.push((
                took,
                format!("{} {id} Task timed out after 3.00 seconds", when(took)),
            ));
        }
        told.push((took + 1, format!("END RequestId: {id}")));
        let init = if cold {
            format!(
                "\tInit Duration: {}.{:02} ms",
                dice.on(8).between(110, 900),
                dice.on(9).between(0, 100)
            )
        } else {
            String::new()
        };
        let status = if timeout { "\tStatus: timeout" } else { "" };
        told.push((took + 1, format!(
            "REPORT RequestId: {id}\tDuration: {took}.{:02} ms\tBilled Duration: {} ms\tMemory Size: 256 MB\tMax Memory Used: {} MB{init}{status}",
            if timeout { 0 } else { dice.on(10).between(0, 100) }, took + 1, dice.on(11).between(48, 250))));
        told
    }

    fn database(&self) -> Unit {
        let dice = self.dice;
        let when = iso(self.at).replace('T', " ").replace('Z', " UTC");
        let (level, text) = if self.bad {
            match dice.on(1).between(0, 3) {
                0 => ("FATAL", "remaining connection slots are reserved for roles with the SUPERUSER attribute".to_owned()),
                1 => ("ERROR", "could not extend file \"base/16402/2619\": No space left on device".to_owned()),
                _ => ("ERROR", format!("deadlock detected\nDETAIL:  Process {} waits for ShareLock on transaction {}.", dice.on(2).between(1_000, 30_000), dice.on(3).between(100_000, 900_000))),
            }
        } else {
            match dice.on(1).between(0, 4) {
                0 => (
                    "LOG",
                    format!(
                        "checkpoint complete: wrote {} buffers",
                        dice.on(2).between(100, 9_000)
                    ),
                ),
                1 => (
                    "LOG",
                    format!(
                        "duration: {}.{} ms  statement: SELECT * FROM orders WHERE customer_id = $1",
                        dice.on(2).between(500, 4_000),
                        dice.on(3).between(0, 1_000)
                    ),
                ),
                _ => (
                    "LOG",
                    format!("connection authorized: user=app database={}", self.resource),
                ),
            }
        };
        vec![(
            0,
            format!(
                "{when}:{}({}):app@{}:[{}]:{level}:  {text}",
                self.address(4),
                dice.on(5).between(30_000, 60_000),
                self.resource,
                dice.on(6).between(500, 32_000)
            ),
        )]
    }

    fn access(&self) -> Unit {
        let dice = self.dice;
        let status = if self.bad {
            *dice.on(1).pick(&[500, 502, 503, 504])
        } else {
            *dice
                .on(1)
                .pick(&[200, 200, 200, 200, 201, 204, 301, 400, 404])
        };
        let when = self
            .at
            .to_jiff()
            .strftime("%d/%b/%Y:%H:%M:%S +0000")
            .to_string();
        vec![(
            0,
            format!(
                "{} - - [{when}] \"{} {} HTTP/1.1\" {status} {} \"-\" \"{}\"",
                self.stranger(2),
                dice.on(3).pick(METHODS),
                self.path(),
                dice.on(4).between(80, 48_000),
                dice.on(5).pick(AGENTS)
            ),
        )]
    }
}
