//! Terminal output at the end of a run: counts and new findings, or all failures. It is readable without colour, and text
//! that ebuilds sent is escaped.

mod comparison;
mod failures;
mod findings;
mod styles;
mod summary;
mod writer;

use crate::compare::Comparison;
use crate::record::Results;
pub use styles::Styles;
use writer::Writer;

/// The report in colours, for a terminal of this width in columns. The caller strips the colours where they are not
/// wanted.
pub fn report(results: &Results, width: usize, detail: Detail) -> String {
    styled(results, &Styles::COLOURED, width, detail)
}

/// The report in the given styles.
pub fn styled(results: &Results, styles: &Styles, width: usize, detail: Detail) -> String {
    let mut out = Writer::new(styles, width);
    match detail {
        Detail::NewFindings => {
            summary::table(&mut out, results);
            for target in &results.targets {
                summary::reused(&mut out, target);
                summary::faults(&mut out, target);
                findings::write(&mut out, target);
            }
        }
        Detail::Everything => {
            for target in &results.targets {
                failures::write(&mut out, target);
            }
            for target in &results.targets {
                findings::list_known(&mut out, target);
                summary::reasons(&mut out, target);
            }
            summary::table(&mut out, results);
        }
    }
    out.into_text()
}

/// How much of the failures a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// New findings, and the numbers of known and of stale ones: a screen.
    NewFindings,
    /// Every failure, known ones included.
    Everything,
}

/// The comparison of two records, in colours.
pub fn comparison(comparison: &Comparison, width: usize) -> String {
    styled_comparison(comparison, &Styles::COLOURED, width)
}

/// The comparison of two records, in the given styles.
pub fn styled_comparison(comparison: &Comparison, styles: &Styles, width: usize) -> String {
    let mut out = Writer::new(styles, width);
    comparison::write(&mut out, comparison);
    out.into_text()
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::{Outcome, Value, Verdict};

    use super::*;
    use crate::record::LedgerNote;
    use crate::sample;

    fn plain(results: &Results, width: usize) -> String {
        styled(results, &Styles::default(), width, Detail::Everything)
    }

    #[test]
    fn text_of_a_record() {
        insta::assert_snapshot!(plain(&sample::results(), 80));
    }

    #[test]
    fn summary_of_a_record() {
        let mut results = sample::results();
        let target = &mut results.targets[0];
        let mut known = sample::instance("listed", Verdict::Failed, b"b");
        known.ledger = Some(LedgerNote::Known {
            kind: "violation".to_owned(),
            reason: "it is so".to_owned(),
            finding: "portage-a".to_owned(),
            title: "It does so".to_owned(),
            shipped: true,
        });
        let mut blocked = sample::instance("after", Verdict::Blocked, b"b");
        blocked.ledger = Some(LedgerNote::Blocked {
            finding: "portage-a".to_owned(),
            title: "It does so".to_owned(),
        });
        let mut stale = sample::instance("mended", Verdict::Passed, b"a");
        stale.ledger = Some(LedgerNote::Stale {
            finding: "portage-b".to_owned(),
            title: "It does more".to_owned(),
            shipped: true,
        });
        target.instances.extend([known, blocked, stale]);
        target.builds[0].log =
            "Traceback (most recent call last):\n  x\nKeyError: 'a'\n".to_owned();
        insta::assert_snapshot!(styled(
            &results,
            &Styles::default(),
            80,
            Detail::NewFindings
        ));
        insta::assert_snapshot!(plain(&results, 80));
    }

    #[test]
    fn the_text_fits_a_narrow_terminal() {
        let text = plain(&sample::results(), 46);
        let mut lines = text.lines().filter(|l| !l.contains("run again: "));
        let long = lines.find(|l| textwrap::core::display_width(l) > 46);
        assert_eq!(long, None);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn hostile_text_is_escaped() {
        let mut results = sample::results();
        let evil = "\x1b]0;x\x07\r\u{9b}2J\u{202e}";
        results.interrupted = true;
        let target = &mut results.targets[0];
        target.name.push_str(evil);
        target.broken = Some(evil.to_owned());
        target.notes.push(evil.to_owned());
        target.refused_messages.insert(evil.to_owned(), 3);
        for instance in &mut target.instances {
            instance.verdict = Verdict::NotObserved;
            instance.id.push_str(evil);
            instance.title = evil.to_owned();
            instance.section = evil.to_owned();
            instance.reason = Some(evil.to_owned());
            instance.disputed = Some(evil.to_owned());
            let compared = &mut instance.compared[0];
            compared.outcome = Outcome::Missing;
            compared.address = evil.to_owned();
            compared.expected = evil.to_owned();
            compared.exact = Some(Value::from(evil));
            compared.note = Some(evil.to_owned());
        }
        let text = plain(&results, 80);
        assert!(!text.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'));
    }

    #[test]
    fn the_same_failure_in_several_eapis_is_shown_once() {
        let mut results = sample::results();
        let mut other = results.targets[0].instances[1].clone();
        other.id = "bad@9".to_owned();
        other.eapi = "9".to_owned();
        results.targets[0].instances.push(other);
        let text = plain(&results, 80);
        assert_eq!(text.matches("src_install.link").count(), 1, "{text}");
        assert!(text.contains("the same in EAPI 9"), "{text}");
        assert!(text.contains("--eapi 8,9 'bad'"), "{text}");
    }

    #[test]
    fn plain_text_has_the_same_words_as_coloured() {
        let results = sample::results();
        let coloured = report(&results, 80, Detail::Everything);
        assert!(coloured.contains("\x1b[31m") || coloured.contains("\x1b[1m\x1b[31m"));
        let stripped = anstream::adapter::strip_str(&coloured).to_string();
        assert_eq!(stripped, plain(&results, 80));
    }

    #[test]
    fn text_of_a_comparison() {
        let mut new = sample::results();
        let target = &mut new.targets[0];
        target.name = "portage@3.0.84".to_owned();
        target.instances[0] = sample::instance("good", Verdict::Failed, b"x");
        target.instances[1] = sample::instance("bad", Verdict::Failed, b"y\x1b[2J");
        target.instances.pop();
        new.interrupted = true;
        let comparison = Comparison::new(&sample::results(), &new);
        insta::assert_snapshot!(styled_comparison(&comparison, &Styles::default(), 60));
    }
}
