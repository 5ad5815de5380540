//! What there is to do on each domain: what it cannot run, and what is known already, is entered at once.

use std::path::Path;

use pmsts_testcases::Verdict;

use crate::book::Book;
use crate::domain::Domain;
use crate::plan::Candidate;
use crate::prior::Prior;
use crate::sink::{RunEvent, Sink};
use crate::work::Work;

/// What each domain has to run; the verdict on the rest is there already, or it is `unsupported` or
/// `skipped`, with its reason.
pub(crate) fn runnable<'w>(
    work: &'w Work,
    prior: &[Prior],
    book: &mut Book<'_>,
    sinks: &mut [Box<dyn Sink + '_>],
) -> Vec<(usize, Vec<Candidate<'w>>)> {
    let totals: Vec<(String, usize)> = work
        .domains
        .iter()
        .map(|d| (d.name.clone(), work.expanded.instances.len()))
        .collect();
    tell(sinks, &RunEvent::Begun(&totals));
    let mut all = Vec::new();
    for (position, domain) in work.domains.iter().enumerate() {
        let mut candidates = Vec::new();
        let bash = |eapi| domain.bash_for(eapi).path.clone();
        for candidate in Candidate::all(&work.expanded, &work.sites, bash) {
            let Some((verdict, reason)) = undone(domain, &candidate) else {
                let instances = work.instances(candidate.index);
                let known = prior[position].find(&instances, &work.checksums[candidate.index]);
                let Some((build, instances)) = known else {
                    candidates.push(candidate);
                    continue;
                };
                for instance in &book.enter_known(position, build, instances) {
                    tell(
                        sinks,
                        &RunEvent::Verdict {
                            domain: position,
                            instance,
                        },
                    );
                }
                continue;
            };
            for instance in work.instances(candidate.index) {
                let instance = book.enter_undone(position, instance, verdict, reason.clone());
                let event = RunEvent::Verdict {
                    domain: position,
                    instance: &instance,
                };
                tell(sinks, &event);
            }
        }
        all.push((position, candidates));
    }
    all
}

fn tell(sinks: &mut [Box<dyn Sink + '_>], event: &RunEvent<'_>) {
    for sink in sinks {
        sink.event(event);
    }
}

/// Why nothing is done for a build: the package manager cannot, or the machine.
fn undone(domain: &Domain, candidate: &Candidate<'_>) -> Option<(Verdict, String)> {
    if let Some(reason) = unsupported(domain, candidate) {
        return Some((Verdict::Unsupported, reason));
    }
    let needs = &candidate.build.build.needs;
    let missing = needs.iter().find(|program| !is_on_machine(program))?;
    let reason = format!("the machine has no program `{missing}`: install it");
    Some((Verdict::Skipped, reason))
}

/// Whether phases find the program: the testbed shows the machine's.
fn is_on_machine(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin"]
        .iter()
        .any(|dir| Path::new(dir).join(program).is_file())
}

fn unsupported(domain: &Domain, candidate: &Candidate<'_>) -> Option<String> {
    let eapi = candidate.build.eapi;
    if !domain.claims().contains(eapi) {
        return Some(format!("{} does not claim EAPI {eapi}", domain.name));
    }
    let build = &candidate.build.build;
    let mut steps = build.steps.iter();
    steps
        .find_map(|step| domain.adapter.lacks(step.operation))
        .or_else(|| domain.adapter.lacks_config(&build.config))
}
