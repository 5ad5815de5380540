//! Expands cases: one instance for each EAPI and row, and the builds of the instances.

use std::sync::Arc;

use indexmap::IndexMap;

use super::build::without_placeholders;
use super::instance::{BuildInstance, Expanded, Instance, instance_id};
use super::names::{Names, UnknownName};
use super::packages::{category, names, token};
use super::rows::Rows;
use crate::model::{Build, Case, Eapi, EapiSet, Row};
use crate::suite::Suite;

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

/// Whether cases are expanded as they are, or each with its own sabotage in its build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Variant {
    /// As they are.
    #[default]
    Plain,
    /// With their own sabotage; cases without one are left out.
    Sabotaged,
}

/// Expands the chosen cases: positions in the suite, each with the EAPIs to run the case in.
pub fn expand(
    suite: &Suite,
    chosen: &[(usize, EapiSet)],
    variant: Variant,
) -> Result<Expanded, ExpandError> {
    expand_for(suite, chosen, variant, &[EapiSet::all()])
}

/// The same for targets that claim these EAPIs: a row for the newest EAPI runs in the newest that each of them claims.
pub fn expand_for(
    suite: &Suite,
    chosen: &[(usize, EapiSet)],
    variant: Variant,
    claims: &[EapiSet],
) -> Result<Expanded, ExpandError> {
    let mut expander = Expander {
        suite,
        variant,
        known: IndexMap::new(),
        out: Expanded::default(),
    };
    for (case, eapis) in chosen {
        let all = suite.cases[*case].eapis;
        let of_target = |claimed: &EapiSet| all.and(*claimed).iter().next_back();
        let newest: EapiSet = claims.iter().filter_map(of_target).collect();
        for eapi in eapis.iter() {
            expander.case(*case, eapi, newest.contains(eapi))?;
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
    fn case(&mut self, index: usize, eapi: Eapi, newest: bool) -> Result<(), ExpandError> {
        let case = &self.suite.cases[index];
        let build = match self.variant {
            Variant::Plain => &case.build,
            Variant::Sabotaged => match &case.sabotage {
                Some(build) => build,
                None => return Ok(()),
            },
        };
        self.rows(index, case, build, (eapi, newest))
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
        (eapi, newest): (Eapi, bool),
    ) -> Result<(), UnknownName> {
        let Some(vectors) = &case.vectors else {
            return self.instance(index, case, build, eapi, None, &Rows::default());
        };
        let fitting = |row: &&Row| {
            row.eapis.is_none_or(|eapis| eapis.contains(eapi)) && (newest || !row.newest)
        };
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
                build: without_placeholders(build, &names, rows)?,
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
            // A twin runs in EAPIs in which its requirements do not hold.
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
