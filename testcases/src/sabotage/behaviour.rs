//! Sabotages of what phases call and read: commands, variables, the working directory and the image.

use std::collections::BTreeSet;

use super::sabotaged::{Sabotage, expected};
use super::words;
use crate::expand::Instance;
use crate::model::{Build, Check, FileKind, What};

const EMPTY_IMAGE: &str = r#"find "${D:?}" -mindepth 1 -delete"#;
const OTHER_IMAGE: &str = r#"find "${D:?}" -mindepth 1 ! -type l -exec chmod 0741 {} + ; find "${D:?}" -mindepth 1 -exec chown -h 7:7 {} + -exec touch -h -d @7 {} +"#;

/// Everything at once: commands that do nothing, unset variables, an empty image, and another working
/// directory.
pub(super) fn broken(build: &Build) -> Sabotage {
    let mut build = build.clone();
    after_install(&mut build, EMPTY_IMAGE);
    in_another_directory(&mut build);
    unset(&mut build);
    replace_commands(&mut build, ":");
    Sabotage::named("without its commands, variables and image", build)
}

/// The parts of [`broken`], one at a time, for builds that break completely otherwise.
pub(super) fn parts(build: &Build) -> Vec<Sabotage> {
    let with = |name, change: &dyn Fn(&mut Build)| {
        let mut build = build.clone();
        change(&mut build);
        Sabotage::named(name, build)
    };
    vec![
        with("with commands that fail", &|b| replace_commands(b, "false")),
        with("with commands that are not there", &gone),
        with("without its commands", &|b| replace_commands(b, ":")),
        with("with commands that print", &|b| {
            replace_commands(b, "echo sabotaged; echo sabotaged >&2");
        }),
        with("without its variables", &unset),
        with("in another directory", &in_another_directory),
        with("with an empty image", &|b| after_install(b, EMPTY_IMAGE)),
        with("with other modes, owners and times", &|b| {
            after_install(b, OTHER_IMAGE);
        }),
    ]
}

/// Adds text after the functions of every ebuild.
pub(super) fn add_text(build: &mut Build, text: &str) {
    for whole in build.ebuilds.values_mut().filter_map(|e| e.text.as_mut()) {
        *whole = format!("{whole}\n{text}\n");
    }
    let old = build.prelude.take().unwrap_or_default();
    build.prelude = Some(format!("{old}\n{text}"));
}

/// Replaces the commands by `by`, which succeeds, fails or prints. Functions of the package manager are
/// restored at the end of a phase, because it may call them between phases.
fn replace_commands(build: &mut Build, by: &str) {
    let commands = words::commands(build);
    replace(build, &commands.into_iter().collect::<Vec<_>>(), by);
}

/// Makes `die` do nothing, so that a phase continues when something is missing.
pub(super) fn survive(build: &mut Build) {
    if words::commands(build).contains("die") {
        replace(build, &["die".to_owned()], ":");
    }
}

/// Hides the commands: they are neither defined nor found by `type`.
fn gone(build: &mut Build) {
    let commands: Vec<String> = words::commands(build).into_iter().collect();
    if !commands.is_empty() {
        let all = commands.join(" ");
        let others = format!("unset -f {all}\ntype() {{ return 1; }}");
        instead(build, &format!("{all} type"), &others);
    }
}

fn replace(build: &mut Build, commands: &[String], by: &str) {
    let others: Vec<String> = (commands.iter())
        .map(|command| format!("{command}() {{ {by}; }}"))
        .collect();
    if !others.is_empty() {
        instead(build, &commands.join(" "), &others.join("\n"));
    }
}

/// Defines other functions while a phase or the global text runs.
fn instead(build: &mut Build, all: &str, others: &str) {
    let begin = format!("observe_replaced=$(declare -f {all})\n{others}");
    let end = format!("unset -f {all}; eval \"${{observe_replaced}}\"");
    for ebuild in build.ebuilds.values_mut() {
        for body in ebuild.phases.values_mut() {
            *body = format!("local observe_replaced\n{begin}\n{body}\n{end}");
        }
        if !ebuild.global.is_empty() {
            ebuild.global = format!("{begin}\n{}\n{end}", ebuild.global);
        }
    }
}

/// Adds text to the beginning of every phase of every ebuild.
pub(super) fn in_phases(build: &mut Build, text: impl Fn(&str) -> String) {
    for ebuild in build.ebuilds.values_mut() {
        for (phase, body) in &mut ebuild.phases {
            *body = format!("{}\n{body}", text(phase));
        }
    }
}

fn in_another_directory(build: &mut Build) {
    in_phases(build, |_| r#"cd "${T:-/tmp}" || :"#.to_owned());
}

/// Unsets the variables of the package manager, except for read-only ones.
fn unset(build: &mut Build) {
    let variables: Vec<String> = words::variables(build).into_iter().collect();
    if !variables.is_empty() {
        let text = format!("unset {} 2>/dev/null || :", variables.join(" "));
        in_phases(build, |_| text.clone());
    }
}

fn after_install(build: &mut Build, text: &str) {
    for ebuild in build.ebuilds.values_mut() {
        if let Some(body) = ebuild.phases.get_mut("src_install") {
            *body = format!("{body}\n{text}");
        }
    }
}

/// Sends the observations and creates the paths that must be absent.
pub(super) fn forged(build: &Build, instances: &[&Instance]) -> Option<Sabotage> {
    let mut sent: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    for (address, check) in expected(instances) {
        match (&address.what, check) {
            (What::Sent { phase, key }, Check::Absent) => {
                sent.insert((phase, key));
            }
            (What::File(path), Check::File(file)) if file.kind == Some(FileKind::Absent) => {
                paths.insert(path);
            }
            _ => (),
        }
    }
    if sent.is_empty() && paths.is_empty() {
        return None;
    }
    let mut build = build.clone();
    in_phases(&mut build, |phase| {
        let keys = sent.iter().filter(|(of, _)| *of == phase);
        let lines: Vec<String> = keys
            .map(|(_, key)| format!("observe '{key}' forged"))
            .collect();
        lines.join("\n")
    });
    let lines: Vec<String> = paths
        .iter()
        .map(|path| format!(r#"mkdir -p "${{D}}$(dirname '{path}')"; : > "${{D}}{path}""#))
        .collect();
    after_install(&mut build, &lines.join("\n"));
    Some(Sabotage::named("with what must not be there", build))
}

/// Suppresses the reports of the beginnings and ends of phases.
pub(super) fn silent(build: &Build) -> Sabotage {
    let mut build = build.clone();
    let text = "observe_begin() { :; }\nobserve_end() { return $?; }";
    add_text(&mut build, text);
    Sabotage::named("with silent phases", build)
}
