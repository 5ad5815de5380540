//! One store over HTTP. Whatever it does, a request ends within seconds, and after a request that failed twice nothing
//! more is asked of it in this run.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use super::address::Address;
use super::auth::Auth;

/// How long a request may take, from the first byte sent to the last one received.
const LIMIT: Duration = Duration::from_secs(2);

/// A store over HTTP.
pub(super) struct Client {
    agent: Agent,
    pub(super) address: Address,
    auth: Auth,
    /// Why nothing more is asked of it.
    away: OnceLock<String>,
    pub(super) errors: AtomicU64,
    pub(super) received_bytes: AtomicU64,
    pub(super) sent_bytes: AtomicU64,
}

/// An answer that was received as a whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// What to send.
#[derive(Clone, Copy)]
pub(super) enum Request<'a> {
    Get,
    Put(&'a [u8]),
    Post(&'a [u8]),
}

/// Why there is no answer.
enum Fault {
    /// The store cannot be reached, or is broken. It may be better the next time.
    Away(String),
    /// What it sent is not taken.
    Refused,
}

impl Client {
    /// A client of the store at this address.
    pub(super) fn new(
        address: Address,
        writes: bool,
        token: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let proxy = address.proxy(&variable);
        let config = Agent::config_builder()
            .timeout_global(Some(LIMIT))
            // A store does not send a client, with its token, elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("pmsts/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls(&variable));
        let away = OnceLock::new();
        let proxy = match proxy.as_deref().map(Proxy::new) {
            Some(Err(error)) => {
                let _ = away.set(format!(
                    "the proxy of the environment cannot be used: {error}"
                ));
                None
            }
            Some(Ok(proxy)) => Some(proxy),
            None => None,
        };
        Self {
            agent: config.proxy(proxy).build().into(),
            auth: Auth::of(&address, writes, token, &variable),
            address,
            away,
            errors: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
        }
    }

    /// Why nothing more is asked of it, if so.
    pub(super) fn away(&self) -> Option<&str> {
        self.away.get().map(String::as_str)
    }

    /// Sends a request, and once more if that fails. `None` if there is no answer of at most so many bytes.
    pub(super) fn ask(&self, request: Request<'_>, path: &str, most: usize) -> Option<Answer> {
        for last in [false, true] {
            if self.away().is_some() {
                return None;
            }
            match self.once(request, path, most) {
                Ok(answer) => return Some(answer),
                Err(fault) => {
                    self.errors.fetch_add(1, Ordering::Relaxed);
                    match fault {
                        Fault::Refused => return None,
                        Fault::Away(why) if last => {
                            let _ = self.away.set(why);
                        }
                        Fault::Away(_) => {}
                    }
                }
            }
        }
        None
    }

    /// Counts something that is not used.
    pub(super) fn refuse(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    fn once(&self, request: Request<'_>, path: &str, most: usize) -> Result<Answer, Fault> {
        let url = self.address.url(path);
        let header = self.auth.header(&self.agent);
        let header = header.iter().map(|value| ("authorization", value));
        let sent = match request {
            Request::Get => header
                .fold(self.agent.get(&url), |it, (name, value)| {
                    it.header(name, value)
                })
                .call(),
            Request::Put(body) => header
                .fold(self.agent.put(&url), |it, (name, value)| {
                    it.header(name, value)
                })
                .content_type("application/json")
                .send(body),
            Request::Post(body) => header
                .fold(self.agent.post(&url), |it, (name, value)| {
                    it.header(name, value)
                })
                .content_type("application/x-ndjson")
                .send(body),
        };
        let answer = sent.map_err(|error| fault(&error))?;
        if let Request::Put(body) | Request::Post(body) = request {
            self.sent_bytes
                .fetch_add(body.len() as u64, Ordering::Relaxed);
        }
        self.receive(answer, most)
    }

    fn receive(&self, mut answer: Response<Body>, most: usize) -> Result<Answer, Fault> {
        let status = answer.status().as_u16();
        if status >= 500 {
            return Err(Fault::Away(format!("it answers with status {status}")));
        }
        if (300..400).contains(&status) {
            return Err(Fault::Refused);
        }
        // None was asked for: what unpacks to more than it takes to send is not unpacked.
        if answer.headers().contains_key("content-encoding") {
            return Err(Fault::Refused);
        }
        let body = answer.body_mut().with_config().limit(most as u64);
        let body = body.read_to_vec().map_err(|error| fault(&error))?;
        self.received_bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        Ok(Answer { status, body })
    }
}

fn fault(error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::BodyExceedsLimit(_) => Fault::Refused,
        _ => Fault::Away(error.to_string()),
    }
}

/// The authorities that certificates are checked against: those of `SSL_CERT_FILE` if it is set.
fn tls(variable: impl Fn(&str) -> Option<String>) -> TlsConfig {
    let own = variable("SSL_CERT_FILE").and_then(|path| std::fs::read(path).ok());
    let own: Vec<Certificate<'static>> = own.map_or_else(Vec::new, |text| {
        let certificates = parse_pem(&text).filter_map(|item| match item {
            Ok(PemItem::Certificate(it)) => Some(it),
            _ => None,
        });
        certificates.collect()
    });
    let config = TlsConfig::builder();
    if own.is_empty() {
        config.build()
    } else {
        config.root_certs(RootCerts::new_with_certs(&own)).build()
    }
}
