"""The Jinja environment for all templates. They lay out the values of a target's view, and quote them with filters.

Templates are files that ship with transpipe; a user's text is never compiled as one. Knows no target.

Compiling the templates takes longer than compiling a config, so `hatch_build.py` does it when the package is built:
`transpipe_templates` has a Python module for each template. A module is not used if it was made from a different text
or for a different version of Jinja.

Filters: `sh` a shell word, `comment` the rest of a line that is a comment, `groovy` a Groovy string,
`groovy_lines(indent)` the inside of a triple-quoted Groovy string, `yaml` a scalar on one line, `yaml_line` one that
is not inside brackets, `yaml_list` a list on one line, `yaml_block(indent)` the lines of a literal block scalar,
`ansible_line` the result of `yaml_line`, escaped so that Ansible does not find a template in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from functools import cache
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import jinja2
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.runtime import Context

from transpiler import quoting, resources

COMPILED = "transpipe_templates"


def render(template: str, **values: object) -> str:
    """Renders `templates/<template>` with these values. Raises jinja2.UndefinedError if a name is missing, and
    AttributeError if a field is."""
    return environment().get_template(template).render(values)


def compiled() -> dict[str, str]:
    """The Python files of the package of compiled templates: file name to source."""
    own, folder = environment(), resources.directory("templates")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.j2"))
    sources = {name: (folder / name).read_text("utf-8") for name in names}
    marks = {name: _mark(source) for name, source in sources.items()}
    about = f'"""Templates of transpipe, compiled when it was built."""\n\nMARKS = {marks!r}\n'
    modules = {f"{_module(name)}.py": own.compile(source, name, name, raw=True) for name, source in sources.items()}
    return {"__init__.py": about, **modules}


class _Context(Context):
    """Calls macros faster than Jinja's own class, which checks for each call whether the callee needs the context. In
    these templates only macros are called, and none needs it."""

    def call(self, callee: Callable[..., Any], /, *args: Any, _loop_vars: object = None, **named: Any) -> Any:
        """Calls a macro, without the variables of the loop around it, which only callees with a context need."""
        return callee(*args, **named)


class _Environment(Environment):
    """Reads `a.b` as an attribute, never as an item; a missing attribute is an error."""

    context_class = _Context
    getattr = staticmethod(getattr)  # type: ignore[assignment]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Returns only `d`. Jinja would copy its own globals, which no template here uses, at each call."""
        return d or {}


@cache
def environment() -> Environment:
    """Returns the environment, with the filters and the loader of the templates."""
    made = _Environment(
        loader=_Loader(resources.directory("templates"), encoding="utf-8"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        auto_reload=False,
    )
    made.filters.update(
        sh=quoting.sh,
        comment=quoting.comment,
        groovy=quoting.groovy,
        groovy_lines=quoting.groovy_lines,
        yaml=quoting.yaml_scalar,
        yaml_line=quoting.yaml_line,
        yaml_list=quoting.yaml_list,
        ansible_line=quoting.ansible_line,
        yaml_block=quoting.yaml_block,
    )
    return made


class _Loader(FileSystemLoader):
    """Loads a template from its compiled module if there is one, else compiles it."""

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """See `jinja2.BaseLoader.load`."""
        source, _, _ = self.get_source(environment, name)
        code = _compiled_code(name, source)
        if code is None:
            return super().load(environment, name, globals)
        # The code is not imported, because a module would stay bound to the first environment that loads it.
        return environment.template_class.from_code(environment, code, globals or {})


def _compiled_code(name: str, source: str) -> CodeType | None:
    try:
        package = import_module(COMPILED)
    except ModuleNotFoundError:
        return None
    if package.MARKS.get(name) != _mark(source):
        return None
    path = Path(package.__path__[0]) / f"{_module(name)}.py"
    return SourceFileLoader(f"{COMPILED}.{path.stem}", str(path)).get_code(f"{COMPILED}.{path.stem}")


def _module(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _mark(source: str) -> str:
    return hashlib.sha256(f"{jinja2.__version__}\n{source}".encode()).hexdigest()
