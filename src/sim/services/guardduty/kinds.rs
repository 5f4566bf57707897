//! The kinds of GuardDuty findings that fleets see, worded for the simulator.

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An EC2 instance.
    Instance,
    /// The keys of a user or role.
    AccessKey,
    /// An S3 bucket.
    Bucket,
    /// An EKS cluster and a workload in it.
    Cluster,
    /// A database.
    Database,
    /// A Lambda function.
    Function,
    /// Several things in a row.
    Sequence,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A connection, `INBOUND` or `OUTBOUND`, to or from a port.
    Connection(&'static str, i64),
    /// A name that was looked up.
    Lookup(&'static str),
    /// A probe of an open port.
    Probe(i64),
    /// A call of the AWS API: service and operation.
    Call(&'static str, &'static str),
    /// A call of the Kubernetes API: verb and resource.
    Kubernetes(&'static str, &'static str),
    /// Attempts to log in to a database.
    Login,
    /// A process.
    Process(&'static str, &'static str),
    /// Nothing of these.
    None,
}

/// One kind of finding.
#[derive(Debug)]
pub struct Kind {
    /// Its type.
    pub name: &'static str,
    /// Its severity.
    pub severity: f64,
    /// What it is about.
    pub target: Target,
    /// What was seen.
    pub act: Act,
    /// Mean hours between two sightings; 0 when it is seen once.
    pub every: f64,
    /// The plan feature that saw it.
    pub feature: &'static str,
    /// Its title; `{r}` is the resource, `{ip}` the other side, `{u}` the user.
    pub title: &'static str,
    /// Its description.
    pub about: &'static str,
}

const fn k(
    name: &'static str,
    severity: f64,
    target: Target,
    act: Act,
    (every, feature): (f64, &'static str),
    title: &'static str,
    about: &'static str,
) -> Kind {
    Kind {
        name,
        severity,
        target,
        act,
        every,
        feature,
        title,
        about,
    }
}

/// Every kind; those that open an attack sequence come last.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    k("UnauthorizedAccess:EC2/SSHBruteForce", 2.0, Target::Instance, Act::Connection("INBOUND", 22), (3.0, "FLOW_LOGS"),
      "{ip} is guessing SSH passwords on {r}.", "{r} receives repeated SSH logins from {ip} that look like password guessing."),
    k("Recon:EC2/PortProbeUnprotectedPort", 2.0, Target::Instance, Act::Probe(6379), (5.0, "FLOW_LOGS"),
      "An open port of {r} is being probed.", "Port 6379 of {r} is open to the internet, and known scanners probe it."),
    k("CryptoCurrency:EC2/BitcoinTool.B!DNS", 8.0, Target::Instance, Act::Lookup("pool.minexmr.example"), (1.5, "DNS_LOGS"),
      "{r} looks up a domain of a mining pool.", "{r} asks for a name that is used to mine crypto currency."),
    k("Backdoor:EC2/C&CActivity.B!DNS", 8.0, Target::Instance, Act::Lookup("cdn-telemetry.badhost.example"), (1.0, "DNS_LOGS"),
      "{r} looks up a command and control domain.", "{r} asks for a name that controls infected machines."),
    k("Trojan:EC2/DNSDataExfiltration", 8.0, Target::Instance, Act::Lookup("x7f2.tunnel.example"), (2.0, "DNS_LOGS"),
      "{r} may carry data out inside DNS queries.", "The queries of {r} have the length and rhythm of a DNS tunnel."),
    k("UnauthorizedAccess:EC2/TorClient", 8.0, Target::Instance, Act::Connection("OUTBOUND", 9001), (6.0, "FLOW_LOGS"),
      "{r} connects to the Tor network.", "{r} reached {ip}, an entry of the Tor network, as a client."),
    k("Behavior:EC2/TrafficVolumeUnusual", 5.0, Target::Instance, Act::Connection("OUTBOUND", 443), (8.0, "FLOW_LOGS"),
      "{r} sends far more traffic than it used to.", "The volume from {r} to {ip} is well above its baseline."),
    k("Impact:EC2/WinRMBruteForce", 2.0, Target::Instance, Act::Connection("OUTBOUND", 5985), (7.0, "FLOW_LOGS"),
      "{r} is guessing WinRM passwords of {ip}.", "{r} tries many logins over Windows Remote Management against {ip}."),
    k("Execution:EC2/MaliciousFile", 8.0, Target::Instance, Act::None, (0.0, "EBS_MALWARE_PROTECTION"),
      "A malicious file lies on a volume of {r}.", "The scan of the volumes of {r} found a file with a known bad hash."),
    k("Execution:Runtime/ReverseShell", 8.0, Target::Instance, Act::Process("bash", "/usr/bin/bash"), (0.0, "RUNTIME_MONITORING"),
      "A process on {r} gives {ip} a shell.", "A shell on {r} has its input and output bound to a connection to {ip}."),
    k("CryptoCurrency:Runtime/BitcoinTool.B", 8.0, Target::Cluster, Act::Process("xmrig", "/tmp/.x/xmrig"), (1.5, "RUNTIME_MONITORING"),
      "A container in {r} talks to a mining pool.", "A process in a container of {r} reached {ip}, which serves miners."),
    k("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", 5.0, Target::AccessKey, Act::Call("signin.amazonaws.com", "ConsoleLogin"), (0.0, "CLOUD_TRAIL"),
      "{u} signed in from several countries at once.", "{u} signed in to the console from {ip} shortly after another country."),
    k("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", 8.0, Target::AccessKey, Act::Call("s3.amazonaws.com", "ListBuckets"), (2.0, "CLOUD_TRAIL"),
      "Keys of an instance role are used from outside AWS.", "Keys that were made for an instance through {u} are used from {ip}."),
    k("Policy:IAMUser/RootCredentialUsage", 2.0, Target::AccessKey, Act::Call("iam.amazonaws.com", "GetAccountSummary"), (30.0, "CLOUD_TRAIL"),
      "The root user called GetAccountSummary.", "The root user of the account was used from {ip}."),
    k("Recon:IAMUser/MaliciousIPCaller.Custom", 5.0, Target::AccessKey, Act::Call("ec2.amazonaws.com", "DescribeInstances"), (4.0, "CLOUD_TRAIL"),
      "{u} listed resources from an address on your threat list.", "{u} called DescribeInstances from {ip}, which your own list names."),
    k("Stealth:IAMUser/CloudTrailLoggingDisabled", 2.0, Target::AccessKey, Act::Call("cloudtrail.amazonaws.com", "StopLogging"), (0.0, "CLOUD_TRAIL"),
      "{u} switched off a trail.", "{u} called StopLogging from {ip}; calls are no longer recorded."),
    k("PenTest:IAMUser/KaliLinux", 5.0, Target::AccessKey, Act::Call("iam.amazonaws.com", "ListUsers"), (5.0, "CLOUD_TRAIL"),
      "{u} is used from a Kali Linux machine.", "Calls with the keys of {u} come from {ip}, a machine that runs Kali Linux."),
    k("PrivilegeEscalation:IAMUser/AnomalousBehavior", 5.0, Target::AccessKey, Act::Call("iam.amazonaws.com", "AttachUserPolicy"), (9.0, "CLOUD_TRAIL"),
      "{u} gives itself rights in an unusual way.", "{u} called AttachUserPolicy, which it never did before, from {ip}."),
    k("Discovery:S3/MaliciousIPCaller", 8.0, Target::Bucket, Act::Call("s3.amazonaws.com", "ListObjects"), (3.0, "S3_DATA_EVENTS"),
      "Bucket {r} was listed from a malicious address.", "{ip}, known for malicious activity, called ListObjects on {r} as {u}."),
    k("Exfiltration:S3/AnomalousBehavior", 8.0, Target::Bucket, Act::Call("s3.amazonaws.com", "GetObject"), (1.0, "S3_DATA_EVENTS"),
      "{u} reads bucket {r} in an unusual way.", "{u} fetched far more objects of {r} than ever before, from {ip}."),
    k("Policy:S3/BucketBlockPublicAccessDisabled", 2.0, Target::Bucket, Act::Call("s3.amazonaws.com", "PutBucketPublicAccessBlock"), (0.0, "CLOUD_TRAIL"),
      "Block Public Access is off for bucket {r}.", "{u} switched off Block Public Access for {r}."),
    k("Policy:S3/BucketAnonymousAccessGranted", 8.0, Target::Bucket, Act::Call("s3.amazonaws.com", "PutBucketPolicy"), (0.0, "CLOUD_TRAIL"),
      "Anyone can read bucket {r}.", "{u} changed the policy of {r} so that anonymous callers are let in."),
    k("PrivilegeEscalation:Kubernetes/PrivilegedContainer", 5.0, Target::Cluster, Act::Kubernetes("create", "pods"), (0.0, "EKS_AUDIT_LOGS"),
      "A privileged container with root access runs in {r}.", "{u} started a container in {r} that has the rights of its host."),
    k("Policy:Kubernetes/ExposedDashboard", 5.0, Target::Cluster, Act::Kubernetes("get", "services"), (0.0, "EKS_AUDIT_LOGS"),
      "The dashboard of {r} is open to the internet.", "The Kubernetes dashboard of {r} is exposed by a load balancer."),
    k("CredentialAccess:RDS/AnomalousBehavior.FailedLogin", 2.0, Target::Database, Act::Login, (2.0, "RDS_LOGIN_EVENTS"),
      "Unusual failed logins on database {r}.", "{ip} failed to log in to {r} unusually often."),
    k("Backdoor:Lambda/C&CActivity.B", 8.0, Target::Function, Act::Connection("OUTBOUND", 443), (4.0, "LAMBDA_NETWORK_LOGS"),
      "Function {r} talks to a command and control server.", "{r} connected to {ip}, which controls infected machines."),
    k("AttackSequence:IAM/CompromisedCredentials", 9.0, Target::Sequence, Act::None, (12.0, "CLOUD_TRAIL"),
      "Several signs that the keys of {u} are compromised.", "Within a day the keys of {u} showed discovery, persistence and defence evasion."),
    k("AttackSequence:S3/CompromisedData", 9.1, Target::Sequence, Act::None, (12.0, "S3_DATA_EVENTS"),
      "Data in bucket {r} may be compromised.", "Within a day {u} weakened the protection of {r} and read unusually much of it."),
];

/// The kind with this type.
#[must_use]
pub fn find(name: &str) -> Option<usize> {
    KINDS.iter().position(|kind| kind.name == name)
}
