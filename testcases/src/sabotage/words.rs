//! Finds the commands and variables of the PMS that the Bash texts of a build use.

use std::collections::BTreeSet;

use crate::model::Build;

/// Commands that the PMS defines for ebuilds (sections on available commands), without those that every
/// build needs: it would break before a case could notice.
const COMMANDS: &str = "\
    adddeny addpredict addread addwrite assert best_version bzip2 debug-print debug-print-function debug-print-section \
    default default_pkg_nofetch default_src_compile default_src_configure default_src_install default_src_prepare \
    default_src_test default_src_unpack die diropts dobin docinto docompress doconfd dodir dodoc doenvd doexe dohard \
    doheader dohtml doicon doinfo doinitd doins dolib dolib.a dolib.so doman domo dosbin dosed dosym dostrip eapply \
    eapply_user ebegin econf edo eend eerror einfo einfon einstall einstalldocs elog emake eqawarn ewarn exeinto exeopts \
    EXPORT_FUNCTIONS fowners fperms get_libdir has has_version hasq hasv in_iuse insinto insopts into keepdir libinto \
    libopts make newbin newconfd newdoc newenvd newexe newheader newinitd newins newlib.a newlib.so newman newsbin \
    nonfatal patch pipestatus prepall prepalldocs prepallinfo prepallman prepallstrip portageq unpack use use_enable \
    use_with useq usev usex ver_cut ver_replacing ver_rs ver_test";

/// Variables that the PMS defines for ebuilds, without those that every build needs.
const VARIABLES: &str = "\
    A AA BROOT CATEGORY DESTTREE DISTDIR EBUILD_PHASE EBUILD_PHASE_FUNC ED EPREFIX EROOT ESYSROOT FILESDIR INSDESTTREE \
    KV MERGE_TYPE P PF PN PORTDIR PR PV PVR REPLACED_BY_VERSION REPLACING_VERSIONS ROOT SYSROOT USE ECLASSDIR \
    INHERITED IUSE_EFFECTIVE";

/// Variables that every build needs.
const NEEDED: &str = "D HOME S T TMPDIR WORKDIR";

/// The package's name and version.
const IDENTITY: &str = "CATEGORY P PF PN PR PV PVR";

/// Whether the build's texts read the package's name or version.
pub(super) fn names_itself(build: &Build) -> bool {
    !used(build, IDENTITY).is_empty()
}

/// Commands that the build's texts call.
pub(super) fn commands(build: &Build) -> BTreeSet<String> {
    used(build, COMMANDS)
}

/// Variables that the build's texts read, without those whose loss breaks every build.
pub(super) fn variables(build: &Build) -> BTreeSet<String> {
    used(build, VARIABLES)
}

/// All variables of the PMS that the build's texts read.
pub(super) fn all_variables(build: &Build) -> BTreeSet<String> {
    let mut all = variables(build);
    all.extend(used(build, NEEDED));
    all
}

fn used(build: &Build, list: &str) -> BTreeSet<String> {
    let known: BTreeSet<&str> = list.split_whitespace().collect();
    let texts = build.ebuilds.values().flat_map(|ebuild| {
        let whole = [&ebuild.header, &ebuild.global];
        whole
            .into_iter()
            .chain(&ebuild.text)
            .chain(ebuild.phases.values())
    });
    texts
        .chain(build.eclasses.values())
        .flat_map(|text| text.split(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))))
        .filter(|word| known.contains(word))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Ebuild, MAIN};

    #[test]
    fn commands_and_variables_are_found_where_they_are_used() {
        let ebuild = Ebuild {
            phases: [(
                "src_install".to_owned(),
                "nonfatal dosym -r a b || x-dobin; observe_variable P \"${ED}/${PNX}\"".to_owned(),
            )]
            .into(),
            ..Ebuild::default()
        };
        let build = Build {
            ebuilds: [(MAIN.to_owned(), ebuild)].into(),
            ..Build::default()
        };
        let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(list(commands(&build)), "dosym nonfatal");
        assert_eq!(list(variables(&build)), "ED P");
    }
}
