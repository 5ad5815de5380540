//! The text of `repro.sh`.

use std::fmt::Write as _;

use pmsts_testcases::model::{self, ContentKind, MAIN};
use pmsts_testcases::{Address, PMS_REVISION, What};

use super::{Contents, Subject};
use crate::adapter::{CommandLine, Context, Setup};
use crate::provision::Provenance;
use crate::target::RUN_DIR;

/// Makes a mount namespace with an overlay over the machine's root that is thrown away: the mounts of
/// `testbed/stub/mounts.rs` as a shell script, as the reader of a reproducer may not have pmsts.
const LAYER: &str = r#"
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${LAYER-}" ]; then
	LAYER=$(mktemp -d)
	export LAYER
	status=0
	unshare --mount --propagation private sh "$0" || status=$?
	rmdir "$LAYER"
	exit "$status"
fi
root=$LAYER/root
mount -t tmpfs none "$LAYER"
mkdir "$LAYER/upper" "$LAYER/work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$LAYER/upper,workdir=$LAYER/work" none "$root"
for dir in dev proc sys; do
	mount --rbind "/$dir" "$root/$dir"
done
"#;

/// Installs a release from the Python package index into `pm/`, once.
const INSTALL: &str = r#"
# The package manager, installed once into pm/ and used below an overlay of its own.
pm=@prefix@
mkdir -p "$here/pm" "$root$pm"
mount --bind "$here/pm" "$root$pm"
if [ ! -x "$root$pm/bin/python" ]; then
	cp -L /etc/resolv.conf "$root/etc/" || :
	for python in "${PYTHON-}" @interpreter@ @python@ python3; do
		python=$(command -v "$python") && "$python" -c 'import venv' 2> /dev/null && break
	done
	chroot "$root" "$python" -m venv "$pm"
	chroot "$root" "$pm/bin/pip" install --quiet @package@==@version@
fi
mkdir "$LAYER/pm-upper" "$LAYER/pm-work"
mount -t overlay -o "lowerdir=$here/pm,upperdir=$LAYER/pm-upper,workdir=$LAYER/pm-work" none "$root$pm"
# The build user must reach the interpreter.
dir=$(chroot "$root" readlink -f "$pm/bin/python")
while [ "$dir" != / ]; do
	chmod a+rx "$root$dir"
	dir=$(dirname "$dir")
done
"#;

/// Shows a checkout below an overlay, so that it is not changed.
const CHECKOUT: &str = r#"
# The package manager's checkout, below an overlay that is thrown away.
pm=@prefix@
mkdir -p "$root$pm" "$LAYER/pm-upper" "$LAYER/pm-work"
mount -t overlay -o "lowerdir=$pm,upperdir=$LAYER/pm-upper,workdir=$LAYER/pm-work" none "$root$pm"
"#;

const BASH: &str = r#"
# To use another Bash than the machine's own, set BASH_PROGRAM=/path/to/bash.
if [ -n "${BASH_PROGRAM-}" ]; then
	mount --bind "$BASH_PROGRAM" "$root$(readlink -f "$(command -v bash)")"
fi
# shellcheck disable=SC2016
chroot "$root" bash -c '(( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= @number@ ))' ||
	echo "warning: this Bash is older than @bash@, which the EAPI or the package manager needs: set BASH_PROGRAM" >&2
"#;

/// Starts the server that `SRC_URI` and mirrors point at. Its log shows the requests.
const SERVER: &str = r#"
# The only mirror: serves served/ on loopback while the script runs.
python3 -m http.server --bind @address@ --directory "$here/served" @port@ > "$root@requests@" 2>&1 &
server=$!
trap 'kill "$server"' EXIT
until python3 -c 'import socket; socket.create_connection(("@address@", @port@), 1)' 2> /dev/null; do
	kill -0 "$server" 2> /dev/null || { echo 'error: the server of served/ has ended' >&2; exit 1; }
	sleep 0.1
done
"#;

const OBSERVED: &str = r#"
echo '== observations'
cat "$root@observed@"
echo '== expectations, from the PMS'
observed() {
	none='  observed nothing'
	while IFS= read -r line; do
		case $line in
			"$1"*)
				none=
				printf '  observed %s\n' "${line#"$1"}" ;;
		esac
	done < "$root@observed@"
	printf '%s' "${none:+$none
}"
}
"#;

pub(super) fn text(
    subject: &Subject<'_>,
    context: &Context,
    setup: &Setup,
    contents: &Contents,
    commands: &[CommandLine],
) -> String {
    let mut out = head(subject, &subject.target.notes(setup));
    out.push_str(LAYER);
    out.push_str(&package_manager(subject, context));
    out.push_str(&bash(subject));
    out.push_str(&configuration(setup, contents));
    out.push_str(&server(subject));
    out.push_str(&steps(subject, setup, commands));
    out.push_str(&judgement(subject));
    out
}

fn head(subject: &Subject<'_>, notes: &[String]) -> String {
    let Subject {
        case,
        instance,
        target,
        ..
    } = subject;
    let mut out = format!(
        "#!/bin/sh\n# {} in EAPI {}, on {}\n# {}\n# PMS {PMS_REVISION}, {} {}\n",
        case.id,
        instance.eapi,
        target.name,
        comment(&case.title),
        case.chapter(),
        case.section,
    );
    for id in &instance.requirements {
        let statement = subject.catalogue.get(id).map_or("", |r| &r.statement);
        let _ = writeln!(out, "#   {id}: {}", comment(statement));
    }
    out.push_str(
        "#\n# Needs root and Linux with overlayfs. It changes nothing on the machine: everything happens in a mount\n\
         # namespace, on an overlay over / that is thrown away. The files that it adds there are in root/.\n",
    );
    for note in notes {
        let _ = writeln!(out, "# {}", comment(note));
    }
    out.push_str("set -eu\n");
    out
}

fn package_manager(subject: &Subject<'_>, context: &Context) -> String {
    let it = &subject.target.provisioned;
    let template = match it.kind {
        Provenance::Registry => INSTALL,
        Provenance::Dir => CHECKOUT,
        Provenance::Path => return String::new(),
    };
    let (interpreter, python) = it.python.as_ref().map_or_else(Default::default, |python| {
        let release = python.version.release();
        let numbers: Vec<String> = release.iter().take(2).map(ToString::to_string).collect();
        let path = quoted(&python.path.display().to_string());
        (path, format!("python{}", numbers.join(".")))
    });
    template
        .replace("@prefix@", &quoted(&context.prefix))
        .replace("@interpreter@", &interpreter)
        .replace("@python@", &python)
        .replace("@package@", &it.pm)
        .replace("@version@", &it.version)
}

fn bash(subject: &Subject<'_>) -> String {
    let wanted = subject.bash.to_string();
    let mut numbers = wanted.split('.').filter_map(|n| n.parse::<u32>().ok());
    let (major, minor) = (numbers.next().unwrap_or(3), numbers.next().unwrap_or(0));
    BASH.replace("@number@", &(major * 100 + minor).to_string())
        .replace("@bash@", &wanted)
}

/// Copies `root/`, and sets up what its files cannot carry: hidden paths, users, directories, links, modes and times.
fn configuration(setup: &Setup, contents: &Contents) -> String {
    let mut out = String::from("\n# Configuration and repository.\n");
    for path in &setup.hidden {
        let _ = writeln!(out, "rm -rf {}", in_root(path));
    }
    for user in &setup.users {
        let (name, uid, gid, home) = (&user.name, user.uid, user.gid, &user.home);
        for (file, line) in [
            ("passwd", format!("{name}:x:{uid}:{gid}::{home}:/bin/sh")),
            ("group", format!("{name}:x:{gid}:")),
        ] {
            let _ = writeln!(
                out,
                "grep -q {} \"$root/etc/{file}\" || echo {} >> \"$root/etc/{file}\"",
                quoted(&format!("^{name}:")),
                quoted(&line)
            );
        }
    }
    out.push_str("cp -R \"$here/root/.\" \"$root/\"\n");
    for (path, content) in contents {
        match &content.kind {
            ContentKind::File(_) => {}
            ContentKind::Directory => {
                let _ = writeln!(out, "mkdir -p {}", in_root(path));
            }
            ContentKind::Symlink(target) => {
                let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
                let _ = writeln!(
                    out,
                    "mkdir -p {} && ln -sfn {} {}",
                    in_root(parent),
                    quoted(target),
                    in_root(path)
                );
            }
            ContentKind::Absent => continue,
        }
        if let Some((uid, gid)) = content.owner {
            let _ = writeln!(out, "chown -h {uid}:{gid} {}", in_root(path));
        }
        if let Some(mode) = content.mode {
            let _ = writeln!(out, "chmod {mode:04o} {}", in_root(path));
        }
        if let Some((seconds, _)) = content.mtime {
            let _ = writeln!(out, "touch -h -d @{seconds} {}", in_root(path));
        }
    }
    let _ = writeln!(
        out,
        ": > \"$root{RUN_DIR}/observed\"\nchmod 0666 \"$root{RUN_DIR}/observed\""
    );
    out
}

fn server(subject: &Subject<'_>) -> String {
    let place = model::SERVER.trim_start_matches("http://");
    let Some((address, port)) = place
        .split_once(':')
        .filter(|_| !subject.site.served.is_empty())
    else {
        return String::new();
    };
    SERVER
        .replace("@address@", address)
        .replace("@port@", port)
        .replace("@requests@", &format!("{RUN_DIR}/requests"))
}

fn steps(subject: &Subject<'_>, setup: &Setup, commands: &[CommandLine]) -> String {
    let mut out = String::new();
    let steps = &subject.build.build.steps;
    for (at, (step, command)) in steps.iter().zip(commands).enumerate() {
        let words: Vec<String> = command.argv.iter().map(|word| quoted(word)).collect();
        let env = command.env.iter();
        let env: Vec<String> = env
            .map(|(name, value)| quoted(&format!("{name}={value}")))
            .collect();
        let input = subject.build.build.input.as_ref();
        let input = input.map_or_else(String::new, |text| format!("printf %s {} | ", quoted(text)));
        let _ = write!(
            out,
            "\necho '== {}'\nstatus=0\n{input}chroot \"$root\" /usr/bin/env -i {} \\\n\t{} || status=$?\necho \"exit status $status\"\n",
            step.name,
            env.join(" "),
            words.join(" ")
        );
        out.push_str(&left(subject, setup, at));
    }
    out
}

/// Shows what a step left, if the case has expectations of it.
fn left(subject: &Subject<'_>, setup: &Setup, step: usize) -> String {
    let build = &subject.build.build;
    let mut out = String::new();
    for (address, _) in &subject.instance.expect {
        let named = address.step.as_deref();
        if named.map_or(step != 0, |name| name != build.steps[step].name) {
            continue;
        }
        let Some(ebuild) = build.ebuilds.get(address.ebuild()) else {
            continue;
        };
        let pf = format!(
            "{}/{}",
            subject.build.category(ebuild),
            subject.build.pf(ebuild)
        );
        let entry = |name: &str| quoted(&format!("{}/{pf}{name}", setup.vdb));
        let show = match &address.what {
            What::File(path) => format!("ls -ld --time-style=full-iso {}", quoted(path)),
            What::Requests => format!("cat {RUN_DIR}/requests"),
            What::Installed => format!("ls -d {}", entry("")),
            What::Vdb(name) => format!("cat {}", entry(&format!("/{name}"))),
            What::Metadata(name) => {
                let path = quoted(&format!("{}/{pf}", setup.metadata_cache));
                format!("grep {} {path}", quoted(&format!("^{name}=")))
            }
            What::Sent { .. } | What::Phases | What::Calls | What::Outcome | What::Output => {
                continue;
            }
        };
        let _ = writeln!(
            out,
            "echo {}\nchroot \"$root\" {show} || :",
            quoted(&format!("-- {address}:"))
        );
    }
    out
}

/// Prints each expectation with its observations, for a reader to judge.
fn judgement(subject: &Subject<'_>) -> String {
    let mut out = OBSERVED.replace("@observed@", &format!("{RUN_DIR}/observed"));
    for (address, words) in subject.expected() {
        let _ = writeln!(out, "echo {}", quoted(&comment(&address)));
        let _ = writeln!(
            out,
            "echo {}",
            quoted(&format!("  expected {}", comment(&words)))
        );
        let parsed: Result<Address, _> = address.parse();
        if let Ok(Address {
            ebuild,
            what: What::Sent { phase, key },
            ..
        }) = parsed
        {
            let ebuild = ebuild.as_deref().unwrap_or(MAIN);
            let _ = writeln!(
                out,
                "observed {}",
                quoted(&format!("{ebuild}:{phase}.{key} = "))
            );
        }
    }
    if let Some(disputed) = &subject.case.disputed {
        let disputed = format!("disputed: {}", comment(disputed));
        let _ = writeln!(out, "echo {}", quoted(&disputed));
    }
    out
}

fn in_root(path: &str) -> String {
    let path = path.trim_end_matches('/');
    if path.chars().all(is_plain) {
        format!("\"$root{path}\"")
    } else {
        format!("\"$root\"{}", quoted(path))
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@:/._+,-=^".contains(c)
}

fn quoted(word: &str) -> String {
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The text on one line.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_words_as_they_are_meant() {
        assert_eq!(quoted("=cat/pkg-1"), "=cat/pkg-1");
        assert_eq!(quoted("a'b c"), r"'a'\''b c'");
        assert_eq!(quoted(""), "''");
        assert_eq!(in_root("/a b/"), "\"$root\"'/a b'");
        assert_eq!(comment("a\n b"), "a b");
    }
}
