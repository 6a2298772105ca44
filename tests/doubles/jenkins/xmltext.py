"""XML as Java's parsers read it and as XStream writes it: versions 1.0 and 1.1, encodings, characters.

Python's expat takes no notice of version 1.1, hence the detours. Knows nothing of jobs.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from xml.etree.ElementTree import Element

_DECLARATION = re.compile(r"""<\?xml\s+version\s*=\s*["'](1\.[01])["']([^?]*)\?>""")
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
# Version 1.1 may refer to control characters, which expat refuses: they travel through it as private ones.
_PRIVATE = 0xF0000
_LINE_ENDS = re.compile("\r\n|\r\x85|\r|\x85|\u2028")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#xd;"}

_UNUSUAL = re.compile(r"""[^\t\n !#-%(-;=?-~]""")


class Malformed(ValueError):
    """Jenkins answers 500."""


def decode(body: bytes) -> str:
    """Bytes to text by byte order mark or declaration. Raises Malformed."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        declared = _ENCODING.match(body)
        encoding = declared[1].decode() if declared else "utf-8-sig"
    try:
        return body.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error


def parse(text: str) -> Element:
    """Reads a document; what its encoding was is settled already. Raises Malformed."""
    text = text.removeprefix("\ufeff")
    declaration = _DECLARATION.match(text)
    eleven = bool(declaration and declaration[1] == "1.1")
    if declaration:
        text = text[declaration.end() :]
    if eleven:
        text = _REFERENCE.sub(_hide, _LINE_ENDS.sub("\n", text))
    try:
        root = ElementTree.fromstring(text.encode("utf-8", "surrogatepass"))
    except (ElementTree.ParseError, ValueError) as error:
        raise Malformed(str(error)) from error
    for element in root.iter() if eleven else ():
        element.text = element.text and "".join(_show(c) for c in element.text)
    return root


def _hide(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    return chr(_PRIVATE + number) if 0 < number < 0x20 and number not in {9, 10, 13} else found[0]


def _show(character: str) -> str:
    return chr(ord(character) - _PRIVATE) if _PRIVATE < ord(character) < _PRIVATE + 0x20 else character


def write(root: Element) -> str:
    """XStream's PrettyPrintWriter: two spaces, no final newline; a text of None closes the tag at once, "" does not."""
    lines = ["<?xml version='1.1' encoding='UTF-8'?>"]
    _write(root, "", lines)
    return "\n".join(lines)


def _write(element: Element, indent: str, lines: list[str]) -> None:
    attributes = "".join(f' {name}="{_escaped(value)}"' for name, value in element.attrib.items())
    if len(element):
        lines.append(f"{indent}<{element.tag}{attributes}>")
        for child in element:
            _write(child, indent + "  ", lines)
        lines.append(f"{indent}</{element.tag}>")
    elif element.text is None:
        lines.append(f"{indent}<{element.tag}{attributes}/>")
    else:
        lines.append(f"{indent}<{element.tag}{attributes}>{_escaped(element.text)}</{element.tag}>")


def _escaped(text: str) -> str:
    return _UNUSUAL.sub(lambda found: _ESCAPES.get(found[0]) or _defined(found[0]), text)


def _defined(character: str) -> str:
    return f"&#x{ord(character):x};" if unicodedata.category(character) in {"Cc", "Cn"} else character


def identity(root: Element) -> str:
    """What an identity transform leaves: the posted layout, Java's declaration, characters escaped its way."""
    body = ElementTree.tostring(root, encoding="unicode", short_empty_elements=True).replace(" />", "/>")
    for character in "\r\x85\u2028":
        body = body.replace(character, f"&#{ord(character)};")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>{body}'
