//! The demo org's sockets: axum on a loopback port, and the faults that need a socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures::StreamExt as _;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DemoError;
use super::faults::{Fault, FaultRule, Faults};
use super::orgs::Orgs;
use super::refusal::not_found;
use super::route::{answer, call_name};
use super::store::Store;
use super::wire::{Reply, Request};

/// The largest request: a zip of 39 MB in base64, with its envelope (S 6.7).
const MAX_REQUEST: usize = 64 << 20;

/// How long an answer is held for a call that does not come.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// A demo org that is being served.
#[derive(Debug)]
pub struct Running {
    /// Where it listens; always a loopback address.
    pub address: SocketAddr,
    /// An access token of the org's administrator; of many orgs that of the first.
    pub token: String,
    shared: Arc<Server>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Server {
    orgs: Orgs,
    faults: Mutex<Faults>,
    /// Each call with the size of its answer.
    calls: Mutex<Vec<(String, usize)>>,
}

impl Server {
    /// How many calls of a name have come.
    fn count(&self, name: &str) -> usize {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|(call, _)| call == name).count()
    }
}

impl Running {
    /// Returns the address as clients take it: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a fault.
    pub fn fault(&self, rule: FaultRule) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).rules.push(rule);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).rules.clear();
    }

    /// Returns the calls that came so far, in order: `retrieve`, `query`; of many orgs with the name
    /// of each before it, `o0007/query`.
    pub fn calls(&self) -> Vec<String> {
        self.sizes().into_iter().map(|(call, _)| call).collect()
    }

    /// Returns the same with the size of each answer's body, in bytes; zero of one that has none
    /// yet, or that a fault has replaced.
    pub fn sizes(&self) -> Vec<(String, usize)> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the org behind the server; of many the first.
    pub fn store(&self) -> &Store {
        self.shared.orgs.first()
    }

    /// Returns the orgs behind the server.
    pub fn orgs(&self) -> &Orgs {
        &self.shared.orgs
    }

    /// Stops serving and waits until the port is free; connections that do not end within a second
    /// are cut.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended by itself.
            let _ = stop.send(());
        }
        if tokio::time::timeout(Duration::from_secs(1), &mut self.task).await.is_err() {
            self.task.abort();
        }
    }

    /// Serves until the future is dropped or the server ends by itself.
    pub async fn wait(&mut self) {
        let _ = (&mut self.task).await;
    }
}

/// Serves a demo org, or many, on 127.0.0.1, on the given port or on any that is free.
///
/// # Errors
/// The port cannot be had.
pub async fn serve(
    orgs: impl Into<Orgs>,
    port: Option<u16>,
    faults: Faults,
) -> Result<Running, DemoError> {
    let orgs = orgs.into();
    room_for_files().map_err(|error| DemoError::Files { error })?;
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
    let bind = |error| DemoError::Port { address: wanted, error };
    let listener = TcpListener::bind(wanted).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let token = orgs.first().token();
    let shared =
        Arc::new(Server { orgs, faults: Mutex::new(faults), calls: Mutex::new(Vec::new()) });
    let router = Router::new()
        .fallback(handle)
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(Arc::clone(&shared));
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<Cut>();
    let task = tokio::spawn(async move {
        let until = async {
            // An error means that the handle was dropped; that ends the server too.
            let _ = stopped.await;
        };
        // Accepting connections on an open listener does not fail for good.
        let _ = axum::serve(Guarded(listener), service).with_graceful_shutdown(until).await;
    });
    Ok(Running { address, token, shared, stop: Some(stop), task })
}

/// So many files a server and its client have open at once: two for each of a few connections, and
/// the org's own. With fewer a connection that is waited for is never taken.
pub(crate) const FILES: usize = 16;

/// Opens as many, and closes them again.
fn room_for_files() -> std::io::Result<()> {
    let Ok(here) = std::env::current_exe() else { return Ok(()) };
    (0..FILES).map(|_| std::fs::File::open(&here)).collect::<Result<Vec<_>, _>>().map(drop)
}

async fn handle(
    Shared(server): Shared<Arc<Server>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    method: Method,
    uri: Uri,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default()),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_vec(),
    };
    if request.path == "/__faults" {
        return respond(&add_faults(&server, &request), None);
    }
    let (name, store) = server.orgs.of(request.token());
    let told = |call: String| match name {
        Some(name) => format!("{name}/{call}"),
        None => call,
    };
    let call = call_name(&request);
    let number = {
        let mut calls = server.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push((told(call.clone()), 0));
        calls.len() - 1
    };
    let fault = server.faults.lock().unwrap_or_else(PoisonError::into_inner).take(name, &call);
    let latency = server.orgs.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    if let Some(reply) = fault.as_ref().and_then(|fault| fault.instead(&request)) {
        return respond(&reply, None);
    }
    if fault == Some(Fault::ResetBefore) {
        cut.0.store(true, Ordering::SeqCst);
        return Response::default();
    }
    let awaited = match &fault {
        Some(Fault::HeldUntil(call)) => {
            let call = told(call.clone());
            let before = server.count(&call);
            Some((call, before))
        }
        _ => None,
    };
    let wanted = fault.clone();
    let date = store.has_own_clock().then(|| http_date(store.now()));
    // Files are read and written on the way.
    let reply = tokio::task::spawn_blocking(move || {
        store.with(|state, now| answer(state, &request, now, wanted.as_ref()))
    })
    .await;
    let mut reply = match reply {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => trouble(&error.to_string()),
        Err(error) => trouble(&error.to_string()),
    };
    reply.headers.extend(date.map(|date| ("date", date)));
    server.calls.lock().unwrap_or_else(PoisonError::into_inner)[number].1 = reply.body.len();
    if let Some((call, before)) = awaited {
        let comes = async {
            while server.count(&call) == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(LONGEST_HOLD, comes).await;
    }
    if fault == Some(Fault::ResetAfter) {
        cut.0.store(true, Ordering::SeqCst);
    }
    let reply = fault.as_ref().and_then(Fault::afterwards).unwrap_or(reply);
    respond(&reply, fault.as_ref())
}

/// A time as the header `Date` has it.
fn http_date(millis: u64) -> String {
    let time = i64::try_from(millis).ok().and_then(|it| jiff::Timestamp::from_millisecond(it).ok());
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    time.and_then(|time| printer.timestamp_to_rfc9110_string(&time).ok()).unwrap_or_default()
}

fn trouble(message: &str) -> Reply {
    Reply::json(500, &serde_json::json!([{ "errorCode": "UNKNOWN_EXCEPTION", "message": message }]))
}

fn pairs(query: &str) -> Vec<(String, String)> {
    Url::parse(&format!("http://query/?{query}"))
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}

fn add_faults(server: &Server, request: &Request) -> Reply {
    let mut faults = server.faults.lock().unwrap_or_else(PoisonError::into_inner);
    if !faults.by_request || request.method != "POST" {
        return Reply::refusal(404, &not_found());
    }
    match serde_json::from_slice::<Vec<FaultRule>>(&request.body) {
        Ok(rules) => {
            faults.rules.extend(rules);
            Reply::empty(204)
        }
        Err(error) => trouble(&error.to_string()),
    }
}

fn respond(reply: &Reply, fault: Option<&Fault>) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("content-type", reply.content_type);
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(value)) {
            response = response.header(name, value);
        }
    }
    let body = match fault {
        Some(Fault::HalfBody) => {
            response = response.header("content-length", reply.body.len());
            let half = Bytes::copy_from_slice(&reply.body[..reply.body.len() / 2]);
            let end = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            // The end comes after what was sent has gone out.
            Body::from_stream(futures::stream::iter([Ok(half), Err(end)]).then(|piece| async {
                if piece.is_err() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                piece
            }))
        }
        Some(Fault::CutAt(bytes)) => {
            Body::from(reply.body[..reply.body.len().min(*bytes)].to_vec())
        }
        Some(Fault::SlowBody(millis)) => {
            response = response.header("content-length", reply.body.len());
            let millis = *millis;
            let size = reply.body.len().div_ceil(8).max(1);
            let pieces: Vec<Bytes> = reply.body.chunks(size).map(Bytes::copy_from_slice).collect();
            Body::from_stream(futures::stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok::<_, std::io::Error>(piece)
            }))
        }
        _ => Body::from(reply.body.clone()),
    };
    response.body(body).unwrap_or_default()
}

/// A listener whose connections can be cut from within a handler.
struct Guarded(TcpListener);

/// Says to cut the connection.
#[derive(Clone, Debug)]
struct Cut(Arc<AtomicBool>);

struct Wire {
    stream: TcpStream,
    cut: Cut,
}

impl Listener for Guarded {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (Wire { stream, cut: Cut(Arc::new(AtomicBool::new(false))) }, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl axum::extract::connect_info::Connected<IncomingStream<'_, Guarded>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Guarded>) -> Self {
        stream.io().cut.clone()
    }
}

impl Wire {
    fn check(&self) -> std::io::Result<()> {
        if self.cut.0.load(Ordering::SeqCst) {
            // So that closing resets the connection and does not end it in good order.
            self.stream.set_zero_linger()?;
            return Err(std::io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
