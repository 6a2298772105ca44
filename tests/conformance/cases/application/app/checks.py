"""The tests of the application, for pytest."""

import http.server
import threading
import urllib.request
from collections.abc import Callable, Iterator

import counter
import pytest

Page = Callable[[str], str]


@pytest.fixture
def page() -> Iterator[Page]:
    """Answers what the application says on a page."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), counter.Counter)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    there = f"http://127.0.0.1:{server.server_port}"
    yield lambda path: urllib.request.urlopen(there + path, timeout=10).read().decode()
    server.shutdown()
    server.server_close()


def test_healthy(page: Page) -> None:
    assert page("/healthy") == "PONG"


def test_each_page_counts_by_itself(page: Page) -> None:
    assert [page("/a"), page("/a"), page("/b")] == ["1", "2", "1"]


def test_a_mistake_is_told() -> None:
    with pytest.raises(ValueError, match="ERR unknown command"):
        counter.ask("NONSENSE")
