//! Help texts of `configure`, from which `econf` learns which options to pass.

use pmsts_testcases::pms::econf_options;
use proptest::prelude::*;
use proptest::sample::select;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Reads help texts.
pub(super) struct Econf;

/// The EAPI whose options the model tells; the search runs in this one or a later one with the same options.
const EAPI: &str = "8";

impl Kind for Econf {
    fn name(&self) -> &'static str {
        "econf"
    }

    fn about(&self) -> &'static str {
        "help texts of configure, and the options that econf passes"
    }

    fn section(&self) -> &'static str {
        "feat:econf-options"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["pkg-mgr-commands.econf-disable-dependency-tracking"]
    }

    fn at_once(&self) -> usize {
        30
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let option = select(vec![
            "--datarootdir",
            "--docdir",
            "--htmldir",
            "--with-sysroot",
            "--disable-dependency-tracking",
            "--disable-silent-rules",
            "--disable-static",
            "--enable-static",
            "--enable-shared",
            "--enable-silent-rules",
            "--enable-dependency-tracking",
            "--without-sysroot",
        ]);
        let before = select(vec!["", " ", "\n", "  ", "\t", "[", "x", "-", "(", "no"]);
        let after = select(vec![
            "", " ", "\n", "=DIR", "[=PKGS]", "-x", "s", ".", ",", "_", "+", ")", "\t", "9", ":",
        ]);
        prop::collection::vec((before, option, after), 1..4)
            .prop_map(|words| {
                let words = words
                    .iter()
                    .map(|(before, option, after)| format!("{before}{option}{after}"));
                question(&words.collect::<String>())
            })
            .boxed()
    }
}

fn question(help: &str) -> Question {
    let ask = format!(
        "mkdir c@key@ || die\ncd c@key@ || die\nprintf %s {} > help\n\
         cat > configure <<-'END'\n\
         \t#!/bin/sh\n\
         \tfor it; do [ \"${{it}}\" = --help ] && exec cat help; done\n\
         \tfor it; do echo \"${{it%%=*}}\"; done > passed\n\
         END\n\
         chmod +x configure\neconf > /dev/null\n\
         observe @key@ \"$(grep -xE -e '--(datarootdir|docdir|htmldir|with-sysroot|disable-.*)' passed | LC_ALL=C sort | tr '\\n' ' ')\"\n\
         cd ..",
        quoted(help)
    );
    let eapi = EAPI.parse().expect("the EAPI is constant");
    let options: String = econf_options(help, eapi)
        .iter()
        .map(|option| format!("{option} "))
        .collect();
    Question {
        shown: format!("econf, where configure --help prints {}", quoted(help)),
        phases: vec![("src_configure", ask)],
        expected: vec![("src_configure", options)],
        ..Question::default()
    }
}
