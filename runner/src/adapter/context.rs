//! The variables of an adapter's templates.

use pmsts_testcases::model::Config;
use serde::Serialize;

/// The variables of an adapter's templates. Paths are paths in the testbed.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a variable of templates"
)]
pub struct Context {
    /// `registry`, `path` or `dir`: where the package manager comes from.
    pub kind: String,
    /// Its prefix.
    pub prefix: String,
    /// Directory of its programs.
    pub bin: String,
    /// Its interpreter, empty where it has none.
    pub python: String,
    /// Directory of its Python modules, empty where it has none.
    pub site_packages: String,
    /// Repositories, the main one first.
    pub repositories: Vec<Repository>,
    /// The selected profile's directory.
    pub profile: String,
    /// Directory of distfiles.
    pub distdir: String,
    /// The build user.
    pub user: String,
    /// The user's configuration.
    pub config: Config,
    /// `config.variables` as lines `NAME="value"`.
    pub variables: String,
    /// Whether a repository has `profiles/updates`.
    pub updates: bool,
    /// Whether the testbed has one user alone, so that no build user can be changed to.
    pub one_user: bool,
    /// Whether the program that confines builds is used.
    pub sandbox: bool,
    /// Whether several builds share the call: then a failure of one must not stop the others.
    pub shared: bool,
}

/// A repository.
#[derive(Debug, Clone, Serialize)]
pub struct Repository {
    /// Name.
    pub name: String,
    /// Directory.
    pub location: String,
    /// Whether it is the main one.
    pub main: bool,
}

/// The variables of a template that is rendered for each repository.
#[derive(Debug, Serialize)]
pub(super) struct OfRepository<'a> {
    #[serde(flatten)]
    pub context: &'a Context,
    /// The repository.
    pub repository: &'a Repository,
}

impl Context {
    /// A context to check templates with.
    pub fn example() -> Self {
        let location = "/var/db/repos/pmsts".to_owned();
        let config = Config {
            use_flags: "a -b".to_owned(),
            package_use: vec!["cat/pkg c".to_owned()],
            accept_keywords: Some("~amd64".to_owned()),
            package_mask: vec![">cat/pkg-2".to_owned()],
            tests: true,
            variables: [("CONFIG_PROTECT".to_owned(), "/etc".to_owned())].into(),
            ..Config::default()
        };
        Self {
            kind: "registry".to_owned(),
            prefix: "/cache/pm".to_owned(),
            bin: "/cache/pm/bin".to_owned(),
            python: "/usr/bin/python3".to_owned(),
            site_packages: "/cache/pm/lib/python3/site-packages".to_owned(),
            profile: format!("{location}/profiles/default"),
            repositories: vec![Repository {
                name: "pmsts".to_owned(),
                location,
                main: true,
            }],
            distdir: "/var/cache/distfiles".to_owned(),
            user: "builder".to_owned(),
            variables: Self::lines(&config),
            updates: false,
            one_user: false,
            sandbox: false,
            shared: true,
            config,
        }
    }

    /// The variables of the configuration, as a shell reads them.
    pub fn lines(config: &Config) -> String {
        config
            .variables
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\"\n"))
            .collect()
    }
}
