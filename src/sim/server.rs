//! The HTTP server: from a connection to the answer of an operation, with the faults in between.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use super::calls::Calls;
use super::control;
use super::faults::{Faults, Kind};
use super::route::{self, Tongue};
use super::scenario::{self, Scenario};
use super::services::{self, Answer, Call, Pushed, Refusal};
use super::shape::{self, Body};
use super::world::{World, WorldClock};
use crate::clock::{Clock, SystemClock, Timestamp};

/// The largest request that is read. No operation's input comes near it.
const LARGEST_BODY: usize = 8 << 20;
/// How many pieces of an event stream wait for a slow client.
const PIECES: usize = 10;

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
    /// Replaces how many alarms change their state per second in the whole world.
    pub updates_per_second: Option<f64>,
    /// Whether calls that come faster than AWS allows are throttled.
    pub rate_limits: bool,
    /// How many threads answer. Each keeps memory of its own.
    pub threads: usize,
}

/// Everything a request meets.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) world: Arc<World>,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
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
            updates_per_second: None,
            rate_limits: false,
            threads: 2,
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
    stage: Arc<Stage>,
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
        if let Some(rate) = options.updates_per_second {
            scenario.alarms.updates_per_second = rate;
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
            Some(text) => Timestamp::parse(text),
        };
        let clock = WorldClock::new(options.clock, start, options.speed);
        let faults = Faults::default();
        for fault in &scenario.fault {
            faults
                .add(fault.clone())
                .map_err(|why| format!("scenario {}: in a [[fault]]: {why}", scenario.title))?;
        }
        let calls = Calls::default();
        calls.limit(options.rate_limits);
        let world = Arc::new(World::new(scenario, options.seed, clock));
        let stage = Arc::new(Stage {
            world,
            faults,
            calls,
        });
        let failed =
            |e: io::Error| format!("the simulator cannot listen on {}: {e}", options.listen);
        let listener = TcpListener::bind(options.listen).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .enable_all()
            .build()
            .map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let served = stage.clone();
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || {
                runtime.block_on(listen(listener, served, stopped));
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Self {
            address,
            stage,
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
        &self.stage.world
    }

    /// What goes wrong in it.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.stage.faults
    }

    /// The calls it has seen.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.stage.calls
    }

    /// The present state of a service in one account and region, as `/_sim/truth` tells it; `None`
    /// when there is no such service.
    #[must_use]
    pub fn truth(&self, service: &str, account: &str, region: &str) -> Option<serde_json::Value> {
        let truth = services::find(service)?.truth;
        serde_json::to_value(truth(&self.stage.world, account, region)).ok()
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

async fn listen(listener: TcpListener, stage: Arc<Stage>, mut stopped: watch::Receiver<bool>) {
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
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        tokio::spawn(converse(stream, stage.clone()));
    }
}

/// Serves one connection. When a fault asks for it, the connection ends with a reset.
async fn converse(stream: TcpStream, stage: Arc<Stage>) {
    let reset = AtomicBool::new(false);
    let service = service_fn(|request| Box::pin(serve(&stage, &reset, request)));
    let mut http = hyper::server::conn::http1::Builder::new();
    let mut connection = http
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away is its own affair.
    let _ = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::Relaxed) {
        let _ = stream.set_zero_linger();
    }
}

async fn serve(
    stage: &Stage,
    reset: &AtomicBool,
    request: Request<Incoming>,
) -> Result<Response<Body>, io::Error> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Ok(shape::plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large or was cut short",
        ));
    };
    let body = body.to_bytes();
    if parts.uri.path().starts_with("/_sim") {
        let (status, body) = control::answer(stage, &parts, &body);
        return Ok(shape::json(status, body));
    }
    let world = &*stage.world;
    let tongue = Tongue::of(&parts, &body);
    let id = shape::request_id(world);
    let ask = match route::read(world, &tongue, &parts, &body) {
        Ok(ask) => ask,
        Err(refusal) => {
            let response = shape::refused(&tongue, &id, &refusal);
            return Ok(shape::dated(response, world.clock().outside()));
        }
    };
    let mut call = Call {
        world,
        service: ask.service,
        operation: ask.operation,
        protocol: tongue.protocol,
        caller: ask.caller,
        region: ask.region,
        input: ask.input,
        half: false,
        now: world.now(),
    };
    let (_open, entry) = stage.calls.open(&call, &id);
    let spoilt = stage.faults.spoil(&call);
    if !spoilt.delay.is_zero() {
        tokio::time::sleep(spoilt.delay).await;
    }
    call.half = spoilt.by == Some(Kind::Half);
    let answer = match spoilt.by {
        Some(Kind::Hang) => std::future::pending().await,
        Some(Kind::Reset) => {
            reset.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Some(Kind::Disabled) => (call.service.disabled)(&call),
        _ => match spoilt.refusal {
            Some(refusal) => Err(refusal),
            None if stage.calls.too_fast(&call) => {
                let (code, status) = call.service.dialect.throttled;
                Err(Refusal::new(code, "Rate exceeded").status(status))
            }
            None => run(&call),
        },
    };
    stage.calls.answered(entry, &answer);
    let response = match &answer {
        Ok(value) => match call.operation.push {
            None => shape::accepted(&tongue, &id, value),
            Some(push) => {
                let (out, pieces) = mpsc::channel(PIECES);
                let pushed = Pushed {
                    world: stage.world.clone(),
                    account: call.account().into(),
                    region: call.region.clone(),
                    opened: value.clone(),
                };
                push(pushed, out);
                shape::opened(&id, pieces)
            }
        },
        Err(refusal) => {
            stage
                .calls
                .failed(&call, refusal.code == call.service.dialect.throttled.0);
            shape::refused(&tongue, &id, refusal)
        }
    };
    let ahead = Duration::from_millis(spoilt.skew.unsigned_abs());
    let outside = world.clock().outside();
    let told = if spoilt.skew < 0 {
        outside.minus(ahead)
    } else {
        outside.plus(ahead)
    };
    let response = shape::dated(response, told);
    Ok(match spoilt.by {
        Some(Kind::Lost) => {
            reset.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Some(Kind::Truncate) => response.map(Body::cut),
        Some(Kind::Malformed) => {
            response.map(|_| Body::whole(b"<!doctype html>\0\xff{\"oops".to_vec()))
        }
        _ => response,
    })
}

/// Runs the operation. A mistake of the simulator must not look like a broken network.
fn run(call: &Call<'_>) -> Answer {
    call.check()?;
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (call.operation.run)(call)))
        .unwrap_or_else(|_| {
            let message = format!(
                "the simulator failed in {} of {}",
                call.operation.name, call.service.name
            );
            Err(Refusal::new("InternalFailure", message).status(500))
        })
}
