//! What a build is made of, left out one at a time: what must be refused is accepted then, what must be
//! there is not.

use indexmap::IndexMap;

use super::behaviour;
use super::sabotaged::Sabotage;
use crate::expand::BuildInstance;
use crate::model::{Build, Config, ContentKind, Ebuild, MAIN, Served};

/// A build with little more than its phases: no configuration, profile or files of its own, eclasses that
/// are empty, default variables. What dies as something is missing goes on.
pub(super) fn bare(build: &Build) -> Sabotage {
    let mut bare = build.clone();
    let is_used = |name: &String| {
        let mut ebuilds = build.ebuilds.values();
        ebuilds.any(|ebuild| ebuild.repository.as_ref() == Some(name))
    };
    bare.config = Config {
        // Where it lies and whether tests run decides which phases there are to be heard.
        tests: build.config.tests,
        root: build.config.root.clone(),
        sysroot: build.config.sysroot.clone(),
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
        // Whoever leaves S out makes it.
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

/// A build whose packages the user masked: what must be accepted is refused.
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

/// A build whose one package has another name and version: variables that no ebuild can change differ.
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

/// A build whose profiles take nothing back: without the lines that begin with a hyphen.
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

/// Builds that each lack one ingredient, those first that a build has one of.
pub(super) fn left_out(build: &Build) -> Vec<Sabotage> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Build)| {
        let mut build = build.clone();
        change(&mut build);
        all.push(Sabotage { name, build });
    };
    add("without its configuration".to_owned(), &|b| {
        b.config = Config::default();
    });
    if build.input.is_some() {
        add("without standard input".to_owned(), &|b| b.input = None);
    }
    if build.select_profile.is_some() {
        add("with the default profile".to_owned(), &|b| {
            b.select_profile = None;
        });
    }
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
    for (handle, ebuild) in &build.ebuilds {
        all.extend(of_ebuild(build, handle, ebuild));
    }
    all
}

/// Builds whose one ebuild lacks something.
fn of_ebuild(build: &Build, handle: &str, ebuild: &Ebuild) -> Vec<Sabotage> {
    let mut all = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Build)| {
        let mut build = build.clone();
        change(&mut build);
        all.push(Sabotage { name, build });
    };
    for name in ebuild.variables.keys() {
        add(format!("without {name} of {handle}"), &|b| {
            drop_key(&mut b.ebuilds[handle].variables, name);
        });
    }
    for phase in ebuild.phases.keys() {
        add(format!("with an empty {phase} of {handle}"), &|b| {
            b.ebuilds[handle]
                .phases
                .insert(phase.clone(), ":".to_owned());
        });
        add(format!("without {phase} of {handle}"), &|b| {
            drop_key(&mut b.ebuilds[handle].phases, phase);
        });
    }
    for name in ebuild.files.keys() {
        add(format!("without file {name} of {handle}"), &|b| {
            drop_key(&mut b.ebuilds[handle].files, name);
        });
    }
    if !ebuild.header.is_empty() {
        add(format!("without the header of {handle}"), &|b| {
            b.ebuilds[handle].header.clear();
        });
    }
    if !ebuild.global.is_empty() {
        add(format!("without the global text of {handle}"), &|b| {
            b.ebuilds[handle].global.clear();
        });
    }
    if ebuild.eapi.is_some() {
        add(format!("with the usual EAPI of {handle}"), &|b| {
            b.ebuilds[handle].eapi = None;
        });
    }
    if !ebuild.omit.is_empty() {
        add(format!("with all default variables of {handle}"), &|b| {
            b.ebuilds[handle].omit.clear();
        });
    }
    for line in 0..ebuild.text.as_deref().unwrap_or_default().lines().count() {
        add(format!("without line {} of {handle}", line + 1), &|b| {
            let text = b.ebuilds[handle].text.take().unwrap_or_default();
            let rest = text.lines().enumerate().filter(|(at, _)| *at != line);
            let rest: Vec<&str> = rest.map(|(_, line)| line).collect();
            b.ebuilds[handle].text = Some(rest.join("\n"));
        });
    }
    if handle != MAIN
        && !build
            .steps
            .iter()
            .any(|s| s.packages.iter().any(|t| t == handle))
    {
        add(format!("without {handle}"), &|b| {
            drop_key(&mut b.ebuilds, handle);
        });
    }
    all
}

fn drop_key<T>(map: &mut IndexMap<String, T>, key: &str) {
    map.shift_remove(key);
}
