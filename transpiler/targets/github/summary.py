"""Shows reports in a job's summary: how many tests there were, which have failed, how much is covered.

A runner has Python as a rule; without it the summary says that the reports are among the artifacts. What is in a report
may be anything: it is put into `<pre>`, in which nothing is Markdown, with everything escaped that HTML knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from transpiler.program import Report
from transpiler.quoting import sh

_PYTHON = """\
import glob, html, os, sys
import xml.etree.ElementTree as tree

def shown(text, most):
    return html.escape(" ".join(str(text).split())[:most])

def junit(root):
    cases = list(root.iter("testcase"))
    failed = [(case, part) for case in cases for part in case if part.tag in ("failure", "error")]
    skipped = sum(case.find("skipped") is not None for case in cases)
    yield "{} tests, {} failed, {} skipped".format(len(cases), len({id(case) for case, _ in failed}), skipped)
    for case, part in failed[:50]:
        name = shown("{}.{}".format(case.get("classname", ""), case.get("name", "")).strip("."), 200)
        yield "  {}: {}".format(name, shown(part.get("message") or part.text or "", 300))
    if len(failed) > 50:
        yield "  and {} more".format(len(failed) - 50)

def cobertura(root):
    yield "{:.1f} % of lines covered".format(100 * float(root.get("line-rate", 0)))

with open(os.environ.get("GITHUB_STEP_SUMMARY") or os.devnull, "a", encoding="utf-8") as summary:
    for word in sys.argv[1:]:
        kind, _, path = word.partition(":")
        below = sorted(glob.glob(os.path.join(glob.escape(path), "**", "*.xml"), recursive=True))
        for file in [path] if os.path.isfile(path) else below:
            try:
                if os.path.islink(file) or os.path.getsize(file) > 50000000:
                    raise ValueError("it is a link, or too large")
                lines = list({"junit": junit, "cobertura": cobertura}[kind](tree.parse(file).getroot()))
            except (OSError, ValueError, tree.ParseError) as why:
                lines = ["not a report that can be read: {}".format(shown(why, 200))]
            head, *rest = lines
            lines = ["{}: {}".format(shown(file, 200), head), *rest]
            print(*lines, sep=os.linesep)
            print("<pre>", *lines, "</pre>", "", sep=os.linesep, file=summary)
"""


def lines(reports: Sequence[Report]) -> tuple[str, ...]:
    """The lines of the step."""
    words = " ".join(sh(f"{report.kind}:{report.path}") for report in reports)
    none = "- The reports are among the artifacts: this runner has no Python, which would list them here."
    return (
        'echo "::stop-commands::$stop_token"',
        "if ! command -v python3 > /dev/null; then",
        f'    echo {sh(none)} >> "${{GITHUB_STEP_SUMMARY:-/dev/null}}"',
        "    exit 0",
        "fi",
        f"python3 - {words} <<'END'",
        *_PYTHON.splitlines(),
        "END",
    )
