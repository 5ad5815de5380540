//! Describes the suite and the machine for a record.

use pmsts_reports::record::{HostInfo, SuiteInfo};
use pmsts_testcases::PMS_REVISION;

/// Describes the suite.
pub(crate) fn suite_info() -> SuiteInfo {
    SuiteInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: option_env!("PMSTS_REVISION").map(str::to_owned),
        pms_revision: PMS_REVISION.to_owned(),
    }
}

/// Version, commit, its date, and the commit of the PMS: `0.1.0 (bfd6b1e6f075 2026-11-28, PMS cf938665f477)`.
pub(crate) fn version() -> String {
    let suite = suite_info();
    let short = |commit: &str| {
        let (commit, dirty) = commit
            .split_once('-')
            .map_or((commit, ""), |(commit, _)| (commit, "-dirty"));
        format!("{}{dirty}", commit.get(..12).unwrap_or(commit))
    };
    let commit = suite.revision.as_deref().map(short);
    let built = [commit.as_deref(), option_env!("PMSTS_DATE")];
    let built: Vec<&str> = built.into_iter().flatten().collect();
    let from = if built.is_empty() {
        String::new()
    } else {
        format!("{}, ", built.join(" "))
    };
    format!("{} ({from}PMS {})", suite.version, short(PMS_REVISION))
}

/// Describes the machine.
pub(crate) fn host_info() -> HostInfo {
    let uname = nix::sys::utsname::uname();
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    HostInfo {
        kernel: uname
            .as_ref()
            .map(|u| text(u.release()))
            .unwrap_or_default(),
        system: name.unwrap_or("unknown").trim_matches('"').to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cores: std::thread::available_parallelism()
            .map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX)),
    }
}
