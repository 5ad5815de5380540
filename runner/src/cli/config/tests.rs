use clap::CommandFactory as _;

use super::super::Cli;
use super::*;

const FILE: &str = r#"
[targets]
stable = "portage@3.0.83"
mine = "portage:."

[defaults]
pm = ["mine", "pkgcore@0.12.48"]
eapi = "latest"
adapter = ["own.toml"]
[defaults.limits]
timeout = 30
network = true

[preset.ci]
pm = ["stable"]
format = "json"
"#;

fn applied(preset: Option<&str>, typed: &[&str]) -> Vec<String> {
    let config = Config::read(Path::new("dir/pmsts.toml"), FILE, preset).unwrap();
    let mut program = Cli::command();
    program.build();
    let typed: Vec<OsString> = typed.iter().map(OsString::from).collect();
    let matches = program.clone().try_get_matches_from(&typed).unwrap();
    let all = config.apply(&typed, &program, &matches);
    program.try_get_matches_from(&all).unwrap();
    all.into_iter().map(|a| a.into_string().unwrap()).collect()
}

#[test]
fn what_nobody_typed_comes_from_the_file() {
    let all = applied(
        None,
        &["pmsts", "--color", "never", "run", "--eapi", "8", "dosym*"],
    );
    assert!(all.contains(&"--timeout=30".to_owned()), "{all:?}");
    assert!(all.contains(&"--pm=portage:dir/.".to_owned()), "{all:?}");
    assert!(
        all.contains(&"--adapter=dir/own.toml".to_owned()),
        "{all:?}"
    );
    assert!(all.contains(&"--network".to_owned()), "{all:?}");
    assert!(!all.contains(&"--eapi=latest".to_owned()), "{all:?}");
    assert_eq!(all[..4], ["pmsts", "--color", "never", "run"]);
}

#[test]
fn a_preset_wins_over_defaults_and_the_command_line_over_both() {
    let all = applied(Some("ci"), &["pmsts", "run"]);
    let pms: Vec<&String> = all.iter().filter(|a| a.starts_with("--pm")).collect();
    assert_eq!(pms, ["--pm=portage@3.0.83"]);
    assert!(all.contains(&"--format=json".to_owned()), "{all:?}");
    let all = applied(
        Some("ci"),
        &["pmsts", "run", "--pm", "mine", "--format", "human"],
    );
    assert!(all.contains(&"portage:dir/.".to_owned()), "{all:?}");
    assert!(
        !all.iter()
            .any(|a| a.starts_with("--pm=") || a == "--format=json"),
        "{all:?}"
    );
}

#[test]
fn other_commands_hear_what_concerns_them() {
    assert_eq!(
        applied(None, &["pmsts", "list"]),
        ["pmsts", "list", "--eapi=latest"]
    );
    assert_eq!(applied(None, &["pmsts", "doctor"]), ["pmsts", "doctor"]);
    let matrix = applied(Some("ci"), &["pmsts", "ci", "matrix"]);
    assert!(
        matrix.contains(&"--pm=portage@3.0.83".to_owned()),
        "{matrix:?}"
    );
}

#[test]
fn a_fault_has_its_place() {
    for (text, words) in [
        (
            "[defaults]\njob = 3\n",
            "pmsts.toml:2:1: unknown field `job`",
        ),
        ("[limits]\n", "pmsts.toml:1:2: unknown field `limits`"),
        ("[defaults]\neapi = \"77\"\n", "pmsts.toml:2:8: "),
        (
            "[defaults]\npm = [\"portage\", \"portage@x\"]\n",
            "pmsts.toml:2:6: `x` in `portage@x` is not a release",
        ),
        ("[defaults.limits]\ntimeout = -1\n", "pmsts.toml:2:11: "),
        (
            "[targets]\nX = \"portage\"\n",
            "pmsts.toml:2:5: `X` is no name",
        ),
        ("[defaults\n", "pmsts.toml:1:10: "),
    ] {
        let error = Config::read(Path::new("pmsts.toml"), text, None).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with(words), "{said}\n{words}");
    }
    let error = Config::read(Path::new("pmsts.toml"), FILE, Some("cd")).unwrap_err();
    assert!(error.to_string().contains("pmsts.toml has ci"), "{error}");
}

#[test]
fn what_is_in_force_is_shown_with_its_origin() {
    let config = Config::read(Path::new("pmsts.toml"), FILE, Some("ci")).unwrap();
    let mut program = Cli::command();
    program.build();
    let text = show::shown(&config, &program);
    let line = |name: &str| {
        let line = text
            .lines()
            .find(|l| l.split_whitespace().next() == Some(name));
        line.unwrap_or_default().to_owned()
    };
    assert!(
        line("pm").ends_with("# preset ci, pmsts.toml:15:6"),
        "{text}"
    );
    assert!(line("eapi").ends_with("# pmsts.toml:8:8"), "{text}");
    assert!(line("batch").ends_with("# default"), "{text}");
}
