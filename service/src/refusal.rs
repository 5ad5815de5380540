//! Answers to requests that are not done, as JSON with the reason.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a request is not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    reason: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    /// The request itself is wrong.
    pub(crate) fn wrong(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.reason }));
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = header::HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<pmsts_store::StoreError> for Refusal {
    fn from(error: pmsts_store::StoreError) -> Self {
        match error {
            pmsts_store::StoreError::Question(reason) => Self::wrong(reason),
            error => {
                // The reader gets no paths of this machine; its operator does.
                eprintln!("pmsts serve: {error}");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the store cannot be used now",
                )
            }
        }
    }
}
