//! Reads generated files, distfiles, the server's answers, and the user's configuration.

use indexmap::IndexMap;

use super::attributes::{mode, nanoseconds, owner};
use super::fault::{Fault, Faults, Span};
use super::item::{Item, Node};
use super::table::{Table, each};
use crate::model::{
    Config, Content, ContentKind, Distfile, DistfileBody, ManifestEntry, Served, Value,
};

const CONTENT_KEYS: [&str; 9] = [
    "content",
    "base16",
    "symlink",
    "directory",
    "absent",
    "mode",
    "owner",
    "mtime",
    "mtime-nanoseconds",
];
/// The keys of which a content has exactly one.
const CONTENT_KINDS: [&str; 5] = ["content", "base16", "symlink", "directory", "absent"];
const SERVED_KEYS: [&str; 5] = ["content", "base16", "archive", "files", "status"];
const DISTFILE_KEYS: [&str; 6] = [
    "content", "base16", "archive", "files", "manifest", "present",
];

const CONFIG_KEYS: [&str; 13] = [
    "use",
    "package-use",
    "accept-keywords",
    "package-keywords",
    "accept-license",
    "package-mask",
    "package-unmask",
    "tests",
    "variables",
    "mirrors",
    "root",
    "sysroot",
    "prefix",
];

/// Reads a map of paths to contents.
pub(super) fn contents(item: Item) -> Result<IndexMap<String, Content>, Faults> {
    each(item, |path, span, item| {
        let mut faults = Faults::default();
        faults.keep(check_path(path, span));
        let content = faults.keep(content(item));
        faults.or(content.unwrap_or_default())
    })
}

/// Checks that a path stays below the directory that it belongs to.
fn check_path(path: &str, span: &Span) -> Result<(), Fault> {
    let stays = path
        .trim_start_matches('/')
        .split('/')
        .all(|part| !part.is_empty() && part != "..");
    if stays {
        Ok(())
    } else {
        let message = format!("invalid path `{path}`: write it without `..` and `//`");
        Err(Fault::new(span.clone(), message))
    }
}

fn content(item: Item) -> Result<Content, Faults> {
    if let Node::Text(text) = item.node {
        return Ok(Content {
            kind: ContentKind::File(text.into()),
            ..Content::default()
        });
    }
    let mut table = Table::of(item)?.only(CONTENT_KEYS);
    let given = CONTENT_KINDS
        .iter()
        .filter(|key| table.entries.contains_key(**key));
    let is_misspelt = CONTENT_KINDS.iter().any(|key| table.misspells(key));
    if given.count() != 1 && !is_misspelt {
        let message = format!("write exactly one of {}", CONTENT_KINDS.join(", "));
        table.push(Fault::new(table.span.clone(), message));
    }
    let kinds = [
        table.text("content").map(|it| ContentKind::File(it.into())),
        table.read("base16", base16).map(ContentKind::File),
        table.text("symlink").map(ContentKind::Symlink),
        table.flag("directory").then_some(ContentKind::Directory),
        table.flag("absent").then_some(ContentKind::Absent),
    ];
    let seconds = table.read("mtime", Item::number);
    let nanos = table.read("mtime-nanoseconds", nanoseconds);
    let content = Content {
        kind: kinds.into_iter().flatten().next().unwrap_or_default(),
        mode: table.read("mode", mode),
        owner: table.read("owner", owner),
        mtime: seconds.map(|seconds| (seconds, nanos.unwrap_or_default())),
    };
    table.finish()?;
    Ok(content)
}

fn base16(item: Item) -> Result<Value, Fault> {
    let span = item.span.clone();
    Value::from_hex(&item.text()?)
        .ok_or_else(|| Fault::new(span, "expected an even number of hexadecimal digits"))
}

/// Reads a map of names to distfiles.
pub(super) fn distfiles(item: Item) -> Result<IndexMap<String, Distfile>, Faults> {
    each(item, |name, span, item| {
        if name.contains('/') {
            let message = "the name of a distfile contains no `/`";
            return Err(Fault::new(span.clone(), message).into());
        }
        distfile(item)
    })
}

fn distfile(item: Item) -> Result<Distfile, Faults> {
    let mut table = Table::of(item)?.only(DISTFILE_KEYS);
    let body = body(&mut table);
    let manifest = table.read("manifest", manifest).unwrap_or_default();
    let present = table.read("present", Item::bool).unwrap_or(true);
    table.finish()?;
    Ok(Distfile {
        body,
        manifest,
        present,
    })
}

/// Reads `content` or `base16`, or `archive` and `files`.
fn body(table: &mut Table) -> DistfileBody {
    const KINDS: [&str; 4] = ["content", "base16", "archive", "files"];
    let has = |key| table.entries.contains_key(key);
    let given = KINDS.map(has);
    let is_misspelt = KINDS.iter().any(|key| table.misspells(key));
    let fits = matches!(
        given,
        [true, false, false, false] | [false, true, false, false] | [false, false, true, true]
    );
    if !fits && !is_misspelt {
        let message = "write either `content` or `base16`, or `archive` and `files`";
        table.push(Fault::new(table.span.clone(), message));
    }
    let content = table.text("content").map(Value::from);
    let content = content.or(table.read("base16", base16));
    let format = table.text("archive");
    let members = table.read("files", contents);
    match (format, members) {
        (Some(format), Some(members)) => DistfileBody::Archive { format, members },
        _ => DistfileBody::Content(content.unwrap_or_default()),
    }
}

/// Reads a map of paths to the server's answers.
pub(super) fn served(item: Item) -> Result<IndexMap<String, Served>, Faults> {
    each(item, |path, span, item| {
        check_path(path, span)?;
        if !path.starts_with('/') {
            let message = format!("invalid path `{path}` of a server: begin it with `/`");
            return Err(Fault::new(span.clone(), message).into());
        }
        answer(item)
    })
}

fn answer(item: Item) -> Result<Served, Faults> {
    let mut table = Table::of(item)?.only(SERVED_KEYS);
    let answer = if table.entries.contains_key("status") {
        Served::Status(table.read("status", status).unwrap_or_default())
    } else {
        Served::Body(body(&mut table))
    };
    table.finish()?;
    Ok(answer)
}

fn status(item: Item) -> Result<u16, Fault> {
    let span = item.span.clone();
    u16::try_from(item.number()?)
        .ok()
        .filter(|status| (400..600).contains(status))
        .ok_or_else(|| Fault::new(span, "`status` is an HTTP error status from 400 to 599"))
}

fn manifest(item: Item) -> Result<ManifestEntry, Fault> {
    let span = item.span.clone();
    match item.text()?.as_str() {
        "right" => Ok(ManifestEntry::Right),
        "wrong" => Ok(ManifestEntry::Wrong),
        "missing" => Ok(ManifestEntry::Missing),
        _ => Err(Fault::new(
            span,
            "`manifest` is one of right, wrong, missing",
        )),
    }
}

/// Reads the user's configuration.
pub(super) fn config(item: Item) -> Result<Config, Faults> {
    let mut table = Table::of(item)?.only(CONFIG_KEYS);
    let texts = |table: &mut Table, key: &str| -> Vec<String> {
        table.read(key, Item::texts).unwrap_or_default()
    };
    let config = Config {
        use_flags: table.text("use").unwrap_or_default(),
        package_use: texts(&mut table, "package-use"),
        accept_keywords: table.text("accept-keywords"),
        package_keywords: texts(&mut table, "package-keywords"),
        accept_license: table.text("accept-license"),
        package_mask: texts(&mut table, "package-mask"),
        package_unmask: texts(&mut table, "package-unmask"),
        tests: table.flag("tests"),
        variables: table
            .read("variables", |item| each(item, |_, _, item| item.text()))
            .unwrap_or_default(),
        mirrors: texts(&mut table, "mirrors"),
        root: table.text("root"),
        sysroot: table.text("sysroot"),
        prefix: table.text("prefix"),
    };
    table.finish()?;
    Ok(config)
}
