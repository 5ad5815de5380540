//! Sabotages that leave out files, configuration and variables of a build, so that something is accepted
//! that must be refused, or missing that must exist.

use indexmap::IndexMap;

use super::behaviour;
use super::sabotaged::Sabotage;
use crate::expand::BuildInstance;
use crate::model::{Build, Config, ContentKind, Ebuild, MAIN, Served};

/// A build with little more than its phases: without configuration, profile and files, with empty
/// eclasses and default variables. `die` does nothing, so that phases continue.
pub(super) fn bare(build: &Build) -> Sabotage {
    let mut bare = build.clone();
    let is_used = |name: &String| {
        let mut ebuilds = build.ebuilds.values();
        ebuilds.any(|ebuild| ebuild.repository.as_ref() == Some(name))
    };
    bare.config = Config {
        // These decide where files are looked at, and whether src_test runs.
        tests: build.config.tests,
        root: build.config.root.clone(),
        sysroot: build.config.sysroot.clone(),
        prefix: build.config.prefix.clone(),
        ..Config::default()
    };
    bare.profile.clear();
    bare.select_profile = None;
    bare.repository.clear();
    bare.repositories.retain(|name, _| is_used(name));
    bare.root.clear();
    bare.eclasses.values_mut().for_each(String::clear);
    bare.input = None;
    behaviour::survive(&mut bare);
    for ebuild in bare.ebuilds.values_mut() {
        ebuild.variables.clear();
        ebuild.header.clear();
        ebuild.global.clear();
        // An ebuild that omits S creates its directory.
        ebuild.omit.retain(|name| name == "S");
        ebuild.files.clear();
        ebuild.text = None;
        ebuild.eapi = None;
    }
    Sabotage {
        name: "without its ingredients".to_owned(),
        build: bare,
    }
}

/// A build whose packages the user masks, so that the package manager refuses them.
pub(super) fn masked(instance: &BuildInstance) -> Sabotage {
    let mut build = instance.build.clone();
    let ebuilds = instance.build.ebuilds.values();
    let masks = ebuilds.map(|e| format!("={}/{}", instance.category(e), instance.pf(e)));
    build.config.package_mask.extend(masks);
    Sabotage {
        name: "with its packages masked".to_owned(),
        build,
    }
}

/// A build whose only package has another name and version, which changes variables that no ebuild can
/// change.
pub(super) fn renamed(instance: &BuildInstance) -> Option<Sabotage> {
    let mut build = instance.build.clone();
    let [ebuild] = &mut build.ebuilds.values_mut().collect::<Vec<_>>()[..] else {
        return None;
    };
    ebuild.name = Some(format!("{}-other", instance.package(ebuild)));
    "7.6_p5-r4".clone_into(&mut ebuild.version);
    Some(Sabotage {
        name: "with another name and version".to_owned(),
        build,
    })
}

/// A build without the lines of its profiles that begin with a hyphen and so take something back.
pub(super) fn lasting(build: &Build) -> Sabotage {
    let mut lasting = build.clone();
    let contents = lasting
        .profile
        .values_mut()
        .chain(lasting.repository.values_mut())
        .chain(
            lasting
                .repositories
                .values_mut()
                .flat_map(IndexMap::values_mut),
        );
    for content in contents {
        if let ContentKind::File(value) = &mut content.kind {
            let lines = value.0.split_inclusive(|byte| *byte == b'\n');
            let lines: Vec<&[u8]> = lines.filter(|line| !line.starts_with(b"-")).collect();
            value.0 = lines.concat();
        }
    }
    Sabotage {
        name: "without lines that take something back".to_owned(),
        build: lasting,
    }
}

/// Builds that each lack one ingredient. Those that every build has at most once come first.
pub(super) fn left_out(build: &Build) -> Vec<Sabotage> {
    let mut all = of_configuration(build);
    all.extend(of_files(build));
    for (handle, ebuild) in &build.ebuilds {
        all.extend(of_parts(build, handle, ebuild));
        all.extend(of_texts(build, handle, ebuild));
        let is_named = build
            .steps
            .iter()
            .any(|step| step.packages.iter().any(|package| package == handle));
        if handle != MAIN && !is_named {
            let name = format!("without {handle}");
            all.push(changed(build, name, |b| drop_key(&mut b.ebuilds, handle)));
        }
    }
    all
}

/// The build with a change.
fn changed(build: &Build, name: impl Into<String>, change: impl FnOnce(&mut Build)) -> Sabotage {
    let mut build = build.clone();
    change(&mut build);
    Sabotage::named(&name.into(), build)
}

/// Builds without configuration, standard input or profile.
fn of_configuration(build: &Build) -> Vec<Sabotage> {
    let mut all = vec![changed(build, "without its configuration", |b| {
        b.config = Config::default();
    })];
    if build.input.is_some() {
        all.push(changed(build, "without standard input", |b| b.input = None));
    }
    if build.select_profile.is_some() {
        all.push(changed(build, "with the default profile", |b| {
            b.select_profile = None;
        }));
    }
    all
}

/// Builds that each lack a file.
fn of_files(build: &Build) -> Vec<Sabotage> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Build)| {
        all.push(changed(build, name, change));
    };
    for name in build.profile.keys() {
        add(format!("without profile file {name}"), &|b| {
            drop_key(&mut b.profile, name);
        });
    }
    for name in build.repository.keys() {
        add(format!("without repository file {name}"), &|b| {
            drop_key(&mut b.repository, name);
        });
    }
    for name in build.repositories.keys() {
        add(format!("without repository {name}"), &|b| {
            drop_key(&mut b.repositories, name);
        });
    }
    for name in build.root.keys() {
        add(format!("without {name}"), &|b| drop_key(&mut b.root, name));
    }
    for name in build.eclasses.keys() {
        add(format!("with an empty eclass {name}"), &|b| {
            b.eclasses.insert(name.clone(), String::new());
        });
    }
    for name in build.distfiles.keys() {
        add(format!("without distfile {name}"), &|b| {
            drop_key(&mut b.distfiles, name);
        });
    }
    for path in build.served.keys() {
        add(format!("without {path} on the server"), &|b| {
            b.served.insert(path.clone(), Served::Status(404));
        });
    }
    all
}

/// Builds one of whose ebuilds lacks a variable, a phase or a file.
fn of_parts(build: &Build, handle: &str, ebuild: &Ebuild) -> Vec<Sabotage> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Ebuild)| {
        all.push(changed(build, name, |b| change(&mut b.ebuilds[handle])));
    };
    for name in ebuild.variables.keys() {
        add(format!("without {name} of {handle}"), &|e| {
            drop_key(&mut e.variables, name);
        });
    }
    for phase in ebuild.phases.keys() {
        add(format!("with an empty {phase} of {handle}"), &|e| {
            e.phases.insert(phase.clone(), ":".to_owned());
        });
        add(format!("without {phase} of {handle}"), &|e| {
            drop_key(&mut e.phases, phase);
        });
    }
    for name in ebuild.files.keys() {
        add(format!("without file {name} of {handle}"), &|e| {
            drop_key(&mut e.files, name);
        });
    }
    all
}

/// Builds one of whose ebuilds lacks a text, its EAPI or a line.
fn of_texts(build: &Build, handle: &str, ebuild: &Ebuild) -> Vec<Sabotage> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Ebuild)| {
        all.push(changed(build, name, |b| change(&mut b.ebuilds[handle])));
    };
    if !ebuild.header.is_empty() {
        let name = format!("without the header of {handle}");
        add(name, &|e| e.header.clear());
    }
    if !ebuild.global.is_empty() {
        let name = format!("without the global text of {handle}");
        add(name, &|e| e.global.clear());
    }
    if ebuild.eapi.is_some() {
        add(format!("with the usual EAPI of {handle}"), &|e| {
            e.eapi = None;
        });
    }
    if !ebuild.omit.is_empty() {
        let name = format!("with all default variables of {handle}");
        add(name, &|e| e.omit.clear());
    }
    for line in 0..ebuild.text.as_deref().unwrap_or_default().lines().count() {
        add(format!("without line {} of {handle}", line + 1), &|e| {
            let text = e.text.take().unwrap_or_default();
            let rest = text.lines().enumerate().filter(|(at, _)| *at != line);
            let rest: Vec<&str> = rest.map(|(_, line)| line).collect();
            e.text = Some(rest.join("\n"));
        });
    }
    all
}

fn drop_key<T>(map: &mut IndexMap<String, T>, key: &str) {
    map.shift_remove(key);
}
