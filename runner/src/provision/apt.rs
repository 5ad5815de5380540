//! Fetches a static Bash with apt, without changing anything of the machine's own apt.
//!
//! Lists, state and archives are private. The source is the machine's own mirror with its keys and another suite.
//! Hooks, which the machine runs after an update, are left out. Signatures are checked.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    bash_version::BashVersion,
    command::{Output, guarded, run},
    error::Error,
    progress::Monitor,
    sources::{self, AptSource},
};

const LIMIT: Duration = Duration::from_secs(15 * 60);
const PACKAGE: &str = "bash-static";

/// The suite with newer packages, by `ID` of os-release.
const SUITES: [(&str, &str); 2] = [("debian", "testing"), ("ubuntu", "devel")];

/// Puts a static Bash at `dir/bash`; returns the package that it came from.
pub(super) fn fetch_static_bash(
    dir: &Path,
    minimum: BashVersion,
    holding: &File,
    monitor: &Monitor<'_>,
) -> Result<String, Error> {
    let lacking = |reason: String| Error::NoStaticBash { minimum, reason };
    for program in ["apt-get", "apt-config", "dpkg-deb"] {
        which::which(program).map_err(|_| {
            lacking(format!(
                "this machine has no {program} to fetch a static one with"
            ))
        })?;
    }
    let source = newer_source(Path::new("/etc")).map_err(lacking)?;
    let work = Work {
        dir: dir.join("apt"),
        holding,
        monitor,
    };
    work.prepare(&source)?;
    work.apt(&["update"], "updating the private package lists")?;
    work.apt(&["download", PACKAGE], "downloading a static Bash")?;
    let package = work.unpack(&dir.join("bash"))?;
    fs::remove_dir_all(&work.dir).map_err(|source| Error::cache(&work.dir, source))?;
    Ok(package)
}

/// The machine's own source, with the newer suite.
fn newer_source(etc: &Path) -> Result<AptSource, String> {
    let release = fs::read_to_string(etc.join("os-release")).unwrap_or_default();
    let field = |name: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"').to_owned()
    };
    let (id, codename) = (field("ID"), field("VERSION_CODENAME"));
    let (_, suite) = SUITES
        .iter()
        .find(|(known, _)| *known == id)
        .ok_or_else(|| format!("no newer suite is known for the system `{id}`"))?;
    let mut source = sources::of_machine(&etc.join("apt"))
        .into_iter()
        .find(|source| source.serves(&codename))
        .ok_or_else(|| {
            format!("apt has no source for `{codename}` (component main) to take its mirror from")
        })?;
    source.suites = vec![(*suite).to_owned()];
    Ok(source)
}

/// A private environment for apt.
struct Work<'a, 'm> {
    dir: PathBuf,
    holding: &'a File,
    monitor: &'a Monitor<'m>,
}

impl Work<'_, '_> {
    fn prepare(&self, source: &AptSource) -> Result<(), Error> {
        let failed = |source| Error::cache(&self.dir, source);
        for name in [
            "lists/partial",
            "cache/archives/partial",
            "state",
            "empty",
            "sources.d",
            "download",
        ] {
            fs::create_dir_all(self.dir.join(name)).map_err(failed)?;
        }
        fs::write(self.dir.join("status"), "").map_err(failed)?;
        fs::write(self.dir.join("sources.d/pmsts.sources"), source.to_string()).map_err(failed)?;
        let mut dump = guarded("apt-config");
        dump.arg("dump");
        let machine = self.run(dump, "reading apt's settings")?.stdout;
        fs::write(
            self.dir.join("apt.conf"),
            private_settings(&machine, &self.dir),
        )
        .map_err(failed)
    }

    fn apt(&self, arguments: &[&str], step: &str) -> Result<Output, Error> {
        let mut command = guarded("apt-get");
        command
            .args(arguments)
            .current_dir(self.dir.join("download"))
            .env("TMPDIR", self.dir.join("state"))
            .env("APT_CONFIG", self.dir.join("apt.conf"))
            .env("DEBIAN_FRONTEND", "noninteractive");
        self.run(command, step)
    }

    /// Takes the program out of the downloaded package.
    fn unpack(&self, to: &Path) -> Result<String, Error> {
        let failed = |source| Error::cache(&self.dir, source);
        let entries = fs::read_dir(self.dir.join("download")).map_err(failed)?;
        let package = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|end| end == "deb"))
            .ok_or_else(|| Error::step("downloading a static Bash", "apt left no package"))?;
        let root = self.dir.join("root");
        let mut command = guarded("dpkg-deb");
        command.arg("--extract").arg(&package).arg(&root);
        self.run(command, "unpacking a static Bash")?;
        let program = ["usr/bin", "bin"]
            .map(|bin| root.join(bin).join(PACKAGE))
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| Error::step("unpacking a static Bash", "the package has no program"))?;
        fs::rename(program, to).map_err(failed)?;
        Ok(package
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned())
    }

    fn run(&self, command: Command, step: &str) -> Result<Output, Error> {
        let output = run(command, step, LIMIT, Some(self.holding), self.monitor)?;
        if output.status.success() {
            return Ok(output);
        }
        if output.stderr.contains("No space left on device") {
            return Err(Error::DiskFull {
                path: self.dir.clone(),
            });
        }
        let error = output.stderr.lines().find(|line| line.starts_with("E: "));
        let detail = error.map_or_else(|| output.last_line(), |line| line[3..].to_owned());
        Err(Error::step(
            step,
            format!("{detail} (check the network, or give a Bash with --bash PATH)"),
        ))
    }
}

/// The paths of apt, below the private directory.
const PLACES: [(&str, &str); 11] = [
    ("Dir::Etc::main", "empty/none"),
    ("Dir::Etc::parts", "empty"),
    ("Dir::Etc::sourcelist", "empty/none"),
    ("Dir::Etc::sourceparts", "sources.d"),
    ("Dir::Etc::preferences", "empty/none"),
    ("Dir::Etc::preferencesparts", "empty"),
    ("Dir::State", "state"),
    ("Dir::State::lists", "lists"),
    ("Dir::State::status", "status"),
    ("Dir::Cache", "cache"),
    ("Dir::Log", "state"),
];

/// Settings that override the machine's. Signatures are always checked. apt stays root, as the user to whom it would
/// drop its rights could not write below a private cache directory.
const RULES: &str = r#"APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
"#;

/// The machine's settings without paths and hooks, followed by ours: the last value of a setting counts.
fn private_settings(machine: &str, dir: &Path) -> String {
    let foreign = |line: &str| line.starts_with("Dir") || line.contains("Invoke");
    let kept = machine
        .lines()
        .filter(|line| !foreign(line))
        .map(str::to_owned);
    let places = PLACES.map(|(name, place)| format!("{name} \"{}\";", dir.join(place).display()));
    let lines: Vec<_> = kept.chain(places).collect();
    lines.join("\n") + "\n" + RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_stay_and_hooks_and_places_go() {
        let machine = "Acquire::http::Proxy \"http://proxy.example/\";\n\
                       DPkg::Post-Invoke:: \"rm -f /var/cache/apt/archives/*.deb\";\n\
                       Dir::State \"var/lib/apt\";\n\
                       APT::Get::AllowUnauthenticated \"true\";\n";
        let settings = private_settings(machine, Path::new("/private"));
        assert!(settings.contains("http://proxy.example/"));
        assert!(!settings.contains("Invoke"));
        assert!(!settings.contains("var/lib/apt"));
        let last = settings
            .lines()
            .rfind(|line| line.contains("AllowUnauthenticated"));
        assert_eq!(last, Some("APT::Get::AllowUnauthenticated \"false\";"));
    }

    #[test]
    fn the_source_is_the_machines_with_another_suite() {
        let etc = tempfile::tempdir().unwrap();
        fs::create_dir_all(etc.path().join("apt")).unwrap();
        fs::write(
            etc.path().join("os-release"),
            "ID=debian\nVERSION_CODENAME=bookworm\n",
        )
        .unwrap();
        let list = "deb http://other.example/x stable main\n\
                    deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib\n";
        fs::write(etc.path().join("apt/sources.list"), list).unwrap();
        let source = newer_source(etc.path()).unwrap();
        insta::assert_snapshot!(source.to_string(), @r"
        Types: deb
        URIs: http://mirror.example/debian
        Suites: testing
        Components: main
        Signed-By: /k.gpg
        Targets: Packages
        ");
    }

    #[test]
    fn a_machine_without_a_fitting_source_is_told_so() {
        let etc = tempfile::tempdir().unwrap();
        fs::write(etc.path().join("os-release"), "ID=gentoo\n").unwrap();
        assert!(newer_source(etc.path()).unwrap_err().contains("gentoo"));
        fs::write(
            etc.path().join("os-release"),
            "ID=debian\nVERSION_CODENAME=x\n",
        )
        .unwrap();
        assert!(
            newer_source(etc.path())
                .unwrap_err()
                .contains("no source for `x`")
        );
    }
}
