"""The fixes of `lint --fix`: every diagnostic that the catalogue calls `automatic` has one. No other has: `test_bad`.

The input is the diagnostic's example, or `tests/data/fixes/<code>.yaml` where the example leaves a choice; what is
changed is in `tests/data/fixes/<code>.diff`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.catalogue import CATALOGUE
from support.repositories import CONFIG, add_stand_ins

from product.test_bad import ROOT, compiled
from transpiler.app.fix import fix
from transpiler.app.place import Place
from transpiler.driver import Outcome, Request, understand
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.lowering import lower
from transpiler.migration.rounds import document, lost_comments
from transpiler.program import Plan

FIXES = ROOT / "tests/data/fixes"
BESIDE = {"missing-build-file": "variants: {test: {}}\n", "unreadable-build-file": "varaints: {test: {}}  # of ours\n"}
"""The blubberfile of an input of its own, where the usual one would not do."""
AUTOMATIC = sorted(code for code, entry in CATALOGUE.items() if "automatic" in entry)


def made(code: str, root: Path) -> Request:
    """A repository whose config, or profile, has this mistake."""
    own = FIXES / f"{code}.yaml"
    if not own.exists():
        compiled(code, root)
    else:
        (root / ".pipeline").mkdir()
        (root / CONFIG).write_bytes(own.read_bytes())
        if code in BESIDE:
            (root / ".pipeline/blubber.yaml").write_text(BESIDE[code])
        else:
            add_stand_ins(root)
    profile = root / ".pipeline/profile.yaml"
    return Request(root, CONFIG, str(profile) if profile.exists() else "wikimedia", project="team/ores")


def plan(outcome: Outcome) -> Plan | None:
    return lower(outcome.workflow, outcome.profile) if outcome.workflow and outcome.profile else None


@pytest.mark.parametrize("code", AUTOMATIC)
def test_the_fix_does_what_the_hint_says(code: str, tmp_path: Path, golden_text: Callable[[Path, str], None]) -> None:
    request = made(code, tmp_path)
    place, before = Place(tmp_path, CONFIG, ""), understand(request)
    text = (tmp_path / CONFIG).read_bytes().decode()
    shown = fix(place, request, write=False)
    assert (tmp_path / CONFIG).read_bytes().decode() == text, "--diff writes nothing"
    written = fix(place, request, write=True)
    assert written.done == shown.done != ()
    assert code in "".join(what for what, _ in written.done)
    after = understand(request)
    assert code not in {diagnostic.code for diagnostic in after.diagnostics}
    assert fix(place, request, write=True).done == (), "once more changes nothing"
    old, new = document(text, CONFIG), document((tmp_path / CONFIG).read_text(), CONFIG)
    assert old is None or lost_comments(old, new) == []
    if CATALOGUE[code]["severity"] == "note":
        assert plan(after) == plan(before) is not None
    golden_text(FIXES / f"{code}.diff", shown.difference)


def test_no_expected_change_is_left_over() -> None:
    assert {path.stem for path in FIXES.iterdir()} == set(AUTOMATIC)


def test_a_file_that_is_too_large_stays(tmp_path: Path) -> None:
    request = made("unknown-key", tmp_path)
    with (tmp_path / CONFIG).open("ab") as config:
        config.write(b"#" * MAX_BYTES)
    assert fix(Place(tmp_path, CONFIG, ""), request, write=True).done == ()
