"""A Dockerfile's stages are those that BuildKit finds: by its parser, by the daemon itself, and for `lint` and `init`
alike."""

from __future__ import annotations

import itertools
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import dockerfile
import pytest
from engines.docker_engine import Docker
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support import dockerfiles

from transpiler.driver import Request, compile_config
from transpiler.fast_path.dockerfile import instructions, without_flags
from transpiler.fast_path.variant_names import dockerfile_targets
from transpiler.first_config import images, propose, survey

_PIECES = (*dockerfiles.STAGES, *dockerfiles.STEPS, *dockerfiles.HEREDOCS, *dockerfiles.COMMANDS)
FILES = st.tuples(st.sampled_from(dockerfiles.DIRECTIVES), st.lists(st.sampled_from(_PIECES), max_size=8)).map(
    lambda drawn: drawn[0] + "".join(drawn[1])
)


@settings(max_examples=300, deadline=None)
@given(FILES)
@example("FROM scratch AS one")
def test_a_dockerfile_is_taken_apart_as_buildkit_takes_it_apart(text: str) -> None:
    try:
        theirs = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return
    assume(all(one.cmd for one in theirs))  # it tells of an empty line that is continued, and then refuses it
    ours = [(name, *without_flags(rest)) for name, rest in instructions(text.encode())]
    assert [(name, flags) for name, flags, _ in ours] == [(one.cmd.upper(), one.flags) for one in theirs]
    stages = [tuple(rest.split()) for name, _, rest in ours if name == "FROM"]
    assert stages == [one.value for one in theirs if one.cmd.upper() == "FROM"]


def _found(docker: Docker, text: str, target: str) -> bool | None:
    """Whether docker builds this target; None where it refuses the file as a whole."""
    built = subprocess.run(
        ["docker", "build", "--quiet", "--target", target, "-"],
        env={**docker.env, "DOCKER_BUILDKIT": "1"},
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    if built.returncode == 0:
        return True
    return False if b"could not be found" in built.stderr else None


def _drawn(pieces: Sequence[str], count: int) -> list[str]:
    """So many files of a stage and a few pieces, the same each time."""
    draw = random.Random(10)
    alone = [first for first in dockerfiles.DIRECTIVES if "syntax" not in first]  # that frontend is not here
    return [draw.choice(alone) + "FROM scratch\nLABEL a=0\n" + "".join(draw.choices(pieces, k=5)) for _ in range(count)]


def test_docker_builds_exactly_the_targets_that_we_find(docker_engine: Docker) -> None:
    pieces: tuple[str, ...] = (*dockerfiles.STAGES, *dockerfiles.STEPS)
    if _found(docker_engine, f"FROM scratch AS one\n{dockerfiles.HEREDOCS[0]}", "one"):
        pieces += dockerfiles.HEREDOCS  # the BuildKit in docker 20.10 knows none
    readable = (text for text in _drawn(pieces, 200) if _found(docker_engine, text, "nowhere") is not None)
    judged = list(itertools.islice(readable, 8))
    assert len(judged) == 8
    for text in judged:
        said = {name for name in dockerfiles.NAMES if _found(docker_engine, text, name)}
        assert said == set(dockerfile_targets(text.encode())), text
        assert all(_found(docker_engine, text, name.upper()) for name in list(said)[:1]), text


@pytest.mark.parametrize(
    ("container", "name", "known"),
    [
        ("docker", "TEST", True),
        ("docker", "''", True),
        ("docker", "0", False),
        ("docker", "text", False),
        ("podman", "0", True),
    ],
)
def test_lint_knows_a_target_where_the_builder_does(tmp_path: Path, container: str, name: str, known: bool) -> None:
    text = "FROM scratch \\\n  AS Test\nCOPY <<EOF /a\nFROM scratch AS text\nEOF\nFROM scratch\n"
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "profile.yaml").write_text(f"extends: default\ncontainer: {{command: {container}}}\n")
    stage = f"{{name: a, build: {{variant: {name}}}}}"
    config = f"project: a\npipelines: {{p: {{dockerfile: Dockerfile, stages: [{stage}]}}}}\n".encode()
    made = compile_config(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / "profile.yaml"), content=config))
    assert [one.code for one in made.diagnostics] == ([] if known else ["unknown-variant"])


@settings(max_examples=50, deadline=None)
@given(FILES)
def test_what_init_makes_of_a_dockerfile_lints_clean(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "Dockerfile").write_bytes(text.encode())
    recipe = images.dockerfile(text.encode())
    found = survey(root)
    assert bool(found.services) == (recipe is not None)
    if recipe is None:
        return
    assert {image.variant for image in recipe.images} - {""} == set(dockerfile_targets(text.encode()))
    config = propose(found, "team/app", publishes="Not yet.").encode()
    outcome = compile_config(Request(root, ".pipeline/config.yaml", "default", content=config))
    assert [one.message for one in outcome.diagnostics] == []
