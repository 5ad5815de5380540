//! Sabotages of a build, derived from what its cases observe. A case that notices none of them
//! cannot fail, and so verifies nothing.
//!
//! Those that break what the case is about come first; that an observation arrives altered comes last.

mod ingredients;
mod words;

use std::collections::BTreeSet;

use crate::address::What;
use crate::expect::Check;
use crate::instance::{BuildInstance, Instance};
use crate::model::{Build, is_phase};
use crate::verdict::{Finding, Judgement, Outcome};

/// A build with something broken in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sabotage {
    /// What was broken: `without dosym`.
    pub name: String,
    /// The build.
    pub build: Build,
}

/// Sabotages of a build, those first that are nearest to what the instances observe.
pub fn sabotages(build: &BuildInstance, instances: &[&Instance]) -> Vec<Sabotage> {
    let build = &build.build;
    let mut all = Vec::new();
    let commands = words::commands(build);
    if commands.len() > 1 {
        all.push(without_commands(build, "without its commands", &commands));
    }
    let variables = words::variables(build);
    if !variables.is_empty() {
        all.push(unset(build, &variables));
    }
    all.extend(images(build));
    all.extend(forged(build, instances));
    for command in &commands {
        let name = format!("without {command}");
        all.push(without_commands(build, &name, &[command.clone()].into()));
    }
    all.push(silent(build));
    all.extend(unseen_phases(build));
    all.extend(ingredients::left_out(build));
    all.push(altered(build));
    all.retain(|sabotage| sabotage.build != *build);
    all
}

fn with_text(build: &Build, name: &str, text: &str) -> Sabotage {
    let mut build = build.clone();
    let old = build.sabotage.take().unwrap_or_default();
    build.sabotage = Some(format!("{old}\n{text}"));
    Sabotage {
        name: name.to_owned(),
        build,
    }
}

/// Commands that do nothing, and say that all is well.
fn without_commands(build: &Build, name: &str, commands: &BTreeSet<String>) -> Sabotage {
    let lines: Vec<String> = commands.iter().map(|c| format!("{c}() {{ :; }}")).collect();
    with_text(build, name, &lines.join("\n"))
}

/// Text at the begin of every phase of every ebuild.
fn in_phases(build: &Build, name: &str, text: impl Fn(&str) -> String) -> Sabotage {
    let mut build = build.clone();
    for ebuild in build.ebuilds.values_mut() {
        for (phase, body) in &mut ebuild.phases {
            *body = format!("{}\n{body}", text(phase));
        }
    }
    Sabotage {
        name: name.to_owned(),
        build,
    }
}

/// Variables of the package manager that are gone; read-only ones stay.
fn unset(build: &Build, variables: &BTreeSet<String>) -> Sabotage {
    let list: Vec<&str> = variables.iter().map(String::as_str).collect();
    let text = format!("unset {} 2>/dev/null || :", list.join(" "));
    in_phases(build, "without its variables", |_| text.clone())
}

/// An image that is empty, or whose files have other modes, owners and times.
fn images(build: &Build) -> Vec<Sabotage> {
    let mut all = Vec::new();
    for (name, text) in [
        (
            "with an empty image",
            r#"find "${D:?}" -mindepth 1 -delete"#,
        ),
        (
            "with other modes, owners and times",
            r#"find "${D:?}" -mindepth 1 ! -type l -exec chmod 0741 {} + ; find "${D:?}" -mindepth 1 -exec chown -h 7:7 {} + -exec touch -h -d @7 {} +"#,
        ),
    ] {
        let mut build = build.clone();
        for ebuild in build.ebuilds.values_mut() {
            if let Some(body) = ebuild.phases.get_mut("src_install") {
                *body = format!("{body}\n{text}");
            }
        }
        all.push(Sabotage {
            name: name.to_owned(),
            build,
        });
    }
    all
}

/// What must not be observed, sent.
fn forged(build: &Build, instances: &[&Instance]) -> Option<Sabotage> {
    let expected = instances.iter().flat_map(|i| &i.expect);
    let absent: BTreeSet<(&str, &str)> = expected
        .filter_map(|(address, check)| match (&address.what, check) {
            (What::Sent { phase, key }, Check::Absent) => Some((phase.as_str(), key.as_str())),
            _ => None,
        })
        .collect();
    if absent.is_empty() {
        return None;
    }
    let name = "with what must not be observed";
    Some(in_phases(build, name, |phase| {
        let keys = absent.iter().filter(|(of, _)| *of == phase);
        let lines: Vec<String> = keys
            .map(|(_, key)| format!("observe '{key}' forged"))
            .collect();
        lines.join("\n")
    }))
}

/// Phases of which none is heard to begin or end.
fn silent(build: &Build) -> Sabotage {
    let text = "observe_begin() { :; }\nobserve_end() { return $?; }";
    with_text(build, "with silent phases", text)
}

/// Phases that run and are not heard, one at a time.
fn unseen_phases(build: &Build) -> Vec<Sabotage> {
    let phases: BTreeSet<&String> = build
        .ebuilds
        .values()
        .flat_map(|ebuild| ebuild.phases.keys())
        .filter(|name| is_phase(name))
        .collect();
    phases
        .into_iter()
        .map(|phase| {
            let text = format!(
                "observe_begin() {{ [[ ${{FUNCNAME[1]}} == {phase} ]] || observe_send begin; }}\n\
                 observe_end() {{ local status=$?; [[ ${{FUNCNAME[1]}} == {phase} ]] || observe_send end; return ${{status}}; }}"
            );
            with_text(build, &format!("without {phase}"), &text)
        })
        .collect()
}

/// Every value arrives altered.
fn altered(build: &Build) -> Sabotage {
    let text = r#"eval "observe_honest_$(declare -f observe_send)"
observe_send() {
	case $1:$# in
		value:3) observe_honest_observe_send value "$2" "$3 sabotaged" ;;
		value:2) { cat; printf sabotaged; } | observe_honest_observe_send value "$2" ;;
		*) observe_honest_observe_send "$@" ;;
	esac
}"#;
    with_text(build, "with altered observations", text)
}

/// Whether the case noticed a sabotage: something that it asks for came and differs, or did not come
/// from a build that went well otherwise. That the sabotage broke the build is no merit of the case.
pub fn noticed(instance: &Instance, judgement: &Judgement) -> bool {
    if !judgement.verdict.is_failure() || judgement.reason.is_some() {
        return false;
    }
    let says_ending = instance
        .expect
        .iter()
        .any(|(_, check)| matches!(check, Check::Ending(_)));
    let says_installed = instance
        .expect
        .iter()
        .any(|(address, _)| address.what == What::Installed);
    let is_said = |finding: &Finding| {
        (says_ending || !finding.address.ends_with("outcome"))
            && (says_installed || !finding.address.ends_with("installed"))
    };
    let (said, unsaid): (Vec<_>, Vec<_>) = judgement.findings.iter().partition(|f| is_said(f));
    let went_well = unsaid.iter().all(|f| f.outcome == Outcome::Met);
    said.iter().any(|f| match f.outcome {
        Outcome::Differs => true,
        Outcome::Missing => went_well,
        Outcome::Met | Outcome::Recorded => false,
    })
}
