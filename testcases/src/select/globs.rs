//! Patterns with wildcards.

use globset::{GlobBuilder, GlobMatcher};

/// A filter that is not a valid pattern.
#[derive(Debug, thiserror::Error)]
#[error("invalid pattern `{glob}`: {source}")]
pub struct GlobError {
    glob: String,
    source: globset::Error,
}

/// Patterns of which one must match; without any, everything is admitted.
pub(super) struct Globs(Vec<GlobMatcher>);

impl Globs {
    pub(super) fn new(globs: &[String]) -> Result<Self, GlobError> {
        globs
            .iter()
            .map(|glob| {
                GlobBuilder::new(glob)
                    .build()
                    .map(|g| g.compile_matcher())
                    .map_err(|source| GlobError {
                        glob: glob.clone(),
                        source,
                    })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn admit(&self, matches: impl Fn(&GlobMatcher) -> bool) -> bool {
        self.0.is_empty() || self.0.iter().any(matches)
    }
}
