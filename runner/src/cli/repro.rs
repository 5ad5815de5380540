//! `pmsts repro`: writes a reproducer of a finding that needs no pmsts.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use pmsts_eclass_templates::{Renderer, write};
use pmsts_reports::store;
use pmsts_testcases::{EapiChoice, EapiSet, Expanded, Selection, Suite, Variant, expand, select};

use super::interrupts::Interrupts;
use super::provision_line::ProvisionLine;
use super::{CliError, print};
use crate::adapter::Adapter;
use crate::cli::exit_code::ExitCode;
use crate::provision::{BashVersion, bash};
use crate::provision::{Cache, Monitor, Place, Provisioned, Provisioner, Recipe, Spec};
use crate::repro::{Repro, Subject};
use crate::target::Target;

/// Write a reproducer of a finding that needs no pmsts: repository, configuration and shell script
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReproArgs {
    /// Id of a case, or of an instance: dosym-r-relative-target, 'ver-cut@8[1.2.3-1]'
    #[arg(value_name = "CASE")]
    case: String,
    /// Package manager, exactly one: portage@3.0.83, portage (on PATH), portage:DIR
    #[arg(long, value_name = "SPEC")]
    pm: Spec,
    /// Directory to write to
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: PathBuf,
    /// EAPI [default: the newest one of the case that the package manager supports]
    #[arg(long, value_name = "EAPI")]
    eapi: Option<EapiSet>,
    /// Adapter file for a package manager that is not built in
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    adapter: Option<PathBuf>,
    /// Read the case files in DIR instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    cases_dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Example:
  pmsts repro dosym-r-relative-target --pm portage@3.0.83 -o repro && ./repro/repro.sh

The script needs root and changes nothing on the machine. It prints what it observes and what the PMS requires.";

/// Runs `pmsts repro`.
pub(super) fn execute(args: &ReproArgs) -> Result<ExitCode, CliError> {
    let suite = Suite::of(args.cases_dir.as_deref())?;
    let case = args.case.split('@').next().unwrap_or_default();
    if suite.case(case).is_none() {
        let message = format!("there is no case `{case}`: `pmsts list` prints all case ids");
        return Err(CliError::Usage(message));
    }
    let interrupts = Interrupts::catch();
    let mut line = ProvisionLine::new();
    let mut report = |progress| line.tell(&progress);
    let monitor = Monitor {
        report: &mut report,
        cancelled: &|| interrupts.came(),
    };
    let mut provisioner = Provisioner::new(Cache::from_env()?, Recipe::bundled(), monitor);
    let mut found = provisioner.install(std::slice::from_ref(&args.pm))?;
    let (Some(provisioned), true) = (found.pop(), found.is_empty()) else {
        return Err(CliError::Usage(format!(
            "`{}` does not name exactly one package manager",
            args.pm
        )));
    };
    let own = provisioner
        .recipe(&provisioned.pm)?
        .minimum_bash(&provisioned.version);
    let target = target(args, &mut provisioner, provisioned)?;
    let expanded = expanded(args, &suite, case, &target)?;
    // Unless an instance is named: the first row in the newest EAPI.
    let wanted = |i: &&pmsts_testcases::Instance| !args.case.contains('@') || i.id == args.case;
    let newest = expanded
        .instances
        .iter()
        .filter(wanted)
        .map(|i| i.eapi)
        .max();
    let mut instances = expanded.instances.iter().filter(wanted);
    let Some(instance) = instances.find(|i| Some(i.eapi) == newest) else {
        let message = format!(
            "no instance `{}` for {}: `pmsts list` prints the cases and their EAPIs",
            args.case, target.name
        );
        return Err(CliError::Usage(message));
    };
    let build = &expanded.builds[instance.build];
    let wanted = BashVersion::for_eapi(&instance.eapi.to_string());
    let subject = Subject {
        case: &suite.cases[instance.case],
        catalogue: &suite.catalogue,
        instance,
        build,
        site: &Renderer::new().site(build)?,
        target: &target,
        bash: &own.map_or(wanted, |own| own.max(wanted)),
    };
    save(&subject.repro()?, &args.output)?;
    print(&format!(
        "{}: {} on {}\n",
        args.output.join("repro.sh").display(),
        instance.id,
        target.name
    ));
    Ok(ExitCode::Conforms)
}

fn expanded(
    args: &ReproArgs,
    suite: &Suite,
    case: &str,
    target: &Target,
) -> Result<Expanded, CliError> {
    let claimed = target.claims();
    let selection = Selection {
        cases: vec![case.to_owned()],
        eapis: EapiChoice::Only(args.eapi.map_or(claimed, |asked| asked.and(claimed))),
        undefined: true,
        draft: true,
        ..Selection::default()
    };
    Ok(expand(suite, &select(suite, &selection)?, Variant::Plain)?)
}

fn target(
    args: &ReproArgs,
    provisioner: &mut Provisioner<'_>,
    provisioned: Provisioned,
) -> Result<Target, CliError> {
    let adapter = match &args.adapter {
        Some(path) => Adapter::load(path)?,
        None => Adapter::embedded(&provisioned.pm)?,
    };
    let (_, monitor) = provisioner.parts();
    let bash = bash::host(&Place::Machine, monitor)?;
    Ok(Target {
        name: provisioned.spec.to_string(),
        provisioned,
        adapter,
        host_bash: bash.path.clone(),
        bash,
        newer_bash: None,
        links: Vec::new(),
        sandbox: false,
        ground: std::sync::Arc::default(),
    })
}

fn save(repro: &Repro, dir: &Path) -> Result<(), CliError> {
    write(&repro.files, dir)?;
    let path = dir.join("repro.sh");
    store::write_text(&repro.script, &path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(|source| CliError::Output { path, source })
}
