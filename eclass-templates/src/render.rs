//! Renders builds into the files that a package manager works on.

use handlebars::Handlebars;
use pmsts_testcases::BuildInstance;
use pmsts_testcases::model::{Content, ContentKind, DistfileBody, Ebuild, ManifestEntry, Served};
use serde::Serialize;

use crate::archive::{self, ArchiveError};
use crate::context::EbuildContext;
use crate::manifest;
use crate::site::{Answer, DISTFILES, OWN_PROFILE, REPOSITORIES, REPOSITORY, Site, file};
use crate::skeleton;

/// A build that cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A distfile cannot be built.
    #[error("{build}: distfile `{name}`: {source}")]
    Distfile {
        /// The build.
        build: String,
        /// The distfile.
        name: String,
        /// Why.
        source: ArchiveError,
    },
    /// A template fails.
    #[error("{build}: {source}")]
    Template {
        /// The build.
        build: String,
        /// Why.
        source: Box<handlebars::RenderError>,
    },
    /// Two different files of one build have the same path.
    #[error("{build}: two different files have the path `{path}`")]
    Twice {
        /// The build.
        build: String,
        /// The path.
        path: String,
    },
}

/// The compiled templates.
#[derive(Debug)]
pub struct Renderer {
    templates: Handlebars<'static>,
    functions: String,
    skeleton: Site,
}

#[derive(Serialize)]
struct EclassContext<'a> {
    functions: &'a str,
}

impl Renderer {
    /// Compiles the templates. Nothing is escaped, because ebuilds are Bash. A name that the context
    /// does not have is an error.
    ///
    /// # Panics
    /// Never: the templates are part of this program, and a test compiles them.
    pub fn new() -> Self {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(handlebars::no_escape);
        let functions = include_str!("../templates/functions.bash")
            .trim_end()
            .to_owned();
        for (name, text) in [
            ("ebuild", include_str!("../templates/ebuild.hbs")),
            ("eclass", include_str!("../templates/eclass.hbs")),
        ] {
            templates
                .register_template_string(name, text)
                .expect("embedded templates compile");
        }
        let eclass = templates
            .render(
                "eclass",
                &EclassContext {
                    functions: &functions,
                },
            )
            .expect("the eclass has no unknown names");
        Self {
            skeleton: skeleton::site(eclass),
            templates,
            functions,
        }
    }

    /// A site with an empty repository.
    pub fn skeleton(&self) -> &Site {
        &self.skeleton
    }

    /// The site of each build.
    pub fn sites(&self, builds: &[BuildInstance]) -> Result<Vec<Site>, RenderError> {
        builds.iter().map(|build| self.site(build)).collect()
    }

    /// The site of one build: the skeleton and all files of the build.
    pub fn site(&self, instance: &BuildInstance) -> Result<Site, RenderError> {
        let mut site = self.skeleton.clone();
        let build = &instance.build;
        for (path, content) in &build.repository {
            site.put(in_repository(REPOSITORY, path), content.clone());
        }
        for (name, files) in &build.repositories {
            site.repositories.push(name.clone());
            for (path, content) in files {
                site.put(in_repository(name, path), content.clone());
            }
            skeleton::repository(&mut site, name, REPOSITORY);
        }
        if !build.profile.is_empty() {
            OWN_PROFILE.clone_into(&mut site.profile);
            for (path, content) in &build.profile {
                site.put(
                    in_repository(REPOSITORY, &format!("profiles/{OWN_PROFILE}/{path}")),
                    content.clone(),
                );
            }
            skeleton::own_profile(&mut site);
        }
        if let Some(profile) = &build.select_profile {
            site.profile.clone_from(profile);
        }
        for (name, text) in &build.eclasses {
            site.put(
                in_repository(REPOSITORY, &format!("eclass/{name}.eclass")),
                file(text),
            );
        }
        for (path, content) in &build.root {
            site.put(path.clone(), content.clone());
        }
        for (path, served) in &build.served {
            let answer = answer(instance, path, served)?;
            site.served.insert(path.clone(), answer);
        }
        let manifest = Self::distfiles(instance, &mut site)?;
        for (handle, ebuild) in &build.ebuilds {
            self.package(instance, handle, ebuild, &manifest, &mut site)?;
        }
        Ok(site)
    }

    /// Puts the distfiles into the site and returns the text of their Manifest.
    fn distfiles(instance: &BuildInstance, site: &mut Site) -> Result<String, RenderError> {
        let mut lines = String::new();
        for (name, distfile) in &instance.build.distfiles {
            let bytes = bytes(instance, name, &distfile.body)?;
            match distfile.manifest {
                ManifestEntry::Right => lines.push_str(&manifest::line(name, &bytes)),
                ManifestEntry::Wrong => lines.push_str(&manifest::wrong_line(name, &bytes)),
                ManifestEntry::Missing => {}
            }
            if distfile.present {
                let content = Content {
                    kind: ContentKind::File(bytes.into()),
                    ..Content::default()
                };
                site.put(format!("{DISTFILES}/{name}"), content);
            }
        }
        Ok(lines)
    }

    fn package(
        &self,
        instance: &BuildInstance,
        handle: &str,
        ebuild: &Ebuild,
        manifest: &str,
        site: &mut Site,
    ) -> Result<(), RenderError> {
        let package = instance.package(ebuild);
        let repository = ebuild.repository.as_deref().unwrap_or(REPOSITORY);
        let dir = in_repository(
            repository,
            &format!("{}/{package}", instance.category(ebuild)),
        );
        let text = self.ebuild(instance, handle, ebuild)?;
        let path = format!("{dir}/{package}-{}.ebuild", ebuild.version);
        let twice = |path: &str| RenderError::Twice {
            build: instance.name.clone(),
            path: path.to_owned(),
        };
        if site.files.contains_key(&path) {
            return Err(twice(&path));
        }
        site.put(path, file(text));
        if !manifest.is_empty() {
            site.put(format!("{dir}/Manifest"), file(manifest));
        }
        for (name, content) in &ebuild.files {
            let path = format!("{dir}/files/{name}");
            if site.files.get(&path).is_some_and(|there| there != content) {
                return Err(twice(&path));
            }
            site.put(path, content.clone());
        }
        Ok(())
    }

    /// The text of one ebuild.
    pub fn ebuild(
        &self,
        instance: &BuildInstance,
        handle: &str,
        ebuild: &Ebuild,
    ) -> Result<String, RenderError> {
        if let Some(text) = &ebuild.text {
            return Ok(text.replace("@functions@", &self.functions));
        }
        let context = EbuildContext::new(instance, handle, ebuild, &self.functions);
        self.templates
            .render("ebuild", &context)
            .map_err(|source| RenderError::Template {
                build: instance.name.clone(),
                source: Box::new(source),
            })
    }
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

fn in_repository(name: &str, path: &str) -> String {
    format!("{REPOSITORIES}/{name}/{path}")
}

fn answer(instance: &BuildInstance, path: &str, served: &Served) -> Result<Answer, RenderError> {
    Ok(match served {
        Served::Body(body) => Answer {
            status: 200,
            body: bytes(instance, path, body)?.into(),
        },
        Served::Status(status) => Answer {
            status: *status,
            body: "no such file\n".into(),
        },
    })
}

fn bytes(
    instance: &BuildInstance,
    name: &str,
    body: &DistfileBody,
) -> Result<Vec<u8>, RenderError> {
    let built = match body {
        DistfileBody::Content(value) => Ok(value.0.clone()),
        DistfileBody::Archive { format, members } => archive::build(format, members),
    };
    built.map_err(|source| RenderError::Distfile {
        build: instance.name.clone(),
        name: name.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::{EapiChoice, Selection, Suite, Variant, expand, select};

    use super::*;

    const CASES: &str = r##"
section = "ch:ebuild-functions"

[[case]]
id = "plain"
title = "A case"
requirements = ["ebuild-functions.default-exists-for-every-phase"]
eapis = "0-9"

[case.ebuild]
IUSE = "+a b"
inherit = ["other"]
global = 'x=1'
pkg_setup = 'observe flag "$(usev a)"'
files = { "a.patch" = "text\n" }

[case.ebuilds.dep]
package = "dep"
version = "2-r1"
trace = true
helper = "inline"

[case.eclasses]
other = "# an eclass\n"

[case.distfiles."p-1.tar.gz"]
archive = "tar.gz"
files = { "p-1/a" = "a\n" }

[case.profile]
"use.mask" = "b\n"

[case.sabotage]
prelude = 'usev() { :; }'

[case.expect]
"pkg_setup.flag" = "a"
"##;

    fn site(eapi: &str, variant: Variant) -> Site {
        let catalogue =
            std::fs::read_to_string("../testcases/requirements/ebuild-functions.toml").unwrap();
        let suite = Suite::from_texts([("r", catalogue.as_str())], [("c", CASES)]).unwrap();
        let selection = Selection {
            eapis: EapiChoice::Only(eapi.parse().unwrap()),
            ..Selection::default()
        };
        let chosen = select(&suite, &selection).unwrap();
        let expanded = expand(&suite, &chosen, variant).unwrap();
        Renderer::new().site(&expanded.builds[0]).unwrap()
    }

    /// All files without the text of the helper functions, which have tests of their own.
    fn text(site: &Site) -> String {
        let functions = include_str!("../templates/functions.bash").trim_end();
        let files = site
            .complete()
            .into_iter()
            .map(|(path, content)| match content.kind {
                ContentKind::File(value) if path.starts_with(DISTFILES) => {
                    format!("--- {path}\n({} bytes)\n", value.0.len())
                }
                ContentKind::File(value) => {
                    format!(
                        "--- {path}\n{}",
                        value.text().replace(functions, "(the helper functions)")
                    )
                }
                other => format!("--- {path}\n{other:?}\n"),
            });
        files.collect()
    }

    #[test]
    fn a_build_becomes_files() {
        insta::assert_snapshot!(text(&site("8", Variant::Plain)));
    }

    #[test]
    fn a_sabotaged_build_carries_its_prelude() {
        let site = site("0", Variant::Sabotaged);
        let ebuild = site
            .files
            .iter()
            .find(|(path, _)| path.ends_with("plain-control-e0-1.ebuild"))
            .unwrap();
        insta::assert_snapshot!(match &ebuild.1.kind {
            ContentKind::File(value) => value.text(),
            _ => unreachable!("an ebuild is a file"),
        });
    }

    #[test]
    fn builds_that_want_different_things_cannot_share() {
        let (mut one, other) = (site("8", Variant::Plain), site("9", Variant::Plain));
        one.add(&other).unwrap();
        let mut third = other.clone();
        third.put(
            format!("{REPOSITORIES}/{REPOSITORY}/eclass/other.eclass"),
            file("# differs\n"),
        );
        let before = one.clone();
        let conflict = one.add(&third).unwrap_err();
        assert!(conflict.0.ends_with("eclass/other.eclass"));
        assert_eq!(one, before);
    }
}
