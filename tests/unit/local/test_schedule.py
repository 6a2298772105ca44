"""When stages run: as soon as the graph allows and not before, after failures, at most so many, and teardown always."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.plan_runs import Done, run
from support.plans import pipeline, stage

from transpiler.frontend.profiles.load import decode
from transpiler.graph import Graph, ancestors
from transpiler.ir import CredentialKind, ReportKind
from transpiler.local import simulation
from transpiler.local.environment import missing_credentials
from transpiler.local.outcome import End
from transpiler.program import (
    Archive,
    CredentialUse,
    MailProgram,
    Parameter,
    Plan,
    Report,
    StageProgram,
    TriggerCall,
    ValueFile,
)

N = (("a", "c"), ("a", "d"), ("b", "d"))
DIAMOND = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
GRAPHS = [
    pytest.param("ab", (("a", "b"),), id="a chain"),
    pytest.param("abc", (), id="no arc at all"),
    pytest.param("abcd", DIAMOND, id="a diamond"),
    pytest.param("abcd", N, id="an N, which is not series-parallel"),
    pytest.param("abcdef", (("a", "b"), ("c", "d"), ("e", "f"), ("a", "d")), id="chains with an arc between them"),
]


def meeting(name: str, others: set[str], place: str = "$SHARED") -> str:
    """A line that ends only when the others have started too: a barrier between them is a wait that fails."""
    waits = "; ".join(f'while [ ! -e "{place}/{o}.here" ]; do sleep 0.02; done' for o in sorted(others))
    return f"touch \"{place}/{name}.here\"; timeout 60 sh -c '{waits or ':'}'"


def position(done: Done, what: str, name: str) -> int:
    return done.told.events.index((what, name))


@pytest.mark.parametrize(("names", "edges"), GRAPHS)
def test_stages_that_the_graph_leaves_unordered_run_side_by_side_and_the_others_in_order(
    names: str, edges: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    before = ancestors(Graph(tuple(names), edges))
    unordered = {a: {b for b in names if b != a and a not in before[b] and b not in before[a]} for a in names}
    # Each pair of unordered stages meets in a pipeline of its own: all at once would ask for more than the graph gives.
    pairs = [(a, b) for a in names for b in unordered[a] if a < b] or [(names[0], "")]
    pipelines = [
        pipeline(
            f"p{i}",
            *(
                stage(n, meeting(f"p{i}{n}", {f"p{i}{m}" for m in pair if m and m != n} if n in pair else set()))
                for n in names
            ),
            edges=edges,
        )
        for i, pair in enumerate(pairs)
    ]
    done = run(tmp_path, *pipelines)
    assert not done.outcome.failed, done.outcome
    for p in pipelines:
        for a, b in edges:
            assert position(done, "succeeded", f"{p.name}/{a}") < position(done, "started", f"{p.name}/{b}")


@pytest.mark.parametrize("edges", [pytest.param(DIAMOND, id="a diamond"), pytest.param(N, id="an N")])
def test_after_a_failure_descendants_do_not_start_and_the_rest_finishes(
    edges: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    stages = (stage("a"), stage("b", "exit 3"), stage("c", "sleep 0.2"), stage("d"))
    done = run(tmp_path, pipeline("test", *stages, edges=edges))
    assert done.ends == {
        "test/a": End.SUCCEEDED,
        "test/b": End.FAILED,
        "test/c": End.SUCCEEDED,
        "test/d": End.NOT_STARTED,
    }
    assert done.stage("test/b").why == "exit status 3"
    assert done.outcome.failed
    assert done.gone == ["run-test"]


def test_a_failure_in_one_pipeline_does_not_touch_another(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("x", stage("a", "false")), pipeline("y", stage("a", "sleep 0.1"), stage("b")))
    assert done.ends["y/a"] is done.ends["y/b"] is End.SUCCEEDED
    assert sorted(done.gone) == ["run-x", "run-y"]


def most_at_a_time(done: Done) -> int:
    running = most = 0
    for what, _ in done.told.events:
        running += {"started": 1, "succeeded": -1}.get(what, 0)
        most = max(most, running)
    return most


@pytest.mark.parametrize(("jobs", "most"), [(1, 1), (2, 2), (None, 4)])
def test_at_most_so_many_stages_run_at_a_time(jobs: int | None, most: int, tmp_path: Path) -> None:
    names = ("a", "b", "c", "d")
    done = run(tmp_path, pipeline("test", *(stage(name, "sleep 0.2") for name in names)), jobs=jobs)
    assert most_at_a_time(done) == most
    assert not done.outcome.failed


def test_concurrency_bounds_how_many_pipelines_run_at_a_time(tmp_path: Path) -> None:
    done = run(tmp_path, *(pipeline(f"p{i}", stage("a", "sleep 0.1")) for i in range(4)), concurrency=2)
    assert most_at_a_time(done) == 2
    assert len(done.gone) == 4


def test_each_pipeline_has_a_checkout_of_its_own_that_its_stages_share(tmp_path: Path) -> None:
    writes, looks = stage("a", "echo new > file", "touch made"), stage("b", "cat file", "test -e made")
    done = run(
        tmp_path,
        pipeline("x", writes, looks, edges=(("a", "b"),)),
        pipeline("y", stage("a", "sleep 0.3", "cat file", "test ! -e made")),
    )
    assert not done.outcome.failed
    assert (done.log("x/b"), done.log("y/a")) == ("new\n", "text\n")
    assert [path.name for path in (tmp_path / "tree").iterdir()] == ["file"]
    assert (tmp_path / "tree/file").read_text() == "text\n"


def test_values_reach_descendants_and_are_gone_after_teardown(tmp_path: Path) -> None:
    value = ValueFile("a", "v", "a.v")
    done = run(
        tmp_path,
        pipeline(
            "test",
            stage("a", 'printf "x\\n\\n" > "$values/a.v"', binds=(value,)),
            stage("b", 'od -c "$values/a.v"', reads=(value,)),
            edges=(("a", "b"),),
        ),
    )
    assert done.log("test/b").split()[1:4] == ["x", "\\n", "\\n"]
    assert done.gone == ["run-test", "a.v"]
    assert not (tmp_path / "work/test/values").exists()


def test_a_stage_finds_setup_and_its_own_credentials_and_no_others(tmp_path: Path) -> None:
    uses = (
        CredentialUse("a-token", CredentialKind.SECRET_TEXT, ("TOKEN",)),
        CredentialUse("login", CredentialKind.USERNAME_PASSWORD, ("WHO", "PASS")),
    )
    show = 'echo "$setup_timestamp $setup_project $setup_branch. ${TOKEN-} ${WHO-} ${PASS-}"; env'
    setup = ("timestamp", "project", "branch")
    site = {
        "a-token": {"kind": "secret-text", "gitlab": "CI_TOKEN"},
        "login": {"kind": "username-password", "gitlab": {"username": "CI_WHO", "password": "CI_PASS"}},
    }
    caller = {"TRANSPIPE_CREDENTIAL_A_TOKEN": "s3c ret", "CI_TOKEN": "other", "CI_WHO": "me", "CI_PASS": "pw"}
    done = run(
        tmp_path,
        pipeline("test", stage("a", show, setup=setup, credentials=uses), stage("b", "env")),
        caller=caller,
        profile={"credentials": site},
    )
    assert done.log("test/a").startswith("2026-01-02-030405 team/ores . s3c ret me pw\n")
    assert not {"s3c ret", "other", "pw"} & {line.partition("=")[2] for line in done.log("test/b").splitlines()}


def test_a_login_to_pull_may_be_missing(tmp_path: Path) -> None:
    use = CredentialUse("hub", CredentialKind.USERNAME_PASSWORD, ("pull_user_1", "pull_password_1"), optional=True)
    test = pipeline("test", stage("a", 'echo "<${pull_user_1-}${pull_password_1-}>"', credentials=(use,)))
    plan, site = Plan("c", None, (test,), None, ()), decode({"credentials": {"hub": {"kind": "username-password"}}})
    assert missing_credentials(plan, site, {}) == ()
    done = run(tmp_path, test, profile={"credentials": {"hub": {"kind": "username-password"}}})
    assert done.log("test/a") == "<>\n"


def test_archived_files_are_kept_and_a_missing_one_fails_the_stage(tmp_path: Path) -> None:
    archives = (Archive("a b.txt", directory=False), Archive("d/e", directory=None), Archive("f", directory=None))
    program = "mkdir -p d/e; echo x > 'a b.txt'; echo packed > d/e.tar.gz; echo y > f"
    missing = stage("b", archives=(Archive("no", directory=None),))
    done = run(tmp_path, pipeline("test", stage("a", program, archives=archives), missing))
    kept = done.stage("test/a").kept
    assert kept == ("test/artifacts/a b.txt", "test/artifacts/d/e.tar.gz", "test/artifacts/f")
    assert [(tmp_path / "out" / path).read_text() for path in kept] == ["x\n", "packed\n", "y\n"]
    assert done.ends["test/b"] is End.FAILED
    assert done.stage("test/b").why == "no should be archived, but does not exist"


def triggering() -> StageProgram:
    call = TriggerCall("docs", (Parameter("A", "it's", ""), Parameter("B", None, "a.parameter.B")), True, True)
    return stage("a", 'printf "two\\nlines" > "$values/a.parameter.B"', trigger=call)


def test_a_job_is_started_only_if_that_is_allowed(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", triggering()), trigger=("false",))
    assert not done.outcome.failed
    (note,) = done.stage("test/a").notes
    assert note.startswith("not done without --allow trigger: start docs ")


@pytest.mark.parametrize(("command", "end"), [("true", End.SUCCEEDED), ("false", End.FAILED)])
def test_a_started_job_decides_whether_the_stage_fails(command: str, end: End, tmp_path: Path) -> None:
    script = f'printf "<%s>" "$@" > "{tmp_path}/called"; {command}'
    words = ("sh", "-c", script, "start")
    done = run(tmp_path, pipeline("test", triggering()), allowed={simulation.TRIGGER}, trigger=words)
    assert done.ends["test/a"] is end
    assert (tmp_path / "called").read_text() == "<docs><A=it's><B=two\nlines>"


MAIL = MailProgram(
    compose=("set -eu", "to=me@x", "subject='it failed'", "body=because"),
    files=('printf %s "$to" > "$values/a.mail.to"', 'printf %s "$subject" > "$values/a.mail.subject"'),
    send=('echo "$to: $subject: $body" > "$SHARED/sent"',),
    setup=(),
    reads=(),
    literal=None,
)


@pytest.mark.parametrize(
    ("line", "allowed", "sent"),
    [("false", {simulation.MAIL}, True), ("false", set(), False), ("true", {simulation.MAIL}, False)],
)
def test_a_mail_tells_of_a_failure_if_that_is_allowed(line: str, allowed: set[str], sent: bool, tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", stage("a", line, mail=MAIL)), allowed=allowed)
    assert (done.shared / "sent").exists() is sent
    mark = "not done without --allow mail: mail to me@x: it failed"
    assert (mark in done.stage("test/a").notes) is (line == "false" and not allowed)


def test_a_stage_that_does_nothing_succeeds_and_no_stages_are_fine(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", stage("a"), stage("b", lines=())), pipeline("none"))
    assert not done.outcome.failed


def test_without_a_checkout_nothing_starts_and_the_run_fails(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", stage("a")), git=True)
    assert done.ends == {"test/a": End.NOT_STARTED}
    (problem,) = done.outcome.problems
    assert "the checkout failed" in problem
    assert "is not in a git repository" in problem
    assert done.outcome.failed


def test_keep_leaves_everything_to_a_later_teardown(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", stage("a", 'touch "$values/v"')), keep=True)
    assert done.gone == []
    assert (tmp_path / "work/test/values/v").exists()


REPORT = Report(ReportKind.JUNIT, "junit.xml", None)
FAILED_TEST = '<testsuite name="s"><testcase name="t"><failure message="m"/></testcase></testsuite>'


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        pytest.param((), End.SUCCEEDED, id="succeeded"),
        pytest.param(("exit 1",), End.FAILED, id="failed"),
        pytest.param(("exit 124",), End.FAILED, id="out of time"),
    ],
)
def test_reports_are_read_however_the_stage_ends(lines: tuple[str, ...], end: End, tmp_path: Path) -> None:
    written = stage("a", f"echo '{FAILED_TEST}' > junit.xml", *lines, reports=(REPORT,))
    done = run(tmp_path, pipeline("test", written))
    assert done.ends["test/a"] is end
    found = done.stage("test/a").results
    assert found
    assert [test.message for test in found.failed] == ["m"]


def test_a_report_that_is_missing_or_broken_is_told_and_fails_nothing(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        pipeline(
            "test",
            stage("a", reports=(REPORT,)),
            stage("b", "echo '<' > other", reports=(Report(ReportKind.JUNIT, "other", None),)),
            stage("c"),
        ),
    )
    assert not done.outcome.failed
    problems = [stage.results.problems for stage in done.outcome.stages if stage.results]
    assert [problem[:30] for (problem,) in problems] == [
        "there is no report junit.xml",
        "the report other cannot be rea",
    ]
    assert done.stage("test/c").results is None


def test_each_stage_has_its_own_time_on_the_time_line(tmp_path: Path) -> None:
    done = run(tmp_path, pipeline("test", stage("a", "sleep 0.3"), stage("b"), edges=(("a", "b"),)))
    a, b = done.outcome.stages
    assert 0 <= a.began < a.began + 0.3 <= b.began <= done.outcome.seconds
