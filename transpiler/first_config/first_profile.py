"""The text of a first profile: what nobody can see in a repository, and what each engine calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from transpiler.first_config.survey import Seen
from transpiler.ir import CredentialKind
from transpiler.quoting import yaml_scalar
from transpiler.targets import TARGETS

_HEAD = """\
# What this site provides, and for which engines transpipe compiles. `transpipe schema profile` lists all keys,
# `transpipe profile show` prints the whole profile. Secrets are on the engines: here are only their names.
"""
_KIND = CredentialKind.USERNAME_PASSWORD


class Site(NamedTuple):
    """What a first profile says. `registry` is the host that images are pushed to, `credential` the id of the login
    there, `label` what nodes or runners with docker are called, `branch` the branch on which a push counts as a merge;
    each is "" where there is none, or where the default holds. `podman`: the repository looks as if it were
    built with podman."""

    targets: tuple[Seen, ...]
    extends: str = "default"
    registry: str = ""
    credential: str = ""
    label: str = ""
    branch: str = ""
    podman: bool = False


def profile_text(site: Site) -> str:
    """The profile. Each line that needs it says why it is there."""
    lines = [*_HEAD.splitlines(), f"extends: {yaml_scalar(site.extends)}"]
    lines += [f"# {seen.target}: {seen.reason}" for seen in site.targets if seen.reason]
    lines += [f"targets: [{', '.join(seen.target for seen in site.targets)}]"] if site.targets else []
    lines += _registry(site)
    lines += _settings(site)
    if site.podman:
        lines.append("# container: {command: podman} # without docker; jobs then need no privileged runner")
    if site.branch:
        lines.append(f"branches: [{yaml_scalar(site.branch)}] # the default branch of `origin`")
    return "\n".join(lines) + "\n"


def to_create(site: Site) -> Iterator[str]:
    """What somebody must create on the engines, a sentence for each."""
    for seen in site.targets if site.credential else ():
        line = _filled(TARGETS[seen.target].needs.credential(_KIND), site.credential).partition(": ")[2]
        names = " and ".join(part.rpartition(": ")[2] for part in line.strip("{}").split(", "))
        yield f"{TARGETS[seen.target].title}: {names}, for the login to {site.registry}"


def _registry(site: Site) -> Iterator[str]:
    if not site.registry:
        without = [TARGETS[s.target].title for s in site.targets if not TARGETS[s.target].needs.OWN_REGISTRY]
        if without:
            yield f"# {' and '.join(without)} need a registry to publish: `registry: {{public: HOST, credential: ID}}`"
        return
    if not site.credential:
        yield f"registry: {{public: {yaml_scalar(site.registry)}}} # its nodes may push there without a login"
        return
    id_ = yaml_scalar(site.credential)
    yield f"registry: {{public: {yaml_scalar(site.registry)}, credential: {id_}}}"
    yield "credentials:"
    yield f"  {id_}: # what each engine calls this login"
    yield f"    kind: {_KIND}"
    for seen in site.targets:
        yield f"    {_filled(TARGETS[seen.target].needs.credential(_KIND), site.credential)}"


def _filled(line: str, id_: str) -> str:
    """A line with placeholders for names, in capitals: two stand for variables, one for the credential itself."""
    name = re.sub(r"\W+", "_", id_).upper().strip("_")
    name = name if name[:1].isalpha() else f"LOGIN_{name}"
    names = iter((f"{name}_USER", f"{name}_PASSWORD")) if "username: " in line else iter((yaml_scalar(id_),))
    return re.sub(r"\b[A-Z]{2,}\b", lambda _: next(names), line)


def _settings(site: Site) -> Iterator[str]:
    """A line for each target with settings of its own; two settings of one target share it."""
    for seen in site.targets:
        label = TARGETS[seen.target].needs.LABEL.replace("LABEL", yaml_scalar(site.label)) if site.label else ""
        inner = [line.partition(": {")[2].removesuffix("}") for line in (seen.setting, label) if line]
        if inner:
            yield f"{seen.target}: {{{', '.join(inner)}}}"
