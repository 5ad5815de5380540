//! Any text as a case file: no panic, and what is refused is refused with its place. What is taken can
//! be expanded in every EAPI.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pmsts_testcases::{Selection, Suite, Variant, expand, select};

/// The smallest catalogue: reading it takes most of the time.
const REQUIREMENTS: &str = include_str!("../../requirements/glossary.toml");

fuzz_target!(|text: &str| {
    let requirements = [("requirements/glossary.toml", REQUIREMENTS)];
    match Suite::from_texts(requirements, [("cases/glossary/fuzzed.toml", text)]) {
        Ok(suite) => {
            let chosen = select(&suite, &Selection::default()).expect("no filter is given");
            let _ = expand(&suite, &chosen, Variant::Plain);
        }
        Err(error) => {
            let told = format!("{error:?}");
            assert!(told.contains("fuzzed.toml"), "{told}");
        }
    }
});
