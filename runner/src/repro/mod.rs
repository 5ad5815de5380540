//! Makes a reproducer of a finding that needs no pmsts: repository and configuration as files, and a shell script that
//! runs the package manager on them. Pure: it returns the files, and writes nothing.

mod script;

use std::collections::BTreeMap;

use pmsts_eclass_templates::Site;
use pmsts_testcases::model::{Case, Content, ContentKind};
use pmsts_testcases::{BuildInstance, Catalogue, Instance, Observed, judge};

use crate::adapter::{CommandLine, Context, RenderError};
use crate::provision::BashVersion;
use crate::provision::Provenance;
use crate::schedule::work::packages;
use crate::target::{RUN_DIR, Target};

/// A reproducer of a finding.
#[derive(Debug)]
pub struct Repro {
    /// Regular files, by path below the directory.
    pub files: BTreeMap<String, Content>,
    /// The script, `repro.sh`.
    pub script: String,
}

/// The finding to reproduce.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The case.
    pub case: &'a Case,
    /// The catalogue, with the text of the requirements.
    pub catalogue: &'a Catalogue,
    /// The case in one EAPI.
    pub instance: &'a Instance,
    /// The build of the instance.
    pub build: &'a BuildInstance,
    /// Its files.
    pub site: &'a Site,
    /// The target.
    pub target: &'a Target,
    /// The oldest Bash that the EAPI and the package manager allow.
    pub bash: &'a BashVersion,
}

/// A shell script in place of the client of pmsts.
const OBSERVE: &str = r#"#!/bin/sh
# Records what a phase reports: TOKEN EBUILD PHASE begin|end|value [KEY [VALUE]]
{
	case $4 in
		value)
			printf '%s:%s.%s = ' "$2" "$3" "$5"
			if [ $# -gt 5 ]; then printf %s "$6"; else cat; fi
			echo ;;
		*) echo "$2:$3 ${4}s" ;;
	esac
} >> /run/pmsts/observed
"#;

impl Subject<'_> {
    /// Makes the reproducer.
    pub fn repro(&self) -> Result<Repro, RenderError> {
        let context = self.context();
        let setup = self.target.adapter.setup(&context)?;
        let mut contents = setup.files.clone();
        contents.extend(self.site.complete());
        let observe = Content {
            kind: ContentKind::File(OBSERVE.to_owned().into()),
            mode: Some(0o755),
            ..Content::default()
        };
        contents.insert(format!("{RUN_DIR}/observe"), observe);
        let commands = self.commands(&context)?;
        let script = script::text(self, &context, &setup, &contents, &commands);
        let files = contents.into_iter().filter_map(|(path, content)| {
            let is_file = matches!(content.kind, ContentKind::File(_));
            // Modes and owners may be lost when files are sent, so the script sets them.
            let plain = Content {
                kind: content.kind,
                ..Content::default()
            };
            is_file.then(|| (format!("root{path}"), plain))
        });
        Ok(Repro {
            files: files.chain(self.served()).collect(),
            script,
        })
    }

    /// The files of the server. A file that it refuses to serve is left out.
    fn served(&self) -> impl Iterator<Item = (String, Content)> {
        let there = self.site.served.iter().filter(|(_, it)| it.status == 200);
        there.map(|(path, it)| {
            let content = Content {
                kind: ContentKind::File(it.body.clone()),
                ..Content::default()
            };
            (format!("served{path}"), content)
        })
    }

    /// The context as in a run, except that a release from the package index is installed below `/opt`.
    fn context(&self) -> Context {
        let mut context = self.target.context(self.site, &self.build.build.config);
        let it = &self.target.provisioned;
        if it.kind == Provenance::Registry {
            let prefix = format!("/opt/{}-{}", it.pm, it.version);
            for path in [&mut context.bin, &mut context.site_packages] {
                *path = path.replacen(&context.prefix, &prefix, 1);
            }
            context.python = format!("{prefix}/bin/python");
            context.prefix = prefix;
        }
        context
    }

    /// The command of each step.
    fn commands(&self, context: &Context) -> Result<Vec<CommandLine>, RenderError> {
        let steps = &self.build.build.steps;
        let command = |step: usize| {
            let packages = packages(self.build, step);
            let operation = steps[step].operation;
            self.target.adapter.command(operation, &packages, context)
        };
        (0..steps.len()).map(command).collect()
    }

    /// The address and the text of each expectation. Judging without observations gives all of them.
    fn expected(&self) -> Vec<(String, String)> {
        let judgement = judge(self.instance, &self.build.build, &Observed::default());
        let compared = judgement.compared.into_iter();
        compared.map(|f| (f.address, f.expected)).collect()
    }
}

/// The files of a testbed, by path.
type Contents = BTreeMap<String, Content>;
