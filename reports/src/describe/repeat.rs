//! The command that runs an instance again.

use crate::describe::text;
use crate::record::{Instance, TargetRecord};

/// The command that runs these instances of a case again on one target.
pub(crate) fn command(target: &TargetRecord, instances: &[&Instance]) -> String {
    format!("{} {}", program(target), choice(instances))
}

/// The part of the command that names the target.
pub(crate) fn program(target: &TargetRecord) -> String {
    let options = target
        .options
        .iter()
        .map(|word| format!(" {}", quoted(word)));
    let options: String = options.collect();
    format!("pmsts run --pm {}{options}", quoted(&target.spec))
}

/// Options with a value that change what a run finds.
const VALUED: [&str; 9] = [
    "--cases-dir",
    "--bash",
    "--adapter",
    "--timeout",
    "--timeout-per-build",
    "--grace",
    "--scratch",
    "--processes",
    "--output-limit",
];
/// Options without a value that change what a run finds.
const FLAGS: [&str; 3] = ["--undefined", "--draft", "--network"];

/// The options of a run, from its arguments, that a repetition of its instances needs.
pub fn options(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        if FLAGS.contains(&name) || VALUED.contains(&name) && name.len() < word.len() {
            kept.push(word.clone());
        } else if VALUED.contains(&name) {
            kept.push(word.clone());
            kept.extend(words.next().cloned());
        }
    }
    kept
}

/// The part of the command that names the case and its EAPIs.
pub(crate) fn choice(instances: &[&Instance]) -> String {
    let eapis: Vec<&str> = instances.iter().map(|i| i.eapi.as_str()).collect();
    let case = instances.first().map_or("", |i| i.case.as_str());
    format!("--eapi {} {}", quoted(&eapis.join(",")), in_quotes(case))
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@:/._+,-=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        in_quotes(word)
    }
}

fn in_quotes(word: &str) -> String {
    format!("'{}'", text::line(word).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict;

    use super::*;
    use crate::sample;

    #[test]
    fn a_repetition_has_the_options_that_change_what_is_found() {
        let all = "run --pm a --cases-dir my/cases --output out --undefined --bash=/b --jobs 2 --adapter x.toml case";
        let all: Vec<String> = all.split(' ').map(str::to_owned).collect();
        let kept = options(&all);
        let wanted = [
            "--cases-dir",
            "my/cases",
            "--undefined",
            "--bash=/b",
            "--adapter",
            "x.toml",
        ];
        assert_eq!(kept, wanted);
        let mut results = sample::results();
        results.targets[0].options = kept;
        let told = "pmsts run --pm portage@3.0.83 --cases-dir my/cases --undefined --bash=/b --adapter x.toml";
        assert_eq!(program(&results.targets[0]), told);
    }

    #[test]
    fn the_command_is_quoted_for_a_shell() {
        let mut results = sample::results();
        let target = &mut results.targets[0];
        let instance = sample::instance("a-case", Verdict::Failed, b"");
        assert_eq!(
            command(target, &[&instance]),
            "pmsts run --pm portage@3.0.83 --eapi 8 'a-case'"
        );
        let mut other = instance.clone();
        other.eapi = "9".to_owned();
        assert_eq!(choice(&[&instance, &other]), "--eapi 8,9 'a-case'");
        target.spec = "portage:/my $(dir)'s".to_owned();
        assert_eq!(program(target), r"pmsts run --pm 'portage:/my $(dir)'\''s'");
    }
}
