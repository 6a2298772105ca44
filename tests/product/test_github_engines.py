"""The workflows of every golden and of the corpus pass the judges at each granularity, and with images either way.

Those of the profiles as they are, are judged beside the other engines' (`test_golden_engines`, `test_corpus_engines`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.fixtures import GithubJudge
from support.repositories import CONFIG, copy_of
from support.settings import with_settings
from support.zuul_sites import SITES

from product.test_golden import CASES, GOLDEN, profile_of
from transpiler.driver import Request, compile_config
from transpiler.profile import Profile
from transpiler.targets.grouping import Granularity

pytestmark = pytest.mark.engine

WAYS: dict[str, dict[str, object]] = {
    "by stage": {"granularity": Granularity.STAGE},
    "one job": {"granularity": Granularity.PIPELINE},
    "by registry": {
        "granularity": Granularity.STAGE,
        "images": "registry",
        "merge_queue": True,
        "schedule": ("17 3 * * 1",),
    },
}


def workflows(root: Path, profile: str, way: str, project: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of each workflow, if there are any."""

    def adjusted(profile: Profile) -> Profile:
        return with_settings(profile, "github", **WAYS[way])

    outcome = compile_config(Request(root, CONFIG, profile, ("github",), project, adjust=adjusted))
    yield from () if outcome.failed else outcome.files.items()


@pytest.mark.parametrize("way", WAYS)
def test_every_golden(way: str, github_judge: GithubJudge) -> None:
    found = {
        f"{case}: {path}": text
        for case in CASES
        for path, text in workflows(GOLDEN / case, profile_of(GOLDEN / case), way)
    }
    assert len(found) > len(CASES) - 5
    assert [str(one) for findings in github_judge(found).values() for one in findings] == []


@pytest.mark.corpus
@pytest.mark.parametrize("way", WAYS)
def test_every_config_of_the_corpus(way: str, corpus: Path, tmp_path: Path, github_judge: GithubJudge) -> None:
    found = {}
    for project in sorted(place.parent.parent for place in corpus.glob("*/.pipeline/config.yaml")):
        root = copy_of(project, tmp_path / project.name)
        for profile in SITES:
            for path, text in workflows(root, profile, way, project.name):
                found[f"{profile}: {project.name}: {path}"] = text
    assert len(found) > 50
    assert [str(one) for findings in github_judge(found).values() for one in findings] == []
