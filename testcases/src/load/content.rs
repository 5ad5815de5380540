//! Reads generated files, distfiles and configuration.

use indexmap::IndexMap;

use super::expect::{mode, nanoseconds, owner};
use super::fault::Fault;
use super::item::{Item, Node, Span, Table};
use crate::model::{Config, Content, ContentKind, Distfile, DistfileBody, ManifestEntry, Served};
use crate::value::Value;

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
const SERVED_KEYS: [&str; 5] = ["content", "base16", "archive", "files", "status"];
const DISTFILE_KEYS: [&str; 6] = [
    "content", "base16", "archive", "files", "manifest", "present",
];

/// Reads a map of paths to contents.
pub(super) fn contents(item: Item) -> Result<IndexMap<String, Content>, Fault> {
    item.table()?.each(|path, span, item| {
        sane(path, &span)?;
        content(item)
    })
}

/// A path that stays below the directory it is meant for.
fn sane(path: &str, span: &Span) -> Result<(), Fault> {
    let stays = path
        .trim_start_matches('/')
        .split('/')
        .all(|part| !part.is_empty() && part != "..");
    if stays {
        Ok(())
    } else {
        Err(Fault::new(
            span.clone(),
            format!("`{path}` is no path: write it without `..` and `//`"),
        ))
    }
}

fn content(item: Item) -> Result<Content, Fault> {
    if let Node::Text(text) = item.node {
        return Ok(Content {
            kind: ContentKind::File(text.into()),
            ..Content::default()
        });
    }
    let mut table = item.table()?;
    let kinds = [
        bytes(&mut table)?.map(ContentKind::File),
        table.text("symlink")?.map(ContentKind::Symlink),
        table.flag("directory")?.then_some(ContentKind::Directory),
        table.flag("absent")?.then_some(ContentKind::Absent),
    ];
    let mut kinds = kinds.into_iter().flatten();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return Err(Fault::new(
            table.span,
            "write one of content, base16, symlink, directory, absent",
        ));
    };
    let seconds = table.read("mtime", Item::number)?;
    let nanos = table
        .read("mtime-nanoseconds", nanoseconds)?
        .unwrap_or_default();
    let content = Content {
        kind,
        mode: table.read("mode", mode)?,
        owner: table.read("owner", owner)?,
        mtime: seconds.map(|seconds| (seconds, nanos)),
    };
    table.finish(&CONTENT_KEYS)?;
    Ok(content)
}

/// `content` as text or `base16` as hexadecimal digits.
fn bytes(table: &mut Table) -> Result<Option<Value>, Fault> {
    if let Some(text) = table.text("content")? {
        return Ok(Some(text.into()));
    }
    let Some(item) = table.take("base16") else {
        return Ok(None);
    };
    let span = item.span.clone();
    Value::from_hex(&item.text()?)
        .map(Some)
        .ok_or_else(|| Fault::new(span, "this wants an even number of hexadecimal digits"))
}

/// Reads a map of names to distfiles.
pub(super) fn distfiles(item: Item) -> Result<IndexMap<String, Distfile>, Fault> {
    item.table()?.each(|name, span, item| {
        if name.contains('/') {
            return Err(Fault::new(span, "a distfile's name has no `/`"));
        }
        distfile(item)
    })
}

fn distfile(item: Item) -> Result<Distfile, Fault> {
    let mut table = item.table()?;
    let body = body(&mut table)?;
    let manifest = table.read("manifest", manifest)?.unwrap_or_default();
    let present = table.read("present", Item::bool)?.unwrap_or(true);
    table.finish(&DISTFILE_KEYS)?;
    Ok(Distfile {
        body,
        manifest,
        present,
    })
}

fn body(table: &mut Table) -> Result<DistfileBody, Fault> {
    let format = table.text("archive")?;
    let members = table.read("files", contents)?;
    let content = bytes(table)?;
    match (format, members, content) {
        (Some(format), Some(members), None) => Ok(DistfileBody::Archive { format, members }),
        (None, None, Some(content)) => Ok(DistfileBody::Content(content)),
        _ => Err(Fault::new(
            table.span.clone(),
            "write either content, or archive and files",
        )),
    }
}

/// Reads a map of paths to what a server answers.
pub(super) fn served(item: Item) -> Result<IndexMap<String, Served>, Fault> {
    item.table()?.each(|path, span, item| {
        sane(path, &span)?;
        if !path.starts_with('/') {
            let message = format!("`{path}` is no path of a server: begin it with `/`");
            return Err(Fault::new(span, message));
        }
        answer(item)
    })
}

fn answer(item: Item) -> Result<Served, Fault> {
    let mut table = item.table()?;
    let answer = match table.take("status") {
        Some(item) => Served::Status(status(item)?),
        None => Served::Body(body(&mut table)?),
    };
    table.finish(&SERVED_KEYS)?;
    Ok(answer)
}

fn status(item: Item) -> Result<u16, Fault> {
    let span = item.span.clone();
    u16::try_from(item.number()?)
        .ok()
        .filter(|status| (400..600).contains(status))
        .ok_or_else(|| Fault::new(span, "a status says why there is no file: 400 to 599"))
}

fn manifest(item: Item) -> Result<ManifestEntry, Fault> {
    let span = item.span.clone();
    match item.text()?.as_str() {
        "right" => Ok(ManifestEntry::Right),
        "wrong" => Ok(ManifestEntry::Wrong),
        "missing" => Ok(ManifestEntry::Missing),
        _ => Err(Fault::new(
            span,
            "a Manifest entry is right, wrong or missing",
        )),
    }
}

/// Reads the user's configuration.
pub(super) fn config(item: Item) -> Result<Config, Fault> {
    let mut table = item.table()?;
    let texts = |table: &mut Table, key: &str| -> Result<Vec<String>, Fault> {
        Ok(table.read(key, Item::texts)?.unwrap_or_default())
    };
    let config = Config {
        use_flags: table.text("use")?.unwrap_or_default(),
        package_use: texts(&mut table, "package-use")?,
        accept_keywords: table.text("accept-keywords")?,
        package_keywords: texts(&mut table, "package-keywords")?,
        accept_license: table.text("accept-license")?,
        package_mask: texts(&mut table, "package-mask")?,
        package_unmask: texts(&mut table, "package-unmask")?,
        tests: table.flag("tests")?,
        variables: table
            .read("variables", |item| {
                item.table()?.each(|_, _, item| item.text())
            })?
            .unwrap_or_default(),
        mirrors: texts(&mut table, "mirrors")?,
        root: table.text("root")?,
        sysroot: table.text("sysroot")?,
    };
    table.finish(&[
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
    ])?;
    Ok(config)
}
