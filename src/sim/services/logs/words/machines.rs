//! What machines, networks and AWS itself write.

use serde_json::json;

use super::{METHODS, Told};
use crate::clock::Timestamp;
use crate::sim::services::logs::voice::Unit;
use crate::sim::services::stock::USERS;
use crate::sim::wire::text::iso;

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

impl Told<'_> {
    pub(super) fn syslog(&self) -> Unit {
        let dice = self.dice;
        let when = self.at.to_jiff().strftime("%b %e %H:%M:%S").to_string();
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

    pub(super) fn secure(&self) -> Unit {
        let dice = self.dice;
        let when = self.at.to_jiff().strftime("%b %e %H:%M:%S").to_string();
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

    pub(super) fn audit(&self) -> Unit {
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

    pub(super) fn agent(&self) -> Unit {
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

    pub(super) fn windows(&self) -> Unit {
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
    pub(super) fn flow(&self) -> Unit {
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

    pub(super) fn trail(&self) -> Unit {
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

    pub(super) fn waf(&self) -> Unit {
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
