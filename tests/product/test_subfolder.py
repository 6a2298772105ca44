"""A config in a subfolder of its git repository: its outputs work from the repository's top, where engines start them.

What the programs then do is the conformance case `subfolder`'s.
"""

from __future__ import annotations

import re
import subprocess
from itertools import permutations
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from support.command import Command, make, tree, write
from unit.cli.conftest import repository, transpipe

from transpiler.diagnostics import Diagnostics
from transpiler.driver import Outcome, Request, compile_config
from transpiler.entry import answered
from transpiler.jenkins_sync.jobs.define import definitions
from transpiler.jenkins_sync.jobs.definition import FromSource
from transpiler.lowering import lower
from transpiler.profile import Profile
from transpiler.program import Plan
from transpiler.targets import TARGETS
from transpiler.targets.folder import word

__all__ = ["repository", "transpipe"]

CONFIG_PATH = ".pipeline/config.yaml"
CONFIG = """\
project: team/mono
concurrency: 1
pipelines:
  test:
    dockerfile: Dockerfile
    stages:
      - {name: build, build: test, run: true, copy: [{source: /out/, destination: out, archive: true}, /more]}
      - {name: web, directory: web, build: test, run: {image: '${build.imageID}'}}
  publish:
    dockerfile: Dockerfile
    stages: [{name: image, build: test, publish: {image: true}}]
"""
PROFILE = """\
extends: default
registry: {public: registry.example.org}
jenkins: {source: {url: 'https://git.example.org/{project}.git'}}
zuul: {extra-config-paths: true}
"""
FOLDERS = ("services/api", "services.api", "services-api", "services", "Services/api", "s p/a'c,e/$x*", "-x/_y", "api")


def compiled(root: Path, folder: str, config: str = CONFIG, profile: str = PROFILE) -> Outcome:
    """The outcome of a config there, in a folder of that name."""
    write(root, {CONFIG_PATH: config, ".pipeline/profile.yaml": profile, "Dockerfile": "FROM scratch AS test\n"})
    (root / "web").mkdir(exist_ok=True)
    return compile_config(Request(root, CONFIG_PATH, str(root / ".pipeline/profile.yaml"), folder=folder))


def plan(outcome: Outcome) -> Plan:
    assert outcome.workflow
    assert outcome.profile
    return lower(outcome.workflow, outcome.profile)


def programs(outcome: Outcome) -> dict[str, tuple[str, ...]]:
    return {f"{p.name}/{s.name}": s.lines for p in plan(outcome).pipelines for s in p.stages}


def test_each_program_changes_into_the_folder_and_is_else_the_same(tmp_path: Path) -> None:
    """One line that says what `root` is, and one that goes there."""
    at_top, below = programs(compiled(tmp_path, "")), programs(compiled(tmp_path, "services/api"))
    for name, lines in below.items():
        first = lines.index("root=$(pwd -P)/services/api")
        assert 'cd "$root" && ' in lines[first + 1]
        rest = (*lines[:first], *lines[first + 2 :])
        assert rest == tuple(line for line in at_top[name] if line != "root=$(pwd -P)")


@pytest.mark.parametrize("leads", ["out of the checkout", "elsewhere in it"])
@pytest.mark.parametrize("link", ["services", "services/my 'api"])
def test_a_link_in_the_place_of_the_folder_ends_the_program(tmp_path: Path, leads: str, link: str) -> None:
    """A change, whoever made it, must not have docker sent what lies elsewhere on the node."""
    lines = programs(compiled(tmp_path / "config", "services/my 'api"))["publish/image"]
    head = lines[: lines.index("", lines.index("set -eu"))]
    checkout = tmp_path / "checkout"
    (checkout / "services").mkdir(parents=True)
    away = tmp_path / "away" if leads == "out of the checkout" else checkout / "away"
    (away / "my 'api").mkdir(parents=True)
    assert ran(head, checkout).returncode == 1
    (checkout / "services/my 'api").mkdir()
    assert ran(head, checkout).stdout == f"{checkout}/services/my 'api\n"
    (checkout / "services/my 'api").rmdir()
    if link == "services":
        (checkout / "services").rmdir()
    (checkout / link).symlink_to(away)
    done = ran(head, checkout)
    assert (done.returncode, "services/my 'api is a link" in done.stderr) == (1, True)


def ran(lines: tuple[str, ...], cwd: Path) -> subprocess.CompletedProcess[str]:
    script = "\n".join((*lines, "pwd -P"))
    return subprocess.run(["sh", "-c", script], cwd=cwd, capture_output=True, text=True, check=False)


def test_what_is_kept_and_copied_is_named_from_the_top(tmp_path: Path) -> None:
    stage = plan(compiled(tmp_path, "services/api")).pipelines[0].stages[0]
    assert [archive.path for archive in stage.archives] == ["services/api/out"]
    assert stage.copies == ("services/api/out", "services/api/more")


def test_zuul_finds_the_playbooks_from_the_top(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, "services/api")
    said = outcome.files[".zuul.d/transpipe.yaml"]
    named = set(re.findall(r"[\w/.]+/zuul/[\w/.]+\.yaml", said.partition("header ")[2]))
    assert named == {f"services/api/{path}" for path in outcome.files if path.startswith(".pipeline/zuul/")}


@pytest.mark.parametrize(
    "more",
    [
        "granularity: stage, post-review: [check, gate, post, tag]",
        "cleanup: false",
    ],
)
def test_every_form_of_output_is_read_back(tmp_path: Path, more: str) -> None:
    """What is read in the outputs must be what the config means, or the compiler writes nothing."""
    config = CONFIG.replace(", copy: [{source: /out/, destination: out, archive: true}, /more]", "")
    profile = PROFILE.replace("zuul: {", f"zuul: {{{more}, ").replace("concurrency: 1\n", "")
    profile = profile.replace(
        "registry: {",
        "credentials: {login: {kind: username-password, jenkins: login, gitlab: "
        "{username: U, password: P}, zuul: login}}\nregistry: {credential: login, repository: team, ",
    )
    profile = profile.replace("jenkins: {", "unsupported: [concurrency]\njenkins: {layout: file-per-pipeline, ")
    outcome = compiled(tmp_path, "services/api", config.replace("concurrency: 1\n", ""), profile)
    assert not outcome.failed, outcome.diagnostics
    named = re.findall(r"services/api/([\w./-]+\.yaml)", outcome.files[".zuul.d/transpipe.yaml"])
    assert set(named) == {path for path in outcome.files if path.startswith(".pipeline/zuul/")}


# ---- several configs in one repository ----


def named_on_gitlab(text: str) -> set[str]:
    document = yaml.safe_load(text)
    groups = {job["resource_group"] for job in document.values() if "resource_group" in job}
    return {name for name in document if name not in ("workflow", "stages")} | set(document["stages"]) | groups


def named_on_zuul(text: str) -> set[str]:
    stanzas = yaml.safe_load(text)
    return {body["name"] for stanza in stanzas for kind, body in stanza.items() if kind != "project"}


def named_on_jenkins(outcome: Outcome) -> set[str]:
    assert outcome.workflow
    assert outcome.profile
    return {job.path for job in definitions(outcome.workflow, outcome.profile, outcome.files, Diagnostics())}


@pytest.mark.parametrize("jenkins", ["", "name: '{pipeline}', jobs: job-per-pipeline, "])
def test_configs_in_two_folders_share_no_name(tmp_path: Path, jenkins: str) -> None:
    profile = PROFILE.replace("jenkins: {", f"unsupported: [concurrency]\njenkins: {{{jenkins}")
    found: dict[str, list[set[str]]] = {"gitlab": [], "zuul": [], "jenkins": []}
    for folder in ("", *FOLDERS):
        config = CONFIG if folder != FOLDERS[5] else CONFIG.replace(", archive: true", "")
        outcome = compiled(tmp_path, folder, config, profile)
        assert not outcome.failed, outcome.diagnostics
        found["gitlab"].append(named_on_gitlab(outcome.files[".gitlab-ci.yml"]))
        found["zuul"].append(named_on_zuul(outcome.files[".zuul.d/transpipe.yaml"]))
        found["jenkins"].append(named_on_jenkins(outcome))
    for names in found.values():
        assert all(one and not one & other for one, other in permutations(names, 2))


@given(st.lists(st.text("aB1-_./ *", min_size=1), min_size=2, max_size=2, unique=True))
def test_two_folders_are_never_called_alike(folders: list[str]) -> None:
    one, other = map(word, folders)
    assert one != other
    assert re.fullmatch(r"[A-Za-z0-9._-]+", one)


# ---- where engines look ----


def test_jobs_find_the_jenkinsfile_in_the_folder(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, "services/api")
    assert outcome.workflow
    assert outcome.profile
    (job,) = definitions(outcome.workflow, outcome.profile, outcome.files, Diagnostics())
    assert isinstance(job.body, FromSource)
    assert (job.body.script_path, job.path) == ("services/api/Jenkinsfile", "team-mono-services.api")
    assert job.source == f"services/api/{CONFIG_PATH}"


@pytest.mark.parametrize(
    ("settings", "at_top", "below"),
    [
        ("folder: '{folder}', name: n", "n", "api/n"),
        ("name: 'x-{folder}'", "x", "x-api"),
        ("name: x", "x", "x-api"),
        ("folder: ci, name: 'x-{pipeline}'", "ci/x", "ci/x-api"),
    ],
)
def test_a_site_says_where_the_folder_stands_in_a_jobs_name(
    tmp_path: Path, settings: str, at_top: str, below: str
) -> None:
    profile = PROFILE.replace("jenkins: {", f"jenkins: {{{settings}, ")
    assert named_on_jenkins(compiled(tmp_path, "", profile=profile)) == {at_top}
    assert named_on_jenkins(compiled(tmp_path, "api", profile=profile)) == {below}


def codes(outcome: Outcome) -> set[tuple[str, str]]:
    return {(d.code, d.severity.value) for d in outcome.diagnostics}


def test_a_target_whose_engine_looks_at_the_top_only_is_refused(tmp_path: Path) -> None:
    without = PROFILE.replace("zuul: {extra-config-paths: true}\n", "")
    outcome = compiled(tmp_path, "services/api", profile=without)
    assert ("output-not-found", "error") in codes(outcome)
    assert outcome.files == {}
    assert compiled(tmp_path, "", profile=without).diagnostics == ()


def test_every_target_says_whether_its_engine_finds_it(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, "services/api")
    profile: Profile | None = outcome.profile
    assert profile
    for target in TARGETS.values():
        said = target.needs.not_found(plan(outcome), profile)
        assert said is None or (said.output.startswith("services/api/") and said.hint)


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("include: [{local: services/api/.gitlab-ci.yml}]\n", True),
        ("include: '/services/api/.gitlab-ci.yml'\n", True),
        ("include:\n  - local: services/*/.gitlab-ci.yml\n", True),
        ("include: [{local: services/web/.gitlab-ci.yml}]\n", False),
        ("include: '*.yml'\n", False),
        (None, False),
    ],
)
def test_the_note_goes_once_the_file_at_the_top_includes_the_output(
    tmp_path: Path, text: str | None, silent: bool
) -> None:
    if text:
        write(tmp_path, {".gitlab-ci.yml": text})
    root = tmp_path / "services/api"
    root.mkdir(parents=True)
    assert (("output-to-include", "note") in codes(compiled(root, "services/api"))) != silent


def test_a_folder_that_artifacts_cannot_name_is_told(tmp_path: Path) -> None:
    (wrong,) = (d for d in compiled(tmp_path, "a,b").diagnostics if d.code == "archive-name")
    assert wrong.hint == "Rename the folder `a,b`."


# ---- the command ----


@pytest.fixture
def api(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config in a folder of the repository, which is where the command is called."""
    root = make(repository / "services/api")
    (root / ".git").rmdir()
    write(root, {".pipeline/profile.yaml": PROFILE})
    monkeypatch.chdir(root)
    return root


def test_outputs_are_stale_once_the_folder_is_renamed(
    api: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    transpipe("generate")
    assert answered(["generate", "--check"])
    assert transpipe("generate", "--check").code == 0
    moved = api.rename(api.parent / "web")
    monkeypatch.chdir(moved)
    assert not answered(["generate", "--check"])
    said = transpipe("generate", "--check")
    assert said.code == 1
    assert "`Jenkinsfile` is stale because it was generated for a config in services/api. " in said.out
    transpipe("generate")
    assert answered(["generate", "--check"])


def test_outputs_of_the_top_are_stale_in_a_folder_and_back(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, {".pipeline/profile.yaml": PROFILE})
    transpipe("generate")
    (repository.parent / ".git").mkdir()
    (repository / ".git").rmdir()
    assert not answered(["generate", "--check"])
    said = transpipe("generate", "--check").out
    assert "is stale because it was generated for a config in the root of the repository. " in said


def test_every_command_knows_the_folder(api: Path, transpipe: Command) -> None:
    """Each compiles with it, so that none says what another denies."""
    assert "output-to-include" in transpipe("lint").out
    assert "folder: services/api" in transpipe("generate", "--print-phase", "workflow").out
    transpipe("generate")
    for path, text in tree(api).items():
        if path.endswith((".gitlab-ci.yml", "Jenkinsfile")) or "/zuul/test" in path:
            assert "root=$(pwd -P)/services/api\n" in text, path
    write(api, {".pipeline/profile.yaml": "extends: default\n"})
    assert "output-not-found" in transpipe("lint").out
    assert "output-not-found" in transpipe("hook", "check").out
