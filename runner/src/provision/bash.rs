//! The Bash that ebuilds run in: the machine's, the user's, or a static one from the cache.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    apt,
    bash_version::BashVersion,
    cache::{Cache, Lease},
    command::run,
    error::Error,
    place::Place,
    progress::{Monitor, Progress},
};

/// The static Bash that verdicts of this suite were made with. apt offers one release only; where that is another one,
/// records say so.
pub const PINNED: BashVersion = BashVersion::new(5, 3, 15);

const LIMIT: Duration = Duration::from_secs(10);

/// `--bash PATH|host|auto`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// The machine's if it is new enough, else a static one.
    #[default]
    Auto,
    /// The machine's.
    Host,
    /// The one at this path.
    Given(PathBuf),
}

impl Bash {
    /// A note for readers of results, if it is neither the machine's nor the user's.
    pub fn note(&self) -> Option<String> {
        let package = self.package.as_ref()?;
        let version = self.version;
        let mut note = format!("Bash {version} is static, from the package {package}.");
        if version != PINNED {
            note += &format!(
                " This version of pmsts is made for {PINNED}, which apt does not offer here."
            );
        }
        Some(note)
    }
}

impl FromStr for Choice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "auto" => Self::Auto,
            "host" => Self::Host,
            path => Self::Given(path.into()),
        })
    }
}

/// Where a [`Bash`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The machine's.
    Host,
    /// Given by the user.
    Given,
    /// A static one from the cache.
    Provisioned,
}

/// A Bash that runs.
#[derive(Debug, Clone)]
pub struct Bash {
    /// The executable.
    pub path: PathBuf,
    /// Its version, as it reports itself.
    pub version: BashVersion,
    /// Where it comes from.
    pub origin: Origin,
    /// The package that it comes from, if it is provisioned.
    pub package: Option<String>,
    lease: Option<Lease>,
}

/// `manifest.json` of a static Bash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: BashVersion,
    package: String,
    installed_at: String,
}

/// Provides the Bash of `choice`. `minimum` decides what [`Choice::Auto`] takes. The other choices are the user's, so
/// an older Bash is returned too, and the caller compares.
pub fn provide(
    choice: &Choice,
    minimum: BashVersion,
    place: &Place,
    cache: &Cache,
    monitor: &mut Monitor<'_>,
) -> Result<Bash, Error> {
    match choice {
        Choice::Given(path) => inspect(path, Origin::Given, &Place::Machine, monitor),
        Choice::Host => host(place, monitor),
        Choice::Auto => match host(place, monitor) {
            Ok(bash) if bash.version >= minimum => Ok(bash),
            Ok(_) | Err(Error::NoBash | Error::NotBash { .. }) => {
                provision(minimum, cache, monitor)
            }
            Err(error) => Err(error),
        },
    }
}

/// The Bash on PATH.
pub fn host(place: &Place, monitor: &Monitor<'_>) -> Result<Bash, Error> {
    let path = place.which("bash").ok_or(Error::NoBash)?;
    inspect(&path, Origin::Host, place, monitor)
}

/// The static Bash in the cache, if one is there.
pub fn cached(cache: &Cache) -> Option<(PathBuf, BashVersion)> {
    let entry = cache.entry("bash", "static");
    let manifest: Manifest = entry.manifest()?;
    Some((entry.dir().join("bash"), manifest.version))
}

fn provision(
    minimum: BashVersion,
    cache: &Cache,
    monitor: &mut Monitor<'_>,
) -> Result<Bash, Error> {
    let entry = cache.entry("bash", "static");
    loop {
        let lease = entry.lease(monitor)?;
        if cached(cache).is_some_and(|(_, version)| version >= minimum) {
            let mut bash = inspect(
                &entry.dir().join("bash"),
                Origin::Provisioned,
                &Place::Machine,
                monitor,
            )?;
            bash.package = entry.manifest().map(|it: Manifest| it.package);
            bash.lease = Some(lease);
            return Ok(bash);
        }
        drop(lease);
        let lock = entry.lock(monitor)?;
        if cached(cache).is_some_and(|(_, version)| version >= minimum) {
            continue;
        }
        monitor.tell(Progress::FetchingBash);
        let unfinished = entry.begin(&lock)?;
        let package = apt::fetch_static_bash(unfinished.dir(), minimum, &lock, monitor)?;
        let version = inspect(
            &unfinished.dir().join("bash"),
            Origin::Provisioned,
            &Place::Machine,
            monitor,
        )?
        .version;
        if version < minimum {
            let reason = format!("the newest static one that apt offers is {version}");
            return Err(Error::NoStaticBash { minimum, reason });
        }
        let installed_at =
            humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
        unfinished.finish(&Manifest {
            version,
            package,
            installed_at,
        })?;
    }
}

/// Asks the program at `path` for its version.
fn inspect(
    path: &Path,
    origin: Origin,
    place: &Place,
    monitor: &Monitor<'_>,
) -> Result<Bash, Error> {
    let not_bash = |detail: String| Error::NotBash {
        path: path.to_owned(),
        detail,
    };
    let path = place
        .resolved(path)
        .ok_or_else(|| not_bash("it is not there".to_owned()))?;
    let mut command = place.command(&path);
    command.args([
        "--norc",
        "-c",
        r#"echo "${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]}.${BASH_VERSINFO[2]}""#,
    ]);
    command.env_remove("BASH_ENV");
    let output = run(
        command,
        "asking for the version of Bash",
        LIMIT,
        None,
        monitor,
    )?;
    if !output.status.success() {
        return Err(not_bash(output.last_line()));
    }
    let version = output.stdout.parse().map_err(not_bash)?;
    Ok(Bash {
        path,
        version,
        origin,
        package: None,
        lease: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_bash_is_refused() {
        let monitor = Monitor {
            report: &mut |_| (),
            cancelled: &|| false,
        };
        for path in ["/bin/true", "/nonexistent"] {
            let error =
                inspect(Path::new(path), Origin::Given, &Place::Machine, &monitor).unwrap_err();
            assert!(matches!(error, Error::NotBash { .. }), "{error}");
        }
    }

    #[test]
    fn another_static_bash_than_the_pinned_one_is_said() {
        let bash = |version| Bash {
            path: "/bash".into(),
            version,
            origin: Origin::Provisioned,
            package: Some("bash-static_1".to_owned()),
            lease: None,
        };
        let note = bash(PINNED).note().unwrap();
        assert_eq!(
            note,
            format!("Bash {PINNED} is static, from the package bash-static_1.")
        );
        let other = bash(BashVersion::new(5, 4, 1)).note().unwrap();
        assert!(other.contains("is made for 5.3.15"), "{other}");
    }

    #[test]
    fn a_given_bash_is_taken_even_below_the_minimum() {
        let cache = Cache::at("/nonexistent").unwrap();
        let mut monitor = Monitor {
            report: &mut |_| (),
            cancelled: &|| false,
        };
        let bash = provide(
            &Choice::Host,
            BashVersion::new(99, 0, 0),
            &Place::Machine,
            &cache,
            &mut monitor,
        )
        .unwrap();
        assert_eq!(bash.origin, Origin::Host);
    }
}
