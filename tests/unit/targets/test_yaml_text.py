"""The quick reading of emitted YAML: what PyYAML's safe loader says, on goldens and any scalar; but stricter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from transpiler.frontend.yaml.reader import _SCALARS, core_kind
from transpiler.nodes import Kind
from transpiler.targets.yaml_text import load

GOLDEN = Path(__file__).resolve().parents[3] / "golden"


class _Reference(yaml.SafeLoader):
    """PyYAML's own, for which `!unsafe` is text as for Ansible."""


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Reference.add_constructor("!unsafe", _text)


def test_every_golden_means_what_pyyaml_says() -> None:
    files = [file for sign in ("*/.gitlab-ci.yml", "*/.zuul.d/*.yaml") for file in sorted(GOLDEN.glob(sign))]
    assert len(files) > 20
    for file in files:
        assert load(file.read_text()) == yaml.load(file.read_text(), _Reference)


@given(st.from_regex(r"[-+~.0-9a-zA-Z:_]{1,12}", fullmatch=True))
def test_a_plain_scalar_is_what_pyyaml_takes_it_for(text: str) -> None:
    def read(reader: Any) -> object:
        try:
            found = reader(f"[{text}]")
        except (yaml.YAMLError, ValueError):
            return "refused"
        return str(found)  # NaN is not itself

    # libyaml itself parses `[0:]` in another way than PyYAML does; what a scalar is, is decided here.
    assert read(load) == read(lambda flow: yaml.load(flow, yaml.CSafeLoader))


@pytest.mark.parametrize("text", ["{a: 1, a: 2}", "{<<: {a: 1}}", "!!python/name:os.system x", "a: !other [x]"])
def test_what_we_never_write_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load(text)


@given(st.from_regex(r"null|True|FALSE|0x1f|-\.inf|\.NaN|1e5|~|") | st.text(max_size=6))
def test_the_shortcut_by_the_first_character_leaves_no_kind_out(text: str) -> None:
    assert core_kind(text) is next((kind for kind, pattern in _SCALARS if pattern.fullmatch(text)), Kind.STR)
