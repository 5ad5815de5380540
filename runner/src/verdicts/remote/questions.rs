//! Questions to the service: whoever holds the data searches it.

use pmsts_store::{ListedRun, Page, Query};
use serde::de::DeserializeOwned;

use super::address::escaped;
use super::client::Request;
use super::peer::Peer;

/// The largest answer, in bytes.
const LARGEST_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Why a service does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeerError {
    /// It cannot be reached.
    #[error("the store {0} does not answer: {1}")]
    Away(String, String),
    /// It is a store that cannot do this.
    #[error("{0} is no service of pmsts: it keeps entries, and cannot {1}")]
    Unsupported(String, &'static str),
    /// It refused.
    #[error("the store {0} refuses: {1}")]
    Refused(String, String),
    /// The store here cannot be used.
    #[error(transparent)]
    Store(#[from] pmsts_store::StoreError),
}

impl Peer {
    /// Answers a question about verdicts.
    pub(crate) fn search(&self, query: &Query) -> Result<Page, PeerError> {
        let value = serde_json::to_value(query).unwrap_or_default();
        let fields = value.as_object().into_iter().flatten();
        let set = fields.filter(|(_, value)| !value.is_null());
        let parameters: Vec<String> = set
            .map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                format!("{name}={}", escaped(&text))
            })
            .collect();
        self.question(&format!("/v1/search?{}", parameters.join("&")), "search")
    }

    /// The newest runs.
    pub(crate) fn runs(&self, most: usize) -> Result<Vec<ListedRun>, PeerError> {
        self.question(
            &format!("/v1/runs?limit={}", most.clamp(1, 1_000)),
            "list runs",
        )
    }

    fn question<T: DeserializeOwned>(
        &self,
        path: &str,
        what: &'static str,
    ) -> Result<T, PeerError> {
        self.must_be_service(what)?;
        let body = self.must_answer(Request::Get, path, LARGEST_ANSWER_BYTES)?;
        serde_json::from_slice(&body).map_err(|error| self.refused(error.to_string()))
    }

    /// Fails unless it is the service.
    pub(super) fn must_be_service(&self, what: &'static str) -> Result<(), PeerError> {
        let url = self.client.address.to_string();
        match (self.is_service(), self.client.away()) {
            (true, _) => Ok(()),
            (false, Some(why)) => Err(PeerError::Away(url, why.to_owned())),
            (false, None) => Err(PeerError::Unsupported(url, what)),
        }
    }

    /// The body of a good answer.
    pub(super) fn must_answer(
        &self,
        request: Request<'_>,
        path: &str,
        most: usize,
    ) -> Result<Vec<u8>, PeerError> {
        let Some(answer) = self.client.ask(request, path, most) else {
            let why = self
                .client
                .away()
                .unwrap_or("its answer is too large, or not readable");
            return Err(PeerError::Away(
                self.client.address.to_string(),
                why.to_owned(),
            ));
        };
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        let said: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        let said = said.and_then(|it| it["error"].as_str().map(str::to_owned));
        Err(self.refused(said.unwrap_or_else(|| format!("status {}", answer.status))))
    }

    pub(super) fn refused(&self, why: String) -> PeerError {
        PeerError::Refused(self.client.address.to_string(), why)
    }
}
