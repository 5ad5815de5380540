//! Entries: one by its key, in the layout of other caches, and many at once.

use std::str::FromStr as _;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use pmsts_store::{Counts, Entry, Key, LARGEST_BYTES, May, Put};
use serde::Deserialize;

use crate::app::App;
use crate::receive::receive;
use crate::refusal::Refusal;
use crate::who::allow;

/// The largest request with many entries, in bytes.
const LARGEST_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// How many builds may be asked about at once.
const MOST_BUILDS: usize = 10_000;

/// How many builds are looked up before others have their turn.
const IN_TURN: usize = 64;

/// How many entries an export has at most.
const MOST_EXPORTED: usize = 1_000;

/// The path's key.
fn key(text: &str) -> Result<Key, Refusal> {
    Key::from_str(text).map_err(|error| Refusal::wrong(error.to_string()))
}

/// `GET /ac/KEY`.
pub(crate) async fn get(
    State(app): State<App>,
    Path(text): Path<String>,
) -> Result<Response, Refusal> {
    match app.store().text(key(&text)?)? {
        Some(text) => Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response()),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "there is no entry under this key",
        )),
    }
}

/// `HEAD /ac/KEY`.
pub(crate) async fn head(State(app): State<App>, Path(text): Path<String>) -> StatusCode {
    match key(&text) {
        Err(_) => StatusCode::BAD_REQUEST,
        Ok(key) => match app.store().has(key) {
            Ok(true) => StatusCode::OK,
            Ok(false) => StatusCode::NOT_FOUND,
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
    }
}

/// `PUT /ac/KEY`.
pub(crate) async fn put(
    State(app): State<App>,
    Path(text): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    allow(&app, request.headers(), May::Write)?;
    let key = key(&text)?;
    let body = receive(&app, request, LARGEST_BYTES).await?;
    let entry = Entry::read(&body.bytes, Some(key)).map_err(|it| Refusal::wrong(it.to_string()))?;
    let done = app.store().put(&[entry])?;
    let mut counts = Counts::default();
    for put in &done {
        counts.add(*put);
    }
    let status = match done.first() {
        Some(Put::New) => StatusCode::CREATED,
        Some(Put::NothingToAddTo) => {
            let reason = "the entry only adds verdicts, and there is none to add them to";
            return Err(Refusal::wrong(reason));
        }
        _ => StatusCode::OK,
    };
    Ok((status, Json(counts)).into_response())
}

/// What is looked up: entries by their keys, or all about builds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    keys: Vec<Key>,
    #[serde(default)]
    builds: Vec<Key>,
}

/// `POST /v1/lookup`: the entries that there are, a line each, as they are found: many clients at once cost no memory.
pub(crate) async fn lookup(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let body = receive(&app, request, LARGEST_BATCH_BYTES).await?;
    let wanted: Wanted =
        serde_json::from_slice(&body.bytes).map_err(|error| Refusal::wrong(error.to_string()))?;
    if wanted.keys.len() + wanted.builds.len() > MOST_BUILDS {
        return Err(Refusal::wrong(format!(
            "at most {MOST_BUILDS} are looked up at once"
        )));
    }
    let lines = stream::unfold((app, wanted), |(app, mut wanted)| async move {
        let keys = wanted
            .keys
            .split_off(wanted.keys.len().saturating_sub(IN_TURN));
        let builds = wanted
            .builds
            .split_off(wanted.builds.len().saturating_sub(IN_TURN));
        if keys.is_empty() && builds.is_empty() {
            return None;
        }
        let some = found(&app, &keys, &builds).map_err(std::io::Error::other);
        tokio::task::yield_now().await;
        Some((some, (app, wanted)))
    });
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response())
}

fn found(app: &App, keys: &[Key], builds: &[Key]) -> Result<Vec<u8>, pmsts_store::StoreError> {
    let store = app.store();
    let mut texts = store.of_builds(builds)?;
    for key in keys {
        texts.extend(store.text(*key)?);
    }
    Ok(lines(texts))
}

fn lines(texts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut lines = Vec::new();
    for text in texts {
        lines.extend(text);
        lines.push(b'\n');
    }
    lines
}

/// `POST /v1/entries`: an entry on each line. Lines that are none are counted, and the others taken.
pub(crate) async fn take(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Counts>, Refusal> {
    allow(&app, request.headers(), May::Write)?;
    let body = receive(&app, request, LARGEST_BATCH_BYTES).await?;
    let mut counts = Counts::default();
    let mut entries = Vec::new();
    for line in body
        .bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        match Entry::read(line, None) {
            Ok(entry) => entries.push(entry),
            Err(_) => counts.refused += 1,
        }
    }
    for put in app.store().put(&entries)? {
        counts.add(put);
    }
    Ok(Json(counts))
}

/// Where an export goes on.
#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: i64,
}

/// `GET /v1/export?after=NUMBER`: a page of all entries, in the order in which they came, each after its number.
pub(crate) async fn export(
    State(app): State<App>,
    after: Result<Query<After>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(After { after }) = after.map_err(|error| Refusal::wrong(error.body_text()))?;
    let entries = app.store().after(after, MOST_EXPORTED)?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let mut text = Vec::new();
    for entry in entries {
        text.extend(format!("{} ", entry.number).bytes());
        text.extend(entry.text);
        text.push(b'\n');
    }
    Ok((headers, text).into_response())
}
