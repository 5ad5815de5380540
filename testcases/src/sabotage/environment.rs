//! Sabotages of the environment of phases: other variables, and variables that are forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::behaviour::{add_text, in_phases, survive};
use super::sabotaged::{Sabotage, expected};
use super::words;
use crate::expand::Instance;
use crate::model::{Build, Check};

/// The prefix of the variables that the ebuild reads instead. Package managers make some variables
/// read-only, so these cannot be changed themselves.
const OTHER: &str = "OTHER_";

/// Observe functions that send the other variables under the names of the original ones.
const UNDER_THEIR_NAMES: &str = r#"
observe() { observe_send value "${1#OTHER_}" "${@:2}"; }
observe_variable() {
	local observe_name
	for observe_name in "$@"; do
		observe_send value "${observe_name#OTHER_}.state" other
		observe_send value "${observe_name#OTHER_}" "${!observe_name-}"
	done
}"#;

static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?m)(?:^|[;{(&|]|\blocal\b|\bexport\b|\bdeclare -\w+)\s*([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]\n]*\])?\+?=";
    Regex::new(pattern).expect("the pattern is constant")
});

/// Gives each phase other values of the package manager's variables. Variables that a case expects to be
/// unset are set, and those that it expects to be set are unset.
pub(super) fn other(build: &Build, instances: &[&Instance]) -> Sabotage {
    let (mut wanted, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
    for (_, check) in expected(instances) {
        match check {
            Check::Contains(words) | Check::Set(words) => wanted.extend(names(words)),
            Check::Lacks(words) => unwanted.extend(names(words)),
            _ => {}
        }
    }
    let mut variables = words::all_variables(build);
    variables.retain(|name| !unwanted.contains(name.as_str()));
    wanted.retain(|name| !variables.contains(*name));
    let mut build = build.clone();
    survive(&mut build);
    let texts = build.ebuilds.values_mut().flat_map(|ebuild| {
        let phases = ebuild.phases.values_mut();
        phases.chain([&mut ebuild.global])
    });
    for text in texts {
        *text = renamed(text, &variables);
    }
    in_phases(&mut build, |phase| {
        let others = variables
            .iter()
            .map(|name| format!("local {OTHER}{name}=/other/{phase}/{name}"));
        let gone = wanted.iter().map(|name| format!("unset {name}"));
        let there = unwanted
            .iter()
            .map(|name| format!("export {name}=/other/{phase}"));
        let mut lines: Vec<String> = others.collect();
        lines.extend(
            gone.chain(there)
                .map(|line| format!("{line} 2>/dev/null || :")),
        );
        lines.join("\n")
    });
    add_text(&mut build, UNDER_THEIR_NAMES);
    Sabotage::named("with other variables", build)
}

/// Unsets in each phase the variables that other phases or the global text set.
pub(super) fn forgetful(build: &Build) -> Sabotage {
    let mut build = build.clone();
    for ebuild in build.ebuilds.values_mut() {
        let mut set: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let global = [(String::new(), &ebuild.global)];
        let phases = ebuild
            .phases
            .iter()
            .map(|(name, body)| (name.clone(), body));
        for (phase, body) in phases.chain(global) {
            let names = ASSIGNED.captures_iter(body).map(|name| name[1].to_owned());
            set.insert(phase, names.collect());
        }
        for (phase, body) in &mut ebuild.phases {
            let others = set.iter().filter(|(other, _)| *other != phase);
            let names: BTreeSet<&str> = others.flat_map(|(_, n)| n).map(String::as_str).collect();
            if !names.is_empty() {
                let names: Vec<&str> = names.into_iter().collect();
                *body = format!("unset {} 2>/dev/null || :\n{body}", names.join(" "));
            }
        }
    }
    Sabotage::named("with phases that forget what others set", build)
}

fn names(words: &[String]) -> impl Iterator<Item = &str> {
    let is_name = |word: &&str| {
        word.starts_with(|c| is_of_name(c) && !c.is_ascii_digit()) && word.chars().all(is_of_name)
    };
    words.iter().map(String::as_str).filter(is_name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Renames the variables in the text, except where the word is part of a path or of a format.
fn renamed(text: &str, variables: &BTreeSet<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_of_name) {
        let (before, from) = rest.split_at(begin);
        let (word, after) = from.split_at(from.find(|c| !is_of_name(c)).unwrap_or(from.len()));
        out.push_str(before);
        if variables.contains(word) && !before.ends_with(['%', '-', '/', '.']) {
            out.push_str(OTHER);
        }
        out.push_str(word);
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Ebuild, MAIN};

    fn build(phases: &[(&str, &str)]) -> Build {
        let ebuild = Ebuild {
            phases: (phases.iter())
                .map(|(name, body)| ((*name).to_owned(), (*body).to_owned()))
                .collect(),
            ..Ebuild::default()
        };
        Build {
            ebuilds: [(MAIN.to_owned(), ebuild)].into(),
            ..Build::default()
        }
    }

    #[test]
    fn variables_are_renamed_where_they_are_read() {
        let variables = ["D", "P", "S"].map(str::to_owned).into();
        let text = "observe_variable P; find \"${D%/}/P\" -printf %P $S ${PN} -S";
        let wanted =
            "observe_variable OTHER_P; find \"${OTHER_D%/}/P\" -printf %P $OTHER_S ${PN} -S";
        assert_eq!(renamed(text, &variables), wanted);
    }

    #[test]
    fn each_phase_forgets_what_the_others_set_and_keeps_its_own() {
        let phases = [
            ("src_compile", "A=1\nlocal b=2; C+=(3)"),
            ("src_install", "D=4"),
        ];
        let sabotage = forgetful(&build(&phases));
        let bodies: Vec<&String> = sabotage.build.ebuilds[MAIN].phases.values().collect();
        assert!(bodies[0].starts_with("unset D 2>"), "{}", bodies[0]);
        assert!(bodies[1].starts_with("unset A C b 2>"), "{}", bodies[1]);
    }
}
