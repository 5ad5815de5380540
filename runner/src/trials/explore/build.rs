//! Packs questions into a build.

use indexmap::IndexMap;
use pmsts_testcases::model::{
    Build, Config, Distfile, DistfileBody, Ebuild, MAIN, ManifestEntry, Operation, Step,
};
use pmsts_testcases::{Eapi, Expanded, Suite};

use super::kind::{CATEGORY, Kind, Question, Setting};
use crate::trials::unjudged::unjudged;

/// The name of builds.
const NAME: &str = "explore";

/// The handle of the ebuild that asks a question, and the key of the answer.
pub(super) fn place(kind: &dyn Kind, at: usize) -> (String, String) {
    if kind.setting().own_ebuilds {
        (format!("q{at}"), "0".to_owned())
    } else {
        (MAIN.to_owned(), at.to_string())
    }
}

/// A build that asks these questions.
pub(super) fn build(kind: &dyn Kind, questions: &[Question]) -> Build {
    let Setting {
        installed,
        main,
        files,
        package_use,
        own_ebuilds,
    } = kind.setting();
    let mut ebuilds: IndexMap<String, Ebuild> = IndexMap::new();
    for (at, question) in questions.iter().enumerate() {
        let (handle, key) = place(kind, at);
        let ebuild = ebuilds.entry(handle.clone()).or_insert_with(|| Ebuild {
            category: Some(CATEGORY.to_owned()),
            name: Some(handle),
            version: "1".to_owned(),
            variables: variables(&main),
            ..Ebuild::default()
        });
        ebuild.variables.extend(variables(&question.variables));
        for (phase, text) in &question.phases {
            let body = ebuild.phases.entry((*phase).to_owned()).or_default();
            *body += &text.replace("@key@", &key);
            body.push('\n');
        }
    }
    let asking: Vec<String> = ebuilds.keys().cloned().collect();
    for package in installed {
        let ebuild = Ebuild {
            category: Some(CATEGORY.to_owned()),
            name: Some(package.name.to_owned()),
            version: package.version.to_owned(),
            variables: variables(&package.variables),
            ..Ebuild::default()
        };
        ebuilds.insert(package.name.to_owned(), ebuild);
    }
    let distfile = |name: &&str| {
        let file = Distfile {
            body: DistfileBody::Content((*name).into()),
            manifest: ManifestEntry::Right,
            present: true,
        };
        ((*name).to_owned(), file)
    };
    Build {
        distfiles: files.iter().map(distfile).collect(),
        config: Config {
            package_use,
            ..Config::default()
        },
        steps: vec![Step {
            name: Operation::Install.word().to_owned(),
            operation: Operation::Install,
            packages: if own_ebuilds {
                asking
            } else {
                vec![MAIN.to_owned()]
            },
        }],
        alone: Some("it is explored".to_owned()),
        ebuilds,
        ..Build::default()
    }
}

fn variables(of: &[(&'static str, String)]) -> IndexMap<String, String> {
    let pairs = of
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    pairs.collect()
}

/// A build without expectations, as something to run.
pub(crate) fn expanded(mut build: Build, eapi: Eapi) -> (Suite, Expanded) {
    NAME.clone_into(&mut build.name);
    let title = "What package managers make of inputs".to_owned();
    unjudged(build, eapi, title, NAME.to_owned())
}
