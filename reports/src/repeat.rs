//! The command that runs something again.

use crate::record::{Instance, Run};
use crate::text;

/// Runs one case in one EAPI on one domain again.
pub(crate) fn command(run: &Run, instance: &Instance) -> String {
    format!("{} {}", program(run), choice(instance))
}

/// The part that names the domain.
pub(crate) fn program(run: &Run) -> String {
    format!("pmsts run --pm {}", quoted(&run.spec))
}

/// The part that names the case and its EAPI.
pub(crate) fn choice(instance: &Instance) -> String {
    format!(
        "--eapi {} {}",
        quoted(&instance.eapi),
        in_quotes(&instance.case)
    )
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
    fn a_shell_takes_the_command_as_it_is_meant() {
        let mut results = sample::results();
        let run = &mut results.runs[0];
        let instance = sample::instance("a-case", Verdict::Failed, b"");
        assert_eq!(
            command(run, &instance),
            "pmsts run --pm portage@3.0.83 --eapi 8 'a-case'"
        );
        run.spec = "portage:/my $(dir)'s".to_owned();
        assert_eq!(program(run), r"pmsts run --pm 'portage:/my $(dir)'\''s'");
    }
}
