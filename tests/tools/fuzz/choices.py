"""Bytes as a row of choices, so that what drives them (atheris, hypothesis, a random generator) need know nothing."""

from __future__ import annotations

WORDS = (
    "",
    "x",
    "a b",
    "${.x}",
    "${x}",
    "${first.a}",
    "${first.output}",
    "${first.n|d}",
    "${setup.tag}",
    "${.imageID}",
    "${setup.params.P}",
    "${ZUUL_BRANCH}",
    "$${",
    "${",
    "}",
    "'",
    '"',
    "\\",
    "\n",
    "\t",
    "$(id)",
    "`",
    "-",
    "../",
    "/",
    "*",
    "~",
    "{{ x }}",
    "{% raw %}",
    "#",
    ":",
    "\u202e",
    "\u2028",
    "\x85",
    "\x7f",
    "\x01",
    "\r",
    "\ud83d",
    "\U0001f600",
    "漢",
    "e\u0301",
    "\u200d",
    "é" * 50,
    "${unit.v}",
    "${nobody.x|y}",
    "0",
    "true",
    ",",
    "{",
    "[",
)
_KEYS = ("source", "destination", "archive", "from", "A", "B C", "${first.a}", "é", "$x")


class Choices:
    """The bytes, taken one after another; when they are used up every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, limit: int) -> int:
        """A number from 0 to below that."""
        wanted = 1 if limit <= 256 else 2
        taken = self._data[self._at : self._at + wanted]
        self._at += wanted
        return int.from_bytes(taken, "big") % limit

    def words(self, most: int) -> str:
        """A text of at most so many characters: odd pieces, and pieces of the bytes as they are."""
        text = ""
        while len(text) < most and self._at < len(self._data) and (kind := self.below(8)):
            if kind == 7:
                length = self.below(20)
                text += self._data[self._at : self._at + length].decode("utf-8", "replace")
                self._at += length
            else:
                text += WORDS[self.below(len(WORDS))]
        return text[:most].encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def term(self, depth: int = 0) -> object:
        """A term of the value language, well-formed or not, as JSON has it."""
        match self.below(12 if depth < 5 else 5):
            case 0 | 1 | 2 | 3:
                return self.words(60)
            case 4:
                return (None, True, False, 0, -1, 1.5, 10**20)[self.below(7)]
            case 5 | 6:
                return [self.term(depth + 1) for _ in range(self.below(4))]
            case 7:
                return {_KEYS[self.below(len(_KEYS))]: self.term(depth + 1) for _ in range(self.below(4))}
            case 8 | 9:
                names: object = "x" if self.below(3) else ["x", "y"]
                each = {"$each": names, "$in": self.term(depth + 1), "$yield": self.term(depth + 1)}
                return each | ({"$delimiter": self.words(3)} if self.below(3) == 1 else {})
            case _:
                return {"$merge": self.term(depth + 1), "$with": self.term(depth + 1)}
