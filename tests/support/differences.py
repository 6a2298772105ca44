"""Compares two versions of a config and a profile, without git, for the tests of differences."""

from __future__ import annotations

from pathlib import Path

from transpiler.app.diff import side_of
from transpiler.diagnostics import Severity
from transpiler.difference.compare import compare
from transpiler.difference.model import Difference, Side
from transpiler.driver import Outcome, Request, plan_config

CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unit], [build, lint]]
    notify: {email: {to: [team@example.org]}}
    stages:
      - name: build
        build: {variant: test, args: {NODE: '20'}}
      - name: unit
        timeout: 10m
        run: {image: '${build.imageID}', arguments: [unit], env: {LEVEL: high}, tail: 1}
        copy: [{source: /srv/junit.xml, destination: junit.xml, archive: true}]
      - name: lint
        attempts: 2
        run: {image: '${build.imageID}', arguments: [lint]}
  publish:
    dockerfile: Dockerfile
    events: [merge]
    stages:
      - name: push
        build: production
        publish: {image: {name: ores, tag: '1.0', tags: [stable]}}
      - name: rehearse
        deploy: {image: '${push.imageName}', tag: '${push.imageTag}', chart: {name: ores}, timeout: 60}
      - name: check
        build: test
        run: {arguments: [check], credentials: [{id: sonar, name: SONAR_TOKEN}]}
      - name: move
        promote: [{chart: ores, environments: [staging], version: '${push.imageTag}'}]
      - name: tell
        trigger: {name: downstream, parameters: {VERSION: '${push.imageTag}'}}
"""
PROFILE = """\
extends: default
targets: [jenkins, gitlab, zuul]
registry: {public: registry.example.org, repository: team, credential: registry}
credentials:
  registry: {kind: username-password, jenkins: registry, gitlab: {username: R_NAME, password: R_WORD}, zuul: registry}
  charts: {kind: username-password, jenkins: charts, gitlab: {username: C_USER, password: C_PASSWORD}, zuul: charts}
  sonar: {kind: secret-text, jenkins: sonar-token, gitlab: SONAR_TOKEN, zuul: sonar}
  npm: {kind: secret-text, jenkins: npm-token, gitlab: NPM_TOKEN, zuul: npm}
environments:
  staging: {cluster: other, url: 'https://staging.example.org'}
  production: {cluster: other, url: 'https://www.example.org'}
triggers:
  downstream: {jenkins: downstream, gitlab: team/downstream}
  other: {jenkins: other, gitlab: team/other}
promote:
  repository: https://git.example.org/charts.git
  update: [./update, --chart, CHART, --version, VERSION, --env, ENV]
  propose: gitlab
  credential: charts
  author: {name: CI, email: ci@example.org}
kubernetes:
  repository: https://charts.example.org/stable
  clusters: {ci: {config: /etc/ci.config, namespace: ci}, other: {config: /etc/other.config, namespace: other}}
policy: {untested-publish: 'off', unused-stages: 'off'}
"""
DOCKERFILE = "FROM scratch AS test\nFROM scratch AS production\nFROM scratch AS lint\n"


def repository(root: Path) -> Path:
    """A folder with the build file that the config names."""
    (root / ".pipeline").mkdir(parents=True, exist_ok=True)
    (root / "Dockerfile").write_text(DOCKERFILE)
    return root


def outcome(root: Path, config: str | bytes = CONFIG, profile: str = PROFILE) -> Outcome:
    """What the compiler says of a config with a profile, which is written into the folder; a built-in one by its
    name."""
    name = profile
    if "\n" in profile:
        file = root / ".pipeline/profile.yaml"
        file.write_text(profile)
        name = str(file)
    content = config.encode() if isinstance(config, str) else config
    request = Request(root, ".pipeline/config.yaml", name, (), "", Severity.WARNING, content=content)
    return plan_config(request)


def side(root: Path, config: str | bytes = CONFIG, profile: str = PROFILE) -> Side:
    """The side of a comparison; the config must be complete."""
    found = outcome(root, config, profile)
    made = side_of(found)
    assert made, [d.message for d in found.diagnostics]
    return made


def difference(root: Path, old: str | bytes, new: str | bytes, profile: str = PROFILE) -> Difference:
    """The difference between two configs with the same profile."""
    return compare(side(root, old, profile), side(root, new, profile))
