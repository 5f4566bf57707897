//! The shape of answers and errors in each protocol.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;

use super::route::Tongue;
use super::services::{Refusal, Service};
use super::wire::{Protocol, Value, cbor, json, query, text};
use super::world::World;
use crate::clock::Timestamp;

/// The body of an answer; one that is cut announces more than it sends.
#[derive(Debug)]
pub(super) struct Body {
    rest: Option<Bytes>,
    /// How long it is; an event stream is as long as it gets.
    announced: Option<u64>,
    /// What comes after `rest`, of an event stream.
    pushed: Option<mpsc::Receiver<Bytes>>,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Clean,
    Pause,
    Broken,
}

impl Body {
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        Self {
            announced: Some(bytes.len() as u64),
            rest: Some(bytes.into()),
            pushed: None,
            end: End::Clean,
        }
    }

    /// A body that comes piece by piece.
    pub(super) fn pushed(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self {
            announced: None,
            rest: None,
            pushed: Some(pieces),
            end: End::Clean,
        }
    }

    /// The first half of a body.
    pub(super) fn cut(self) -> Self {
        let half = usize::try_from(self.announced.unwrap_or(0) / 2).unwrap_or(0);
        Self {
            rest: self.rest.map(|bytes| bytes.slice(..half)),
            end: End::Pause,
            ..self
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.rest.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.end == End::Clean
            && let Some(pieces) = &mut self.pushed
        {
            return pieces
                .poll_recv(cx)
                .map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))));
        }
        match self.end {
            End::Clean => Poll::Ready(None),
            // One pause, so that head and half a body are on their way before the connection breaks.
            End::Pause => {
                self.end = End::Broken;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            End::Broken => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Clean
            && self.pushed.is_none()
            && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// An answer of the simulator itself.
pub(super) fn json(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = status;
    add(&mut response, "content-type", "application/json");
    response
}

pub(super) fn accepted(tongue: &Tongue, request_id: &str, value: &Value) -> Response<Body> {
    let xmlns = tongue.service.map_or("", |s| s.xmlns);
    let body = match tongue.protocol {
        Protocol::Cbor if value.is_null() => Vec::new(),
        Protocol::Cbor => cbor::encode(value),
        Protocol::Query => query::encode(
            tongue.operation.as_deref().unwrap_or_default(),
            xmlns,
            request_id,
            value,
        ),
        Protocol::Json | Protocol::Rest if value.is_null() => b"{}".to_vec(),
        Protocol::Json | Protocol::Rest => json::encode(value),
    };
    respond(tongue, request_id, StatusCode::OK, body)
}

/// The answer of an operation that goes on in an event stream.
pub(super) fn opened(request_id: &str, pieces: mpsc::Receiver<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::pushed(pieces));
    add(
        &mut response,
        "content-type",
        "application/vnd.amazon.eventstream",
    );
    add(&mut response, "x-amzn-requestid", request_id);
    response
}

pub(super) fn refused(tongue: &Tongue, request_id: &str, refusal: &Refusal) -> Response<Body> {
    let service = tongue.service;
    let xmlns = service.map_or("", |s: &Service| s.xmlns);
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    // The front door of plain JSON services answers 400 where the others answer 403.
    let front_door = matches!(
        &*refusal.code,
        "AccessDeniedException"
            | "ExpiredTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException"
    );
    let plain_json =
        tongue.protocol == Protocol::Json && service.is_none_or(|s| s.xmlns.is_empty());
    let status = if front_door && plain_json {
        StatusCode::BAD_REQUEST
    } else {
        status
    };
    let receiver = status.is_server_error();
    if tongue.protocol == Protocol::Query {
        let body = query::encode_error(
            xmlns,
            request_id,
            refusal.query_code(),
            &refusal.message,
            receiver,
        );
        return respond(tongue, request_id, status, body);
    }
    let mut fields = refusal.fields.clone();
    let (namespace, message) = service.map_or(("", "message"), |s| {
        (s.dialect.namespace, s.dialect.message)
    });
    fields.set("__type", format!("{namespace}{}", refusal.code));
    // Few exceptions spell the member in a way of their own, and bring it along.
    if fields.get("Message").is_none() {
        fields.set(message, &refusal.message);
    }
    let fields = Value::Map(fields);
    let body = if tongue.protocol == Protocol::Cbor {
        cbor::encode(&fields)
    } else {
        json::encode(&fields)
    };
    let mut response = respond(tongue, request_id, status, body);
    if tongue.protocol == Protocol::Rest {
        add(&mut response, "x-amzn-errortype", &refusal.code);
    }
    if tongue.query_mode {
        let fault = if receiver { "Receiver" } else { "Sender" };
        add(
            &mut response,
            "x-amzn-query-error",
            &format!("{};{fault}", refusal.query_code()),
        );
    }
    response
}

fn respond(tongue: &Tongue, request_id: &str, status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = status;
    add(
        &mut response,
        "content-type",
        tongue.protocol.content_type(tongue.json_version),
    );
    add(&mut response, "x-amzn-requestid", request_id);
    if tongue.protocol == Protocol::Cbor {
        add(&mut response, "smithy-protocol", "rpc-v2-cbor");
    }
    response
}

/// The answer with the time of the server's clock.
pub(super) fn dated(mut response: Response<Body>, at: Timestamp) -> Response<Body> {
    add(&mut response, "date", &text::http_date(at));
    response
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::whole(text.as_bytes().to_vec()));
    *response.status_mut() = status;
    response
}

fn add(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// A request id in the form of a UUID, unique within the world.
pub(super) fn request_id(world: &World) -> String {
    let n = world.next_serial();
    let hex = text::hex(
        &(u128::from(n).wrapping_mul(0x2545_f491_4f6c_dd1d_9e37_79b9_7f4a_7c15)).to_be_bytes(),
    );
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
