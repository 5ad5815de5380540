//! Expansion: which rows of vectors run in which EAPI.

use pmsts_testcases::{EapiSet, Selection, Suite, Variant, expand_for, select};

const CASE: &str = r#"
[[case]]
id = "a"
title = "t"
section = "s"
requirements = ["ebuild-functions.default-exists-for-every-phase"]
eapis = "2-9"
[case.vectors]
columns = ["name", "eapis", "v"]
rows = [["tied", "9", "1"], ["newest", "newest", "2"]]
[case.ebuild]
src_install = 'observe k @v@'
[case.expect]
"src_install.k" = "@v@"
"#;

#[test]
fn a_row_for_the_newest_eapi_runs_in_the_newest_that_each_target_claims() {
    let suite = Suite::with_text("c", CASE).unwrap();
    let chosen = select(&suite, &Selection::default()).unwrap();
    let all = [(chosen[0].0, EapiSet::all())];
    let ids = |claims: &[&str]| {
        let claims: Vec<EapiSet> = claims.iter().map(|set| set.parse().unwrap()).collect();
        let expanded = expand_for(&suite, &all, Variant::Plain, &claims).unwrap();
        let ids = expanded.instances.iter().map(|i| i.id.clone());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(&["0-9"]), "a@9[tied] a@9[newest]");
    assert_eq!(ids(&["0-8"]), "a@8[newest] a@9[tied]");
    assert_eq!(ids(&["0-8", "0-9"]), "a@8[newest] a@9[tied] a@9[newest]");
    assert_eq!(ids(&["0-1"]), "a@9[tied]");
}
