//! The command that a requirement is about, by its id.

/// The chapter whose requirements are about commands.
const CHAPTER: &str = "pkg-mgr-commands.";

/// The commands of the PMS, with hyphens for underscores as in the ids of requirements.
const COMMANDS: &str = "
assert best-version bashrc debug-print debug-print-function debug-print-section default die
diropts dobin docinto docompress doconfd dodir dodoc doenvd doexe dohard doheader dohtml doinfo doinitd doins dolib
dolib-a dolib-so doman domo dosbin dosed dostrip dosym eapply eapply-user ebegin econf edo eend eerror einfo einfon
einstall einstalldocs elog emake eqawarn ewarn exeinto exeopts export-functions fowners fperms get-libdir has
has-version hasq hasv in-iuse inherit insinto insopts into keepdir libopts newbin newconfd newdoc newenvd newexe
newheader newinitd newins newlib-a newlib-so newman newsbin nonfatal pipestatus unpack use use-enable use-with useq
usev usex ver-cut ver-replacing ver-rs ver-test";

/// Commands whose names have a dot or capitals.
const SPELLED: [(&str, &str); 5] = [
    ("dolib-a", "dolib.a"),
    ("dolib-so", "dolib.so"),
    ("newlib-a", "newlib.a"),
    ("newlib-so", "newlib.so"),
    ("export-functions", "EXPORT_FUNCTIONS"),
];

/// Commands whose names have hyphens.
const HYPHENATED: &str = "debug-print";

/// The command that the requirement is about: the longest whose name its id begins with.
pub(super) fn of(id: &str) -> Option<String> {
    let slug = id.strip_prefix(CHAPTER)?;
    let begins = |name: &&str| {
        slug.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let name = COMMANDS
        .split_whitespace()
        .filter(begins)
        .max_by_key(|name| name.len())?;
    let spelled = SPELLED.iter().find(|(slug, _)| *slug == name);
    Some(match spelled {
        Some((_, command)) => (*command).to_owned(),
        None if name.starts_with(HYPHENATED) => name.to_owned(),
        None => name.replace('-', "_"),
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_longest_name_is_the_command() {
        for (id, command) in [
            ("pkg-mgr-commands.dosym-r-normalisation", Some("dosym")),
            ("pkg-mgr-commands.dolib-so", Some("dolib.so")),
            ("pkg-mgr-commands.use-with-forms", Some("use_with")),
            ("pkg-mgr-commands.eapply-user-failure", Some("eapply_user")),
            (
                "pkg-mgr-commands.debug-print-section",
                Some("debug-print-section"),
            ),
            ("pkg-mgr-commands.failure-aborts", None),
            ("names.use-charset", None),
        ] {
            assert_eq!(of(id).as_deref(), command, "{id}");
        }
    }
}
