"""The law of the short path: when it says that all is fresh, the compiler says so too, and has nothing to add."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.command import BLUBBERFILE, CONFIG, OUTPUTS, make, write

from transpiler.app.generate import Options, run
from transpiler.app.results import Exit, Report, Result
from transpiler.diagnostics import Severity
from transpiler.entry import answered
from transpiler.frontend.profiles.shared import Section, Source, compose

CONFIG_PATH, BLUBBER_PATH, PROFILE_PATH = ".pipeline/config.yaml", ".pipeline/blubber.yaml", ".pipeline/profile.yaml"
LOCK_PATH = ".pipeline/profile.lock.yaml"
COMPANY = Source("https://git.example.org/x.git", "1" * 40, "company.yaml")
SHARED = f"extends: {{git: '{COMPANY.git}', commit: {COMPANY.commit}, path: company.yaml}}\n"
LOCK = compose([Section(COMPANY, "extends: wikimedia\ntargets: {gitlab: ci/gitlab.yml, jenkins: true}\n")])
OTHER = CONFIG + "  other:\n    blubberfile: blubber.yaml\n    stages: [{name: unit}]\n"

IN_A_FOLDER = CONFIG.replace("blubberfile:", "directory: sub\n    blubberfile:")


class Run(NamedTuple):
    """A `generate` with these files."""

    files: dict[str, str]
    profile: str | None = None
    targets: tuple[str, ...] = ()
    project: str = ""


class Snapshots(list[dict[str, bytes]]):
    """What each run left, by the path; hypothesis shows it where something fails."""

    def __repr__(self) -> str:
        return "…"


RUNS = (
    Run({}),
    Run({CONFIG_PATH: CONFIG + "# more\n"}),
    Run({CONFIG_PATH: OTHER}),
    Run({}, "wikimedia"),
    Run({}, targets=("jenkins",)),
    Run({CONFIG_PATH: OTHER}, targets=("gitlab", "jenkins")),
    Run({}, project="a/b"),
    Run({PROFILE_PATH: "extends: wikimedia\n"}),
    Run({PROFILE_PATH: "targets: [gitlab]\n"}),
    Run({PROFILE_PATH: "targets: {zuul: zuul.d/x.yaml, jenkins: ci/Jenkinsfile}\n"}),
    Run({PROFILE_PATH: "extends: ../base.yaml\n", "base.yaml": "targets: [jenkins, zuul]\n"}),
    Run({BLUBBER_PATH: BLUBBERFILE + "  more: {}\n"}),
    Run({CONFIG_PATH: IN_A_FOLDER, "sub/code.txt": "x\n"}),
    Run({BLUBBER_PATH: BLUBBERFILE.replace("debian:12", "debian:13")}),
    Run({PROFILE_PATH: SHARED, LOCK_PATH: LOCK}),
)
PATHS = (
    *OUTPUTS,
    CONFIG_PATH,
    BLUBBER_PATH,
    PROFILE_PATH,
    LOCK_PATH,
    "base.yaml",
    "ci/Jenkinsfile",
    "zuul.d/x.yaml",
    ".pipeline/zuul/other.yaml",
)
BYTES: dict[str, Callable[[bytes], bytes]] = {
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "a byte order mark": lambda b: b"\xef\xbb\xbf" + b,
    "a line more": lambda b: b + b"# more\n",
    "half of it": lambda b: b[: len(b) // 2],
    "nothing": lambda _: b"",
    "a bracket more": lambda b: b + b"x: [\n",
    "a tab": lambda b: b.replace(b"  ", b"\t", 1),
    "another digit": lambda b: b.replace(b"sha256:", b"sha256:0", 1),
    "a conflict": lambda b: b.replace(b"\n", b"\n<<<<<<< a\n=======\n>>>>>>> b\n", 1),
    "no UTF-8": lambda b: b + b"# \xff\n",
}
Mutation = tuple[str, str, object]

take = st.tuples(st.just("take"), st.sampled_from(PATHS), st.integers(0, len(RUNS) - 1))
take_all = st.tuples(st.just("take"), st.just(""), st.integers(0, len(RUNS) - 1))
spoil = st.tuples(st.just("spoil"), st.sampled_from(PATHS), st.sampled_from(sorted(BYTES)))
remove = st.tuples(st.just("remove"), st.sampled_from(PATHS), st.none())
link = st.tuples(st.just("link"), st.sampled_from((*PATHS, "sub")), st.sampled_from(("inside", "outside")))
create = st.tuples(st.just("create"), st.sampled_from((".zuul.yaml", "zuul.yaml", PROFILE_PATH)), st.none())
copy = st.tuples(st.just("copy"), st.sampled_from(PATHS), st.sampled_from((".zuul.d/more.yaml", "zuul.d/more.yaml")))
above = st.tuples(st.just("above"), st.just(""), st.none())  # the repository is a folder of another
ARGUMENTS = ((), ("--profile", "wikimedia"), ("-t", "jenkins"), ("-t", "gitlab", "-t", "jenkins"), ("--project", "a/b"))


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshots]:
    """The files after each run, in a repository of its own; nothing of the user's is about."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("TRANSPIPE_PROFILE", raising=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        found = Snapshots()
        for one in RUNS:
            root = make(tmp_path_factory.mktemp("run"))
            write(root, one.files)
            said = slow(root, "write", one.profile, one.targets, one.project)
            assert said.status == 0, said
            found.append({p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()})
        yield found


def slow(root: Path, mode: str, profile: str | None, targets: tuple[str, ...], project: str) -> Report:
    return run(str(root), Options(mode, targets, profile, project, Severity.ERROR))


def put(root: Path, path: str, content: bytes) -> None:
    file = root / path
    if file.is_symlink():
        file.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def mutate(root: Path, mutation: Mutation, snapshots: Snapshots) -> None:
    kind, path, how = mutation
    file = root / path
    if kind == "take" and isinstance(how, int):
        for name in [path] if path else sorted(snapshots[how]):
            if name in snapshots[how]:
                put(root, name, snapshots[how][name])
    elif kind == "above":
        (root.parent / ".git").mkdir(exist_ok=True)
    elif kind == "create":
        put(root, path, b"[]\n" if "zuul" in path else b"{}\n")
    elif kind == "link" and path == "sub" and file.is_dir() and not file.is_symlink():
        away = (root if how == "inside" else root.parent) / "folder"
        file.rename(away)
        file.symlink_to(os.path.relpath(away, root))
    elif file.is_file() and not file.is_symlink():
        change(root, mutation)


def change(root: Path, mutation: Mutation) -> None:
    """Does something to a plain file."""
    kind, path, how = mutation
    file = root / path
    if kind == "remove":
        file.unlink()
    elif kind == "copy":
        put(root, str(how), file.read_bytes())
    elif kind == "spoil":
        put(root, path, BYTES[str(how)](file.read_bytes()))
    elif kind == "link":
        away = (root if how == "inside" else root.parent) / "away"
        shutil.copy(file, away)
        file.unlink()
        file.symlink_to(os.path.relpath(away, file.parent))


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, len(RUNS) - 1),
    st.lists(st.one_of(take, take, take_all, spoil, remove, link, create, copy, above), max_size=3),
    st.sampled_from(ARGUMENTS),
)
@example(0, [], ())
@example(3, [], ())
@example(9, [], ())
@example(0, [("above", "", None)], ())
@example(8, [("above", "", None)], ())
@example(10, [], ())
@example(0, [("take", ".gitlab-ci.yml", 2)], ())
@example(0, [("take", "", 4)], ())
@example(0, [("copy", ".zuul.d/transpipe.yaml", ".zuul.d/more.yaml")], ())
@example(0, [("spoil", BLUBBER_PATH, "a bracket more")], ())
@example(10, [("link", "base.yaml", "outside")], ())
@example(12, [("link", "sub", "outside")], ())
@example(14, [("spoil", LOCK_PATH, "a line more")], ())
@example(14, [("link", LOCK_PATH, "outside")], ())
@example(14, [("take", PROFILE_PATH, 7)], ())
def test_when_the_digests_say_fresh_so_does_the_compiler(
    snapshots: Snapshots, start: int, mutations: list[Mutation], arguments: tuple[str, ...]
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "repository"
        for path, content in snapshots[start].items():
            put(root, path, content)
        for mutation in mutations:
            mutate(root, mutation, snapshots)
        quick = answered(["generate", "--check", str(root), *arguments])
        if quick:
            options = dict(zip(arguments[::2], arguments[1::2], strict=True))
            targets = tuple(value for name, value in zip(arguments[::2], arguments[1::2], strict=True) if name == "-t")
            said = slow(root, "check", options.get("--profile"), targets, options.get("--project", ""))
            assert said == Report(Exit.FINE, Result.FRESH)


@pytest.mark.parametrize("number", range(len(RUNS)))
def test_after_every_kind_of_run_the_digests_say_fresh(snapshots: Snapshots, tmp_path: Path, number: int) -> None:
    one = RUNS[number]
    for path, content in snapshots[number].items():
        put(tmp_path, path, content)
    words = [*(["--profile", one.profile] if one.profile else []), *(["--project", one.project] if one.project else [])]
    words += [word for target in one.targets for word in ("-t", target)]
    assert answered(["generate", "--check", str(tmp_path), *words])
