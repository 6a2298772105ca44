"""The one Jinja environment: lays out what a target's view decided, and quotes through its filters.

Templates are files that ship with transpipe; no text of a user's is ever compiled as one. It knows no target.

Filters: `sh` a shell word, `comment` the rest of a line that is a comment, `groovy` a Groovy string,
`groovy_lines(indent)` the inside of a triple-quoted Groovy string, `yaml` a scalar on one line, `yaml_line` one that
is not inside brackets, `yaml_block(indent)` the lines of a literal block scalar.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from transpiler import quoting, resources


def render(template: str, **values: object) -> str:
    """The text of `templates/<template>` with these values; a name that it reads and that is missing raises
    jinja2.UndefinedError."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.directory("templates"), encoding="utf-8"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,
    )
    environment.filters.update(
        sh=quoting.sh,
        comment=quoting.comment,
        groovy=quoting.groovy,
        groovy_lines=quoting.groovy_lines,
        yaml=quoting.yaml_scalar,
        yaml_line=quoting.yaml_line,
        yaml_block=quoting.yaml_block,
    )
    return environment
