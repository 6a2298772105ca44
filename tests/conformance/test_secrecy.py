"""The search for secrets finds them in every way in which a file may hold them."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from .secrecy import Searched, kept, watched

SECRET = 't0k\'en $HOME "%s"\nö'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SECRET.encode(), id="as it is"),
        pytest.param(f"X={shlex.quote(SECRET)}".encode(), id="quoted for a shell"),
        pytest.param(json.dumps({"env": [f"X={SECRET}"]}).encode(), id="in an image's settings"),
        pytest.param(base64.b64encode(SECRET.encode()), id="as base64"),
        pytest.param(gzip.compress(b"tar" * 400 + SECRET.encode()), id="in an image's layer"),
    ],
)
def test_a_file_that_holds_a_secret_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").write_bytes(content)
    (tmp_path / "other").write_bytes(gzip.compress(b"harmless"))
    assert list(kept({"token": ("me", SECRET), "other": ("elsewhere",)}, tmp_path)) == ["secret token in a/file"]


def test_what_was_searched_is_searched_again_only_if_it_has_changed(tmp_path: Path) -> None:
    secrets, searched = {"token": (SECRET,)}, Searched()
    (tmp_path / "old").write_text("harmless")
    assert list(kept(secrets, tmp_path, searched=searched)) == []
    (tmp_path / "new").write_text(SECRET)
    assert list(kept(secrets, tmp_path, searched=searched)) == ["secret token in new"]
    assert list(kept(secrets, tmp_path, searched=searched)) == []
    (tmp_path / "old").write_text(f"no longer: {SECRET}")
    assert list(kept(secrets, tmp_path, searched=searched)) == ["secret token in old"]


@pytest.mark.parametrize("before", ["", "sleep 0.3; "], ids=["at once", "a while after it has started"])
def test_a_secret_in_the_arguments_of_a_process_is_seen(before: str, tmp_path: Path) -> None:
    """Only for a fifth of a second, and in a process that was another program before."""
    script = f'{before}exec sh -c "sleep 0.2; : "\\$1"" sh "$(cat secret)"'
    (tmp_path / "secret").write_text("t0ken")
    with watched({"token": ("t0ken",)}, tmp_path) as found:
        subprocess.run(["sh", "-c", script], cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert found == ["secret token in the arguments of sh"]
