//! What an error of the SDK means: from its signs to a [`Fault`] in an operator's words.
//!
//! Two steps. [`Sign::of`] reduces the SDK's nested errors to what was observed; [`fault`] decides what that means
//! for one operation in one place. The second step is a table and is tested row by row.

use std::error::Error;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::domain::text::clean;
use crate::domain::{Fault, FaultKind, Region};

use super::guard::Refused;
use super::ops::Op;

/// Where a call went, in an operator's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What operators call the account.
    pub account: Arc<str>,
    /// The region; [`Region::GLOBAL`] for a service that has none.
    pub region: Region,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.account)?;
        if self.region != Region::GLOBAL {
            write!(f, " {}", self.region)?;
        }
        Ok(())
    }
}

/// What was observed when a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The service answered with an error of its own.
    Answer {
        /// Its code; empty where it gave none.
        code: String,
        /// Its sentence.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// The service answered, and the answer could not be read.
    Unreadable {
        /// The HTTP status; a 200 that cannot be read was cut or is no answer of AWS.
        status: u16,
        /// What the SDK says about it.
        why: String,
    },
    /// No answer in time.
    Timeout,
    /// The endpoint's name has no address.
    NoName(String),
    /// The server's certificate is not trusted, or TLS failed in another way.
    Tls(String),
    /// The connection was refused, reset or closed.
    Connection(String),
    /// A proxy stood in the way.
    Proxy(String),
    /// The guard refused it before anything was sent; what it said.
    Refused(String),
    /// The request could not be built.
    Unbuilt(String),
}

impl Sign {
    /// What this error shows.
    #[must_use]
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(context) => {
                let meta = context.err().meta();
                let status = context.raw().status().as_u16();
                match meta.code() {
                    Some(code) => Self::Answer {
                        code: code.rsplit('#').next().unwrap_or(code).to_owned(),
                        message: meta.message().unwrap_or_default().to_owned(),
                        status,
                    },
                    None => Self::Unreadable {
                        status,
                        why: chain(context.err()),
                    },
                }
            }
            SdkError::ResponseError(context) => Self::Unreadable {
                status: context.raw().status().as_u16(),
                why: chain(error),
            },
            SdkError::TimeoutError(_) => Self::Timeout,
            SdkError::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or_else(|| Self::Connection(chain(error)), Self::of_connector),
            _ => find::<Refused>(error).map_or_else(
                || Self::Unbuilt(chain(error)),
                |refused| Self::Refused(refused.to_string()),
            ),
        }
    }

    fn of_connector(error: &ConnectorError) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let text = chain(error);
        let lower = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        if says(&["dns error", "failed to lookup", "resolve"]) {
            Self::NoName(text)
        } else if says(&["proxy", "tunnel"]) {
            Self::Proxy(text)
        } else if says(&["certificate", "tls", "handshake"]) {
            Self::Tls(text)
        } else if says(&[
            "body",
            "incomplete",
            "content-length",
            "end of file before message length",
        ]) {
            // The head of an answer came and its body did not.
            Self::Unreadable {
                status: 200,
                why: text,
            }
        } else {
            Self::Connection(text)
        }
    }

    /// Whether the credentials may be at fault, so that a fresh set should be fetched.
    #[must_use]
    pub fn doubts_credentials(&self) -> bool {
        matches!(self, Self::Answer { code, .. } if EXPIRED.contains(&code.as_str()) || self.is_ambiguous())
    }

    /// Whether this is the answer that AWS gives both for bad keys and for a region that is not enabled.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Answer { code, .. } if UNKNOWN_KEY.contains(&code.as_str()))
    }

    /// Whether the service asked to slow down.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        match self {
            Self::Answer { code, status, .. } => {
                THROTTLED.contains(&code.as_str()) || *status == 429
            }
            Self::Unreadable { status, .. } => *status == 429,
            _ => false,
        }
    }
}

/// Whether a fault rests on the answer that a region gives both for bad keys and for being off, and was taken for
/// bad keys because nothing spoke against it.
#[must_use]
pub fn may_be_region(fault: &Fault) -> bool {
    let code = fault.code.as_deref().unwrap_or_default();
    fault.kind == FaultKind::Expired && UNKNOWN_KEY.contains(&code)
}

/// Every code with which AWS services throttle; the SDK retries on the same list.
const THROTTLED: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "LimitExceededException",
    "RateExceeded",
];
const EXPIRED: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];
const UNKNOWN_KEY: &[&str] = &[
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
];
const SIGNATURE: &[&str] = &[
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "RequestTimeTooSkewed",
    "RequestInTheFuture",
    "AuthFailure",
    "IncompleteSignature",
    "IncompleteSignatureException",
];
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "UnauthorizedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedAccessException",
    "AuthorizationException",
];

/// What a failed call means. `elsewhere` tells whether the same credentials are known to work in another region,
/// which is all that distinguishes a region that is not enabled from bad keys.
#[must_use]
pub fn fault(sign: &Sign, op: &Op, place: &Place, elsewhere: bool) -> Fault {
    match sign {
        Sign::Answer {
            code,
            message,
            status,
        } => answer(code, message, *status, op, place, elsewhere),
        Sign::Unreadable { status, why } => unreadable(*status, why, op, place),
        Sign::Timeout => make(
            FaultKind::Unreachable,
            None,
            format!("{op} got no answer in time from {place}."),
            "noctop keeps asking; if it stays, look at the network, the VPN or the proxy.",
        ),
        Sign::NoName(why) => make(
            FaultKind::Unreachable,
            None,
            format!(
                "{op} found no address for its endpoint in {place}: {}.",
                short(why)
            ),
            "Either name resolution fails here, or the service does not exist in this region: then take the region out of the account's list.",
        ),
        Sign::Tls(why) => make(
            FaultKind::Unreachable,
            None,
            format!("{op} could not agree on TLS with {place}: {}.", short(why)),
            "If a proxy inspects traffic, name its certificate with AWS_CA_BUNDLE.",
        ),
        Sign::Connection(why) => make(
            FaultKind::Unreachable,
            None,
            format!(
                "{op} lost or could not make its connection to {place}: {}.",
                short(why)
            ),
            "noctop keeps asking; if it stays, look at the network, the VPN or the proxy.",
        ),
        Sign::Proxy(why) => make(
            FaultKind::Unreachable,
            None,
            format!(
                "{op} could not pass the proxy on its way to {place}: {}.",
                short(why)
            ),
            "Look at HTTPS_PROXY and NO_PROXY, and at the proxy's own log.",
        ),
        Sign::Refused(said) => make(
            FaultKind::Denied,
            Some("NoctopGuard"),
            format!("{said} ({place})."),
            "This is a mistake in noctop; please report it.",
        ),
        Sign::Unbuilt(why) => make(
            FaultKind::Malformed,
            None,
            format!("{op} could not be sent to {place}: {}.", short(why)),
            "If the message names an endpoint or a region, look at the configuration; otherwise please report it.",
        ),
    }
}

fn answer(
    code: &str,
    message: &str,
    status: u16,
    op: &Op,
    place: &Place,
    elsewhere: bool,
) -> Fault {
    let is = |codes: &[&str]| codes.contains(&code);
    let said = short(message);
    let named = |kind, text: String, advice: &str| make(kind, Some(code), text, advice);
    if is(THROTTLED) || status == 429 {
        let (text, advice) = if code == "LimitExceededException" {
            (
                format!("{op} hit a limit in {place}: {said}."),
                "noctop asks more slowly for a while; if it stays, a quota of the account is used up.",
            )
        } else {
            (
                format!("{op} was asked to slow down in {place}."),
                "noctop asks more slowly for a while; other tools in the account may be using up the quota.",
            )
        };
        return named(FaultKind::Throttled, text, advice);
    }
    if is(EXPIRED) {
        return named(
            FaultKind::Expired,
            format!("The credentials have expired: {op} was refused in {place}."),
            "Log in again; noctop notices by itself.",
        );
    }
    if is(UNKNOWN_KEY) {
        return if elsewhere {
            named(
                FaultKind::RegionOff,
                format!(
                    "The region is not enabled: {op} does not know the credentials in {place}, and other regions do."
                ),
                "Enable the region for the account, or take it out of the account's list.",
            )
        } else {
            named(
                FaultKind::Expired,
                format!("The credentials are not valid: {op} does not know them in {place}."),
                "Log in again or mend the profile; noctop notices by itself.",
            )
        };
    }
    if is(SIGNATURE) {
        let lower = message.to_ascii_lowercase();
        let clock = code.contains("Skew")
            || code.contains("Future")
            || ["expired", "skew", "not yet current", "clock"]
                .iter()
                .any(|w| lower.contains(w));
        return if clock {
            named(
                FaultKind::Expired,
                format!(
                    "The clock of this machine is wrong: {op} was refused in {place} for the time it was signed at."
                ),
                "Set the clock (NTP); noctop goes on by itself.",
            )
        } else {
            named(
                FaultKind::Expired,
                format!("The signature does not match: {op} was refused in {place}."),
                "The secret key is wrong, or a proxy changes requests; mend the profile, noctop notices by itself.",
            )
        };
    }
    // Security Hub says "not subscribed" in the clothes of a denial.
    let lower = message.to_ascii_lowercase();
    let not_subscribed = lower.contains("not subscribed") || lower.contains("is not enabled");
    match code {
        "InvalidAccessException" | "ResourceNotFoundException" | "AccessDeniedException"
            if op.service == "SecurityHub"
                && (not_subscribed || code != "AccessDeniedException") =>
        {
            return named(
                FaultKind::Disabled,
                format!("Security Hub is not enabled in {place}."),
                "",
            );
        }
        "SubscriptionRequiredException" => {
            return named(
                FaultKind::PlanMissing,
                format!("{op} needs a support plan that the account of {place} does not have."),
                "",
            );
        }
        "RegionDisabledException" => {
            return named(
                FaultKind::RegionOff,
                format!("The region is not enabled for the account: {op} was refused in {place}."),
                "Enable the region for the account, or take it out of the account's list.",
            );
        }
        "OptInRequired"
        | "OptInRequiredException"
        | "NoSuchConfigurationRecorderException"
        | "NoSuchConfigurationAggregatorException"
        | "NoAvailableConfigurationRecorderException" => {
            return named(
                FaultKind::Disabled,
                format!("The service is not set up in {place}: {op} says {said}."),
                "",
            );
        }
        "AWSOrganizationsNotInUseException" => {
            return named(
                FaultKind::Service,
                format!("{op} says that {place} is not part of an organization."),
                "Give [organization] a profile of the management account or of a delegated administrator, or list the accounts one by one.",
            );
        }
        _ => {}
    }
    if is(DENIED) || (status == 403 && !code.ends_with("NotFoundException")) {
        return denied(code, message, op, place);
    }
    if status >= 500
        || matches!(
            code,
            "InternalFailure" | "InternalError" | "ServiceUnavailable"
        )
    {
        return named(
            FaultKind::Service,
            format!("{op} failed inside AWS in {place}: {code} {said}."),
            "noctop keeps asking; the AWS Health Dashboard may say more.",
        );
    }
    named(
        FaultKind::Service,
        format!("{op} was answered with {code} in {place}: {said}."),
        "",
    )
}

fn denied(code: &str, message: &str, op: &Op, place: &Place) -> Fault {
    let lower = message.to_ascii_lowercase();
    let (by, advice) = if lower.contains("service control policy") {
        (
            "a service control policy of the organization",
            format!(
                "Only the organization's administrators can allow {}; noctop asks again in 15 minutes.",
                op.action
            ),
        )
    } else if lower.contains("permissions boundary") {
        (
            "the permissions boundary of the role",
            format!(
                "Allow {} in the boundary; noctop asks again in 15 minutes, ctrl-r at once.",
                op.action
            ),
        )
    } else if lower.contains("session policy") {
        (
            "the policy of the session",
            format!(
                "Allow {} in the session's policy; noctop asks again in 15 minutes, ctrl-r at once.",
                op.action
            ),
        )
    } else if op.name == "AssumeRole" {
        (
            "the role's trust policy or our own permissions",
            "Let the role trust this identity (with its external id, if it asks for one); noctop asks again in 15 minutes, ctrl-r at once.".to_owned(),
        )
    } else {
        (
            "IAM",
            format!(
                "Allow {} for the role (noctop iam-policy prints all that it needs); noctop asks again in 15 minutes, ctrl-r at once.",
                op.action
            ),
        )
    };
    let who = identity(message).map_or(String::new(), |who| format!(" for {who}"));
    make(
        FaultKind::Denied,
        Some(code),
        format!("{op} is denied in {place}{who} by {by}."),
        &advice,
    )
}

fn unreadable(status: u16, why: &str, op: &Op, place: &Place) -> Fault {
    match status {
        429 => make(
            FaultKind::Throttled,
            None,
            format!("{op} was asked to slow down in {place}."),
            "noctop asks more slowly for a while.",
        ),
        500.. => make(
            FaultKind::Service,
            None,
            format!(
                "{op} was answered with HTTP {status} in {place}, without an error that AWS knows."
            ),
            "noctop keeps asking; a proxy or the service itself is in trouble.",
        ),
        407 => fault(&Sign::Proxy(why.to_owned()), op, place, false),
        200..300 => make(
            FaultKind::Malformed,
            None,
            format!(
                "{op} was answered in {place} with something that cannot be read: {}.",
                short(why)
            ),
            "The answer was cut on the way or does not come from AWS; noctop keeps asking.",
        ),
        _ => make(
            FaultKind::Malformed,
            None,
            format!(
                "{op} was answered with HTTP {status} in {place}, without an error that AWS knows."
            ),
            "Something other than AWS answers at this endpoint; look at the endpoint URL and the proxy.",
        ),
    }
}

/// A fault with neutralised text.
#[must_use]
pub fn make(kind: FaultKind, code: Option<&str>, message: String, advice: &str) -> Fault {
    Fault {
        kind,
        message: Arc::from(clean(&message.replace("..", "."))),
        advice: Arc::from(advice),
        code: code.map(|c| Arc::from(clean(c))),
    }
}

/// The ARN of whoever was refused, as AWS's sentence names it.
fn identity(message: &str) -> Option<&str> {
    let after = message.split("User: ").nth(1)?;
    after
        .split_whitespace()
        .next()
        .filter(|w| w.starts_with("arn:"))
}

/// The longest piece of a foreign sentence that is taken into one of ours, in characters.
const SAID_MAX: usize = 240;

fn short(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    match text.char_indices().nth(SAID_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The innermost sentences of a chain of errors, without the repetitions that wrapping brings.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !text.is_empty() && !parts.iter().any(|p| p.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ops::{
        ASSUME_ROLE, DESCRIBE_ALARMS, GET_FINDINGS, LIST_ACCOUNTS, LIST_DETECTORS,
    };

    fn place() -> Place {
        Place {
            account: Arc::from("payments-prod"),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn said(op: &Op, code: &str, message: &str, status: u16) -> Fault {
        let sign = Sign::Answer {
            code: code.into(),
            message: message.into(),
            status,
        };
        fault(&sign, op, &place(), false)
    }

    /// Every sentence names the place, ends as a sentence, and is safe to draw.
    fn is_a_sentence(fault: &Fault) {
        let text = fault.to_string();
        assert!(fault.message.contains("payments-prod eu-west-1"), "{text}");
        assert!(fault.message.ends_with('.'), "{text}");
        assert!(!text.contains(".."), "{text}");
        assert!(
            fault.advice.is_empty() || fault.advice.ends_with('.'),
            "{text}"
        );
        assert!(!text.chars().any(crate::domain::text::is_hostile), "{text}");
    }

    #[test]
    fn every_code_of_the_table_has_its_meaning() {
        use FaultKind::{Denied, Disabled, Expired, PlanMissing, RegionOff, Service, Throttled};
        let rows: &[(&Op, &str, &str, u16, FaultKind, &str)] = &[
            (
                &DESCRIBE_ALARMS,
                "Throttling",
                "Rate exceeded",
                400,
                Throttled,
                "slow down",
            ),
            (
                &GET_FINDINGS,
                "TooManyRequestsException",
                "",
                429,
                Throttled,
                "slow down",
            ),
            (
                &DESCRIBE_ALARMS,
                "SomethingNew",
                "",
                429,
                Throttled,
                "slow down",
            ),
            (
                &DESCRIBE_ALARMS,
                "LimitExceededException",
                "Too many",
                400,
                Throttled,
                "quota",
            ),
            (
                &DESCRIBE_ALARMS,
                "ExpiredTokenException",
                "The security token included in the request is expired",
                403,
                Expired,
                "Log in again",
            ),
            (
                &DESCRIBE_ALARMS,
                "ExpiredToken",
                "",
                403,
                Expired,
                "expired",
            ),
            (
                &DESCRIBE_ALARMS,
                "RequestExpired",
                "",
                400,
                Expired,
                "expired",
            ),
            (
                &DESCRIBE_ALARMS,
                "UnrecognizedClientException",
                "The security token included in the request is invalid",
                403,
                Expired,
                "not valid",
            ),
            (
                &ASSUME_ROLE,
                "InvalidClientTokenId",
                "",
                403,
                Expired,
                "not valid",
            ),
            (
                &ASSUME_ROLE,
                "SignatureDoesNotMatch",
                "Signature expired: 20261121T060000Z is now earlier than",
                403,
                Expired,
                "clock of this machine",
            ),
            (
                &DESCRIBE_ALARMS,
                "InvalidSignatureException",
                "The request signature we calculated does not match",
                403,
                Expired,
                "secret key",
            ),
            (
                &DESCRIBE_ALARMS,
                "RequestTimeTooSkewed",
                "",
                403,
                Expired,
                "NTP",
            ),
            (
                &ASSUME_ROLE,
                "RegionDisabledException",
                "STS is not activated in this region",
                403,
                RegionOff,
                "Enable the region",
            ),
            (
                &DESCRIBE_ALARMS,
                "AccessDenied",
                "User: arn:aws:sts::222222222222:assumed-role/NoctopRead/ana is not authorized to perform: cloudwatch:DescribeAlarms on resource: *",
                403,
                Denied,
                "for arn:aws:sts::222222222222:assumed-role/NoctopRead/ana by IAM",
            ),
            (
                &LIST_DETECTORS,
                "AccessDeniedException",
                "with an explicit deny in a service control policy",
                403,
                Denied,
                "service control policy",
            ),
            (
                &LIST_DETECTORS,
                "AccessDeniedException",
                "no permissions boundary allows",
                403,
                Denied,
                "boundary",
            ),
            (
                &DESCRIBE_ALARMS,
                "UnauthorizedOperation",
                "",
                403,
                Denied,
                "cloudwatch:DescribeAlarms",
            ),
            (
                &DESCRIBE_ALARMS,
                "AuthorizationErrorException",
                "",
                403,
                Denied,
                "noctop iam-policy",
            ),
            (&DESCRIBE_ALARMS, "Nameless", "", 403, Denied, "denied"),
            (
                &ASSUME_ROLE,
                "AccessDenied",
                "User: arn:aws:iam::111111111111:user/ana is not authorized to perform: sts:AssumeRole",
                403,
                Denied,
                "trust",
            ),
            (
                &GET_FINDINGS,
                "InvalidAccessException",
                "Account 222222222222 is not subscribed to AWS Security Hub",
                401,
                Disabled,
                "not enabled",
            ),
            (
                &GET_FINDINGS,
                "ResourceNotFoundException",
                "",
                404,
                Disabled,
                "not enabled",
            ),
            (
                &GET_FINDINGS,
                "AccessDeniedException",
                "",
                403,
                Denied,
                "denied",
            ),
            (
                &DESCRIBE_ALARMS,
                "SubscriptionRequiredException",
                "",
                400,
                PlanMissing,
                "support plan",
            ),
            (
                &DESCRIBE_ALARMS,
                "OptInRequired",
                "You are not subscribed to this service",
                403,
                Disabled,
                "not set up",
            ),
            (
                &DESCRIBE_ALARMS,
                "NoSuchConfigurationRecorderException",
                "",
                400,
                Disabled,
                "not set up",
            ),
            (
                &LIST_ACCOUNTS,
                "AWSOrganizationsNotInUseException",
                "",
                400,
                Service,
                "[organization]",
            ),
            (
                &LIST_ACCOUNTS,
                "AccessDeniedException",
                "",
                400,
                Denied,
                "organizations:ListAccounts",
            ),
            (
                &DESCRIBE_ALARMS,
                "InternalFailure",
                "",
                500,
                Service,
                "inside AWS",
            ),
            (
                &DESCRIBE_ALARMS,
                "ServiceUnavailable",
                "",
                503,
                Service,
                "inside AWS",
            ),
            (
                &LIST_DETECTORS,
                "BadRequestException",
                "the input detectorId is not owned by the current account",
                400,
                Service,
                "not owned",
            ),
        ];
        for (op, code, message, status, kind, words) in rows {
            let fault = said(op, code, message, *status);
            assert_eq!(fault.kind, *kind, "{code}: {fault}");
            assert!(fault.to_string().contains(words), "{code}: {fault}");
            assert_eq!(fault.code.as_deref(), Some(*code));
            is_a_sentence(&fault);
        }
    }

    #[test]
    fn a_region_that_is_off_looks_like_bad_keys_and_is_told_by_other_regions() {
        for code in UNKNOWN_KEY {
            let sign = Sign::Answer {
                code: (*code).into(),
                message: "The security token included in the request is invalid".into(),
                status: 403,
            };
            assert!(sign.is_ambiguous() && sign.doubts_credentials());
            let here = fault(&sign, &DESCRIBE_ALARMS, &place(), true);
            assert_eq!(here.kind, FaultKind::RegionOff);
            assert!(here.message.contains("region is not enabled"), "{here}");
            is_a_sentence(&here);
        }
    }

    #[test]
    fn what_never_was_an_answer_of_aws_has_sentences_too() {
        use FaultKind::{Denied, Malformed, Service, Throttled, Unreachable};
        let html = "unhandled error: <html>";
        let unreadable = |status| Sign::Unreadable {
            status,
            why: html.into(),
        };
        let rows = [
            (Sign::Timeout, Unreachable, "no answer in time"),
            (
                Sign::NoName("dns error: failed to lookup address".into()),
                Unreachable,
                "does not exist in this region",
            ),
            (
                Sign::Tls("invalid peer certificate: UnknownIssuer".into()),
                Unreachable,
                "AWS_CA_BUNDLE",
            ),
            (
                Sign::Connection("connection reset by peer".into()),
                Unreachable,
                "reset by peer",
            ),
            (Sign::Proxy("proxy said no".into()), Unreachable, "NO_PROXY"),
            (unreadable(407), Unreachable, "proxy"),
            (unreadable(500), Service, "HTTP 500"),
            (unreadable(502), Service, "HTTP 502"),
            (unreadable(429), Throttled, "slow down"),
            (unreadable(404), Malformed, "endpoint URL"),
            (unreadable(200), Malformed, "cannot be read"),
            (
                Sign::Refused(
                    "noctop refused CloudWatch DeleteAlarms: there is no permit for it".into(),
                ),
                Denied,
                "noctop refused CloudWatch DeleteAlarms: there is no permit for it (",
            ),
            (
                Sign::Unbuilt("Invalid Configuration: Missing Region".into()),
                Malformed,
                "could not be sent",
            ),
        ];
        for (sign, kind, words) in rows {
            let fault = fault(&sign, &DESCRIBE_ALARMS, &place(), false);
            assert_eq!(fault.kind, kind, "{fault}");
            assert!(fault.to_string().contains(words), "{fault}");
            is_a_sentence(&fault);
        }
    }

    #[test]
    fn what_strangers_say_is_short_and_harmless() {
        let long = format!("\u{1b}[2J\u{202e}{}", "é".repeat(5_000));
        let fault = said(&DESCRIBE_ALARMS, "Odd\u{7}Exception", &long, 400);
        is_a_sentence(&fault);
        assert!(fault.message.chars().count() < 400);
    }
}
