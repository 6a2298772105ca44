"""What a first config says, in comments, of services and reports that a repository seems to have."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.first_config.beside import report, services
from transpiler.first_config.proposal import propose
from transpiler.first_config.survey import survey

COMPOSE = """
services:
  db: {image: 'postgres:17', environment: {A: b}}
  web: {build: ., image: ours}
  Odd_Name: {image: redis}
  later: {image: '${REDIS:-redis}'}
  cache:
    image: redis
"""


@pytest.mark.parametrize("file", ["compose.yaml", "docker-compose.yml"])
def test_services_with_an_image_and_a_name_that_a_host_can_have(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text(COMPOSE)
    assert services(tmp_path) == (file, (("db", "postgres:17"), ("cache", "redis")))


@pytest.mark.parametrize(
    "text", ["", "- a", "services: [a]", "services: {a: b}", "a: [", "\0", "services: {db: {image: [x]}}"]
)
def test_a_file_that_is_no_compose_file_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    assert services(tmp_path) == ("compose.yaml", ())


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert services(tmp_path) == ("", ())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('ENTRYPOINT ["pytest", "--junit-xml=/srv/out.xml"]', "/srv/out.xml"),
        ('CMD ["pytest", "--junitxml", "out/a.xml"]', "out/a.xml"),
        ("RUN npm test -- --reporter mocha-junit-reporter", ""),
        ("CMD pytest", None),
    ],
)
def test_a_report(text: str, path: str | None) -> None:
    assert report(text.encode()) == path


def test_both_are_comments_of_a_config_that_lints(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM x AS test\nENTRYPOINT ["pytest", "--junit-xml=/srv/out.xml"]\n')
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    lines = propose(survey(tmp_path), "team/app").splitlines()
    assert '  #   run: {services: [{name: db, image: "postgres:17"}, {name: cache, image: redis}]}' in lines
    assert "  #   copy: [{source: /srv/out.xml, report: junit}]" in lines


def test_a_repository_without_them_gets_no_such_comment(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x AS test\nCMD pytest\n")
    text = propose(survey(tmp_path), "team/app")
    assert "report" not in text
    assert "services" not in text
