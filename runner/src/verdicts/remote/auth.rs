//! What a store is told of who asks: a token, a password, or what GitHub Actions says of the workflow.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use ureq::Agent;

use super::address::{Address, escaped};

/// How long a token of GitHub Actions is used; it holds for five minutes.
const FRESH: Duration = Duration::from_secs(4 * 60);

/// The largest answer with a token, in bytes.
const LARGEST_BYTES: u64 = 64 * 1024;

/// Who asks.
pub(super) enum Auth {
    /// Nobody in particular.
    Anonymous,
    /// The header's value.
    Fixed(String),
    /// The workflow of GitHub Actions that runs now.
    Workflow {
        url: String,
        request: String,
        token: Mutex<Option<(Instant, String)>>,
    },
}

impl Auth {
    /// Who asks the store at this address: by user and password of the address, else by the token in the variable, else
    /// as the workflow. A store that is only read is told nothing of the latter two.
    pub(super) fn of(
        address: &Address,
        writes: bool,
        token: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(user) = address.user() {
            return Self::Fixed(format!("Basic {}", BASE64_STANDARD.encode(user)));
        }
        if !writes {
            return Self::Anonymous;
        }
        if let Some(token) = set(token) {
            return Self::Fixed(format!("Bearer {}", token.trim()));
        }
        let workflow = (
            set("ACTIONS_ID_TOKEN_REQUEST_URL"),
            set("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        );
        match workflow {
            (Some(url), Some(request)) => Self::Workflow {
                url: format!("{url}&audience={}", escaped(&address.to_string())),
                request,
                token: Mutex::default(),
            },
            _ => Self::Anonymous,
        }
    }

    /// The value of the header, if there is one.
    pub(super) fn header(&self, agent: &Agent) -> Option<String> {
        match self {
            Self::Anonymous => None,
            Self::Fixed(value) => Some(value.clone()),
            Self::Workflow {
                url,
                request,
                token,
            } => {
                let mut token = token.lock().ok()?;
                if token
                    .as_ref()
                    .is_none_or(|(made, _)| made.elapsed() > FRESH)
                {
                    *token = Some((Instant::now(), ask(agent, url, request)?));
                }
                token.as_ref().map(|(_, token)| format!("Bearer {token}"))
            }
        }
    }
}

/// Asks GitHub Actions for a token. Without one the store is asked as anybody would.
fn ask(agent: &Agent, url: &str, request: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        value: String,
    }
    let bearer = format!("Bearer {request}");
    let mut answer = agent.get(url).header("authorization", bearer).call().ok()?;
    let body = answer.body_mut().with_config().limit(LARGEST_BYTES);
    let answer: Answer = serde_json::from_slice(&body.read_to_vec().ok()?).ok()?;
    Some(answer.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_only_where_something_may_be_written() {
        let variable = |name: &str| (name == "TOKEN").then(|| "secret\n".to_owned());
        let address: Address = "https://store.example".parse().unwrap();
        let header = |auth: &Auth| match auth {
            Auth::Fixed(value) => Some(value.clone()),
            _ => None,
        };
        let of = |writes| header(&Auth::of(&address, writes, "TOKEN", variable));
        assert_eq!(of(true).unwrap(), "Bearer secret");
        assert_eq!(of(false), None);
        let named: Address = "https://me:pw@store.example".parse().unwrap();
        let basic = header(&Auth::of(&named, false, "TOKEN", variable));
        assert_eq!(basic.unwrap(), "Basic bWU6cHc=");
    }

    #[test]
    fn a_workflow_names_the_store_as_the_audience() {
        let variable = |name: &str| match name {
            "ACTIONS_ID_TOKEN_REQUEST_URL" => Some("https://x/?a=1".to_owned()),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN" => Some("t".to_owned()),
            _ => None,
        };
        let address: Address = "https://store.example".parse().unwrap();
        match Auth::of(&address, true, "TOKEN", variable) {
            Auth::Workflow { url, .. } => {
                assert_eq!(url, "https://x/?a=1&audience=https%3A%2F%2Fstore.example");
            }
            _ => panic!("no workflow"),
        }
    }
}
