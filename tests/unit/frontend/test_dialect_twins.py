"""The goldens of the older dialects say what their twins in version 0 say: the IR is equal but for the places."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from support.repositories import CONFIG

from transpiler.driver import Request, understand
from transpiler.ir import Workflow

GOLDEN = Path(__file__).resolve().parents[3] / "golden"
FLAT_LIST = """
    pipelines:
      main:
        execution:
          - [web-phpunit, web]
          - [web-mocha, web]
          - [worker-test, web]
          - [web-phpunit, worker]
          - [web-mocha, worker]
          - [worker-test, worker]
        stages:
          - {name: web-phpunit, blubberfile: web.yaml, directory: src/web, build: phpunit, run: true}
          - {name: web-mocha, blubberfile: web.yaml, directory: src/web, build: mocha, run: true}
          - name: web
            blubberfile: web.yaml
            directory: src/web
            build: production
            publish: {image: {name: '${setup.project}-web'}}
          - {name: worker-test, blubberfile: blubber.yaml, directory: src/worker, build: test, run: true}
          - name: worker
            blubberfile: blubber.yaml
            directory: src/worker
            build: production
            publish: {image: {name: '${setup.project}-worker'}}
"""
VARIANTS = """
    project: team/ores
    concurrency: 1
    pipelines:
      web:
        directory: src/web
        execution: [[phpunit, candidate, rehearsal, production], [mocha, candidate]]
        stages:
          - {name: phpunit}
          - {name: mocha}
          - {name: candidate, build: production, publish: {image: {name: '${setup.project}-web'}}}
          - name: rehearsal
            deploy:
              image: '${candidate.imageName}'
              tag: '${candidate.imageTag}'
              chart: {name: ores-web, version: 1.2.3}
          - name: production
            publish: {image: {id: '${candidate.imageID}', name: '${setup.project}-web'}}
      worker:
        blubberfile: worker.yaml
        directory: src/worker
        stages:
          - {name: unit}
          - {name: production, build: service, publish: {image: {name: '${setup.project}-worker'}}}
"""


def workflow(case: str, content: bytes | None = None) -> Workflow:
    root = GOLDEN / case
    outcome = understand(Request(root, CONFIG, str(root / ".pipeline/profile.yaml"), content=content))
    assert outcome.workflow, outcome.diagnostics
    return outcome.workflow


@pytest.mark.parametrize(
    ("case", "twin"),
    [
        pytest.param("flat-list", FLAT_LIST, id="A: the flat list of five jobs over two services"),
        pytest.param("variants", VARIANTS, id="B: two services with variants"),
        pytest.param(
            "execution-plan", (GOLDEN / "arcs" / CONFIG).read_text("utf-8"), id="C: two services with an execution plan"
        ),
    ],
)
def test_a_golden_of_an_older_dialect_has_the_ir_of_its_twin(case: str, twin: str) -> None:
    older = workflow(case)
    assert len(older.pipelines) == (1 if case == "flat-list" else 2)
    assert older == workflow(case, dedent(twin).encode())
