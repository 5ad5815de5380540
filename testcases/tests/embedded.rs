//! The suite that is part of the program.

use std::fs;
use std::path::Path;

use pmsts_testcases::{
    EapiChoice, EapiSet, Inputs, Selection, Suite, Testable, Variant, coverage, expand, inputs,
    select,
};

fn embedded() -> Suite {
    Suite::embedded().unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)))
}

fn everything(suite: &Suite) -> Vec<(usize, EapiSet)> {
    let selection = Selection {
        eapis: EapiChoice::All,
        undefined: true,
        ..Selection::default()
    };
    select(suite, &selection).unwrap()
}

#[test]
fn every_case_expands_in_every_eapi_with_and_without_its_sabotage() {
    let suite = embedded();
    let chosen = everything(&suite);
    for variant in [Variant::Plain, Variant::Sabotaged] {
        expand(&suite, &chosen, variant).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn ids_of_instances_and_names_of_packages_are_unique() {
    let suite = embedded();
    let chosen = everything(&suite);
    let all = expand(&suite, &chosen, Variant::Plain).unwrap();
    let unique = |names: Vec<&str>| {
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
    };
    unique(all.instances.iter().map(|i| i.id.as_str()).collect());
    unique(all.builds.iter().map(|b| b.token.as_str()).collect());
}

#[test]
fn commands_are_tried_with_three_inputs_or_the_catalogue_says_why_not() {
    let suite = embedded();
    let selection = Selection::default();
    let chosen = select(&suite, &selection).unwrap();
    let expanded = expand(&suite, &chosen, Variant::Plain).unwrap();
    let all = inputs(&suite, &expanded, |_| true);
    let few = all.iter().filter(|it| it.are_too_few());
    let few: Vec<_> = few.map(|it| (&it.requirement, it.inputs)).collect();
    assert_eq!(few, []);
    let more = |it: &&Inputs| it.reason.is_some() && it.inputs > 2;
    let stale: Vec<_> = all.iter().filter(more).map(|it| &it.requirement).collect();
    assert_eq!(stale, Vec::<&String>::new(), "these need no `few-inputs`");
}

#[test]
fn cases_verify_every_testable_requirement() {
    let count = coverage(&embedded(), |_| true);
    assert_eq!(count.uncovered, Vec::<String>::new());
    assert!(count.covered > 0 && count.covered_partial > 0);
}

#[test]
fn every_untestable_requirement_says_why_and_every_one_holds_somewhere() {
    for (id, requirement) in embedded().catalogue {
        let needs_reason = requirement.testable == Testable::No;
        assert!(!needs_reason || requirement.why.is_some(), "{id}");
        assert!(!requirement.eapis.is_empty(), "{id}");
    }
}

#[test]
fn every_requirement_of_a_case_exists_and_is_testable() {
    let suite = embedded();
    for case in &suite.cases {
        assert!(!case.requirements.is_empty(), "{}", case.id);
        for id in &case.requirements {
            let requirement = suite.catalogue.get(id);
            let requirement = requirement.unwrap_or_else(|| panic!("{}: {id}", case.id));
            let is_testable = requirement.testable != Testable::No;
            assert!(is_testable || case.undefined, "{}: {id}", case.id);
        }
    }
}

/// All TOML files below a directory of this crate, with their texts.
fn files(dir: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|it| it == "toml") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.display().to_string(), text));
            }
        }
    }
    files
}

fn texts(files: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
}

/// The TOML block of CONTRIBUTING.md, as a reader would paste it into a file with a section.
fn example_of_the_guide() -> String {
    let guide = include_str!("../../CONTRIBUTING.md");
    let (_, rest) = guide.split_once("```toml\n").expect("it has a TOML block");
    let (block, _) = rest.split_once("```").expect("the block ends");
    format!("section = \"sec:pkg-mgr-commands\"\n{block}")
}

#[test]
fn the_example_of_the_guide_can_be_added_to_the_suite() {
    let text = example_of_the_guide();
    let (requirements, mut cases) = (files("requirements"), files("cases"));
    cases.push(("example.toml".to_owned(), text));
    let suite = Suite::from_texts(texts(&requirements), texts(&cases))
        .unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
    let case = suite.cases.last().unwrap();
    assert_eq!(case.origin.file, "example.toml");
    let chosen = select(
        &suite,
        &Selection {
            cases: vec![case.id.clone()],
            eapis: EapiChoice::All,
            ..Selection::default()
        },
    );
    let expanded = expand(&suite, &chosen.unwrap(), Variant::Plain).unwrap();
    assert_eq!(expanded.instances.len(), 10);
}
