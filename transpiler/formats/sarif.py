"""SARIF 2.1.0 (OASIS): one run, whose rules are the codes that were found, with what `explain` says of them.

Columns count characters, as in spans. `tool` comes after `results`, so that results are written as they arrive.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any
from urllib.parse import quote

from transpiler.catalogue import Entry, entry
from transpiler.diagnostics import Diagnostic, Severity, Span
from transpiler.formats.finding import Finding, Fingerprints, Found, Unprocessed
from transpiler.report import visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LINK = re.compile(r"\[([^\]]*)\]\(")


def pieces(found: Iterable[Found]) -> Iterator[str]:
    """The document, as it arrives. Repositories that could not be processed are notifications of the invocation."""
    fingerprints, rules, failures = Fingerprints(), dict[str, int](), list[Unprocessed]()
    yield (
        f'{{\n  "$schema": {json.dumps(_SCHEMA)},\n  "version": "2.1.0",\n  "runs": [\n    {{\n'
        '      "columnKind": "unicodeCodePoints",\n      "results": ['
    )
    before = ""
    for one in found:
        if isinstance(one, Unprocessed):
            failures.append(one)
            continue
        index = rules.setdefault(one.diagnostic.code, len(rules))
        yield f"{before}\n        {_indented(_result(one, index, fingerprints.of(one)), 8)}"
        before = ","
    yield "\n      ],\n" if before else "],\n"
    yield f'      "tool": {_indented(_tool(rules), 6)},\n'
    yield f'      "invocations": {_indented([_invocation(failures)], 6)}\n    }}\n  ]\n}}\n'


def _indented(value: object, by: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n" + " " * by)


def _result(finding: Finding, index: int, fingerprint: str) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    place = {"artifactLocation": _artifact(finding.file), **_region(diagnostic)}
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": _message(finding.words),
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"transpipe/v1": fingerprint},
        **_fixes(finding),
    }


def _fixes(finding: Finding) -> dict[str, Any]:
    """The one sure edit that the hint names, if there is one."""
    fix = finding.diagnostic.fix
    if not fix:
        return {}
    replacements = [
        {"deletedRegion": _place(change.span), "insertedContent": {"text": visible(change.text)}}
        for change in fix.changes
    ]
    change = {"artifactLocation": _artifact(finding.file), "replacements": replacements}
    return {"fixes": [{"description": _message(finding.diagnostic.hint), "artifactChanges": [change]}]}


def _message(words: str) -> dict[str, str]:
    # `[text](place)` would be a link.
    return {"text": _LINK.sub(r"\\[\1\\](", visible(words))}


def _artifact(file: str) -> dict[str, str]:
    path = quote(_bytes(file))
    return {"uri": f"file://{path}"} if path.startswith("/") else {"uri": path, "uriBaseId": "%SRCROOT%"}


def _bytes(file: str) -> bytes:
    try:
        return os.fsencode(file)
    except UnicodeEncodeError:  # no file has such a name, but a config may ask for one
        return visible(file).encode()


def _region(diagnostic: Diagnostic) -> dict[str, Any]:
    return {"region": _place(diagnostic.span)} if diagnostic.span else {}


def _place(span: Span) -> dict[str, int]:
    names = ("startLine", "startColumn", "endLine", "endColumn")
    return dict(zip(names, span[1:], strict=True))


def _tool(rules: Iterable[str]) -> dict[str, Any]:
    driver = {
        "name": "transpipe",
        "version": metadata.version("transpipe"),
        "rules": [_rule(entry(code)) for code in rules],
    }
    return {"driver": driver}


def _rule(found: Entry) -> dict[str, Any]:
    example = f"Example:\n\n{found.example}"
    markdown = f"{found.meaning}\n\nExample:\n\n```yaml\n{found.example}\n```\n\n**Fix:** {found.fix}"
    return {
        "id": found.code,
        "shortDescription": {"text": found.title},
        "fullDescription": {"text": found.meaning},
        "help": {"text": f"{found.meaning}\n\n{example}\n\nFix: {found.fix}", "markdown": markdown},
        "defaultConfiguration": {"level": Severity(found.severity).value},
        "properties": {"tags": [found.area]},
    }


def _invocation(failures: list[Unprocessed]) -> dict[str, Any]:
    made: dict[str, Any] = {"executionSuccessful": not failures}
    if failures:
        made["toolExecutionNotifications"] = [
            {"level": "error", "message": _message(failure.message)} for failure in failures
        ]
    return made
