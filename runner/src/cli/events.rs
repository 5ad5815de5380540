//! Writes the events of a run as lines of JSON, each as soon as it happens (`--events`).

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use super::{CliError, say};
use crate::record::events::{RunEvent, Sink};

/// Writes each event as a line of JSON.
pub(super) struct Events {
    /// `None` after a line could not be written: a stream that ends is better than one with gaps.
    file: Option<File>,
    path: PathBuf,
    began: Instant,
    targets: Vec<String>,
}

impl Events {
    /// Opens the file, which can be a pipe. Its former content is replaced.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        let file = File::create(path).map_err(|source| CliError::Output {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::of(Some(file), path.to_owned()))
    }

    /// Another writer to the same file, for one more run, whose lines follow.
    pub(super) fn again(&self) -> Self {
        let file = self.file.as_ref().and_then(|file| file.try_clone().ok());
        Self::of(file, self.path.clone())
    }

    fn of(file: Option<File>, path: PathBuf) -> Self {
        Self {
            file,
            path,
            began: Instant::now(),
            targets: Vec::new(),
        }
    }

    fn line(&mut self, event: &RunEvent<'_>) -> Option<Value> {
        let mut line = match event {
            RunEvent::Begun(targets) => {
                self.targets = targets.iter().map(|(name, _)| name.clone()).collect();
                let targets = targets
                    .iter()
                    .map(|(name, count)| json!({ "target": name, "instances": count }));
                json!({ "event": "begun", "schema": pmsts_reports::record::SCHEMA, "targets": targets.collect::<Vec<_>>() })
            }
            RunEvent::Build { target, build, .. } => {
                json!({ "event": "build", "target": self.targets.get(*target), "build": build })
            }
            RunEvent::Verdict { target, instance } => {
                json!({ "event": "verdict", "target": self.targets.get(*target), "instance": instance })
            }
            RunEvent::Interrupted(count) => json!({ "event": "interrupted", "count": count }),
            RunEvent::Ended => json!({ "event": "ended" }),
            RunEvent::Used { .. } | RunEvent::Progress(_) | RunEvent::Status(_) => return None,
        };
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        line["elapsed_ms"] = elapsed.into();
        Some(line)
    }
}

impl Sink for Events {
    fn event(&mut self, event: &RunEvent<'_>) {
        let Some(line) = self.line(event) else { return };
        let Some(file) = &mut self.file else { return };
        // One write for each line, so that a reader never sees half a line.
        if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
            say(&format!(
                "events: cannot write `{}` any more: {error}",
                self.path.display()
            ));
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use pmsts_reports::record::BuildRecord;

    use super::*;

    #[test]
    fn every_event_is_a_line_that_can_be_read_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut events = Events::create(&path).unwrap();
        let build = BuildRecord {
            log: "a\nb".to_owned(),
            ..BuildRecord::default()
        };
        events.event(&RunEvent::Begun(&[("portage@1".to_owned(), 2)]));
        events.event(&RunEvent::Build {
            observed: &pmsts_testcases::Observed::default(),
            target: 0,
            index: 0,
            build: &build,
        });
        events.event(&RunEvent::Progress(&[]));
        events.event(&RunEvent::Ended);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        let names: Vec<&str> = lines.iter().filter_map(|l| l["event"].as_str()).collect();
        assert_eq!(names, ["begun", "build", "ended"]);
        assert_eq!(lines[1]["target"], "portage@1");
    }
}
