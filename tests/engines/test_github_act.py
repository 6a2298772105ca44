"""A workflow runs under act as it would on GitHub, with stand-ins for the actions that it uses."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from support.git_repository import git

from . import github_events as events
from .fixtures import without
from .github_act import Given, Machine, NotForAct, program, run_act
from .github_events import Event
from .github_log import ActRun
from .judges import ENGINES
from .missing import EngineMissing

pytestmark = pytest.mark.engine

HANDOVER = Path(__file__).parents[1] / "data" / "github" / "handover.yml"
CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683"
UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02"
DOWNLOAD = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    try:
        program(ENGINES)
    except EngineMissing as missing:
        without(missing)
    root = tmp_path / "origin"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "tracked").write_text("content")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    (root / "not-tracked").touch()
    (root / ".env").write_text("LEAKED=yes\n")
    home = tmp_path / "home"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}
    return Machine(ENGINES, root, tmp_path / "run", env)


def commit(machine: Machine) -> str:
    return git(machine.repository, "rev-parse", "HEAD").strip()


def steps(*lines: str) -> str:
    return "on: [push]\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n" + "".join(
        f"      - {line}\n" for line in lines
    )


def shell(script: str, **keys: str) -> str:
    more = "".join(f", {name}: {value}" for name, value in keys.items())
    return f"{{shell: sh, run: {json.dumps(script)}{more}}}"


def play(machine: Machine, text: str, event: Event | None = None, given: Given | None = None) -> ActRun:
    workflow = machine.repository.parent / "workflow.yml"
    workflow.write_text(text)
    return run_act(machine, workflow, event or events.push(commit=commit(machine)), given)


def running(number: str) -> bool:
    """Whether there is such a process, ended ones that nobody has asked after left out."""
    path = Path("/proc", number, "cmdline")
    with suppress(OSError):
        return bool(path.read_bytes())
    return False


def ends(number: str) -> bool:
    """Whether a process that was killed has ended soon: not at once, where others want the processor."""
    late = time.monotonic() + 10
    while running(number) and time.monotonic() < late:
        time.sleep(0.1)
    return not running(number)


def test_two_jobs_hand_a_file_over(machine: Machine) -> None:
    git(machine.repository, "update-ref", "refs/pull/7/merge", "HEAD")
    event = events.change(commit=commit(machine), title='::error::$(id) `id` "q" ${{ secrets.TOKEN }}')
    done = run_act(machine, HANDOVER, event, Given({"TOKEN": "t0k'en $HOME %s"}))
    assert (done.status, dict(done.jobs)) == (0, {"make": "success", "use": "success"}), done.output
    assert list(done.steps["make"]) == ["checkout", "begin", "make", "keep", "clean up"]
    made = f"gh-1-make {event.payload['pull_request']['title']} content"
    assert (machine.artifacts / "given" / "made").read_text() == made
    assert done.logs["use"] == f"Total of 1 artifact(s) downloaded\n{made}\nof branch refs/pull/7/merge\n"
    assert "it's $HOME ${{ secrets.x }}\n" in done.logs["make"]
    assert "the token is ***\n" in done.logs["make"]
    assert [path.name for path in machine.artifacts_of("make")] == ["given"]


@pytest.mark.parametrize(
    ("event", "seen"),
    [
        (events.push("rel/1.0"), "push refs/heads/rel/1.0 rel/1.0 branch - -"),
        (events.tag("$(id)'\""), "push refs/tags/$(id)'\" $(id)'\" tag - -"),
        (events.change(), "pull_request refs/pull/7/merge 7/merge branch feature main"),
        (events.scheduled("3 4 * * *"), "schedule refs/heads/main main branch - -"),
        (events.dispatched({"a": "b"}), "workflow_dispatch refs/heads/main main branch - -"),
        (
            events.queued(),
            f"merge_group refs/heads/gh-readonly-queue/main/pr-7-{events.COMMIT} "
            f"gh-readonly-queue/main/pr-7-{events.COMMIT} branch - -",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Event) else "",
)
def test_an_event_is_seen_as_on_github(machine: Machine, event: Event, seen: str) -> None:
    names = ("event_name", "ref", "ref_name", "ref_type", "head_ref", "base_ref")
    context = " ".join(f"${{{{ github.{name} || '-' }}}}" for name in names)
    variables = " ".join(f"${{GITHUB_{name.upper()}:--}}" for name in names)
    more = 'env: {C: "' + context + "\", S: '${{ github.sha }}', L: '${{ github.event.repository.default_branch }}'}"
    script = f'echo "$C"; echo "{variables}"; echo "$S $GITHUB_SHA $L ${{LEAKED-}}."; ls -A'
    text = steps(f"{{shell: sh, {more}, run: {json.dumps(script)}}}").replace(
        "[push]", "[push, pull_request, schedule, workflow_dispatch, merge_group]"
    )
    done = play(machine, text, event)
    assert done.logs["one"] == f"{seen}\n{seen}\n{events.COMMIT} {events.COMMIT} main .\n"


@pytest.mark.parametrize("history", ["1", "2", "0"])
def test_a_checkout_has_what_its_inputs_say(machine: Machine, history: str) -> None:
    for number in range(2):
        git(machine.repository, "tag", f"v{number}")
        git(machine.repository, "commit", "--quiet", "--allow-empty", "--message", "another")
    inputs = f"{{fetch-depth: {history}, persist-credentials: {'true' if history == '1' else 'false'}}}"
    script = "git rev-list --count HEAD; git tag; git branch --show-current; ls; git config --get-regexp extraheader"
    checkout = f"{{uses: {CHECKOUT}, with: {inputs}}}"
    done = play(machine, steps(checkout, shell(f"{script} || :")), given=Given({"GITHUB_TOKEN": "gh-t0ken"}))
    tags = "v0\nv1\n" if history == "0" else ""
    login = "http.https://github.com/.extraheader AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2gtdDBrZW4=\n"
    count = {"0": "3", "1": "1", "2": "2"}[history]
    assert done.logs["one"] == f"{count}\n{tags}main\ntracked\n{login if history == '1' else ''}", done.output


def test_a_checkout_of_a_tag_is_detached_and_has_the_tag(machine: Machine) -> None:
    git(machine.repository, "tag", "v1.0")
    script = "git tag; git branch --show-current; git describe --tags; git remote get-url origin"
    event = events.tag("v1.0", commit(machine))
    done = play(machine, steps(f"{{uses: {CHECKOUT}}}", shell(script)), event)
    assert done.logs["one"] == "v1.0\nv1.0\nhttps://github.com/team/app\n", done.output


def test_submodules_are_there_where_they_are_asked_for(machine: Machine, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    git(inner, "commit", "--quiet", "--allow-empty", "--message", "x")
    (inner / "file").touch()
    git(inner, "add", "file")
    git(inner, "commit", "--quiet", "--message", "y")
    allow = ("-c", "protocol.file.allow=always")
    git(machine.repository, *allow, "submodule", "add", inner.as_uri(), "sub")
    git(machine.repository, "commit", "--quiet", "--message", "sub")
    machine.env.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="protocol.file.allow", GIT_CONFIG_VALUE_0="always")  # type: ignore[attr-defined]
    for wanted in ("false", "recursive"):
        text = steps(f"{{uses: {CHECKOUT}, with: {{submodules: {wanted}}}}}", shell("ls sub"))
        done = play(machine, text)
        assert (done.status, done.logs.get("one", "")) == (0, "file\n" if wanted != "false" else ""), done.output


UPLOADED: Mapping[str, tuple[str, list[str]]] = {
    "a directory": ("path: d", ["x", "y/z"]),
    "a single file": ("path: d/y/z", ["z"]),
    "hidden files too": ("path: d, include-hidden-files: true", [".h", ".i/j", "x", "y/z"]),
    "a hidden directory": ("path: d/.i", []),
    "a pattern": ("path: 'd/*'", ["x", "y/z"]),
    "a pattern of files at any depth": ("path: 'd/**/z'", ["y/z"]),
    "paths with an ancestor in common": (r'path: "d/x\nd/y"', ["x", "y/z"]),
    "paths without": (r'path: "d/y\ntracked"', ["d/y/z", "tracked"]),
    "all but some": (r'path: "d\n!d/y"', ["x"]),
    "an escaped name": (r"path: 'e/\[1\]'", ["[1]"]),
    "a name in brackets that is a pattern": ("path: 'e/[1]'", []),
    "links": ("path: l", ["to", "tree/x", "tree/y/z"]),
    "an absolute path": ("path: '${{ runner.temp }}/t'", ["in/u"]),
    "nothing": ("path: n", []),
}


def test_an_artifact_has_the_files_that_the_action_would_take(machine: Machine) -> None:
    make = (
        "mkdir -p d/y d/.i d/empty e l $RUNNER_TEMP/t/in; touch d/x d/y/z d/.h d/.i/j 'e/[1]' $RUNNER_TEMP/t/in/u; "
        "ln -s ../d/x l/to; ln -s ../d l/tree; ln -s gone l/broken; touch tracked"
    )
    uploads = [f"{{uses: {UPLOAD}, with: {{name: a{n}, {with_}}}}}" for n, (with_, _) in enumerate(UPLOADED.values())]
    done = play(machine, steps(shell(make), *uploads))
    found = {
        name: sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())
        for name, root in ((name, machine.artifacts / f"a{n}") for n, name in enumerate(UPLOADED))
    }
    assert found == {name: files for name, (_, files) in UPLOADED.items()}, done.output
    assert not (machine.artifacts / f"a{list(UPLOADED).index('nothing')}").exists()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ("path: gone, if-no-files-found: error", "No files were found"),
        ("path: f, name: 'a/b'", "not valid: a/b"),
        ("path: 'c:d'", "not valid: c:d"),
        ("path: f, name: twice", "(409) Conflict"),
        ("path: f, retention-days: soon", "Invalid retention-days"),
        ("path: f, compression-level: 10", "Invalid compression-level"),
        ("path: f, if-no-files-found: maybe", "Unrecognized if-no-files-found"),
        ("name: b", "Input required and not supplied: path"),
        ("path: f, overwrite: perhaps", "Core Schema"),
    ],
)
def test_an_upload_fails_where_the_action_does(machine: Machine, inputs: str, words: str) -> None:
    first = f"{{uses: {UPLOAD}, with: {{path: f, name: twice}}}}"
    again = f"{{uses: {UPLOAD}, with: {{path: f, name: twice, overwrite: true}}}}"
    done = play(machine, steps(shell("touch f c:d"), first, again, f"{{uses: {UPLOAD}, with: {{{inputs}}}}}"))
    assert done.status == 1
    assert words in done.output


def test_downloads_go_where_the_action_puts_them(machine: Machine) -> None:
    uploads = [f"{{uses: {UPLOAD}, with: {{path: {name}, name: {name}}}}}" for name in ("a-1", "a-2", "b")]
    downloads = [
        f"{{uses: {DOWNLOAD}, with: {{{inputs}}}}}"
        for inputs in (
            "name: b, path: one",
            "path: all",
            "path: some, pattern: a-*",
            "path: merged, pattern: a-*, merge-multiple: true",
            "path: none, pattern: c*",
        )
    ]
    listed = "mkdir down; mv one all some merged down; cd down; find . -type f -printf '%P %m\\n' | sort"
    done = play(machine, steps(shell("touch a-1 a-2 b; chmod 755 b"), *uploads, *downloads, shell(listed)))
    names = ["all/a-1/a-1", "all/a-2/a-2", "all/b/b", "merged/a-1", "merged/a-2", "one/b"]
    names += ["some/a-1/a-1", "some/a-2/a-2"]
    assert done.logs["one"].endswith("".join(f"{name} 644\n" for name in names)), done.output
    gone = play(machine, steps(f"{{uses: {DOWNLOAD}, with: {{name: gone}}}}"))
    assert "Artifact not found for name: gone" in gone.output


def test_the_log_and_the_summary_have_what_was_printed(machine: Machine) -> None:
    printed = ("::stop-commands::tok", "::error::x", "plain", "::tok::", "::warning::w", "  ::debug::d", "é ::notice::")
    script = "".join(f"echo '{line}'; " for line in printed) + 'echo "# sum" >> $GITHUB_STEP_SUMMARY'
    done = play(machine, steps(shell(script), shell("echo more >> $GITHUB_STEP_SUMMARY")))
    assert done.logs["one"] == "".join(f"{line}\n" for line in printed)
    assert done.summaries["one"] == "# sum\nmore\n"


def test_what_comes_last_runs_when_a_run_is_cancelled(machine: Machine) -> None:
    mark = machine.repository.parent / "started"
    text = steps(shell(f"touch {mark}; sleep 60"), shell("echo not-this"), shell('echo "end $S"', **{"if": "always()"}))
    text = text.replace("if: always()", "if: always(), env: {S: '${{ job.status }}'}")
    workflow = machine.repository.parent / "workflow.yml"
    workflow.write_text(text)
    done = run_act(machine, workflow, events.push(), cancel=mark.exists)
    assert (done.status, dict(done.jobs), done.logs["one"]) == (1, {"one": "failure"}, "end cancelled\n"), done.output


def test_a_run_that_does_not_end_is_ended_with_its_processes(machine: Machine) -> None:
    text = steps(shell("echo $$; sleep 987"))
    workflow = machine.repository.parent / "workflow.yml"
    workflow.write_text(text)
    done = run_act(machine, workflow, events.push(), patience=2)
    assert done.status
    assert ends(done.logs["one"].strip())


def test_what_a_job_leaves_running_ends_with_the_run(machine: Machine) -> None:
    """Until then later steps find it, if the end of its step's terminal does not reach it."""
    start = "trap '' HUP; setsid sleep 986 > /dev/null 2>&1 & echo $!"
    # first it is still `setsid`
    found = "until ps -e -o args | grep -x '[s]leep 986'; do sleep 0.1; done"
    done = play(machine, steps(shell(start), shell(found)))
    number, found = done.logs["one"].splitlines()
    assert found == "sleep 986"
    assert ends(number)


def test_secrets_can_be_seen_where_they_are_to_be_found(machine: Machine) -> None:
    text = steps("{shell: sh, env: {T: '${{ secrets.T }}'}, run: 'echo \"$T\"'}")
    assert play(machine, text, given=Given({"T": "t0ken"})).logs == {"one": "***\n"}
    assert play(machine, text, given=Given({"T": "t0ken"}, masked=False)).logs == {"one": "t0ken\n"}


def test_what_cannot_run_here_is_refused(machine: Machine) -> None:
    with pytest.raises(NotForAct, match="no stand-in for the action actions/setup-python@v5"):
        play(machine, steps("{uses: actions/setup-python@v5}"))
    with pytest.raises(NotForAct, match="Job name"):
        play(machine, steps(shell("true")).replace("  one:", "  o.ne:"))
