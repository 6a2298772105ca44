"""Stages that share a job of GitLab's: what the file says, and what the job does in each shell, run without GitLab."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler.driver import Request, compile_config
from transpiler.ir import CredentialKind
from transpiler.profile import Profile, SiteCredential
from transpiler.program import (
    Archive,
    CredentialUse,
    Feature,
    Level,
    PipelineProgram,
    StageProgram,
    TriggerCall,
    Use,
    ValueFile,
)
from transpiler.targets import validate
from transpiler.targets.grouping import Granularity
from unit.targets.test_gitlab import BUILD, DOCS, GITLAB, LOCAL, MAIL, MAILING, REPORTING, SITE, UNIT, WIDE, emitted

SHELLS = (("dash",), ("bash",), ("busybox", "sh"))
PASS, FAIL = "true", "false"


def by(granularity: str, profile: Profile = SITE) -> Profile:
    return with_settings(profile, "gitlab", granularity=Granularity(granularity))


def chained(*stages: StageProgram) -> PipelineProgram:
    return pipeline("p", *stages, edges=tuple(itertools.pairwise(s.name for s in stages)))


def row(*stages: StageProgram, edges: tuple[tuple[str, str], ...] = ()) -> PipelineProgram:
    """Stages side by side, but for these edges."""
    return pipeline("p", *stages, edges=edges)


def jobs(made: PipelineProgram, profile: Profile) -> dict[str, dict[str, Any]]:
    """The jobs, each with what it inherits; hidden ones left out."""
    found = yaml.safe_load(emitted(plan(made), profile))

    def whole(name: str) -> dict[str, Any]:
        keys = dict(found[name])
        return {**whole(keys.pop("extends")), **keys} if "extends" in keys else keys

    return {n: whole(n) for n in found if n not in ("workflow", "stages") and not n.startswith(".")}


@dataclass(frozen=True)
class Played:
    """What one job did: its status, its output, and the artifacts that it left, by path."""

    status: int
    output: str
    root: Path

    def left(self, *paths: str) -> list[str]:
        return [path for path in paths if (self.root / path).exists()]


def play(keys: dict[str, Any], root: Path, shell: tuple[str, ...] = ("dash",), **env: str) -> Played:
    """Runs a job as GitLab's runner does: its scripts as one, then the `after_script` in a shell of its own."""
    checkout = root / "checkout"
    (checkout / "sub").mkdir(parents=True, exist_ok=True)
    known = {"PATH": "/usr/bin:/bin", "CI_PROJECT_PATH_SLUG": "p", "CI_JOB_ID": "7", "CI_PIPELINE_ID": "8", **env}

    def run(items: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        script = "\n".join(["set -e", *items])
        return subprocess.run(
            [*shell, "-c", script], cwd=checkout, env={**known, **more}, capture_output=True, text=True, check=False
        )

    done = run([*keys.get("before_script", ()), *keys["script"]])
    after = [line for item in keys.get("after_script", ()) for line in item.split("\n") if "docker" not in line]
    run(after, CI_JOB_STATUS="failed" if done.returncode else "success")
    return Played(done.returncode, done.stdout + done.stderr, checkout)


@pytest.fixture(params=SHELLS, ids="-".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param
    return found


def only(made: PipelineProgram, profile: Profile) -> dict[str, Any]:
    (keys,) = (keys for name, keys in jobs(made, profile).items() if " " not in name)
    return keys


@pytest.mark.parametrize("beside", [False, True], ids=["after", "beside"])
def test_nothing_of_a_stage_but_its_files_reaches_the_next(
    beside: bool, shell: tuple[str, ...], tmp_path: Path
) -> None:
    first = stage("a", "cd sub", "x=1; export y=2; set -f; umask 0777; f() { :; }; exec 3>&1")
    second = stage("b", 'pwd; echo "${x-no}${y-no}"; umask; type f || true; echo ./*', "touch here; [ -r here ]")
    other = (stage("c"),) if beside else ()
    done = play(only(pipeline("p", first, second, *other, edges=(("a", "b"),)), by("pipeline")), tmp_path, shell)
    assert done.status == 0, done.output
    assert "checkout\nnono\n" in done.output
    assert "0777" not in done.output
    assert done.left("here") == ["here"]


@pytest.mark.parametrize("beside", [False, True], ids=["after", "beside"])
def test_every_byte_of_a_program_is_kept(beside: bool, shell: tuple[str, ...], tmp_path: Path) -> None:
    text = "one\n  two\n)\nset -eu\n( # b\nfinish a\n\n$HOME `id` \\ \"' : # x"
    quoted = "'" + text.replace("'", "'\"'\"'") + "'"
    first = stage("a", f"printf %s {quoted} > told", "echo done")
    done = play(only(row(first, stage("b"), edges=() if beside else (("a", "b"),)), by("pipeline")), tmp_path, shell)
    assert done.status == 0, done.output
    assert (done.root / "told").read_text() == text


def test_what_fails_stops_what_follows_it_and_nothing_else(shell: tuple[str, ...], tmp_path: Path) -> None:
    stages = [stage(n, f"touch {n}", FAIL if n == "b" else PASS, "echo said-" + n) for n in "abcdef"]
    edges = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "e"), ("d", "f"), ("e", "f"))
    done = play(only(pipeline("p", *stages, edges=edges), by("pipeline")), tmp_path, shell)
    assert done.status == 1
    assert done.left(*"abcdef") == ["a", "b", "c", "e"]
    assert "failed: b d" in done.output
    assert "---- d\nskipped\n---- e" in done.output
    assert "said-e" in done.output
    assert "said-b" not in done.output


def test_a_stage_whose_end_nobody_tells_has_failed(shell: tuple[str, ...], tmp_path: Path) -> None:
    """As on a full disk: nothing waits for ever."""
    silent = stage("a", 'ln -s /nowhere/x "$values/a.ended"')
    made = row(silent, stage("b", "touch b"), stage("c", "touch c"), edges=(("a", "b"),))
    done = play(only(made, by("pipeline")), tmp_path, shell)
    assert (done.status, done.left("b", "c")) == (1, ["c"])
    assert "failed: a b" in done.output


def test_a_stage_without_a_program_is_a_stage(shell: tuple[str, ...], tmp_path: Path) -> None:
    for edges in ((), (("a", "b"),)):
        done = play(only(row(stage("a", lines=()), stage("b"), edges=edges), by("pipeline")), tmp_path, shell)
        assert done.status == 0, done.output


def test_a_credential_is_for_its_own_stage(shell: tuple[str, ...], tmp_path: Path) -> None:
    site = replace(SITE, credentials={"key": SiteCredential(CredentialKind.SECRET_TEXT, {"gitlab": ("SITE_KEY",)})})
    use = CredentialUse("key", CredentialKind.SECRET_TEXT, ("KEY",))
    made = chained(
        stage("a", 'echo "a ${KEY-none}"', credentials=(use,)),
        stage("b", 'echo "b ${KEY-none}"'),
    )
    done = play(only(made, by("chain", site)), tmp_path, shell, SITE_KEY="k'$y")
    assert "a k'$y\nb none\n" in done.output
    side = row(stage("a", "touch a", credentials=(use,)), stage("b", "sleep 0.2; touch b"))
    done = play(only(side, by("pipeline", site)), tmp_path, shell)
    assert (done.status, done.left("a", "b")) == (1, ["b"])
    assert "SITE_KEY" in done.output


def test_archives_of_stages_that_have_succeeded_outlast_a_failure(shell: tuple[str, ...], tmp_path: Path) -> None:
    """Each stage's archives are kept by a job of its own, so they are by a shared one."""
    names = ("a", "b c", "d", "e'")
    lines = [f"echo x > {name!r}" if "'" not in name else f'echo x > "{name}"' for name in names]
    stages = [
        stage(f"s{i}", line, FAIL if i == 2 else PASS, archives=(Archive(name, False),))
        for i, (line, name) in enumerate(zip(lines, names, strict=True))
    ]
    keys = only(pipeline("p", *stages, edges=(("s0", "s1"), ("s0", "s2"), ("s0", "s3"))), by("pipeline"))
    assert keys["artifacts"]["when"] == "always"
    done = play(keys, tmp_path, shell)
    assert done.status == 1
    assert done.left(*names) == ["a", "b c", "e'"]
    # What the checkout has at the path of an archive is none.
    chain = only(chained(stages[2], stages[0]), by("chain"))
    (tmp_path / "checkout" / "a").write_text("as committed")
    done = play(chain, tmp_path, shell)
    assert (done.status, done.left("a", "d")) == (1, [])
    assert play(only(chained(*stages[:2]), by("chain")), tmp_path, shell).left("a", "b c") == ["a", "b c"]


def test_a_stage_whose_archive_another_overwrites_has_a_job_of_its_own() -> None:
    first = stage("a", archives=(Archive("out", None),), kinds=("copy",))
    for other in (
        stage("b", copies=("out/x",), kinds=("copy",)),
        stage("b", kinds=("copy",)),
        stage("b", archives=(Archive("out", False),), kinds=("copy",)),
    ):
        for granularity in ("chain", "pipeline"):
            assert next(iter(jobs(chained(first, other, stage("c")), by(granularity)))) == "p-a", other
    apart = stage("b", archives=(Archive("outer", False),), copies=("web",), kinds=("copy",))
    assert [*jobs(chained(first, apart), by("chain"))] == ["p-a-b"]


def test_a_value_with_the_name_of_a_file_of_ours_is_another_file(tmp_path: Path) -> None:
    keys = ("ended", "log", "done", "files.tar", "image.tar", "program", "process")
    exports = ", ".join(f"{key}: '${{.output}}'" for key in keys)
    config = f"""\
pipelines:
  test:
    execution: [[a], [b]]
    stages:
      - {{name: a, run: {{image: x, tail: 1}}, exports: {{{exports}}}}}
      - {{name: b, run: {{image: x}}}}
      - {{name: c, run: {{image: x, arguments: [{", ".join(f"'${{a.{key}}}'" for key in keys if "." not in key)}]}}}}
"""
    config = config.replace("[[a], [b]]", "[[a, c], [b]]")
    outcome = compile_config(
        Request(tmp_path, ".pipeline/config.yaml", "default", ("gitlab",), content=config.encode())
    )
    body = outcome.files[".gitlab-ci.yml"]
    for key in keys:
        assert f'"$values/a.{key}"' not in body, key


def test_more_than_fifty_jobs_are_waited_for() -> None:
    last = pipeline("wide", *WIDE.stages, stage("more"), edges=(*WIDE.graph.edges, ("end", "more")))
    found = jobs(last, by("chain"))
    assert len(found["wide-end-more"]["needs"]) <= 50
    assert [name for name in found if "joins" in name]
    (whole,) = jobs(last, by("pipeline")).values()
    assert len([item for item in whole["script"] if item.startswith("( # ")]) == 122
    assert whole["needs"] == []


@pytest.mark.parametrize("images", ["registry", "artifact", "local"])
def test_an_image_leaves_the_job_only_for_another(images: str) -> None:
    profile = by("chain", replace(SITE, images=images))
    after = replace(UNIT, name="after", slug="after")
    whole = chained(BUILD, UNIT)
    text = emitted(plan(whole), profile)
    assert not [word for word in ("give_image", "take_image", "teardown:", "between-jobs") if word in text]
    forked = pipeline(
        "p", BUILD, UNIT, stage("other"), after, edges=(("build", "unit"), ("other", "after"), ("build", "after"))
    )
    found = jobs(forked, profile)
    gives = [
        item for keys in found.values() for item in keys["script"] if item.startswith(("give_image", "take_image"))
    ]
    assert (
        gives
        == {
            "registry": ["give_image build", "take_image p-build", "take_image p-build"],
            "artifact": ["give_image build", "take_image build", "take_image build"],
            "local": [],
        }[images]
    )
    shared = pipeline("p", BUILD, stage("x"), UNIT, after, edges=(("build", "x"), ("x", "unit"), ("x", "after")))
    found = jobs(shared, profile)
    assert ("p teardown" in found) is (images == "local")
    given = [item for item in found["p-build-x"]["script"] if item.startswith("give_image")]
    assert given == {"registry": ["give_image build p-build"], "artifact": ["give_image build"], "local": []}[images]


def test_a_container_that_no_other_job_uses_is_not_kept() -> None:
    user = stage("b", containers=("a",), reads=(ValueFile("a", "container", "a.container"),))
    made = chained(stage("a", binds=(ValueFile("a", "container", "a.container"),)), user)
    assert "p teardown" in jobs(made, by("stage", LOCAL))
    found = jobs(made, by("chain", LOCAL))
    assert [*found] == ["p-a-b"]
    assert "CI_JOB_STATUS" not in found["p-a-b"]["after_script"][0]


def test_tags_and_turns_are_those_of_all_its_stages() -> None:
    profile = with_settings(by("chain"), "gitlab", tags={"all": ("linux",), "deploy": ("k8s",), "run": ("big",)})
    deploy = stage(
        "b", kinds=("deploy",), releases="b.release", uninstall=('helm uninstall "$(cat "$values/b.release")"',)
    )
    keys = only(chained(stage("a"), deploy), profile)
    assert keys["tags"] == ["linux", "big", "k8s"]
    assert keys["resource_group"] == "p-a-b"
    assert keys["after_script"][0].count("helm uninstall") == 1


def test_stages_that_mail_or_trigger_have_jobs_of_their_own_and_say_why() -> None:
    call = TriggerCall("docs", (), True, True)
    made = chained(stage("a"), stage("b"), stage("c", trigger=call), stage("d", mail=MAIL), stage("e"), stage("f"))
    profile = replace(by("pipeline", MAILING), triggers=DOCS.triggers)
    names = [name for name in jobs(made, profile) if " " not in name]
    assert names == ["p-a-b", "p-c", "p-d", "p-e-f"]
    assert "# No single job: `c` needs a job of its own." in emitted(plan(made), profile)


def test_the_report_counts_every_last_stage_of_a_job() -> None:
    made = pipeline("p", stage("a"), stage("b"), stage("c"), edges=(("a", "b"), ("a", "c")))
    found = jobs(made, by("pipeline", REPORTING))
    assert "for stage in b c; do" in found["p report"]["script"][0]
    assert found["p report"]["dependencies"] == ["p-a-b-c"]
    assert found["p-a-b-c"]["script"][-1] == "give_values b.done c.done"


USES = tuple(Use(feature, "p", "b", "a") for feature in (Feature.OTHER_CONTAINER, Feature.OTHER_IMAGE_NAME))


@pytest.mark.parametrize("use", USES, ids=lambda use: use.feature)
def test_what_one_daemon_has_is_shared_by_the_stages_of_a_job(use: Use) -> None:
    def level(made: PipelineProgram, profile: Profile, **changes: Any) -> Level:
        return GITLAB.support(use, plan(made, **changes), profile).level

    chain = chained(stage("a"), stage("b"))
    fork = pipeline("p", stage("a"), stage("b"), stage("c"), edges=(("a", "b"), ("a", "c")))
    assert level(chain, by("stage")) is Level.UNSUPPORTED
    assert level(chain, by("chain")) is Level.EXACT
    assert level(fork, by("chain")) is Level.UNSUPPORTED
    assert level(fork, by("pipeline")) is Level.EXACT
    mailing = chained(stage("a"), stage("b", mail=MAIL))
    uses = (Use(Feature.NOTIFY, "p", "b"), use)
    assert level(mailing, by("chain", MAILING), uses=uses) is Level.UNSUPPORTED
    # Where nothing mails, nothing keeps them apart.
    assert level(mailing, by("chain"), uses=uses) is Level.EXACT


MIXED = pipeline(
    "p",
    *(stage(name, f"echo {name}") for name in "abcde"),
    edges=(("a", "b"), ("a", "c"), ("c", "d"), ("b", "e"), ("d", "e")),
)


def mutations() -> Iterator[tuple[str, str]]:
    """What a change of the text is about, and the text."""
    text = emitted(plan(MIXED), by("pipeline"))
    for old, new in (
        ("    - finish b c d\n", ""),
        ("finish b c d", "finish b c"),
        ('      await c || { echo skipped | tee "$values/d.ended"; exit; }\n', ""),
        ("await c", "await b"),
        ("await c ||", "await c &&"),
        ("echo skipped", "echo 0"),
        ("      set +e\n      (\n      set -eu\n      echo b", "      (\n      set -eu\n      echo b"),
        ("echo b", "echo B"),
        ("echo a\n", "echo a \n"),
        ('echo $? > "$values/b.ended"', 'echo 0 > "$values/b.ended"'),
        ('echo $? > "$values/b.ended"', 'echo $? > "$values/c.ended"'),
        ('"$values/b.log" 2>&1 < /dev/null &', '"$values/b.log" 2>&1 < /dev/null'),
        ("( # b", "( # c"),
        ('echo $! > "$values/b.process"', 'echo $! > "$values/c.process"'),
        ("      set -eu\n      echo a", "      set +eu\n      echo a"),
    ):
        assert old in text, old
        yield f"{old!r} to {new!r}", text.replace(old, new, 1)
    begins = [text.index(f"    - |\n      ( # {name}\n") for name in "abcde"]
    ends = [*begins[1:4], text.index("    - finish"), text.index("\n# ---- every job")]
    first, second, last = text[begins[0] : ends[0]], text[begins[1] : ends[1]], text[begins[4] : ends[4]]
    yield "swap a and b", text.replace(first + second, second + first)
    yield "drop a", text.replace(first, "")
    yield "b twice", text.replace(second, second + second)
    yield "e before the row ends", text.replace(last, "").replace("    - finish", f"{last.rstrip()}\n    - finish")


@pytest.mark.parametrize(("what", "text"), list(mutations()), ids=lambda value: value[:40].strip())
def test_a_change_of_the_file_is_noticed(what: str, text: str) -> None:
    made = plan(MIXED)
    (file,) = GITLAB.emit(made, by("pipeline"), frozenset())
    assert text != file.body
    with pytest.raises((validate.Mistranslation, ValueError)):
        validate.validate(GITLAB, made, (replace(file, body=text),), frozenset())
