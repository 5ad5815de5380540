//! The classes of inputs: what calls are known to differ in, and implementations to get wrong.

use serde::Serialize;

use super::calls::Call;

/// A class of inputs, as in the table of `testcases/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// No argument.
    None,
    /// One argument.
    One,
    /// Two arguments.
    Two,
    /// Three and more.
    Many,
    /// An empty argument.
    Empty,
    /// A blank within an argument.
    Blank,
    /// A tab or a line break within an argument.
    TabOrLineBreak,
    /// A character of patterns that is to be taken literally.
    Pattern,
    /// A backslash, dollar sign or backquote that is to be taken literally.
    Escape,
    /// An argument that begins with a hyphen.
    LeadingDash,
    /// The argument `--`.
    DoubleDash,
    /// An argument of a hundred characters and more.
    Long,
    /// A character beyond ASCII.
    NonAscii,
    /// A path that ends in a slash.
    TrailingSlash,
    /// Two slashes in a row.
    DoubleSlash,
    /// A component `..`.
    DotDot,
    /// Below `nonfatal`.
    Nonfatal,
    /// In a pipe.
    Pipe,
    /// In a subshell or a substitution.
    Subshell,
    /// As a condition, or in a list of `&&` and `||`.
    Condition,
    /// In global scope.
    Global,
    /// In a phase that runs as root: `pkg_*` and `src_install`.
    Root,
    /// In a phase that runs as the build user.
    BuildUser,
}

/// Whether an argument, as it is written, is of a class.
type Test = fn(&str) -> bool;

/// The length of a long argument.
const LONG: usize = 100;

impl Class {
    /// The classes of a call.
    pub(super) fn of(call: &Call) -> Vec<Self> {
        let mut classes = vec![match call.arguments.len() {
            0 => Self::None,
            1 => Self::One,
            2 => Self::Two,
            _ => Self::Many,
        }];
        let of_arguments: [(Self, Test); 12] = [
            (Self::Empty, |a| matches!(a, "''" | "\"\"")),
            (Self::Blank, |a| is_quoted(a) && a.contains(' ')),
            (Self::TabOrLineBreak, |a| {
                a.contains(['\t', '\n'])
                    || a.contains("$'") && (a.contains("\\t") || a.contains("\\n"))
            }),
            (Self::Pattern, |a| {
                is_quoted(a) && a.contains(['*', '?', '['])
            }),
            (Self::Escape, |a| {
                a.contains('\'') && a.contains(['\\', '$', '`']) && !a.contains("$'")
            }),
            (Self::LeadingDash, |a| {
                bare(a).starts_with('-') && bare(a) != "--"
            }),
            (Self::DoubleDash, |a| bare(a) == "--"),
            (Self::Long, |a| a.len() >= LONG || a.contains("{1..")),
            (Self::NonAscii, |a| !a.is_ascii()),
            (Self::TrailingSlash, |a| {
                bare(a).len() > 1 && bare(a).ends_with('/')
            }),
            (Self::DoubleSlash, |a| {
                a.contains("//") && !a.contains("://")
            }),
            (Self::DotDot, |a| {
                bare(a).split('/').any(|part| part == "..")
            }),
        ];
        let has = |test: Test| call.arguments.iter().any(|a| test(a));
        classes.extend(
            of_arguments
                .iter()
                .filter(|(_, test)| has(*test))
                .map(|(class, _)| *class),
        );
        classes.extend(Self::around(call));
        classes
    }

    fn around(call: &Call) -> impl Iterator<Item = Self> {
        let before = |words: &[&str]| {
            call.before
                .iter()
                .any(|word| words.contains(&word.as_str()))
        };
        let beside =
            |operators: &[&str]| call.beside.iter().any(|o| operators.contains(&o.as_str()));
        let phase = call.phase.as_deref();
        let is_root = phase.is_some_and(|p| p.starts_with("pkg_") || p == "src_install");
        [
            (Self::Nonfatal, before(&["nonfatal"])),
            (Self::Pipe, beside(&["|"])),
            (Self::Subshell, call.nested),
            (
                Self::Condition,
                before(&["if", "while", "!", "elif"]) || beside(&["&&", "||"]),
            ),
            (Self::Global, phase.is_none()),
            (Self::Root, is_root),
            (Self::BuildUser, phase.is_some() && !is_root),
        ]
        .into_iter()
        .filter_map(|(class, is)| is.then_some(class))
    }
}

fn is_quoted(argument: &str) -> bool {
    argument.contains(['\'', '"', '\\'])
}

/// The argument without the quotes around it.
fn bare(argument: &str) -> &str {
    argument.trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::super::calls::calls;
    use super::Class::{self, *};

    #[test]
    fn classes_are_told_from_the_text() {
        for (text, classes) in [
            ("dosym", vec![None, BuildUser]),
            (
                "dosym -r '/a *' ../b/",
                vec![
                    Many,
                    Blank,
                    Pattern,
                    LeadingDash,
                    TrailingSlash,
                    DotDot,
                    BuildUser,
                ],
            ),
            (
                "nonfatal dosym '' $'a\\nb' || die",
                vec![Two, Empty, TabOrLineBreak, Nonfatal, Condition, BuildUser],
            ),
            (
                "echo | dosym -- ä//b",
                vec![Two, DoubleDash, NonAscii, DoubleSlash, Pipe, BuildUser],
            ),
        ] {
            let found = calls(text, "", "dosym", Some("src_compile"));
            assert_eq!(Class::of(&found[0]), classes, "{text}");
        }
    }
}
