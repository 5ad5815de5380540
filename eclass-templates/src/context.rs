//! What the templates are given, typed.

use indexmap::IndexMap;
use pmsts_testcases::BuildInstance;
use pmsts_testcases::model::{Ebuild, Helper, PHASES};
use serde::Serialize;

/// Name of the helper eclass.
pub(crate) const ECLASS: &str = "pmsts";

/// What `ebuild.hbs` is given.
#[derive(Debug, Serialize)]
pub(crate) struct EbuildContext<'a> {
    about: String,
    eapi_line: Option<String>,
    header: &'a str,
    observes: bool,
    token: &'a str,
    handle: &'a str,
    inherit: String,
    variables: Vec<Named<'a>>,
    functions: Option<&'a str>,
    global: &'a str,
    prelude: Option<&'a str>,
    phases: Vec<Named<'a>>,
}

/// A variable or a phase function. A list, as the order of a map is not the template's to keep.
#[derive(Debug, Serialize)]
struct Named<'a> {
    name: &'a str,
    text: String,
}

fn in_order(map: IndexMap<&str, String>) -> Vec<Named<'_>> {
    map.into_iter()
        .map(|(name, text)| Named { name, text })
        .collect()
}

impl<'a> EbuildContext<'a> {
    /// The context of one ebuild of a build.
    pub(crate) fn new(
        instance: &'a BuildInstance,
        handle: &'a str,
        ebuild: &'a Ebuild,
        functions: &'a str,
    ) -> Self {
        let helper = (ebuild.helper == Helper::Inherit).then_some(ECLASS);
        let inherit: Vec<&str> = helper
            .into_iter()
            .chain(ebuild.inherit.iter().map(String::as_str))
            .collect();
        Self {
            about: format!("{handle} ebuild of {}", instance.name),
            eapi_line: eapi_line(instance, ebuild),
            header: &ebuild.header,
            observes: ebuild.helper != Helper::None,
            token: &instance.token,
            handle,
            inherit: inherit.join(" "),
            variables: in_order(variables(instance, ebuild)),
            functions: (ebuild.helper == Helper::Inline).then_some(functions),
            global: &ebuild.global,
            prelude: instance.build.prelude.as_deref(),
            phases: in_order(phases(instance, ebuild)),
        }
    }
}

/// `EAPI=8`; an ebuild that says `eapi = ""` has no such line.
fn eapi_line(instance: &BuildInstance, ebuild: &Ebuild) -> Option<String> {
    match ebuild.eapi.as_deref() {
        Some("") => None,
        Some(eapi) => Some(format!("EAPI={eapi}")),
        None => Some(format!("EAPI={}", instance.eapi)),
    }
}

/// The variables that an ebuild must have, where the case does not give them itself. Without
/// sources there is nothing below WORKDIR for S to name.
fn variables<'a>(instance: &BuildInstance, ebuild: &'a Ebuild) -> IndexMap<&'a str, String> {
    let mut defaults = IndexMap::from([
        ("DESCRIPTION", format!("Ebuild of {}", instance.name)),
        (
            "HOMEPAGE",
            "https://wiki.gentoo.org/wiki/Project:PMS".to_owned(),
        ),
        ("LICENSE", "pmsts".to_owned()),
        ("SLOT", "0".to_owned()),
        ("KEYWORDS", "amd64".to_owned()),
    ]);
    if !ebuild.variables.contains_key("SRC_URI") {
        defaults.insert("S", "${WORKDIR}".to_owned());
    }
    defaults.retain(|name, _| !ebuild.omit.iter().any(|omitted| omitted == name));
    defaults.extend(
        ebuild
            .variables
            .iter()
            .map(|(name, text)| (name.as_str(), text.clone())),
    );
    defaults
}

/// The phase functions that the case gives and, where all are to report, the others: those of the
/// EAPI that have a default do it, the rest do nothing.
fn phases<'a>(instance: &BuildInstance, ebuild: &'a Ebuild) -> IndexMap<&'a str, String> {
    let mut phases: IndexMap<&str, String> = IndexMap::new();
    if ebuild.trace {
        for (name, _) in PHASES {
            let body = match default_since(name) {
                Some(first) if instance.eapi.number() >= first => "default\n",
                _ => ":\n",
            };
            phases.insert(name, body.to_owned());
        }
    }
    for (name, body) in &ebuild.phases {
        let newline = if body.is_empty() || body.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let body = if body.trim().is_empty() {
            ":\n".to_owned()
        } else {
            format!("{body}{newline}")
        };
        phases.insert(name, body);
    }
    // A package manager may bring its own functions back before each phase.
    if let Some(prelude) = &instance.build.prelude {
        for body in phases.values_mut() {
            *body = format!("{}\n{body}", prelude.trim_matches('\n'));
        }
    }
    phases
}

/// The first EAPI in which `default` can be called in the phase (PMS: default phase functions).
fn default_since(phase: &str) -> Option<u8> {
    match phase {
        "src_install" => Some(4),
        "pkg_nofetch" | "src_unpack" | "src_prepare" | "src_configure" | "src_compile"
        | "src_test" => Some(2),
        _ => None,
    }
}
