//! A target: one package manager in one version with one configuration, and the testbed that it needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pmsts_eclass_templates::{DISTFILES, REPOSITORIES, REPOSITORY, Renderer, Site};
use pmsts_reports::record::TargetRecord;
use pmsts_testcases::model::{Config, Content, ContentKind};
use pmsts_testcases::{Eapi, EapiSet};

use crate::adapter::{Adapter, Context, RenderError, Repository, Setup, places_of};
use crate::provision::BashVersion;
use crate::provision::bash::Bash;
use crate::provision::{Provenance, Provisioned};
use crate::testbed::Ground;
use crate::testbed::spec::{Access, Bind, Spec};

/// The directory in a testbed that holds the socket and the client.
pub const RUN_DIR: &str = "/run/pmsts";

/// A package manager in one version, with one Bash.
#[derive(Debug)]
pub struct Target {
    /// Unique in a run: `portage@3.0.83`.
    pub name: String,
    /// The package manager.
    pub provisioned: Provisioned,
    /// The adapter that drives it.
    pub adapter: Adapter,
    /// The Bash of its phases.
    pub bash: Bash,
    /// A newer Bash, for EAPIs that `bash` is too old for.
    pub newer_bash: Option<Bash>,
    /// The machine's own Bash, which the testbed replaces by the target's.
    pub host_bash: PathBuf,
    /// Links by which it runs with the interpreter of another root.
    pub links: Vec<(PathBuf, PathBuf)>,
    /// Whether the program that confines builds is used.
    pub sandbox: bool,
    /// What its testbeds stand on.
    pub ground: Arc<Ground>,
}

/// Space and processes that a testbed may use.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Scratch space, in bytes.
    pub scratch_bytes: u64,
    /// Processes alive at once.
    pub max_processes: u32,
    /// Whether it can reach the network.
    pub network: bool,
}

impl Target {
    /// The EAPIs that it claims to support.
    pub fn claims(&self) -> EapiSet {
        self.adapter.claims(&self.provisioned.version)
    }

    /// The Bash for an EAPI.
    pub fn bash_for(&self, eapi: Eapi) -> &Bash {
        let suffices = self.bash.version >= BashVersion::for_eapi(&eapi.to_string());
        self.newer_bash
            .as_ref()
            .filter(|_| !suffices)
            .unwrap_or(&self.bash)
    }

    /// The versions of its Bash, as text.
    pub fn bash_words(&self) -> String {
        match &self.newer_bash {
            Some(newer) => format!(
                "{} ({} for EAPIs that need it)",
                self.bash.version, newer.version
            ),
            None => self.bash.version.to_string(),
        }
    }

    /// The variables of the adapter's templates for a site.
    pub fn context(&self, site: &Site, config: &Config) -> Context {
        let text = |path: &Path| path.display().to_string();
        let it = &self.provisioned;
        let repositories = site.repositories.iter().map(|name| Repository {
            name: name.clone(),
            location: format!("{REPOSITORIES}/{name}"),
            main: name == REPOSITORY,
        });
        Context {
            kind: match it.kind {
                Provenance::Registry => "registry",
                Provenance::Path => "path",
                Provenance::Dir => "dir",
            }
            .to_owned(),
            prefix: text(&it.prefix),
            bin: text(&it.bin),
            python: it
                .python
                .as_ref()
                .map(|p| text(&p.path))
                .unwrap_or_default(),
            site_packages: it.site_packages.as_deref().map(text).unwrap_or_default(),
            repositories: repositories.collect(),
            profile: format!("{REPOSITORIES}/{REPOSITORY}/profiles/{}", site.profile),
            distdir: DISTFILES.to_owned(),
            user: self.adapter.build_user().to_owned(),
            variables: Context::lines(config),
            updates: site
                .complete()
                .keys()
                .any(|path| path.contains("/profiles/updates/")),
            one_user: self.ground.has_one_user(),
            sandbox: self.sandbox,
            shared: false,
            config: config.clone(),
        }
    }

    /// The testbed for a site. `run_dir` holds the socket and the client.
    pub fn testbed(
        &self,
        site: &Site,
        context: &Context,
        run_dir: &Path,
        room: Room,
        eapi: Eapi,
    ) -> Result<(Spec, Setup), RenderError> {
        let setup = self.adapter.setup(context)?;
        let mut files = setup.files.clone();
        let mut hidden = setup.hidden.clone();
        for (path, target) in &self.links {
            let (path, target) = (path.display().to_string(), target.display().to_string());
            hidden.push(path.clone());
            let kind = ContentKind::Symlink(target);
            files.insert(
                path,
                Content {
                    kind,
                    ..Content::default()
                },
            );
        }
        // The site comes last: a case may replace what the adapter configures.
        files.extend(site.complete());
        let mut spec = Spec {
            shared: Some((run_dir.to_owned(), self.adapter.build_group())),
            scratch_bytes: room.scratch_bytes,
            max_processes: room.max_processes,
            // On the host's network, the server would take a port of the host.
            network: room.network && site.served.is_empty(),
            served: site.served.clone(),
            binds: self.binds(run_dir, self.bash_for(eapi)),
            files,
            hidden,
            reachable: self.reachable(),
            users: setup.users.clone(),
            ..self.ground.spec()
        };
        if self.ground.has_one_user() {
            spec.for_one_user();
        }
        Ok((spec, setup))
    }

    fn binds(&self, run_dir: &Path, bash: &Bash) -> Vec<Bind> {
        let mut binds = vec![Bind {
            source: run_dir.to_owned(),
            target: RUN_DIR.into(),
            access: Access::ReadOnly,
        }];
        if self.provisioned.kind != Provenance::Path {
            // Its directory may be covered by another one in the testbed, and the adapter may replace files in it.
            let prefix = &self.provisioned.prefix;
            binds.push(Bind {
                source: prefix.clone(),
                target: prefix.clone(),
                access: Access::Overlay,
            });
        }
        if bash.path != self.host_bash {
            binds.push(Bind {
                source: bash.path.clone(),
                target: self.host_bash.clone(),
                access: Access::ReadOnly,
            });
        }
        binds
    }

    /// Paths that the build user must reach: the package manager and its interpreter.
    fn reachable(&self) -> Vec<PathBuf> {
        let it = &self.provisioned;
        let python = it.python.as_ref().map(|p| p.path.clone());
        [Some(it.prefix.clone()), Some(it.bin.clone()), python]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Notes for readers of its results.
    pub fn notes(&self, setup: &Setup) -> Vec<String> {
        let here = |name: &&String| {
            places_of(name)
                .iter()
                .any(|path| self.ground.path(path).exists())
        };
        let hidden: Vec<&str> = setup
            .hidden_programs
            .iter()
            .filter(here)
            .map(String::as_str)
            .collect();
        let hidden = (!hidden.is_empty()).then(|| {
            let names = hidden.join(", ");
            format!("Programs of this machine that testbeds do not show, so that no verdict depends on them: {names}.")
        });
        let own = self.provisioned.notes.iter();
        let bash = [Some(&self.bash), self.newer_bash.as_ref()];
        let bash = bash.into_iter().flatten().find_map(Bash::note);
        let all = own.chain(&setup.notes).cloned();
        let ground = self.ground.notes.iter().cloned();
        all.chain(bash).chain(hidden).chain(ground).collect()
    }

    /// Its record, without verdicts yet.
    pub fn record(&self) -> TargetRecord {
        let it = &self.provisioned;
        let context = self.context(Renderer::new().skeleton(), &Config::default());
        let setup = self.adapter.setup(&context).unwrap_or_default();
        let python = it.python.as_ref();
        TargetRecord {
            bash: self.bash_words(),
            interpreter: python.map(|python| format!("Python {}", python.version)),
            dependencies: it.dependencies.clone(),
            // Results with and without are compared, and not mixed.
            testbed: self.ground.name.clone() + if self.sandbox { "+sandbox" } else { "" },
            notes: self.notes(&setup),
            ..TargetRecord::new(
                self.name.clone(),
                it.pm.clone(),
                it.version.clone(),
                it.spec.to_string(),
            )
        }
    }
}
