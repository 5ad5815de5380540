//! USE conditionals in `SRC_URI`, seen in `A`.

use std::collections::BTreeSet;

use pmsts_testcases::pms::Item;
use proptest::prelude::*;
use proptest::sample::select;

use crate::trials::explore::kind::{Kind, Question, Setting};

/// Evaluates conditionals.
pub(super) struct Conditionals;

const FILES: [&str; 5] = ["f0", "f1", "f2", "f3", "f4"];

/// The flags of the ebuilds, and whether each is enabled.
const FLAGS: [(&str, bool); 4] = [("a", true), ("b", false), ("c", true), ("d", false)];

impl Kind for Conditionals {
    fn name(&self) -> &'static str {
        "conditionals"
    }

    fn about(&self) -> &'static str {
        "USE conditionals in SRC_URI, seen in A"
    }

    fn section(&self) -> &'static str {
        "sec:ebuild-env-vars"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["ebuild-env-vars.a-use-conditionals"]
    }

    fn at_once(&self) -> usize {
        12
    }

    fn setting(&self) -> Setting {
        let flags = FLAGS
            .iter()
            .map(|(flag, on)| format!("{}{flag}", if *on { "+" } else { "" }));
        Setting {
            main: vec![("IUSE", flags.collect::<Vec<_>>().join(" "))],
            files: FILES.to_vec(),
            own_ebuilds: true,
            ..Setting::default()
        }
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let name = select(FILES.to_vec()).prop_map(|name| Item::Name(name.to_owned()));
        let item = name.prop_recursive(3, 12, 3, |item| {
            let items = || prop::collection::vec(item.clone(), 1..4);
            let flag = select(FLAGS.map(|(flag, _)| flag).to_vec());
            prop_oneof![
                // Rare, as one that a package manager refuses hides all else of its ebuild.
                1 => items().prop_map(Item::All),
                12 => (flag, any::<bool>(), items()).prop_map(|(flag, negated, items)| Item::If {
                    flag: flag.to_owned(),
                    negated,
                    items,
                }),
            ]
        });
        prop::collection::vec(item, 1..4)
            .prop_map(|items| question(&items))
            .boxed()
    }
}

fn question(items: &[Item]) -> Question {
    let enabled: BTreeSet<&str> = FLAGS
        .iter()
        .filter(|(_, on)| *on)
        .map(|(flag, _)| *flag)
        .collect();
    let text = items
        .iter()
        .map(Item::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    Question {
        shown: format!("A, where SRC_URI is {text} and a and c are enabled"),
        variables: vec![("SRC_URI", text)],
        // Between the names is any white space.
        phases: vec![("src_unpack", "set -- ${A}\nobserve @key@ \"$*\"".to_owned())],
        expected: vec![("src_unpack", Item::names(items, &enabled).join(" "))],
    }
}
