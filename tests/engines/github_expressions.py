"""GitHub's expressions: their grammar, what they refer to, and their values.

Written from GitHub's documentation of expressions. `${{ }}` in a text is evaluated before anything else sees the text;
an `if` is an expression without it, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"""\s*(?: (?P<string> '(?:[^']|'')*' )
             | (?P<number> -?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) )
             | (?P<name> [A-Za-z_][A-Za-z0-9_-]* )
             | (?P<operator> == | != | <= | >= | && | \|\| | [<>!()\[\].,*] ) )""",
    re.VERBOSE,
)
STATUS = frozenset({"always", "success", "failure", "cancelled"})
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "contains": (2, 2),
    "startsWith": (2, 2),
    "endsWith": (2, 2),
    "format": (1, 256),
    "join": (1, 2),
    "toJSON": (1, 1),
    "fromJSON": (1, 1),
    "hashFiles": (1, 256),
    **dict.fromkeys(STATUS, (0, 0)),
}
"""Name → how many arguments it takes."""
LONGEST = 21_000
"""Characters of an expression; a text with `${{ }}` in it becomes one, with all of the text."""
_NAMES = {name.lower(): name for name in FUNCTIONS}
_LITERALS = {"true": True, "false": False, "null": None, "nan": float("nan"), "infinity": float("inf")}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

Tree = tuple[Any, ...]
Tokens = list[tuple[str, str]]


class BadExpression(ValueError):
    pass


@dataclass(frozen=True)
class Used:
    """What an expression refers to: contexts (`github`, `secrets`) and functions."""

    contexts: frozenset[str]
    functions: frozenset[str]


def parse(source: str) -> Tree:
    if len(source) > LONGEST:
        raise BadExpression(f"an expression has at most {LONGEST} characters")
    tree, rest = _binary(list(_tokens(source)), ("||", "&&", "=="))
    if rest:
        raise BadExpression(f"`{rest[0][1]}` is not expected here: {source}")
    return tree


def parts(text: str) -> Iterator[str | Tree]:
    """A text with expressions in it: its texts, and the trees of its expressions."""
    place = 0
    while (start := text.find("${{", place)) >= 0:
        yield text[place:start]
        end = _end(text, start + 3)
        yield parse(text[start + 3 : end])
        place = end + 2
    if place and len(text) > LONGEST:
        raise BadExpression(f"a text with expressions has at most {LONGEST} characters")
    yield text[place:]


def _end(text: str, place: int) -> int:
    """Where its `}}` stands, those in strings passed over."""
    quoted = False
    for index in range(place, len(text)):
        quoted ^= text[index] == "'"
        if not quoted and text.startswith("}}", index):
            return index
    raise BadExpression("an expression is not closed")


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    place = 0
    while source[place:].strip():
        found = TOKEN.match(source, place)
        if not found:
            raise BadExpression(f"not part of an expression: {source[place:].strip()[:40]}")
        yield str(found.lastgroup), found[str(found.lastgroup)]
        place = found.end()


def _binary(tokens: Tokens, levels: tuple[str, ...]) -> tuple[Tree, Tokens]:
    if not levels:
        return _unary(tokens)
    operators = _COMPARISONS if levels[0] == "==" else levels[:1]
    left, tokens = _binary(tokens, levels[1:])
    while tokens and tokens[0][1] in operators and tokens[0][0] == "operator":
        operator = tokens[0][1]
        right, tokens = _binary(tokens[1:], levels[1:])
        left = (operator, left, right)
    return left, tokens


def _unary(tokens: Tokens) -> tuple[Tree, Tokens]:
    if tokens and tokens[0] == ("operator", "!"):
        tree, rest = _unary(tokens[1:])
        return ("!", tree), rest
    if tokens and tokens[0] == ("operator", "("):
        tree, rest = _binary(tokens[1:], ("||", "&&", "=="))
        return _followed(tree, _expected(rest, ")"))
    if not tokens or tokens[0][0] == "operator":
        raise BadExpression(f"a value is missing before `{tokens[0][1]}`" if tokens else "an expression ends too early")
    kind, text = tokens[0]
    if kind == "string":
        return ("value", text[1:-1].replace("''", "'")), tokens[1:]
    if kind == "number":
        return ("value", float(int(text, 16)) if "x" in text else float(text)), tokens[1:]
    if tokens[1:2] == [("operator", "(")]:
        return _call(text, tokens[2:])
    if text.lower() in _LITERALS:
        return ("value", _LITERALS[text.lower()]), tokens[1:]
    return _followed(("context", text), tokens[1:])


def _call(name: str, tokens: Tokens) -> tuple[Tree, Tokens]:
    known = _NAMES.get(name.lower())
    if known is None:
        raise BadExpression(f"there is no function {name}")
    arguments: list[Tree] = []
    while tokens and tokens[0] != ("operator", ")"):
        tree, tokens = _binary(_expected(tokens, ",") if arguments else tokens, ("||", "&&", "=="))
        arguments.append(tree)
    least, most = FUNCTIONS[known]
    if not least <= len(arguments) <= most:
        raise BadExpression(f"{known} does not take {len(arguments)} arguments")
    return _followed(("call", known, *arguments), _expected(tokens, ")"))


def _followed(tree: Tree, tokens: Tokens) -> tuple[Tree, Tokens]:
    """`.name`, `.*` and `[…]` behind it."""
    while tokens and tokens[0] in (("operator", "."), ("operator", "[")):
        if tokens[0][1] == "[":
            index, rest = _binary(tokens[1:], ("||", "&&", "=="))
            tree, tokens = ("index", tree, index), _expected(rest, "]")
        elif tokens[1:2] and (tokens[1][0] == "name" or tokens[1] == ("operator", "*")):
            key: Tree = ("every",) if tokens[1][1] == "*" else ("value", tokens[1][1])
            tree, tokens = ("index", tree, key), tokens[2:]
        else:
            raise BadExpression("a name is missing behind a dot")
    return tree, tokens


def _expected(tokens: Tokens, text: str) -> Tokens:
    if not tokens or tokens[0] != ("operator", text):
        raise BadExpression(f"`{text}` is missing")
    return tokens[1:]


def used(tree: Tree) -> Used:
    contexts, functions = set(), set()
    stack: list[Any] = [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            contexts |= {one[1].lower()} if one[0] == "context" else set()
            functions |= {one[1]} if one[0] == "call" else set()
            stack.extend(one[1:])
    return Used(frozenset(contexts), frozenset(functions))


def value(tree: Tree, contexts: Mapping[str, Any]) -> Any:
    match tree:
        case ("value", found):
            return found
        case ("context", name):
            return _member(contexts, name)
        case ("index", inner, ("every",)):
            found = value(inner, contexts)
            return list(found.values()) if isinstance(found, Mapping) else list(found or ())
        case ("index", inner, key):
            return _member(value(inner, contexts), value(key, contexts))
        case ("!", inner):
            return not truth(value(inner, contexts))
        case ("&&", left, right):
            first = value(left, contexts)
            return value(right, contexts) if truth(first) else first
        case ("||", left, right):
            first = value(left, contexts)
            return first if truth(first) else value(right, contexts)
        case ("call", name, *arguments):
            return _result(name, [value(argument, contexts) for argument in arguments])
        case (operator, left, right):
            return _compare(operator, value(left, contexts), value(right, contexts))
    raise AssertionError(tree)


def expanded(source: str, contexts: Mapping[str, Any]) -> str:
    """A text with the values of its expressions."""
    return "".join(part if isinstance(part, str) else text(value(part, contexts)) for part in parts(source))


def condition(source: str | bool, contexts: Mapping[str, Any]) -> bool:
    """An `if`, with `${{ }}` or without; a single expression's own value."""
    if isinstance(source, bool):
        return source
    inner = source.strip()
    if inner.startswith("${{") and _end(inner, 3) == len(inner) - 2:
        inner = inner[3:-2]
    elif "${{" in inner:
        return truth(expanded(inner, contexts))  # text around it is true
    return truth(value(parse(inner), contexts))


def truth(found: Any) -> bool:
    return not (found is None or found is False or found == "" or found == 0 or found != found)


def text(found: Any) -> str:
    if found is None or isinstance(found, bool):
        return "" if found is None else str(found).lower()
    if isinstance(found, float):
        return str(int(found)) if found.is_integer() else f"{found:.15G}"
    return "Object" if isinstance(found, dict) else "Array" if isinstance(found, list) else str(found)


def _member(found: Any, key: Any) -> Any:
    """Names are the same in capitals; what is not there is null. Of a list's members each has it, behind `.*`."""
    if isinstance(found, Mapping):
        return next((item for name, item in found.items() if str(name).lower() == text(key).lower()), None)
    if isinstance(found, list) and isinstance(key, str):
        return [_member(item, key) for item in found]
    if isinstance(found, list) and isinstance(key, (int, float)) and 0 <= key < len(found):
        return found[int(key)]
    return None


def _number(found: Any) -> float:
    if isinstance(found, str):
        try:
            return float(found.strip() or 0)
        except ValueError:
            return float("nan")
    return float("nan") if isinstance(found, (dict, list)) else float(found or 0)


def _compare(operator: str, left: Any, right: Any) -> bool:
    """Texts whatever their capitals; what is of different types as numbers."""
    first, second = left, right
    if isinstance(left, str) and isinstance(right, str):
        first, second = left.lower(), right.lower()
    elif type(left) is not type(right):
        first, second = _number(left), _number(right)
    if operator in ("==", "!="):
        return bool(first == second) is (operator == "==")
    if first is None or isinstance(first, (dict, list)):
        return False
    return bool({"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[operator])


def _result(name: str, given: list[Any]) -> Any:
    words = [text(one).lower() for one in given[:2]]
    match name:
        case "contains":
            inside = [text(item).lower() for item in given[0]] if isinstance(given[0], list) else words[0]
            return words[1] in inside
        case "startsWith":
            return words[0].startswith(words[1])
        case "endsWith":
            return words[0].endswith(words[1])
        case "format":
            return _formatted(text(given[0]), [text(one) for one in given[1:]])
        case "join":
            items = given[0] if isinstance(given[0], list) else [given[0]]
            return (text(given[1]) if given[1:] else ",").join(map(text, items))
        case "toJSON":
            return json.dumps(given[0], indent=2, ensure_ascii=False)
        case "fromJSON":
            return json.loads(text(given[0]))
    raise BadExpression(f"{name} has no value here")


def _formatted(pattern: str, given: list[str]) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        if int(found[1]) >= len(given):
            raise BadExpression(f"format has no argument {found[1]}")
        return given[int(found[1])]

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", replaced, pattern)
