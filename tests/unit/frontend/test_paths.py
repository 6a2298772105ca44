"""What a repository holds is not trusted: links that lead out, loops of links, devices, files that do not end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.command import make, write

from transpiler.diagnostics import Diagnostics, Severity
from transpiler.driver import Outcome, Request, compile_config
from transpiler.freshness import writing
from transpiler.freshness.verdicts import State, Verdict

CONFIG = ".pipeline/config.yaml"
SECRET = "root:x:0:0: what nobody is to see"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(SECRET)
    return make(tmp_path / "repository")


def compiled(root: Path, profile: str = "default") -> Outcome:
    outcome = compile_config(Request(root, CONFIG, profile, project="team/ores"))
    assert SECRET not in str(outcome.diagnostics)
    assert SECRET not in str(outcome.sources)
    return outcome


def codes(outcome: Outcome) -> set[str]:
    return {d.code for d in outcome.diagnostics if d.severity is Severity.ERROR}


def configured(root: Path, keys: str) -> Outcome:
    write(root, {CONFIG: f"pipelines: {{test: {{{keys}, stages: [{{name: unit}}]}}}}\n"})
    return compiled(root)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../x", "out", "out/x", "dangling", "up/secret"])
@pytest.mark.parametrize("key", ["dockerfile", "directory"])
def test_no_path_of_a_config_leaves_the_repository(root: Path, key: str, path: str) -> None:
    (root / "out").symlink_to("../secret")
    (root / "dangling").symlink_to("../nothing")
    (root / "up").symlink_to("..")
    assert codes(configured(root, f"{key}: {path!r}")) >= {"path-outside"}


@pytest.mark.parametrize("path", ["loop", "loop/x", "pipe", "long" * 80, "folder"])
def test_what_is_no_file_is_a_missing_one(root: Path, path: str) -> None:
    (root / "loop").symlink_to("loop")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    assert codes(configured(root, f"dockerfile: {path!r}")) & {"missing-build-file", "argument-too-long"}


def test_a_build_file_without_end_is_not_read_to_its_end(root: Path) -> None:
    with (root / "large").open("wb") as file:
        file.truncate(1 << 40)
    assert codes(configured(root, "dockerfile: large")) == {"unreadable-build-file"}


def test_a_config_that_is_a_link_out_is_not_read(root: Path) -> None:
    (root / CONFIG).unlink()
    (root / CONFIG).symlink_to("../../secret")
    assert codes(compiled(root)) == {"path-outside"}


def test_a_profile_of_the_repository_extends_nothing_outside(root: Path) -> None:
    write(root, {".pipeline/profile.yaml": "extends: ../../secret\n"})
    assert codes(compiled(root, str(root / ".pipeline/profile.yaml"))) == {"path-outside"}


def test_a_profile_that_is_a_link_out_is_not_read(root: Path) -> None:
    (root / "profile.yaml").symlink_to("../secret")
    assert codes(compiled(root, str(root / "profile.yaml"))) == {"path-outside"}


def test_a_sites_profile_may_be_anywhere_and_extend_its_neighbours(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "site", {"a.yaml": "extends: ../base.yaml\n", "../base.yaml": "extends: default\n"})
    assert codes(compiled(root, str(tmp_path / "site/a.yaml"))) == set()


@pytest.mark.parametrize("link", ["Jenkinsfile", ".zuul.d"])
def test_a_link_that_comes_after_the_check_is_not_followed(root: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = "Jenkinsfile" if link == "Jenkinsfile" else ".zuul.d/x"
    diagnostics = Diagnostics()
    writing.check_paths(root, (path,), diagnostics)
    (root / link).symlink_to(tmp_path / "elsewhere" / ("x" if link == "Jenkinsfile" else "."))
    with pytest.raises(PermissionError):
        writing.apply(root, {path: "x"}, (Verdict(path, State.MISSING),))
    assert not list((tmp_path / "elsewhere").iterdir())
    assert not (root / writing.STAGING).exists()


def test_no_orphan_is_deleted_through_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").write_text("")
    (root / "away").symlink_to(tmp_path / "elsewhere")
    writing.apply(root, {}, tuple(Verdict(p, State.ORPHAN) for p in ("away/kept", "../elsewhere/kept")))
    assert (tmp_path / "elsewhere/kept").exists()


def test_a_link_in_the_place_of_the_staging_directory_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").write_text("")
    (root / writing.STAGING).symlink_to(tmp_path / "elsewhere")
    writing.apply(root, {"a": "x"}, (Verdict("a", State.MISSING),))
    assert ((root / "a").read_text(), os.path.lexists(root / writing.STAGING)) == ("x", False)
    assert [p.name for p in (tmp_path / "elsewhere").iterdir()] == ["kept"]
