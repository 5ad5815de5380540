//! What a hostile ebuild says is refused and counted, and harms nobody. Wants root.

mod common;

use std::fs;

use common::{Bench, PORTAGE, case, text};

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn hostile_messages_are_refused_and_counted_and_the_rest_is_heard() {
    let ebuild = r#"src_compile = '''
/run/pmsts/observe other-token main src_compile value key forged
/run/pmsts/observe "${OBSERVE_TOKEN}" nobody src_compile value key forged
/run/pmsts/observe "${OBSERVE_TOKEN}" main no_phase value key forged
for ((i = 0; i < 300; i++)); do /run/pmsts/observe x y z begin 2>/dev/null; done
observe real yes
observe escape "$(printf '\033[2J<b>&\r\n')"
'''"#;
    let expect = "\"src_compile.real\" = \"yes\"\n\"src_compile.key\" = { not = \"forged\" }";
    let bench = Bench::new(&case("hostile", ebuild, expect));
    let output = bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    let results = bench.results();
    let refused = &results["targets"][0]["refused_messages"];
    assert_eq!(
        refused["the token is of no build in this testbed"],
        301,
        "{refused} {}",
        text(&output)
    );
    assert_eq!(refused["the build has no such ebuild"], 1, "{refused}");
    assert_eq!(refused["there is no such phase"], 1, "{refused}");
    // The forged key never arrived.
    assert_eq!(bench.verdict("hostile").0, "not-observed");
    let printed = text(&output);
    assert!(!printed.contains('\u{1b}'), "{printed}");
    bench.assert_nothing_left();
}

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn a_peer_of_another_user_is_refused_even_in_the_build_users_group() {
    let ebuild = r#"pkg_setup = '''
setpriv --reuid 12345 --regid 250 --clear-groups /run/pmsts/observe "${OBSERVE_TOKEN}" main pkg_setup value stranger forged
setpriv --reuid 12345 --regid 12345 --clear-groups /run/pmsts/observe "${OBSERVE_TOKEN}" main pkg_setup value outsider forged
observe own yes
'''"#;
    let expect = "\"pkg_setup.own\" = \"yes\"\n\"pkg_setup.stranger\" = { absent = true }\n\"pkg_setup.outsider\" = { absent = true }";
    let bench = Bench::new(&case("stranger", ebuild, expect));
    let output = bench.run(&["--pm", PORTAGE, "--eapi", "8"]);
    let refused = &bench.results()["targets"][0]["refused_messages"];
    let reason = "the peer is neither root nor the build user";
    assert!(
        refused[reason].as_u64().unwrap_or(0) >= 1,
        "{refused} {}",
        text(&output)
    );
    assert_eq!(bench.verdict("stranger").0, "passed");
}

const CROWD: &str = r#"src_compile = '''
python3 - <<-END
	import resource, socket, time
	resource.setrlimit(resource.RLIMIT_NOFILE, (min(12000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
	held = []
	for n in range(10000):
	    client = socket.socket(socket.AF_UNIX)
	    client.connect("/run/pmsts/socket")
	    client.sendall(b"PMS\x01\x00\x0f")
	    held.append(client)
	    if len(held) > 900:
	        held.pop(0).close()
END
observe after yes
'''"#;

#[test]
#[ignore = "wants root: ./ci/test runs it"]
fn ten_thousand_connections_that_never_end_their_frame_keep_nobody_out() {
    let bench = Bench::new(&case("crowd", CROWD, "\"src_compile.after\" = \"yes\""));
    let mut run = bench
        .command(&["--pm", PORTAGE, "--eapi", "8"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", run.id());
    let mut most_kib = 0;
    while run.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.trim().parse().ok());
        most_kib = most_kib.max(kib.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(
        bench.verdict("crowd").0,
        "passed",
        "{}",
        bench.results()["targets"][0]["builds"]
    );
    let refused = &bench.results()["targets"][0]["refused_messages"];
    let counted: u64 = refused
        .as_object()
        .unwrap()
        .values()
        .filter_map(serde_json::Value::as_u64)
        .sum();
    assert!(counted >= 9_900, "{refused}");
    assert!(most_kib < 150_000, "the runner grew to {most_kib} KiB");
}
