"""Whatever a server held and however it fails: after a successful apply every job is right, and the plan is empty."""

import re
from collections.abc import Callable, Iterator

import pytest
from doubles.jenkins.process import Double, double, every_way
from doubles.jenkins.settings import FAULTS, Fault
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.jenkins_sync import OWNER, Syncing, job, pending

from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.server.client import Limits

NAMES = [f"job-{n}" for n in range(6)]
GONE = ["gone-0", "gone-1"]
# A name's state before: not there, as it should be, of an older version, edited by hand in its script or in its
# description, another owner's, nobody's, taken but not yet read back, spelt otherwise.
STATES = ["absent", "current", "older", "edited", "described", "foreign", "handmade", "unchecked", "other case"]
ALIEN = {"foreign", "handmade"}
FOLDER = "<com.cloudbees.hudson.plugins.folder.Folder><description/></com.cloudbees.hudson.plugins.folder.Folder>"


class Texts(dict[tuple[str, int], str]):
    """Each job's config.xml as the server keeps it, by name and version, when nothing goes wrong."""

    def __repr__(self) -> str:
        return "…"  # hypothesis would print them all


@pytest.fixture(scope="module")
def server() -> Iterator[Double]:
    with double(hang=0.05, retry_after=0, down=0.2) as running:
        yield running


@pytest.fixture(scope="module")
def texts(server: Double) -> Texts:
    found = Texts()
    for version in (1, 2):
        clear(server)
        syncing = Syncing(server)
        assert syncing.apply([job(name, version) for name in (*NAMES, *GONE)]).outcome.complete
        found.update({(name, version): server.jobs()[f"ci/{name}"].xml for name in (*NAMES, *GONE)})
    return found


def clear(server: Double) -> None:
    server.change(faults=[], starting=0)
    for name in [name for name in server.jobs() if "/" not in name]:
        server.remove(name)


def arrange(server: Double, states: dict[str, str], texts: Texts) -> None:
    """Puts the server into the states, names → state; the folder is there when something is in it."""
    there = {name: state for name, state in states.items() if state != "absent"}
    if there:
        server.put("ci", FOLDER)
    for name, state in there.items():
        now, before = texts[name, 2], texts[name, 1]
        xml = {
            "current": now,
            "older": before,
            "edited": now.replace("make ", "rm -r "),
            "described": now.replace("<description>", "<description>Ask Ann. "),
            "foreign": before.replace(f"owner={OWNER}", "owner=team/other"),
            "handmade": re.sub(r"\[transpipe [^]]*\]", "", before),
            "unchecked": re.sub(r"digest=\S+?\]", "digest=unchecked]", now),
            "other case": before,
        }[state]
        server.put(f"ci/{name.upper() if state == 'other case' else name}", xml)


def script(xml: str) -> str:
    found = re.search(r"<script>(.*?)</script>", xml, re.DOTALL)
    return found[1] if found else ""


rates = st.dictionaries(st.sampled_from([k for k in FAULTS if k != "die"]), st.floats(0.0, 0.08), max_size=4)
states = st.fixed_dictionaries({name: st.sampled_from(STATES) for name in NAMES})
ways = st.sampled_from(["token", "password"])
orphans = st.lists(st.sampled_from(GONE), unique=True)


# Nothing is shrunk: with threads and faults in play that would take minutes and find another failure.
@pytest.mark.slow
@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    states=states, orphans=orphans, rates=rates, seed=st.integers(0, 2**32), by=st.sampled_from(["token", "password"])
)
def test_after_a_successful_apply_the_plan_is_empty(
    server: Double,
    texts: Texts,
    states: dict[str, str],
    orphans: list[str],
    rates: dict[str, float],
    seed: int,
    by: str,
) -> None:
    clear(server)
    arrange(server, states | dict.fromkeys(orphans, "older"), texts)
    alien = {name: server.jobs()[f"ci/{name}"].xml for name, state in states.items() if state in ALIEN}
    jobs = [job(name, 2) for name in NAMES]
    faults = [Fault(kind, rate=rate, done=done) for kind, rate in rates.items() for done in (False, kind != "429")]
    server.change(faults=faults, seed=seed)
    done = Syncing(server, password=by == "password").apply(jobs, verify=True)
    server.change(faults=[])
    assert done.outcome.complete, [result for result in done.results if result.why]
    assert pending(Syncing(server).plan(jobs, verify=True)) == [("conflict", f"ci/{name}") for name in sorted(alien)]
    right(server, jobs, texts, alien)


def right(server: Double, jobs: list[Wanted], texts: Texts, alien: dict[str, str]) -> None:
    """Every job is there once and as it should be, the others' as they were, and nothing else."""
    found = {name.lower(): kept.xml for name, kept in server.jobs().items()}
    assert set(found) == {"ci", *(each.path for each in jobs)}
    for each in jobs:
        name = each.path.removeprefix("ci/")
        assert found[each.path] == alien.get(name, texts[name, 2])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("by", ["token", "password"])
def test_with_a_tenth_of_all_requests_failing_every_job_is_made_once(
    make_double: Callable[..., Double], by: str, seed: int
) -> None:
    server = make_double(hang=0.05, retry_after=0, faults=every_way(0.1), seed=seed)
    jobs = [job(f"job-{n}") for n in range(60)]
    done = Syncing(server, password=by == "password").apply(jobs)
    assert done.outcome.complete, [result for result in done.results if result.why]
    failed = [entry for entry in server.log() if entry.fault]
    assert len(failed) > 3
    server.set_faults()
    assert pending(Syncing(server).plan(jobs, verify=True)) == []
    made = [path for what, path in server.events() if what == "create"]
    assert sorted(made) == sorted(["ci", *(each.path for each in jobs)])
    assert {what for what, _ in server.events()} <= {"create", "update"}


@pytest.mark.slow
@pytest.mark.parametrize("done", [False, True], ids=["before the work", "after it"])
@pytest.mark.parametrize("at", [3, 5, 17, 30])
def test_a_server_that_dies_for_good_leaves_what_a_second_apply_finishes(
    make_double: Callable[..., Double], at: int, done: bool
) -> None:
    server = make_double(down=-1)
    jobs = {version: [job(f"job-{n}", version) for n in range(20)] for version in (1, 2)}
    assert Syncing(server).apply(jobs[1]).outcome.complete
    old = {name: script(kept.xml) for name, kept in server.jobs().items()}
    begin = max(entry.n for entry in server.log())
    server.set_faults(Fault("die", requests=(begin + at,), done=done))
    broken = Syncing(server, limits=Limits(connect=1, read=2, deadline=0.2, first_wait=0.02)).apply(jobs[2])
    assert broken.outcome.stopped
    assert not broken.outcome.complete
    for name, kept in server.jobs().items():
        assert script(kept.xml) == old[name] or "VERSION=2" in script(kept.xml)
    server.restart()
    server.set_faults()
    finished = Syncing(server).apply(jobs[2])
    assert finished.outcome.complete
    assert pending(Syncing(server).plan(jobs[2], verify=True)) == []
    assert {name: kept.created for name, kept in server.jobs().items()} == dict.fromkeys(old, 1)


@pytest.mark.slow
@pytest.mark.parametrize("done", [False, True], ids=["before the work", "after it"])
@pytest.mark.parametrize("at", [3, 11, 25])
def test_a_server_that_comes_back_is_waited_for(
    make_double: Callable[..., Double], at: int, done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else each wait is as long as all before it.
    monkeypatch.setattr("transpiler.jenkins_sync.server.client._LONGEST_WAIT", 0.1)
    server = make_double(down=0.2, starting=2, faults=[Fault("die", requests=(at + 2,), done=done)])
    jobs = [job(f"job-{n}") for n in range(20)]
    finished = Syncing(server).apply(jobs)
    assert finished.outcome.complete, finished.outcome
    assert pending(Syncing(server).plan(jobs, verify=True)) == []
    made = [path for what, path in server.events() if what == "create"]
    assert sorted(made) == sorted(["ci", *(each.path for each in jobs)])


@pytest.mark.parametrize("number", [1, 40, 200])
def test_what_creating_costs_and_what_leaving_alone(make_double: Callable[..., Double], number: int) -> None:
    server = make_double()
    jobs = [job(f"job-{n}", folder=f"ci/{n % 3}") for n in range(number)]
    assert Syncing(server).apply(jobs).outcome.complete
    first = len(server.log())
    assert first <= 1.1 * number + 10
    assert Syncing(server).apply(jobs).outcome.complete
    assert len(server.log()) - first <= 5  # the top, `ci` and the folders in it, each once
    assert pending(Syncing(server).plan(jobs)) == []


FAILURES = [(kind, False) for kind in ("429", "500", "502", "503", "504", "reset", "hang", "expired")]
FAILURES += [(kind, True) for kind in ("500", "502", "503", "504", "truncated", "hang", "lost")]


@pytest.mark.parametrize(
    ("kind", "done"), FAILURES, ids=[f"{kind} {'after' if done else 'before'} the work" for kind, done in FAILURES]
)
def test_each_thing_that_is_done_survives_each_failure(
    make_double: Callable[..., Double], kind: str, done: bool
) -> None:
    server = make_double(hang=0.05, retry_after=0)
    syncing = Syncing(server, password=True)
    assert syncing.apply([job("kept"), job("old"), job("gone", folder="away")]).outcome.complete
    before = len(server.events())
    posts = [r"/createItem\?name=new$", r"/createItem\?name=deep$", "/kept/config.xml", "/gone/doDelete"]
    posts += ["/away/doDelete", "/old/confirmRename"]
    server.set_faults(*(Fault(kind, path=f"^POST .*{post}", done=done, times=1) for post in posts))
    renamed = job("renamed", made_from="old")
    jobs = [job("kept", 2), renamed, job("new"), job("inner", folder="ci/deep")]
    found = syncing.apply(jobs)
    assert found.outcome.complete, [result for result in found.results if result.why]
    assert [entry.fault for entry in server.log() if entry.fault] == [kind] * len(posts)
    assert pending(syncing.plan(jobs, verify=True)) == []
    assert sorted(server.jobs()) == ["ci", "ci/deep", "ci/deep/inner", "ci/kept", "ci/new", "ci/renamed"]
    events = [event for event in server.events()[before:] if event[0] != "update"]
    assert sorted(events) == [
        ("create", "ci/deep"),
        ("create", "ci/deep/inner"),
        ("create", "ci/new"),
        ("delete", "away"),
        ("delete", "away/gone"),
        ("rename", "ci/renamed"),
    ]
