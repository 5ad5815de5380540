"""Runs the steps of the templates that call pmsts, on the scripted package manager of the tests."""

import glob
import json
import os
import pathlib
import re
import subprocess
import sys

from ruamel.yaml import YAML

pmsts, work = sys.argv[1], pathlib.Path(sys.argv[2])
root = pathlib.Path.cwd()
scripted = root / "runner/tests/scripted"
adapter = work / "scripted.toml"
adapter.write_text((scripted / "scripted.toml").read_text().replace("@defect@", ""))
PM = f"scripted:{scripted}"
(work / "pmsts.toml").write_text(f'[defaults]\nadapter = ["{adapter}"]\neapi = "8"\n')
(work / "bin").mkdir()
(work / "bin/pmsts").symlink_to(pmsts)
(work / "bin/sudo").write_text('#!/bin/sh\nexec "$@"\n')
(work / "bin/sudo").chmod(0o755)
CASES = "order-install merge-content env-workdir"


def load(path):
    return list(YAML(typ="safe").load_all((root / path).read_text()))


def run(script, **env):
    path = f"{work}/bin:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=work, text=True, capture_output=True,
                          env={**os.environ, "PATH": path, **env})
    if done.returncode:
        sys.exit(f"{script}\n{done.stdout}{done.stderr}\nended with {done.returncode}")
    return done.stdout


def scripts(job):
    return [step for step in job["steps"] if "pmsts " in step.get("run", "")]


def filled(step, values):
    fill = lambda text: re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda m: str(values[m[1]]), str(text))
    return {name: fill(text) for name, text in step.get("env", {}).items()}


def github():
    jobs = load("ci/github/pmsts.yml")[0]["jobs"]
    inputs = {"inputs.pm": PM, "inputs.shards": 2, "inputs.arguments": CASES}
    out, summary = work / "output", work / "summary"
    for step in scripts(jobs["matrix"])[-1:]:
        run(step["run"], GITHUB_OUTPUT=str(out), **filled(step, inputs))
    matrix = json.loads(out.read_text().removeprefix("matrix="))
    for job in matrix["include"]:
        values = {**inputs, **{f"matrix.{key}": value for key, value in job.items()}}
        for step in scripts(jobs["run"]):
            run(step["run"], **filled(step, values))
        (work / "results").mkdir(exist_ok=True)
        (work / "out").rename(work / "results" / job["artifact"])
    for step in scripts(jobs["merge"]):
        said = run(step["run"], GITHUB_STEP_SUMMARY=str(summary))
    assert len(matrix["include"]) == 2 and "3 passed" in said, said
    assert "## PMS conformance" in summary.read_text() and (work / "site/index.html").is_file()


def gitlab():
    jobs = load("ci/gitlab/pmsts.yml")[0]
    for number, shard in enumerate(jobs["pmsts-run"]["parallel"]["matrix"][0]["PARTITION"]):
        run("\n".join(jobs["pmsts-run"]["script"]), PM=PM, PARTITION=shard, CI_JOB_ID=str(number), PMSTS_ARGUMENTS=CASES)
    run("rm -r site\n" + "\n".join(jobs["pmsts-report"]["script"]))
    assert (work / "site/index.html").is_file() and len(glob.glob(f"{work}/out/*/junit.xml")) == 2


def kubernetes():
    shards, report = load("ci/kubernetes/pmsts.yaml")
    for job in (shards, report):
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
        pod = job["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert pod["restartPolicy"] == "Never"
        assert all(mount["name"] in volumes for c in pod["containers"] for mount in c["volumeMounts"])
    spec = shards["spec"]
    script = lambda job: job["spec"]["template"]["spec"]["containers"][0]["args"][0].replace("/results/", f"{work}/pods/")
    assert spec["completionMode"] == "Indexed" and f"hash:index/{spec['completions']} " in script(shards)
    for index in range(spec["completions"]):
        run(script(shards).replace("--output", f"{CASES} --output"), PM=PM, JOB_COMPLETION_INDEX=str(index))
    run(script(report))
    assert (work / "pods/site/index.html").is_file()


for template in (github, gitlab, kubernetes):
    template()
    print(f"{template.__name__}: its steps run")
