//! Instances: cases in one EAPI and on one row, with every placeholder replaced.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::address::Address;
use crate::eapi::{Eapi, EapiSet};
use crate::expand::{Rows, build as expand_build};
use crate::expect::Check;
use crate::load::Suite;
use crate::model::{Build, Case, Ebuild, MAIN, Row, SERVER};
use crate::names::{Names, UnknownName};

/// A case in one EAPI and, where it has vectors, on one row of them.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Unique and stable: `ver-cut@8[1.2.3-1]`.
    pub id: String,
    /// Position of the case in the suite.
    pub case: usize,
    /// The EAPI.
    pub eapi: Eapi,
    /// Name of the row.
    pub row: Option<String>,
    /// Requirements of the case that hold in the EAPI.
    pub requirements: Vec<String>,
    /// What must be observed, in the order of the case file.
    pub expect: Vec<(Address, Check)>,
    /// Position of its build in [`Expanded::builds`].
    pub build: usize,
}

/// A build in one EAPI (and on one row, unless its rows share an ebuild).
#[derive(Debug, Clone)]
pub struct BuildInstance {
    /// For people: `ver-cut@8`.
    pub name: String,
    /// Names the build on the socket, and is the name of its main package.
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
    /// Builds, each once.
    pub builds: Vec<BuildInstance>,
}

impl Expanded {
    /// Keeps the instances that are wanted, and the builds that they need.
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

/// A case that cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: case `{case}` in EAPI {eapi}: {fault}")]
pub struct ExpandError {
    file: String,
    line: usize,
    case: String,
    eapi: Eapi,
    fault: UnknownName,
}

/// Whether to expand the cases as they are, or each with its own control in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// As they are.
    #[default]
    Plain,
    /// With the control; cases without one are left out.
    Control,
}

/// Expands the cases chosen by `eapis`: for each position in the suite the EAPIs to run it in.
pub fn expand(
    suite: &Suite,
    chosen: &[(usize, EapiSet)],
    variant: Variant,
) -> Result<Expanded, ExpandError> {
    let mut expander = Expander {
        suite,
        variant,
        known: IndexMap::new(),
        out: Expanded::default(),
    };
    for (case, eapis) in chosen {
        for eapi in eapis.iter() {
            expander.case(*case, eapi)?;
        }
    }
    Ok(expander.out)
}

struct Expander<'a> {
    suite: &'a Suite,
    variant: Variant,
    known: IndexMap<String, usize>,
    out: Expanded,
}

impl Expander<'_> {
    fn case(&mut self, index: usize, eapi: Eapi) -> Result<(), ExpandError> {
        let case = &self.suite.cases[index];
        let build = match self.variant {
            Variant::Plain => &case.build,
            Variant::Control => match &case.control {
                Some(control) => &control.build,
                None => return Ok(()),
            },
        };
        self.rows(index, case, build, eapi)
            .map_err(|fault| ExpandError {
                file: case.origin.file.clone(),
                line: case.origin.line,
                case: case.id.clone(),
                eapi,
                fault,
            })
    }

    fn rows(
        &mut self,
        index: usize,
        case: &Case,
        build: &Arc<Build>,
        eapi: Eapi,
    ) -> Result<(), UnknownName> {
        let Some(vectors) = &case.vectors else {
            return self.instance(index, case, build, eapi, None, &Rows::default());
        };
        let fitting = |row: &&Row| row.eapis.is_none_or(|eapis| eapis.contains(eapi));
        let all = Rows::of(vectors, fitting);
        for row in vectors.rows.iter().filter(fitting) {
            self.instance(index, case, build, eapi, Some(row), &all)?;
        }
        Ok(())
    }

    fn instance(
        &mut self,
        index: usize,
        case: &Case,
        build: &Arc<Build>,
        eapi: Eapi,
        row: Option<&Row>,
        rows: &Rows,
    ) -> Result<(), UnknownName> {
        let shared = row.is_none() || Rows::has_block(build);
        let own_row = if shared { None } else { row };
        let name = match own_row {
            Some(row) => format!("{}@{eapi}[{}]", build.name, row.name),
            None => format!("{}@{eapi}", build.name),
        };
        let mut names = names(build, eapi, case.chapter(), own_row);
        let position = if let Some(position) = self.known.get(&name) {
            *position
        } else {
            rows.name_row(&mut names, own_row);
            let expanded = BuildInstance {
                build: expand_build(build, &names, rows)?,
                token: token(build, eapi, own_row),
                category: category(case.chapter()),
                name: name.clone(),
                eapi,
            };
            self.out.builds.push(expanded);
            self.known.insert(name, self.out.builds.len() - 1);
            self.out.builds.len() - 1
        };
        rows.name_row(&mut names, row);
        self.push(index, case, eapi, row, &names, position)
    }

    fn push(
        &mut self,
        index: usize,
        case: &Case,
        eapi: Eapi,
        row: Option<&Row>,
        names: &Names,
        build: usize,
    ) -> Result<(), UnknownName> {
        let change = |text: &str| names.expand(text);
        let mut expect = Vec::new();
        for expectation in &case.expect {
            if let Some(check) = expectation.check(eapi) {
                expect.push((expectation.address.map(change)?, check.map(&change)?));
            }
        }
        let holds = |id: &&String| {
            let requirement = &self.suite.catalogue[id.as_str()];
            requirement.eapis.contains(eapi)
        };
        let mut requirements: Vec<String> =
            case.requirements.iter().filter(holds).cloned().collect();
        if requirements.is_empty() {
            // A twin shows a requirement where it does not hold.
            requirements.clone_from(&case.requirements);
        }
        self.out.instances.push(Instance {
            id: instance_id(&case.id, eapi, row.map(|r| r.name.as_str())),
            case: index,
            eapi,
            row: row.map(|r| r.name.clone()),
            requirements,
            expect,
            build,
        });
        Ok(())
    }
}

/// The id of an instance.
pub fn instance_id(case: &str, eapi: Eapi, row: Option<&str>) -> String {
    row.map_or_else(
        || format!("{case}@{eapi}"),
        |row| format!("{case}@{eapi}[{row}]"),
    )
}

fn category(chapter: &str) -> String {
    format!("pms-{chapter}")
}

/// The name of the main package. It ends in a letter and digits behind a hyphen, which no version
/// looks like (PMS: package names).
fn token(build: &Build, eapi: Eapi, row: Option<&Row>) -> String {
    let plain = format!("{}-e{eapi}", build.name);
    row.map_or(plain.clone(), |row| {
        format!("{plain}-v{:08x}", hash(&row.name))
    })
}

/// FNV-1a: short, stable names for what cannot be part of a package name.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
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

fn package_name(token: &str, ebuild: &Ebuild) -> String {
    match (&ebuild.name, &ebuild.package) {
        (Some(name), _) => name.clone(),
        (None, Some(suffix)) => format!("{token}-{suffix}"),
        (None, None) => token.to_owned(),
    }
}

/// `@eapi@`, `@category@`, `@pn@`, and for each handle `@dep@` (category and name), `@dep.pn@`,
/// `@dep.pf@`, `@dep.version@`.
fn names(build: &Build, eapi: Eapi, chapter: &str, row: Option<&Row>) -> Names {
    let mut names = Names::default();
    let token = token(build, eapi, row);
    names.set("eapi", eapi.to_string());
    // Left for the renderer, which alone knows the helper functions.
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
