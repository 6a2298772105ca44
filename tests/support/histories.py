"""Random pairs of trees in one git repository, and patterns for their files: what `changes` is tested with.

All trees are written by one `git fast-import`. A tree maps paths (bytes) to entries; a case has two trees, of which the
second is committed after the first.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from transpiler.changes import Changes, literal

SUBMODULE = b"160000"
NAMES = (b"a", b"b", b"A", b"src", b"web", b".x", b"a.md", b"b.c", b"README.md", b"a b", b"\xc3\xa9", b"\xe6\x97\xa5x")
ODD = (
    b"x\ny",
    b'"q"',
    b"\xff",
    b"*",
    b"[a]",
    b"a\\b",
    b"$(id)",
    b"-a",
    b"?",
    b"\x01",
    b"{a,b}",
    b"+.^$|()",
    b"'",
    b"!a",
)
WORDS = ("*", "**", "?", "*.md", "*.c", "a*", "?b", "**.md", "a**b", ".*", "??", "*a*")
Entry = tuple[bytes, str]
"""Mode, and the content, or the commit of a submodule."""
Tree = Mapping[bytes, Entry]


@dataclass(frozen=True)
class Case:
    """Two trees and what is asked about them."""

    old: Tree
    new: Tree
    rules: Changes

    @property
    def changed(self) -> list[bytes]:
        """The names of what differs; a submodule's ends in `/`."""
        paths = sorted(path for path in self.old.keys() | self.new.keys() if self.old.get(path) != self.new.get(path))
        sides = [(path, [tree[path][0] for tree in (self.old, self.new) if path in tree]) for path in paths]
        return [path + b"/" if SUBMODULE in modes else path for path, modes in sides]


def cases(seed: int, number: int) -> list[Case]:
    """That many cases; the same for the same seed."""
    chance = random.Random(seed)
    return [_case(chance) for _ in range(number)]


def _case(chance: random.Random) -> Case:
    old = _tree(chance)
    new = dict(old)
    for _ in range(chance.randrange(4)):
        _changed(new, chance)
    patterns = [[_pattern(chance, old | new) for _ in range(chance.randrange(3))] for _ in range(2)]
    always = [literal(path.decode()) for path in old if path.isascii() and path.isalpha() and chance.random() < 0.1]
    folder = "src" if chance.random() < 0.1 else ""
    return Case(old, new, Changes(tuple(patterns[0]), tuple(patterns[1]), tuple(always), folder))


def _tree(chance: random.Random) -> dict[bytes, Entry]:
    found: dict[bytes, Entry] = {}
    for _ in range(chance.randrange(1, 6)):
        _put(found, _path(chance), _entry(chance))
    return found


def _path(chance: random.Random) -> bytes:
    return b"/".join(
        chance.choice(ODD if chance.random() < 0.25 else NAMES) for _ in range(chance.choice((1, 1, 2, 3, 4)))
    )


def _entry(chance: random.Random) -> Entry:
    mode = chance.choice((b"100644", b"100644", b"100644", b"100755", b"120000", SUBMODULE))
    return mode, str(chance.randrange(3))


def _put(tree: dict[bytes, Entry], path: bytes, entry: Entry) -> None:
    """Adds a file, unless a file is in the place of one of its folders, or a folder in its own."""
    for other in tree:
        if f"{other!r}" != f"{path!r}" and (path.startswith(other + b"/") or other.startswith(path + b"/")):
            return
    tree[path] = entry


def _changed(tree: dict[bytes, Entry], chance: random.Random) -> None:
    """Adds, deletes, changes or renames a file, or moves a submodule."""
    path = chance.choice(sorted(tree)) if tree else b""
    match chance.randrange(4):
        case 0:
            _put(tree, _path(chance), _entry(chance))
        case 1 if tree:
            del tree[path]
        case 2 if tree:
            tree[path] = (tree[path][0] if chance.random() < 0.7 else _entry(chance)[0], "changed")
        case 3 if tree:
            entry = tree.pop(path)
            _put(tree, _path(chance), entry)


def _pattern(chance: random.Random, tree: Tree) -> str:
    """A pattern for a path of the tree, or for any."""
    path = chance.choice(sorted(tree)) if tree and chance.random() < 0.8 else _path(chance)
    text = path.decode(errors="replace").replace("�", "?")
    names = [
        chance.choice(WORDS) if chance.random() < 0.35 or not name.isprintable() else name for name in text.split("/")
    ]
    names = names[: chance.randrange(1, len(names) + 1)]
    return "/".join(names) + ("/" if chance.random() < 0.3 else "")


def written(cases: list[Case], root: Path) -> list[tuple[str, str]]:
    """Writes the commits of all cases into a new repository; their ids, the older first."""
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    marks = root / "marks"
    stream = b"".join(_commits(cases))
    command = ["git", "-C", str(root), "fast-import", "--quiet", f"--export-marks={marks}"]
    subprocess.run(command, input=stream, check=True)
    ids = dict(line.split() for line in marks.read_text().splitlines())
    return [(ids[f":{2 * i + 1}"], ids[f":{2 * i + 2}"]) for i in range(len(cases))]


def _commits(cases: list[Case]) -> Iterator[bytes]:
    for number, case in enumerate(cases):
        for side, tree in enumerate((case.old, case.new)):
            yield b"commit refs/heads/case-%d\nmark :%d\n" % (number, 2 * number + side + 1)
            yield b"committer a <a@b> 0 +0000\ndata 0\n" + (
                b"from :%d\ndeleteall\n" % (2 * number + 1) if side else b""
            )
            for path, (mode, content) in tree.items():
                where = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
                if mode == SUBMODULE:
                    yield b"M 160000 %s %s\n" % (hashlib.sha1(content.encode()).hexdigest().encode(), where)
                else:
                    yield b"M %s inline %s\ndata %d\n%s\n" % (mode, where, len(content), content.encode())
