"""The search for secrets finds them in every way in which a file may hold them."""

from __future__ import annotations

import base64
import gzip
import json
import shlex
from pathlib import Path

import pytest

from .secrecy import kept

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
