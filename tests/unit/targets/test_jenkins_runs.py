"""Generated Jenkinsfiles run: order, failure, teardown, values, credentials, mail, reports. Shell steps really run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engines.fixtures import JenkinsJudge
from engines.jenkins_runtime import TIMER, Build, BuildRequest, Credential, run
from support.archive_names import NAMES
from support.jenkins_builds import TEARDOWN, build, text, torn_down
from support.plans import pipeline, plan, stage

from transpiler.ir import CredentialKind, Event
from transpiler.program import Archive, CredentialUse, Parameter, TriggerCall
from transpiler.quoting import sh

pytestmark = pytest.mark.engine

ALL = tuple(Event)
DIAMOND = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
N = (("a", "c"), ("a", "d"), ("b", "d"))
MERGE = {"BRANCH_NAME": "main", "BRANCH_IS_PRIMARY": "true"}


@pytest.fixture(autouse=True, scope="module")
def _groovy(jenkins_judge: JenkinsJudge) -> None:
    """Without Groovy there is nothing to test."""


def meeting(name: str, *others: str) -> str:
    """A line that ends only when the others have started too: a barrier between them is a wait that fails."""
    waits = "; ".join(f'while [ ! -e "$values/{o}.here" ]; do sleep 0.05; done' for o in others)
    return f"touch \"$values/{name}.here\"; timeout 20 sh -c '{waits or ':'}'"


def before(done: Build, first: str, second: str) -> bool:
    """Whether the one had ended when the other started."""
    marks = [(event["what"], event.get("name")) for event in done.trace]
    return marks.index(("done", first)) < marks.index(("stage", second))


def test_a_diamond_runs_in_order_and_its_sides_side_by_side() -> None:
    done = build(
        pipeline(
            "test",
            stage("a", "echo a"),
            stage("b", meeting("b", "c")),
            stage("c", meeting("c", "b")),
            stage("d", "echo d"),
            edges=DIAMOND,
        )
    )
    assert done.result == "SUCCESS", done.error
    assert sorted(done.names("done")) == ["a", "b", "c", "d"]
    assert all(before(done, x, y) for x, y in DIAMOND)


def test_a_graph_that_is_not_series_parallel_has_no_barrier_that_it_does_not_ask_for() -> None:
    # b ends only when c has started, and c comes after a alone; e comes after nothing.
    done = build(
        pipeline(
            "test",
            stage("a", "echo a"),
            stage("b", meeting("b", "c", "e")),
            stage("c", meeting("c")),
            stage("d", "echo d"),
            stage("e", meeting("e")),
            edges=N,
        )
    )
    assert done.result == "SUCCESS", done.error
    assert sorted(done.names("done")) == ["a", "b", "c", "d", "e"]
    assert all(before(done, x, y) for x, y in N)


@pytest.mark.parametrize(
    ("edges", "run_anyway"),
    [
        pytest.param(DIAMOND, {"a", "c"}, id="in a diamond"),
        pytest.param((("a", "c"), ("a", "d"), ("b", "d")), {"a", "c"}, id="in a graph that is not series-parallel"),
    ],
)
def test_after_a_failure_descendants_do_not_start_but_the_rest_finishes(
    edges: tuple[tuple[str, str], ...], run_anyway: set[str]
) -> None:
    stages = (stage("a", "echo a"), stage("b", "exit 3"), stage("c", "sleep 0.3"), stage("d", "echo d"))
    done = build(pipeline("test", *stages, edges=edges))
    assert done.result == "FAILURE"
    assert set(done.names("done")) == run_anyway
    assert done.names("failed") == ["b"]
    assert "d" not in done.names("stage")
    assert done.output("teardown").startswith("gone: jenkins-team-a-1-test\n")
    assert done.trace[-1]["label"] == "teardown"


def test_teardown_runs_when_a_person_aborts() -> None:
    done = build(pipeline("test", stage("a", "sleep 60", label="slow")), interrupt="slow")
    assert done.result == "ABORTED"
    assert done.trace[-1]["label"] == "teardown"


def test_a_stage_finds_what_it_reads_and_nothing_of_it_is_expanded() -> None:
    keys = ("branch", "commit", "logURL", "params.NOTE", "project", "projectShortName", "remote", "tag", "timestamp")
    names = ("ZUUL_BRANCH", "ZUUL_CHANGE", "ZUUL_COMMIT", "ZUUL_PROJECT", "ZUUL_REF")
    shown = "\n".join(
        f'echo "{n}=${{{n}-}}"' for n in (*(f"setup_{k.replace('.', '_')}" for k in keys), *names, "registry")
    )
    made = torn_down(pipeline("test", stage("a", shown, setup=keys, environment=names, registry=True)))
    body = text(plan(made, project=None), registry={"public": "r.example/$HOME"})
    change = {"CHANGE_ID": "7", "CHANGE_TARGET": "dev/$HOME", "BRANCH_NAME": "PR-7"}
    tag = {"TAG_NAME": "v1-$$-${HOME}", "BRANCH_NAME": "v1"}
    done = run(
        BuildRequest(body, env=change, params={"NOTE": "a $HOME b"}), BuildRequest(body, env=tag), BuildRequest(body)
    )
    assert [b.error for b in done] == [None] * 3
    found = [dict(line.split("=", 1) for line in b.output("run").splitlines()) for b in done]
    assert found[0] == {
        "setup_branch": "dev/$HOME",
        "setup_commit": "0123456789abcdef0123456789abcdef01234567",
        "setup_logURL": "https://ci.example/job/a/1/console",
        "setup_params_NOTE": "a $HOME b",
        "setup_project": "r/team/ores",
        "setup_projectShortName": "ores",
        "setup_remote": "ssh://git@code.example:29418/r/team/ores.git",
        "setup_tag": "",
        "setup_timestamp": "2023-11-14-221320",
        "ZUUL_BRANCH": "dev/$HOME",
        "ZUUL_CHANGE": "7",
        "ZUUL_COMMIT": "0123456789abcdef0123456789abcdef01234567",
        "ZUUL_PROJECT": "r/team/ores",
        "ZUUL_REF": "",
        "registry": "r.example/$HOME",
    }
    assert (found[1]["setup_tag"], found[1]["setup_branch"]) == ("v1-$$-${HOME}", "")
    assert found[1]["ZUUL_REF"] == "refs/tags/v1-$$-${HOME}"
    assert (found[2]["setup_branch"], found[2]["setup_tag"]) == ("main", "")


def test_credentials_of_all_kinds_reach_their_program_and_no_other() -> None:
    uses = (
        CredentialUse("text", CredentialKind.SECRET_TEXT, ("TOKEN",)),
        CredentialUse("login", CredentialKind.USERNAME_PASSWORD, ("WHO", "PASS")),
        CredentialUse("paper", CredentialKind.FILE, ("PAPER",)),
        CredentialUse("key", CredentialKind.SSH_KEY, ("KEY",)),
    )
    # Spelt out, since Jenkins masks what it knows to be secret.
    show = 'echo "${TOKEN-} ${WHO-} ${PASS-} $(cat "${PAPER-/dev/null}" "${KEY-/dev/null}")" | sed "s/./&-/g"'
    tell = 'echo "$TOKEN $WHO $PASS $KEY"'
    made = torn_down(pipeline("test", stage("a", show, tell, label="with", credentials=uses), stage("b", show)))
    site = {use.id: {"kind": use.kind.value, "jenkins": f"our-{use.id}"} for use in uses}
    bound = {
        "our-text": Credential("string", ["t$"]),
        "our-login": Credential("usernamePassword", ["me", "pw"]),
        "our-paper": Credential("file", ["paper"]),
        "our-key": Credential("sshUserPrivateKey", ["key"]),
    }
    (done,) = run(BuildRequest(text(plan(made), credentials=site), credentials=bound))
    assert done.error is None
    assert done.output("with").replace("-", "") == "t$ me pw paperkey\n**** me **** ****\n"
    assert done.output("run").replace("-", "").strip() == ""


@pytest.mark.parametrize(
    ("env", "ran"),
    [
        pytest.param({"CHANGE_ID": "7", "BRANCH_NAME": "PR-7"}, {"c"}, id="a change"),
        pytest.param(MERGE, {"m"}, id="the default branch"),
        pytest.param({"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, {"t"}, id="a tag"),
        pytest.param({"BRANCH_NAME": "topic"}, set(), id="another branch"),
        pytest.param({}, {"m"}, id="a job that is no multibranch job"),
        pytest.param({"GERRIT_CHANGE_NUMBER": "5", "GERRIT_EVENT_TYPE": "comment-added"}, {"c"}, id="Gerrit's change"),
        pytest.param({"GERRIT_CHANGE_NUMBER": "5", "GERRIT_EVENT_TYPE": "change-merged"}, {"m"}, id="Gerrit's merge"),
    ],
)
def test_what_runs_depends_on_what_happened(env: dict[str, str], ran: set[str]) -> None:
    events = zip("cmt", (Event.CHANGE, Event.MERGE, Event.TAG), strict=True)
    made = plan(*(pipeline(name, stage(name, "echo"), events=(event,)) for name, event in events))
    (done,) = run(BuildRequest(text(made), env=env))
    assert done.result == "SUCCESS"
    assert set(done.names("done")) == ran
    assert bool(done.all("echo")) != bool(ran)


@pytest.mark.parametrize(
    ("env", "ran"),
    [
        pytest.param({"BRANCH_NAME": "topic"}, [], id="not on another branch"),
        pytest.param(MERGE, ["a"], id="on the default branch"),
    ],
)
def test_what_runs_on_all_events_runs_on_no_others(env: dict[str, str], ran: list[str]) -> None:
    (done,) = run(BuildRequest(text(plan(pipeline("p", stage("a", "echo"), events=ALL))), env=env))
    assert done.names("done") == ran


@pytest.mark.parametrize(
    ("env", "params", "ran"),
    [
        pytest.param({"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, {}, "v1 ", id="a tag"),
        pytest.param(MERGE, {}, " main", id="a merge"),
        pytest.param({"CHANGE_ID": "7", "CHANGE_TARGET": "dev", "BRANCH_NAME": "PR-7"}, {}, " dev", id="a change"),
        pytest.param({"BRANCH_NAME": "topic"}, {}, None, id="another branch"),
        pytest.param(MERGE, {"ZUUL_REF": "r", "ZUUL_PIPELINE": "x"}, None, id="a pipeline of Zuul's that is unknown"),
    ],
)
def test_where_zuul_did_not_start_the_build_its_source_tells(
    env: dict[str, str], params: dict[str, str], ran: str | None
) -> None:
    show = stage("a", 'echo "${setup_tag-} ${setup_branch-}"', setup=("tag", "branch"))
    body = text(plan(pipeline("p", show, events=ALL)), jenkins={"checkout": "zuul"})
    (done,) = run(BuildRequest(body, env=env, params=params))
    assert done.error is None
    assert done.output("run") == (f"{ran}\n" if ran is not None else "")


MERGED_BY_GERRIT = {"GERRIT_CHANGE_NUMBER": "7", "GERRIT_EVENT_TYPE": "change-merged"}


@pytest.mark.parametrize(
    ("env", "runs"),
    [
        pytest.param({"BRANCH_NAME": "stable"}, True, id="a branch of the profile's"),
        pytest.param(MERGE, False, id="the default branch, which is none of them"),
        pytest.param({**MERGED_BY_GERRIT, "GERRIT_BRANCH": "stable"}, True, id="what Gerrit merged to one"),
        pytest.param({**MERGED_BY_GERRIT, "GERRIT_BRANCH": "main"}, False, id="what Gerrit merged to another"),
        pytest.param({}, True, id="a job for one branch"),
    ],
)
def test_the_branches_of_the_profile_stand_for_the_default_branch(env: dict[str, str], runs: bool) -> None:
    body = text(plan(pipeline("p", stage("a", "echo"), events=(Event.MERGE,))), branches=["stable", "1.x"])
    (done,) = run(BuildRequest(body, env=env))
    assert (done.error, bool(done.names("done"))) == (None, runs)


@pytest.mark.parametrize(
    ("params", "runs"),
    [
        pytest.param({"ZUUL_BRANCH": "master"}, True, id="a change that was merged"),
        pytest.param({"ZUUL_BRANCH": "feature"}, False, id="a change that was merged to another branch"),
        pytest.param({"ZUUL_REFNAME": "refs/heads/main"}, True, id="a push"),
        pytest.param({"ZUUL_REFNAME": "feature"}, False, id="a push to another branch"),
        pytest.param({}, False, id="nobody knows where to"),
    ],
)
def test_what_zuul_v2_merged_counts_on_these_branches_alone(params: dict[str, str], runs: bool) -> None:
    body = text(plan(pipeline("p", stage("a", "echo"), events=(Event.MERGE,))), jenkins={"checkout": "zuul"})
    given = {"ZUUL_URL": "git://merger", "ZUUL_PROJECT": "team/ores", "ZUUL_COMMIT": "abc", "ZUUL_REF": "refs/zuul/Z1"}
    (done,) = run(BuildRequest(body, params={**given, "ZUUL_PIPELINE": "post", **params}))
    assert (done.error, bool(done.names("done"))) == (None, runs)


def test_what_a_timer_started_is_a_schedule_where_the_config_has_one() -> None:
    merge = pipeline("m", stage("a", "echo"), events=(Event.MERGE,))
    nightly = pipeline("n", stage("b", "echo"), events=(Event.SCHEDULE,))
    with_it, without = text(plan(merge, nightly)), text(plan(merge))
    requests = [BuildRequest(body, causes=causes) for body in (with_it, without) for causes in ((TIMER,), ())]
    assert [done.names("done") for done in run(*requests)] == [["b"], ["a"], ["a"], ["a"]]
    assert "Timer" not in without


def test_zuul_v2_starts_a_schedule_by_its_own_clock() -> None:
    nightly = pipeline("n", stage("b", "echo"), events=(Event.SCHEDULE,))
    body = text(plan(nightly), jenkins={"checkout": "zuul"})
    (done,) = run(BuildRequest(body, params={"ZUUL_PIPELINE": "periodic"}))
    assert done.names("done") == ["b"]
    assert "periodic" not in text(plan(pipeline("m", stage("a", "echo"))), jenkins={"checkout": "zuul"})


def test_zuul_says_what_runs_and_what_is_checked_out() -> None:
    made = plan(
        pipeline("c", stage("a", 'echo "${setup_tag-}"', setup=("tag",)), events=(Event.CHANGE,)),
        pipeline("t", stage("a", 'echo "${setup_tag-}"', setup=("tag",)), events=(Event.TAG,)),
    )
    zuul = {"ZUUL_URL": "git://merger", "ZUUL_PROJECT": "team/ores", "ZUUL_COMMIT": "abc"}
    body = text(made, jenkins={"checkout": "zuul"})
    change, tag, neither = run(
        BuildRequest(body, params={**zuul, "ZUUL_REF": "refs/zuul/main/Z1", "ZUUL_PIPELINE": "check"}),
        BuildRequest(body, params={**zuul, "ZUUL_REF": "refs/tags/v$1", "ZUUL_PIPELINE": "tag"}),
        BuildRequest(body),
    )
    (source,) = [event["source"] for event in change.all("checkout")]
    assert source["userRemoteConfigs"] == [{"url": "git://merger/team/ores", "refspec": "refs/zuul/main/Z1"}]
    assert source["branches"] == [{"name": "abc"}]
    assert change.output("run") == "\n"
    assert tag.output("run") == "v$1\n"
    assert neither.names("stage") == []


def test_a_job_for_each_pipeline_runs_the_one_that_its_parameter_names() -> None:
    made = plan(pipeline("a-b", stage("x", "echo"), events=ALL), pipeline("c", stage("y", "echo"), events=ALL))
    body = text(made, jenkins={"jobs": "job-per-pipeline"})
    first, none = run(BuildRequest(body, params={"PIPELINE": "a-b"}), BuildRequest(body, params={"PIPELINE": "d"}))
    assert first.names("done") == ["x"]
    assert none.names("stage") == []
    assert "'d'" in none.all("echo")[0]["message"]


def test_at_most_so_many_pipelines_run_at_a_time_and_a_failure_stops_no_other() -> None:
    made = plan(
        *(pipeline(f"p{i}", stage(f"s{i}", "exit 1" if i == 0 else "sleep 0.2"), events=ALL) for i in range(5)),
        concurrency=2,
    )
    (done,) = run(BuildRequest(text(made)))
    running = most = 0
    for event in done.trace:
        if event.get("name", "").startswith("s"):
            running += {"stage": 1, "done": -1, "failed": -1}.get(event["what"], 0)
            most = max(most, running)
    assert most == 2
    assert sorted(n for n in done.names("done") if n.startswith("s")) == ["s1", "s2", "s3", "s4"]
    assert done.result == "FAILURE"


def test_files_are_archived_and_jobs_started_after_the_program() -> None:
    archives = (Archive("a.txt", directory=False), Archive("d", directory=True), Archive("e", directory=None))
    call = TriggerCall("docs", (Parameter("A", "it's $x", ""), Parameter("B", None, "a.parameter.B")), True, True)
    program = 'mkdir e; touch a.txt d.tar.gz e.tar.gz; printf "two\\nlines\\n" > "$values/a.parameter.B"'
    made = torn_down(pipeline("test", stage("a", program, archives=archives, trigger=call)))
    (done,) = run(BuildRequest(text(plan(made), triggers={"docs": {"jenkins": "docs/deploy"}})))
    assert done.error is None
    assert [event["files"] for event in done.all("archive")] == [["a.txt"], ["d.tar.gz"], ["e.tar.gz"]]
    (started,) = done.all("build")
    values = [{"name": "A", "value": "it's $x"}, {"name": "B", "value": "two\nlines\n"}]
    assert (started["job"], started["parameters"]) == ("docs/deploy", values)


def test_a_pipeline_undoes_what_it_alone_did_before_what_all_do() -> None:
    first = replace(torn_down(pipeline("x", stage("a", "true"))), teardown=("echo mine", "false", *TEARDOWN))
    (done,) = run(BuildRequest(text(plan(first, torn_down(pipeline("y", stage("b", "true")))))))
    assert done.error is None
    labels = [event["label"] for event in done.all("sh")]
    assert labels.index("teardown of x") < len(labels) - 1 - labels[::-1].index("teardown")
    assert done.output("teardown of x") == "mine\n"


def test_a_long_job_name_still_makes_a_short_unique_run() -> None:
    made = torn_down(pipeline("test", stage("a", 'echo "$run"')))
    tags = [f"jenkins-{'Long/' * 40}{end}-{'x' * 90}-5" for end in "ab"]
    runs = {b.output("run").strip() for b in run(*(BuildRequest(text(plan(made)), env={"BUILD_TAG": t}) for t in tags))}
    assert len(runs) == 2
    assert all(len(r) <= 100 and set(r) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-") for r in runs)


def test_files_of_all_names_that_the_front_end_allows_are_archived() -> None:
    program = "\n".join(f"printf %s {sh(name)} > {sh(f'./{name}')}" for name in NAMES)
    archives = tuple(Archive(name, directory=False) for name in NAMES)
    made = torn_down(pipeline("test", stage("a", program, archives=archives)))
    (done,) = run(BuildRequest(text(plan(made))))
    assert done.error is None
    assert [event["files"] for event in done.all("archive")] == [[name] for name in NAMES]


@pytest.mark.parametrize("name", [*(f"a{c}b" for c in ",*?\\"), " a", "a\t"])
def test_a_file_whose_name_jenkins_reads_otherwise_is_not(name: str) -> None:
    """Which is why the front end refuses it (`archive-name`)."""
    stages = stage("a", f"touch {sh(name)} axb", archives=(Archive(name, directory=False),))
    (done,) = run(BuildRequest(text(plan(torn_down(pipeline("test", stages))))))
    assert [event["files"] for event in done.all("archive")] != [[name]]


def test_more_than_one_list_holds_is_all_bound_archived_and_passed_on() -> None:
    count = 120
    uses = tuple(CredentialUse(f"c{i}", CredentialKind.SECRET_TEXT, (f"T{i}",)) for i in range(count))
    archives = tuple(Archive(f"f{i}", directory=False) for i in range(count))
    known = [Parameter(f"P{i}", f"v{i}", "") for i in range(count - 1)]
    call = TriggerCall("docs", (*known, Parameter("LAST", None, "a.parameter.LAST")), True, True)
    setup = tuple(f"params.S{i}" for i in range(count))
    program = (
        "".join(f'[ "$T{i}$setup_params_S{i}" = "s{i}x{i}" ] && touch f{i}\n' for i in range(count))
        + 'printf last > "$values/a.parameter.LAST"'
    )
    made = torn_down(
        pipeline("test", stage("a", program, credentials=uses, archives=archives, trigger=call, setup=setup))
    )
    site = {f"c{i}": {"kind": "secret-text", "jenkins": f"c{i}"} for i in range(count)}
    written = text(plan(made), credentials=site, triggers={"docs": {"jenkins": "docs"}})
    (done,) = run(
        BuildRequest(
            written,
            params={f"S{i}": f"x{i}" for i in range(count)},
            credentials={f"c{i}": Credential("string", [f"s{i}"]) for i in range(count)},
        )
    )
    assert done.error is None
    assert [event["files"] for event in done.all("archive")] == [[f"f{i}"] for i in range(count)]
    (started,) = done.all("build")
    passed = {p["name"]: p["value"] for p in started["parameters"]}
    assert passed == {f"P{i}": f"v{i}" for i in range(count - 1)} | {"LAST": "last"}


def test_a_build_of_a_change_ends_those_before_it() -> None:
    change, shipping = pipeline("p", stage("a", "echo")), pipeline("s", stage("a", "echo", kinds=("publish",)))
    merging = replace(shipping, events=(Event.MERGE,))
    bodies = [text(plan(change, merging)), text(plan(change, shipping)), text(plan(change), supersede=False)]
    builds = run(*(BuildRequest(body, env={"CHANGE_ID": "7"}) for body in bodies), BuildRequest(bodies[0], env=MERGE))
    assert [done.error for done in builds] == [None] * 4
    assert [done.names("milestone") for done in builds] == [["2", "3"], [], [], []]
