"""Chooses Groovy names for methods: valid, unique, and not used by Groovy, the script or a Pipeline step.

If a method had the name `build`, calls of the step `build` would call it; a method `run` would replace the script
itself.
"""

from __future__ import annotations

import re

_KEYWORDS = """abstract as assert boolean break byte case catch char class const continue def default do double else
enum extends false final finally float for goto if implements import in instanceof int interface long native new null
package private protected public return short static strictfp super switch synchronized this threadsafe throw throws
trait transient true try var void volatile while yield it"""

_SCRIPT = """call clone equals evaluate finalize getClass getBinding getMetaClass getProperty hashCode invokeMethod load
main notify notifyAll print printf println run setBinding setMetaClass setProperty sleep toString wait with use each
find collect any every inspect dump tap asType is steps env params currentBuild scm docker"""

_STEPS = """node stage sh bat pwsh powershell echo error parallel dir withEnv withCredentials checkout archiveArtifacts
mail build timeout retry lock throttle milestone catchError warnError unstable stash unstash writeFile readFile
fileExists deleteDir pwd ws properties junit recordCoverage input timestamps tool step wrap library git string file
usernamePassword sshUserPrivateKey"""

_OURS = """approval approvedBy handOn takeOver onPart ask question seconds submitter files packs unpacks part
firstCommit onNode comparedWith endOlderBuilds runGraph whatHappened inLanes mailOnFailure valueOf asIs report
reportOnNode pipelines happened merged aborted branch change chosen count failure fetch file graph label lane lanes
message name patchset pipeline project ready ref result run source stages started steps succeeded value waiting"""
"""Our methods, and our variables, which Groovy would call in a method's place."""

_NO_KEYS = frozenset(_KEYWORDS.split())
_TAKEN = frozenset(f"{_KEYWORDS} {_SCRIPT} {_STEPS} {_OURS}".lower().split())
_NO_LETTER = re.compile(r"[^A-Za-z0-9_]")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Names:
    """Chooses method names. The same calls in the same order return the same names."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def method(self, *words: str) -> str:
        """Returns a new name made of these slugs, joined by `_`."""
        name = _NO_LETTER.sub("_", "_".join(words))
        if name[0].isdigit():
            name = f"_{name}"
        if name.lower() in _TAKEN:
            name = f"{name}_"
        unique, number = name, 2
        while unique.lower() in self._given:
            unique, number = f"{name}_{number}", number + 1
        self._given.add(unique.lower())
        return unique


def is_identifier(text: str) -> bool:
    """Whether Groovy accepts the text as a key of a map without quotes."""
    return bool(_IDENTIFIER.fullmatch(text)) and text not in _NO_KEYS
