//! The options that `econf` passes only where `configure --help` mentions them (PMS: build commands).

use crate::model::Eapi;

/// Each option, the first EAPI that passes it, and what the help text must mention.
const OPTIONS: [(&str, u8, &[&str]); 7] = [
    ("--datarootdir", 8, &["--datarootdir"]),
    (
        "--disable-dependency-tracking",
        4,
        &["--disable-dependency-tracking"],
    ),
    ("--disable-silent-rules", 5, &["--disable-silent-rules"]),
    (
        "--disable-static",
        8,
        &["--enable-static", "--enable-shared"],
    ),
    ("--docdir", 6, &["--docdir"]),
    ("--htmldir", 6, &["--htmldir"]),
    ("--with-sysroot", 7, &["--with-sysroot"]),
];

/// The options that `econf` passes for a help text, without values, sorted by name.
pub fn econf_options(help: &str, eapi: Eapi) -> Vec<&'static str> {
    let passes = |(_, since, wanted): &&(&str, u8, &[&str])| {
        let first: Option<Eapi> = since.to_string().parse().ok();
        first.is_some_and(|first| eapi >= first) && wanted.iter().all(|it| mentions(help, it))
    };
    OPTIONS
        .iter()
        .filter(passes)
        .map(|(option, ..)| *option)
        .collect()
}

/// Whether a help text mentions an option. Those that begin with `with-`, `disable-` or `enable-` must end there.
fn mentions(help: &str, option: &str) -> bool {
    let whole = ["--with-", "--disable-", "--enable-"]
        .iter()
        .any(|it| option.starts_with(it));
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "+_.-".contains(c);
    help.match_indices(option).any(|(at, _)| {
        let next = help[at + option.len()..].chars().next();
        !whole || !next.is_some_and(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_passed_where_the_help_mentions_it() {
        let eapi = |text: &str| text.parse().unwrap();
        let passed = |help: &str| econf_options(help, eapi("8"));
        assert_eq!(passed("--docdir=DIR --htmldirs"), ["--docdir", "--htmldir"]);
        assert_eq!(passed("--with-sysroot"), ["--with-sysroot"]);
        assert_eq!(passed("--with-sysroot-x"), [""; 0]);
        assert_eq!(
            passed("--enable-static --enable-shared[=PKGS]"),
            ["--disable-static"]
        );
        assert_eq!(passed("--enable-static --enable-shared-x"), [""; 0]);
        assert_eq!(econf_options("--docdir", eapi("5")), [""; 0]);
    }
}
