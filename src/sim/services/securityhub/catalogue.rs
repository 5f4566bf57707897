//! The kinds of findings that come to Security Hub, by product, worded for the simulator.

/// Who reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// Security Hub's own controls.
    Control,
    /// Amazon Inspector.
    Inspector,
    /// AWS Config.
    Config,
    /// IAM Access Analyzer.
    Analyzer,
    /// Amazon Macie.
    Macie,
    /// A partner's product.
    Partner,
}

/// Every product.
pub const PRODUCTS: [Product; 6] = [Control, Inspector, Config, Analyzer, Macie, Partner];

impl Product {
    /// Its name, that of its maker, and the end of its ARN.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Control => ("Security Hub", "AWS", "aws/securityhub"),
            Self::Inspector => ("Inspector", "Amazon", "aws/inspector"),
            Self::Config => ("Config", "AWS", "aws/config"),
            Self::Analyzer => ("IAM Access Analyzer", "AWS", "aws/access-analyzer"),
            Self::Macie => ("Macie", "Amazon", "aws/macie"),
            Self::Partner => ("Sentinel", "Northgate", "northgate/sentinel"),
        }
    }

    /// Whether its findings say if a rule is kept.
    #[must_use]
    pub fn checks(self) -> bool {
        matches!(self, Self::Control | Self::Config)
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// An EC2 instance.
    Instance,
    /// A bucket.
    Bucket,
    /// A role.
    Role,
    /// A user.
    User,
    /// A container image.
    Image,
    /// A Lambda function.
    Function,
    /// A security group.
    Group,
    /// A database instance.
    Database,
    /// The account.
    Account,
    /// A key of KMS.
    Key,
}

/// One kind of finding.
#[derive(Debug)]
pub struct Kind {
    /// Who reports it.
    pub product: Product,
    /// The control, CVE, rule or type.
    pub code: &'static str,
    /// `LOW` to `CRITICAL`.
    pub severity: &'static str,
    /// What it is about.
    pub about: About,
    /// Its title; `{r}` is the resource.
    pub title: &'static str,
    /// Its description.
    pub text: &'static str,
    /// What its product adds: requirements, a package with versions and score, a principal.
    pub extra: &'static str,
}

const fn k(
    product: Product,
    code: &'static str,
    severity: &'static str,
    about: About,
    title: &'static str,
    text: &'static str,
    extra: &'static str,
) -> Kind {
    Kind {
        product,
        code,
        severity,
        about,
        title,
        text,
        extra,
    }
}

use About::{Account, Bucket, Database, Function, Group, Image, Instance, Key, Role, User};
use Product::{Analyzer, Config, Control, Inspector, Macie, Partner};

/// Every kind.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    k(Control, "S3.8", "HIGH", Bucket, "S3.8 Buckets should block public access", "Bucket {r} does not block public access by itself.", "NIST.800-53.r5 AC-3"),
    k(Control, "S3.5", "MEDIUM", Bucket, "S3.5 Buckets should ask for TLS", "The policy of {r} lets requests without TLS in.", "NIST.800-53.r5 SC-8"),
    k(Control, "S3.2", "CRITICAL", Bucket, "S3.2 Buckets should not be readable by the public", "Anyone can read {r}.", "PCI DSS v3.2.1/1.2.1"),
    k(Control, "S3.9", "MEDIUM", Bucket, "S3.9 Buckets should log access", "Server access logging is off for {r}.", "NIST.800-53.r5 AU-2"),
    k(Control, "EC2.19", "CRITICAL", Group, "EC2.19 High-risk ports should not be open to the world", "{r} lets 0.0.0.0/0 reach port 3389.", "NIST.800-53.r5 SC-7"),
    k(Control, "EC2.8", "HIGH", Instance, "EC2.8 Instances should use IMDSv2", "The metadata service of {r} answers without a token.", "NIST.800-53.r5 AC-6"),
    k(Control, "EC2.9", "HIGH", Instance, "EC2.9 Instances should have no public IPv4 address", "{r} has a public IPv4 address.", "NIST.800-53.r5 AC-21"),
    k(Control, "EC2.2", "HIGH", Group, "EC2.2 Default security groups should allow nothing", "The default group {r} has rules.", "CIS AWS Foundations v1.4.0/5.3"),
    k(Control, "EC2.7", "MEDIUM", Account, "EC2.7 EBS default encryption should be on", "New volumes in this region are not encrypted by default.", "NIST.800-53.r5 SC-28"),
    k(Control, "IAM.6", "CRITICAL", Account, "IAM.6 The root user should have a hardware MFA device", "The root user has no hardware MFA device.", "CIS AWS Foundations v1.4.0/1.6"),
    k(Control, "IAM.3", "MEDIUM", User, "IAM.3 Access keys should be younger than 90 days", "A key of {r} is older than 90 days.", "CIS AWS Foundations v1.4.0/1.14"),
    k(Control, "IAM.5", "MEDIUM", User, "IAM.5 Console users should have MFA", "{r} has a password and no MFA device.", "CIS AWS Foundations v1.4.0/1.10"),
    k(Control, "IAM.1", "HIGH", Role, "IAM.1 Policies should not allow everything on everything", "A policy of {r} allows * on *.", "CIS AWS Foundations v1.4.0/1.16"),
    k(Control, "RDS.2", "CRITICAL", Database, "RDS.2 Databases should not be public", "{r} can be reached from the internet.", "NIST.800-53.r5 AC-4"),
    k(Control, "RDS.3", "MEDIUM", Database, "RDS.3 Databases should be encrypted at rest", "The storage of {r} is not encrypted.", "NIST.800-53.r5 SC-28"),
    k(Control, "RDS.13", "HIGH", Database, "RDS.13 Databases should take minor upgrades", "Automatic minor upgrades are off for {r}.", "NIST.800-53.r5 SI-2"),
    k(Control, "Lambda.2", "MEDIUM", Function, "Lambda.2 Functions should use supported runtimes", "The runtime of {r} gets no more patches.", "NIST.800-53.r5 SI-2"),
    k(Control, "Lambda.1", "CRITICAL", Function, "Lambda.1 Function policies should prohibit public access", "Anyone may invoke {r}.", "NIST.800-53.r5 AC-3"),
    k(Control, "KMS.4", "MEDIUM", Key, "KMS.4 Keys should rotate", "Rotation is off for {r}.", "CIS AWS Foundations v1.4.0/3.8"),
    k(Control, "CloudTrail.1", "HIGH", Account, "CloudTrail.1 A multi-region trail should be on", "No trail records management events of all regions.", "CIS AWS Foundations v1.4.0/3.1"),
    k(Control, "SSM.1", "MEDIUM", Instance, "SSM.1 Instances should be managed by Systems Manager", "{r} does not report to Systems Manager.", "NIST.800-53.r5 CM-2"),
    k(Control, "ECR.1", "HIGH", Image, "ECR.1 Repositories should scan images", "Scan on push is off for {r}.", "NIST.800-53.r5 RA-5"),
    k(Inspector, "CVE-2024-3094", "CRITICAL", Image, "CVE-2024-3094 - xz-utils", "The compression library in {r} carries a back door.", "xz-utils 5.6.1 5.6.1+really5.4.5 10.0 YES"),
    k(Inspector, "CVE-2021-44228", "CRITICAL", Function, "CVE-2021-44228 - org.apache.logging.log4j:log4j-core", "{r} logs texts that can load code from elsewhere.", "log4j-core 2.14.1 2.17.1 10.0 YES"),
    k(Inspector, "CVE-2023-38545", "HIGH", Instance, "CVE-2023-38545 - curl", "curl on {r} overflows a buffer during a SOCKS5 handshake.", "curl 7.88.1 8.4.0 9.8 NO"),
    k(Inspector, "CVE-2024-6387", "HIGH", Instance, "CVE-2024-6387 - openssh-server", "A race in the SSH server of {r} may let strangers in.", "openssh-server 8.7p1 8.7p1-38 8.1 YES"),
    k(Inspector, "CVE-2023-44487", "HIGH", Instance, "CVE-2023-44487 - nghttp2", "Rapid resets of HTTP/2 streams can exhaust {r}.", "nghttp2 1.41.0 1.57.0 7.5 YES"),
    k(Inspector, "CVE-2023-4911", "HIGH", Instance, "CVE-2023-4911 - glibc", "A local user of {r} can become root through the loader.", "glibc 2.34 2.34-60 7.8 YES"),
    k(Inspector, "CVE-2024-21626", "HIGH", Image, "CVE-2024-21626 - runc", "A container made from {r} can leave its walls.", "runc 1.1.9 1.1.12 8.6 YES"),
    k(Inspector, "CVE-2023-4863", "HIGH", Image, "CVE-2023-4863 - libwebp", "A crafted picture writes beyond a buffer in {r}.", "libwebp 1.2.4 1.3.2 8.8 YES"),
    k(Inspector, "CVE-2022-3602", "MEDIUM", Image, "CVE-2022-3602 - openssl", "A certificate can overflow a buffer in {r}.", "openssl 3.0.5 3.0.7 7.5 NO"),
    k(Inspector, "CVE-2024-28085", "LOW", Instance, "CVE-2024-28085 - util-linux", "wall on {r} passes escape sequences through.", "util-linux 2.37.4 2.40 3.3 NO"),
    k(Config, "restricted-ssh", "HIGH", Group, "restricted-ssh", "{r} lets the whole internet reach port 22.", "NON_COMPLIANT"),
    k(Config, "encrypted-volumes", "MEDIUM", Instance, "encrypted-volumes", "A volume of {r} is not encrypted.", "NON_COMPLIANT"),
    k(Config, "required-tags", "LOW", Bucket, "required-tags", "{r} lacks the tags owner and cost-center.", "NON_COMPLIANT"),
    k(Config, "rds-multi-az-support", "MEDIUM", Database, "rds-multi-az-support", "{r} has no standby in another zone.", "NON_COMPLIANT"),
    k(Config, "approved-amis-by-tag", "MEDIUM", Instance, "approved-amis-by-tag", "{r} runs an image that nobody approved.", "NON_COMPLIANT"),
    k(Analyzer, "Effects/Data Exposure/External Access Granted", "HIGH", Bucket, "{r} is shared with another account", "The policy of {r} lets another account read.", "arn:aws:iam::999999999991:root"),
    k(Analyzer, "Effects/Data Exposure/External Access Granted", "MEDIUM", Role, "{r} can be assumed from outside", "The trust policy of {r} names an account outside of the organization.", "arn:aws:iam::999999999992:root"),
    k(Analyzer, "Effects/Data Exposure/External Access Granted", "MEDIUM", Key, "{r} can be used by another account", "A grant of {r} reaches outside of the organization.", "arn:aws:iam::999999999993:root"),
    k(Analyzer, "Software and Configuration Checks/AWS Security Best Practices/Unused Permission", "LOW", Role, "{r} has rights that it never used", "{r} has not used 41 of its 44 services for 90 days.", ""),
    k(Macie, "SensitiveData:S3Object/Personal", "HIGH", Bucket, "Personal data in an object of {r}", "An object of {r} holds names, addresses and passport numbers.", "PERSONAL_INFORMATION"),
    k(Macie, "SensitiveData:S3Object/Financial", "HIGH", Bucket, "Financial data in an object of {r}", "An object of {r} holds numbers of credit cards.", "FINANCIAL_INFORMATION"),
    k(Macie, "SensitiveData:S3Object/Credentials", "HIGH", Bucket, "Credentials in an object of {r}", "An object of {r} holds secret keys.", "CREDENTIALS"),
    k(Macie, "Policy:IAMUser/S3BucketEncryptionDisabled", "LOW", Bucket, "Default encryption was reset for {r}", "New objects of {r} get no key of the customer.", ""),
    k(Partner, "Malware/Process", "CRITICAL", Instance, "Ransomware behaviour on {r}", "A process on {r} renames and encrypts many files within seconds.", "TTPs/Impact"),
    k(Partner, "Behaviour/Lateral", "HIGH", Instance, "Lateral movement from {r}", "{r} tries logins on many neighbours with one password hash.", "TTPs/Lateral Movement"),
    k(Partner, "Posture/Agent", "MEDIUM", Instance, "The agent on {r} is silent", "The agent on {r} has not reported for an hour.", "Software and Configuration Checks"),
];

/// The range of [`KINDS`] that a product reports.
#[must_use]
pub fn of(product: Product) -> std::ops::Range<usize> {
    let start = KINDS
        .iter()
        .position(|kind| kind.product == product)
        .unwrap_or(0);
    let end = KINDS
        .iter()
        .rposition(|kind| kind.product == product)
        .map_or(0, |n| n + 1);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_has_its_kinds_in_one_piece() {
        for product in PRODUCTS {
            let range = of(product);
            assert!(!range.is_empty(), "{product:?}");
            assert!(
                KINDS[range].iter().all(|kind| kind.product == product),
                "{product:?}"
            );
        }
    }
}
