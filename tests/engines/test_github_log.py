"""The reader of act's log."""

import json

from .github_log import read


def entry(**more: object) -> str:
    return json.dumps({"jobID": "one", **more}) + "\n"


def test_the_empty_line_that_act_adds_at_the_end_of_a_step_is_left_out_and_no_other() -> None:
    end = entry(msg="Success", stage="Main", step="a", stepID=["0"], stepResult="success")
    printed = [entry(msg=text, raw_output=True) for text in ("first\n", "\n", "last\n")]
    added = entry(msg="\n", raw_output=True)
    assert read(0, "".join((*printed, end))).logs == {"one": "first\n\nlast\n"}
    assert read(0, "".join((*printed, added, end, *printed, added, end))).logs == {"one": "first\n\nlast\n" * 2}
