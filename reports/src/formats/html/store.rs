//! The page of a store: what is known of which release, findings over releases, conflicts, and a search. It needs no
//! script: whoever serves it renders it anew for each question.

use pmsts_testcases::Verdict;
use serde::Serialize;

use super::{HtmlError, STYLE, rendered};

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// How much there is, and of what.
    pub counts: Vec<(u64, String)>,
    /// What the reader asked for, as typed.
    pub about: String,
    /// The package manager, release or range that was asked for.
    pub pm: String,
    /// The words that were asked for.
    pub text: String,
    /// The verdict that was asked for.
    pub verdict: String,
    /// Which verdicts of an instance were asked for.
    pub show: String,
    /// The answer, if something was asked.
    pub found: Option<Vec<Row>>,
    /// Why there is no answer.
    pub fault: Option<String>,
    /// Where the next page of the answer begins.
    pub next: Option<String>,
    /// What is known of each release.
    pub releases: Vec<Release>,
    /// Findings over releases.
    pub findings: Vec<Finding>,
    /// Verdicts that differ under one key.
    pub conflicts: Vec<Conflict>,
}

/// A known verdict.
#[derive(Debug, Clone)]
pub struct Row {
    /// The instance.
    pub instance: String,
    /// The title of its case.
    pub title: String,
    /// The label of its section.
    pub section: String,
    /// The release.
    pub release: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict on the release before, in words.
    pub before: Option<String>,
    /// The known finding that it shows.
    pub finding: Option<String>,
    /// When it was found.
    pub found: String,
}

/// What is known of a release.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Verdicts.
    pub verdicts: u64,
    /// Failures among them.
    pub failures: u64,
    /// When the newest was found.
    pub newest: String,
}

/// A finding over releases.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Its id.
    pub id: String,
    /// Its package manager.
    pub pm: String,
    /// Its title.
    pub title: String,
    /// The first release that showed it.
    pub first: String,
    /// The last one.
    pub last: String,
    /// How many releases showed it.
    pub releases: usize,
}

/// Two verdicts under one key.
#[derive(Debug, Clone, Serialize)]
pub struct Conflict {
    /// The release.
    pub release: String,
    /// The instance.
    pub instance: String,
    /// The first verdict.
    pub first: String,
    /// When it was found.
    pub first_found: String,
    /// The other one.
    pub second: String,
    /// When it was found.
    pub second_found: String,
}

#[derive(Serialize)]
struct Document<'a> {
    style: &'static str,
    counts: Vec<Count<'a>>,
    about: &'a str,
    pm: &'a str,
    text: &'a str,
    verdicts: Vec<Choice>,
    shows: Vec<Choice>,
    fault: Option<&'a str>,
    found: Option<Vec<Shown<'a>>>,
    nothing: bool,
    next: Option<String>,
    releases: &'a [Release],
    findings: &'a [Finding],
    conflicts: &'a [Conflict],
}

#[derive(Serialize)]
struct Count<'a> {
    count: u64,
    what: &'a str,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    words: &'static str,
    chosen: bool,
}

#[derive(Serialize)]
struct Shown<'a> {
    instance: &'a str,
    title: &'a str,
    section: &'a str,
    release: &'a str,
    class: String,
    verdict: &'a str,
    before: &'a str,
    finding: &'a str,
    found: &'a str,
}

const VERDICTS: [(&str, &str); 5] = [
    ("", "any verdict"),
    ("failed", "failed"),
    ("not-observed", "not observed"),
    ("passed", "passed"),
    ("recorded", "recorded"),
];

const SHOWS: [(&str, &str); 3] = [
    ("", "every release"),
    ("first-failure", "the first release that fails"),
    ("changes", "releases where the verdict changes"),
];

/// Renders the page.
pub fn render(view: &View) -> Result<String, HtmlError> {
    let count = |(count, what): &(u64, String)| (*count, what.clone());
    let counts: Vec<(u64, String)> = view.counts.iter().map(count).collect();
    let document = Document {
        style: STYLE,
        counts: counts
            .iter()
            .map(|(count, what)| Count {
                count: *count,
                what,
            })
            .collect(),
        about: &view.about,
        pm: &view.pm,
        text: &view.text,
        verdicts: choices(&VERDICTS, &view.verdict),
        shows: choices(&SHOWS, &view.show),
        fault: view.fault.as_deref(),
        nothing: view.found.as_ref().is_some_and(Vec::is_empty),
        found: view
            .found
            .as_ref()
            .map(|rows| rows.iter().map(shown).collect()),
        next: view.next.clone(),
        releases: &view.releases,
        findings: &view.findings,
        conflicts: &view.conflicts,
    };
    rendered(include_str!("../../../templates/store.hbs"), &document)
}

fn choices(all: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    let choice = |(value, words): &(&'static str, &'static str)| Choice {
        value,
        words,
        chosen: *value == chosen,
    };
    all.iter().map(choice).collect()
}

fn shown(row: &Row) -> Shown<'_> {
    let words = row.verdict.words();
    Shown {
        instance: &row.instance,
        title: &row.title,
        section: &row.section,
        release: &row.release,
        class: words.replace(' ', "-"),
        verdict: words,
        before: row.before.as_deref().unwrap_or_default(),
        finding: row.finding.as_deref().unwrap_or_default(),
        found: &row.found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(text: &str) -> View {
        View {
            counts: vec![(3, "verdicts".to_owned())],
            about: text.to_owned(),
            found: Some(vec![Row {
                instance: text.to_owned(),
                title: text.to_owned(),
                section: text.to_owned(),
                release: text.to_owned(),
                verdict: Verdict::NotObserved,
                before: None,
                finding: None,
                found: text.to_owned(),
            }]),
            fault: Some(text.to_owned()),
            ..View::default()
        }
    }

    #[test]
    fn what_was_asked_and_found_is_text_and_not_markup() {
        let page = render(&view("\"><script>alert(1)</script>")).unwrap();
        assert!(!page.contains("<script"));
        assert!(page.contains("class=\"not-observed\""));
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn a_page_without_a_question_has_no_answer() {
        let page = render(&View::default()).unwrap();
        assert!(!page.contains("id=\"found\""));
        let nothing = View {
            found: Some(Vec::new()),
            ..View::default()
        };
        assert!(render(&nothing).unwrap().contains("Nothing is known"));
    }
}
