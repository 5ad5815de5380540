//! Watches which functions of a package manager a build uses: puts tracers into its testbed, and reads what they noted.
//!
//! Python is watched by a `.pth` file of its interpreter, Bash by a wrapper in its place, which starts the real one with
//! `BASH_ENV`. Both slow the package manager down and can be seen by ebuilds, so that no verdict comes from such a testbed.

mod noted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pmsts_testcases::FileSeen;
use pmsts_testcases::model::{Content, ContentKind};

pub use noted::Place;
use noted::Roots;

use crate::provision::command::guarded;
use crate::target::Target;
use crate::testbed::spec::{Access, Bind, Spec};

/// Where tracers write, in a testbed.
const OUTPUT: &str = "/var/lib/pmsts-trace";

/// What to look at for the notes of tracers: the files there.
pub(crate) const NOTED: &str = "/var/lib/pmsts-trace/*";

/// Where the tracers are, in a testbed.
const TRACERS: &str = "/usr/lib/pmsts-trace";

/// The tracer of a target.
#[derive(Debug)]
pub(crate) struct Tracer {
    /// The directory from which its interpreter reads `.pth` files.
    site: Option<PathBuf>,
    host_bash: PathBuf,
    /// The directories whose files are the package manager's.
    roots: Roots,
}

impl Tracer {
    /// Makes the tracer of a target.
    pub(crate) fn new(target: &Target) -> Self {
        let it = &target.provisioned;
        let python = it.python.as_ref().map(|python| python.path.as_path());
        let own = it.site_packages.clone();
        // The modules of a checkout are in no directory that the interpreter searches for `.pth` files.
        let is_site = |dir: &PathBuf| dir.to_string_lossy().ends_with("-packages");
        Self {
            site: own.clone().filter(is_site).or_else(|| purelib(python?)),
            host_bash: target.host_bash.clone(),
            roots: Roots::new(it.prefix.clone(), own),
        }
    }

    /// Adds the tracers to a testbed.
    pub(crate) fn inject(&self, spec: &mut Spec) {
        let real = format!("{TRACERS}/bash");
        let shown = spec
            .binds
            .iter_mut()
            .find(|bind| bind.target == self.host_bash);
        match shown {
            Some(bind) => bind.target = PathBuf::from(&real),
            None => spec.binds.push(Bind {
                source: self.host_bash.clone(),
                target: PathBuf::from(&real),
                access: Access::ReadOnly,
            }),
        }
        let mut put = |path: &Path, text: String, mode: u32| {
            let content = Content {
                kind: ContentKind::File(text.replace("@output@", OUTPUT).into()),
                mode: Some(mode),
                ..Content::default()
            };
            spec.files.insert(path.display().to_string(), content);
        };
        let wrapper = format!("#!{real}\nBASH_ENV={TRACERS}/trace.bash exec {real} \"$@\"\n");
        put(&self.host_bash, wrapper, 0o755);
        let tracer = |name: &str| PathBuf::from(format!("{TRACERS}/{name}"));
        put(
            &tracer("trace.bash"),
            include_str!("trace.bash").to_owned(),
            0o644,
        );
        put(
            &tracer("trace.py"),
            include_str!("trace.py").to_owned(),
            0o644,
        );
        if let Some(site) = &self.site {
            let start = format!("import sys; exec(open('{TRACERS}/trace.py').read(), {{}})\n");
            put(&site.join("pmsts-trace.pth"), start, 0o644);
        }
        let open = Content {
            kind: ContentKind::Directory,
            mode: Some(0o1777),
            ..Content::default()
        };
        spec.files.insert(OUTPUT.to_owned(), open);
    }

    /// What the package manager has used so far, from a look at [`NOTED`].
    pub(crate) fn read(&self, seen: &BTreeMap<String, FileSeen>) -> Vec<Place> {
        let mut places = Vec::new();
        for (path, file) in seen {
            let name = path
                .strip_prefix(OUTPUT)
                .and_then(|path| path.strip_prefix('/'));
            let (Some(name), Some(noted)) = (name, &file.content) else {
                continue;
            };
            if name.starts_with("python-") {
                places.extend(self.roots.python(&noted.0));
            } else {
                places.extend(self.roots.bash(&noted.0));
            }
        }
        places.sort();
        places.dedup();
        places
    }
}

/// The directory of an interpreter that holds its `.pth` files; without one its functions are not seen.
fn purelib(python: &Path) -> Option<PathBuf> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let output = guarded(python).args(["-I", "-c", ask]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(text.trim()))
}
