"""GitLab's `rules`: the grammar of `if`, and which jobs a pipeline gets.

Written from GitLab's documentation of CI/CD job rules. An `if` knows only `$NAME`, strings, patterns, `null` and the
operators; anything else makes GitLab refuse the file, which neither its schema nor gitlab-ci-local notices.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TOKEN = re.compile(
    r"""\s*(?: (?P<variable> \$[A-Za-z_][A-Za-z0-9_]* )
             | (?P<string> "[^"]*" | '[^']*' )
             | (?P<pattern> /(?:\\.|[^/\\\n])+/[ismU]* )
             | (?P<null> null\b )
             | (?P<operator> == | != | =~ | !~ | && | \|\| | \( | \) ) )""",
    re.VERBOSE,
)

# Pipelines that every project meets. Fork: a merge request whose source is another project.
_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_ID": "70",
    "CI_MERGE_REQUEST_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_PROJECT_PATH": "group/project",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "group/project",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_OPEN_MERGE_REQUESTS": "group/project!7",
    "CI_COMMIT_REF_NAME": "feature",
}
_ALWAYS = {"CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_ID": "1", "CI_PROJECT_PATH": "group/project"}
_PROTECTED = {"CI_COMMIT_REF_PROTECTED": "true"}
SCENARIOS: Mapping[str, Mapping[str, str]] = {
    "merge_request": _ALWAYS | _REQUEST,
    "fork": _ALWAYS
    | _REQUEST
    | {
        "CI_PROJECT_ID": "2",
        "CI_PROJECT_PATH": "fork/project",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "fork/project",
    },
    "branch": _ALWAYS | {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "feature", "CI_COMMIT_REF_NAME": "feature"},
    "branch_of_request": _ALWAYS
    | {
        "CI_PIPELINE_SOURCE": "push",
        "CI_COMMIT_BRANCH": "feature",
        "CI_COMMIT_REF_NAME": "feature",
        "CI_OPEN_MERGE_REQUESTS": "group/project!7",
    },
    "default_branch": _ALWAYS
    | _PROTECTED
    | {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"},
    "tag": _ALWAYS | _PROTECTED | {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1.0", "CI_COMMIT_REF_NAME": "v1.0"},
    "schedule": _ALWAYS
    | _PROTECTED
    | {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"},
    "schedule_of_tag": _ALWAYS
    | _PROTECTED
    | {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_TAG": "v1.0", "CI_COMMIT_REF_NAME": "v1.0"},
}

Expression = tuple[Any, ...]


class BadExpression(ValueError):
    pass


def parse(source: str) -> Expression:
    tokens = list(_tokens(source))
    tree, rest = _either(tokens)
    if rest:
        raise BadExpression(f"`{rest[0][1]}` is not expected here: {source}")
    return tree


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    place = 0
    while source[place:].strip():
        found = TOKEN.match(source, place)
        if not found:
            raise BadExpression(f"not part of a rule: {source[place:].strip()}")
        kind = str(found.lastgroup)
        yield kind, found[kind]
        place = found.end()


Tokens = list[tuple[str, str]]


def _either(tokens: Tokens) -> tuple[Expression, Tokens]:
    left, tokens = _both(tokens)
    while tokens and tokens[0][1] == "||":
        right, tokens = _both(tokens[1:])
        left = ("||", left, right)
    return left, tokens


def _both(tokens: Tokens) -> tuple[Expression, Tokens]:
    left, tokens = _comparison(tokens)
    while tokens and tokens[0][1] == "&&":
        right, tokens = _comparison(tokens[1:])
        left = ("&&", left, right)
    return left, tokens


def _comparison(tokens: Tokens) -> tuple[Expression, Tokens]:
    if tokens and tokens[0][1] == "(":
        inner, rest = _either(tokens[1:])
        if not rest or rest[0][1] != ")":
            raise BadExpression("a parenthesis is not closed")
        return inner, rest[1:]
    left, tokens = _value(tokens)
    if not tokens or tokens[0][1] not in ("==", "!=", "=~", "!~"):
        if left[0] != "variable":
            raise BadExpression(f"`{left[1]}` alone says nothing")
        return left, tokens
    operator = tokens[0][1]
    right, tokens = _value(tokens[1:])
    if operator in ("=~", "!~") and right[0] not in ("pattern", "variable"):
        raise BadExpression(f"`{operator}` needs a pattern")
    return (operator, left, right), tokens


def _value(tokens: Tokens) -> tuple[Expression, Tokens]:
    if not tokens or tokens[0][0] == "operator":
        raise BadExpression(f"a value is missing before `{tokens[0][1]}`" if tokens else "it ends too early")
    kind, text = tokens[0]
    return (kind, text), tokens[1:]


def holds(tree: Expression, variables: Mapping[str, str]) -> bool:
    match tree:
        case ("||", left, right):
            return holds(left, variables) or holds(right, variables)
        case ("&&", left, right):
            return holds(left, variables) and holds(right, variables)
        case ("==", left, right):
            return _text(left, variables) == _text(right, variables)
        case ("!=", left, right):
            return _text(left, variables) != _text(right, variables)
        case ("=~", left, right):
            return _matches(left, right, variables)
        case ("!~", left, right):
            return not _matches(left, right, variables)
    return bool(_text(tree, variables))


def _text(value: Expression, variables: Mapping[str, str]) -> str | None:
    kind, text = value
    if kind == "variable":
        return variables.get(text[1:])
    return None if kind == "null" else text[1:-1]


def _matches(left: Expression, right: Expression, variables: Mapping[str, str]) -> bool:
    subject = _text(left, variables)
    source = variables.get(right[1][1:], "") if right[0] == "variable" else right[1]
    if subject is None or not source.startswith("/"):
        return False
    body, _, flags = source[1:].rpartition("/")
    return re.search(body, subject, re.IGNORECASE if "i" in flags else 0) is not None


def first_match(rules: Sequence[Mapping[str, Any]], variables: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The rule that decides. `changes` and `exists` are taken to hold: what a commit touches is not known here."""
    for rule in rules:
        if "if" not in rule or holds(parse(str(rule["if"])), variables):
            return rule
    return None
