"""What Zuul's own matcher of files says, in Zuul's Python: one line of JSON in, one out.

    {"asked": [[regexes, files], …], "gerrit": {path: {…}}}  →  {"matches": [true, …], "files": [path, …]}

`gerrit` is Gerrit's answer about the files of a change, `files` what Zuul takes from it.
"""

import json
import sys
from contextlib import suppress
from types import SimpleNamespace

from zuul.change_matcher import FileMatcher, MatchAnyFiles
from zuul.driver.gerrit.gerritmodel import GerritChange
from zuul.lib.re2util import ZuulRegex


def matches(regexes, files):
    """Whether a job with `files` of these expressions runs."""
    return bool(
        MatchAnyFiles([FileMatcher(ZuulRegex(regex)) for regex in regexes]).matches(SimpleNamespace(files=files))
    )


def told(gerrit):
    """The files of a change, as Zuul takes them from Gerrit's REST API."""
    change = GerritChange(None)
    source = SimpleNamespace(getProject=lambda name: SimpleNamespace(name=name))
    connection = SimpleNamespace(baseurl="https://review.example.org", version=(3, 9, 0), source=source)
    revision = {"_number": 1, "ref": "refs/changes/01/1/1"}
    data = {"current_revision": "c", "revisions": {"c": revision}, "project": "p", "change_id": "I1", "branch": "main"}
    with suppress(KeyError):  # what comes after the files is not told here
        change.updateFromHTTP(data, gerrit, None, connection)
    return list(change.files)


for line in sys.stdin:
    request = json.loads(line)
    print(
        json.dumps({"matches": [matches(*one) for one in request["asked"]], "files": told(request["gerrit"])}),
        flush=True,
    )
