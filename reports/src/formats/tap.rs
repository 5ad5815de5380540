//! TAP 14: a subtest a target, a test point an instance.

use pmsts_testcases::Verdict;
use serde_json::{Value, json};

use crate::describe::alike::{bad, is_problem, why};
use crate::describe::{repeat, text};
use crate::record::{Instance, LedgerNote, Results, TargetRecord};

/// The text of a record.
pub fn render(results: &Results) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", results.targets.len());
    for (at, target) in results.targets.iter().enumerate() {
        write_run(&mut out, at + 1, target);
    }
    if results.interrupted {
        out.push_str("Bail out! interrupted: what is here is true, but not all\n");
    }
    out
}

fn write_run(out: &mut String, number: usize, target: &TargetRecord) {
    let name = words(&target.name);
    if let Some(reason) = &target.broken {
        out.push_str(&format!("not ok {number} - {name}\n"));
        diagnostic(out, "  ", &[("message", json!(text::line(reason)))]);
        return;
    }
    out.push_str(&format!(
        "# Subtest: {name}\n    1..{}\n",
        target.instances.len()
    ));
    if let Some(missing) = target.missing() {
        out.push_str(&format!("    # {}\n", words(&missing)));
    }
    for (at, instance) in target.instances.iter().enumerate() {
        point(out, at + 1, target, instance);
    }
    let failed = target.instances.iter().any(is_problem);
    let ok = if failed { "not ok" } else { "ok" };
    out.push_str(&format!("{ok} {number} - {name}\n"));
}

fn point(out: &mut String, number: usize, target: &TargetRecord, instance: &Instance) {
    let ok = if is_problem(instance) { "not ok" } else { "ok" };
    // A failure that is expected is what TAP calls something to do.
    let (ok, directive) = match (&instance.ledger, instance.verdict) {
        (Some(LedgerNote::Known { kind, reason }), _) => {
            let known = format!("known {kind}: {reason}");
            ("not ok", format!(" # TODO {}", words(&known)))
        }
        (_, Verdict::Skipped | Verdict::Unsupported) => {
            let reason = instance.reason.as_deref().unwrap_or_default();
            let words = words(reason);
            (ok, format!(" # SKIP {}: {words}", instance.verdict.words()))
        }
        _ => (ok, String::new()),
    };
    out.push_str(&format!(
        "    {ok} {number} - {}{directive}\n",
        words(&instance.id)
    ));
    if !is_problem(instance) {
        return;
    }
    let safe = |words: &str| json!(text::line(words));
    let compared = bad(instance).map(|compared| {
        json!({
            "at": text::line(&compared.address),
            "expected": text::line(&compared.expected),
            "actual": compared.actual.as_ref().map(pmsts_testcases::Value::printable),
        })
    });
    diagnostic(
        out,
        "      ",
        &[
            ("message", safe(&why(instance))),
            (
                "severity",
                safe(if instance.verdict == Verdict::Error {
                    "error"
                } else {
                    "fail"
                }),
            ),
            ("verdict", safe(instance.verdict.words())),
            ("title", safe(&instance.title)),
            ("section", safe(&instance.section)),
            (
                "requirements",
                json!(
                    instance
                        .requirements
                        .iter()
                        .map(|id| text::line(id))
                        .collect::<Vec<_>>()
                ),
            ),
            ("compared", compared.collect()),
            ("again", safe(&repeat::command(target, &[instance]))),
        ],
    );
}

/// A block of YAML, of which JSON is a part.
fn diagnostic(out: &mut String, indent: &str, entries: &[(&str, Value)]) {
    out.push_str(&format!("{indent}---\n"));
    for (key, value) in entries {
        out.push_str(&format!("{indent}{key}: {value}\n"));
    }
    out.push_str(&format!("{indent}...\n"));
}

/// A description, in which `#` begins no directive.
fn words(raw: &str) -> String {
    text::line(raw).replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_text_of_a_record_is_this() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn nothing_that_was_sent_is_a_directive_or_a_line() {
        let mut results = sample::results();
        results.interrupted = true;
        let evil = "x\nok 9 - y # SKIP\u{1b}";
        for instance in &mut results.targets[0].instances {
            instance.id = evil.to_owned();
            instance.title = evil.to_owned();
            instance.reason = Some(evil.to_owned());
        }
        let tap = render(&results);
        let points = tap
            .lines()
            .filter(|l| l.trim_start().starts_with("ok"))
            .count();
        assert_eq!(points, 2, "{tap}");
        let directive = |l: &&str| l.contains(" # ") && !l.contains(": \"");
        assert_eq!(tap.lines().filter(directive).count(), 1, "{tap}");
        assert!(!tap.contains('\u{1b}'));
        assert!(tap.ends_with("not all\n"));
    }
}
