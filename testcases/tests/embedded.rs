//! The suite that is part of the program.

use pmsts_testcases::{EapiChoice, EapiSet, Selection, Suite, Variant, expand, select};

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
fn the_catalogue_is_whole() {
    assert_eq!(embedded().catalogue.len(), 1566);
}
