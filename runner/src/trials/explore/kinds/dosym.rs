//! Paths for `dosym -r`.

use pmsts_testcases::pms::relative_link;
use proptest::prelude::*;
use proptest::sample::select;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Makes relative links.
pub(super) struct Dosym;

impl Kind for Dosym {
    fn name(&self) -> &'static str {
        "dosym"
    }

    fn about(&self) -> &'static str {
        "targets and names of links for dosym -r"
    }

    fn section(&self) -> &'static str {
        "feat:dosym-relative"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["pkg-mgr-commands.dosym-r"]
    }

    fn at_once(&self) -> usize {
        40
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let part = select(vec![
            "a", "b", "ab", "..", ".", "", "a b", "c*", "?", "[a]", "-x", "é", "...", ".a", "l",
            "x\\y", "'",
        ]);
        let target =
            prop::collection::vec(part, 0..5).prop_map(|parts| format!("/{}", parts.join("/")));
        // A link name that leads out of its directory would meet those of other inputs.
        let part = select(vec![
            "a", "b", "a b", "c*", ".", "", "x/..", "-x", "é", "[a]",
        ]);
        let link = prop::collection::vec(part, 0..4).prop_map(|parts| parts.join("/"));
        (target, link, any::<bool>())
            .prop_map(|(target, link, slash)| question(&target, &link, slash))
            .boxed()
    }
}

fn question(target: &str, link: &str, slash: bool) -> Question {
    let first = if slash { "/" } else { "" };
    let link = format!("{first}l@key@/{link}/name");
    let ask = format!(
        "dosym -r {} {}\nobserve @key@ \"$(readlink \"${{ED}}\"/{})\"",
        quoted(target),
        quoted(&link),
        quoted(&link)
    );
    Question {
        shown: format!(
            "dosym -r {} {}",
            quoted(target),
            quoted(&link.replace("@key@", ""))
        ),
        phases: vec![("src_install", ask)],
        // The first directory of the link is in no target.
        expected: vec![("src_install", relative_link(target, &link))],
        ..Question::default()
    }
}
