"""What stands in a playbook or in a job's variables comes out of Ansible as it was, whatever Jinja would make of it.

Ansible itself reads and expands the texts: as a task's name, as a program, as the path of an artifact, as a variable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from engines import judges
from engines.fixtures import ZuulJudge
from support import plans
from support.drawing import NASTY, drawn, texts

from transpiler.frontend.profiles import load
from transpiler.program import Archive
from transpiler.quoting import sh, yaml_line, yaml_scalar
from transpiler.targets import TARGETS
from transpiler.targets.zuul import sources

ZUUL = TARGETS["zuul"]

pytestmark = pytest.mark.engine

Told = Callable[[str, object], None]
BRACES = [
    "{{ x }}",
    "{{",
    "}}",
    "{% raw %}",
    "{% endraw %}",
    "{% if",
    "{#",
    "#}",
    "{{ lookup('pipe', 'id') }}",
    "{{{",
    "{ {",
    "{{ x }}\r",
    "a\rb{#\r\n",
    "\r\n{{\n\n",
]
STAGES = 20


def read(documents: list[str]) -> Any:
    return judges.expanded_by_ansible(documents)


def test_a_variable_comes_out_as_it_was(zuul_judge: ZuulJudge, record_property: Told) -> None:
    cases = [*BRACES, *NASTY, *drawn(texts, record_property)]
    document = "".join(
        f"- {yaml_scalar(sources.harmless(text))}\n- {yaml_line(sources.harmless(text))}\n" for text in cases
    )
    (found,) = read([document])
    assert found == [text for text in cases for _ in range(2)]


def test_names_programs_and_paths_come_out_as_they_were(zuul_judge: ZuulJudge, record_property: Told) -> None:
    cases = [text for text in [*BRACES, *NASTY, *drawn(texts, record_property)] if text]
    groups = [tuple(cases[i::STAGES]) for i in range(STAGES)]
    stages = [
        replace(
            plans.stage(f"s{i}", *(f"printf %s {sh(text)}" for text in group)),
            name=f"{group[0]} {i}",
            archives=tuple(Archive(text, directory=False) for text in group),
        )
        for i, group in enumerate(groups)
    ]
    edges = tuple((a.name, b.name) for a, b in pairwise(stages))
    plan = plans.plan(plans.pipeline("p", *stages, edges=edges))
    files = ZUUL.emit(plan, load.decode({}), frozenset())
    ((play,),) = read([next(file.body for file in files if file.path.endswith("/p.yaml"))])
    named = {task["name"]: task for task in play["tasks"]}
    for i, (stage, group) in enumerate(zip(stages, groups, strict=True)):
        program = named[f"{stage.name} (s{i})"]["ansible.builtin.shell"]["cmd"]
        assert program == "\n".join(stage.lines) + "\n"
        assert [named[f"Keep {text}"]["vars"]["path"] for text in group] == list(group)
