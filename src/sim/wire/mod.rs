//! The wire: one neutral [`Value`] for requests and answers, and a codec per AWS protocol.
//!
//! ```text
//!  HTTP request ──► route ──► codec.decode ──► Value ──► operation ──► Value ──► codec.encode ──► HTTP response
//! ```
//!
//! A service operation is written once and never learns which protocol carried it.

pub mod cbor;
pub mod frame;
pub mod json;
pub mod query;
#[cfg(test)]
mod tests;
pub mod text;
mod value;

pub use value::{Map, Value, is_empty};

/// How a client speaks to the simulator; chosen by the client, request by request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// smithy rpc-v2-cbor: `POST /service/NAME/operation/OPERATION`.
    Cbor,
    /// awsJson 1.0 and 1.1: `X-Amz-Target: PREFIX.OPERATION`.
    Json,
    /// awsQuery: a form with `Action=OPERATION`, answered in XML.
    Query,
    /// restJson1: the operation is the method and the path.
    Rest,
}

impl Protocol {
    /// What AWS calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cbor => "rpc-v2-cbor",
            Self::Json => "awsJson",
            Self::Query => "awsQuery",
            Self::Rest => "restJson1",
        }
    }

    /// The content type of an answer in this protocol; `json_version` is echoed from the request.
    #[must_use]
    pub fn content_type(self, json_version: &str) -> &'static str {
        match self {
            Self::Cbor => "application/cbor",
            Self::Json if json_version == "1.0" => "application/x-amz-json-1.0",
            Self::Json => "application/x-amz-json-1.1",
            Self::Query => "text/xml",
            Self::Rest => "application/json",
        }
    }
}
