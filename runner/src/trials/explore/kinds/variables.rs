//! Values of variables that an ebuild sets in one phase and reads in later ones.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Keeps variables.
pub(super) struct Variables;

/// The phases in which the value is read again.
const LATER: [&str; 2] = ["src_compile", "pkg_postinst"];

impl Kind for Variables {
    fn name(&self) -> &'static str {
        "variables"
    }

    fn about(&self) -> &'static str {
        "values of variables, set in pkg_setup and read in later phases"
    }

    fn section(&self) -> &'static str {
        "sec:ebuild-env-state"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["ebuild-environment.default-vars-saved"]
    }

    fn at_once(&self) -> usize {
        60
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let text = string_regex("[ -~\t\né\u{1}\u{7f}]{0,8}").expect("the pattern is constant");
        let values = prop::collection::vec(text, 1..3);
        let form = select(vec!["", "export ", "declare -g ", "array", "map"]);
        (form, values)
            .prop_map(|(form, values)| question(form, &values))
            .boxed()
    }
}

fn question(form: &str, values: &[String]) -> Question {
    let words: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    let (set, read, expected) = match form {
        "array" => (
            format!("V@key@=( {} )", words.join(" ")),
            "IFS=/; echo \"${V@key@[*]}.\"",
            format!("{}.", values.join("/")),
        ),
        "map" => (
            format!("declare -gA V@key@=( [{0}x]={0} )", words[0]),
            "for k in \"${!V@key@[@]}\"; do echo \"${k}/${V@key@[${k}]}.\"; done",
            format!("{0}x/{0}.", values[0]),
        ),
        _ => (
            format!("{form}V@key@={}", words[0]),
            "echo \"${V@key@-unset}.\"",
            format!("{}.", values[0]),
        ),
    };
    let ask = format!("observe @key@ \"$({read})\"");
    let mut phases = vec![("pkg_setup", set.clone())];
    phases.extend(LATER.map(|phase| (phase, ask.clone())));
    Question {
        shown: format!("{}, read in later phases", set.replace("@key@", "")),
        phases,
        expected: LATER.map(|phase| (phase, expected.clone())).to_vec(),
        ..Question::default()
    }
}
