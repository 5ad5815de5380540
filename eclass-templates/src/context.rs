//! The data of the templates.

use indexmap::IndexMap;
use pmsts_testcases::BuildInstance;
use pmsts_testcases::model::{Ebuild, Helper, PHASES};
use serde::Serialize;

/// The name of the helper eclass.
pub(crate) const ECLASS: &str = "pmsts";

/// The data of `ebuild.hbs`.
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

/// A variable or a phase function. They form a list, because a template does not keep the order of a
/// map.
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

/// The line `EAPI=8`; none if the case sets `eapi = ""`.
fn eapi_line(instance: &BuildInstance, ebuild: &Ebuild) -> Option<String> {
    match ebuild.eapi.as_deref() {
        Some("") => None,
        Some(eapi) => Some(format!("EAPI={eapi}")),
        None => Some(format!("EAPI={}", instance.eapi)),
    }
}

/// The variables of the case, and the mandatory ones that it does not set. Without `SRC_URI` nothing
/// is unpacked below WORKDIR, so `S` is WORKDIR itself.
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

/// The phase functions of the case. With `trace` the others are added: they call `default` where the
/// EAPI has one, and otherwise do nothing.
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
    // A package manager may define its own functions again before each phase.
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
