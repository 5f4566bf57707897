//! The table of meanings, row by row.

use super::*;
use crate::aws::ops::{ASSUME_ROLE, DESCRIBE_ALARMS, GET_FINDINGS, LIST_ACCOUNTS, LIST_DETECTORS};

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
