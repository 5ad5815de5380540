//! Names of the generated packages, and the placeholders that stand for them.

use super::names::Names;
use crate::hash::hash;
use crate::model::{Build, Eapi, Ebuild, MAIN, Row, SERVER};

/// The category of a chapter's packages.
pub(super) fn category(chapter: &str) -> String {
    format!("pms-{chapter}")
}

/// The name of the main package. It ends in a hyphen, a letter and digits, so that it does not look like
/// a name with a version (PMS: package names).
pub(super) fn token(build: &Build, eapi: Eapi, row: Option<&Row>) -> String {
    let plain = format!("{}-e{eapi}", build.name);
    row.map_or(plain.clone(), |row| {
        format!("{plain}-v{:08x}", hash(&row.name))
    })
}

/// The name of an ebuild's package in the build with the token.
pub(super) fn package_name(token: &str, ebuild: &Ebuild) -> String {
    match (&ebuild.name, &ebuild.package) {
        (Some(name), _) => name.clone(),
        (None, Some(suffix)) => format!("{token}-{suffix}"),
        (None, None) => token.to_owned(),
    }
}

/// The placeholders of a build: `@eapi@`, `@category@`, `@pn@`, and for each handle `@dep@` (category and name), `@dep.pn@`,
/// `@dep.pf@`, `@dep.version@`.
pub(super) fn names(build: &Build, eapi: Eapi, chapter: &str, row: Option<&Row>) -> Names {
    let mut names = Names::default();
    let token = token(build, eapi, row);
    names.set("eapi", eapi.to_string());
    // The renderer replaces it, because it has the text of the helper functions.
    names.set("functions", "@functions@");
    names.set("server", SERVER);
    names.set("category", category(chapter));
    names.set(
        "pn",
        build
            .ebuilds
            .get(MAIN)
            .map_or(token.clone(), |e| package_name(&token, e)),
    );
    for (handle, ebuild) in &build.ebuilds {
        let package = package_name(&token, ebuild);
        let category = ebuild.category.clone().unwrap_or_else(|| category(chapter));
        names.set(handle.clone(), format!("{category}/{package}"));
        names.set(
            format!("{handle}.pf"),
            format!("{package}-{}", ebuild.version),
        );
        names.set(format!("{handle}.pn"), package);
        names.set(format!("{handle}.version"), ebuild.version.clone());
    }
    names
}
