"""Names of Zuul's jobs, and of the images that travel between them: no two pipelines share one."""

from __future__ import annotations

from pathlib import Path

import yaml

from transpiler.driver import Outcome, Request, compile_config
from transpiler.targets.yaml_text import load

PROFILE = """\
zuul: {granularity: stage}
registry: {public: r.example.org, credential: registry}
credentials: {registry: {kind: username-password, gitlab: {username: A, password: B}, zuul: registry}}
events: {defaults: {other: [merge]}}
"""


def compiled(root: Path, **pipelines: list[str]) -> Outcome:
    """A config whose pipelines have stages of these names: the first builds, the last runs its image."""
    config = {
        "project": "team/ores",
        "pipelines": {
            name.replace("_", "-"): {
                "dockerfile": "Dockerfile",
                "stages": [
                    {"name": first, "build": "test"},
                    *({"name": stage, "run": {"image": f"${{{first}.imageID}}"}} for stage in rest),
                ],
            }
            for name, (first, *rest) in pipelines.items()
        },
    }
    (root / ".pipeline").mkdir()
    (root / "Dockerfile").write_text("FROM scratch AS test\n")
    (root / ".pipeline/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (root / ".pipeline/profile.yaml").write_text(PROFILE)
    found = compile_config(Request(root, ".pipeline/config.yaml", str(root / ".pipeline/profile.yaml"), ("zuul",)))
    assert not found.failed
    return found


def jobs(outcome: Outcome) -> list[str]:
    return [stanza["job"]["name"] for stanza in load(outcome.files[".zuul.d/transpipe.yaml"]) if "job" in stanza]


def images(outcome: Outcome, path: str) -> list[str]:
    tasks = [task for part in ("pre_tasks", "post_tasks") for task in load(outcome.files[path])[0].get(part, ())]
    named = [
        (task["environment"]["image"], task.get("loop", [""]))
        for task in tasks
        if "image" in task.get("environment", {})
    ]
    return [image.replace("{{ item }}", item) for image, items in named for item in items]


def test_a_hyphen_does_not_make_two_jobs_one(tmp_path: Path) -> None:
    found = jobs(compiled(tmp_path, a=["b-c", "x"], a_b=["c", "x"], a_b_c=["only"], pipeline=["2", "x"]))
    assert len(set(found)) == len(found)
    assert "team-ores-a-b-x" in found
    assert {"team-ores-a-b-c", "team-ores-pipeline-2"} <= set(found)


def test_images_of_two_pipelines_in_one_buildset_have_different_tags(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, one=["build", "unit"], two=["build", "unit"])
    given, taken = (images(outcome, f".pipeline/zuul/one/{stage}.yaml") for stage in ("build", "unit"))
    assert given == taken == ["r.example.org/between-jobs:{{ zuul.buildset }}-one-build"]
    assert images(outcome, ".pipeline/zuul/two/build.yaml") != given


def test_long_names_fit_a_tag(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, **{"p" * 60: ["s" * 60, "t" * 60]})
    (image,) = images(outcome, f".pipeline/zuul/{'p' * 60}/{'s' * 60}.yaml")
    assert len(image.partition(":")[2].replace("{{ zuul.buildset }}", "b" * 32)) <= 128
    assert len(set(jobs(outcome))) == 3
