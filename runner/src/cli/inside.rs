//! `pmsts run --in SERVER`: the same command inside another testbed.

use std::path::{Path, PathBuf};

use super::interrupts::Interrupts;
use super::{CliError, arguments};
use crate::outer::{self, INSIDE, Job};
use crate::provision::{Source, Spec};

/// Options that stay outside, with a value.
const OUTSIDE: [&str; 6] = ["--in", "--output", "-o", "--socket", "--config", "--preset"];

/// Options that name a file or directory, which is copied in.
const COPIED: [&str; 4] = ["--cases-dir", "--ledger", "--adapter", "--bash"];

/// Options that a run inside cannot have.
const REFUSED: [&str; 4] = ["--resume", "--rerun", "--events", "--bless"];

/// Runs the command line inside the testbed of a server; returns the exit status.
pub(super) fn execute(
    server: &str,
    output: Option<&PathBuf>,
    socket: Option<PathBuf>,
) -> Result<i32, CliError> {
    let (words, copies) = translated(&arguments()).map_err(CliError::Usage)?;
    let job = Job {
        server: server.split_whitespace().map(str::to_owned).collect(),
        words,
        copies,
        output: output.cloned(),
        socket,
    };
    let interrupts = Interrupts::catch();
    Ok(outer::run(&job, &|| interrupts.take())?)
}

/// The command line as it is inside, and what is copied in.
fn translated(words: &[String]) -> Result<(Vec<String>, Vec<PathBuf>), String> {
    let mut copies = Vec::new();
    let mut inside = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        if REFUSED.contains(&name) {
            return Err(format!(
                "{name} cannot be used with --in: the record is made inside"
            ));
        }
        let own = OUTSIDE.contains(&name);
        let path = COPIED.contains(&name) || ["--pm", "--testbed"].contains(&name);
        if !own && !path {
            inside.push(word.clone());
            continue;
        }
        let value = joined.or_else(|| words.next().cloned()).unwrap_or_default();
        if !own {
            inside.push(name.to_owned());
            inside.push(moved(name, &value, &mut copies));
        }
    }
    Ok((inside, copies))
}

/// The value of an option as it is inside.
fn moved(name: &str, value: &str, copies: &mut Vec<PathBuf>) -> String {
    let mut copy = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().unwrap_or_default().display().to_string();
        copies.push(path);
        format!("{INSIDE}/in-{}/{name}", copies.len() - 1)
    };
    match (name, value.split_once(':')) {
        ("--pm", _) => match value.parse::<Spec>() {
            Ok(Spec {
                pm,
                source: Source::Dir(dir),
            }) => format!("{pm}:{}", copy(&dir)),
            _ => value.to_owned(),
        },
        ("--testbed", Some(("tree", path))) => format!("tree:{}", copy(Path::new(path))),
        ("--testbed", _) => value.to_owned(),
        ("--ledger", _) if value == "none" => value.to_owned(),
        ("--bash", _) if ["auto", "host"].contains(&value) => value.to_owned(),
        _ => copy(Path::new(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn files_are_copied_in_and_the_record_stays_outside() {
        let typed = words(
            "run --in server -o out --cases-dir /c/cases --pm=portage:/src/portage --pm pkgcore@0.12.48 dosym* --ledger none --testbed tree:/t/x.tar --eapi 8",
        );
        let (inside, copies) = translated(&typed).unwrap();
        assert_eq!(
            inside.join(" "),
            "run --cases-dir @inside@/in-0/cases --pm portage:@inside@/in-1/portage --pm pkgcore@0.12.48 dosym* --ledger none --testbed tree:@inside@/in-2/x.tar --eapi 8"
        );
        assert_eq!(
            copies,
            ["/c/cases", "/src/portage", "/t/x.tar"].map(PathBuf::from)
        );
        let refused = translated(&words("run --in server --resume out")).unwrap_err();
        assert!(refused.contains("--resume"), "{refused}");
    }
}
