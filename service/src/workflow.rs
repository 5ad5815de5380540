//! Tokens of GitHub Actions: a workflow of a repository may write, without a secret that can be stolen. Issuer, keys,
//! audience, repository and branch are pinned by the operator.

use std::fmt;
use std::path::{Path, PathBuf};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use pmsts_store::May;
use serde::Deserialize;

/// The workflows that may write.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workflows {
    #[serde(default)]
    workflow: Vec<Workflow>,
}

/// A workflow that may write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Workflow {
    /// Who signs.
    issuer: String,
    /// The file with the issuer's keys, as it publishes them. It is read for each token, so that it can be replaced.
    keys: PathBuf,
    /// For whom tokens must be made: the address of this service.
    audience: String,
    /// The number of the repository, which does not change with its name.
    repository_id: String,
    /// The branch or tag: `refs/heads/main`.
    #[serde(rename = "ref")]
    reference: String,
}

/// What a token says.
#[derive(Deserialize)]
struct Claims {
    repository_id: String,
    #[serde(rename = "ref")]
    reference: String,
    event_name: String,
}

/// A file of workflows that cannot be used.
#[derive(Debug)]
pub struct WorkflowError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for WorkflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot use the workflows of `{}`: {}",
            self.path.display(),
            self.reason
        )
    }
}

impl std::error::Error for WorkflowError {}

impl Workflows {
    /// Reads the file, and makes sure that it can be used.
    pub(crate) fn read(path: &Path) -> Result<Self, WorkflowError> {
        let failed = |reason: String| WorkflowError {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut all: Self = toml::from_str(&text).map_err(|error| failed(error.to_string()))?;
        for workflow in &mut all.workflow {
            let dir = path.parent().unwrap_or(Path::new(""));
            workflow.keys = dir.join(&workflow.keys);
            workflow.key_set().map_err(failed)?;
        }
        Ok(all)
    }

    /// What the bearer of a token may do; `None` if it is no token of a workflow that is known here.
    pub(crate) fn may(&self, token: &str) -> Option<May> {
        self.workflow
            .iter()
            .find_map(|workflow| workflow.may(token))
    }
}

impl Workflow {
    fn key_set(&self) -> Result<JwkSet, String> {
        let failed = |error: String| format!("{}: {error}", self.keys.display());
        let text = std::fs::read(&self.keys).map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
    }

    fn may(&self, token: &str) -> Option<May> {
        let name = decode_header(token).ok()?.kid?;
        let keys = self.key_set().ok()?;
        let key = DecodingKey::from_jwk(keys.find(&name)?).ok()?;
        // The algorithm is not taken from the token.
        let mut wanted = Validation::new(Algorithm::RS256);
        wanted.set_issuer(&[&self.issuer]);
        wanted.set_audience(&[&self.audience]);
        wanted.set_required_spec_claims(&["exp", "iss", "aud"]);
        wanted.validate_nbf = true;
        let claims: Claims = decode(token, &key, &wanted).ok()?.claims;
        if claims.repository_id != self.repository_id {
            return None;
        }
        // What a pull request runs is written by anybody.
        let trusted =
            claims.reference == self.reference && !claims.event_name.starts_with("pull_request");
        Some(if trusted { May::Write } else { May::Read })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{SystemTime, UNIX_EPOCH};

    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;

    /// A key pair, made for this test.
    fn key_pair(dir: &Path) -> EncodingKey {
        let (pem, der) = (dir.join("private.pem"), dir.join("private.der"));
        let openssl = |arguments: &[&str], out: &Path| {
            let mut command = Command::new("openssl");
            let made = command.args(arguments).arg("-out").arg(out).output();
            assert!(made.unwrap().status.success(), "{arguments:?}");
        };
        openssl(
            &[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
            ],
            &pem,
        );
        let from = pem.display().to_string();
        openssl(
            &["rsa", "-traditional", "-outform", "DER", "-in", &from],
            &der,
        );
        EncodingKey::from_rsa_der(&std::fs::read(der).unwrap())
    }

    fn workflows(dir: &Path, key: &EncodingKey) -> Workflows {
        let mut jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(key, Algorithm::RS256).unwrap();
        jwk.common.key_id = Some("k1".to_owned());
        let keys = json!({ "keys": [jwk] }).to_string();
        std::fs::write(dir.join("keys.json"), keys).unwrap();
        let file = dir.join("workflows.toml");
        let text = "[[workflow]]\nissuer = \"https://issuer.example\"\nkeys = \"keys.json\"\n\
                    audience = \"https://store.example\"\nrepository-id = \"42\"\nref = \"refs/heads/main\"\n";
        std::fs::write(&file, text).unwrap();
        Workflows::read(&file).unwrap()
    }

    fn token(key: &EncodingKey, algorithm: Algorithm, change: &[(&str, Value)]) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut claims = json!({
            "iss": "https://issuer.example", "aud": "https://store.example", "repository_id": "42",
            "ref": "refs/heads/main", "event_name": "push", "exp": now + 300, "nbf": now - 5,
        });
        for (name, value) in change {
            claims[name] = value.clone();
        }
        let header = Header {
            kid: Some("k1".to_owned()),
            ..Header::new(algorithm)
        };
        encode(&header, &claims, key).unwrap()
    }

    #[test]
    fn only_the_pinned_workflow_may_write() {
        let dir = tempfile::tempdir().unwrap();
        let key = key_pair(dir.path());
        let workflows = workflows(dir.path(), &key);
        let may = |change: &[(&str, Value)]| workflows.may(&token(&key, Algorithm::RS256, change));
        assert_eq!(may(&[]), Some(May::Write));
        assert_eq!(
            may(&[("event_name", json!("pull_request"))]),
            Some(May::Read)
        );
        assert_eq!(
            may(&[("event_name", json!("pull_request_target"))]),
            Some(May::Read)
        );
        assert_eq!(may(&[("ref", json!("refs/pull/1/merge"))]), Some(May::Read));
        assert_eq!(may(&[("repository_id", json!("43"))]), None);
        assert_eq!(may(&[("aud", json!("https://other.example"))]), None);
        assert_eq!(may(&[("iss", json!("https://other.example"))]), None);
        assert_eq!(may(&[("exp", json!(1000))]), None);
    }

    #[test]
    fn a_token_that_another_key_signed_is_worth_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key = key_pair(dir.path());
        let workflows = workflows(dir.path(), &key);
        let other = key_pair(dir.path());
        assert_eq!(workflows.may(&token(&other, Algorithm::RS256, &[])), None);
        // A public key is no secret: it must not serve as one.
        let shared =
            EncodingKey::from_secret(&std::fs::read(dir.path().join("keys.json")).unwrap())
                .unwrap();
        assert_eq!(workflows.may(&token(&shared, Algorithm::HS256, &[])), None);
        assert_eq!(workflows.may("a.b.c"), None);
    }
}
