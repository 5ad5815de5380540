//! Names of files for the commands that install.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;

use crate::trials::explore::kind::{Kind, Question, quoted};

/// Installs files.
pub(super) struct Files;

impl Kind for Files {
    fn name(&self) -> &'static str {
        "files"
    }

    fn about(&self) -> &'static str {
        "names of files for dobin, doins, dodoc, doexe, newins and others"
    }

    fn section(&self) -> &'static str {
        "feat:doins"
    }

    fn requirements(&self) -> &'static [&'static str] {
        &["pkg-mgr-commands.doins-destination-mode"]
    }

    fn at_once(&self) -> usize {
        40
    }

    fn strategy(&self) -> BoxedStrategy<Question> {
        let commands = select(vec![
            ("dobin", "usr/bin", "755"),
            ("dosbin", "usr/sbin", "755"),
            ("doins", "ins", "644"),
            ("doexe", "exe", "755"),
            ("dodoc", "usr/share/doc/${PF}", "644"),
            ("newins", "ins", "644"),
            ("newbin", "usr/bin", "755"),
            ("newdoc", "usr/share/doc/${PF}", "644"),
        ]);
        let name = string_regex("[a-z0-9 ._+:,@%=~*?\\[\\]$'\"\\\\{}()!#&;<>|`^é-]{0,6}")
            .expect("the pattern is constant");
        (commands, name)
            .prop_map(|((command, dir, mode), rest)| question(command, dir, mode, &rest))
            .boxed()
    }
}

fn question(command: &str, dir: &str, mode: &str, rest: &str) -> Question {
    // A name of its own for each input, which is no option.
    let name = quoted(&format!("f@key@{rest}"));
    let call = if command.starts_with("new") {
        format!("{command} source@key@ {name}")
    } else {
        format!("{command} {name}")
    };
    let ask = format!(
        "insinto /ins\nexeinto /exe\necho @key@ > {name}\necho @key@ > source@key@\n{call}\n\
         observe @key@ \"$(stat -c %a \"${{ED}}/{dir}\"/{name}; cat \"${{ED}}/{dir}\"/{name} | wc -l)\""
    );
    Question {
        shown: call.replace("@key@", ""),
        phases: vec![("src_install", ask)],
        expected: vec![("src_install", format!("{mode}\n1"))],
        ..Question::default()
    }
}
