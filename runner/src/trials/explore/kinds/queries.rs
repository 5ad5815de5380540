//! Package dependency specifications, asked of `has_version`.

use std::collections::BTreeMap;

use pmsts_testcases::pms::{Installed, Operator, Specification, UseDependency, UseForm};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use super::versions::VERSION;
use crate::trials::explore::kind::{CATEGORY, Kind, Package, Question, Setting, quoted};

/// Asks for installed packages.
pub(super) struct Queries;

/// Name, version, slot, sub-slot and IUSE of the installed packages; a plus enables a flag.
const INSTALLED: [(&str, &str, &str, Option<&str>, &str); 4] = [
    ("plain", "1", "0", None, ""),
    ("long", "1.2.10_rc3-r1", "2", Some("3"), "+on off +both"),
    ("zeros", "0.01b_p1", "a.b", None, "on +off"),
    ("suffix", "10_alpha_p2-r0", "1-2", Some("0"), "both"),
];

/// The flags of the package that asks.
const OWN: [(&str, bool); 4] = [
    ("on", true),
    ("off", false),
    ("both", true),
    ("lonely", false),
];

impl Kind for Queries {
    fn name(&self) -> &'static str {
        "specifications"
    }

    fn about(&self) -> &'static str {
        "package dependency specifications, asked of has_version"
    }

    fn section(&self) -> &'static str {
        "sec:dependency-spec"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["pkg-mgr-commands.has-version-true-false"]
    }

    fn at_once(&self) -> usize {
        40
    }

    fn setting(&self) -> Setting {
        let package = |(name, version, slot, sub, iuse): &(
            &'static str,
            &'static str,
            &str,
            Option<&str>,
            &str,
        )| {
            let slot = sub.map_or_else(|| (*slot).to_owned(), |sub| format!("{slot}/{sub}"));
            Package {
                name,
                version,
                variables: vec![("SLOT", slot), ("IUSE", (*iuse).to_owned())],
            }
        };
        let names: Vec<String> = INSTALLED
            .iter()
            .map(|it| format!("{CATEGORY}/{}", it.0))
            .collect();
        let own = OWN
            .iter()
            .map(|(flag, on)| format!("{}{flag}", if *on { "+" } else { "" }));
        Setting {
            installed: INSTALLED.iter().map(package).collect(),
            main: vec![
                ("DEPEND", names.join(" ")),
                ("RDEPEND", names.join(" ")),
                ("IUSE", own.collect::<Vec<_>>().join(" ")),
            ],
            ..Setting::default()
        }
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let version = prop_oneof![
            string_regex(VERSION).expect("the pattern is constant"),
            select(INSTALLED.map(|it| it.1.to_owned()).to_vec()),
        ];
        let version = (select(Operator::ALL.to_vec()), version).prop_map(|(operator, version)| {
            // A revision where revisions are ignored, or after which nothing can come, asks for nothing else.
            let keeps = !matches!(operator, Operator::AnyRevision | Operator::Begins);
            let plain = version.split("-r").next().unwrap_or_default().to_owned();
            (operator, if keeps { version } else { plain })
        });
        let slot = select(vec![
            "0", "2", "2/3", "2/2", "a.b", "a.b/a.b", "1-2", "1-2/0", "*", "3",
        ]);
        let flags = prop::collection::vec(flag(), 0..3);
        (
            select(INSTALLED.to_vec()),
            prop::option::of(version),
            prop::option::weighted(0.4, slot),
            flags,
        )
            .prop_filter_map(
                "the specification is an error",
                |(package, version, slot, flags)| question(&package, version, slot, flags),
            )
            .boxed()
    }
}

fn flag() -> impl Strategy<Value = UseDependency> {
    let forms = vec![
        UseForm::Enabled,
        UseForm::Disabled,
        UseForm::Same,
        UseForm::Opposite,
        UseForm::IfEnabled,
        UseForm::IfDisabled,
    ];
    let flags = OWN.map(|(flag, _)| flag).to_vec();
    (
        select(flags),
        select(forms),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(flag, form, default)| UseDependency {
            flag: flag.to_owned(),
            form,
            default,
        })
}

fn question(
    of: &(&str, &str, &str, Option<&str>, &str),
    version: Option<(Operator, String)>,
    slot: Option<&str>,
    flags: Vec<UseDependency>,
) -> Option<Question> {
    let (name, installed, own_slot, sub_slot, iuse) = of;
    let flag = |word: &str| {
        (
            word.trim_start_matches('+').to_owned(),
            word.starts_with('+'),
        )
    };
    let installed = Installed {
        package: format!("{CATEGORY}/{name}"),
        version: (*installed).to_owned(),
        slot: (*own_slot).to_owned(),
        sub_slot: sub_slot.map(str::to_owned),
        flags: iuse.split_whitespace().map(flag).collect(),
    };
    let specification = Specification {
        package: installed.package.clone(),
        version,
        slot: slot.map(str::to_owned),
        flags,
    };
    let own: BTreeMap<String, bool> = OWN
        .iter()
        .map(|(flag, on)| ((*flag).to_owned(), *on))
        .collect();
    let matches = specification.matches(&installed, &own)?;
    let text = specification.to_string();
    let status = if matches { "0" } else { "1" };
    Some(Question {
        shown: format!(
            "has_version {text}, where {}-{} is installed",
            installed.package, installed.version
        ),
        phases: vec![(
            "pkg_setup",
            format!("has_version {}\nobserve @key@ $?", quoted(&text)),
        )],
        expected: vec![("pkg_setup", status.to_owned())],
        ..Question::default()
    })
}
