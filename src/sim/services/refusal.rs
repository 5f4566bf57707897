//! An error answer of a service, before it is put into the shape of a protocol.

use std::borrow::Cow;

use crate::sim::wire::{Map, Value};

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code in the JSON and CBOR protocols: `ThrottlingException`.
    pub code: Cow<'static, str>,
    /// What went wrong.
    pub message: String,
    /// Further members of the error, such as `Reason` of Organizations.
    pub fields: Map,
}

impl Refusal {
    /// A refusal with the status of a client's mistake.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.into(),
            message: message.into(),
            fields: Map::default(),
        }
    }

    /// With another HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With a further member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.set(name, value);
        self
    }

    /// The code in the query protocol, where the errors of the front door have other names.
    #[must_use]
    pub fn query_code(&self) -> &str {
        match &*self.code {
            "AccessDeniedException" => "AccessDenied",
            "ThrottlingException" => "Throttling",
            "ExpiredTokenException" => "ExpiredToken",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "IncompleteSignatureException" => "IncompleteSignature",
            "UnknownOperationException" => "InvalidAction",
            "ValidationException" => "ValidationError",
            "InternalServerException" | "InternalFailureException" => "InternalFailure",
            "InvalidParameterValueException" => "InvalidParameterValue",
            "InvalidParameterCombinationException" => "InvalidParameterCombination",
            "MissingRequiredParameterException" => "MissingParameter",
            "InvalidFormatFault" => "InvalidFormat",
            "LimitExceededFault" => "LimitExceeded",
            "InvalidSignatureException" => "SignatureDoesNotMatch",
            code => code,
        }
    }
}
