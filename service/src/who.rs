//! What a request may do: anybody reads; a token of the store or of a trusted workflow may write.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pmsts_store::May;

use crate::app::App;
use crate::refusal::Refusal;

/// Fails unless the request may do this.
pub(crate) fn allow(app: &App, headers: &HeaderMap, what: May) -> Result<(), Refusal> {
    let may = may(app, headers)?;
    if may >= what {
        return Ok(());
    }
    let reason = format!(
        "this needs a token that may {what}; the operator makes one with pmsts serve token add"
    );
    Err(if headers.contains_key(header::AUTHORIZATION) {
        Refusal::new(StatusCode::FORBIDDEN, reason)
    } else {
        Refusal::new(StatusCode::UNAUTHORIZED, reason)
    })
}

fn may(app: &App, headers: &HeaderMap) -> Result<May, Refusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(May::Read);
    };
    let token = value.to_str().ok().and_then(secret);
    let known = match token.as_deref() {
        Some(token) => app.may(token)?,
        None => None,
    };
    known.ok_or_else(|| {
        Refusal::new(
            StatusCode::UNAUTHORIZED,
            "the token is not known, or no longer",
        )
    })
}

/// The token of an `Authorization` header: `Bearer TOKEN`, or the password of `Basic`, which programs that know users
/// and passwords send.
fn secret(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().to_owned()),
        "basic" => {
            let user = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
            user.split_once(':')
                .map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}
