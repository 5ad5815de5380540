//! `JUnit` XML: a suite a domain, a test case an instance.

use std::time::Duration;

use pmsts_testcases::{Finding, Outcome, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite, XmlString};

use crate::record::{Instance, Results, Run};

/// The XML of a record.
pub fn render(results: &Results) -> String {
    let mut report = Report::new("pmsts");
    report.set_time(Duration::from_millis(results.duration_ms));
    for run in &results.runs {
        report.add_test_suite(suite(run));
    }
    // Writing to memory does not fail.
    report.to_string().unwrap_or_default()
}

fn suite(run: &Run) -> TestSuite {
    let mut suite = TestSuite::new(run.domain.as_str());
    suite.set_time(Duration::from_millis(run.timing.wall_ms));
    suite.add_property(("bash", run.bash.as_str()));
    suite.add_property(("testbed", run.testbed.as_str()));
    for instance in &run.instances {
        suite.add_test_case(case(run, instance));
    }
    suite
}

fn case(run: &Run, instance: &Instance) -> TestCase {
    let mut case = TestCase::new(instance.id.as_str(), status(instance));
    case.set_classname(instance.section.as_str());
    for id in &instance.requirements {
        case.add_property(("requirement", id.as_str()));
    }
    if let Some(build) = instance.build.and_then(|index| run.builds.get(index)) {
        let ms: u64 = build.steps.iter().map(|step| step.duration_ms).sum();
        case.set_time(Duration::from_millis(
            ms / u64::from(build.batch_size.max(1)),
        ));
        if instance.verdict.is_failure() && !build.log.is_empty() {
            case.set_system_out(XmlString::new(&build.log));
        }
    }
    case
}

fn status(instance: &Instance) -> TestCaseStatus {
    let kind = match instance.verdict {
        Verdict::Passed | Verdict::Recorded => return TestCaseStatus::success(),
        Verdict::Skipped | Verdict::Unsupported => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(
                instance
                    .reason
                    .as_deref()
                    .unwrap_or(instance.verdict.words()),
            );
            return status;
        }
        Verdict::Error => NonSuccessKind::Error,
        Verdict::Failed | Verdict::NotObserved | Verdict::TimedOut => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(instance.verdict.words());
    let bad: Vec<&Finding> = instance
        .findings
        .iter()
        .filter(|f| matches!(f.outcome, Outcome::Differs | Outcome::Missing))
        .collect();
    let message = match (&instance.reason, bad.first()) {
        (Some(reason), _) => reason.clone(),
        (None, Some(finding)) => one_line(finding),
        (None, None) => instance.verdict.words().to_owned(),
    };
    status.set_message(message);
    let lines: Vec<String> = bad.iter().map(|f| one_line(f)).collect();
    status.set_description(format!("{}\n{}", instance.title, lines.join("\n")));
    status
}

fn one_line(finding: &Finding) -> String {
    let actual = finding.actual.as_ref().map_or_else(
        || {
            format!(
                "not observed ({})",
                finding.note.as_deref().unwrap_or_default()
            )
        },
        |value| format!("`{value}`"),
    );
    format!(
        "{}: expected {}, actual {actual}",
        finding.address, finding.expected
    )
}
