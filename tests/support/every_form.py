"""One config with every step, whose names a test chooses, compiled with every form of profile that changes outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from transpiler.driver import Outcome, Request, compile_config
from transpiler.targets.jenkins.tokens import Sort, tokens
from transpiler.targets.yaml_text import load

CONFIG = ".pipeline/config.yaml"
NEUTRAL = "quux"
"""A name that no output has by itself."""
PROFILE: Mapping[str, Any] = yaml.safe_load("""
extends: default
targets: [jenkins, gitlab, zuul, github]
builder: {kind: dockerfile}
registry: {public: registry.example.org, push: push.example.org, repository: team, credential: registry}
credentials:
  registry:
    kind: username-password
    jenkins: r
    gitlab: {username: R_USER, password: R_PASSWORD}
    github: {username: R_USER, password: R_PASSWORD}
    zuul: r
  gerrit:
    kind: username-password
    jenkins: g
    gitlab: {username: G_USER, password: G_PASSWORD}
    github: {username: G_USER, password: G_PASSWORD}
    zuul: g
  key: {kind: secret-text, jenkins: key, gitlab: KEY, github: KEY, zuul: key}
promote:
  repository: https://git.example.org/charts.git
  update: [./update]
  propose: gitlab
  author: {name: CI, email: ci@example.org}
kubernetes:
  repository: https://charts.example.org/stable
  clusters: {ci: {config: /etc/kubernetes/ci.config, namespace: ci}}
triggers: {docs: {jenkins: docs/build, gitlab: team/docs, zuul: team-docs-build, github: docs.yml}}
report: {gerrit: {url: 'https://gerrit.example.org/r', credential: gerrit}, gitlab: {token: REPORT_TOKEN}}
notify: {command: /usr/sbin/sendmail -t, from: ci@example.org}
unsupported: [notify, concurrency]
""")
_GERRIT = {**PROFILE["promote"], "propose": "gerrit", "gerrit": "https://gerrit.example.org/r", "credential": "gerrit"}
FORMS: Mapping[str, Mapping[str, Any]] = {
    "usual": {},
    "a job for each stage": {"zuul": {"granularity": "stage"}},
    "a file for each pipeline": {"jenkins": {"layout": "file-per-pipeline", "jobs": "job-per-pipeline"}},
    "a job for each pipeline": {"jenkins": {"jobs": "job-per-pipeline"}},
    "started by Zuul": {"jenkins": {"checkout": "zuul"}},
    "images kept": {"images": "local", "gitlab": {"image": None, "services": []}},
    "images as artifacts": {"images": "artifact"},
    "mails by the engine": {"notify": {}},
    "a job for each stage on GitHub": {"github": {"granularity": "stage", "merge-queue": True}},
    "one job": {"github": {"granularity": "pipeline"}, "gitlab": {"granularity": "pipeline"}},
    "chains, and images by the registry": {"github": {"images": "registry"}, "gitlab": {"granularity": "chain"}},
    "podman": {"container": {"command": "podman"}},
    "proposals on Gerrit": {"promote": _GERRIT, "branches": ["main"]},
}
LANES = {"mails by the engine": 2}
"""`concurrency` of the forms that have it."""


def compiled(root: Path, form: str, *names: str, over: Mapping[str, Any] | None = None) -> Outcome:
    """The outcome of a config whose pipelines, stages, exports and loops have these names."""
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / "profile.yaml").write_text(yaml.safe_dump({**PROFILE, **FORMS[form], **(over or {})}))
    pipelines = {name: _pipeline(name, first=not i) for i, name in enumerate(names)}
    config: dict[str, Any] = {"project": "team/app", "pipelines": pipelines}
    if form in LANES:
        config["concurrency"] = LANES[form]
    content = yaml.safe_dump(config, sort_keys=False).encode()
    return compile_config(Request(root, CONFIG, str(root / "profile.yaml"), content=content))


def _pipeline(name: str, *, first: bool) -> dict[str, Any]:
    """A pipeline whose stages and exports have its name, with every step; only one of them can start Zuul's job."""
    read = "".join(f"${{setup.{key}}}" for key in ("branch", "project", "timestamp", "logURL", "tag", "params.X"))
    value = f"${{{name}-x.{name}}}"
    loop = {"$each": name, "$in": value, "$delimiter": ",", "$yield": f"${{.{name}}}"}
    trigger = {"name": "docs", "wait": True, "parameters": {"P": "x"}}
    service = {"name": "db", "image": value, "arguments": loop, "ready": {"command": ["true"]}}
    item = {"chart": "c", "version": f"${{{name}.imageTag}}"}
    return {
        "dockerfile": "Dockerfile",
        "fetch": {"depth": 1 + len(name)},
        "execution": [[f"{name}-x", name, "then"], [f"{name}-x", "also", "then"], [f"{name}-x", "alone"]],
        "stages": [
            {"name": f"{name}-x", "exports": {name: read}},
            {
                "name": name,
                "timeout": "20m",
                "build": {"variant": "", "excludes": ["a"]},
                "run": {"tail": 1, "credentials": [{"id": "key", "name": "KEY"}], "arguments": loop},
                "copy": [{"source": "/a", "archive": True}],
                "publish": {"image": {"tags": loop}},
                "notify": {"email": {"to": "a@b.example", "subject": value}},
            },
            {
                "name": "also",
                "attempts": 2,
                "allowFailure": True,
                "copy": [{"source": "/r/", "report": "junit"}],
                "build": {"variant": ""},
                "run": {"services": [service]},
            },
            {
                "name": "then",
                "promote": [item],
                "deploy": {"image": f"${{{name}.imageName}}", "tag": item["version"], "overrides": {"a": value}},
                **({"trigger": trigger} if first else {}),
            },
            {"name": "alone", "exports": {name: "${setup.tag}"}},
        ],
    }


def shells(outcome: Outcome) -> Iterator[str]:
    """The text of each shell that runs a program: on GitLab together with what runs around it in the same shell."""
    for output in outcome.outputs:
        match output.target:
            case "jenkins":
                found = [token.text for token in tokens(output.body) if token.sort is Sort.SHELL]
                yield from (text for text in found if "set -eu\n" in text and "/revisions/$patchset" not in text)
            case "gitlab":
                jobs = [job for job in load(output.body).values() if isinstance(job, dict)]
                before = "\n".join(line for job in jobs for line in job.get("before_script", ()))
                yield from ("\n".join((before, *job["script"])) for job in jobs if "needs" in job and "script" in job)
            case "github":
                steps = (step for job in load(output.body)["jobs"].values() for step in job["steps"])
                yield from (step["run"] for step in steps if step.get("id", "").startswith("stage-"))
            case _:
                play = load(output.body)[0]
                around = [text for key, text in play.get("environment", {}).items() if key in ("on_exit", "turn")]
                tasks = [task for task in play.get("tasks", ()) if "no_log" not in task]
                programs = [task.get("ansible.builtin.shell", {}).get("cmd", "") for task in tasks]
                yield from ("\n".join((*around, program)) for program in programs if "set -eu\n" in program)
                named = [name for task in tasks for name in task.get("environment", ())]
                yield "\n".join(f"{name}=x" for name in named)


def words(outcome: Outcome) -> set[str]:
    """Every word of the outputs that could be a name, also one with hyphens."""
    found = (re.findall(r"[A-Za-z_]\w*(?:-\w+)*", text) for text in outcome.files.values())
    return {word for texts in found for word in texts if len(word) < 40 and NEUTRAL not in word}
