"""`changes` has one law: the compiler's matcher, the program in every shell and awk, and this page's own reading of the
patterns give one verdict, whatever the names of the files."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest
from hypothesis import strategies as st
from support.drawing import drawn
from support.histories import Case, cases, written

from transpiler.changes import Changes, Matcher
from transpiler.lowering.changes import program

Told = Callable[[str, object], None]
WAYS = [
    (shell, awk)
    for shell, awk in (("dash", "mawk"), ("bash", "gawk"), ("busybox", "busybox"), ("dash", "original-awk"))
    if which(shell) and which(awk)
]
SEEDS = st.integers(0, 2**32)


def counting(case: Case) -> int:
    matcher = Matcher(case.rules)
    return sum(map(matcher.counts, case.changed))


def test_the_matcher_reads_patterns_as_they_are_documented(count: int, record_property: Told) -> None:
    (seed,) = drawn(SEEDS, record_property, 1)
    for case in cases(seed, 10 * count):
        matcher = Matcher(case.rules)
        for name in case.changed:
            assert matcher.counts(name) == counted(case.rules, name), (case.rules, name)


def counted(rules: Changes, name: bytes) -> bool:
    """The documented meaning, read name by name."""
    if name.strip(b"/").decode(errors="replace") in rules.always:  # only plain names are
        return True
    parts, module = name.strip(b"/").split(b"/"), name.endswith(b"/")
    include, exclude = ([_names(rules.folder, p) for p in ps] for ps in (rules.include or ("**",), rules.exclude))
    if not any(_matches(pattern, parts, module=module) for pattern in include):
        return False
    return not any(_matches(p, parts) or (module and _is_below(p, parts)) for p in exclude)


def _is_below(pattern: list[str], parts: list[bytes]) -> bool:
    """Whether the pattern stands for all below the path."""
    while pattern and pattern[-1] == "**":
        pattern = pattern[:-1]
        if _matches(pattern, parts):
            return True
    return False


def _names(folder: str, pattern: str) -> list[str]:
    names = pattern.split("/")
    return [*([folder] if folder else []), *(names if names[-1] else [*names[:-1], "**"])]


def _matches(pattern: list[str], parts: list[bytes], *, module: bool = False) -> bool:
    """Whether the pattern matches the path; of a submodule, whether it matches it, or can match a file in it."""
    if not parts:
        return not pattern or module
    if not pattern:
        return False
    if pattern[0] == "**":
        rest = pattern[1:]
        return not rest or module or any(_matches(rest, parts[i:]) for i in range(len(parts)))
    return _name(pattern[0], parts[0]) and _matches(pattern[1:], parts[1:], module=module)


def _name(pattern: str, name: bytes) -> bool:
    """Whether one name matches: `?` is a character, a run of `*` any number of them, but no name is empty."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        rest = pattern.lstrip("*")
        return any(_name(rest, name[i:]) for i in range(len(name) + 1))
    if pattern[0] == "?":
        length = _character(name)
        return bool(length) and _name(pattern[1:], name[length:])
    own = pattern[0].encode()
    return name.startswith(own) and _name(pattern[1:], name[len(own) :])


def _character(name: bytes) -> int:
    """The length of the first character; 0 where no character begins."""
    if not name or 0x80 <= name[0] < 0xC0:
        return 0
    return next((i for i in range(1, len(name)) if not 0x80 <= name[i] < 0xC0), len(name))


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_the_program_counts_what_the_matcher_counts(
    way: tuple[str, str], count: int, tmp_path: Path, record_property: Told
) -> None:
    (seed,) = drawn(SEEDS, record_property, 1)
    asked = cases(seed, (count if count < 1000 else 10_000) // len(WAYS) + 1)
    ids = written(asked, tmp_path / "repository")
    questions = [(case.rules, f"before={old}", new) for case, (old, new) in zip(asked, ids, strict=True)]
    told = answers(way, questions, tmp_path)
    for case, answer in zip(asked, told, strict=True):
        expected = (counting(case), len(case.changed)) if case.changed else None  # then it is not known what was there
        assert answer == expected, (case.rules, case.changed)


def answers(
    way: tuple[str, str], asked: list[tuple[Changes, str, str]], directory: Path
) -> list[tuple[int, int] | None]:
    """What the program says of each (rules, what it is told, commit), all in one process of that shell and awk: how
    many files count of how many; None if it does not know."""
    shell, awk = way
    path = directory / "bin"
    path.mkdir()
    for name in ("tr", "awk"):
        program_of = "busybox" if awk == "busybox" else awk if name == "awk" else name
        (path / name).symlink_to(which(program_of) or "")
    lines = ["set -eu"]
    for rules, given, commit in asked:
        lines += [f"git update-ref --no-deref HEAD {commit}", "base= before=", given, *program(rules), 'echo "=$runs"']
    script = directory / "script"
    script.write_text("\n".join(lines))
    done = subprocess.run(
        [which(shell) or "", *(["sh"] if shell == "busybox" else []), str(script)],
        cwd=directory / "repository",
        env={"PATH": f"{path}:/usr/bin:/bin", "HOME": str(directory)},
        capture_output=True,
        check=True,
    )
    return [_answer(text) for text in done.stdout.decode().split("changes: ")[1:]]


def _answer(text: str) -> tuple[int, int] | None:
    line, runs = text.rstrip().split("\n=")
    words = line.split()
    found = (int(words[0]), int(words[2])) if words[1] == "of" else None
    assert runs == ("no" if found and not found[0] else "yes")
    return found
