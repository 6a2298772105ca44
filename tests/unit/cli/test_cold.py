"""What a `generate` of a good config imports and reads, counted: no clock says whether it stays quick."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from support.repositories import make

from transpiler.targets import TARGETS

CONFIG = """\
project: team/service
pipelines:
  test:
    blubberfile: blubber.yaml
    stages:
      - {name: lint}
      - {name: unit, build: test, run: {arguments: [npm, test]}}
    execution: [[lint], [unit]]
  docs:
    blubberfile: blubber.yaml
    stages:
      - {name: docs, build: docs, run: true, copy: [{from: "${.container}", source: /srv/out, archive: true}]}
"""
PROFILE = "extends: default\ntargets: {jenkins: Jenkinsfile, gitlab: .gitlab-ci.yml, zuul: {path: .zuul.d/p.yaml}}\n"
# Each takes as long to import as a part of the compiler, and serves explanations, servers, workers or questions alone.
UNWANTED = (
    "jsonschema",
    "referencing",
    "attr",
    "jenkins",
    "requests",
    "http",
    "socket",
    "multiprocessing",
    "concurrent",
    "asyncio",
    "importlib.metadata",
    "email",
    "pydantic",
    "rich",
    "platformdirs",
    "transpiler.jenkins_sync",
    "transpiler.local",
    "transpiler.first_config",
    "transpiler.migration",
    "transpiler.picture",
    "transpiler.catalogue",
    "transpiler.formats.sarif",
    "transpiler.phases",
    "transpiler.frontend.shape.violations",
    "transpiler.frontend.shape.vocabulary",
    "transpiler.app.pool",
)
_SCRIPT = """
import json, os, sys
read = []
def note(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        read.append(arguments[0])
sys.addaudithook(note)
from transpiler.entry import main
try:
    main()
except SystemExit as end:
    status = end.code
print(json.dumps([status or 0, sorted(sys.modules), read]), file=sys.stderr)
"""


class Cold(NamedTuple):
    """What one process did."""

    modules: frozenset[str]
    read: tuple[str, ...]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Cold:
    root = tmp_path_factory.mktemp("cold")
    make(root, CONFIG)
    (root / ".pipeline/profile.yaml").write_text(PROFILE)
    words = [sys.executable, "-c", _SCRIPT, "generate", str(root)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    *talk, last = ran.stderr.splitlines()
    status, modules, read = json.loads(last)
    assert status == 0, talk
    assert (root / "Jenkinsfile").exists()
    assert (root / ".zuul.d/p.yaml").exists()
    return Cold(frozenset(modules), tuple(read))


@pytest.mark.parametrize("module", UNWANTED)
def test_a_good_config_does_without(cold: Cold, module: str) -> None:
    assert [name for name in cold.modules if name == module or name.startswith(f"{module}.")] == []


def test_every_file_is_read_once_and_the_default_profile_twice(cold: Cold) -> None:
    ours = [name for name in cold.read if name.endswith((".json", "default.yaml", "profile.yaml", "config.yaml"))]
    # The default profile is read with places for diagnostics, and as plain data.
    parts = [f"{name}.schema.json" for name in TARGETS]
    assert sorted(Path(name).name for name in ours) == sorted(
        [
            "config.schema.json",
            "config.yaml",
            "default.yaml",
            "default.yaml",
            "profile.schema.json",
            "profile.yaml",
            *parts,
        ]
    )


def test_a_template_is_read_for_its_digest_and_for_itself_and_no_more(cold: Cold) -> None:
    names = [name for name in cold.read if name.endswith(".j2")]
    assert names
    assert max(names.count(name) for name in names) == 2
