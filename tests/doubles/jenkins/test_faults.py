"""The ways in which a double goes wrong, and what is left afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
import requests

from doubles.jenkins.conftest import Client
from doubles.jenkins.process import every_way
from doubles.jenkins.settings import FAULTS, Fault

Start = Callable[..., Client]
BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.mark.parametrize("done", [False, True], ids=["before the work", "after it"])
@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504"])
def test_a_status_comes_before_or_after_the_work(start: Start, kind: str, done: bool) -> None:
    if kind == "429" and done:
        with pytest.raises(ValueError, match="nothing was done"):
            Fault(kind, done=True)
        return
    client = start(faults=[Fault(kind, requests=(1,), done=done)], retry_after=7)
    answer = client.create("a")
    assert answer.status_code == int(kind)
    assert answer.headers.get("Retry-After") == ("7" if kind == "429" else None)
    assert list(client.to.jobs()) == (["a"] if done else [])
    assert client.create("b").status_code == 200


@pytest.mark.parametrize(
    ("kind", "done"), [("reset", False), ("lost", True), ("truncated", True), ("hang", False), ("die", False)]
)
def test_a_broken_answer_tells_nothing_of_the_work(start: Start, kind: str, done: bool) -> None:
    client = start(faults=[Fault(kind, requests=(1,))], hang=0.2, down=0)
    with pytest.raises(BROKEN):
        client.create("a")
    assert list(client.to.jobs()) == (["a"] if done else [])


def test_a_truncated_answer_promises_more_than_it_holds(start: Start) -> None:
    client = start(faults=[Fault("truncated", path="GET /api/json", times=1)])
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get("api/json")
    assert client.get("api/json").status_code == 200


def test_a_hang_is_longer_than_a_time_out(start: Start) -> None:
    client = start(faults=[Fault("hang", requests=(1,))], hang=3)
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.session.get(f"{client.to.url}/api/json", timeout=0.2)


def test_faults_strike_where_the_path_says(start: Start) -> None:
    client = start(faults=[Fault("503", path=r"POST .*createItem\?name=b$", times=2)])
    assert [client.create(name).status_code for name in "abbb"] == [200, 503, 503, 200]


def test_a_share_of_requests_fails_the_same_for_the_same_seed(start: Start) -> None:
    def fates(seed: int) -> list[int]:
        client = start(seed=seed, faults=[Fault("502", rate=0.2), Fault("429", rate=0.2)])
        return [client.get("api/json").status_code for _ in range(100)]

    assert fates(1) == fates(1) != fates(2)
    assert 5 < fates(1).count(502) < 40 > fates(1).count(429) > 5


def test_a_rate_of_nothing_is_nothing(start: Start) -> None:
    client = start(faults=[Fault("502", rate=0.0)])
    assert client.get("api/json").status_code == 200


def test_every_way_is_every_way(start: Start) -> None:
    ways = every_way(0.1, without=())
    assert {way.kind for way in ways} == set(FAULTS)
    assert sum(way.rate for way in ways) == pytest.approx(0.1)
    client = start(faults=every_way(1.0), hang=0.01, seed=3)
    for _ in range(150):
        try:
            client.get("api/json")
        except BROKEN:
            client.session.close()
    assert {entry.fault for entry in client.to.log()} == set(FAULTS) - {"die"}


def test_getting_ready_to_work_is_html_for_anybody(start: Start) -> None:
    client = start(starting=2)
    client.session.auth = None
    answers = [client.get("api/json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 403]
    assert "getting ready to work" in answers[0].text
    client.to.restart()
    assert client.get("api/json").status_code == 503


@pytest.mark.parametrize("done", [False, True], ids=["before the work", "after it"])
def test_a_server_that_died_comes_back_with_what_it_had(start: Start, done: bool) -> None:
    client = start(faults=[Fault("die", requests=(4,), done=done)], down=0.2, starting=1)
    client.get("api/json")
    client.create("a")
    client.create("b")
    with pytest.raises(BROKEN):
        client.create("c")
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(client.to.url, timeout=5)
    pid, deadline = client.to.pid, time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if client.get("api/json").status_code == 200:
                break
        except BROKEN:
            time.sleep(0.05)
    assert client.to.pid == pid
    names = [job["name"] for job in client.get("api/json?tree=jobs[name]").json()["jobs"]]
    assert names == (["a", "b", "c"] if done else ["a", "b"])
    assert [entry.status for entry in client.to.log() if entry.fault == "die"] == [0]


def test_a_server_may_stay_dead_until_it_is_started(start: Start) -> None:
    client = start(faults=[Fault("die", path="name=b", times=1)], down=-1)
    client.create("a")
    with pytest.raises(BROKEN):
        client.create("b")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("api/json")
    client.to.restart()
    assert client.create("b").status_code == 200
    assert list(client.to.jobs()) == ["a", "b"]


def test_latency_is_each_requests_own(start: Start) -> None:
    client = start(latency=0.2)
    threads = [threading.Thread(target=requests.get, args=(client.to.url,), kwargs={"timeout": 9}) for _ in range(8)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= time.monotonic() - begin < 1.2


def test_two_who_create_one_job_at_once(start: Start) -> None:
    client = start()
    found: list[int] = []
    others = [Client(client.to) for _ in range(8)]
    threads = [threading.Thread(target=lambda c=other: found.append(c.create("a").status_code)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {200: 1, 400: 7}
    assert client.to.jobs()["a"].created == 1
    for other in others:
        other.session.close()


def test_the_log_has_every_request(start: Start) -> None:
    client = start(faults=[Fault("lost", requests=(2,))])
    client.get("api/json?tree=name")
    with pytest.raises(BROKEN):
        client.create("a")
    assert [(e.n, e.method, e.path, e.status, e.fault) for e in client.to.log()] == [
        (1, "GET", "/api/json?tree=name", 200, ""),
        (2, "POST", "/createItem?name=a", 0, "lost"),
    ]
    assert client.to.log(since=2) == ()


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Fault("flood")
