//! Sockets in, requests out: slow senders and slow readers are dropped, a stop lets requests finish.

use super::guard::Peer;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, Request};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// Time in which a request's head has to be whole.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's head that are read at all; `headers` sets the limit that people meet.
const HEAD_BYTES: usize = 64 * 1024;
/// A body has to bring [`BODY_FLOOR`] bytes in each span of this length: one kilobyte a second.
const BODY_SPAN: Duration = Duration::from_secs(10);
const BODY_FLOOR: u64 = 10 * 1024;
/// Time in which a reader has to take something.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// Connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 16_384;
/// Time that requests get to finish when the server stops.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Header with the visitor's address and port, by which the door of the service tells the parts behind it who asks. Read
/// on sockets inside only; the door writes it over.
pub const PEER: HeaderName = HeaderName::from_static("x-candor-peer");

/// Where connections come in.
pub trait Listener: Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and who is at its other end; nobody on a socket inside, where requests say it themselves.
    ///
    /// # Errors
    /// As the system fails.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<SocketAddr>)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, peer) = self.accept().await?;
        // Answers are small: waiting to fill a packet would only make them late.
        drop(stream.set_nodelay(true));
        Ok((stream, Some(peer)))
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<(UnixStream, Option<SocketAddr>)> {
        Ok((self.accept().await?.0, None))
    }
}

/// Serves until `stop`, then lets running requests finish.
pub async fn serve(listener: impl Listener, router: Router, stop: impl Future<Output = ()>) {
    let (stopping, watch_stop) = watch::channel(());
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let place = room.clone().acquire_owned().await.expect("the semaphore is never closed");
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.next() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            Err(why) => {
                // Out of file handles, most likely: those who are being served will give some back.
                tracing::warn!(%why, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, watch_stop) = (router.clone(), watch_stop.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, watch_stop).await;
            drop(place);
        });
    }
    drop(listener);
    drop(watch_stop);
    let _ = stopping.send(());
    if timeout(STOP_TIME, stopping.closed()).await.is_err() {
        tracing::warn!("some requests took too long to finish and were cut off");
    }
}

async fn connection<S>(stream: S, peer: Option<SocketAddr>, router: Router, mut stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // The router takes no time to be ready; each request has its own handle to it.
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(Paced::new(body)));
        let told = || request.headers().get(PEER)?.to_str().ok()?.parse().ok();
        if let Some(peer) = peer.or_else(told) {
            request.extensions_mut().insert(Peer(peer));
        }
        router.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream)), service);
    let mut served = pin!(served);
    // A failed connection is the visitor's affair; logging each would let visitors fill the disk.
    tokio::select! {
        done = &mut served => drop(done),
        _ = stop.changed() => {
            served.as_mut().graceful_shutdown();
            drop(served.await);
        }
    }
}

/// A request's body that has to come at [`BODY_FLOOR`] bytes a [`BODY_SPAN`].
struct Paced {
    body: Incoming,
    /// Bytes of this span.
    came: u64,
    /// End of this span; nothing is armed while the body comes without waiting.
    span: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn new(body: Incoming) -> Self {
        Self { body, came: 0, span: None }
    }
}

impl hyper::body::Body for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                this.came += data.len() as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        loop {
            let span = this.span.get_or_insert_with(|| Box::pin(sleep(BODY_SPAN)));
            ready!(span.as_mut().poll(cx));
            if this.came < BODY_FLOOR {
                let slow = io::Error::new(io::ErrorKind::TimedOut, "the body comes too slowly");
                return Poll::Ready(Some(Err(axum::Error::new(slow))));
            }
            this.came = 0;
            span.as_mut().reset(Instant::now() + BODY_SPAN);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream whose reader has to take something every [`WRITE_TIME`].
struct Patient<S> {
    stream: S,
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    fn new(stream: S) -> Self {
        Self { stream, stuck: None }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stuck = None;
            return polled;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(WRITE_TIME)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
