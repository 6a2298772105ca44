"""From text to PyYAML's node graph, within bounds.

libyaml's composer recurses in C and crashes the process at some thousand nested brackets, so depth and number of nodes
are counted while it composes. PyYAML's types of scalars (YAML 1.1) are ignored: every node that has no explicit tag
carries UNTAGGED. This module must not know what a config is.
"""

from __future__ import annotations

import re

import yaml

from transpiler.diagnostics import Change, Diagnostic, Fix, Severity
from transpiler.frontend.suggestions import nearest
from transpiler.frontend.yaml.places import Places
from transpiler.frontend.yaml.syntax import explain
from transpiler.yaml_loader import Loader

MAX_DEPTH = 100
MAX_NODES = 100_000
UNTAGGED = "?"
_TOO_DEEP, _NEST_LESS = f"Lists and mappings are nested more than {MAX_DEPTH} levels deep here.", "Use fewer levels."


class Refused(Exception):
    """Ends the reading of a file, because any further error could be a consequence of this one."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Bounded:
    """Mixed into a PyYAML loader, whose composer calls these three around every node."""

    places: Places
    depth = 0
    nodes = 0

    # `str.format` accepts any arguments and always returns the same string here; it is faster than a method of our own.
    resolve = UNTAGGED.format

    def descend_resolver(self, parent: yaml.Node | None, _index: object) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH:
            raise too_deep(self.places, parent)
        if self.nodes > MAX_NODES:
            raise too_large(self.places, parent)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class _Loader(_Bounded, Loader):
    """PyYAML's loader, within bounds."""


def compose(text: str, places: Places) -> yaml.Node | None:
    """The root node of the only document in `text`; None if there is no document. Raises Refused."""
    loader = _Loader(text)
    loader.places = places
    try:
        root: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _refusal(error, text, places) from None
    except (ValueError, OverflowError):
        # The Python loader raises these on escapes such as "\U00110000"; libyaml rejects them properly.
        message = "An escape in this file is not a valid character, or a number in a directive is too long."
        raise Refused(Diagnostic("yaml-syntax", Severity.ERROR, message, places.span(0, 0))) from None
    finally:
        loader.dispose()
    return root


def too_deep(places: Places, node: yaml.Node | None) -> Refused:
    """The error for nesting beyond MAX_DEPTH, with aliases followed."""
    return _at_node("too-deep", _TOO_DEEP, places, node, _NEST_LESS)


def too_large(places: Places, node: yaml.Node | None) -> Refused:
    """The error for more than MAX_NODES nodes, with aliases expanded."""
    message = f"The file contains more than {MAX_NODES:,} values; each alias counts as everything that it stands for."
    return _at_node("too-large", message, places, node, "Use fewer aliases of large values.")


def _at_node(code: str, message: str, places: Places, node: yaml.Node | None, hint: str) -> Refused:
    index = node.start_mark.index if node else 0
    return Refused(Diagnostic(code, Severity.ERROR, message, places.span(index, index + 1), hint))


def _refusal(error: yaml.MarkedYAMLError, text: str, places: Places) -> Refused:
    index = error.problem_mark.index if error.problem_mark else 0
    complaint = f"{error.context}; {error.problem}"
    if "maximum nesting depth" in complaint:  # libyaml 0.2.6 counts brackets too, and reads ahead of the composer
        return Refused(Diagnostic("too-deep", Severity.ERROR, _TOO_DEEP, places.span(index, index + 1), _NEST_LESS))
    name = m[0] if (m := re.compile(r"[*&][\w-]+").match(text, index)) else ""
    code, hint, end, fix = "yaml-syntax", "", index + max(len(name), 1), None
    if "undefined alias" in complaint:
        code, message = "undefined-alias", f"There is no anchor `&{name[1:]}` before this alias."
        hint = f"Write `&{name[1:]}` before the value to repeat, or quote the string if no alias is meant."
        near = nearest(name[1:], set(re.findall(r"(?<!\S)&([\w-]+)", text[:index])))
        if near.sure:
            hint = f"Did you mean `*{near.name}`?"
            fix = Fix((Change(places.span(index + 1, end), near.name),))
    elif "duplicate anchor" in complaint:
        first = places.span(error.context_mark.index, error.context_mark.index) if error.context_mark else None
        code, message = (
            "duplicate-anchor",
            f"The anchor `{name}` is already defined on line {first.line if first else 1}.",
        )
        hint = "Rename one of them."
    elif "single document" in complaint:
        code, end = "several-documents", index + 3
        message = "A second YAML document starts here, but transpipe reads only one."
        hint = "Remove the `---` and what follows, or put the pipelines of both under one `pipelines:`."
    else:
        message, hint, index, edit = explain(error, text)
        end = index + len(text[index : index + 1].strip("\r\n"))
        fix = Fix((Change(places.span(edit.start, edit.end), edit.text),)) if edit else None
    return Refused(Diagnostic(code, Severity.ERROR, message, places.span(index, end), hint, fix=fix))
