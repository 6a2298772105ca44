"""The laws notice what they are there for: with each quoting function broken in one way, the law of it fails.

Beside the mutations of the conformance suite, at the price of one interpreter each.
"""

from __future__ import annotations

import inspect
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import yaml
from engines.fixtures import JenkinsJudge, ZuulJudge
from engines.github_act import NotForAct
from hypothesis import strategies as st
from support import drawing

from laws import (
    test_ansible_texts,
    test_comments,
    test_github_texts,
    test_gitlab_expansion,
    test_groovy_quoting,
    test_shell_quoting,
    test_yaml_quoting,
)
from transpiler import quoting
from transpiler.targets.github import names, scripts, steps
from transpiler.targets.gitlab import emit as gitlab
from transpiler.targets.gitlab import group_job
from transpiler.targets.zuul import emit as zuul
from transpiler.targets.zuul import sources

NOTICED = (AssertionError, NotForAct, ValueError, subprocess.CalledProcessError, yaml.YAMLError)


@dataclass(frozen=True)
class Broken:
    """`name` of `owner` is replaced by `by` while `law` is asked; `given` are further arguments of it."""

    what: str
    owner: object
    name: str
    by: Callable[..., Any]
    law: Callable[..., None]
    given: tuple[object, ...] = ()


def unquoted(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """An emitter that writes `new` for `old`."""
    return lambda *given: tuple(replace(file, body=file.body.replace(old, new)) for file in function(*given))


DASH, READER = (["dash"],), (yaml.CSafeLoader,)
BROKEN = (
    Broken(
        "sh leaves control characters to the file",
        test_yaml_quoting,
        "sh",
        shlex.quote,
        test_yaml_quoting.test_a_program_survives_as_a_block,
        READER,
    ),
    Broken(
        "sh quotes as other shells do",
        test_shell_quoting,
        "sh",
        lambda t: "'" + t.replace("'", "\\'") + "'",
        test_shell_quoting.test_a_text_is_one_word_again,
        DASH,
    ),
    Broken(
        "sh starts a process for each control character",
        quoting,
        "_MOST_PRINTFS",
        10**9,  # type: ignore[arg-type]
        test_shell_quoting.test_a_text_is_one_word_again,
        DASH,
    ),
    Broken(
        "sh_double forgets the backquote",
        test_shell_quoting,
        "sh_double",
        lambda t: "".join(f"\\{c}" if c in '\\"$' else c for c in t),
        test_shell_quoting.test_a_text_between_double_quotes_is_itself,
        DASH,
    ),
    Broken(
        "yaml_scalar knows no backslash",
        test_yaml_quoting,
        "yaml_scalar",
        lambda t: '"' + t.replace('"', '\\"') + '"',
        test_yaml_quoting.test_every_text_survives,
        READER,
    ),
    Broken(
        "yaml_line lets a comment begin",
        test_yaml_quoting,
        "yaml_line",
        lambda t: t if t.startswith("a") and t.isprintable() else quoting.yaml_scalar(t),
        test_yaml_quoting.test_every_text_survives,
        READER,
    ),
    Broken(
        "yaml_block indents no continued line",
        test_yaml_quoting,
        "yaml_block",
        lambda lines, indent: "\n".join(indent + line for line in lines),
        test_yaml_quoting.test_a_program_survives_as_a_block,
        READER,
    ),
    Broken(
        "comment lets a line end, in YAML",
        test_comments,
        "comment",
        lambda t: t.replace("\\u", "\\ u"),
        test_comments.test_no_text_ends_a_comment_of_yaml,
        READER,
    ),
    Broken(
        "a path of GitLab's is a pattern",
        group_job,
        "literal",
        lambda t: t,
        test_gitlab_expansion.test_the_path_of_an_artifact_means_itself_alone,
    ),
    Broken(
        "a variable of GitLab's is expanded",
        gitlab,
        "emit",
        unquoted(gitlab.emit, ", expand: false", ""),
        test_gitlab_expansion.test_a_parameter_of_what_is_triggered_is_not_expanded,
    ),
)
OF_GROOVY = (
    Broken(
        "comment forgets Groovy's escapes",
        test_comments,
        "comment",
        lambda t: t.replace("\n", " "),
        test_comments.test_no_text_ends_a_comment_of_groovy,
    ),
    Broken(
        "groovy forgets the backslash",
        test_groovy_quoting,
        "groovy",
        lambda t: "'" + t.replace("'", "\\'") + "'",
        test_groovy_quoting.test_a_string_comes_out_of_groovy_as_it_was,
    ),
    Broken(
        "groovy_lines forgets the backslash",
        test_groovy_quoting,
        "groovy_lines",
        lambda lines, indent: "\n".join(indent + line for line in lines),
        test_groovy_quoting.test_a_program_comes_out_of_groovy_as_it_was,
    ),
)
OF_ANSIBLE = (
    Broken(
        "a variable of Ansible's is a template",
        sources,
        "harmless",
        lambda t: t,
        test_ansible_texts.test_a_variable_comes_out_as_it_was,
    ),
    Broken(
        "programs are templates",
        zuul,
        "emit",
        unquoted(zuul.emit, "cmd: !unsafe |", "cmd: |"),
        test_ansible_texts.test_names_programs_and_paths_come_out_as_they_were,
    ),
    Broken(
        "paths and names are templates",
        zuul,
        "emit",
        unquoted(zuul.emit, "path: !unsafe ", "path: "),
        test_ansible_texts.test_names_programs_and_paths_come_out_as_they_were,
    ),
)
OF_GITHUB = (
    Broken(
        "sh lets an expression of GitHub's begin",
        test_github_texts,
        "sh",
        lambda t: quoting.sh(t).replace("$''{{", "${{"),
        test_github_texts.test_a_text_in_a_program_is_itself,
    ),
    Broken(
        "sh_double lets an expression of GitHub's begin",
        test_github_texts,
        "sh_double",
        lambda t: quoting.sh_double(t).replace('$""{{', "${{"),
        test_github_texts.test_a_text_between_double_quotes_is_itself,
    ),
    Broken(
        "a text of a workflow is an expression",
        names,
        "literal",
        lambda t: t,
        test_github_texts.test_a_text_of_a_workflow_is_itself,
    ),
    Broken(
        "a name is an expression",
        steps,
        "shown",
        lambda t: " ".join(t.split()),
        test_github_texts.test_a_name_is_shown_as_it_is,
    ),
    Broken(
        "what a program prints is a command",
        scripts,
        "STOP",
        ":",  # type: ignore[arg-type]
        test_github_texts.test_what_a_program_prints_commands_nothing,
    ),
)


def notices(broken: Broken, patch: pytest.MonkeyPatch, *judges: object) -> None:
    def drawn(strategy: st.SearchStrategy[str], *_: object) -> list[str]:
        kept = (test_groovy_quoting.texts, test_github_texts.expressions, test_github_texts.printed)
        own = strategy if any(strategy is one for one in kept) else drawing.texts
        return drawing.drawn(own, lambda *_: None, drawing.FEW)

    patch.setattr(f"{broken.law.__module__}.drawn", drawn)
    patch.setattr(broken.owner, broken.name, broken.by)
    count = {"count": drawing.FEW} if "count" in inspect.signature(broken.law).parameters else {}
    with pytest.raises(NOTICED):
        broken.law(*broken.given, *judges, **count, record_property=lambda *_: None)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.what)
def test_the_law_notices(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    notices(broken, monkeypatch)


@pytest.mark.engine
@pytest.mark.parametrize("broken", OF_GROOVY, ids=lambda broken: broken.what)
def test_the_law_of_groovy_notices(
    broken: Broken, monkeypatch: pytest.MonkeyPatch, jenkins_judge: JenkinsJudge
) -> None:
    notices(broken, monkeypatch, jenkins_judge)


@pytest.mark.engine
@pytest.mark.parametrize("broken", OF_ANSIBLE, ids=lambda broken: broken.what)
def test_the_law_of_ansible_notices(broken: Broken, monkeypatch: pytest.MonkeyPatch, zuul_judge: ZuulJudge) -> None:
    notices(broken, monkeypatch, zuul_judge)


@pytest.mark.engine
@pytest.mark.parametrize("broken", OF_GITHUB, ids=lambda broken: broken.what)
def test_the_law_of_github_notices(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    notices(broken, monkeypatch)
