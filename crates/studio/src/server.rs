//! Listening, and serving each connection within bounds.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use affetti::{Cancel, Models};
use axum::{Router, body::Body};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::{api::router, error::StudioError, settings::Settings, studio::Studio};

/// The head of a request has to be there after so long, and a connection that asks nothing is closed then.
const HEAD: Duration = Duration::from_secs(20);
/// Longest head, in bytes.
const HEAD_BYTES: usize = 64 << 10;
/// Time between two looks at whether the end is asked for.
const LOOK: Duration = Duration::from_millis(100);
/// Answers that are under way at the end have so long.
const ENDING: Duration = Duration::from_secs(2);

/// One answer, as it is logged: no name, no address, nothing of a picture.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// The pattern of the address.
    pub route: &'a str,
    /// Of the answer.
    pub status: u16,
    /// From the head of the request to that of its answer.
    pub time: Duration,
}

/// Takes what is logged.
pub type Log = Arc<dyn Fn(&Logged<'_>) + Send + Sync>;

/// Opens the studio and serves until `end` is asked for. `opened` hears where it listens.
///
/// # Errors
/// An address where nobody can listen, a folder that cannot be used, missing weights.
pub fn serve(
    settings: Settings,
    models: Models,
    log: Log,
    opened: impl FnOnce(SocketAddr),
    end: &Cancel,
) -> Result<(), StudioError> {
    let address = settings.address;
    let failed = |source| StudioError::Address { address, source };
    let (connections, idle) = (settings.bounds.connections, settings.bounds.idle);
    crate::studio::may_open(&settings)?;
    // Before the folder is touched: who cannot listen takes no job.
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let studio = Studio::open(settings, models)?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(failed)?;
    let served = runtime.block_on(async {
        let listener = TcpListener::from_std(listener).map_err(failed)?;
        opened(listener.local_addr().map_err(failed)?);
        // Models are made ready while the first visitor looks at the page.
        let ready = Arc::clone(&studio);
        let warm = move || drop(ready.workshop.models.usual());
        tokio::task::spawn_blocking(warm);
        let router = router(Arc::clone(&studio), log);
        listen(listener, router, (connections, idle), end).await;
        Ok(())
    });
    studio.close();
    runtime.shutdown_timeout(ENDING);
    served
}

/// A signal sets a flag; nothing else may be done where it arrives, so the flag is looked at.
async fn asked_for(end: &Cancel) {
    while !end.is_cancelled() {
        sleep(LOOK).await;
    }
}

async fn listen(
    listener: TcpListener,
    router: Router,
    (connections, idle): (usize, Duration),
    end: &Cancel,
) {
    let seats = Arc::new(Semaphore::new(connections));
    let (tell, told) = watch::channel(false);
    let end = asked_for(end);
    tokio::pin!(end);
    loop {
        let seat = Arc::clone(&seats).acquire_owned();
        let accepted = async {
            let seat = seat.await;
            (listener.accept().await, seat)
        };
        let (stream, seat) = tokio::select! {
            () = &mut end => break,
            (stream, seat) = accepted => (stream, seat),
        };
        // Too many open files: others will be closed in a moment.
        let Ok((stream, _)) = stream else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (router, told) = (router.clone(), told.clone());
        tokio::spawn(async move {
            connection(stream, router, idle, told).await;
            drop(seat);
        });
    }
    let _ = tell.send(true);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let _ = timeout(ENDING, seats.acquire_many(all)).await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    idle: Duration,
    mut told: watch::Receiver<bool>,
) {
    // Small answers leave at once; where that cannot be set, they leave a little later.
    let _ = stream.set_nodelay(true);
    // Who takes nothing of an answer for so long has gone, and its share of memory is free again.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    let service = router.map_request(|request: hyper::Request<Incoming>| request.map(Body::new));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(service),
        );
    tokio::pin!(serving);
    tokio::select! {
        // How a visitor hangs up is theirs to choose.
        _ = serving.as_mut() => return,
        _ = told.wait_for(|ended| *ended) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
