//! Texts that `ver_cut` and `ver_rs` take apart.

use pmsts_testcases::pms::{cut, replace_separators};
use proptest::prelude::*;
use proptest::string::string_regex;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Takes texts apart.
pub(super) struct Pieces;

impl Kind for Pieces {
    fn name(&self) -> &'static str {
        "version-commands"
    }

    fn about(&self) -> &'static str {
        "texts and ranges for ver_cut and ver_rs"
    }

    fn section(&self) -> &'static str {
        "feat:ver-commands"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["pkg-mgr-commands.ver-cut-basic"]
    }

    fn at_once(&self) -> usize {
        80
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let text = |pattern| string_regex(pattern).expect("the pattern is constant");
        let version = || text("[0-9a-cA-C._+~-]{0,8}[0-9a]");
        let replacement = text("|[-._+&*? ]|\\\\1|\\.\\.");
        let pairs = prop::collection::vec((range(), replacement), 1..3);
        prop_oneof![
            (range(), version()).prop_map(|(range, version)| cutting(&range, &version)),
            (pairs, version()).prop_map(|(pairs, version)| replacing(&pairs, &version)),
        ]
        .boxed()
    }
}

/// `2`, `2-` or `2-4`.
fn range() -> impl Strategy<Value = String> {
    let last = prop_oneof![
        Just(None),
        Just(Some(None)),
        (0..4_u32).prop_map(|n| Some(Some(n)))
    ];
    (0..5_u32, last).prop_map(|(first, last)| match last {
        None => first.to_string(),
        Some(None) => format!("{first}-"),
        Some(Some(more)) => format!("{first}-{}", first + more),
    })
}

fn cutting(range: &str, version: &str) -> Question {
    let command = format!("ver_cut {range} {}", quoted(version));
    question(&command, cut(range, version))
}

fn replacing(pairs: &[(String, String)], version: &str) -> Question {
    let words: Vec<String> = pairs
        .iter()
        .map(|(range, by)| format!("{range} {}", quoted(by)))
        .collect();
    let command = format!("ver_rs {} {}", words.join(" "), quoted(version));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(range, by)| (range.as_str(), by.as_str()))
        .collect();
    question(&command, replace_separators(&pairs, version))
}

fn question(command: &str, printed: Option<String>) -> Question {
    Question {
        shown: command.to_owned(),
        phases: vec![("src_compile", format!("observe @key@ \"$({command})\""))],
        expected: vec![("src_compile", printed.unwrap_or_default())],
        ..Question::default()
    }
}
