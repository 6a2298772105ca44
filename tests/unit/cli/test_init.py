"""`transpipe init` on repositories of many shapes: what it proposes, and that it works with no edit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command import Command
from support.repositories import CONFIG

from transpiler.driver import Request, compile_config
from transpiler.first_config import Survey, propose, survey
from transpiler.first_config.images import Role, blubber, dockerfile, roles

ROOT = Path(__file__).parents[3]
REGISTRY = """\
extends: default
registry: {public: registry.example.org, credential: registry}
credentials:
  registry:
    {kind: username-password, jenkins: r, gitlab: {username: REGISTRY_USER, password: REGISTRY_PASSWORD}, zuul: r}
"""
BLUBBERFILE = """\
version: v4
base: debian:12
variants:
  build: {copies: [local]}
  test: {includes: [build], entrypoint: [make, test]}
  production: {copies: [build], entrypoint: [./serve]}
"""
MULTI_STAGE = """\
FROM busybox AS base
COPY app /app
FROM base AS unit-test
ENTRYPOINT ["/app/test"]
FROM base AS web
ENTRYPOINT ["/app/web"]
"""


def repository(root: Path, files: Mapping[str, str], origin: str = "") -> Path:
    """A git repository with these files."""
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(("git", "init", "--quiet", root), check=True)
    if origin:
        subprocess.run(("git", "-C", root, "remote", "add", "origin", origin), check=True)
    return root


def config_of(root: Path) -> dict[str, object]:
    return dict(yaml.safe_load((root / CONFIG).read_text()))


def pipelines_of(root: Path) -> dict[str, dict[str, object]]:
    return dict(yaml.safe_load((root / CONFIG).read_text())["pipelines"])


def stages(pipeline: Mapping[str, object]) -> list[dict[str, object]]:
    found = pipeline["stages"]
    assert isinstance(found, list)
    return found


def test_one_blubberfile_becomes_tests_and_publishing(transpipe: Command, tmp_path: Path) -> None:
    root = repository(
        tmp_path / "app",
        {".pipeline/blubber.yaml": BLUBBERFILE, ".pipeline/profile.yaml": REGISTRY},
        "https://gerrit.example.org/r/team/app",
    )
    assert transpipe("init", root).code == 0
    assert config_of(root) == {
        "version": 0,
        "project": "team/app",
        "pipelines": {
            "test": {"blubberfile": "blubber.yaml", "events": ["change"], "stages": [{"name": "test"}]},
            "publish": {
                "blubberfile": "blubber.yaml",
                "execution": [["test", "production"]],
                "stages": [
                    {"name": "test"},
                    {"name": "production", "build": "production", "publish": {"image": True}},
                ],
            },
        },
    }


def test_services_in_folders_get_pipelines_and_image_names_of_their_own(transpipe: Command, tmp_path: Path) -> None:
    files = {"web/Dockerfile": MULTI_STAGE, "web/app/web": "", "worker/Dockerfile": MULTI_STAGE, "app/worker": ""}
    root = repository(tmp_path / "app", {**files, ".pipeline/profile.yaml": REGISTRY})
    assert transpipe("init", root).code == 0
    found = pipelines_of(root)
    assert set(found) == {"web", "web-publish", "worker", "worker-publish"}
    assert found["web"]["directory"] == "web", "COPY app finds web/app"
    assert "directory" not in found["worker"], "COPY app finds app"
    publish = stages(found["worker-publish"])[-1]["publish"]
    assert publish == {"image": {"name": "${setup.projectShortName}-worker"}}


def test_without_a_registry_publishing_is_a_comment_that_works_once_there_is_one(
    transpipe: Command, tmp_path: Path
) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE})
    assert transpipe("init", root).code == 0
    assert set(pipelines_of(root)) == {"test"}
    text = (root / CONFIG).read_text()
    assert "registry: {public: HOST}" in " ".join(text.replace("# ", "").split())
    start = text.index("  # publish:")
    (root / CONFIG).write_text(text[:start] + text[start:].replace("  # ", "  "))
    (root / ".pipeline/profile.yaml").write_text(REGISTRY)
    assert transpipe("lint", root) == (0, "", "")
    assert set(pipelines_of(root)) == {"test", "publish"}


def test_a_test_that_has_no_command_is_only_built(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": "FROM node AS test\nRUN npm test\nFROM node\nCMD [node]\n"})
    assert transpipe("init", root).code == 0
    assert stages(pipelines_of(root)["test"]) == [{"name": "test", "build": "test"}]


def test_a_last_part_without_a_name_is_built_without_one(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": "FROM golang AS build\nFROM scratch\nCOPY --from=build /a /a\n"})
    assert transpipe("init", root).code == 0
    assert stages(pipelines_of(root)["test"]) == [{"name": "image", "build": {"variant": ""}}]
    assert transpipe("lint", root) == (0, "", "")


def test_a_profile_that_reads_no_blubber_takes_the_dockerfile(transpipe: Command, tmp_path: Path) -> None:
    profile = "extends: default\nbuilder: {kind: dockerfile}\n"
    files = {".pipeline/blubber.yaml": BLUBBERFILE, "Dockerfile": MULTI_STAGE, ".pipeline/profile.yaml": profile}
    root = repository(tmp_path / "app", files)
    ran = transpipe("init", root)
    assert ran.code == 0
    assert "not from .pipeline/blubber.yaml" in ran.err
    assert pipelines_of(root)["test"]["dockerfile"] == "Dockerfile"


def test_definitions_that_are_there_are_left_alone_and_mentioned(transpipe: Command, tmp_path: Path) -> None:
    files = {"Dockerfile": MULTI_STAGE, ".gitlab-ci.yml": "a: {script: [b]}\n", "Jenkinsfile": "node {}\n"}
    root = repository(tmp_path / "app", files)
    ran = transpipe("init", root)
    assert ran.code == 0
    assert "Jenkinsfile, .gitlab-ci.yml: not written by transpipe, and left alone" in ran.err
    assert (root / "Jenkinsfile").read_text() == "node {}\n"


@pytest.mark.parametrize(
    ("origin", "files", "options", "targets"),
    [
        ("git@gitlab.example.org:team/app.git", {}, (), ["gitlab"]),
        ("https://git.gitlab-eu.example/team/app", {}, (), ["gitlab"]),
        ("https://notgitlab.example/team/app", {}, (), None),
        ("https://git.example.org/gitlab/app", {}, (), None),
        ("", {}, (), None),
        ("", {"Jenkinsfile": "node {}\n"}, (), ["jenkins"]),
        ("", {".zuul.yaml": "- job: {}\n"}, (), ["zuul"]),
        ("git@gitlab.example.org:team/app.git", {"Jenkinsfile": "node {}\n"}, (), ["jenkins", "gitlab"]),
        ("git@gitlab.example.org:team/app.git", {}, ("-t", "zuul", "-t", "jenkins"), ["zuul", "jenkins"]),
    ],
)
def test_the_profile_chooses_the_engines_that_were_asked_for_or_seen(
    transpipe: Command,
    tmp_path: Path,
    origin: str,
    files: Mapping[str, str],
    options: tuple[str, ...],
    targets: list[str] | None,
) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE, **files}, origin)
    assert transpipe("init", root, *options).code == 0
    profile = root / ".pipeline/profile.yaml"
    assert (yaml.safe_load(profile.read_text())["targets"] if profile.exists() else None) == targets
    assert transpipe("lint", root) == (0, "", "")


def test_on_gitlab_everything_works_at_once_and_only_gitlab_is_compiled_for(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE}, "git@gitlab.example.org:team/app.git")
    ran = transpipe("init", root)
    assert "wrote .pipeline/profile.yaml: targets gitlab (`origin` is on gitlab.example.org)" in ran.err
    assert set(pipelines_of(root)) == {"test", "publish"}, "GitLab has a registry of its own"
    assert transpipe("generate", root).code == 0
    assert [path.name for path in root.iterdir() if path.is_file() and path.name != "Dockerfile"] == [".gitlab-ci.yml"]


@pytest.mark.parametrize("options", [(), ("-t", "github")])
@pytest.mark.parametrize(
    ("origin", "there", "written"),
    [
        ("https://git.example.org/team/app.git", ".forgejo/workflows/ci.yml", ".forgejo/workflows/pipeline-test.yml"),
        ("https://git.example.org/team/app.git", ".gitea/workflows/ci.yml", ".gitea/workflows/pipeline-test.yml"),
        ("https://codeberg.org/team/app.git", "README", ".forgejo/workflows/pipeline-test.yml"),
        ("https://gitea.example.org/team/app.git", "README", ".gitea/workflows/pipeline-test.yml"),
        ("https://github.com/team/app.git", ".forgejo/workflows/ci.yml", ".github/workflows/pipeline-test.yml"),
    ],
)
def test_workflows_are_written_where_the_server_of_the_repository_looks(
    transpipe: Command, tmp_path: Path, origin: str, there: str, written: str, options: tuple[str, ...]
) -> None:
    # Forgejo and Gitea ignore .github/workflows where their own folder exists: workflows there would never run.
    also = {".github/workflows/ci.yml": "on: push\n", there: "on: push\n"}
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE, **also}, origin)
    assert transpipe("init", root, *options).code == 0
    assert transpipe("generate", root).code == 0
    assert [path.relative_to(root).as_posix() for path in root.rglob("pipeline-test.yml")] == [written]


def test_a_profile_that_is_there_chooses_the_targets(transpipe: Command, tmp_path: Path) -> None:
    files = {"Dockerfile": MULTI_STAGE, ".pipeline/profile.yaml": REGISTRY}
    root = repository(tmp_path / "app", files, "git@gitlab.example.org:team/app.git")
    ran = transpipe("init", root, "-t", "gitlab")
    assert (ran.code, (root / CONFIG).exists()) == (2, False)
    assert "add `targets: [gitlab]` to it" in ran.err
    assert transpipe("init", root).code == 0
    assert (root / ".pipeline/profile.yaml").read_text() == REGISTRY


def test_no_test_runs_twice_for_what_was_merged(transpipe: Command, tmp_path: Path) -> None:
    text = MULTI_STAGE.replace("unit-test", "test") + 'FROM base AS lint\nENTRYPOINT ["x"]\n'
    root = repository(tmp_path / "app", {"Dockerfile": text, ".pipeline/profile.yaml": REGISTRY})
    transpipe("init", root)
    outcome = compile_config(Request(root, CONFIG, str(root / ".pipeline/profile.yaml")))
    assert outcome.workflow
    runs = [(event, stage.name) for p in outcome.workflow.pipelines for event in p.events for stage in p.stages]
    assert len(runs) == len(set(runs))
    assert {("change", "test"), ("change", "lint"), ("merge", "test"), ("merge", "lint")} <= set(runs)


def test_submodules_are_mentioned_and_built_from(transpipe: Command, tmp_path: Path) -> None:
    modules = '[submodule "code"]\n\tpath = code\n\turl = https://git.example.org/code\n'
    root = repository(tmp_path / "app", {".gitmodules": modules, "code/Dockerfile": MULTI_STAGE, "code/app/web": ""})
    ran = transpipe("init", root)
    assert ran.code == 0
    assert "Submodules (code)" in ran.err
    assert pipelines_of(root)["test"]["directory"] == "code"


def test_a_config_that_is_there_stays(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {CONFIG: "general: {}\n", "Dockerfile": MULTI_STAGE})
    assert transpipe("init", root).code == 1
    assert (root / CONFIG).read_text() == "general: {}\n"


def test_with_nothing_to_see_it_says_what_it_looked_for(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {"README": ""})
    ran = transpipe("init", root)
    assert ran.code == 1
    assert ".pipeline/<service>/blubber.yaml" in ran.err
    assert "Dockerfile" in ran.err
    assert not (root / ".pipeline").exists()


def test_shown_only_nothing_is_written(transpipe: Command, tmp_path: Path) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE})
    ran = transpipe("init", "--stdout", root)
    assert ran.code == 0
    assert set(yaml.safe_load(ran.out)["pipelines"]) == {"test"}
    assert not (root / ".pipeline").exists()


def test_a_config_is_not_written_through_a_link_that_leads_out(transpipe: Command, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE})
    (root / ".pipeline").symlink_to(tmp_path / "elsewhere")
    ran = transpipe("init", root)
    assert ran.code == 1
    assert "outside the repository" in ran.err
    assert not any((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gerrit.example.org/r/mediawiki/services/ores", "mediawiki/services/ores"),
        ("https://gerrit.example.org/r/a/mediawiki/services/ores.git", "mediawiki/services/ores"),
        ("ssh://me@gerrit.example.org:29418/mediawiki/services/ores", "mediawiki/services/ores"),
        ("git@gitlab.example.org:repos/team/app.git", "repos/team/app"),
        ("https://me:secret@gitlab.example.org/team/app.git/", "team/app"),
        ("/srv/git/app.git", ""),
        ("file:///srv/git/app.git", ""),
        ("", ""),
    ],
)
def test_the_project_is_the_path_that_origin_has_on_its_server(tmp_path: Path, url: str, project: str) -> None:
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE}, url)
    assert survey(root).project == project


def test_every_variant_has_the_role_that_its_name_and_command_say() -> None:
    found = dockerfile(b"FROM a AS base\nFROM base AS dev\nCMD x\nFROM base AS lint\nCMD x\nFROM base AS api\nCMD x\n")
    assert found
    expected = {"base": Role.PART, "dev": Role.PART, "lint": Role.TEST, "api": Role.SHIP}
    assert roles(found) == expected
    included = blubber(b"variants:\n  t: {entrypoint: [a]}\n  test: {includes: [t]}\n  prep: {}\n", "b")
    assert included
    assert roles(included) == {"t": Role.PART, "test": Role.TEST, "prep": Role.PART}


@pytest.mark.parametrize("sample", ["samples/ores", "golden/fork", "golden/readme", "golden/directory"])
def test_init_generate_and_a_dry_run_work_with_no_edit(transpipe: Command, tmp_path: Path, sample: str) -> None:
    root = tmp_path / "app"
    shutil.copytree(ROOT / sample, root)
    for made in (*root.glob(".zuul.d"), *root.glob(".pipeline/zuul")):
        shutil.rmtree(made)
    for made in (root / CONFIG, root / "Jenkinsfile", root / ".gitlab-ci.yml"):
        made.unlink(missing_ok=True)
    assert transpipe("init", root).code == 0
    assert transpipe("lint", root) == (0, "", "")
    assert transpipe("generate", root).code == 0
    assert transpipe("run", root, "--dry-run").code == 0


NAMES = st.text(st.sampled_from("abtest-_.0 {'\"#:production"), min_size=1, max_size=12)
VARIANT = st.fixed_dictionaries(
    {}, optional={"entrypoint": st.just(["x"]), "includes": st.lists(NAMES, max_size=2), "copies": st.lists(NAMES)}
)


@settings(max_examples=30)
@given(variants=st.dictionaries(NAMES, VARIANT, min_size=1, max_size=5), publishes=st.booleans())
def test_any_blubberfile_gives_a_config_without_errors(
    tmp_path_factory: pytest.TempPathFactory, variants: Mapping[str, object], publishes: bool
) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / ".pipeline").mkdir()
    (root / ".pipeline/blubber.yaml").write_text(yaml.safe_dump({"variants": variants}))
    (root / ".pipeline/profile.yaml").write_text(REGISTRY)
    text = propose(survey(root), "team/app", publishes="" if publishes else "Not yet.")
    outcome = compile_config(Request(root, CONFIG, str(root / ".pipeline/profile.yaml"), content=text.encode()))
    assert [d.message for d in outcome.diagnostics] == []
    assert outcome.files


@given(st.binary(max_size=200) | st.text("FROMASfromas \n\\#COPY--=[]\"'0", max_size=200).map(str.encode))
def test_whatever_a_file_holds_looking_at_it_ends_well(data: bytes) -> None:
    for look in (dockerfile(data), blubber(data, "blubber.yaml")):
        assert look is None or set(roles(look)) == {image.variant for image in look.images}


@pytest.mark.corpus
def test_init_understands_every_real_repository_that_can_be_built(corpus: Path, tmp_path: Path) -> None:
    proposed = 0
    for source in sorted(corpus.iterdir()):
        found: Survey = survey(source)
        if not found.services:
            continue
        root = tmp_path / source.name
        shutil.copytree(source, root)
        text = propose(found, "team/app")
        outcome = compile_config(Request(root, CONFIG, "wikimedia", content=text.encode()))
        assert [f"{source.name}: {d.message}" for d in outcome.diagnostics] == []
        proposed += 1
    assert proposed >= 5


@pytest.mark.parametrize(("branch", "written"), [("trunk", True), ("main", False)])
def test_the_profile_names_an_unusual_default_branch(
    transpipe: Command, tmp_path: Path, branch: str, written: bool
) -> None:
    """Otherwise a push to it would count as a merge nowhere, and nothing would say so."""
    root = repository(tmp_path / "app", {"Dockerfile": MULTI_STAGE}, "https://git.example.org/team/app.git")
    head = ("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")
    subprocess.run(["git", "-C", str(root), *head], check=True)
    assert transpipe("init", root).code == 0
    profile = root / ".pipeline/profile.yaml"
    assert profile.exists() is written
    assert not written or "\nbranches: [trunk] # the default branch of `origin`\n" in profile.read_text()


def test_a_dockerfile_that_names_an_impossible_path_is_surveyed_like_any_other(
    transpipe: Command, tmp_path: Path
) -> None:
    long = "a" * 5_000
    root = repository(tmp_path / "app", {"Dockerfile": f'FROM busybox AS test\nCOPY {long} {long}/b /\nCMD ["x"]\n'})
    ran = transpipe("init", root)
    assert (ran.code, "Traceback" in ran.err) == (0, False), ran.err
    assert transpipe("lint", root) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "options", "origin", "comment"),
    [
        ("app", (), "", " # a guess: write its path on your server"),
        ("app", (), "https://git.example.org/team/app", " # where `origin` points"),
        ("app", ("--project", "team/other"), "https://git.example.org/team/app", ""),
        ("My App", (), "", " # a guess: write its path on your server"),
    ],
)
def test_the_project_says_where_it_is_from(
    transpipe: Command, tmp_path: Path, name: str, options: tuple[str, ...], origin: str, comment: str
) -> None:
    root = repository(tmp_path / name, {".pipeline/blubber.yaml": BLUBBERFILE}, origin)
    assert transpipe("init", *options, root).code == 0
    (line,) = [line for line in (root / CONFIG).read_text().split("\n") if line.startswith("project: ")]
    assert line.partition(" #")[1] + line.partition(" #")[2] == comment
    assert " " not in line.partition(" #")[0].removeprefix("project: ")


@pytest.mark.parametrize("tests", [("test",), ("unit-test", "lint"), ()])
def test_what_init_writes_is_silent(transpipe: Command, tmp_path: Path, tests: tuple[str, ...]) -> None:
    variants = "".join(f"  {name}: {{entrypoint: [make]}}\n" for name in (*tests, "production"))
    root = repository(tmp_path / "app", {".pipeline/blubber.yaml": f"version: v4\nvariants:\n{variants}"})
    assert transpipe("init", root).code == 0
    assert transpipe("lint", root) == (0, "", "")


@pytest.mark.parametrize(("name", "found"), [("Containerfile", True), ("Dockerfile", False)])
def test_a_first_profile_mentions_podman_beside_a_containerfile(
    transpipe: Command, tmp_path: Path, name: str, found: bool
) -> None:
    root = repository(tmp_path / "r", {name: MULTI_STAGE})
    assert transpipe("init", "-t", "gitlab", str(root)).code == 0
    text = (root / ".pipeline/profile.yaml").read_text()
    assert ("\n# container: {command: podman} # " in text) is found
