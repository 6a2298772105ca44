"""How texts and loops stand in a program. What they come to in the shell, and that it is what the language says, is the
law of `tests/laws/test_expressions.py`."""

from __future__ import annotations

from support.ir_by_hand import lowered, own, run_step, setup, stage, text, token

from transpiler import ir
from transpiler.expressions import Loop, literal


def test_a_loop_over_lines_reads_like_one() -> None:
    loop = Loop(("page",), text(own("output", stage="src")), "\n", text("--page=", token("page")))
    program = lowered(stage("src", run_step(literal("i"), tail=-1)), stage("web", run_step(literal("i"), loop)))
    assert program.stage("web").lines[4:9] == (
        "set --",
        'while IFS= read -r page || [ -n "$page" ]; do',
        '    [ -n "$page" ] || continue',
        '    set -- "$@" "--page=$page"',
        'done < "$values/src.output"',
    )


def test_values_that_end_in_newlines_are_read_whole() -> None:
    export = ir.Export("x", text("<", own("a", stage="src"), own("b", stage="src"), ">"))
    first = stage("src", ir.Export("a", text(setup("params.A"))), ir.Export("b", text("b", setup("tag"))))
    assert lowered(first, stage("web", export)).stage("web").lines[1:3] == (
        'src_a=$(cat "$values/src.a" && echo .); src_a=${src_a%.}',
        'src_b=$(cat "$values/src.b")',
    )


def test_names_that_mean_something_to_the_shell_are_not_taken() -> None:
    exports = [ir.Export(name, text(setup("params.A"))) for name in ("PATH", "run", "a-b", "a.b", "setup_x", "iid")]
    reads = [ir.Export(f"r{i}", text(own(e.name), "!")) for i, e in enumerate(exports)]
    lines = lowered(stage("web", *exports, *reads)).stage("web").lines
    assigned = [line.split("=")[0] for line in lines if "=" in line and not line.startswith("printf")]
    assert assigned == ["value_PATH", "value_run", "a_b", "value_a_b", "value_setup_x", "iid"]
    assert "web.iid-2" in "\n".join(lines)
