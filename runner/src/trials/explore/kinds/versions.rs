//! Pairs of versions, compared by `ver_test`.

use std::cmp::Ordering;

use pmsts_testcases::pms::Version;
use proptest::prelude::*;
use proptest::string::string_regex;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Versions whose components are often equal or nearly so.
pub(super) const VERSION: &str = "(0|1|2|10|01|010|001|100|99999999999999999999)(\\.(0|1|2|10|01|010|001|100|19)){0,3}[abz]?(_(alpha|beta|pre|rc|p)(0|1|2|01|10)?){0,2}(-r(0|1|2|01|10))?";

/// Compares two versions.
pub(super) struct Versions;

impl Kind for Versions {
    fn name(&self) -> &'static str {
        "versions"
    }

    fn about(&self) -> &'static str {
        "pairs of versions, compared by ver_test"
    }

    fn section(&self) -> &'static str {
        "feat:ver-commands"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["names.vercmp-left-to-right"]
    }

    fn at_once(&self) -> usize {
        120
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let version = || string_regex(VERSION).expect("the pattern is constant");
        (version(), version())
            .prop_map(|(a, b)| question(&a, &b))
            .boxed()
    }
}

fn question(a: &str, b: &str) -> Question {
    let parsed = (Version::parse(a), Version::parse(b));
    let order = match &parsed {
        (Some(a), Some(b)) => a.compare(b),
        // The pattern draws versions only.
        _ => Ordering::Equal,
    };
    let holds = match order {
        Ordering::Less => "-lt -le -ne",
        Ordering::Equal => "-eq -le -ge",
        Ordering::Greater => "-gt -ge -ne",
    };
    let (first, second) = (quoted(a), quoted(b));
    let ask = format!(
        "holds=\nfor operator in -lt -eq -gt -le -ge -ne; do\n\
         \tver_test {first} ${{operator}} {second} && holds+=\" ${{operator}}\"\ndone\n\
         observe @key@ \"${{holds# }}\""
    );
    // In the order in which they are asked.
    let order = ["-lt", "-eq", "-gt", "-le", "-ge", "-ne"];
    let expected: Vec<&str> = order
        .into_iter()
        .filter(|it| holds.split(' ').any(|word| word == *it))
        .collect();
    Question {
        shown: format!("ver_test of {a} and {b}"),
        phases: vec![("src_compile", ask)],
        expected: vec![("src_compile", expected.join(" "))],
        ..Question::default()
    }
}
