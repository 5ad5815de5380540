//! Writes reports about an invented run with some thousand instances, for looking at them:
//! `cargo run -p pmsts-reports --example sample -- DIR [INSTANCES [VERSIONS]]`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use pmsts_reports::formats::{html, junit, terminal};
use pmsts_reports::record::{
    BuildRecord, HostInfo, Instance, PhaseRecord, Results, SCHEMA, SourceFiles, StepRecord,
    SuiteInfo, TargetRecord, Timing,
};
use pmsts_reports::store;
use pmsts_testcases::{Compared, Outcome, PMS_REVISION, Requirement, Suite, Value, Verdict};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = PathBuf::from(arguments.next().unwrap_or_else(|| "out".to_owned()));
    let mut number = |default| arguments.next().map_or(Ok(default), |n| n.parse::<usize>());
    let (instances, versions) = (number(3000)?, number(1)?);
    std::fs::create_dir_all(dir.join("site/data"))?;
    let results = results(&Suite::embedded()?, instances, versions);
    store::write(&results, &dir.join("results.json"))?;
    store::write_text(&junit::render(&results), &dir.join("junit.xml"))?;
    let page = html::render(std::slice::from_ref(&results))?;
    store::write_text(&page, &dir.join("report.html"))?;
    html::site(std::slice::from_ref(&results), |path, text| {
        std::fs::write(dir.join("site").join(path), text).map_err(Box::<dyn Error>::from)
    })?;
    store::write_text(
        &terminal::report(&results, 100, terminal::Detail::NewFindings),
        &dir.join("report.txt"),
    )?;
    Ok(())
}

fn results(suite: &Suite, instances: usize, versions: usize) -> Results {
    let instances: Vec<(usize, &Requirement, u8)> = suite
        .catalogue
        .values()
        .flat_map(|r| r.eapis.iter().map(move |eapi| (r, eapi.number())))
        .take(instances)
        .enumerate()
        .map(|(n, (requirement, eapi))| (n, requirement, eapi))
        .collect();
    Results {
        schema: SCHEMA,
        suite: SuiteInfo {
            version: "0.1.0".to_owned(),
            revision: Some("5e1f0c2a9b7d".to_owned()),
            pms_revision: PMS_REVISION.to_owned(),
        },
        host: HostInfo {
            kernel: "6.1.0-40-amd64".to_owned(),
            system: "Debian GNU/Linux 12".to_owned(),
            arch: "x86_64".to_owned(),
            cores: 8,
        },
        started: "2026-11-21T05:12:09Z".to_owned(),
        duration_ms: 1_443_020,
        interrupted: true,
        stopped: None,
        arguments: ["run", "--eapi", "all", "--output", "out"]
            .map(str::to_owned)
            .to_vec(),
        seed: 42,
        repeats: None,
        stores: Vec::new(),
        targets: targets(&instances, versions),
        sources: instances
            .iter()
            .map(|(n, _, eapi)| (format!("sum{n}"), source(*n, *eapi)))
            .collect(),
    }
}

fn targets(instances: &[(usize, &Requirement, u8)], versions: usize) -> Vec<TargetRecord> {
    let both = |at| {
        let (portage, pkgcore) = (format!("3.0.{}", 83 - at), format!("0.12.{}", 48 - at));
        [
            target("portage", &portage, instances, 97 - 6 * at),
            target("pkgcore", &pkgcore, instances, 41 - at),
        ]
    };
    (0..versions).flat_map(both).collect()
}

/// The record of a target on which one of `every` instances has a problem.
fn target(
    pm: &str,
    version: &str,
    instances: &[(usize, &Requirement, u8)],
    every: usize,
) -> TargetRecord {
    TargetRecord {
        dependencies: std::collections::BTreeMap::new(),
        name: format!("{pm}@{version}"),
        pm: pm.to_owned(),
        version: version.to_owned(),
        spec: format!("{pm}@{version}"),
        bash: "5.3.3".to_owned(),
        interpreter: Some("Python 3.13.5".to_owned()),
        testbed: "overlay".to_owned(),
        notes: vec![
            "FEATURES lacks sandbox, as the testbed isolates the package manager.".to_owned(),
        ],
        broken: None,
        key: None,
        shards: None,
        options: Vec::new(),
        findings: std::collections::BTreeMap::new(),
        timing: Timing {
            wall_ms: 1_300_400,
            pm_ms: 2_500_000,
            jobs: 2,
            ..Timing::default()
        },
        calls: Vec::new(),
        refused_messages: BTreeMap::from([("frame of 9 MiB".to_owned(), 3)]),
        instances: instances
            .iter()
            .map(|(n, requirement, eapi)| {
                instance(*n, requirement, *eapi, verdict(*n, *eapi, every))
            })
            .collect(),
        builds: instances
            .iter()
            .map(|(n, _, eapi)| build(*n, *eapi, verdict(*n, *eapi, every)))
            .collect(),
    }
}

fn verdict(n: usize, eapi: u8, every: usize) -> Verdict {
    let bad = [
        Verdict::Failed,
        Verdict::Failed,
        Verdict::NotObserved,
        Verdict::Failed,
        Verdict::TimedOut,
        Verdict::Error,
    ];
    match n {
        _ if every < 50 && eapi == 9 => Verdict::Unsupported,
        n if n % every == 0 => bad[n / every % bad.len()],
        n if n % 53 == 0 => Verdict::Skipped,
        n if n % 71 == 0 => Verdict::Recorded,
        _ => Verdict::Passed,
    }
}

fn instance(n: usize, requirement: &Requirement, eapi: u8, verdict: Verdict) -> Instance {
    let chapter = requirement.chapter();
    let case = requirement.id.replace('.', "-");
    let reason = match verdict {
        Verdict::Skipped => Some("needs a second architecture"),
        Verdict::Unsupported => Some("pkgcore 0.12.48 does not claim EAPI 9"),
        Verdict::TimedOut => Some("install reached its time limit of 75 s"),
        Verdict::Error => Some("cannot mount the testbed's scratch space: ENOSPC"),
        _ => None,
    };
    Instance {
        id: format!("{case}@{eapi}"),
        case,
        title: requirement.statement.clone(),
        eapi: eapi.to_string(),
        row: None,
        section: requirement.section.clone(),
        chapter: chapter.to_owned(),
        requirements: vec![requirement.id.clone()],
        verdict,
        reason: reason.map(str::to_owned),
        disputed: n.is_multiple_of(97).then(|| {
            "The text says “may” where the table says “must”; both readings are in bug 123456."
                .to_owned()
        }),
        compared: compared(n, verdict),
        build: (!matches!(verdict, Verdict::Skipped | Verdict::Unsupported)).then_some(n),
        checksum: format!("sum{n}"),
        lenient: false,
        ledger: None,
        reused: None,
        flaky: false,
    }
}

fn compared(n: usize, verdict: Verdict) -> Vec<Compared> {
    let met = entry(
        "src_install.S",
        "/var/tmp/portage/x/work",
        Some(b"/var/tmp/portage/x/work"),
    );
    let second = match verdict {
        Verdict::Passed => entry("outcome", "succeeds", Some(b"succeeds")),
        Verdict::Recorded => Compared {
            outcome: Outcome::Recorded,
            exact: None,
            expected: "anything".to_owned(),
            ..entry(
                "src_compile.ULIMIT",
                "",
                Some(format!("{}", 1024 << (n % 3)).as_bytes()),
            )
        },
        Verdict::NotObserved => Compared {
            note: Some("src_unpack, src_prepare ran; src_install did not begin".to_owned()),
            ..entry("src_install.link", "../share/a/target", None)
        },
        Verdict::Failed => difference(n),
        _ => return Vec::new(),
    };
    vec![met, second]
}

fn difference(n: usize) -> Compared {
    let list = |skip: usize| -> Vec<u8> {
        let lines = (0..60).filter(|line| *line != skip);
        lines
            .flat_map(|line| {
                format!("/usr/lib64/plugin-{line:02}.so 0755 root:root\n").into_bytes()
            })
            .collect()
    };
    match n % 4 {
        0 => entry("src_install.link", "../share/a/target", Some(b"../../usr/share/a/target")),
        1 => Compared {
            exact: Some(Value(list(17))),
            ..entry("src_install.files", "60 lines", Some(&list(n % 60)))
        },
        2 => entry(
            "pkg_setup.environment",
            "a",
            Some(b"</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\x07\xff\xfe\r\n\tb\0"),
        ),
        _ => entry(
            "pkg_postinst.USE",
            &"abi_x86_64 amd64 elibc_glibc kernel_linux userland_GNU ".repeat(6),
            Some(format!("{}bootstrap ", "abi_x86_64 amd64 elibc_glibc kernel_linux userland_GNU ".repeat(5)).as_bytes()),
        ),
    }
}

fn entry(address: &str, expected: &str, actual: Option<&[u8]>) -> Compared {
    let exact = Value::from(expected);
    let actual = actual.map(|bytes| Value(bytes.to_vec()));
    let outcome = match &actual {
        None => Outcome::Missing,
        Some(actual) if *actual == exact => Outcome::Met,
        Some(_) => Outcome::Differs,
    };
    Compared {
        address: address.to_owned(),
        expected: format!("`{exact}`"),
        exact: Some(exact),
        actual,
        outcome,
        note: None,
    }
}

fn build(n: usize, eapi: u8, verdict: Verdict) -> BuildRecord {
    let log = ">>> Emerging (1 of 24) pmsts/case-1::pmsts\n * Package: pmsts/case-1\n>>> Unpacking source...\n\
               ERROR: pmsts/case-1::pmsts failed (install phase):\n\tdosym failed\n";
    let command = [
        "emerge",
        "--oneshot",
        "--nodeps",
        "--keep-going",
        "=pmsts/case-1-1",
    ];
    BuildRecord {
        name: format!("case-{n}@{eapi}"),
        lane: u32::from(n % 2 == 1),
        batch: u32::try_from(n / 24).unwrap_or_default(),
        batch_size: 24,
        attempts: if verdict == Verdict::Failed { 2 } else { 1 },
        steps: vec![StepRecord {
            left_over: 0,
            name: "install".to_owned(),
            command: command.map(str::to_owned).to_vec(),
            ended: if verdict == Verdict::TimedOut {
                "time limit of 75 s"
            } else {
                "exit status 1"
            }
            .to_owned(),
            started_ms: n as u64 * 300,
            duration_ms: 24_310,
            phases: phases(verdict),
        }],
        log: if verdict == Verdict::Passed {
            String::new()
        } else {
            log.repeat(20)
        },
    }
}

/// The phases of a build; the last one ends only where the instance passed.
fn phases(verdict: Verdict) -> Vec<PhaseRecord> {
    let phases = [
        "pkg_setup",
        "src_unpack",
        "src_prepare",
        "src_compile",
        "src_install",
        "pkg_postinst",
    ];
    let phase = |(at, phase): (usize, &str)| PhaseRecord {
        ebuild: if at == 5 { "dependency" } else { "main" }.to_owned(),
        phase: phase.to_owned(),
        begin_ms: at as u64 * 40,
        end_ms: (at < 5 || verdict == Verdict::Passed).then_some(at as u64 * 40 + 23),
    };
    phases.into_iter().enumerate().map(phase).collect()
}

fn source(n: usize, eapi: u8) -> SourceFiles {
    let ebuild = format!(
        "# Case {n}\nEAPI={eapi}\n\nDESCRIPTION=\"A <test> & more\"\nSLOT=0\nKEYWORDS=\"~amd64\"\n\n\
         inherit pmsts\n\nsrc_install() {{\n\tdosym -r /usr/share/a/target /usr/bin/link\n\
         \tobserve link \"$(readlink \"${{ED}}/usr/bin/link\")\"\n}}\n"
    );
    let files = [
        (
            format!("/var/db/repos/pmsts/pmsts/case-{n}/case-{n}-1.ebuild"),
            ebuild,
        ),
        (
            "/var/db/repos/pmsts/profiles/default/make.defaults".to_owned(),
            "ARCH=amd64\n".to_owned(),
        ),
    ];
    SourceFiles {
        files: BTreeMap::from(files),
    }
}
