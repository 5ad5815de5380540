//! The command that runs an instance again.

use crate::describe::text;
use crate::record::{Instance, TargetRecord};

/// The command that runs these instances of a case again on one target.
pub(crate) fn command(target: &TargetRecord, instances: &[&Instance]) -> String {
    format!("{} {}", program(target), choice(instances))
}

/// The part of the command that names the target.
pub(crate) fn program(target: &TargetRecord) -> String {
    format!("pmsts run --pm {}", quoted(&target.spec))
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
