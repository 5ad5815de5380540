//! Addresses: how a case file names an observation, as `[STEP/][EBUILD:]WHAT`.
//!
//! | written | observation |
//! | --- | --- |
//! | `src_install.link` | the values that the phase sent under the key |
//! | `phases` | the phases of the ebuild, in order |
//! | `calls` | the phases of all ebuilds, in order, as `EBUILD:PHASE` |
//! | `outcome` | how the step ended |
//! | `installed` | whether the ebuild is in the vdb after the step |
//! | `output` | the output of the package manager in the step; only for text that the PMS wants shown to the user |
//! | `file /usr/bin/x` | the path in the merged tree after the step |
//! | `vdb USE` | an entry of the ebuild in the vdb after the step |
//! | `requests` | the paths requested from the testbed's server in the step, in order |
//! | `metadata RDEPEND` | an entry of the ebuild in the metadata cache after the step |
//!
//! The default step is the first one, the default ebuild is `main`.

use std::fmt;
use std::str::FromStr;

use super::build::Build;
use super::words::{MAIN, is_name, is_phase};

/// The address of an observation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// The name of the step; none for the first.
    pub step: Option<String>,
    /// The handle of the ebuild; none for `main`.
    pub ebuild: Option<String>,
    /// The kind of observation.
    pub what: What,
}

/// A kind of observation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// A value sent by a phase (or from `global` scope) under a key.
    Sent {
        /// `src_install`, or `global`.
        phase: String,
        /// The key given to `observe`.
        key: String,
    },
    /// The phases of the ebuild.
    Phases,
    /// The phases of all ebuilds.
    Calls,
    /// How the step ended.
    Outcome,
    /// Whether the ebuild is in the vdb.
    Installed,
    /// The output of the package manager.
    Output,
    /// The paths requested from the testbed's server.
    Requests,
    /// A path in the merged tree.
    File(String),
    /// An entry in the vdb.
    Vdb(String),
    /// An entry in the metadata cache.
    Metadata(String),
}

impl Address {
    /// The ebuild's handle.
    pub fn ebuild(&self) -> &str {
        self.ebuild.as_deref().unwrap_or(MAIN)
    }

    /// The name of its step in a build.
    pub fn step_in<'a>(&'a self, build: &'a Build) -> Option<&'a str> {
        let first = build.steps.first().map(|step| step.name.as_str());
        self.step.as_deref().or(first)
    }

    /// The address with `change` applied to every text.
    pub fn map<E>(&self, change: impl Fn(&str) -> Result<String, E>) -> Result<Self, E> {
        let what = match &self.what {
            What::Sent { phase, key } => What::Sent {
                phase: phase.clone(),
                key: change(key)?,
            },
            What::File(path) => What::File(change(path)?),
            What::Vdb(key) => What::Vdb(change(key)?),
            What::Metadata(key) => What::Metadata(change(key)?),
            other => other.clone(),
        };
        Ok(Self {
            what,
            ..self.clone()
        })
    }
}

/// A text that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown observation `{0}`: write PHASE.KEY, phases, calls, outcome, installed, output, requests, `file /PATH`, `vdb NAME` or `metadata NAME`, with STEP/ and EBUILD: before it where needed"
)]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (step, rest) = prefix(text, '/');
        let (ebuild, rest) = prefix(rest, ':');
        let what = what(rest).ok_or_else(|| AddressError(text.to_owned()))?;
        Ok(Self {
            step: step.map(str::to_owned),
            ebuild: ebuild.map(str::to_owned),
            what,
        })
    }
}

/// Splits off a name that is followed by the mark.
fn prefix(text: &str, mark: char) -> (Option<&str>, &str) {
    match text.split_once(mark) {
        Some((name, rest)) if is_name(name) => (Some(name), rest),
        _ => (None, text),
    }
}

fn what(text: &str) -> Option<What> {
    Some(match text {
        "phases" => What::Phases,
        "calls" => What::Calls,
        "outcome" => What::Outcome,
        "installed" => What::Installed,
        "output" => What::Output,
        "requests" => What::Requests,
        _ => match text.split_once(' ') {
            Some(("file", path)) if path.starts_with(['/', '@']) => What::File(path.to_owned()),
            Some(("vdb", key)) if !key.is_empty() => What::Vdb(key.to_owned()),
            Some(("metadata", key)) if !key.is_empty() => What::Metadata(key.to_owned()),
            _ => {
                let (phase, key) = text.split_once('.')?;
                if key.is_empty() || !(phase == "global" || is_phase(phase)) {
                    return None;
                }
                What::Sent {
                    phase: phase.to_owned(),
                    key: key.to_owned(),
                }
            }
        },
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = &self.step {
            write!(f, "{step}/")?;
        }
        if let Some(ebuild) = &self.ebuild {
            write!(f, "{ebuild}:")?;
        }
        match &self.what {
            What::Sent { phase, key } => write!(f, "{phase}.{key}"),
            What::Phases => f.write_str("phases"),
            What::Calls => f.write_str("calls"),
            What::Outcome => f.write_str("outcome"),
            What::Requests => f.write_str("requests"),
            What::Installed => f.write_str("installed"),
            What::Output => f.write_str("output"),
            What::File(path) => write!(f, "file {path}"),
            What::Vdb(key) => write!(f, "vdb {key}"),
            What::Metadata(key) => write!(f, "metadata {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in [
            "src_install.link",
            "global.EAPI",
            "uninstall/pkg_prerm.a/b:c",
            "upgrade/new:pkg_setup.REPLACING_VERSIONS",
            "phases",
            "upgrade/calls",
            "dep:installed",
            "uninstall/file /usr/share/a b",
            "vdb USE",
            "new:metadata IUSE",
            "outcome",
            "upgrade/output",
            "fetch/requests",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for text in [
            "",
            "src_install",
            "src_install.",
            "compile.x",
            "file usr",
            "vdb ",
            "x/",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
