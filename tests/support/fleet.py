"""Repositories that stand differently: one of each kind that an audit tells apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from transpiler.app.generate import Options, run
from transpiler.app.place import find
from transpiler.diagnostics import Severity
from transpiler.driver import Request, compile_config
from transpiler.freshness.header import Inputs, compose

from .command import BLUBBERFILE, CONFIG, make, write

CONFIG_PATH = ".pipeline/config.yaml"
PROFILE_PATH = ".pipeline/profile.yaml"
PROFILE = "extends: default\ntargets: [jenkins, gitlab]\nregistry: {public: registry.example.org}\n"
PUBLISHING = """\
project: team/shop
pipelines:
  release:
    blubberfile: blubber.yaml
    stages:
      - {name: image, build: lint}
      - {name: push, publish: {image: {id: '${image.imageID}', name: shop}}}
"""
"""It publishes an image that no stage runs, which the default profile does not ask about."""
LIMITED = """\
project: team/limited
concurrency: 2
pipelines:
  test: {blubberfile: blubber.yaml, stages: [{name: unit}]}
  docs: {blubberfile: blubber.yaml, stages: [{name: lint}]}
  more: {blubberfile: blubber.yaml, stages: [{name: lint}]}
"""
"""GitLab can limit pipelines to one at a time, not to two; its profile names only Jenkins."""
VARIANTS = (
    "project: team/old\npipelines: {test: {blubberfile: blubber.yaml, variants: {test: unit, production: lint}}}\n"
)
PIPER = "general: {buildTool: npm}\nstages: {Build: {npmExecuteLint: true}}\n"
HOSTILE = """\
project: team/hostile
pipelines:
  '</script><script>window.hit=1</script><!--':
    blubberfile: blubber.yaml
    stages:
      - {name: '<img src=x onerror=window.hit=2>'}
      - {name: lint, 'nmae</pre><svg onload=window.hit=3>': "${\\u2028`}]]>"}
"""
HOSTILE_NAME = "hostile <b onclick=hit()>&quot;'"


def kinds() -> Mapping[str, Callable[[Path], None]]:
    """What makes a repository of each kind, by the repository's name."""
    return {
        "fresh": _generated,
        "stale": lambda root: _generated(root, {CONFIG_PATH: f"{CONFIG}# changed\n"}),
        "edited": lambda root: _generated(root, {"Jenkinsfile": "mine\n"}, append=True),
        "missing": _missing,
        "older": lambda root: _of_version(root, -1),
        "newer": lambda root: _of_version(root, 1),
        "orphaned": _orphaned,
        "foreign": lambda root: write(_repository(root), {".gitlab-ci.yml": "mine: {script: [x]}\n"}),
        "never-generated": lambda root: write(_repository(root), {}),
        "errors": lambda root: _generated(root, {CONFIG_PATH: CONFIG.replace("name: lint", "nmae: lint")}),
        "shop": lambda root: _generated(root, config=PUBLISHING),
        "limited": lambda root: write(
            _repository(root), {CONFIG_PATH: LIMITED, PROFILE_PATH: PROFILE.replace("[jenkins, gitlab]", "[jenkins]")}
        ),
        "variants": lambda root: write(_repository(root), {CONFIG_PATH: VARIANTS}),
        "piper": lambda root: write(root, {CONFIG_PATH: PIPER}),
        "empty": lambda root: root.mkdir(),
        HOSTILE_NAME: lambda root: write(_repository(root), {CONFIG_PATH: HOSTILE}),
    }


def make_fleet(place: Path) -> list[str]:
    """Makes a repository of each kind below a directory, which must be the current one; their names, and that of a
    directory that is not there."""
    made = kinds()
    for name, maker in made.items():
        maker(place / name)
    return [*made, "nowhere"]


def _repository(root: Path, config: str = CONFIG) -> Path:
    make(root)
    write(root, {CONFIG_PATH: config, PROFILE_PATH: PROFILE, ".pipeline/blubber.yaml": BLUBBERFILE})
    return root


def _generated(
    root: Path, changes: Mapping[str, str] | None = None, *, append: bool = False, config: str = CONFIG
) -> None:
    """A repository with outputs, of which some files were changed since."""
    _repository(root, config)
    report = run(str(root), Options("write", (), None, "", Severity.ERROR))
    assert not report.failure, report.failure
    for path, text in (changes or {}).items():
        (root / path).write_text((root / path).read_text() + text if append else text)


def _missing(root: Path) -> None:
    _generated(root)
    (root / ".gitlab-ci.yml").unlink()


def _orphaned(root: Path) -> None:
    _generated(root)
    write(root, {PROFILE_PATH: PROFILE.replace("[jenkins, gitlab]", "[jenkins]")})


def _of_version(root: Path, by: int) -> None:
    """A repository whose outputs another version of transpipe wrote, with other templates and built-in profiles."""
    _repository(root)
    place = find(str(root))
    outcome = compile_config(Request(place.root, place.config, str(root / PROFILE_PATH)))
    assert outcome.inputs
    files = tuple(file._replace(digest="0" * 16) if file.name == "default" else file for file in outcome.inputs.files)
    inputs: Inputs = outcome.inputs._replace(format=outcome.inputs.format + by, templates="0" * 16, files=files)
    write(root, dict(compose(place.config, inputs, outcome.outputs)))
