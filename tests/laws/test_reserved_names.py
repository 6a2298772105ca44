"""No name in a config collides with a name that our own code uses. The lists of our names come from the outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.every_form import FORMS, NEUTRAL, compiled, shells, words

from transpiler.diagnostics import Severity
from transpiler.driver import Outcome
from transpiler.lowering.flow import OWN_FILES
from transpiler.lowering.shell import FUNCTIONS
from transpiler.lowering.slugs import Variables, files
from transpiler.steps import STEPS
from transpiler.targets.jenkins.names import Names
from transpiler.targets.jenkins.tokens import Sort, Token, tokens
from transpiler.variables import is_reserved

_SET = re.compile(r"(?<![\w$./%{=;-])([A-Za-z]\w*)=|\bfor ([A-Za-z]\w*)(?: in\b|;)|\bread -r ([A-Za-z]\w*)")
_READ = re.compile(r"(?<!\\)\$\{?#?([A-Za-z]\w*)")
_DEFINED = re.compile(r"^\s*(\w+)\(\) [({]", re.MULTILINE)
_REFUSED = frozenset({"setup", "teardown", "stage", "also", "then", "alone"})
"""Stages may not have the first two names, exports not the third; all pipelines here have stages with the others."""
_MINE = {"KEY", "R_USER", "R_PASSWORD", "G_USER", "G_PASSWORD", "X"}
"""Credentials of the profile, by their names on a target, and a parameter."""
_ONE_COMMAND = {"TEXT", "KUBECONFIG"}
"""What programs set for one command, or for those after it, which then read no credential of that name."""
_TAKEN = {"attempt", "json"}
"""What programs take from `Variables` themselves."""
_QUICK = 20
_AT_A_TIME = 20
_SHARE = 8


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def neutral(form: str, tmp_path: Path) -> Outcome:
    outcome = compiled(tmp_path, form, NEUTRAL, f"{NEUTRAL}-2")
    assert wrong(outcome) == []
    return outcome


def wrong(outcome: Outcome) -> list[str]:
    return [f"{one.code}: {one.message}" for one in outcome.diagnostics if one.severity is Severity.ERROR]


def ours(names: Iterator[str]) -> list[str]:
    return sorted({name for name in names if NEUTRAL not in name})


def test_no_value_has_a_variable_that_a_program_or_what_is_around_it_uses(neutral: Outcome) -> None:
    used = (name for text in shells(neutral) for found in (_SET, _READ) for name in _names(found, text))
    lower = [name for name in ours(used) if name[0].islower() and not name.startswith("setup_")]
    assert len(lower) > 10
    assert [name for name in lower if Variables().take(name) == name and name not in _TAKEN] == []


def test_no_credential_has_a_variable_that_a_program_or_what_is_around_it_uses(neutral: Outcome) -> None:
    used = (name for text in shells(neutral) for name in (*_names(_SET, text), *_names(_READ, text)))
    upper = [name for name in ours(used) if name.isupper()]
    assert [name for name in upper if not is_reserved(name) and name not in _MINE | _ONE_COMMAND] == []


def _names(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The names that a pattern finds outside single quotes, where the shell looks for none."""
    for found in pattern.findall(re.sub(r"'[^'\n]*'|--data(?:-urlencode)? \S+", "''", text)):
        yield found if isinstance(found, str) else next(filter(None, found))


def test_the_functions_of_programs_are_known(neutral: Outcome) -> None:
    defined = {name for text in shells(neutral) for name in _DEFINED.findall(text)}
    assert defined - FUNCTIONS == set()


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_command_of_the_site_is_never_a_function_of_ours(name: str, tmp_path: Path) -> None:
    over = {
        "registry": {"public": "registry.example.org", "method": "command", "command": f"{name} 'a b'"},
        "kubernetes": {"helm": name, "clusters": {"ci": {"namespace": "ci"}}, "repository": "https://c.example.org"},
        "notify": {"command": name},
        "promote": {"repository": "https://git.example.org/c.git", "update": [name]},
    }
    outcome = compiled(tmp_path, "usual", NEUTRAL, over=over)
    assert wrong(outcome) == []
    text = "\n".join(shells(outcome))
    mails = "\n".join(outcome.files.values())
    assert re.search(rf"\bcommand {name} 'a b' ", text)
    assert re.search(rf"\bcommand {name} install ", text)
    assert re.search(rf"^\s*command {name} -s ", text, re.MULTILINE)
    assert re.search(rf"\}} \| command {name} \|\| echo 'the mail", mails)


def test_no_value_has_the_file_of_something_else(neutral: Outcome) -> None:
    found = {
        suffix
        for text in neutral.files.values()
        for suffix in re.findall(rf"[\w/]\"?[ /]\"?{NEUTRAL}(?:-x)?\.([A-Za-z][\w.]*\w)", text)
    }
    keys = {key for kind in STEPS for key in kind.binds} | {NEUTRAL, "yaml"}  # and the names of playbooks
    assert {"iid", "published"} <= found
    clashing = {suffix for suffix in found - keys if files("s", [suffix], OWN_FILES)[suffix] == f"s.{suffix}"}
    assert clashing == set()


def test_no_method_of_a_jenkinsfile_has_a_name_of_ours(neutral: Outcome) -> None:
    texts = [output.body for output in neutral.outputs if output.target == "jenkins"]
    found = ours(name for text in texts for name in _groovy_names(tokens(text)))
    assert {"onNode", "node"} <= set(found)
    assert [name for name in found if name.islower() and Names().method(name) == name] == []  # slugs have no capitals


def _groovy_names(found: list[Token]) -> Iterator[str]:
    """What a Jenkinsfile calls, declares or takes as a parameter."""
    kinds = {"def", "String", "Map", "List", "Closure", "int"}
    for i, (sort, name) in enumerate(found):
        before = found[i - 1].text if i else ""
        after = found[i + 1].text if i + 1 < len(found) else ""
        called = after in ("(", "{") or (i + 1 < len(found) and found[i + 1].sort in (Sort.TEXT, Sort.SHELL))
        if sort is Sort.WORD and before != "." and (before in kinds or called or after in ("->", "=")):
            yield name


def test_some_words_of_the_outputs_can_be_the_name_of_anything(neutral: Outcome, form: str, tmp_path: Path) -> None:
    names = sorted(words(neutral) - _REFUSED)
    step = max(1, len(names) // _QUICK)
    _try((*names[:: step * 2], "self", "stages", "job", "every-job", "any-job"), form, tmp_path)


@pytest.mark.thorough
def test_every_word_of_the_outputs_can_be_the_name_of_anything(neutral: Outcome, form: str, tmp_path: Path) -> None:
    """All of them in the first form. The others have most words in common with it: an eighth of these in each."""
    first, *others = FORMS
    names = sorted(words(neutral) - _REFUSED)
    if form != first:
        common = words(compiled(tmp_path, first, NEUTRAL, f"{NEUTRAL}-2"))
        start = others.index(form) % _SHARE
        names = [*(name for name in names if name not in common), *sorted(common.intersection(names))[start::_SHARE]]
    _try((*names, "self"), form, tmp_path)


def _try(names: tuple[str, ...], form: str, root: Path) -> None:
    for start in range(0, len(names), _AT_A_TIME):
        some = names[start : start + _AT_A_TIME]
        found = compiled(root, form, *some)
        assert wrong(found) == [], some
        assert found.files, some
