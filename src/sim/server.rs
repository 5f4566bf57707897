//! The HTTP server: connections, requests, and how answers and errors look in each protocol.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;

use super::route::{self, Tongue};
use super::scenario::{self, Scenario};
use super::services::{Call, Refusal, Service};
use super::wire::{Protocol, Value, cbor, json, query, text};
use super::world::{World, WorldClock};
use crate::clock::{Clock, SystemClock, Timestamp};

/// The largest request that is read. No operation's input comes near it.
const LARGEST_BODY: usize = 8 << 20;

/// What to play, and where.
#[derive(Clone)]
pub struct Options {
    /// A built-in scenario or the path of a file.
    pub scenario: String,
    /// Replaces the scenario's seed.
    pub seed: Option<u64>,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The clock behind the world's clock.
    pub clock: Arc<dyn Clock>,
    /// How fast the world's time passes; 0 freezes it.
    pub speed: f64,
    /// Replaces the scenario's number of generated accounts.
    pub accounts: Option<usize>,
    /// Replaces the scenario's regions, when not empty.
    pub regions: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenario: scenario::DEFAULT.to_owned(),
            seed: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock: Arc::new(SystemClock),
            speed: 1.0,
            accounts: None,
            regions: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Options({} on {})", self.scenario, self.listen)
    }
}

/// A running simulator. It has threads of its own and ends when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to listen. Ready for requests when it returns.
    ///
    /// # Errors
    /// A sentence: the scenario cannot be read, or the address cannot be listened on.
    pub fn start(options: Options) -> Result<Self, String> {
        let mut scenario = Scenario::load(&options.scenario)?;
        if let Some(accounts) = options.accounts {
            scenario.fleet.accounts = accounts;
        }
        if !options.regions.is_empty() {
            scenario.regions = options.regions.iter().map(|r| r.as_str().into()).collect();
        }
        Self::play(scenario, options)
    }

    /// Starts to play a scenario that is already read.
    ///
    /// # Errors
    /// A sentence: the address cannot be listened on.
    pub fn play(scenario: Scenario, options: Options) -> Result<Self, String> {
        if !options.listen.ip().is_loopback() {
            return Err(format!(
                "the simulator listens on loopback only, not on {}",
                options.listen
            ));
        }
        let start = match &scenario.start {
            None => None,
            Some(text) => Some(
                Timestamp::parse(text).ok_or_else(|| format!("start = '{text}' is not a time"))?,
            ),
        };
        let clock = WorldClock::new(options.clock, start, options.speed);
        let world = Arc::new(World::new(scenario, options.seed, clock));
        let failed =
            |e: std::io::Error| format!("the simulator cannot listen on {}: {e}", options.listen);
        let listener = TcpListener::bind(options.listen).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let served = world.clone();
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || {
                runtime.block_on(listen(listener, served, stopped));
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self {
            address,
            world,
            stop,
            thread: Some(thread),
        })
    }

    /// Where clients find it: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world it plays.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Ends it: open connections are cut, and its threads are gone when this returns.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.end();
    }
}

async fn listen(listener: TcpListener, world: Arc<World>, mut stopped: watch::Receiver<bool>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    loop {
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors: give open connections a moment to end.
                Err(_) => {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        let world = world.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| serve(world.clone(), request));
            let mut http = hyper::server::conn::http1::Builder::new();
            // A client that goes away is its own affair.
            let _ = http
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn serve(
    world: Arc<World>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large or was cut short",
        ));
    };
    let body = body.to_bytes();
    let tongue = Tongue::of(&parts, &body);
    let request_id = request_id(&world);
    let answer = route::read(&world, &tongue, &parts, &body).and_then(|ask| {
        let call = Call {
            world: &world,
            service: ask.service,
            operation: ask.operation,
            protocol: tongue.protocol,
            caller: ask.caller,
            region: ask.region,
            input: ask.input,
            now: world.now(),
        };
        call.check()?;
        (call.operation.run)(&call)
    });
    Ok(match answer {
        Ok(value) => accepted(&tongue, &request_id, &value),
        Err(refusal) => refused(&tongue, &request_id, &refusal),
    })
}

fn accepted(tongue: &Tongue, request_id: &str, value: &Value) -> Response<Full<Bytes>> {
    let xmlns = tongue.service.map_or("", |s| s.xmlns);
    let body = match tongue.protocol {
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

fn refused(tongue: &Tongue, request_id: &str, refusal: &Refusal) -> Response<Full<Bytes>> {
    let service = tongue.service;
    let xmlns = service.map_or("", |s: &Service| s.xmlns);
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
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
    fields.set(message, &refusal.message);
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

fn respond(
    tongue: &Tongue,
    request_id: &str,
    status: StatusCode,
    body: Vec<u8>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
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

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

fn add(response: &mut Response<Full<Bytes>>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}

/// A request id in the form of a UUID, unique within the world.
fn request_id(world: &World) -> String {
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
