//! Words: what each sort of voice writes, as its real writers word it.

use serde_json::json;

use super::voice::{Sort, Unit, Voice};
use crate::clock::Timestamp;
use crate::sim::chance::Chance;
use crate::sim::services::stock::{self, USERS};
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

/// Windows events: log, level, number, source, text.
#[rustfmt::skip]
const EVENTS: &[(&str, &str, u32, &str, &str)] = &[
    ("System", "Error", 7031, "Service Control Manager", "The Print Spooler service terminated unexpectedly."),
    ("System", "Information", 7036, "Service Control Manager", "The Windows Update service entered the running state."),
    ("System", "Warning", 36, "Time-Service", "The time service has not synchronized the system time for 86400 seconds."),
    ("Application", "Warning", 1530, "User Profiles Service", "Windows detected your registry file is still in use by other applications or services."),
    ("Application", "Error", 1000, "Application Error", "Faulting application name: w3wp.exe, version: 10.0.20348.1, exception code: 0xc0000005"),
    ("Application", "Information", 1704, "SceCli", "Security policy in the Group policy objects has been applied successfully."),
    ("Security", "Information", 4624, "Microsoft-Windows-Security-Auditing", "An account was successfully logged on."),
    ("Security", "Information", 4625, "Microsoft-Windows-Security-Auditing", "An account failed to log on."),
    ("Security", "Information", 4672, "Microsoft-Windows-Security-Auditing", "Special privileges assigned to new logon."),
];

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
        let zoned = jiff::Timestamp::from_millisecond(self.at.as_millis()).unwrap_or_default();
        let when = zoned.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string();
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

    fn syslog(&self) -> Unit {
        let dice = self.dice;
        let zoned = jiff::Timestamp::from_millisecond(self.at.as_millis()).unwrap_or_default();
        let when = zoned.strftime("%b %e %H:%M:%S").to_string();
        let host = format!("ip-{}", self.address_of_host().replace('.', "-"));
        let text = if self.bad {
            match dice.on(1).between(0, 3) {
                0 => format!("kernel: Out of memory: Killed process {} (java) total-vm:8123456kB, anon-rss:3921144kB", dice.on(2).between(1_000, 30_000)),
                1 => "kernel: EXT4-fs warning (device nvme0n1p1): ext4_da_write_end: No space left on device".to_owned(),
                _ => "systemd[1]: checkout.service: Main process exited, code=exited, status=1/FAILURE".to_owned(),
            }
        } else {
            match dice.on(1).between(0, 5) {
                0 => format!(
                    "systemd[1]: Started Session {} of user ec2-user.",
                    dice.on(2).between(10, 9_000)
                ),
                1 => format!(
                    "dhclient[612]: DHCPREQUEST on eth0 to {} port 67",
                    self.address(3)
                ),
                2 => "chronyd[580]: Selected source 169.254.169.123".to_owned(),
                3 => format!(
                    "CRON[{}]: (root) CMD (/usr/lib64/sa/sa1 1 1)",
                    dice.on(2).between(1_000, 30_000)
                ),
                _ => "amazon-ssm-agent[701]: INFO [ssm-session-worker] health check ok".to_owned(),
            }
        };
        vec![(0, format!("{when} {host} {text}"))]
    }

    /// The same machine has the same address in all its lines.
    fn address_of_host(&self) -> String {
        let n = self.resource.bytes().fold(7_u32, |n, byte| {
            n.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        format!("10.0.{}.{}", n >> 8 & 0xff, n & 0xff)
    }

    fn secure(&self) -> Unit {
        let dice = self.dice;
        let zoned = jiff::Timestamp::from_millisecond(self.at.as_millis()).unwrap_or_default();
        let when = zoned.strftime("%b %e %H:%M:%S").to_string();
        let host = format!("ip-{}", self.address_of_host().replace('.', "-"));
        let pid = dice.on(1).between(1_000, 30_000);
        let text = if dice.on(2).happens(0.5) {
            format!(
                "Failed password for invalid user {} from {} port {} ssh2",
                dice.on(3)
                    .pick(&["admin", "oracle", "test", "ubuntu", "git"]),
                self.stranger(4),
                dice.on(5).between(30_000, 60_000)
            )
        } else {
            format!(
                "Accepted publickey for ec2-user from {} port {} ssh2: ED25519 SHA256:{}",
                self.address(4),
                dice.on(5).between(30_000, 60_000),
                dice.on(6).hex(16)
            )
        };
        vec![(0, format!("{when} {host} sshd[{pid}]: {text}"))]
    }

    fn audit(&self) -> Unit {
        let dice = self.dice;
        let serial = dice.on(1).between(1_000, 99_999);
        let failed = dice.on(2).happens(0.1);
        let (kind, result) = (
            dice.on(3).pick(&[
                "USER_AUTH",
                "USER_ACCT",
                "CRED_ACQ",
                "USER_LOGIN",
                "SERVICE_START",
            ]),
            if failed { "failed" } else { "success" },
        );
        vec![(
            0,
            format!(
                "type={kind} msg=audit({}.{:03}:{serial}): pid={} uid=0 auid=1000 ses={} subj=kernel msg='op=login acct=\"ec2-user\" exe=\"/usr/sbin/sshd\" hostname=? addr={} terminal=ssh res={result}'",
                self.at.as_secs(),
                self.at.as_millis().rem_euclid(1_000),
                dice.on(4).between(1_000, 30_000),
                dice.on(5).between(1, 900),
                self.stranger(6)
            ),
        )]
    }

    fn agent(&self) -> Unit {
        let dice = self.dice;
        let when = iso(self.at).replace('T', " ").replace('Z', "");
        let text = match dice.on(1).between(0, 4) {
            0 => "INFO [ssm-agent-worker] [HealthCheck] HealthCheck reporting agent health.".to_owned(),
            1 => format!("INFO [ssm-document-worker] [{}] document: AWS-RunPatchBaseline worker started", dice.on(2).uuid()),
            2 => "WARN [ssm-agent-worker] [MessageService] [MDSInteractor] retrying after error: RequestError: send request failed".to_owned(),
            _ => "INFO [amazon-ssm-agent] [LongRunningWorkerContainer] Monitor worker is alive".to_owned(),
        };
        vec![(0, format!("{when} {text}"))]
    }

    fn windows(&self) -> Unit {
        let dice = self.dice;
        let here: Vec<_> = EVENTS
            .iter()
            .filter(|event| event.0 == self.resource)
            .collect();
        let Some((log, level, id, source, text)) =
            (!here.is_empty()).then(|| *dice.on(1).pick(&here))
        else {
            return Vec::new();
        };
        let host = dice.on(2).hex(7).to_uppercase();
        vec![(
            0,
            format!("[{log}] [{level}] [{id}] [{source}] [EC2AMAZ-{host}] [{text}]"),
        )]
    }

    /// Version 2, in its default order.
    fn flow(&self) -> Unit {
        let dice = self.dice;
        let rejected = dice.on(1).happens(0.15);
        let (from, to) = if dice.on(2).happens(0.5) {
            (self.stranger(3), self.address(4))
        } else {
            (self.address(3), self.address(4))
        };
        let port = *dice.on(5).pick(if rejected {
            &[22, 3389, 445, 23, 8080][..]
        } else {
            &[443, 443, 5432, 6379, 53][..]
        });
        let packets = dice.on(6).between(1, 900);
        let start = self.at.as_secs() - dice.on(7).between(20, 60);
        vec![(
            0,
            format!(
                "2 {} {} {from} {to} {} {port} {} {packets} {} {start} {} {} OK",
                self.site.account,
                self.resource,
                dice.on(8).between(20_000, 65_000),
                if port == 53 { 17 } else { 6 },
                packets * dice.on(9).between(40, 1_400),
                self.at.as_secs(),
                if rejected { "REJECT" } else { "ACCEPT" }
            ),
        )]
    }

    fn trail(&self) -> Unit {
        let dice = self.dice;
        let denied = dice.on(1).happens(0.06);
        let (source, name) = *dice.on(2).pick(&[
            ("ec2.amazonaws.com", "DescribeInstances"),
            ("s3.amazonaws.com", "GetBucketAcl"),
            ("sts.amazonaws.com", "AssumeRole"),
            ("iam.amazonaws.com", "ListUsers"),
            ("ec2.amazonaws.com", "AuthorizeSecurityGroupIngress"),
            ("kms.amazonaws.com", "Decrypt"),
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
            ("rds.amazonaws.com", "ModifyDBInstance"),
        ]);
        let user = *dice.on(3).pick(USERS);
        let mut line = json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole", "arn": format!("arn:{}:sts::{}:assumed-role/operator/{user}", self.site.partition, self.site.account),
                "accountId": &*self.site.account, "principalId": format!("AROA{}:{user}", dice.on(4).hex(16).to_uppercase()),
            },
            "eventTime": iso(Timestamp::from_secs(self.at.as_secs())), "eventSource": source, "eventName": name,
            "awsRegion": &*self.site.region, "sourceIPAddress": self.stranger(5), "userAgent": "aws-cli/2.31.0",
            "requestID": dice.on(6).uuid(), "eventID": dice.on(7).uuid(), "eventType": "AwsApiCall", "managementEvent": true,
            "recipientAccountId": &*self.site.account, "eventCategory": "Management",
        });
        if denied && let Some(members) = line.as_object_mut() {
            members.insert("errorCode".into(), json!("AccessDenied"));
            members.insert(
                "errorMessage".into(),
                json!(format!(
                    "User: {user} is not authorized to perform: {}:{name}",
                    source.split('.').next().unwrap_or_default()
                )),
            );
        }
        vec![(0, line.to_string())]
    }

    fn waf(&self) -> Unit {
        let dice = self.dice;
        let blocked = dice.on(1).happens(0.3);
        let (action, rule) = if blocked {
            (
                "BLOCK",
                *dice
                    .on(2)
                    .pick(&["AWS-AWSManagedRulesSQLiRuleSet", "rate-limit", "geo-block"]),
            )
        } else {
            ("ALLOW", "Default_Action")
        };
        let line = json!({
            "timestamp": self.at.as_millis(), "formatVersion": 1,
            "webaclId": format!("arn:{}:wafv2:{}:{}:regional/webacl/edge/{}", self.site.partition, self.site.region, self.site.account, dice.on(3).uuid()),
            "terminatingRuleId": rule, "terminatingRuleType": if blocked { "MANAGED_RULE_GROUP" } else { "REGULAR" }, "action": action,
            "httpSourceName": "ALB", "httpRequest": {
                "clientIp": self.stranger(4), "country": *dice.on(5).pick(&["DE", "US", "BR", "NL", "SG"]), "uri": self.path(),
                "httpMethod": *dice.on(6).pick(METHODS), "httpVersion": "HTTP/2.0", "requestId": dice.on(7).uuid(),
            },
        });
        vec![(0, line.to_string())]
    }
}
