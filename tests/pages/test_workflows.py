"""The files for continuous integration, ours and those to copy, do what they say."""

import re
import shlex
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import gradparity
from tests import ROOT
from tests.harness.gate.test_gate_output import ALL
from tests.harness.terminal.test_verb import VERBS
from tests.pages.workflows import ACTION, EXPRESSION, GITHUB, GITLAB, Runner, filled, read

PULL = {"GITHUB_REPOSITORY": "one/two", "PULL": "7", "GH_TOKEN": "none"}
SAID = {0: "right and no slower", 1: "Slower", 3: "A gradient is wrong", 4: "did not finish"}


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def steps():
    """(name, step) of all files for GitHub."""
    for path in GITHUB:
        for job in read(path)["jobs"].values():
            yield from ((path.name, step) for step in job["steps"])
    yield from ((ACTION.name, step) for step in read(ACTION)["runs"]["steps"])


def commands():
    """Every line that calls gradparity in a file for GitHub or GitLab."""
    scripts = [step["run"] for _, step in steps() if "run" in step] + read(GITLAB)["gradients"][
        "script"
    ]
    for script in scripts:
        for line in EXPRESSION.sub("main", script).splitlines():
            if found := re.search(r"(?:^|-m )gradparity (.+)$", line.strip()):
                yield found[1].partition(" > ")[0]


def test_every_step_is_an_action_of_a_stated_version_or_shell_that_parses():
    found = list(steps())
    assert len(found) >= 14
    for name, step in found:
        assert ("uses" in step) != ("run" in step), (name, step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]), step["uses"]
        else:
            script = EXPRESSION.sub("value", step["run"])
            subprocess.run(["bash", "-n", "-c", script], check=True, capture_output=True)
            assert name != ACTION.name or step["shell"] == "bash"


def test_every_job_ends_by_itself_and_none_may_write():
    for path in GITHUB:
        whole = read(path)
        assert {"name", "on", "jobs"} <= set(whole)
        assert whole.get("permissions", {"contents": "read"}) == {"contents": "read"}
        for job in whole["jobs"].values():
            assert job["timeout-minutes"] <= 90
            assert "pull_request" in whole["on"]


def test_every_value_that_a_step_uses_is_there():
    action = read(ACTION)
    known = {f"inputs.{name}" for name in action["inputs"]} | {"steps.gate.outputs.code"}
    known |= {"github.token", "github.base_ref", "github.event.pull_request.number"}
    assert set(EXPRESSION.findall(ACTION.read_text())) <= known
    assert [step.get("id") for step in action["runs"]["steps"]].count("gate") == 1
    for path in GITHUB:
        jobs = read(path)["jobs"].values()
        axes = {
            f"matrix.{name}" for job in jobs for name in job.get("strategy", {}).get("matrix", {})
        }
        used = {word for text in EXPRESSION.findall(path.read_text()) for word in text.split()[:1]}
        assert used <= axes | {"github.base_ref"}


def test_every_call_of_gradparity_can_be_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = list(commands())
    assert len(found) >= 5
    for line in found:
        if line.startswith(('gate "${files', "gate losses.py \\")):
            continue
        verb, *words = shlex.split(line)
        VERBS[(verb,)].make_context(verb, words).close()


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_the_action_comments_with_the_gates_table_once(runner, code):
    """A stored gate; the gate writes the step's summary itself, as the real one does."""
    from gradparity.harness.gate.output import markdown

    table = runner.folder / "stored.md"
    table.write_text(markdown(ALL))
    runner.stand_in(
        "gradparity", f'cat {table}; cat {table} >> "$GITHUB_STEP_SUMMARY"; exit {code}'
    )
    gate, comment, verdict = (step["run"] for step in read(ACTION)["runs"]["steps"])
    summary, output = runner.folder / "summary", runner.folder / "output"
    files = {"FILES": "a.py suite.toml", "AGAINST": "origin/main"}
    done = runner.run(gate, GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(output), **files)
    assert done.returncode == 0, done.stderr
    assert runner.called("gradparity") == [
        "gate a.py suite.toml --against origin/main --format markdown "
    ]
    assert output.read_text() == f"code={code}\n"
    assert summary.read_text() == table.read_text()

    runner.stand_in("gh", "exit 0")  # no comment of ours is there yet
    assert runner.run(comment, CODE=str(code), **PULL).returncode == 0
    assert runner.called("gh")[-1] == "pr comment 7 --repo one/two --body-file comment.md "
    body = (runner.folder / "work" / "comment.md").read_text()
    assert body.startswith("<!-- gradparity gate -->\n### gradparity: ")
    assert SAID[code] in body.splitlines()[1]
    assert body.endswith(table.read_text())

    runner.stand_in("gh", 'case "$*" in *PATCH*) ;; *) echo 41; echo 42 ;; esac')
    assert runner.run(comment, CODE=str(code), **PULL).returncode == 0
    *_, asked, changed = runner.called("gh")
    assert "repos/one/two/issues/7/comments --paginate" in asked
    assert changed == "api --method PATCH repos/one/two/issues/comments/41 -F body=@comment.md "

    values = {"steps.gate.outputs.code": str(code)}
    assert runner.run(filled(verdict, values)).returncode == code


def test_a_gate_that_could_not_run_says_why(runner):
    runner.stand_in("gradparity", "echo no such file: losses.py >&2; exit 2")
    gate, comment, _ = (step["run"] for step in read(ACTION)["runs"]["steps"])
    summary = runner.folder / "summary"
    output = str(runner.folder / "output")
    runner.run(
        gate, FILES="losses.py", AGAINST="x", GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=output
    )
    assert summary.read_text() == "```\nno such file: losses.py\n```\n"
    runner.stand_in("gh", "exit 0")
    runner.run(comment, CODE="2", **PULL)
    body = (runner.folder / "work" / "comment.md").read_text()
    assert "The gate could not run (exit code 2)." in body
    assert "no such file: losses.py" in body


def test_gitlab_reads_what_the_gate_writes(runner):
    from gradparity.harness.gate.output import junit

    stored = runner.folder / "stored.xml"
    stored.write_text(junit(ALL, False))
    job = read(GITLAB)["gradients"]
    runner.stand_in("pip")
    runner.stand_in("git")
    runner.stand_in("gradparity", f"cat {stored}; exit 3")
    done = runner.run("\n".join(job["script"]), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert done.returncode == 3
    assert runner.called("git") == ["fetch origin main "]
    assert runner.called("gradparity") == ["gate losses.py --against origin/main --format junit "]
    report = runner.folder / "work" / job["artifacts"]["reports"]["junit"]
    assert ElementTree.parse(report).getroot().tag == "testsuites"
    assert job["artifacts"]["when"] == "always"


@pytest.mark.slow
def test_what_strangers_have_does_what_our_workflow_asks(runner):
    """The wheel's steps of the job for all systems, with this environment's gradparity."""
    job = read(GITHUB[0])["jobs"]["systems"]
    scripts = [
        step["run"]
        for step in job["steps"]
        if step.get("run", "").startswith("python -m gradparity")
    ]
    assert len(scripts) == 3
    runner.stand_in("python", f'exec {sys.executable} "$@"')
    (runner.folder / "work" / "examples").symlink_to(ROOT / "examples")
    done = runner.run("\n".join(scripts))
    assert done.returncode == 0, done.stderr
    assert f"- gradparity {gradparity.__version__}" in done.stdout


def test_continuous_integration_runs_what_contributors_run():
    everything = read(GITHUB[0])["jobs"]["everything"]["steps"][-1]["run"]
    script = ROOT / everything
    assert script.stat().st_mode & 0o111
    for target in re.findall(r"^make (.+)$", script.read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
