//! The page for readers. It is rendered here, so that it needs no script; the search is a form.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use pmsts_reports::formats::html::store::{self, Finding, Row, View};
use pmsts_store::{Known, Show};
use serde::Deserialize;

use crate::app::App;
use crate::refusal::Refusal;

/// How many rows of each list are shown.
const ROWS: usize = 200;

/// What the form of the page asks.
#[derive(Deserialize)]
pub(crate) struct Asked {
    about: Option<String>,
    pm: Option<String>,
    text: Option<String>,
    verdict: Option<String>,
    show: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn query(&self) -> Result<pmsts_store::Query, String> {
        let given = |field: &Option<String>| field.clone().filter(|text| !text.trim().is_empty());
        let word = |field: &Option<String>| given(field).map(serde_json::Value::String);
        let verdict = word(&self.verdict).map(serde_json::from_value).transpose();
        let show: Option<Show> = word(&self.show)
            .map(serde_json::from_value)
            .transpose()
            .map_err(|error| error.to_string())?;
        Ok(pmsts_store::Query {
            about: given(&self.about),
            pm: given(&self.pm),
            text: given(&self.text),
            verdict: verdict.map_err(|error| error.to_string())?,
            show: show.unwrap_or_default(),
            limit: Some(ROWS),
            after: given(&self.after),
            ..pmsts_store::Query::default()
        })
    }
}

/// `GET /`.
pub(crate) async fn page(
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let view = view(&app, &asked)?;
    let html = store::render(&view)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

fn view(app: &App, asked: &Asked) -> Result<View, Refusal> {
    let store = app.store();
    let query = asked.query().map_err(Refusal::wrong)?;
    let is_question = [&query.about, &query.pm, &query.text]
        .iter()
        .any(|it| it.is_some())
        || query.verdict.is_some()
        || query.show != Show::All;
    let (found, fault) = match is_question.then(|| store.search(&query)) {
        Some(Ok(found)) => (Some(found), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    let statistics = store.statistics()?;
    let findings = store.findings()?.into_iter().map(|it| Finding {
        id: it.finding,
        pm: it.pm,
        title: it.title,
        first: it
            .releases
            .first()
            .map(|(name, _)| name.clone())
            .unwrap_or_default(),
        last: it
            .releases
            .last()
            .map(|(name, _)| name.clone())
            .unwrap_or_default(),
        releases: it.releases.len(),
    });
    Ok(View {
        counts: [
            (statistics.observations, "observed builds"),
            (statistics.verdicts, "verdicts"),
            (statistics.conflicts, "conflicts"),
            (statistics.runs, "runs"),
        ]
        .map(|(count, what)| (count, what.to_owned()))
        .to_vec(),
        about: asked.about.clone().unwrap_or_default(),
        pm: asked.pm.clone().unwrap_or_default(),
        text: asked.text.clone().unwrap_or_default(),
        show: asked.show.clone().unwrap_or_default(),
        verdict: asked.verdict.clone().unwrap_or_default(),
        next: found.as_ref().and_then(|page| page.next.clone()),
        found: found.map(|page| page.rows.into_iter().map(row).collect()),
        fault,
        releases: store
            .releases_known()?
            .into_iter()
            .map(|it| store::Release {
                name: it.release,
                verdicts: it.verdicts,
                failures: it.failures,
                newest: it.newest,
            })
            .collect(),
        findings: findings.collect(),
        conflicts: store
            .conflicts(ROWS)?
            .into_iter()
            .map(|it| store::Conflict {
                release: it.release,
                instance: it.instance,
                first: it.first.words().to_owned(),
                first_found: it.first_found,
                second: it.second.words().to_owned(),
                second_found: it.second_found,
            })
            .collect(),
    })
}

fn row(known: Known) -> Row {
    Row {
        instance: known.instance,
        title: known.title,
        section: known.section,
        release: known.release,
        verdict: known.verdict,
        before: known
            .before
            .map(|(release, verdict)| format!("{} on {release}", verdict.words())),
        finding: known.finding,
        found: known.found,
    }
}
