//! `JUnit` XML: a test suite for each target, a test case for each instance, with the PMS section as its class.

use std::time::Duration;

use pmsts_testcases::Verdict;
use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString,
};

use crate::describe::alike::{STALE, actual, bad, is_problem, known, why};
use crate::describe::diff::{self, Line};
use crate::describe::{repeat, text};
use crate::record::{Instance, LedgerNote, Results, TargetRecord};

/// Renders the XML.
pub fn render(results: &Results) -> String {
    let mut report = Report::new("pmsts");
    report.set_time(Duration::from_millis(results.duration_ms));
    for target in &results.targets {
        report.add_test_suite(suite(results, target));
    }
    // Writing to memory cannot fail.
    report.to_string().unwrap_or_default()
}

fn suite(results: &Results, target: &TargetRecord) -> TestSuite {
    let mut suite = TestSuite::new(line(&target.name));
    suite.set_time(Duration::from_millis(target.timing.wall_ms));
    let host = format!("{}, Linux {}", results.host.system, results.host.kernel);
    let interrupted = if results.interrupted { "yes" } else { "no" };
    for (name, value) in [
        ("bash", target.bash.as_str()),
        ("testbed", &target.testbed),
        ("host", &host),
        ("pms-revision", &results.suite.pms_revision),
        ("interrupted", interrupted),
    ] {
        suite.add_property(Property::new(name, line(value)));
    }
    if let Some(missing) = target.missing() {
        suite.add_property(Property::new("missing", line(&missing)));
    }
    if let Some(reason) = &target.broken {
        suite.add_test_case(broken(target, reason));
    }
    for instance in &target.instances {
        suite.add_test_case(case(target, instance));
    }
    suite
}

/// A test case for a target that could not run: it has no instances, and an empty suite would look like success.
fn broken(target: &TargetRecord, reason: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("broken").set_message(line(reason));
    let mut case = TestCase::new("target", status);
    case.set_classname(line(&target.name));
    case
}

fn case(target: &TargetRecord, instance: &Instance) -> TestCase {
    let mut case = TestCase::new(line(&instance.id), status(target, instance));
    case.set_classname(line(&instance.section));
    for id in &instance.requirements {
        case.add_property(Property::new("requirement", line(id)));
    }
    if let Some(build) = instance.build.and_then(|index| target.builds.get(index)) {
        if build.attempts > 1 {
            let attempts = build.attempts.to_string();
            case.add_property(Property::new("attempts", attempts.as_str()));
        }
        let ms = build
            .steps
            .iter()
            .map(|step| step.duration_ms)
            .fold(0, u64::saturating_add);
        case.set_time(Duration::from_millis(
            ms / u64::from(build.batch_size.max(1)),
        ));
        if is_problem(instance) && !build.log.is_empty() {
            case.set_system_out(block(&build.log));
        }
    }
    case
}

fn status(target: &TargetRecord, instance: &Instance) -> TestCaseStatus {
    match &instance.ledger {
        Some(LedgerNote::Known { shipped: false, .. }) => {
            return skipped(&known(instance).unwrap_or_default());
        }
        Some(LedgerNote::Stale { shipped: false, .. }) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("stale");
            status.set_message(line(STALE));
            return status;
        }
        // What a ledger says that is part of pmsts excuses nothing.
        Some(_) | None => {}
    }
    let kind = match instance.verdict {
        Verdict::Passed | Verdict::Recorded => return success(instance),
        Verdict::Blocked => return skipped(&why(instance)),
        Verdict::Skipped | Verdict::Unsupported => {
            let reason = instance.reason.as_deref().unwrap_or_default();
            return skipped(&format!("{}: {reason}", instance.verdict.words()));
        }
        Verdict::Error => NonSuccessKind::Error,
        Verdict::Failed | Verdict::NotObserved | Verdict::TimedOut => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(instance.verdict.words());
    status.set_message(line(&why(instance)));
    status.set_description(block(&description(target, instance)));
    status
}

/// A pass; if the instance failed before, the failure is recorded as a rerun.
fn success(instance: &Instance) -> TestCaseStatus {
    let mut status = TestCaseStatus::success();
    if instance.flaky {
        let mut failed = TestRerun::new(NonSuccessKind::Failure);
        failed
            .set_type("flaky")
            .set_message("it failed before it passed");
        status.add_rerun(failed);
    }
    status
}

fn skipped(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(line(message));
    status
}

fn description(target: &TargetRecord, instance: &Instance) -> String {
    let mut lines = vec![instance.title.clone()];
    lines.extend(instance.reason.clone());
    for compared in bad(instance) {
        lines.push(format!("{}:", compared.address));
        lines.push(format!("  expected {}", compared.expected));
        lines.push(format!("  {}", actual(compared)));
        if let (Some(exact), Some(actual)) = (&compared.exact, &compared.actual)
            && (exact.0.contains(&b'\n') || actual.0.contains(&b'\n'))
        {
            lines.extend(diff::lines(exact, actual).iter().flat_map(unified));
        }
    }
    if let Some(LedgerNote::Changed { how, .. }) = &instance.ledger {
        lines.push(format!("it fails differently from the ledger: {how}"));
    }
    lines.extend(known(instance));
    lines.extend(instance.disputed.iter().map(|d| format!("disputed: {d}")));
    lines.push(format!(
        "run again: {}",
        repeat::command(target, &[instance])
    ));
    lines.join("\n")
}

fn unified(line: &Line) -> Vec<String> {
    match line {
        Line::Same(text) => vec![format!("   {text}")],
        Line::Differ(old, new) => {
            let old = old.iter().map(|text| format!("  -{text}"));
            old.chain(new.iter().map(|text| format!("  +{text}")))
                .collect()
        }
        Line::Gap(lines) => vec![format!("  … {lines} equal lines")],
    }
}

fn line(raw: &str) -> XmlString {
    XmlString::new(allowed(&text::line(raw)))
}

fn block(raw: &str) -> XmlString {
    XmlString::new(allowed(&text::block(raw)))
}

/// Escapes characters that XML forbids even as references.
fn allowed(text: &str) -> String {
    text.replace('\u{fffe}', "\\u{fffe}")
        .replace('\u{ffff}', "\\u{ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn xml_of_a_record() {
        insta::assert_snapshot!(render(&sample::results()));
    }

    #[test]
    fn forbidden_characters_are_escaped() {
        let mut results = sample::results();
        results.targets[0].builds[0].log = (0..0x300).filter_map(char::from_u32).collect();
        results.targets[0].builds[0]
            .log
            .push_str("\u{fffe}\u{ffff}]]>");
        let xml = render(&results);
        let forbidden = |c: char| {
            (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}')
        };
        assert!(!xml.contains(forbidden));
        assert!(xml.contains("\\u{fffe}"));
    }

    #[test]
    fn a_pass_after_a_retry_is_flaky() {
        let mut results = sample::results();
        results.targets[0].instances[0].flaky = true;
        let xml = render(&results);
        assert!(xml.contains("<flakyFailure"), "{xml}");
        assert!(xml.contains("failures=\"1\""), "{xml}");
    }

    #[test]
    fn a_target_that_could_not_run_is_an_error() {
        let mut results = sample::results();
        results.targets[0].instances.clear();
        results.targets[0].broken = Some("no Python fits".to_owned());
        let xml = render(&results);
        assert!(xml.contains("errors=\"1\""), "{xml}");
        assert!(xml.contains("no Python fits"), "{xml}");
    }
}
