"""The programs that a run needs of the machine: no others than those documented, and those missing are named first."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ir_by_hand as by_hand
from support.plan_runs import run
from support.plans import pipeline, plan, stage

from transpiler import ir
from transpiler.driver import Request, understand
from transpiler.frontend.profiles.load import decode
from transpiler.local import tools
from transpiler.local.simulation import LEAVING, simulated
from transpiler.lowering import lower
from transpiler.program import PipelineProgram, Plan

ROOT = Path(__file__).resolve().parents[3]
CASES = sorted(ROOT.glob("golden/*/.pipeline/config.yaml"))
CONDITIONAL = {"timeout", "git", "curl", "jq", "helm", "kubectl", "date", "ps", "sleep", "sha256sum"}
SHELL = {
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "do",
    "done",
    "for",
    "while",
    "until",
    "case",
    "esac",
    "in",
    "set",
    "shift",
    "cd",
    "echo",
    "printf",
    "export",
    "exit",
    "test",
    "read",
    "return",
    "unset",
    "continue",
    "break",
    "command",
    "pwd",
    "umask",
    "exec",
    "eval",
    "true",
    "false",
    "trap",
    "kill",
    "wait",
}
"""Reserved words and what every shell has built in."""

_NO_CODE = re.compile(r"""'[^']*'|("(?:[^"\\]|\\.)*")|(?<!\S)#[^\n]*""")
_FUNCTION = re.compile(r"^\s*(\w+)\(\)", re.MULTILINE)
_COMMAND = re.compile(
    r"(?:^|[|;&({])[ \t]*(?:(?:then|do|else|if|while|until|exec|!)[ \t]+)*"
    r'(?:[A-Za-z_]+=(?:"[^"]*"|[^\s"$(]*|\$\w+)[ \t]+)*'
    r"([a-z][\w.-]*)(?=[\s;)]|$)",
    re.MULTILINE,
)


def commands(text: str) -> set[str]:
    """The programs that a shell text starts, found without our own code."""
    text = _NO_CODE.sub(lambda match: match[1] or "''", text.replace("\\\n", " "))
    return {match[1] for match in _COMMAND.finditer(text)} - SHELL - set(_FUNCTION.findall(text))


def compiled(config: Path) -> Plan:
    case, profile = config.parent.parent, config.with_name("profile.yaml")
    found = understand(Request(case, ".pipeline/config.yaml", str(profile) if profile.exists() else "default"))
    assert found.workflow
    assert found.profile
    return lower(found.workflow, found.profile)


def rare_forms() -> PipelineProgram:
    """What no golden has: forms of steps that use other programs."""
    tag = by_hand.text(by_hand.setup("params.TAG"))
    return by_hand.lowered(
        by_hand.stage(
            "web",
            by_hand.build_step("test", excludes=by_hand.texts("*.md")),
            by_hand.copy_step(by_hand.copy_item("/out/", ".", archive=True)),
            by_hand.publish_step("app", tag, tag),
            ir.Export("image", by_hand.text(by_hand.own("publishedImage"), by_hand.own("imageTags"))),
        )
    )


def texts(made: Plan) -> Iterator[str]:
    for one in made.pipelines:
        yield "\n".join(one.teardown)
        for each in one.stages:
            yield "\n".join(each.lines)
            if each.mail:
                yield "\n".join((*each.mail.compose, *each.mail.files, *each.mail.send))


def test_the_text_of_programs_names_no_program_that_is_not_documented() -> None:
    plans = [*map(compiled, CASES), plan(rare_forms())]
    started = {name for made in plans for text in texts(made) for name in commands(text)}
    of_sites = {"docker", "podman", "sudo", "helm3", "sendmail"}
    assert started - of_sites - set(tools.UTILITIES) - CONDITIONAL == set()
    assert set(tools.UTILITIES) - started - {"sh"} == set(), "documented, and nothing needs it"


def test_a_search_for_programs_finds_them() -> None:
    """What would be found if somebody used another."""
    text = 'set -eu\nx=$(realpath .) # it\'s a\nif mktemp -d; then A="b c" seq 1; fi\n'
    text += "f() { stat x | xargs -r rm; }\nf 'a; cal' \\\n  y"
    assert commands(text) == {"realpath", "mktemp", "seq", "stat", "xargs"}


def test_documented_programs_are_those_that_are_asked_for() -> None:
    page = (ROOT / "docs/running-locally.md").read_text()
    table = page[page.index("## Requirements") :].split("\n## ")[0]
    assert {*tools.UTILITIES, *CONDITIONAL, *tools.STAND_INS.values()} <= set(re.findall(r"`([a-z0-9]+)`", table))


SITE = {
    "registry": {"public": "r.example", "method": "command", "command": "push-it --now"},
    "kubernetes": {"helm": "helm3 --debug"},
    "promote": {"repository": "https://x/y", "update": ["./update"], "propose": "gerrit", "gerrit": "https://g"},
    "notify": {"command": "/usr/sbin/sendmail -t"},
}


@pytest.mark.parametrize(
    ("kinds", "allowed", "named"),
    [
        (("build",), LEAVING, []),
        (
            ("run",),
            (),
            [
                "timeout, for test/a: it is part of GNU coreutils; on macOS run `brew install coreutils`, and its "
                "gtimeout is used"
            ],
        ),
        (("deploy", "publish", "promote"), (), []),
        (("deploy",), LEAVING, ["helm3, for test/a"]),
        (("publish",), LEAVING, ["push-it, for test/a"]),
        (("promote",), LEAVING, ["git, for test/a", "curl, for test/a", "jq, for test/a"]),
    ],
    ids=["builds need no more", "timeout", "what is not done", "helm", "the site's pusher", "promotion"],
)
def test_what_is_missing_is_named_with_who_needs_it(
    kinds: tuple[str, ...], allowed: tuple[str, ...], named: list[str]
) -> None:
    made = plan(pipeline("test", stage("a", kinds=kinds)))
    site = simulated(decode(SITE), allowed)
    assert list(tools.missing(made, site, allowed, lambda name: name if name in tools.UTILITIES else None)) == named


def test_gtimeout_stands_in_for_timeout(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name, real in (("gtimeout", "timeout"), ("sh", "sh"), ("true", "true")):
        (tmp_path / "bin" / name).symlink_to(shutil.which(real) or "")

    def find(name: str) -> str | None:
        return shutil.which(name, path=str(tmp_path / "bin")) if "timeout" in name else name

    made = plan(pipeline("test", stage("a", kinds=("run",))))
    assert tools.missing(made, decode({}), (), find) == ()
    path = tools.path(tmp_path / "stand-ins", {"PATH": str(tmp_path / "bin")}, find)
    assert path == f"{tmp_path / 'stand-ins'}:{tmp_path / 'bin'}"
    done = run(tmp_path, pipeline("test", stage("a", "timeout -k 1 1m true")), caller={"PATH": path})
    assert done.stage("test/a").end == "succeeded", done.log("test/a")


def test_nothing_stands_in_for_what_is_there(tmp_path: Path) -> None:
    assert tools.path(tmp_path / "x", {"PATH": "/a:/b"}, lambda name: name) == "/a:/b"
    assert not (tmp_path / "x").exists()
