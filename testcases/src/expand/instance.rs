//! Instances, and the builds that they need.

use crate::model::{Address, Build, Check, Eapi, Ebuild};

use super::packages::package_name;

/// A case in one EAPI and, where it has vectors, on one row of them.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The unique and stable id: `ver-cut@8[1.2.3-1]`.
    pub id: String,
    /// The position of the case in the suite.
    pub case: usize,
    /// The EAPI.
    pub eapi: Eapi,
    /// The name of the row.
    pub row: Option<String>,
    /// The requirements of the case that hold in the EAPI.
    pub requirements: Vec<String>,
    /// The expectations, in the order of the case file.
    pub expect: Vec<(Address, Check)>,
    /// The position of its build in [`Expanded::builds`].
    pub build: usize,
}

/// A build in one EAPI (and on one row, unless its rows share an ebuild).
#[derive(Debug, Clone)]
pub struct BuildInstance {
    /// The name in reports: `ver-cut@8`.
    pub name: String,
    /// The name of the build on the socket and of its main package.
    pub token: String,
    /// Category of its packages.
    pub category: String,
    /// The EAPI.
    pub eapi: Eapi,
    /// The build, without placeholders.
    pub build: Build,
}

/// The instances of a selection and the builds that they need.
#[derive(Debug, Clone, Default)]
pub struct Expanded {
    /// Instances in the order of the suite.
    pub instances: Vec<Instance>,
    /// The builds, each once.
    pub builds: Vec<BuildInstance>,
}

impl Expanded {
    /// Keeps the wanted instances, and the builds that they need.
    pub fn retain(&mut self, wanted: impl FnMut(&Instance) -> bool) {
        self.instances.retain(wanted);
        let mut places = vec![None; self.builds.len()];
        let mut builds = Vec::new();
        for instance in &mut self.instances {
            let place = places[instance.build].get_or_insert_with(|| {
                builds.push(self.builds[instance.build].clone());
                builds.len() - 1
            });
            instance.build = *place;
        }
        self.builds = builds;
    }
}

impl BuildInstance {
    /// Category of an ebuild's package.
    pub fn category<'a>(&'a self, ebuild: &'a Ebuild) -> &'a str {
        ebuild.category.as_deref().unwrap_or(&self.category)
    }

    /// Name of an ebuild's package.
    pub fn package(&self, ebuild: &Ebuild) -> String {
        package_name(&self.token, ebuild)
    }

    /// Package name and version of an ebuild.
    pub fn pf(&self, ebuild: &Ebuild) -> String {
        format!("{}-{}", self.package(ebuild), ebuild.version)
    }
}

/// The id of an instance.
pub(super) fn instance_id(case: &str, eapi: Eapi, row: Option<&str>) -> String {
    row.map_or_else(
        || format!("{case}@{eapi}"),
        |row| format!("{case}@{eapi}[{row}]"),
    )
}
