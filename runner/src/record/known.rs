//! Failures that a ledger lists, for those who count only new ones.

use std::fmt;
use std::sync::Arc;

use pmsts_reports::record::Instance;

/// Tells by the name of the target and an instance whether its failure is known.
type Tells = dyn Fn(&str, &Instance) -> bool + Send + Sync;

/// Which failures are known; by default none is.
#[derive(Clone, Default)]
pub struct Known(Option<Arc<Tells>>);

impl Known {
    /// The failures for which the function is true.
    pub fn new(tells: impl Fn(&str, &Instance) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tells)))
    }

    /// Whether the failure is known.
    pub(crate) fn has(&self, target: &str, instance: &Instance) -> bool {
        self.0.as_ref().is_some_and(|tells| tells(target, instance))
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Known")
    }
}
