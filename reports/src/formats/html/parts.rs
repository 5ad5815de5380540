//! Instances in full, in parts that the page's script loads when a reader opens something: one for
//! each section and run, one for the files of a section, one for the timeline of a run. Every text
//! is safe to show.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pmsts_testcases::{Compared, Outcome};
use serde::Serialize;

use super::context::duration;
use super::scope::Scope;
use super::shown::{Shown, compared};
use crate::describe::alike::{is_problem, notes};
use crate::describe::repeat;
use crate::describe::text::{block, line};
use crate::record::{BuildRecord, Instance, SourceFiles, StepRecord, TargetRecord};

/// A part: its name, as the script asks for it, and its JSON.
pub(super) type Part = (String, String);

/// The instances of a section on one target.
#[derive(Debug, Serialize)]
struct Details {
    cells: Vec<Cell>,
    builds: Vec<Build>,
}

#[derive(Debug, Serialize)]
struct Cell {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What a ledger or a second try says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compared: Vec<Shown>,
    /// Position in [`Details::builds`].
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<usize>,
    /// Key into [`Files::sources`].
    source: String,
    /// The end of the command that repeats it.
    again: String,
}

#[derive(Debug, Serialize)]
struct Build {
    /// In words.
    about: String,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "String::is_empty")]
    log: String,
}

#[derive(Debug, Serialize)]
struct Step {
    name: String,
    command: String,
    /// How it ended and how long it took.
    ended: String,
    /// Names and times.
    phases: Vec<(String, String)>,
}

/// What the builds of a section were made of.
#[derive(Debug, Default, Serialize)]
struct Files {
    /// Names of files, and positions in `texts`, by checksum.
    sources: Vec<(String, Vec<(String, usize)>)>,
    /// Every text of a file once: most builds share most of their files.
    texts: Vec<String>,
}

/// When a run's commands ran.
#[derive(Debug, Serialize)]
struct Timeline {
    lanes: u32,
    end_ms: u64,
    bars: Vec<Bar>,
}

/// A command: lane, begin, duration, words, and whether something in it is a problem.
#[derive(Debug, Serialize)]
struct Bar(u32, u64, u64, String, bool);

/// All parts, each made when it is asked for: together they can be large.
pub(super) fn parts<'a>(
    scope: &'a Scope<'a>,
) -> impl Iterator<Item = Result<Part, serde_json::Error>> + 'a {
    let sections = 0..scope.sections.len();
    let of_section = sections.flat_map(move |section| {
        let details = (0..scope.targets.len()).filter_map(move |at| {
            let details = details(scope, section, at)?;
            Some(json(format!("{section}-{at}"), &details))
        });
        let files =
            std::iter::once_with(move || json(format!("{section}-files"), &files(scope, section)));
        details.chain(files)
    });
    let timelines = scope
        .targets
        .iter()
        .enumerate()
        .map(|(at, target)| json(format!("time-{at}"), &timeline(target)));
    of_section.chain(timelines)
}

fn json(name: String, value: &impl Serialize) -> Result<Part, serde_json::Error> {
    Ok((name, serde_json::to_string(value)?))
}

fn details(scope: &Scope<'_>, section: usize, at: usize) -> Option<Details> {
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
        n => format!("batch {} with {} others", build.batch, n - 1),
    });
    if build.attempts > 1 {
        about.push(format!("tried {} times", build.attempts));
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

fn files(scope: &Scope<'_>, section: usize) -> Files {
    let wanted: BTreeSet<&str> = (0..scope.targets.len())
        .flat_map(|target| scope.instances(section, target))
        .map(|instance| instance.checksum.as_str())
        .collect();
    let mut files = Files::default();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for checksum in wanted {
        let mut records = scope.results.iter();
        let Some(source) = records.find_map(|r| r.sources.get(checksum)) else {
            continue;
        };
        let named = names(source, &mut files.texts, &mut positions);
        files.sources.push((line(checksum), named));
    }
    files
}

fn names<'a>(
    source: &'a SourceFiles,
    texts: &mut Vec<String>,
    positions: &mut BTreeMap<&'a str, usize>,
) -> Vec<(String, usize)> {
    let files = source.files.iter().map(|(path, text)| {
        let position = *positions.entry(text).or_insert_with(|| {
            texts.push(block(text));
            texts.len() - 1
        });
        (line(path), position)
    });
    let mut files: Vec<(String, usize)> = files.collect();
    // What a reader looks for comes first.
    files.sort_by_key(|(path, _)| !path.ends_with(".ebuild"));
    files
}

fn timeline(target: &TargetRecord) -> Timeline {
    let problems: BTreeSet<usize> = target
        .instances
        .iter()
        .filter(|i| is_problem(i))
        .filter_map(|i| i.build)
        .collect();
    // Builds of a batch share their commands.
    let mut bars: BTreeMap<(u32, u64, &str), Bar> = BTreeMap::new();
    // Of an earlier run, whose testbeds are not in this picture.
    let reused = target.instances.iter().filter(|i| i.reused.is_some());
    let reused: BTreeSet<usize> = reused.filter_map(|i| i.build).collect();
    let builds = target.builds.iter().enumerate();
    for (at, build) in builds.filter(|(at, _)| !reused.contains(at)) {
        for step in &build.steps {
            let key = (build.lane, step.started_ms, step.name.as_str());
            let bar = bars.entry(key).or_insert_with(|| bar(build, step));
            bar.4 |= problems.contains(&at);
        }
    }
    let bars: Vec<Bar> = bars.into_values().collect();
    Timeline {
        lanes: bars.iter().map(|bar| bar.0 + 1).max().unwrap_or_default(),
        end_ms: bars
            .iter()
            .map(|bar| bar.1 + bar.2)
            .max()
            .unwrap_or_default(),
        bars,
    }
}

fn bar(build: &BuildRecord, step: &StepRecord) -> Bar {
    let others = match build.batch_size {
        0 | 1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let words = format!(
        "{} of {}{others}: {}, {}",
        step.name,
        build.name,
        step.ended,
        duration(step.duration_ms)
    );
    Bar(
        build.lane,
        step.started_ms,
        step.duration_ms,
        line(&words),
        false,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_is_opened_is_this() {
        let results = [sample::results()];
        let scope = Scope::new(&results);
        let parts: BTreeMap<String, serde_json::Value> = parts(&scope)
            .map(|part| part.map(|(name, json)| (name, serde_json::from_str(&json).unwrap())))
            .collect::<Result<_, _>>()
            .unwrap();
        insta::assert_json_snapshot!(parts);
    }

    #[test]
    fn a_batch_is_one_bar() {
        let mut results = sample::results();
        let target = &mut results.targets[0];
        target.builds.push(target.builds[0].clone());
        target.instances[1].build = Some(1);
        let timeline = timeline(target);
        assert_eq!(timeline.bars.len(), 1);
        assert!(timeline.bars[0].4, "a failed instance stands on it");
    }
}
