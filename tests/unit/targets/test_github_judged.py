"""The workflows of all plans made by hand pass the linters, on each site and whatever things are called."""

from __future__ import annotations

import pytest
from engines.fixtures import GithubJudge
from support.github_plans import PLANS, SITES, able, emitted


@pytest.mark.engine
def test_linters_find_nothing(github_judge: GithubJudge) -> None:
    files = {
        f"{name}, {where}, {path}": text
        for where, site in SITES.items()
        for name, made in PLANS.items()
        for path, text in emitted(made, able(site)).items()
        if name != "300 stages" or where == "by chain"
    }
    assert [str(finding) for findings in github_judge(files).values() for finding in findings] == []
