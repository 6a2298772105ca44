"""A tag is cleaned the same way by the compiler, which knows it, and by the program, which finds it out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawing import NASTY, drawn, texts
from support.ir_by_hand import Machine, build_step, lowered, publish_step, setup, stage, text

from transpiler import ir
from transpiler.expressions import Ref, Source, Text
from transpiler.image_names import clean_tag
from transpiler.lowering.tags import FUNCTION

SHELLS = [[name, *rest] for name, *rest in (["dash"], ["bash"], ["busybox", "sh"]) if which(name)]
TAG = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,127}")
TAGS = [
    "",
    "V1/Rc",
    "v1.2.3+build.5",
    "#",
    "@a",
    "-a",
    ".-.a",
    "a" * 130,
    "-" * 130 + "a",
    "a" * 127 + "é",
    "a b\n",
    "\n",
    "a\\n",
    "_",
    "-_",
    "Ä",
    "a%sb",
    "\\",
    "[a-z]",
    "a\tb",
    *NASTY,
]
Told = Callable[[str, object], None]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: str(shell[0]))
def test_compiler_and_program_clean_alike(
    shell: list[str], tmp_path_factory: pytest.TempPathFactory, record_property: Told
) -> None:
    cases = [case for case in (*TAGS, *drawn(texts, record_property, 200)) if "\0" not in case]
    path = None
    if shell[0] == "busybox":  # with its own tr, sed and cut
        path = tmp_path_factory.mktemp("applets")
        for name in ("tr", "sed", "cut"):
            (path / name).symlink_to(which("busybox") or "")
    script = "\n".join((*FUNCTION, 'for tag in "$@"; do printf "%s\\n" "$(as_tag "$tag")"; done'))
    found: list[str] = []
    for start in range(0, len(cases), 200):
        done = subprocess.run(
            [which(shell[0]) or "", *shell[1:], "-c", script, "sh", *cases[start : start + 200]],
            capture_output=True,
            check=True,
            env={"PATH": str(path or "/usr/bin:/bin")},
        )
        found += done.stdout.decode().split("\n")[:-1]
    assert found == [clean_tag(case) for case in cases]


@given(st.text(st.characters(codec="utf-8"), max_size=200) | st.sampled_from(TAGS))
def test_what_is_cleaned_is_a_tag_or_nothing_and_stays_as_it_is(tag: str) -> None:
    cleaned = clean_tag(tag)
    assert not cleaned or TAG.fullmatch(cleaned)
    assert clean_tag(cleaned) == cleaned


@pytest.fixture(params=SHELLS, ids=lambda shell: str(shell[0]))
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine for each shell."""
    return Machine(tmp_path, request.param[0])


TWO = ("v1.2.3+build.5", "V1.2.3/build.5")
SHARES = 8
"""So many stages push the tags, each its share: a stage for each tag starts too many processes."""


def pushed(machine: Machine, *tags: str | Text, **environment: str) -> list[str]:
    """The tags that a stage pushes, in order."""
    given = [text(tag) if isinstance(tag, str) else tag for tag in tags]
    done = machine.run(lowered(stage("web", build_step(), publish_step("app", *given))).stage("web"), **environment)
    assert done.status == 0, done.err
    return [name.rpartition(":")[2] for name in done.values.get("web.published", "").split()]


@pytest.mark.parametrize("some", [TAGS[i::SHARES] for i in range(SHARES)])
def test_what_is_pushed_does_not_depend_on_when_a_tag_is_known(machine: Machine, some: list[str]) -> None:
    first, *rest = some
    tags = (first, *TWO, "a" * 200, "a" * 201, *rest, first)
    known = pushed(machine, *map(clean_tag, tags))
    values = {f"setup_params_T{i}": value for i, value in enumerate(tags)}
    assert pushed(machine, *(text(setup(f"params.T{i}")) for i in range(len(tags))), **values) == known
    parts = [text(tag[:1], setup(f"params.T{i}")) for i, tag in enumerate(tags)]
    values = {name: value[1:] for name, value in values.items()}
    assert pushed(machine, *parts, **values) == known


def test_a_tag_after_the_time_of_the_run_is_compared_too(machine: Machine) -> None:
    time = setup("timestamp")
    ends = (text(setup("params.A")), text("a+b"), text("a" * 200), text("a" * 201))
    tags = [text(time, "-", *end.parts) for end in ends]
    assert pushed(machine, *tags, setup_timestamp="2026-01-02-030405", setup_params_A="A/b") == [
        "2026-01-02-030405-a-b",
        f"2026-01-02-030405-{'a' * 110}",
    ]


@pytest.mark.parametrize("key", ["imageTag", "imageName", "imageID"])
def test_an_export_that_is_called_like_a_value_of_ours_is_cleaned(machine: Machine, key: str) -> None:
    program = lowered(
        stage("first", ir.Export(key, text(setup("tag")))),
        stage("web", build_step(), publish_step("app", text(Ref(Source.STAGE, key, "first")))),
    ).stage("web")
    machine.put(f"values/first.{key}", "-V1+x")
    done = machine.run(program)
    assert done.values["web.published"] == "r.example/ns/app:v1-x\n", done.err
