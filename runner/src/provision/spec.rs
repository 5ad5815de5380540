//! Specifications, the values of `--pm`: a package manager, its source, and its versions.

use std::{fmt, path::PathBuf, str::FromStr};

use pep440_rs::Version;

use super::variant::Variant;

/// A specification: a package manager, as named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name: `portage`.
    pub pm: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a package manager comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The one on PATH.
    Path,
    /// A checkout or a prefix.
    Dir(PathBuf),
    /// Releases from the package index.
    Registry(Vec<Pick>),
}

/// A selection of releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The newest.
    Latest,
    /// All of them.
    All,
    /// This one.
    Exactly(Version),
    /// All from the first to the second, both included.
    Range(Version, Version),
}

/// A text that is not a [`Spec`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The name is missing or malformed.
    #[error("`{0}` names no package manager: {ACCEPTED}")]
    Name(String),
    /// There is nothing after `:`.
    #[error("`{0}` names no directory after the colon: {ACCEPTED}")]
    Dir(String),
    /// A release is not a version.
    #[error("`{release}` in `{spec}` is not a release: {ACCEPTED}")]
    Release {
        /// The whole text.
        spec: String,
        /// The wrong part.
        release: String,
    },
    /// A release has a label that means nothing.
    #[error(
        "`+{label}` in `{spec}` means nothing: write +native (build its C modules) or +fresh (the newest dependencies)"
    )]
    Variant {
        /// The whole text.
        spec: String,
        /// The unknown label.
        label: String,
    },
    /// A range goes from newer to older.
    #[error("the range in `{0}` goes from newer to older: write the older release first")]
    Backwards(String),
}

const ACCEPTED: &str = "accepted forms are NAME (on PATH), NAME:DIR (a checkout or prefix), NAME@RELEASE, \
                        NAME@latest, NAME@all, NAME@FROM..TO and lists of these like NAME@1.0,1.2; NAME@RELEASE+native builds C modules";

impl Spec {
    /// The newest release of `pm`.
    pub fn latest(pm: impl Into<String>) -> Self {
        Self {
            pm: pm.into(),
            source: Source::Registry(vec![Pick::Latest]),
        }
    }

    /// One release of `pm`.
    pub fn release(pm: impl Into<String>, version: Version) -> Self {
        Self {
            pm: pm.into(),
            source: Source::Registry(vec![Pick::Exactly(version)]),
        }
    }

    /// The release, if it names exactly one.
    pub(super) fn exact_release(&self) -> Option<&Version> {
        match &self.source {
            Source::Registry(picks) => match picks.as_slice() {
                [Pick::Exactly(release)] => Some(release),
                _ => None,
            },
            Source::Path | Source::Dir(_) => None,
        }
    }

    /// The `pm` on PATH.
    pub fn on_path(pm: impl Into<String>) -> Self {
        Self {
            pm: pm.into(),
            source: Source::Path,
        }
    }
}

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let end = text.find([':', '@']).unwrap_or(text.len());
        let (pm, rest) = text.split_at(end);
        let is_name = pm.starts_with(|c: char| c.is_ascii_lowercase())
            && pm
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !is_name {
            return Err(SpecError::Name(text.to_owned()));
        }
        let source = match rest.split_at_checked(1) {
            None => Source::Path,
            Some((":", "")) => return Err(SpecError::Dir(text.to_owned())),
            Some((":", dir)) => Source::Dir(dir.into()),
            Some((_, picks)) => Source::Registry(
                picks
                    .split(',')
                    .map(|pick| parse_pick(text, pick))
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Self {
            pm: pm.to_owned(),
            source,
        })
    }
}

fn parse_pick(spec: &str, pick: &str) -> Result<Pick, SpecError> {
    let version = |release: &str| {
        release.parse::<Version>().map_err(|_| SpecError::Release {
            spec: spec.to_owned(),
            release: release.to_owned(),
        })
    };
    match (pick, pick.split_once("..")) {
        ("latest", _) => Ok(Pick::Latest),
        ("all", _) => Ok(Pick::All),
        (_, Some((from, to))) => {
            let (from, to) = (version(from)?, version(to)?);
            if to < from {
                return Err(SpecError::Backwards(pick.to_owned()));
            }
            Ok(Pick::Range(from, to))
        }
        (release, None) => {
            let release = version(release)?;
            Variant::of(&release).map_err(|label| SpecError::Variant {
                spec: spec.to_owned(),
                label,
            })?;
            Ok(Pick::Exactly(release))
        }
    }
}

impl Pick {
    /// The releases selected from `known`, which is sorted. An exact one is selected even if it is not known.
    pub(super) fn among(&self, known: &[Version]) -> Vec<Version> {
        match self {
            Self::All => known.to_vec(),
            Self::Exactly(version) => vec![version.clone()],
            Self::Range(from, to) => known
                .iter()
                .filter(|it| (from..=to).contains(it))
                .cloned()
                .collect(),
            Self::Latest => {
                let plain = || known.iter().filter(|it| !it.is_local());
                let newest = plain().rfind(|it| it.is_stable()).or(plain().next_back());
                newest.cloned().into_iter().collect()
            }
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pm)?;
        match &self.source {
            Source::Path => Ok(()),
            Source::Dir(dir) => write!(f, ":{}", dir.display()),
            Source::Registry(picks) => {
                for (i, pick) in picks.iter().enumerate() {
                    write!(f, "{}{pick}", if i == 0 { '@' } else { ',' })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::All => f.write_str("all"),
            Self::Exactly(version) => version.fmt(f),
            Self::Range(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_accepted_form_is_read_and_written_alike() {
        for text in [
            "portage",
            "portage@3.0.83",
            "portage@3.0.83+native",
            "pkgcore@latest",
            "portage@all",
            "portage@3.0.60..3.0.83",
            "portage@3.0.19,3.0.60..3.0.83,latest",
            "portage:/src/port@ge:x",
            "portage:.",
        ] {
            assert_eq!(text.parse::<Spec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_accepted_is_told_what_is() {
        for text in [
            "",
            "@1",
            "Portage",
            "portage:",
            "portage@",
            "portage@x",
            "a@1,",
            "a@1..",
            "/dir",
        ] {
            let error = text.parse::<Spec>().unwrap_err().to_string();
            assert!(error.contains("NAME@RELEASE"), "{text}: {error}");
        }
    }

    #[test]
    fn an_unknown_label_is_refused() {
        let error = "a@1.0+quick".parse::<Spec>().unwrap_err().to_string();
        assert!(
            error.starts_with("`+quick` in `a@1.0+quick` means nothing"),
            "{error}"
        );
    }

    #[test]
    fn a_range_backwards_is_refused() {
        assert_eq!(
            "a@2..1".parse::<Spec>(),
            Err(SpecError::Backwards("2..1".to_owned()))
        );
    }

    #[test]
    fn picks_choose_among_the_known_releases() {
        let known: Vec<Version> = ["1.0", "1.1", "1.2", "2.0rc1"]
            .map(|v| v.parse().unwrap())
            .to_vec();
        let chosen = |text: &str| match format!("a@{text}").parse::<Spec>().unwrap().source {
            Source::Registry(picks) => picks[0]
                .among(&known)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
            other => panic!("{other:?}"),
        };
        assert_eq!(chosen("latest"), "1.2");
        assert_eq!(chosen("1.0.5..1.2"), "1.1 1.2");
        assert_eq!(chosen("all"), "1.0 1.1 1.2 2.0rc1");
        assert_eq!(chosen("7"), "7");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = text.parse::<Spec>();
        }
    }
}
