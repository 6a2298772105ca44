"""Emitted Zuul jobs, really run by Ansible with Zuul's own plugins: order, failures, hostile text, secrets, remains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines.fixtures import ZuulJudge
from support import plans
from support.archive_names import NAMES
from support.zuul_player import Player

from transpiler.frontend.profiles import load
from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import Archive, CredentialUse, MailProgram, PipelineProgram, StageProgram, ValueFile
from transpiler.quoting import sh
from transpiler.targets import TARGETS

ZUUL = TARGETS["zuul"]

pytestmark = pytest.mark.engine

HOSTILE = (
    '{{ x }} {% raw %} {% endraw %} ${#x} {# c #} it\'s "quoted" \\ $HOME `id` $(id)'
    "\nsecond  line\n\n\ttab 🦆 é !unsafe"
)


def site(**data: object) -> Profile:
    return load.decode(
        {
            "registry": {"public": "registry.example.org", "repository": "ci", "credential": "registry"},
            "credentials": {
                "registry": {"kind": "username-password", "zuul": "ores-registry"},
                "token": {"kind": "secret-text", "zuul": "site-token"},
                "key": {"kind": "ssh-key", "zuul": "deploy.key"},
            },
            "notify": {"command": "sendmail"},
            **data,
        }
    )


def pipeline_of(name: str, *stages: StageProgram, **changes: Any) -> PipelineProgram:
    pipeline = plans.pipeline(name, *stages, **changes)
    return replace(pipeline, teardown=(*pipeline.teardown, 'rm -rf "$values"'))


@pytest.fixture
def play(zuul_judge: ZuulJudge, tmp_path: Path) -> Player:
    return Player(zuul_judge.python(), tmp_path)


def mark(name: str, *lines: str, **changes: object) -> StageProgram:
    """A stage that leaves a mark when it starts and one when it ends."""
    return plans.stage(name, f"echo {name} starts >> marks", *lines, f"echo {name} ends >> marks", **changes)


def test_a_chain_runs_in_its_order_and_stops_at_a_failure(play: Player) -> None:
    stages = (mark("a"), mark("b", "exit 3"), mark("c"))
    pipeline = pipeline_of("test", *stages, edges=(("a", "b"), ("b", "c")))
    played = play(ZUUL.emit(plans.plan(pipeline), site(), frozenset()), "team-ores-test")
    assert played.run == 2
    assert played.marks() == ["a starts", "a ends", "b starts"]


def test_where_the_graph_forks_independent_branches_finish_after_a_failure(play: Player) -> None:
    stages = (
        mark("a"),
        mark("b", "exit 1"),
        mark("c"),
        mark("d", archives=(Archive("marks", directory=False),)),
        mark("e"),
        mark("f"),
    )
    edges = (("a", "c"), ("a", "d"), ("b", "d"), ("b", "e"), ("e", "f"))
    played = play(
        ZUUL.emit(plans.plan(pipeline_of("test", *stages, edges=edges)), site(), frozenset()), "team-ores-test"
    )
    assert played.run == 2
    assert set(played.marks()) == {"a starts", "a ends", "b starts", "c starts", "c ends"}
    assert "Not run, because b did not succeed." in played.log
    assert "Not run, because e did not succeed." in played.log
    assert not (played.logs / "artifacts").exists()


def test_stages_without_an_order_overlap_and_no_barrier_is_added(play: Player) -> None:
    # Each waits for a mark that a barrier between c and b, or b and c, would keep away.
    wait = "i=0; until grep -q '{}' marks; do i=$((i+1)); [ $i -lt 60 ]; sleep 0.5; done"
    stages = (
        mark("a"),
        mark("b", wait.format("c starts")),
        mark("c", wait.format("b starts")),
        mark("d"),
        mark("last", archives=(Archive("marks", None), Archive("build/out", None))),
    )
    edges = (("a", "c"), ("a", "d"), ("b", "d"), ("c", "last"), ("d", "last"))
    pack = mark("d", "mkdir -p build/out", ": > build/out.tar.gz")
    pipeline = pipeline_of("test", *stages[:3], pack, stages[4], edges=edges)
    played = play(ZUUL.emit(plans.plan(pipeline), site(), frozenset()), "team-ores-test")
    assert played.run == 0, played.complaints
    assert played.marks()[-2:] == ["last starts", "last ends"]
    assert (played.logs / "artifacts/build/out.tar.gz").exists()
    assert played.returned["zuul"]["artifacts"] == [
        {"name": "build/out.tar.gz", "url": "artifacts/build/out.tar.gz"},
        {"name": "marks", "url": "artifacts/marks"},
    ]


@pytest.mark.parametrize("size", [1, 120_000], ids=["as an argument", "from a file, being too long for an argument"])
def test_hostile_text_arrives_byte_for_byte(play: Player, size: int) -> None:
    text = HOSTILE * size if size == 1 else HOSTILE + "x" * size
    stage = plans.stage(
        "write", f"printf %s {sh(text)} > written" if size == 1 else f"cat > written <<'END'\n{text}\nEND"
    )
    played = play(ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset()), "team-ores-test")
    assert played.run == 0, played.complaints
    written = (played.source / "written").read_text(encoding="utf-8")
    assert written == (text if size == 1 else f"{text}\n")


def test_hostile_names_and_paths_arrive_too(play: Player) -> None:
    path = "a {{ x }}/{% b %} #c.txt"
    stage = plans.stage(
        "{{ x }} {% if",
        f"mkdir -p {sh('a {{ x }}')}; echo kept > {sh(path)}",
        archives=(Archive(path, directory=False),),
    )
    stage = replace(stage, slug="x-if")
    played = play(ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset()), "team-ores-test")
    assert played.run == 0, played.complaints
    assert (played.logs / "artifacts" / path).read_text(encoding="utf-8") == "kept\n"
    assert played.returned["zuul"]["artifacts"][0]["name"] == path


def test_files_of_all_names_that_the_front_end_allows_are_archived(play: Player) -> None:
    program = "\n".join(f"printf %s {sh(name)} > {sh(f'./{name}')}" for name in NAMES)
    stage = plans.stage("keep", program, archives=tuple(Archive(name, directory=False) for name in NAMES))
    played = play(ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset()), "team-ores-test")
    assert played.run == 0, played.complaints
    kept = {
        str(path.relative_to(played.logs / "artifacts")): path.read_text(encoding="utf-8")
        for path in (played.logs / "artifacts").rglob("*")
        if path.is_file()
    }
    assert kept == {name: name for name in NAMES}
    assert {artifact["name"] for artifact in played.returned["zuul"]["artifacts"]} == set(NAMES)


def test_a_variable_in_the_path_of_an_artifact_is_ansibles(play: Player) -> None:
    """Which is why the front end refuses it (`archive-name`)."""
    stage = plans.stage("keep", "echo kept > 'it$HOME'", archives=(Archive("it$HOME", directory=False),))
    played = play(ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset()), "team-ores-test")
    assert (played.source / "it$HOME").exists()
    assert played.run != 0
    assert f"{played.source}/it{played.home}" in played.log


def test_a_stage_reads_what_the_change_is(play: Player) -> None:
    stage = plans.stage(
        "say",
        'printf "%s|" "$setup_branch" "$setup_tag" "$setup_commit" "$setup_params_WHO" "$ZUUL_CHANGE" > said',
        setup=("branch", "tag", "commit", "params.WHO"),
        environment=("ZUUL_CHANGE", "ZUUL_COMMIT", "OTHER"),
    )
    given = {"unsafe_vars": {"WHO": "{{ y"}}
    files = ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset())
    played = play(files, "team-ores-test", change="7", branch="ma\"$(id)'in", variables=given)
    assert played.run == 0, played.complaints
    branch, tag, commit, who, change, _ = (played.source / "said").read_text(encoding="utf-8").split("|")
    assert (branch, tag, who, change) == ("ma\"$(id)'in", "", "{{ y", "7")
    assert len(commit) == 40


def test_braces_in_the_name_of_a_branch_are_ansibles(play: Player) -> None:
    """Zuul marks no name as text, and Ansible expands all of `zuul` for whoever reads a part of it, the site's base job
    first: nothing of ours could keep it (SECURITY.md)."""
    stage = plans.stage("say", 'printf %s "$setup_branch" > said', setup=("branch",))
    files = ZUUL.emit(plans.plan(pipeline_of("test", stage)), site(), frozenset())
    played = play(files, "team-ores-test", branch="v{{lookup('pipe','echo${IFS}it')}}")
    assert (played.source / "said").read_text(encoding="utf-8") == "vit"
    assert play(files, "team-ores-test", branch="v{{x}}").run != 0


def test_secrets_reach_their_program_and_nothing_else(play: Player) -> None:
    secret, key = "s3cret-{{ x }} \"$y\" 'z'", '{"key": 1}\nline two'
    stage = plans.stage(
        "use",
        'printf %s "$TOKEN" > token; cat "$KEY" > key; printf %s "$USER_NAME:$PASSWORD" > pair',
        'ls -R "$values/secret" > files',
        "stat -c %a \"$KEY\" > mode; sleep 1; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' > processes",
        credentials=(
            CredentialUse("token", CredentialKind.SECRET_TEXT, ("TOKEN",)),
            CredentialUse("key", CredentialKind.SSH_KEY, ("KEY",)),
            CredentialUse("registry", CredentialKind.USERNAME_PASSWORD, ("USER_NAME", "PASSWORD")),
        ),
    )
    files = ZUUL.emit(plans.plan(pipeline_of("publish", stage)), site(), frozenset())
    secrets = {
        "site-token": {"token": secret},
        "deploy.key": {"file": key},
        "ores-registry": {"username": "me", "password": "passw0rd"},
    }
    played = play(files, "team-ores-publish", secrets=secrets)
    assert played.run == 0, played.complaints
    # What is no file for its program is one no longer when that begins.
    assert (played.source / "files").read_text(encoding="utf-8").split()[-1] == "KEY"
    read = {name: (played.source / name).read_text(encoding="utf-8") for name in ("token", "key", "pair", "mode")}
    assert read == {"token": secret, "key": key, "pair": "me:passw0rd", "mode": "600\n"}
    for place in (played.log, (played.source / "processes").read_text(encoding="utf-8", errors="replace")):
        for hidden in ("s3cret", "passw0rd", "line two"):
            assert hidden not in place
    assert not list(played.home.glob("values/*"))


@pytest.mark.parametrize("fork", [False, True], ids=["in a chain", "where the graph forks"])
def test_a_failure_is_mailed_only_for_the_stage_that_failed(play: Player, fork: bool) -> None:
    def mailing(name: str, *lines: str) -> StageProgram:
        mail = MailProgram(
            (f"to={name}",), (), ('echo "$to at $setup_timestamp" >> "$HOME/mails"',), ("timestamp",), (), None
        )
        return mark(name, *lines, mail=mail)

    stages = (mailing("good"), mailing("bad", "false"), mailing("after"))
    edges = (("bad", "after"),) if fork else (("good", "bad"), ("bad", "after"))
    files = ZUUL.emit(plans.plan(pipeline_of("test", *stages, edges=edges)), site(), frozenset())
    played = play(files, "team-ores-test")
    assert played.run == 2
    (mail,) = (played.home / "mails").read_text(encoding="utf-8").splitlines()
    assert mail.startswith("bad at 20")


def test_secrets_end_with_their_stage(play: Player) -> None:
    use = CredentialUse("key", CredentialKind.SSH_KEY, ("KEY",))
    login = CredentialUse("registry", CredentialKind.USERNAME_PASSWORD, ("REGISTRY_USER", "REGISTRY_PASSWORD"))
    stages = (
        plans.stage("web", 'mkdir "$values/web.docker"; cat "$KEY" > key', credentials=(use, login)),
        plans.stage("end", 'cd "$values"; find . -type f > "$OLDPWD/files"; ls > "$OLDPWD/all"'),
    )
    files = ZUUL.emit(plans.plan(pipeline_of("publish", *stages, edges=(("web", "end"),))), site(), frozenset())
    secrets = {"deploy.key": {"file": "k3y"}, "ores-registry": {"username": "me", "password": "passw0rd"}}
    played = play(files, "team-ores-publish", secrets=secrets)
    assert played.run == 0, played.complaints
    assert (played.source / "key").read_text() == "k3y"
    assert (played.source / "files").read_text() == ""
    assert "web.docker" not in (played.source / "all").read_text()


def test_a_failure_in_the_background_names_its_stage(play: Player) -> None:
    stages = (mark("good"), mark("bad", "false", archives=(Archive("marks", directory=False),)), mark("after"))
    pipeline = pipeline_of("test", *stages, edges=(("bad", "after"),))
    played = play(ZUUL.emit(plans.plan(pipeline), site(), frozenset()), "team-ores-test", streams=True)
    assert played.run == 2
    assert "bad, after did not succeed" in played.console
    assert "Not run, because bad did not succeed." in played.console
    assert "(ignored)" not in played.console


def test_teardown_runs_after_a_failure_and_leaves_nothing(play: Player) -> None:
    files = ZUUL.emit(plans.plan(pipeline_of("test", plans.stage("a", "exit 1"))), site(), frozenset())
    played = play(files, "team-ores-test")
    assert (played.run, played.post_run) == (2, (0,))
    assert "label=ci.run=0123456789abcdef" in (played.home / "docker.calls").read_text(encoding="utf-8")
    assert not list(played.home.glob("values/*"))


def test_published_images_are_named_in_the_review(play: Player) -> None:
    stages = (
        plans.stage("web", "printf '%s\\n' r/web:1 r/web:2 > \"$values/web.published\"", publishes="web.published"),
        plans.stage("none", "true", publishes="none.published"),
    )
    files = ZUUL.emit(plans.plan(pipeline_of("publish", *stages, edges=(("web", "none"),))), site(), frozenset())
    played = play(files, "team-ores-publish")
    assert played.run == 0, played.complaints
    assert played.returned["zuul"]["warnings"] == ["published r/web:1", "published r/web:2"]


def test_values_travel_from_job_to_job_byte_for_byte(play: Player) -> None:
    given = plans.stage(
        "give",
        f'printf %s {sh(HOSTILE)} > "$values/give.text"',
        'printf %s "$setup_timestamp" > time; echo id > "$values/give.imageID"',
        binds=(ValueFile("give", "text", "give.text"),),
        setup=("timestamp",),
        gives_image=True,
        kinds=("publish",),
    )
    taken = plans.stage(
        "take",
        'cp "$values/give.text" text; printf %s "$setup_timestamp" > time2',
        'printf %s "$TOKEN" > token',
        reads=(ValueFile("give", "text", "give.text"),),
        setup=("timestamp",),
        images=("give",),
        credentials=(CredentialUse("token", CredentialKind.SECRET_TEXT, ("TOKEN",)),),
    )
    pipeline = pipeline_of("publish", given, taken, edges=(("give", "take"),), events=(Event.MERGE,))
    files = ZUUL.emit(plans.plan(pipeline), site(zuul={"granularity": "stage"}), frozenset())
    secrets = {"ores-registry": {"username": "me", "password": "passw0rd"}, "site-token": {"token": "s3cret"}}
    first = play(files, "team-ores-publish-give", secrets=secrets)
    assert first.run == 0, first.complaints
    returned = {name: value for name, value in first.returned.items() if name != "zuul"}
    second = play(files, "team-ores-publish-take", secrets=secrets, variables=returned)
    assert second.run == 0, second.complaints
    read = {name: (second.source / name).read_text(encoding="utf-8") for name in ("text", "time", "time2", "token")}
    assert read == {"text": HOSTILE, "time": read["time"], "time2": read["time"], "token": "s3cret"}
    assert read["time"].startswith("20")
    calls = (second.home / "docker.calls").read_text(encoding="utf-8")
    assert f"push --quiet registry.example.org/ci/between-jobs:{'b' * 32}-publish-give" in calls
    assert f"pull --quiet registry.example.org/ci/between-jobs:{'b' * 32}-publish-give" in calls
    assert "passw0rd" not in calls + first.log + second.log
