//! What a run used a store of others for.

use serde::{Deserialize, Serialize};

/// What a run used a store of others for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoreUse {
    /// Its address, without a password.
    pub url: String,
    /// `read` or `read-write`, as configured.
    pub mode: String,
    /// Builds whose observations it had.
    pub hits: u64,
    /// Builds that it was asked about in vain.
    pub misses: u64,
    /// Requests that failed, and entries that were not used because they were damaged or not those asked for.
    pub errors: u64,
    /// Bytes of its answers.
    pub received_bytes: u64,
    /// Bytes of what it was sent.
    pub sent_bytes: u64,
    /// Entries that it took.
    pub written: u64,
    /// Whether it took all that this run found.
    pub stored: bool,
    /// Whether it refused to take anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
    /// Why it was not asked any more, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
}

impl StoreUse {
    /// The use in one sentence, for people.
    pub fn words(&self) -> String {
        let Self {
            url,
            mode,
            hits,
            misses,
            errors,
            written,
            ..
        } = self;
        let kib = self
            .received_bytes
            .saturating_add(self.sent_bytes)
            .div_ceil(1024);
        let mut words = format!(
            "store {url} ({mode}): {hits} builds found, {misses} not, {written} written, {errors} errors, {kib} KiB"
        );
        if self.refused {
            words.push_str("; it takes nothing from this run: a token may be missing");
        }
        if let Some(away) = &self.away {
            words.push_str(&format!("; not asked any more: {away}"));
        }
        words
    }
}
