"""Writing outputs: all or none, nothing through a link that leads out, nothing of a person's overwritten."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from transpiler.diagnostics import Diagnostics
from transpiler.freshness import writing
from transpiler.freshness.verdicts import State, Verdict
from transpiler.targets import TARGETS


def missing(*paths: str) -> tuple[Verdict, ...]:
    return tuple(Verdict(path, State.MISSING) for path in paths)


def tree(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}


def codes(diagnostics: Diagnostics) -> list[str]:
    return [d.code for d in diagnostics]


def test_files_are_written_and_orphans_deleted_with_their_folder(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/gone").write_text("x")
    verdicts = (*missing("a", "deep/er/b"), Verdict("old/gone", State.ORPHAN))
    done = writing.apply(tmp_path, {"a": "A", "deep/er/b": "B"}, verdicts)
    assert done == (("wrote", "a"), ("wrote", "deep/er/b"), ("deleted", "old/gone"))
    assert tree(tmp_path) == {"a": "A", "deep/er/b": "B"}
    assert not (tmp_path / "old").exists()


def test_a_fresh_file_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"A\r\n")
    os.utime(tmp_path / "a", (1, 1))
    assert writing.apply(tmp_path, {"a": "A\n"}, (Verdict("a", State.FRESH),)) == ()
    assert ((tmp_path / "a").stat().st_mtime, (tmp_path / "a").read_bytes()) == (1, b"A\r\n")


def test_a_new_file_has_the_mode_of_new_files_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "usual").write_text("")
    writing.apply(tmp_path, {"old": "x", "new": "y"}, (Verdict("old", State.STALE), *missing("new")))
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("old", "new", "usual")}
    assert (modes["old"], modes["new"]) == (0o640, modes["usual"])


def test_when_one_cannot_be_written_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "file").write_text("")
    verdicts = (Verdict("a", State.STALE), *missing("new/b", "file/c"))
    with pytest.raises(OSError, match="file"):
        writing.apply(tmp_path, {"a": "A", "new/b": "B", "file/c": "C"}, verdicts)
    assert tree(tmp_path) == {"a": "old", "file": ""}
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_when_a_rename_fails_the_others_are_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "c").write_text("old too")
    before, replace, calls = tree(tmp_path), Path.replace, iter(range(99))

    def failing(self: Path, target: Path) -> Path:
        if next(calls) == fails_at:
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    verdicts = (Verdict("a", State.STALE), *missing("b"), Verdict("c", State.STALE))
    with pytest.raises(OSError, match="Input/output"):
        writing.apply(tmp_path, {"a": "A", "b": "B", "c": "C"}, verdicts)
    assert tree(tmp_path) == before


def test_a_link_within_the_repository_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/Jenkinsfile").write_text("old")
    (tmp_path / "Jenkinsfile").symlink_to("ci/Jenkinsfile")
    writing.apply(tmp_path, {"Jenkinsfile": "new"}, (Verdict("Jenkinsfile", State.STALE),))
    assert (tmp_path / "Jenkinsfile").is_symlink()
    assert (tmp_path / "ci/Jenkinsfile").read_text() == "new"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../out", "output-outside"),
        ("/tmp/out", "output-outside"),
        (".", "output-outside"),
        (".git/hooks/pre-commit", "output-outside"),
        ("to-git/hooks/pre-commit", "output-outside"),
        ("away/out", "output-outside"),
        ("leads-out", "output-outside"),
        ("folder", "output-is-directory"),
        ("inner/out", None),
        ("fine", None),
    ],
)
def test_where_an_output_may_go(tmp_path: Path, path: str, code: str | None) -> None:
    root = tmp_path / "repository"
    (root / "folder").mkdir(parents=True)
    (root / ".git/hooks").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (root / "away").symlink_to(tmp_path / "elsewhere")
    (root / "inner").symlink_to("folder")
    (root / "to-git").symlink_to(".git")
    (root / "leads-out").symlink_to(tmp_path / "elsewhere/file")
    diagnostics = Diagnostics()
    writing.check_paths(root, (path,), diagnostics)
    assert codes(diagnostics) == ([code] if code else [])


@pytest.mark.parametrize(
    ("there", "path", "hidden"),
    [
        ("zuul.yaml", ".zuul.d/transpipe.yaml", True),
        ("zuul.d/jobs.yaml", ".zuul.d/transpipe.yaml", True),
        (".zuul.yaml", ".zuul.d/transpipe.yaml", True),
        (".zuul.d/secrets.yaml", ".zuul.d/transpipe.yaml", False),
        (".zuul.yaml", "zuul.d/transpipe.yaml", False),
        ("zuul.yaml", "ci/zuul.yaml", False),
    ],
)
def test_zuul_must_look_where_we_write(tmp_path: Path, there: str, path: str, hidden: bool) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("")
    diagnostics = Diagnostics()
    writing.check_hidden(tmp_path, TARGETS["zuul"], path, frozenset(), diagnostics)
    assert codes(diagnostics) == ["hidden-output"] * hidden


def test_an_empty_folder_or_an_orphan_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "zuul.d").mkdir()
    (tmp_path / ".zuul.yaml").write_text("")
    diagnostics = Diagnostics()
    writing.check_hidden(tmp_path, TARGETS["zuul"], ".zuul.d/transpipe.yaml", frozenset({".zuul.yaml"}), diagnostics)
    assert codes(diagnostics) == []


@pytest.mark.parametrize(
    ("state", "refused", "forced"),
    [
        (State.FRESH, [], []),
        (State.STALE, [], []),
        (State.MISSING, [], []),
        (State.ORPHAN, [], []),
        (State.FOREIGN, ["foreign-output"], []),
        (State.EDITED, ["edited-output"], []),
        (State.EDITED_ORPHAN, ["edited-orphan"], ["edited-orphan"]),
    ],
)
def test_what_a_person_wrote_is_not_overwritten(state: State, refused: list[str], forced: list[str]) -> None:
    for force, said in ((False, refused), (True, forced)):
        diagnostics = Diagnostics()
        writing.check_verdicts((Verdict("a", state),), diagnostics, force=force)
        assert codes(diagnostics) == said


@pytest.mark.parametrize("where", ["write", "rename"])
@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EBUSY, errno.EROFS])
def test_what_cannot_be_written_is_named_by_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, why: int
) -> None:
    (tmp_path / "a").write_text("old")

    def fail(*paths: object) -> None:
        # As Python does: a write names no file, a rename names the new content first.
        raise OSError(why, os.strerror(why), *([str(paths[0]), None, str(paths[1])] if where == "rename" else []))

    monkeypatch.setattr(*((os, "fsync", fail) if where == "write" else (Path, "replace", fail)))
    verdicts = (Verdict("a", State.STALE), *missing("b"))
    with pytest.raises(OSError, match=re.escape(os.strerror(why))) as caught:
        writing.apply(tmp_path, {"a": "A", "b": "B"}, verdicts)
    monkeypatch.undo()
    assert caught.value.filename in ("a", "b")
    assert os.strerror(why) in str(caught.value.strerror)
    assert ("a mount of its own" in str(caught.value.strerror)) == (why == errno.EBUSY)
    assert tree(tmp_path) == {"a": "old"}
