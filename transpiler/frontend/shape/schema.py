"""Checks a document against a JSON Schema and reports violations in the user's words.

The schemas hold the knowledge: which keys there are, what they mean (`description`) and what a form is called
(`title`). This module knows how to explain a violation, and must not know a key of any schema; mistakes that need their
own messages are in `mistakes`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.shape.accept import acceptor
from transpiler.frontend.shape.mistakes import as_meant
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.nodes import Document, Node

if TYPE_CHECKING:
    from transpiler.frontend.shape.vocabulary import Vocabulary

_CALLED = {"profile": "profile", "helm-config": "helm config"}
"""The word in messages for a document of a schema; documents of all other schemas are configs."""


def check(document: Document, schema: str, diagnostics: Diagnostics) -> bool:
    """Whether the document has the shape of `schema` (such as "config" or "profile"); what is wrong goes to
    `diagnostics`."""
    accepts = acceptor(schema)
    if accepts(document.root):
        return True
    found = Diagnostics()
    root = as_meant(document, schema, found) if schema not in _CALLED else document.root
    if not accepts(root):
        _explain(schema, document, root, found)
    diagnostics.extend(found)
    return not found.failed


def _explain(schema: str, document: Document, root: Node, diagnostics: Diagnostics) -> None:
    # Imported here because a valid document does not need it.
    from transpiler.frontend.shape.json_values import plain  # noqa: PLC0415
    from transpiler.frontend.shape.violations import Explainer, Violation  # noqa: PLC0415

    explainer = Explainer(_CALLED.get(schema, "config"), _vocabulary(schema), document, root, diagnostics)
    explainer.explain(Violation.of(error) for error in _validator(schema).iter_errors(plain(root)))


@cache
def _vocabulary(schema: str) -> Vocabulary:
    # Imported here for the same reason.
    from transpiler.frontend.shape.vocabulary import Vocabulary  # noqa: PLC0415

    return Vocabulary(_validator(schema).schema)


@cache
def _validator(schema: str) -> Any:
    # It takes 80 ms to import.
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415

    # JSON Schema calls 1.0 an integer; in a config it is a string, such as a version.
    strict = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    validator: Any = extend(Draft202012Validator, type_checker=strict)  # type: ignore[no-untyped-call]
    return validator(schema_of(schema))
