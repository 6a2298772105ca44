"""The language server in a real editor, set up as `docs/editor.md` says for Debian 12's Neovim."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from support.command import tree

from .fixtures import without
from .missing import EngineMissing
from .neovim import neovim

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unnit]]
    stages:
      - {name: build, build: test}
      - {name: unit, run: {image: '${build.imageID}'}}
"""


def documented() -> str:
    """The lines of Lua for an older Neovim."""
    blocks = re.findall(r"```lua\n(.*?)```", (ROOT / "docs/editor.md").read_text(encoding="utf-8"), re.DOTALL)
    (found,) = (block for block in blocks if "start_client" in block)
    return str(found)


@pytest.mark.engine
def test_a_broken_config_is_shown_fixed_and_completed(tmp_path: Path) -> None:
    repository, bin_ = tmp_path / "repository", tmp_path / "bin"
    (repository / ".pipeline").mkdir(parents=True)
    bin_.mkdir()
    config = repository / ".pipeline/config.yaml"
    config.write_text(CONFIG)
    (repository / "Dockerfile").write_text("FROM scratch AS test\n")
    (bin_ / "transpipe").write_text(f'#!/bin/sh\nexec {sys.executable} -m transpiler "$@"\n')
    (bin_ / "transpipe").chmod(0o755)
    init = tmp_path / "init.lua"
    init.write_text(f"{documented()}\nvim.ui.select = function(items, _, chosen) chosen(items[1]) end\n")
    before = tree(repository)
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    try:
        with neovim(init, config, tmp_path / "socket", environment) as editor:
            editor.wait("#vim.diagnostic.get(0)", "1")
            assert editor.lua("vim.diagnostic.get(0)[1].code or vim.diagnostic.get(0)[1].message:match('unnit')") in (
                "unknown-stage",
                "unnit",
            )
            editor.keys(":call cursor(5, 26)<CR>:lua vim.lsp.buf.code_action()<CR>")
            editor.wait("#vim.diagnostic.get(0)", "0")
            assert editor.lines()[4] == "    execution: [[build, unit]]"
            editor.keys(":call cursor(5, 23)<CR>a unit], [bui<C-x><C-o>")
            editor.wait("vim.fn.getline(5)", "execution: [[build, unit], [build unit]]")  # the only one is inserted
    except EngineMissing as missing:
        without(missing)
    assert tree(repository) == before
