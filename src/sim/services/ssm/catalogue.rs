//! Credible OpsItems, and incredible ones.

/// What OpsItems are made from: title, source, category, severity, ARN of its resource, life in hours.
pub type Template = (&'static str, &'static str, &'static str, u8, &'static str);

/// What happens.
pub const TEMPLATES: [Template; 14] = [
    (
        "CloudWatch alarm - '{app}-5xx-rate' is in ALARM state",
        "Cloudwatch Alarm",
        "Availability",
        2,
        "cloudwatch:alarm:{app}-5xx-rate",
    ),
    (
        "CloudWatch alarm - '{app}-latency-p99' is in ALARM state",
        "Cloudwatch Alarm",
        "Performance",
        3,
        "cloudwatch:alarm:{app}-latency-p99",
    ),
    (
        "RDS DB instance {app}-primary: storage almost full",
        "RDS",
        "Availability",
        2,
        "rds:db:{app}-primary",
    ),
    (
        "EC2 instance scheduled for retirement: {instance}",
        "EC2",
        "Availability",
        3,
        "ec2:instance/{instance}",
    ),
    (
        "EC2 instance {instance} failed status checks",
        "EC2",
        "Availability",
        2,
        "ec2:instance/{instance}",
    ),
    (
        "Auto Scaling launch failures in {app}-asg",
        "Autoscaling",
        "Availability",
        2,
        "autoscaling:autoScalingGroupName/{app}-asg",
    ),
    (
        "EBS snapshot copy failed for volume {volume}",
        "EBS",
        "Recovery",
        3,
        "ec2:volume/{volume}",
    ),
    (
        "SSM maintenance window task failed: patch-{app}",
        "SSM",
        "Security",
        3,
        "ssm:maintenancewindow/patch-{app}",
    ),
    (
        "Automation execution timed out: Restart-{app}",
        "SSM",
        "Availability",
        4,
        "ssm:automation-execution/{app}",
    ),
    (
        "Security Hub finding: security group of {app} allows 0.0.0.0/0 on port 22",
        "Security Hub",
        "Security",
        2,
        "ec2:security-group/{app}",
    ),
    (
        "Certificate for {app}.example.com expires in 7 days",
        "ACM",
        "Availability",
        2,
        "acm:certificate/{app}",
    ),
    (
        "DMS replication task {app}-cdc stopped with an error",
        "DMS",
        "Recovery",
        3,
        "dms:task:{app}-cdc",
    ),
    (
        "Budget for {app} exceeded 90 %",
        "Cost",
        "Cost",
        4,
        "budgets:budget/{app}",
    ),
    (
        "{app}: dead-letter queue is not empty",
        "Cloudwatch Alarm",
        "Availability",
        3,
        "sqs:{app}-dlq",
    ),
];

/// To what it happens.
pub const APPS: [&str; 12] = [
    "checkout",
    "catalogue",
    "payments-api",
    "ledger",
    "login",
    "search",
    "recommendations",
    "invoicing",
    "media-encoder",
    "notifications",
    "orders",
    "fraud-score",
];

/// Who deals with it.
pub const PEOPLE: [&str; 5] = ["a.silva", "j.novak", "m.okafor", "s.lindqvist", "y.tanaka"];

/// Text that tries what a terminal should not let it do.
pub const HOSTILE: [&str; 5] = [
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[1;31mAll systems normal\u{1b}[0m",
    "invoice\u{202e}gpj.exe\u{202c} uploaded to \u{2066}public\u{2069} bucket",
    "d\u{e9}ploiement \u{1f469}\u{200d}\u{1f692}\u{1f525} \u{5931}\u{6557} \u{2014} e\u{301}chec n\u{b0}\u{a0}7\u{200b}\u{200b}",
    "line one\r\nline two\ttabbed\u{8}\u{8}\u{8}\u{9b}31mC1",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];
