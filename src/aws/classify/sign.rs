//! Signs: what was observed when a call failed, before anybody says what it means.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::guard::Refused;

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

/// Every code with which AWS services throttle; the SDK retries on the same list.
pub(super) const THROTTLED: &[&str] = &[
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
pub(super) const EXPIRED: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "TokenRefreshRequired",
];
pub(super) const UNKNOWN_KEY: &[&str] = &[
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
];

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
