"""What Jenkins keeps of a posted config.xml: known classes and fields in their own order, defaults added.

Unknown classes, classes of missing plugins and unknown fields are dropped without a word, as Jenkins' robust
reflection converter does. Knows nothing of HTTP or of where items are kept.
"""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from doubles.jenkins import classes

_PROPERTIES = f"{classes.WORKFLOW}job.properties."


class UnknownClass(ValueError):
    """The root element is no item that this Jenkins knows: it answers 500."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the JSON tells of an item."""

    java_class: str
    description: str | None
    display_name: str | None
    disabled: bool
    properties: tuple[str, ...]


def facts(root: Element) -> Facts:
    properties = root.find("properties")
    return Facts(
        classes.ROOTS[root.tag],
        root.findtext("description"),
        root.findtext("displayName"),
        root.findtext("disabled") == "true",
        tuple(child.tag for child in (properties if properties is not None else ())),
    )


def rewrite(posted: Element, plugins: Mapping[str, str]) -> Element:
    """The element as a Jenkins with these plugins (id → version) would write it. Raises UnknownClass."""
    if posted.tag not in classes.ROOTS or not _known(posted.tag, plugins):
        raise UnknownClass(posted.tag)
    if posted.tag == classes.PIPELINE:
        posted = _with_legacy_moved(posted)
    return _object(posted, posted.tag, plugins, "")


def _known(name: str, plugins: Mapping[str, str]) -> bool:
    owner = classes.owner(name)
    return owner == "" or owner in plugins


def _object(posted: Element, name: str, plugins: Mapping[str, str], inside: str) -> Element:
    """An object of the class; `inside` is the plugin whose object it stands in (its name is not repeated)."""
    made = Element(posted.tag, {key: posted.attrib[key] for key in ("class", "reference") if key in posted.attrib})
    owner = classes.owner(name) or ""
    if owner and owner != inside:
        made.set("plugin", f"{owner}@{plugins[owner]}")
    if "reference" in posted.attrib:
        return made
    fields = classes.FIELDS.get(name)
    if fields is None:
        made.text = None if len(posted) else posted.text
        made.extend(kept for child in posted for kept in _value(child, plugins, owner or inside))
        return made
    given = {child.tag: child for child in posted}
    for field in fields:
        made.extend(_field(field, name, given.get(field.name), plugins, owner or inside))
    return made


def _value(posted: Element, plugins: Mapping[str, str], inside: str) -> list[Element]:
    """The element, or nothing when its class is unknown."""
    name = posted.get("class", posted.tag)
    return [_object(posted, name, plugins, inside)] if _known(name, plugins) else []


def _field(
    field: classes.Field, holder: str, posted: Element | None, plugins: Mapping[str, str], inside: str
) -> list[Element]:
    if field.kind == "c":
        # What kind of collection it is the field's own type decides: JJB's class="vector" is gone.
        content = () if posted is None else tuple(posted)
        made = Element(field.name)
        made.extend(kept for child in content for kept in _value(child, plugins, inside))
        return [made]
    if field.kind in "oa":
        usable = posted is not None and (field.kind == "o" or "class" in posted.attrib)
        kept = _value(posted, plugins, inside) if posted is not None and usable else []
        default = classes.OBJECTS.get((holder, field.name))
        return kept or (_value(ElementTree.fromstring(default), plugins, inside) if default else [])
    text = field.default if posted is None else _scalar(field, posted.text or "")
    if text is None:
        return []
    made = Element(field.name)
    made.text = text
    return [made]


def _scalar(field: classes.Field, text: str) -> str | None:
    if field.kind == "b":
        return "true" if text.strip().lower() == "true" else "false"
    if field.kind == "i":
        try:
            return str(int(text))
        except ValueError:
            return field.default
    return text


def _with_legacy_moved(posted: Element) -> Element:
    """A pipeline job with its old elements where Jenkins moves them when it loads the job: into the properties."""
    made = Element(posted.tag)
    properties = Element("properties")
    moved = []
    for child in posted:
        if child.tag == "triggers" and len(child):
            moved.append(_wrapped(f"{_PROPERTIES}PipelineTriggersJobProperty", "triggers", child))
        elif child.tag == "concurrentBuild" and (child.text or "").strip() == "false":
            moved.append(Element(f"{_PROPERTIES}DisableConcurrentBuildsJobProperty"))
        elif child.tag == "logRotator":
            moved.append(_wrapped("jenkins.model.BuildDiscarderProperty", "strategy", child, "hudson.tasks.LogRotator"))
        elif child.tag == "properties":
            properties.extend(child)
        else:
            made.append(child)
    there = {child.tag for child in properties}
    properties.extend(element for element in moved if element.tag not in there)
    made.append(properties)
    return made


def _wrapped(outer: str, inner: str, content: Element, java_class: str = "") -> Element:
    made = Element(outer)
    holder = ElementTree.SubElement(made, inner, {"class": java_class} if java_class else {})
    holder.extend(content)
    return made
