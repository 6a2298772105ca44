"""The text of a first config for what a survey found. It is written once and then maintained by people, so it is
simple, says why each part is there, and uses the shortest form of the language.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import NamedTuple

from transpiler.first_config.images import Role, roles
from transpiler.first_config.survey import Service, Survey
from transpiler.quoting import yaml_scalar

_HEAD = """\
# Pipelines are graphs of stages; a stage builds an image, runs it, publishes it, in any of these ways or in all.
# This is a first one, by `transpipe init`: it is yours to change.
#   transpipe lint       says what is wrong with it
#   transpipe run        runs it here
#   transpipe generate   writes what your CI reads
"""
_RESERVED = ("setup", "teardown")


class _Stage(NamedTuple):
    """A stage to write: what follows its name, line by line, and a comment."""

    name: str
    lines: tuple[str, ...]
    comment: str


def propose(found: Survey, project: str, *, publishes: str = "") -> str:
    """The config for a survey. `project` is the repository's path on its server, "" if nobody gave it: then it is that
    of `origin`, or a guess. If `publish` can be only a comment in the config, `publishes` says why; otherwise it is
    ""."""
    lines = [*_HEAD.splitlines(), ""]
    comment = "" if project else " # where `origin` points"
    if not project and not found.project:
        comment = " # a guess: write its path on your server"
    project = project or found.project or re.sub(r"[^\w.~-]+", "-", found.folder).strip("-") or "project"
    # Without it, `lint` may say that an older form of the language would read `execution` in another way.
    lines += ["version: 0", f"project: {_scalar(project)}{comment}", "", "pipelines:"]
    for service in found.services:
        lines += _beside(found, service)
        lines += _service(service, alone=len(found.services) == 1, publishes=publishes)
    return "\n".join(lines).rstrip() + "\n"


def _beside(found: Survey, service: Service) -> Iterator[str]:
    """Comments about what tests may need or leave; whether they do, only people know."""
    if found.beside:
        listed = ", ".join(f"{{name: {name}, image: {_scalar(image)}}}" for name, image in found.beside)
        yield f"  # {found.compose} has services. A stage whose tests need them runs beside them:"
        yield f"  #   run: {{services: [{listed}]}}"
    if service.report is not None:
        path = _scalar(service.report) if service.report else "PATH"
        file = _scalar(service.file)
        yield f"  # {file} names a JUnit report. A stage can copy it for the CI to show, also after a failure:"
        yield f"  #   copy: [{{source: {path}, report: junit}}]"


def _service(service: Service, *, alone: bool, publishes: str) -> Iterator[str]:
    role = roles(service.recipe)
    names = _names(role)
    tests = [_test(service, v, names[v], role[v]) for v in role if role[v] in (Role.TEST, Role.CHECK)]
    ships = [variant for variant in role if role[variant] is Role.SHIP]
    first, second = ("test", "publish") if alone else (service.name, f"{service.name}-publish")
    only_changes = bool(ships) and not publishes
    when = "Every proposed change" if only_changes else "Every proposed change, and what was merged"
    events = f"events: [change] # `{second}` does the same for what was merged" if only_changes else ""
    if tests:
        yield f"  # {when}: tested{', side by side' if len(tests) > 1 else ''}."
        yield from _pipeline(service, first, tests, [[stage.name] for stage in tests], events)
    else:
        word = "variant" if service.is_blubber else "target"
        yield from _comment(
            f"{when}: built. No {word} of {service.file} looks like tests: add one, and a stage such as "
            "`- name: test`, which builds the one of that name and runs it."
        )
        built = [_Stage(names[v], (_build(v),), "") for v in ships or list(role)[-1:]]
        yield from _pipeline(service, first, built, [[stage.name] for stage in built], events)
    yield ""
    if not ships:
        return
    publishing = [
        _publish(v, names[v], "" if alone else service.name, names[v] if len(ships) > 1 else "") for v in ships
    ]
    arcs = [[test.name, stage.name] for stage in publishing for test in tests] or [[s.name] for s in publishing]
    lines = [
        "  # What was merged, and each new git tag: published when the tests have passed."
        if tests
        else "  # What was merged, and each new git tag: published.",
        *_pipeline(service, second, [*tests, *publishing], arcs),
    ]
    if publishes:
        yield from _comment(f"{publishes} With it, `events: [change]` in `{first}` saves running the same twice.")
        yield from (line if line.startswith("  #") else f"  # {line.removeprefix('  ')}" for line in lines)
    else:
        yield from lines
    yield ""


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, 100, initial_indent="  # ", subsequent_indent="  # ", break_on_hyphens=False)


def _pipeline(
    service: Service, name: str, stages: list[_Stage], arcs: list[list[str]], events: str = ""
) -> Iterator[str]:
    yield f"  {_scalar(name)}:"
    yield f"    {_file(service)}"
    if events:
        yield f"    {events}"
    if service.directory != ".":
        yield f"    directory: {_scalar(service.directory)} # where its files are; every step works there"
    if len(stages) > 1:
        yield "    execution: # an arc: the first before the second" if len(arcs[0]) > 1 else "    execution:"
        yield from (f"      - [{', '.join(map(_scalar, arc))}]" for arc in arcs)
    yield "    stages:"
    for stage in stages:
        yield f"      - name: {_scalar(stage.name)}{f' # {stage.comment}' if stage.comment else ''}"
        yield from (f"        {line}" for line in stage.lines)


def _file(service: Service) -> str:
    if not service.is_blubber:
        return f"dockerfile: {_scalar(service.file)}"
    below = service.file.removeprefix(".pipeline/") if service.file.startswith(".pipeline/") else f"../{service.file}"
    return f"blubberfile: {_scalar(below)}{' # relative to .pipeline/' if '/' not in below else ''}"


def _test(service: Service, variant: str, name: str, role: Role) -> _Stage:
    word = "variant" if service.is_blubber else "target"
    if role is Role.CHECK:
        return _Stage(name, (_build(variant),), "it has no entry point: building it is the test")
    if name == variant:
        return _Stage(name, (), f"builds the {word} of that name and runs it")
    return _Stage(name, (_build(variant), "run: true"), "")


def _publish(variant: str, name: str, *parts: str) -> _Stage:
    """`parts` are what distinguishes the image's name from those of other images."""
    suffix = "-".join(plain for part in parts if (plain := re.sub(r"[-._]+", "-", part).strip("-")))
    image = f"{{name: '${{setup.projectShortName}}-{suffix}'}}" if suffix else "true"
    return _Stage(name, (_build(variant), f"publish: {{image: {image}}}"), "")


def _build(variant: str) -> str:
    return f"build: {_scalar(variant)}" if variant else "build: {variant: ''} # the last stage, which has no name"


def _names(variants: Iterable[str]) -> dict[str, str]:
    """A stage's name for each variant; the last stage of a Dockerfile may have none."""
    names: dict[str, str] = {}
    for variant in variants:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", variant).strip("-._")
        name = "image" if not plain or plain.isdecimal() or plain in _RESERVED else plain
        taken = names.values()
        names[variant] = next(n for n in chain((name,), (f"{name}-{i}" for i in count(2))) if n not in taken)
    return names


def _scalar(text: str) -> str:
    return yaml_scalar(text)
