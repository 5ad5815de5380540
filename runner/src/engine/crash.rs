//! Names the crash by which a command ended in place of a message: a signal, a traceback, an internal error. Pure.
//!
//! This is the one place where the output of a package manager is read for a verdict: a crash ends with a status that a
//! refusal has too, and nothing else tells them apart.

/// Lines with which the language of a package manager begins to report a crash, and where the report says why.
const REPORTS: [(&str, Why); 5] = [
    ("Traceback (most recent call last):", Why::AfterIndented),
    ("terminate called after throwing", Why::Here),
    ("thread 'main' panicked at", Why::Here),
    ("Segmentation fault", Why::Here),
    ("InternalError", Why::Here),
];

/// Where a report says why.
#[derive(Clone, Copy)]
enum Why {
    /// In its first line.
    Here,
    /// In the first line after it that is not indented.
    AfterIndented,
}

/// The crash that the last report in the output names, or the signal that ended the command.
pub(super) fn crash(signal: Option<i32>, output: &str) -> Option<String> {
    reported(output).or_else(|| signal.map(|number| format!("signal {number}")))
}

fn reported(output: &str) -> Option<String> {
    let lines: Vec<&str> = output.lines().collect();
    let (at, why) = lines.iter().enumerate().rev().find_map(|(at, line)| {
        let (_, why) = REPORTS.iter().find(|(sign, _)| line.contains(sign))?;
        Some((at, *why))
    })?;
    let said = match why {
        Why::Here => Some(&lines[at]),
        Why::AfterIndented => {
            let indent = indent(lines[at]);
            let mut after = lines[at + 1..].iter();
            after.find(|line| !line.trim().is_empty() && self::indent(line) <= indent)
        }
    };
    Some(said.unwrap_or(&lines[at]).trim().to_owned())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_is_named_by_its_last_line() {
        let output = "Calculating dependencies\nTraceback (most recent call last):\n  File \"/bin/emerge\", line 5\n    \
                      main()\n    ~~~~^^\nValueError: no\n * an afterthought\n";
        assert_eq!(crash(None, output).as_deref(), Some("ValueError: no"));
        // The cause comes first, and what ended the command last.
        let chained = format!(
            "{output}\nDuring handling of the above exception, another exception occurred:\n\n\
                               Traceback (most recent call last):\n  File \"x\"\nKeyError: 'x'\n"
        );
        assert_eq!(crash(None, &chained).as_deref(), Some("KeyError: 'x'"));
    }

    #[test]
    fn other_crashes_are_named_by_their_line() {
        let table = [
            (
                "thread 'main' panicked at src/main.rs:1:2:\nno\n",
                "thread 'main' panicked at src/main.rs:1:2:",
            ),
            (
                "x\nterminate called after throwing an instance of 'E'\n",
                "terminate called after throwing an instance of 'E'",
            ),
            (
                "Traceback (most recent call last):\n  cut off",
                "Traceback (most recent call last):",
            ),
        ];
        for (output, crashed) in table {
            assert_eq!(crash(None, output).as_deref(), Some(crashed));
        }
        assert_eq!(crash(Some(11), "").as_deref(), Some("signal 11"));
    }

    #[test]
    fn a_message_is_no_crash() {
        for output in [
            "",
            "emerge: there are no ebuilds to satisfy \"=a/b-1\".\n",
            "died: an error in line 3\n",
        ] {
            assert_eq!(crash(None, output), None, "{output}");
        }
    }
}
