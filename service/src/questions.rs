//! Questions that the service answers: search, runs, findings, conflicts, statistics, health.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use pmsts_store::{Conflict, FindingOver, ListedRun, May, Page, ReleaseKnown, Run, Statistics};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::receive::receive;
use crate::refusal::Refusal;
use crate::who::allow;

/// How many rows a list has, unless asked otherwise.
const ROWS: usize = 100;

/// The largest run, in bytes.
const LARGEST_RUN_BYTES: usize = 8 * 1024 * 1024;

type Asked<T> = Result<Query<T>, QueryRejection>;

fn asked<T>(query: Asked<T>) -> Result<T, Refusal> {
    let Query(it) = query.map_err(|error| Refusal::wrong(error.body_text()))?;
    Ok(it)
}

/// How many rows to show.
#[derive(Deserialize)]
pub(crate) struct Rows {
    limit: Option<usize>,
}

impl Rows {
    fn most(&self) -> usize {
        self.limit
            .unwrap_or(ROWS)
            .clamp(1, pmsts_store::LARGEST_PAGE)
    }
}

/// `GET /v1/health`: also how a client knows what it speaks with.
pub(crate) async fn health(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    app.store().statistics()?;
    Ok(Json(
        json!({ "service": "pmsts", "version": env!("CARGO_PKG_VERSION"), "form": pmsts_store::FORM }),
    ))
}

/// `GET /v1/statistics`.
pub(crate) async fn statistics(State(app): State<App>) -> Result<Json<Statistics>, Refusal> {
    Ok(Json(app.store().statistics()?))
}

/// `GET /v1/search`.
pub(crate) async fn search(
    State(app): State<App>,
    query: Asked<pmsts_store::Query>,
) -> Result<Json<Page>, Refusal> {
    Ok(Json(app.store().search(&asked(query)?)?))
}

/// `GET /v1/releases`.
pub(crate) async fn releases(State(app): State<App>) -> Result<Json<Vec<ReleaseKnown>>, Refusal> {
    Ok(Json(app.store().releases_known()?))
}

/// `GET /v1/findings`.
pub(crate) async fn findings(State(app): State<App>) -> Result<Json<Vec<FindingOver>>, Refusal> {
    Ok(Json(app.store().findings()?))
}

/// `GET /v1/conflicts`.
pub(crate) async fn conflicts(
    State(app): State<App>,
    rows: Asked<Rows>,
) -> Result<Json<Vec<Conflict>>, Refusal> {
    Ok(Json(app.store().conflicts(asked(rows)?.most())?))
}

/// `GET /v1/runs`.
pub(crate) async fn runs(
    State(app): State<App>,
    rows: Asked<Rows>,
) -> Result<Json<Vec<ListedRun>>, Refusal> {
    Ok(Json(app.store().runs(asked(rows)?.most())?))
}

/// `POST /v1/runs`.
pub(crate) async fn put_run(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    allow(&app, request.headers(), May::Write)?;
    let body = receive(&app, request, LARGEST_RUN_BYTES).await?;
    let run: Run =
        serde_json::from_slice(&body.bytes).map_err(|error| Refusal::wrong(error.to_string()))?;
    Ok(Json(json!({ "new": app.store().put_run(&run)? })))
}

/// `GET /v1/openapi.json`.
pub(crate) async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::OPENAPI)
}
