"""The stage graph of a workflow as a picture: text for a terminal, Mermaid for Markdown, DOT for Graphviz.

Names come from users: each format escapes them in its own way, and no node's identifier is made of one. This module
knows no engine and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from transpiler.graph import notation
from transpiler.ir import Pipeline, Workflow
from transpiler.steps import remarks


def picture(workflow: Workflow, form: str) -> str:
    """The pipelines of the workflow in this form (a key of FORMS), ending with a newline; "" if there are none."""
    return FORMS[form](workflow.pipelines)


def _text(pipelines: tuple[Pipeline, ...]) -> str:
    names = [_one_line(pipeline.name) for pipeline in pipelines]
    graphs = [_one_line(notation(pipeline.graph)) or "(no stages)" for pipeline in pipelines]
    wide, long = max(map(len, names), default=0), max(map(len, graphs), default=0)
    lines = []
    for name, graph, pipeline in zip(names, graphs, pipelines, strict=True):
        lines.append(f"{name:<{wide}}   {graph:<{long}}   {', '.join(pipeline.events)}".rstrip())
        for stage in pipeline.stages:
            lines += (f"{'':<{wide}}     {_one_line(f'{stage.name}: {remark}')}" for remark in remarks(stage))
    return "".join(f"{line}\n" for line in lines)


def _mermaid(pipelines: tuple[Pipeline, ...]) -> str:
    lines = ["flowchart LR"]
    for p, pipeline in enumerate(pipelines):
        ids = {name: f"p{p}s{s}" for s, name in enumerate(pipeline.graph.nodes)}
        lines.append(f'  subgraph p{p}["{_entities(pipeline.name)}"]')
        for name, words in _labels(pipeline):
            shown = "<br/>".join(map(_entities, words))
            lines.append(f'    {ids[name]}["{shown}"]')
        lines += (f"    {ids[a]} --> {ids[b]}" for a, b in pipeline.graph.edges)
        lines.append("  end")
    return "\n".join(lines) + "\n"


def _dot(pipelines: tuple[Pipeline, ...]) -> str:
    lines = ["digraph {", "  rankdir=LR", "  node [shape=box]"]
    for p, pipeline in enumerate(pipelines):
        ids = {name: f"p{p}s{s}" for s, name in enumerate(pipeline.graph.nodes)}
        lines += [f"  subgraph cluster_{p} {{", f'    label="{_dot_escaped(pipeline.name)}"']
        for name, words in _labels(pipeline):
            shown = r"\n".join(map(_dot_escaped, words))
            lines.append(f'    {ids[name]} [label="{shown}"]')
        lines += (f"    {ids[a]} -> {ids[b]}" for a, b in pipeline.graph.edges)
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def _labels(pipeline: Pipeline) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each stage with the lines of its label."""
    told = {stage.name: remarks(stage) for stage in pipeline.stages}
    yield from ((name, (name, *told.get(name, ()))) for name in pipeline.graph.nodes)


FORMS: Mapping[str, Callable[[tuple[Pipeline, ...]], str]] = {"text": _text, "mermaid": _mermaid, "dot": _dot}


def _one_line(name: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name)


def _entities(name: str) -> str:
    # Mermaid reads `#35;` as an entity, and Markdown, HTML and keywords inside labels: only harmless characters stay.
    return "".join(c if c.isalnum() or c in " _-./" else f"#{ord(c)};" for c in name)


def _dot_escaped(name: str) -> str:
    # In a label, `\N`, `\l` and others are escapes, so every backslash is doubled.
    return _one_line(name).replace("\\", "\\\\").replace('"', '\\"')
