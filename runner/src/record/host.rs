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
