//! The instances of a section on one target in full: comparisons, steps, phases and output.

use std::collections::HashMap;

use pmsts_testcases::{Compared, Outcome};
use serde::Serialize;

use super::scope::Scope;
use super::shown::{Shown, compared};
use super::time::duration;
use crate::describe::alike::notes;
use crate::describe::repeat;
use crate::describe::text::{block, line};
use crate::record::{BuildRecord, Instance, StepRecord};

/// The instances of a section on one target.
#[derive(Debug, Serialize)]
pub(super) struct Details {
    cells: Vec<Cell>,
    builds: Vec<Build>,
}

#[derive(Debug, Serialize)]
struct Cell {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Sentences on the ledger, leniency and retries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compared: Vec<Shown>,
    /// Position in [`Details::builds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<usize>,
    /// Checksum of the build: its files are in another part.
    source: String,
    /// The end of the command that runs the instance again.
    again: String,
}

#[derive(Debug, Serialize)]
struct Build {
    /// Name, testbed and batch, in words.
    about: String,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "String::is_empty")]
    log: String,
}

#[derive(Debug, Serialize)]
struct Step {
    name: String,
    command: String,
    /// How the step ended and how long it took.
    ended: String,
    /// Names of phases and how long they took.
    phases: Vec<(String, String)>,
}

/// The instances of a section on one target; `None` where there are none.
pub(super) fn details(scope: &Scope<'_>, section: usize, at: usize) -> Option<Details> {
    let target = scope.targets[at];
    let mut builds = Vec::new();
    let mut positions: HashMap<usize, usize> = HashMap::new();
    let cells = scope.instances(section, at).iter().map(|instance| {
        let known = instance
            .build
            .and_then(|at| Some((at, target.builds.get(at)?)));
        let position = known.map(|(at, record)| {
            *positions.entry(at).or_insert_with(|| {
                builds.push(build(record));
                builds.len() - 1
            })
        });
        cell(instance, position)
    });
    let cells: Vec<Cell> = cells.collect();
    (!cells.is_empty()).then_some(Details { cells, builds })
}

fn cell(instance: &Instance, build: Option<usize>) -> Cell {
    let shown = |f: &Compared| compared(f, f.outcome != Outcome::Met);
    Cell {
        id: line(&instance.id),
        reason: instance.reason.as_deref().map(line),
        notes: notes(instance).iter().map(|note| line(note)).collect(),
        compared: instance.compared.iter().map(shown).collect(),
        build,
        source: line(&instance.checksum),
        again: repeat::choice(&[instance]),
    }
}

fn build(build: &BuildRecord) -> Build {
    let mut about = vec![format!(
        "build {} in testbed {}",
        line(&build.name),
        build.lane
    )];
    about.push(match build.batch_size {
        0 | 1 => format!("batch {}", build.batch),
        2 => format!("batch {} with 1 other build", build.batch),
        n => format!("batch {} with {} other builds", build.batch, n - 1),
    });
    if build.attempts > 1 {
        about.push(format!("{} attempts", build.attempts));
    }
    let about = about.join(", ");
    Build {
        about,
        steps: build.steps.iter().map(step).collect(),
        log: block(&build.log),
    }
}

fn step(step: &StepRecord) -> Step {
    let phases = step.phases.iter().map(|phase| {
        let time = match phase.end_ms {
            Some(end) => format!("{} ms", end.saturating_sub(phase.begin_ms)),
            None => "did not end".to_owned(),
        };
        let name = if phase.ebuild == "main" {
            line(&phase.phase)
        } else {
            line(&format!("{} {}", phase.ebuild, phase.phase))
        };
        (name, time)
    });
    Step {
        name: line(&step.name),
        command: line(&step.command.join(" ")),
        ended: line(&format!("{}, {}", step.ended, duration(step.duration_ms))),
        phases: phases.collect(),
    }
}
