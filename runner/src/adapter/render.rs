//! Renders an adapter: the files of a testbed, and command lines.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use handlebars::Handlebars;
use pmsts_testcases::model::{Content, ContentKind, Operation};
use serde::Serialize;

use super::context::OfRepository;
use super::{Adapter, Context, Each, FileEntry, PACKAGES, SandboxEntry, Template, canonical};
use crate::testbed::spec::User;

/// A template that cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template or a name in it is wrong.
    #[error("the template of {place}: {source}")]
    Template {
        /// The part of the adapter that it belongs to.
        place: String,
        /// Its position in the adapter's file, in bytes.
        span: Range<usize>,
        /// What is wrong.
        source: Box<handlebars::RenderError>,
    },
    /// There is no such operation.
    #[error("{0}")]
    Lacks(String),
}

/// Directories of the machine's programs, which testbeds show.
pub(crate) const PROGRAM_DIRS: [&str; 6] = [
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/bin",
    "/sbin",
];

/// The paths at which a program of this name can be.
pub(crate) fn places_of(program: &str) -> [String; 6] {
    PROGRAM_DIRS.map(|dir| format!("{dir}/{program}"))
}

/// What an adapter puts into a testbed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setup {
    /// Files, directories and links by absolute path.
    pub files: BTreeMap<String, Content>,
    /// Paths to hide.
    pub hidden: Vec<String>,
    /// Names of the programs among them.
    pub hidden_programs: Vec<String>,
    /// The build user.
    pub users: Vec<User>,
    /// Notes for readers of results.
    pub notes: Vec<String>,
    /// Directory of the installed packages.
    pub vdb: String,
    /// Directory of the metadata cache's entries.
    pub metadata_cache: String,
}

/// A command of a package manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandLine {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment.
    pub env: BTreeMap<String, String>,
}

struct Renderer<'a> {
    templates: Handlebars<'static>,
    context: &'a Context,
}

impl<'a> Renderer<'a> {
    fn new(context: &'a Context) -> Self {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.register_escape_fn(handlebars::no_escape);
        Self { templates, context }
    }

    fn text(&self, place: &str, template: &Template) -> Result<String, RenderError> {
        self.with(self.context, place, template)
    }

    fn with(
        &self,
        variables: &impl Serialize,
        place: &str,
        template: &Template,
    ) -> Result<String, RenderError> {
        self.templates
            .render_template(template.as_ref(), variables)
            .map_err(|source| RenderError::Template {
                place: place.to_owned(),
                span: template.span(),
                source: Box::new(source),
            })
    }
}

impl Renderer<'_> {
    /// Path and text of a file, or of one for each repository.
    fn files(&self, file: &FileEntry) -> Result<Vec<(String, String)>, RenderError> {
        let place = "a file's path";
        let Some(Each::Repositories) = file.each else {
            let path = self.text(place, &file.path)?;
            let text = self.text(&path, &file.text)?;
            return Ok(vec![(path, text)]);
        };
        let all = self.context.repositories.iter().map(|repository| {
            let context = self.context;
            let variables = OfRepository {
                context,
                repository,
            };
            let path = self.with(&variables, place, &file.path)?;
            let text = self.with(&variables, &path, &file.text)?;
            Ok((path, text))
        });
        all.collect()
    }
}

impl Adapter {
    /// What the package manager needs in a testbed.
    pub fn setup(&self, context: &Context) -> Result<Setup, RenderError> {
        let renderer = Renderer::new(context);
        let mut setup = Setup {
            vdb: renderer.text("vdb", &self.vdb)?,
            metadata_cache: renderer.text("metadata-cache", &self.metadata_cache)?,
            notes: self.notes.clone(),
            ..Setup::default()
        };
        let owner = self.user.as_ref().map(|user| (user.uid, user.gid));
        for directory in &self.directory {
            let content = Content {
                kind: ContentKind::Directory,
                mode: directory.mode,
                owner: owner.filter(|_| directory.owned),
                mtime: None,
            };
            setup
                .files
                .insert(renderer.text("a directory", &directory.path)?, content);
        }
        for file in &self.file {
            for (path, text) in renderer.files(file)? {
                let content = Content {
                    kind: ContentKind::File(text.into()),
                    ..Content::default()
                };
                setup.files.insert(path, content);
            }
        }
        for link in &self.link {
            let path = renderer.text("a link's path", &link.path)?;
            if path.is_empty() {
                continue;
            }
            let kind = ContentKind::Symlink(renderer.text(&path, &link.target)?);
            setup.files.insert(
                path,
                Content {
                    kind,
                    ..Content::default()
                },
            );
        }
        if let Some(prefix) = &context.config.prefix {
            self.move_below(prefix, &mut setup.files);
        }
        for hidden in &self.hidden {
            let path = renderer.text("a hidden path", &hidden.path)?;
            if path.is_empty() {
                continue;
            }
            setup.hidden.push(path);
            setup.notes.extend(hidden.reason.clone());
        }
        for name in &self.hidden_programs {
            setup.hidden.extend(places_of(name));
        }
        setup.hidden_programs.clone_from(&self.hidden_programs);
        if let Some(SandboxEntry { program, on, off }) = &self.sandbox {
            setup
                .notes
                .push(if context.sandbox { on } else { off }.clone());
            if !context.sandbox {
                setup.hidden.extend(places_of(program));
                setup.hidden_programs.push(program.clone());
            }
        }
        setup.users.extend(self.user.iter().map(|user| User {
            name: user.name.clone(),
            uid: user.uid,
            gid: user.gid,
            home: user.home.clone(),
        }));
        Ok(setup)
    }

    /// Moves files of the package manager below an offset prefix, which belongs to the user who runs it.
    fn move_below(&self, prefix: &str, files: &mut BTreeMap<String, Content>) {
        let is_moved = |path: &String| {
            let mut below = self.prefix.below.iter();
            below.any(|dir| Path::new(path).starts_with(dir))
        };
        let moved: Vec<String> = files
            .keys()
            .filter(|path| is_moved(path))
            .cloned()
            .collect();
        for path in moved {
            if let Some(content) = files.remove(&path) {
                files.insert(format!("{prefix}{path}"), content);
            }
        }
    }

    /// The command of an operation on the packages.
    pub fn command(
        &self,
        operation: Operation,
        packages: &[String],
        context: &Context,
    ) -> Result<CommandLine, RenderError> {
        if let Some(reason) = self.lacks(operation) {
            return Err(RenderError::Lacks(reason));
        }
        let entry = &self.operation[&canonical(operation, &self.operation)];
        let renderer = Renderer::new(context);
        let mut argv = Vec::new();
        for word in &entry.argv {
            if word.as_ref() == PACKAGES {
                argv.extend(packages.iter().cloned());
                continue;
            }
            let text = renderer.text(operation.word(), word)?;
            // A word that renders to nothing is an option that is not used.
            if !text.is_empty() {
                argv.push(text);
            }
        }
        let mut env = BTreeMap::new();
        for (name, value) in &self.env {
            let value = renderer.text(name, value)?;
            env.insert(name.clone(), value);
        }
        Ok(CommandLine { argv, env })
    }

    /// The program that confines builds, if the package manager uses one.
    pub fn sandbox(&self) -> Option<&str> {
        self.sandbox.as_ref().map(|it| it.program.as_str())
    }

    /// Name of the build user.
    pub fn build_user(&self) -> &str {
        self.user.as_ref().map_or("root", |user| user.name.as_str())
    }

    /// Group id of the build user: the group that may reach the socket.
    pub fn build_group(&self) -> u32 {
        self.user.as_ref().map_or(0, |user| user.gid)
    }
}
