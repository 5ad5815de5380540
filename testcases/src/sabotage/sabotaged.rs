//! A build with something broken in it, and what the cases on a build expect.

use crate::expand::Instance;
use crate::model::{Address, Build, Check};

/// A sabotaged build.
#[derive(Debug, Clone, PartialEq)]
pub struct Sabotage {
    /// A description of the sabotage: `without dosym`.
    pub name: String,
    /// The build.
    pub build: Build,
}

impl Sabotage {
    /// A sabotage with the name.
    pub(super) fn named(name: &str, build: Build) -> Self {
        Self {
            name: name.to_owned(),
            build,
        }
    }
}

/// All expectations of the instances.
pub(super) fn expected<'a>(
    instances: &'a [&Instance],
) -> impl Iterator<Item = &'a (Address, Check)> {
    instances.iter().flat_map(|instance| &instance.expect)
}
