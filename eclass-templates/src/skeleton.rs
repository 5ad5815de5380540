//! The files that every repository contains.

use crate::site::{OWN_PROFILE, PROFILE, REPOSITORIES, REPOSITORY, Site};

/// The EAPI of the default profile. Every package manager supports it, and it has stable masks.
const PROFILE_EAPI: &str = "5\n";

/// A site with an empty main repository.
pub(crate) fn site(functions_eclass: String) -> Site {
    let mut site = Site {
        repositories: vec![REPOSITORY.to_owned()],
        profile: PROFILE.to_owned(),
        ..Site::default()
    };
    let at = |path: &str| format!("{REPOSITORIES}/{REPOSITORY}/{path}");
    site.put_default(at("eclass/pmsts.eclass"), functions_eclass);
    site.put_default(at("licenses/pmsts"), "A licence for test ebuilds.\n");
    site.put_default(at("profiles/arch.list"), "amd64\narm64\nx86\n");
    site.put_default(
        at("profiles/profiles.desc"),
        format!("amd64 {PROFILE} stable\n"),
    );
    site.put_default(at("profiles/default/eapi"), PROFILE_EAPI);
    site.put_default(at("profiles/default/make.defaults"), MAKE_DEFAULTS);
    repository(&mut site, REPOSITORY, "");
    site
}

/// Adds the files that make a directory a repository.
pub(crate) fn repository(site: &mut Site, name: &str, masters: &str) {
    let at = |path: &str| format!("{REPOSITORIES}/{name}/{path}");
    site.put_default(at("profiles/repo_name"), format!("{name}\n"));
    site.put_default(
        at("metadata/layout.conf"),
        format!("masters = {masters}\nthin-manifests = true\nsign-manifests = false\ncache-formats = md5-dict\n"),
    );
}

/// Adds the files that make a directory below `profiles/` a child of the default profile.
pub(crate) fn own_profile(site: &mut Site) {
    let at = |path: &str| format!("{REPOSITORIES}/{REPOSITORY}/profiles/{OWN_PROFILE}/{path}");
    site.put_default(at("parent"), format!("../{PROFILE}\n"));
    site.put_default(at("eapi"), PROFILE_EAPI);
}

const MAKE_DEFAULTS: &str = r#"ARCH="amd64"
ACCEPT_KEYWORDS="amd64"
CHOST="x86_64-pc-linux-gnu"
CFLAGS="-O2 -pipe"
CXXFLAGS="${CFLAGS}"
"#;
