//! What an error of the SDK means: from its signs to a [`Fault`] in an operator's words.
//!
//! Two steps. [`Sign::of`] reduces the SDK's nested errors to what was observed; [`fault`] decides what that means
//! for one operation in one place. The second step is a table and is tested row by row.

mod sign;

use std::sync::Arc;

use crate::domain::text::clean;
use crate::domain::{Fault, FaultKind, Region};

use super::ops::Op;

pub use sign::Sign;
use sign::{EXPIRED, THROTTLED, UNKNOWN_KEY};

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

/// Whether a fault rests on the answer that a region gives both for bad keys and for being off, and was taken for
/// bad keys because nothing spoke against it.
#[must_use]
pub fn may_be_region(fault: &Fault) -> bool {
    let code = fault.code.as_deref().unwrap_or_default();
    fault.kind == FaultKind::Expired && UNKNOWN_KEY.contains(&code)
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

#[cfg(test)]
mod tests;
