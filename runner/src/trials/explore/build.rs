//! Packs questions into a build.

use indexmap::IndexMap;
use pmsts_testcases::model::{
    Build, Case, Config, Distfile, DistfileBody, Ebuild, MAIN, ManifestEntry, Operation, Origin,
    Step,
};
use pmsts_testcases::{BuildInstance, Eapi, Expanded, Instance, Suite};

use super::kind::{CATEGORY, Kind, Question, Setting};

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
        name: NAME.to_owned(),
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
pub(crate) fn expanded(build: Build, eapi: Eapi) -> (Suite, Expanded) {
    let case = Case {
        id: NAME.to_owned(),
        title: "What package managers make of inputs".to_owned(),
        section: NAME.to_owned(),
        requirements: Vec::new(),
        eapis: Eapi::all().collect(),
        disputed: None,
        undefined: true,
        build: std::sync::Arc::new(build.clone()),
        vectors: None,
        expect: Vec::new(),
        sabotage: None,
        unsabotaged: None,
        origin: Origin {
            file: NAME.to_owned(),
            line: 1,
        },
    };
    let instance = Instance {
        id: format!("{NAME}@{eapi}"),
        case: 0,
        eapi,
        row: None,
        requirements: Vec::new(),
        expect: Vec::new(),
        build: 0,
    };
    let build = BuildInstance {
        name: format!("{NAME}@{eapi}"),
        token: format!("{NAME}-e{eapi}"),
        category: CATEGORY.to_owned(),
        eapi,
        build,
    };
    let suite = Suite {
        cases: vec![case],
        ..Suite::default()
    };
    let expanded = Expanded {
        instances: vec![instance],
        builds: vec![build],
    };
    (suite, expanded)
}
