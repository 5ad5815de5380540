//! Replaces the placeholders in every text of a build.

use indexmap::IndexMap;

use super::names::{Names, UnknownName};
use super::rows::Rows;
use crate::model::{
    Build, Config, Content, ContentKind, Distfile, DistfileBody, Ebuild, Served, Step, Value,
};

/// The build with all placeholders replaced.
pub(super) fn without_placeholders(
    build: &Build,
    names: &Names,
    rows: &Rows,
) -> Result<Build, UnknownName> {
    let text = |t: &String| rows.expand(t, names);
    let texts = |map: &IndexMap<String, String>| {
        map.iter()
            .map(|(k, v)| Ok((text(k)?, text(v)?)))
            .collect::<Result<IndexMap<_, _>, _>>()
    };
    let contents = |map: &IndexMap<String, Content>| contents(map, &text);
    Ok(Build {
        name: build.name.clone(),
        ebuilds: build
            .ebuilds
            .iter()
            .map(|(handle, e)| Ok((handle.clone(), ebuild(e, &text)?)))
            .collect::<Result<_, UnknownName>>()?,
        eclasses: texts(&build.eclasses)?,
        distfiles: build
            .distfiles
            .iter()
            .map(|(name, file)| Ok((text(name)?, distfile(file, &text)?)))
            .collect::<Result<_, UnknownName>>()?,
        served: build
            .served
            .iter()
            .map(|(path, answer)| Ok((text(path)?, served(answer, &text)?)))
            .collect::<Result<_, UnknownName>>()?,
        profile: contents(&build.profile)?,
        select_profile: build.select_profile.as_ref().map(text).transpose()?,
        repository: contents(&build.repository)?,
        repositories: build
            .repositories
            .iter()
            .map(|(name, files)| Ok((text(name)?, contents(files)?)))
            .collect::<Result<_, UnknownName>>()?,
        root: contents(&build.root)?,
        config: config(&build.config, &text)?,
        steps: build
            .steps
            .iter()
            .map(|s| step(s, names))
            .collect::<Result<_, _>>()?,
        input: build.input.as_ref().map(text).transpose()?,
        needs: build.needs.clone(),
        several_users: build.several_users,
        alone: build.alone.clone(),
        prelude: build.prelude.as_ref().map(text).transpose()?,
    })
}

type Text<'a> = &'a dyn Fn(&String) -> Result<String, UnknownName>;

fn list(texts: &[String], text: Text<'_>) -> Result<Vec<String>, UnknownName> {
    texts.iter().map(text).collect()
}

fn contents(
    map: &IndexMap<String, Content>,
    text: Text<'_>,
) -> Result<IndexMap<String, Content>, UnknownName> {
    map.iter()
        .map(|(path, content)| Ok((text(path)?, expand_content(content, text)?)))
        .collect()
}

fn expand_content(content: &Content, text: Text<'_>) -> Result<Content, UnknownName> {
    let kind = match &content.kind {
        ContentKind::File(value) => ContentKind::File(expand_value(value, text)?),
        ContentKind::Symlink(target) => ContentKind::Symlink(text(target)?),
        other => other.clone(),
    };
    Ok(Content {
        kind,
        ..content.clone()
    })
}

fn expand_value(value: &Value, text: Text<'_>) -> Result<Value, UnknownName> {
    match String::from_utf8(value.0.clone()) {
        Ok(utf8) => text(&utf8).map(Value::from),
        Err(_) => Ok(value.clone()),
    }
}

fn ebuild(ebuild: &Ebuild, text: Text<'_>) -> Result<Ebuild, UnknownName> {
    let option = |t: &Option<String>| t.as_ref().map(text).transpose();
    let texts = |map: &IndexMap<String, String>| {
        map.iter()
            .map(|(k, v)| Ok((k.clone(), text(v)?)))
            .collect::<Result<IndexMap<_, _>, _>>()
    };
    Ok(Ebuild {
        package: option(&ebuild.package)?,
        category: option(&ebuild.category)?,
        name: option(&ebuild.name)?,
        version: text(&ebuild.version)?,
        repository: option(&ebuild.repository)?,
        eapi: option(&ebuild.eapi)?,
        variables: texts(&ebuild.variables)?,
        phases: texts(&ebuild.phases)?,
        inherit: list(&ebuild.inherit, text)?,
        header: text(&ebuild.header)?,
        global: text(&ebuild.global)?,
        text: option(&ebuild.text)?,
        files: contents(&ebuild.files, text)?,
        omit: ebuild.omit.clone(),
        helper: ebuild.helper,
        trace: ebuild.trace,
    })
}

fn distfile(file: &Distfile, text: Text<'_>) -> Result<Distfile, UnknownName> {
    Ok(Distfile {
        body: body(&file.body, text)?,
        ..file.clone()
    })
}

fn served(answer: &Served, text: Text<'_>) -> Result<Served, UnknownName> {
    Ok(match answer {
        Served::Body(it) => Served::Body(body(it, text)?),
        Served::Status(status) => Served::Status(*status),
    })
}

fn body(body: &DistfileBody, text: Text<'_>) -> Result<DistfileBody, UnknownName> {
    Ok(match body {
        DistfileBody::Content(value) => DistfileBody::Content(expand_value(value, text)?),
        DistfileBody::Archive { format, members } => DistfileBody::Archive {
            format: text(format)?,
            members: contents(members, text)?,
        },
    })
}

fn config(config: &Config, text: Text<'_>) -> Result<Config, UnknownName> {
    let option = |t: &Option<String>| t.as_ref().map(text).transpose();
    Ok(Config {
        use_flags: text(&config.use_flags)?,
        package_use: list(&config.package_use, text)?,
        accept_keywords: option(&config.accept_keywords)?,
        package_keywords: list(&config.package_keywords, text)?,
        accept_license: option(&config.accept_license)?,
        package_mask: list(&config.package_mask, text)?,
        package_unmask: list(&config.package_unmask, text)?,
        tests: config.tests,
        variables: config
            .variables
            .iter()
            .map(|(name, value)| Ok((name.clone(), text(value)?)))
            .collect::<Result<_, UnknownName>>()?,
        mirrors: list(&config.mirrors, text)?,
        root: option(&config.root)?,
        sysroot: option(&config.sysroot)?,
        prefix: option(&config.prefix)?,
    })
}

/// Handles stay, because their meaning depends on the operation.
fn step(step: &Step, names: &Names) -> Result<Step, UnknownName> {
    let packages = step
        .packages
        .iter()
        .map(|t| names.expand(t))
        .collect::<Result<_, _>>()?;
    Ok(Step {
        packages,
        ..step.clone()
    })
}
