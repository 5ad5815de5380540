//! The calls of a command in shell text.

use super::words::{Piece, pieces};

/// One call of a command.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    /// Its arguments as they are written.
    pub arguments: Vec<String>,
    /// The words before it in the same simple command.
    pub before: Vec<String>,
    /// The operators on its left and right.
    pub beside: [String; 2],
    /// Whether it stands in a subshell, or a substitution.
    pub nested: bool,
    /// The phase; none in global scope.
    pub phase: Option<String>,
}

/// Words behind which a name is no call.
const NAMED: [&str; 6] = ["-t", "type", "declare", "-f", "-P", "unset"];

/// The calls of the command in the text. Where a function of the text or of `helpers` hands its own arguments on to the
/// command, the calls of the function are the command's.
pub(super) fn calls(text: &str, helpers: &str, command: &str, phase: Option<&str>) -> Vec<Call> {
    let mut found = Vec::new();
    scan(text, &[command.to_owned()], phase, false, &mut found);
    let all = format!("{helpers}\n{text}");
    let hands_on = handing_on(&all, command);
    if !hands_on.is_empty() {
        scan(text, &hands_on, phase, false, &mut found);
    }
    found.retain(|call| !call.arguments.iter().any(|a| is_handed_on(a)));
    found
}

fn scan(text: &str, names: &[String], phase: Option<&str>, nested: bool, found: &mut Vec<Call>) {
    let mut words: Vec<String> = Vec::new();
    let mut left = String::new();
    let mut depth = 0_usize;
    let ended = [Piece::Operator("\n".to_owned())];
    for piece in pieces(text).into_iter().chain(ended) {
        match piece {
            Piece::Word(word) => words.push(word),
            Piece::Inner(inner) => scan(&inner, names, phase, true, found),
            Piece::Operator(operator) => {
                let is_call = |at: &usize| {
                    let word = &words[*at];
                    let before = at.checked_sub(1).map(|at| words[at].as_str());
                    names.contains(word) && !before.is_some_and(|w| NAMED.contains(&w))
                };
                if operator != "("
                    && let Some(at) = (0..words.len()).find(is_call)
                {
                    found.push(Call {
                        arguments: words[at + 1..].to_vec(),
                        before: words[..at].to_vec(),
                        beside: [left, operator.clone()],
                        nested: nested || depth > 0,
                        phase: phase.map(str::to_owned),
                    });
                }
                match operator.as_str() {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                words.clear();
                left = operator;
            }
        }
    }
}

/// The functions of the text that hand their arguments on to the command, at once or by another such function.
fn handing_on(text: &str, command: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let mut wanted = names.clone();
        wanted.push(command.to_owned());
        let more = functions(text).into_iter().find(|(name, body)| {
            let mut inside = Vec::new();
            scan(body, &wanted, None, false, &mut inside);
            let handed = inside
                .iter()
                .flat_map(|c| &c.arguments)
                .any(|a| is_handed_on(a));
            let any = body.contains("\"$@\"") && wanted.len() == 1;
            !names.iter().any(|known| known == name) && *name != command && (handed || any)
        });
        match more {
            Some((name, _)) => names.push(name.to_owned()),
            None => return names,
        }
    }
}

/// The names and bodies of the functions that the text defines, as `name() {` … `}` at the beginning of lines or in one.
fn functions(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("() {") {
        let name = text[..at]
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        let rest = &text[at + 4..];
        let line = rest.split('\n').next().unwrap_or_default();
        let body = match rest.find("\n}") {
            _ if line.trim_end().ends_with('}') => line,
            Some(end) => &rest[..end],
            None => rest,
        };
        found.push((name, body));
    }
    found
}

/// Whether the argument is one of the function around the call.
fn is_handed_on(argument: &str) -> bool {
    let marks = ["$@", "$*", "${@", "$1", "$2", "$3", "${1", "${2", "${3"];
    !argument.contains('\'') && marks.iter().any(|mark| argument.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str, command: &str) -> Vec<String> {
        let calls = calls(text, "", command, None);
        calls.iter().map(|c| c.arguments.join(",")).collect()
    }

    #[test]
    fn calls_are_found_behind_other_commands_and_within_substitutions() {
        let text = "observe_status a has_version x\nobserve b \"$(has_version -b 'y z')\"\ntype -t has_version";
        assert_eq!(arguments(text, "has_version"), ["x", "-b,'y z'"]);
    }

    #[test]
    fn calls_of_a_function_that_hands_on_are_calls() {
        let text = "asks() {\n\thas_version \"cat/dep$1\"\n}\nasks [a]\nasks [b]\n";
        assert_eq!(arguments(text, "has_version"), ["[a]", "[b]"]);
    }

    #[test]
    fn what_stands_around_a_call_is_seen() {
        let found = calls(
            "( nonfatal dobin x | cat )",
            "",
            "dobin",
            Some("src_install"),
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].nested);
        assert_eq!(found[0].before, ["nonfatal"]);
        assert_eq!(found[0].beside, ["(".to_owned(), "|".to_owned()]);
    }
}
