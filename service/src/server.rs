//! Listens, serves, and ends.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::routing::{get, post};
use pmsts_store::{Store, StoreError};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::workflow::{WorkflowError, Workflows};
use crate::{entries, page, questions};

/// How to serve.
#[derive(Debug)]
pub struct Service {
    /// Where to listen: `localhost:0` takes any free port.
    pub listen: String,
    /// The file of the store.
    pub store: PathBuf,
    /// The file of workflows that may write.
    pub workflows: Option<PathBuf>,
    /// Whether to end when standard input ends: then whoever started the service need not end it.
    pub until_closed: bool,
    /// A token that may write while this service lives.
    pub token: Option<String>,
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workflows cannot be used.
    #[error(transparent)]
    Workflow(#[from] WorkflowError),
    /// It cannot listen there.
    #[error("cannot listen at `{address}`: {source}")]
    Listen {
        /// The address.
        address: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A system call failed.
    #[error("cannot serve: {0}")]
    System(#[from] std::io::Error),
}

/// Serves until it is asked to end (by SIGINT, SIGTERM, or the end of its input), and then until requests are answered.
/// Calls `listening` with the address.
pub fn serve(service: &Service, listening: impl FnOnce(SocketAddr)) -> Result<(), ServiceError> {
    let workflows = service
        .workflows
        .as_deref()
        .map(Workflows::read)
        .transpose()?;
    let app = App::new(
        Store::open(&service.store)?,
        workflows.unwrap_or_default(),
        service.token.clone(),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let failed = |source| ServiceError::Listen {
            address: service.listen.clone(),
            source,
        };
        let listener = TcpListener::bind(&service.listen).await.map_err(failed)?;
        listening(listener.local_addr()?);
        let end = end(service.until_closed)?;
        Ok(axum::serve(listener, router(app))
            .with_graceful_shutdown(end)
            .await?)
    })
}

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(page::page))
        .route(
            "/ac/{key}",
            get(entries::get).head(entries::head).put(entries::put),
        )
        .route("/v1/health", get(questions::health))
        .route("/v1/statistics", get(questions::statistics))
        .route("/v1/lookup", post(entries::lookup))
        .route("/v1/entries", post(entries::take))
        .route("/v1/export", get(entries::export))
        .route("/v1/search", get(questions::search))
        .route("/v1/releases", get(questions::releases))
        .route("/v1/findings", get(questions::findings))
        .route("/v1/conflicts", get(questions::conflicts))
        .route("/v1/runs", get(questions::runs).post(questions::put_run))
        .route("/v1/openapi.json", get(questions::description))
        .with_state(app)
}

fn end(until_closed: bool) -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        let closed = async {
            if until_closed {
                let mut input = tokio::io::stdin();
                let mut some = [0; 64];
                while matches!(input.read(&mut some).await, Ok(count) if count > 0) {}
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = closed => {}
        }
    })
}
