"""The list of targets: what each line says is so, every package has its modules, and nobody else names an engine."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import transpiler
from transpiler.frontend.profiles.load import decode
from transpiler.ir import CredentialKind
from transpiler.program import Feature
from transpiler.resources import directory, read_text
from transpiler.targets import TARGETS

PACKAGE = Path(transpiler.__file__).parent
STEMS = ("settings", "needs", "support", "emit", "read", "bill")
# They belong to one engine: `sync` makes Jenkins' jobs.
SYNC = ("jenkins_sync/", "app/sync.py", "app/wanted_jobs.py", "app/git_origin.py", "cli/sync")
NOT_ENGINES = {
    ("app/hooks/install.py", "gitlab"): "git attributes that the places of code review read",
    ("formats/__init__.py", "gitlab"): "a form of findings has the name of the place that shows it",
    ("formats/__init__.py", "github"): "another such form",
    ("frontend/shape/foreign.py", "github"): "a file of other programs that somebody moved to our config's name",
    ("frontend/shape/foreign.py", "gitlab"): "another such file",
    ("frontend/shape/foreign.py", "zuul"): "another such file",
    ("lowering/build.py", "github"): "which contexts docker takes for a git repository",
    ("lowering/promote.py", "gitlab"): "where a new version is proposed",
}


# From Python 3.12 on the text between the braces of an f-string is a token of its own.
_TELLING = {tokenize.NAME, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def named(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of every engine that the code names: in names and strings, not in comments and docstrings."""
    engine = re.compile(rf"(?<![a-z])({'|'.join(TARGETS)})", re.IGNORECASE)
    tree = ast.parse(source)
    bodies = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    prose = {
        line
        for node in bodies
        for statement in node.body
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _TELLING and token.start[0] not in prose:
            # The language's own variables, which every engine provides.
            text = re.sub(r"\bZUUL_[A-Z]+\b", "", token.string)
            yield from ((token.start[0], found[0].lower()) for found in engine.finditer(text))


def test_no_module_names_an_engine_but_the_targets_and_sync() -> None:
    found = {
        (path, name): line
        for file in sorted(PACKAGE.rglob("*.py"))
        if not (path := file.relative_to(PACKAGE).as_posix()).startswith(("targets/", *SYNC))
        for line, name in named(file.read_text("utf-8"))
    }
    assert found.keys() == NOT_ENGINES.keys(), found


@pytest.mark.parametrize(
    "source", ['x = "zuul"', "gitlab = 1", "site.Jenkins", "check_zuul()", 'y = f"{x} of GitLab"', 'x = "Jenkinsfile"']
)
def test_the_judge_sees_engines(source: str) -> None:
    assert list(named(source))


@pytest.mark.parametrize("source", ['"""Zuul."""', "# gitlab", 'def f():\n    """Jenkins."""', '"ZUUL_REF"'])
def test_the_judge_passes_over_prose_and_the_words_of_the_language(source: str) -> None:
    assert not list(named(source))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("stem", STEMS)
def test_every_target_has_the_same_stems(name: str, stem: str) -> None:
    assert import_module(f"transpiler.targets.{name}.{stem}")


def test_the_list_and_the_packages_agree() -> None:
    packages = [path.parent.name for path in (PACKAGE / "targets").glob("*/__init__.py")]
    assert sorted(packages) == sorted(TARGETS)
    assert all(name == target.name for name, target in TARGETS.items())


def test_a_target_says_something_for_every_feature() -> None:
    assert all(set(target.supports) == set(Feature) for target in TARGETS.values())


def test_the_usual_places_are_those_of_the_default_profile() -> None:
    written = yaml.safe_load(read_text("profiles", "default.yaml"))["targets"]
    assert list(written) == [name for name, target in TARGETS.items() if target.usual]
    assert {name: settings.path for name, settings in decode({}).settings.items()} == {
        name: target.place for name, target in TARGETS.items()
    }
    assert TARGETS["zuul"].beside == f"{written['zuul']['playbooks']}/*.yaml"


@pytest.mark.parametrize("kind", CredentialKind)
@pytest.mark.parametrize("name", TARGETS)
def test_the_line_that_names_a_credential_is_enough(name: str, kind: CredentialKind) -> None:
    target = TARGETS[name]
    data = yaml.safe_load(f"{{kind: {kind}, {target.needs.credential(kind)}}}")
    assert target.needs.is_named(kind, target.settings.credential_names("id", data))
    unnamed = target.settings.credential_names("id", {"kind": kind})
    assert target.needs.is_named(kind, unnamed) == target.needs.NAMES_BY_ID


@pytest.mark.parametrize("name", TARGETS)
def test_the_line_that_names_a_job_names_it(name: str) -> None:
    line = yaml.safe_load(f"{{{TARGETS[name].needs.TRIGGER}}}")
    assert decode({"triggers": {"docs": line}}).job("docs", name)


def test_every_target_has_templates() -> None:
    folders = {path.name for path in directory("templates").iterdir()}
    assert folders == set(TARGETS)


def test_what_hides_an_output_stands_before_it() -> None:
    zuul = TARGETS["zuul"]
    assert zuul.hiding(".zuul.d/transpipe.yaml") == ("zuul.yaml", "zuul.d", ".zuul.yaml")
    assert zuul.hiding("zuul.yaml") == zuul.hiding("ci/zuul.yaml") == ()
    assert zuul.folders == ("zuul.d", ".zuul.d")
