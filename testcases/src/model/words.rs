//! Words that the format of case files fixes: the main ebuild's handle, phase functions, names.

/// The handle of the main ebuild, the one that a case is about.
pub const MAIN: &str = "main";

/// The address of a testbed's server. Its port is fixed, because every testbed has a loopback interface
/// of its own.
pub const SERVER: &str = "http://127.0.0.1:8080";

/// Every phase function of the PMS, with the first EAPI that has it.
pub const PHASES: [(&str, u8); 15] = [
    ("pkg_pretend", 4),
    ("pkg_setup", 0),
    ("src_unpack", 0),
    ("src_prepare", 2),
    ("src_configure", 2),
    ("src_compile", 0),
    ("src_test", 0),
    ("src_install", 0),
    ("pkg_preinst", 0),
    ("pkg_postinst", 0),
    ("pkg_prerm", 0),
    ("pkg_postrm", 0),
    ("pkg_config", 0),
    ("pkg_info", 0),
    ("pkg_nofetch", 0),
];

/// Whether some EAPI has a phase function of the name.
pub fn is_phase(name: &str) -> bool {
    PHASES.iter().any(|(phase, _)| *phase == name)
}

/// Whether the text consists of lower-case letters, digits and hyphens, as ids, handles and the names of
/// steps do.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
