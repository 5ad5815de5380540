//! Inside a crate no two modules need each other: whoever adds an import that closes a circle is told so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};
use walkdir::WalkDir;

/// The path of a module, or of an item in one, from the root of its crate.
type ModulePath = Vec<String>;

/// A crate's modules, which each are a file.
#[derive(Default)]
struct Modules {
    files: BTreeMap<ModulePath, File>,
}

/// What a file's code names.
#[derive(Default)]
struct File {
    /// Names that it hands on, and what they stand for.
    handed_on: BTreeMap<String, ModulePath>,
    /// Paths that it uses.
    used: BTreeSet<ModulePath>,
}

impl Modules {
    fn read(src: &Path) -> Self {
        let mut modules = Self::default();
        for entry in WalkDir::new(src).sort_by_file_name() {
            let path = entry.unwrap().into_path();
            if path.extension().is_some_and(|ext| ext == "rs") && !is_left_out(src, &path) {
                let at = module_of(src, &path);
                let code = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                let mut reader = Reader {
                    at: at.clone(),
                    file: File::default(),
                };
                reader.visit_file(&code);
                modules.files.insert(at, reader.file);
            }
        }
        modules
    }

    /// The module that defines what a path names, through whoever hands it on.
    fn defining(&self, path: &[String], depth: usize) -> Option<&ModulePath> {
        let length = (0..=path.len())
            .rev()
            .find(|n| self.files.contains_key(&path[..*n]))?;
        let (module, file) = self.files.get_key_value(&path[..length])?;
        let meant = path.get(length).and_then(|name| file.handed_on.get(name));
        match meant {
            Some(meant) if depth > 0 => self.defining(meant, depth - 1),
            _ => Some(module),
        }
    }

    /// Which module needs which.
    fn arrows(&self) -> BTreeMap<&ModulePath, BTreeSet<&ModulePath>> {
        let needs = |(at, file): (&'_ ModulePath, &File)| {
            let used = file.used.iter().filter_map(|path| self.defining(path, 8));
            used.filter(|other| *other != at)
                .cloned()
                .collect::<BTreeSet<_>>()
        };
        let all = self.files.iter();
        all.map(|(at, file)| {
            let needed = needs((at, file));
            let needed = needed.iter().filter_map(|m| self.files.get_key_value(m));
            (at, needed.map(|(m, _)| m).collect())
        })
        .collect()
    }

    /// Modules that need themselves by way of others.
    fn circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let reached = |from: &ModulePath| {
            let mut seen: BTreeSet<&ModulePath> = BTreeSet::new();
            let mut open: Vec<&ModulePath> = arrows[from].iter().copied().collect();
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(&arrows[next]);
                }
            }
            seen
        };
        let reach: BTreeMap<&ModulePath, _> = arrows.keys().map(|at| (*at, reached(at))).collect();
        let mut told = Vec::new();
        for (at, needed) in &arrows {
            for other in needed.iter().filter(|other| reach[**other].contains(*at)) {
                told.push(format!("{} needs {}", at.join("::"), other.join("::")));
            }
        }
        told
    }
}

/// Tests may look at anything.
fn is_left_out(src: &Path, path: &Path) -> bool {
    let inside = path.strip_prefix(src).unwrap();
    path.file_name()
        .is_some_and(|name| name == "tests.rs" || name == "main.rs")
        || inside.starts_with("bin")
}

fn module_of(src: &Path, path: &Path) -> ModulePath {
    let inside = path.strip_prefix(src).unwrap().with_extension("");
    let mut parts: ModulePath = inside
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

struct Reader {
    at: ModulePath,
    file: File,
}

impl Reader {
    /// A path as written, from the root of the crate; none for what another crate defines.
    fn absolute(&self, written: &[String]) -> Option<ModulePath> {
        let mut base = match written.first()?.as_str() {
            "crate" => ModulePath::new(),
            "self" => self.at.clone(),
            "super" => self.at[..self.at.len().checked_sub(1)?].to_vec(),
            _ => return None,
        };
        for part in &written[1..] {
            if part == "super" {
                base.pop()?;
            } else if part != "self" {
                base.push(part.clone());
            }
        }
        Some(base)
    }

    fn imports(&mut self, tree: &UseTree, before: &[String], handed_on: bool) {
        let with = |name: &syn::Ident| {
            let mut path = before.to_vec();
            path.push(name.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => self.imports(&path.tree, &with(&path.ident), handed_on),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.imports(tree, before, handed_on);
                }
            }
            UseTree::Name(name) => self.import(&with(&name.ident), &name.ident, handed_on),
            UseTree::Rename(name) => self.import(&with(&name.ident), &name.rename, handed_on),
            UseTree::Glob(_) => {
                let path = self.absolute(before);
                self.file.used.extend(path);
            }
        }
    }

    fn import(&mut self, written: &[String], name: &syn::Ident, handed_on: bool) {
        if handed_on {
            // What a module hands on is most often its child's, by the child's bare name.
            let path = self.absolute(written).unwrap_or_else(|| {
                let mut path = self.at.clone();
                path.extend_from_slice(written);
                path
            });
            self.file.handed_on.insert(name.to_string(), path);
        } else if let Some(path) = self.absolute(written) {
            self.file.used.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let of_tests = |attributes: &[Attribute]| {
            let mut conditions = attributes.iter().filter(|a| a.path().is_ident("cfg"));
            conditions.any(|a| {
                a.parse_args::<syn::Ident>()
                    .is_ok_and(|name| name == "test")
            })
        };
        match item {
            Item::Mod(module) if of_tests(&module.attrs) => {}
            Item::Use(used) if !of_tests(&used.attrs) => {
                let handed_on = !matches!(used.vis, syn::Visibility::Inherited);
                self.imports(&used.tree, &[], handed_on);
            }
            Item::Use(_) => {}
            other => visit::visit_item(self, other),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let written: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let path_used = self.absolute(&written);
        self.file.used.extend(path_used);
        visit::visit_path(self, path);
    }
}

fn crates() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let all = fs::read_dir(root).unwrap().flatten();
    all.map(|entry| entry.path().join("src"))
        .filter(|src| src.join("lib.rs").exists())
        .collect()
}

#[test]
fn no_two_modules_of_a_crate_need_each_other() {
    let all = crates();
    assert!(all.len() >= 5, "{all:?}");
    let mut told = Vec::new();
    for src in all {
        let circles = Modules::read(&src).circles();
        told.extend(
            circles
                .iter()
                .map(|arrow| format!("{}: {arrow}", src.display())),
        );
    }
    assert!(
        told.is_empty(),
        "circles between modules:\n{}",
        told.join("\n")
    );
}

#[test]
fn a_circle_is_found_and_what_is_handed_on_is_its_own_module() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a; mod b;");
    write("a.rs", "use crate::b::One;");
    write("b/mod.rs", "mod one; mod two; pub use one::One;");
    write("b/one.rs", "pub struct One;");
    write("b/two.rs", "fn two() { crate::a::go(); }");
    assert!(Modules::read(dir.path()).circles().is_empty());
    write("b/one.rs", "fn one() { super::two::go(); }");
    let circles = Modules::read(dir.path()).circles();
    assert_eq!(circles.len(), 3, "{circles:?}");
}
