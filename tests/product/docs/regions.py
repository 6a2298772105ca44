"""The parts of the documentation that are generated: option tables, the support table, the list of diagnostics.

A region of a page stands between `<!-- generated: NAME -->` and `<!-- end -->`. `pytest tests/product/docs
--update-golden` rewrites them.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import click
import typer
from support.catalogue import AREAS, CATALOGUE

from transpiler import catalogue
from transpiler.cli import app
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.local.tools import UTILITIES
from transpiler.program import Feature
from transpiler.targets import TARGETS

Schema = Mapping[str, Any]
_REGION = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled_in(page: str) -> str:
    """A page with every region as it should be; raises KeyError on a region that nothing generates."""
    return _REGION.sub(lambda m: f"{m[1]}{REGIONS[m[2]]()}\n{m[3]}", page)


@cache
def _schema(name: str) -> Schema:
    found: Schema = schema_of(name)
    return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    """A schema with its `$ref` followed; the keys beside it win."""
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    return {**_resolved(root["$defs"][name], root), **{k: v for k, v in schema.items() if k != "$ref"}}


def _forms(schema: Schema, root: Schema) -> Iterator[str]:
    if schema.get("$ref") == "#/$defs/flag":
        yield "true or false"
        return
    schema = _resolved(schema, root)
    if "enum" in schema and "title" not in schema:
        words = [w for w in schema["enum"] if isinstance(w, str) and w]
        if words:
            yield " or ".join(filter(None, (", ".join(f"`{w}`" for w in words[:-1]), f"`{words[-1]}`")))
    elif "anyOf" in schema:
        for branch in schema["anyOf"]:
            yield from _forms(branch, root)
    elif "title" in schema:
        yield str(schema["title"])
    elif schema.get("type") == "object":
        yield "a mapping"
    elif schema.get("type") == "array":
        yield "a list"
    elif isinstance(schema.get("type"), str):
        yield {"boolean": "true or false", "integer": "a number", "null": "nothing"}.get(schema["type"], "a string")


def _mapping(schema: Schema, root: Schema) -> Schema | None:
    """The branch of a schema that has named keys, if there is one."""
    schema = _resolved(schema, root)
    if "properties" in schema:
        return schema
    for branch in (*schema.get("anyOf", ()), *([schema["items"]] if isinstance(schema.get("items"), dict) else ())):
        found = _mapping(branch, root)
        if found is not None and "$each" not in found["properties"] and "$merge" not in found["properties"]:
            return found
    return None


def _rows(schema: Schema, root: Schema, prefix: str, depth: int) -> Iterator[str]:
    required = schema.get("required", ())
    for key, value in schema["properties"].items():
        if key.startswith("$"):
            continue
        full = _resolved(value, root)
        forms = [f for f in dict.fromkeys(_forms(value, root)) if not f.startswith(("a `$", "an empty"))]
        default = "required" if key in required else f"`{json.dumps(full['default'])}`" if "default" in full else ""
        cells = (f"`{prefix}{key}`", ", ".join(forms), default, full.get("description", ""))
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        inner = _mapping(value, root) if depth else None
        if inner is not None:
            yield from _rows(inner, root, f"{prefix}{key}.", depth - 1)


def option_table(name: str, definition: str, prefix: str = "", depth: int = 0, flat: tuple[str, ...] = ()) -> str:
    """The keys of one mapping of a schema; `definition` "" is its top. Keys below those in `flat` are left out."""
    root = _schema(name)
    start = (
        _resolved(root["properties"][definition], root)
        if definition in root.get("properties", ())
        else (root["$defs"][definition] if definition else root)
    )
    found = _mapping(start, root)
    assert found is not None, definition
    rows = [row for row in _rows(found, root, prefix, depth) if not row.startswith(tuple(f"| `{key}." for key in flat))]
    return "\n".join(["| key | form | default | meaning |", "|---|---|---|---|", *rows])


def support_table() -> str:
    """What each target can say, and the sentences that explain it."""
    names = list(TARGETS)
    lines = [f"| feature | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for feature in Feature:
        cells = [TARGETS[name].supports[feature] for name in names]
        row = " | ".join(f"**{c.level.value}**: {c.why}".replace("|", "\\|") for c in cells)
        lines.append(f"| `{feature.value}` | {row} |")
    return "\n".join(lines)


def diagnostics_list() -> str:
    """Every code, with what it means and what to write: a table of contents, then a section for each area."""
    areas = {area: [code for code in CATALOGUE if CATALOGUE[code]["area"] == area] for area in AREAS}
    contents = [
        f"- [{_heading(area)}](#{_anchor(area)}): {', '.join(f'[{c}](#{_anchor(c)})' for c in codes)}"
        for area, codes in areas.items()
    ]
    sections = [
        f"## {_heading(area)}\n\n" + "\n".join(_diagnostic(code) for code in codes) for area, codes in areas.items()
    ]
    return "\n".join((*contents, "", *sections))


def _heading(area: str) -> str:
    return f"{area[0].upper()}{area[1:]}"


def _anchor(heading: str) -> str:
    """What GitHub calls the place of a heading."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _diagnostic(code: str) -> str:
    entry, said = CATALOGUE[code], catalogue.entry(code).fixed_when
    when = f"\n{said}\n" if said else ""
    return (
        f"### {code}\n\n*{entry['severity']}* — {entry['title']}\n\n{entry['meaning'].strip()}\n\n"
        f"```yaml\n{entry['example'].rstrip()}\n```\n\n{entry['fix'].strip()}\n{when}"
    )


def commands() -> str:
    """Every command, with its arguments and options as `--help` has them."""
    return "\n".join(_command(path, command) for path, command in _commands(typer.main.get_command(app), "transpipe"))


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    for name, inner in (getattr(command, "commands", None) or {}).items():
        yield from _commands(inner, f"{path} {name}")


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    records = (param.get_help_record(context) for param in command.params)
    lines = [f"- `{names}`: {_marked(' '.join(meaning.split()))}" for names, meaning in filter(None, records)]
    examples = (command.epilog or "").partition("Examples:\n")[2].rstrip()
    shown = [f"\n```sh\n{_commented(examples)}\n```"] if examples else []
    said = " ".join((command.help or "").split())
    return "\n".join([f"## {path}\n\n{_marked(said)}\n\n```text\n{usage}\n```\n", *lines, *shown, ""])


def _marked(text: str) -> str:
    """Text of a help page as Markdown: what would be markup there is code, and a default is in parentheses."""
    text = re.sub(r"\[(default: [^]]*|[^]]*<=?[^]]*|required)\]", r"(\1)", text)
    return re.sub(r"(?<!`)(\$\{[^}]*\}|\$[A-Z_]+|~/[\w./]+)(?!`)", r"`\1`", text).replace("<", "\\<")


def _commented(examples: str) -> str:
    """Examples of a help page: what a command does is a comment."""
    return re.sub(r"^  (\S.*?)   +(\S.*)$", r"\1   # \2", examples, flags=re.MULTILINE)


def utilities() -> str:
    """What every stage may use on a machine that runs pipelines locally."""
    return f"| {', '.join(f'`{name}`' for name in UTILITIES)} | every run; macOS and busybox have them |"


def excerpt(path: str, language: str, first: str = "", last: str = "") -> str:
    """A fenced part of a golden file: from the line that begins with `first` to the one before `last`."""
    lines = (_GOLDEN / path).read_text(encoding="utf-8").rstrip("\n").split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(first))
    end = next((i for i, line in enumerate(lines) if last and i > start and line.startswith(last)), len(lines))
    body = textwrap.dedent("\n".join(lines[start:end]).rstrip())
    return f"```{language}\n{body}\n```"


_GOLDEN = Path(__file__).resolve().parents[3] / "golden"
_STEPS = ("build", "run", "credential", "service", "copy", "publish", "promote", "deploy", "trigger", "notify")

_PARTS: Mapping[str, Callable[[], str]] = {
    "config": partial(excerpt, "readme/.pipeline/config.yaml", "yaml"),
    "jenkins": partial(excerpt, "readme/Jenkinsfile", "groovy", "def test() {", "def test_unit"),
    "gitlab": partial(excerpt, "readme/.gitlab-ci.yml", "yaml", "test-lint:", "# ----"),
    "zuul": partial(excerpt, "readme/.pipeline/zuul/test.yaml", "yaml", "    - name: lint", "    - name: What"),
    "github": partial(
        excerpt, "readme/.github/workflows/pipeline-test.yml", "yaml", "      - name: lint", "      - name: teardown"
    ),
    "mistake": partial(excerpt, "../tests/data/bad/unknown-stage.txt", "text"),
}
"""What both the README and the first page of the site show."""

REGIONS: Mapping[str, Callable[[], str]] = {
    "top": partial(option_table, "config", ""),
    "pipeline": partial(option_table, "config", "pipeline", depth=1, flat=("stages",)),
    "stage": partial(option_table, "config", "stage"),
    **{step: partial(option_table, "config", step, depth=1) for step in _STEPS},
    "dialect-a": partial(option_table, "dialect-a", "item"),
    "dialect-b": partial(option_table, "dialect-b", "pipeline", depth=1),
    "dialect-c": partial(option_table, "dialect-c", "pipeline"),
    "dialect-c-stage": partial(option_table, "dialect-c", "stage"),
    "example-a": partial(excerpt, "flat-list/.pipeline/config.yaml", "yaml", "- name"),
    "example-b": partial(excerpt, "variants/.pipeline/config.yaml", "yaml", "project"),
    "example-c": partial(excerpt, "execution-plan/.pipeline/config.yaml", "yaml", "project"),
    "profile": partial(option_table, "profile", "", depth=2),
    "support": support_table,
    "diagnostics": diagnostics_list,
    "utilities": utilities,
    **{f"{page}-{part}": make for page in ("readme", "site") for part, make in _PARTS.items()},
    **{
        f"migrate-{name}": partial(excerpt, f"../tests/data/migration/{name}.yaml", "yaml")
        for name in ("a", "a-migrated", "b", "b-migrated", "c", "c-migrated")
    },
    "commands": commands,
}
