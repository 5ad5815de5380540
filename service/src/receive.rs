//! Bodies of requests: of a declared and bounded size, and received in time.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::app::App;
use crate::refusal::Refusal;

/// How long a client may take to send a body.
const LIMIT: Duration = Duration::from_secs(30);

/// A body, and the room that it takes until it is dropped.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    #[expect(dead_code, reason = "dropping it gives the room back")]
    room: OwnedSemaphorePermit,
}

/// Receives a body of at most so many bytes.
pub(crate) async fn receive(app: &App, request: Request, most: usize) -> Result<Received, Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let Some(length) = length else {
        let reason = "the request does not say how long its body is";
        return Err(Refusal::new(StatusCode::LENGTH_REQUIRED, reason));
    };
    if length > most {
        let reason = format!("the body has {length} bytes; {most} are taken at once");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    let kib = u32::try_from(length.div_ceil(1024)).unwrap_or(u32::MAX);
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
    let received = async {
        let room = app.room().acquire_many_owned(kib).await.ok();
        let bytes = to_bytes(request.into_body(), most).await.ok();
        room.zip(bytes)
    };
    let (room, bytes) = timeout(LIMIT, received)
        .await
        .map_err(late)?
        .ok_or_else(|| Refusal::wrong("the body did not come whole"))?;
    Ok(Received { bytes, room })
}
