"""Draws profiles from the project's own schema of profiles, and a config that reads most of what a profile holds.

A drawn profile has a few keys, each with a value that the schema accepts, over a profile that works. The libraries that
draw values from a schema do not know this schema's references and placeholders, so this is a generator of our own.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias

from tools.fuzz.choices import Choices
from transpiler.frontend.shape.schema_files import Schema, schema_of

Data: TypeAlias = dict[str, Any]

CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unit], [build, lint]]
    stages:
      - {name: build, build: test}
      - name: unit
        run: {image: '${build.imageID}', arguments: ['${setup.branch}', '${setup.logURL}']}
        copy: [{source: /a, archive: true}]
        notify: {email: {to: a@b.example}}
      - {name: lint, run: {image: '${build.imageID}'}}
  publish:
    blubberfile: p.yaml
    stages:
      - name: production
        build: production
        publish: {image: true}
        promote: true
        deploy: {chart: {name: ores}}
        run: {credentials: [{id: key, name: KEY}]}
      - {name: last, trigger: {name: docs, wait: true, parameters: {A: '${production.imageTag}'}}}
"""
WORKING = """\
extends: default
registry: {public: registry.example.org, credential: registry}
credentials:
  key: {kind: secret-text, jenkins: key, gitlab: KEY, zuul: key}
  registry: {kind: username-password, gitlab: {username: USER, password: PASSWORD}, zuul: registry}
kubernetes: {namespace: ci, repository: https://charts.example.org/stable}
promote: {repository: https://git.example.org/charts.git, update: [./update]}
triggers: {docs: {jenkins: docs/build, gitlab: team/docs, zuul: docs}}
notify: {command: /usr/sbin/sendmail -t}
unsupported: [trigger, trigger-values, gate, fork-change]
"""
_STRINGS = (
    "", "x", "a b", "registry.example.org", "post", "check", "tag", "a/b", "../up", ".", ".gitlab-ci.yml", "dir/",
    "a/../b.yml", "/abs", ".pipeline/config.yaml", "Dockerfile", ".git/x", "{project}", "{pipeline}", "{",
    "https://example.org/x.git", "H H * * *", "$CI_COMMIT_TAG", "'", '"', "a 'b", "\\", "${x}", "{{ x }}", "*", "#",
    "docker push", "Jenkinsfile", "build", "publish", "registry", "é", "0", "-x", "a\nb", "x" * 300, "\u2028",
    "A_B", "~", "17 3 * * *", "0 0 1,15 JAN-MAR/2 MON", "a/b@0123abc # v1", "https://code.example.org/a/b@v1",
)  # fmt: skip
_NAMES = ("x", "registry", "key", "docs", "NAME", "a-b", "ci", "build", "", "é", "a b", "'")
_NUMBERS = (0, 1, 2, 60, 10**6)


def drawn(choices: Choices) -> Data:
    """A profile of one to five keys over another."""
    properties = schema_of("profile")["properties"]
    names = sorted(properties.keys() - {"extends"})
    profile: Data = {"extends": ("working.yaml", "working.yaml", "default", "wikimedia")[choices.below(4)]}
    for _ in range(1 + choices.below(5)):
        name = names[choices.below(len(names))]
        profile[name] = _value(properties[name], choices)
    return profile


def _value(schema: Schema, choices: Choices) -> Any:
    if "$ref" in schema:
        named = schema_of("profile")["$defs"][schema["$ref"].rpartition("/")[2]]
        return _value({**named, **{key: value for key, value in schema.items() if key != "$ref"}}, choices)
    if (examples := schema.get("examples")) and choices.below(4) == 1:
        return _one(examples, choices)
    if "enum" in schema:
        return _one(schema["enum"], choices)
    if "anyOf" in schema:
        return _value(_one(schema["anyOf"], choices), choices)
    types = schema.get("type", "string")
    match _one(types, choices) if isinstance(types, list) else types:
        case "object":
            return _mapping(schema, choices)
        case "array":
            least = schema.get("minItems", 0)
            return [_value(schema.get("items", {}), choices) for _ in range(least + choices.below(3))]
        case "integer" | "number":
            return max(_one(_NUMBERS, choices), schema.get("minimum", 0))
        case "boolean":
            return bool(choices.below(2))
        case "null":
            return None
    return _one(_fitting(schema.get("pattern", "")), choices)


def _mapping(schema: Schema, choices: Choices) -> Data:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    found = {name: _value(properties[name], choices) for name in required}
    for name in sorted(properties.keys() - set(required)):
        if choices.below(3) == 0:
            found[name] = _value(properties[name], choices)
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        for _ in range(choices.below(3)):
            found[_one(_NAMES, choices)] = _value(more, choices)
    return found


@cache
def _fitting(pattern: str) -> tuple[str, ...]:
    return tuple(text for text in _STRINGS if re.search(pattern, text))


def _one(items: Any, choices: Choices) -> Any:
    return items[choices.below(len(items))]
