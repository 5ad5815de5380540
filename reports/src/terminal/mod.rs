//! The text at the end of a run: what failed, then a summary for each package manager. Readable
//! without colour; nothing that an ebuild sent reaches the terminal unescaped.

mod comparison;
mod failures;
mod page;
mod styles;
mod summary;

use crate::compare::Comparison;
use crate::record::Results;
use page::Page;
pub use styles::Styles;

/// The text in colours, for lines of so many columns; who prints it strips them where they are not
/// wanted.
pub fn report(results: &Results, width: usize) -> String {
    styled(results, &Styles::COLOURED, width)
}

/// The text in given styles.
pub fn styled(results: &Results, styles: &Styles, width: usize) -> String {
    let mut page = Page::new(styles, width);
    for run in &results.runs {
        failures::write(&mut page, run);
    }
    for run in &results.runs {
        summary::reasons(&mut page, run);
    }
    summary::table(&mut page, results);
    page.into_text()
}

/// What changed between two records, in colours.
pub fn comparison(comparison: &Comparison, width: usize) -> String {
    styled_comparison(comparison, &Styles::COLOURED, width)
}

/// What changed between two records, in given styles.
pub fn styled_comparison(comparison: &Comparison, styles: &Styles, width: usize) -> String {
    let mut page = Page::new(styles, width);
    comparison::write(&mut page, comparison);
    page.into_text()
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::{Outcome, Value, Verdict};

    use super::*;
    use crate::sample;

    fn plain(results: &Results, width: usize) -> String {
        styled(results, &Styles::default(), width)
    }

    #[test]
    fn the_text_of_a_record_is_this() {
        insta::assert_snapshot!(plain(&sample::results(), 80));
    }

    #[test]
    fn the_text_fits_a_narrow_terminal() {
        let text = plain(&sample::results(), 46);
        let mut lines = text.lines().filter(|l| !l.contains("again: "));
        let long = lines.find(|l| textwrap::core::display_width(l) > 46);
        assert_eq!(long, None);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_terminal_obeys_nothing_that_was_sent() {
        let mut results = sample::results();
        let evil = "\x1b]0;x\x07\r\u{9b}2J\u{202e}";
        results.interrupted = true;
        let run = &mut results.runs[0];
        run.domain.push_str(evil);
        run.broken = Some(evil.to_owned());
        run.notes.push(evil.to_owned());
        run.refused_messages.insert(evil.to_owned(), 3);
        for instance in &mut run.instances {
            instance.verdict = Verdict::NotObserved;
            instance.id.push_str(evil);
            instance.title = evil.to_owned();
            instance.section = evil.to_owned();
            instance.reason = Some(evil.to_owned());
            instance.disputed = Some(evil.to_owned());
            let finding = &mut instance.findings[0];
            finding.outcome = Outcome::Missing;
            finding.address = evil.to_owned();
            finding.expected = evil.to_owned();
            finding.exact = Some(Value::from(evil));
            finding.note = Some(evil.to_owned());
        }
        let text = plain(&results, 80);
        assert!(!text.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'));
    }

    #[test]
    fn what_fails_alike_in_several_eapis_is_told_once() {
        let mut results = sample::results();
        let mut other = results.runs[0].instances[1].clone();
        other.id = "bad@9".to_owned();
        other.eapi = "9".to_owned();
        results.runs[0].instances.push(other);
        let text = plain(&results, 80);
        assert_eq!(text.matches("src_install.link").count(), 1, "{text}");
        assert!(text.contains("the same in EAPI 9"), "{text}");
        assert!(text.contains("--eapi 8,9 'bad'"), "{text}");
    }

    #[test]
    fn plain_text_has_the_same_words_as_coloured() {
        let results = sample::results();
        let coloured = report(&results, 80);
        assert!(coloured.contains("\x1b[31m") || coloured.contains("\x1b[1m\x1b[31m"));
        let stripped = anstream::adapter::strip_str(&coloured).to_string();
        assert_eq!(stripped, plain(&results, 80));
    }

    #[test]
    fn the_text_of_a_comparison_is_this() {
        let mut new = sample::results();
        let run = &mut new.runs[0];
        run.domain = "portage@3.0.84".to_owned();
        run.instances[0] = sample::instance("good", Verdict::Failed, b"x");
        run.instances[1] = sample::instance("bad", Verdict::Failed, b"y\x1b[2J");
        run.instances.pop();
        new.interrupted = true;
        let comparison = Comparison::new(&sample::results(), &new);
        insta::assert_snapshot!(styled_comparison(&comparison, &Styles::default(), 60));
    }
}
