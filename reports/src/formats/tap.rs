//! TAP 14: a subtest for each target, with a test point for each instance.

use pmsts_testcases::Verdict;
use serde_json::{Value, json};

use crate::describe::alike::{bad, fails, known, why};
use crate::describe::{repeat, text};
use crate::record::{Instance, LedgerNote, Results, TargetRecord};

/// Renders the TAP document.
pub fn render(results: &Results) -> String {
    let mut out = format!("TAP version 14\n1..{}\n", results.targets.len());
    for (at, target) in results.targets.iter().enumerate() {
        write_target(&mut out, at + 1, target);
    }
    if results.interrupted {
        out.push_str(&format!("Bail out! {}\n", crate::describe::INTERRUPTED));
    }
    out
}

fn write_target(out: &mut String, number: usize, target: &TargetRecord) {
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
    let failed = target.instances.iter().any(fails);
    let ok = if failed { "not ok" } else { "ok" };
    out.push_str(&format!("{ok} {number} - {name}\n"));
}

fn point(out: &mut String, number: usize, target: &TargetRecord, instance: &Instance) {
    let ok = if fails(instance) { "not ok" } else { "ok" };
    // TAP marks an expected failure with the directive TODO.
    let (ok, directive) = match (&instance.ledger, instance.verdict) {
        (Some(LedgerNote::Known { shipped: false, .. }), _) => {
            let known = known(instance).unwrap_or_default();
            ("not ok", format!(" # TODO {}", words(&known)))
        }
        (_, Verdict::Blocked) => (ok, format!(" # SKIP {}", words(&why(instance)))),
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
    if !fails(instance) {
        return;
    }
    diagnostic(out, "      ", &details(target, instance));
}

/// The diagnostics of an instance that is a problem.
fn details(target: &TargetRecord, instance: &Instance) -> [(&'static str, Value); 8] {
    let safe = |words: &str| json!(text::line(words));
    let severity = if instance.verdict == Verdict::Error {
        "error"
    } else {
        "fail"
    };
    let ids = instance.requirements.iter().map(|id| text::line(id));
    let compared = bad(instance).map(|compared| {
        json!({
            "at": text::line(&compared.address),
            "expected": text::line(&compared.expected),
            "actual": compared.actual.as_ref().map(pmsts_testcases::Value::printable),
        })
    });
    [
        ("message", safe(&message(instance))),
        ("severity", safe(severity)),
        ("verdict", safe(instance.verdict.words())),
        ("title", safe(&instance.title)),
        ("section", safe(&instance.section)),
        ("requirements", ids.collect()),
        ("compared", compared.collect()),
        ("again", safe(&repeat::command(target, &[instance]))),
    ]
}

/// Why the instance failed, and the known finding that it shows.
fn message(instance: &Instance) -> String {
    let known = known(instance).map_or(String::new(), |known| format!("; {known}"));
    format!("{}{known}", why(instance))
}

/// Writes a YAML block; the values are JSON, which is valid YAML.
fn diagnostic(out: &mut String, indent: &str, entries: &[(&str, Value)]) {
    out.push_str(&format!("{indent}---\n"));
    for (key, value) in entries {
        out.push_str(&format!("{indent}{key}: {value}\n"));
    }
    out.push_str(&format!("{indent}...\n"));
}

/// The text as a description; `#` is escaped, as it begins a directive.
fn words(raw: &str) -> String {
    text::line(raw).replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn text_of_a_record() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn hostile_text_adds_no_directive_and_no_line() {
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
        assert!(tap.ends_with("are incomplete\n"));
    }
}
