"""A canonical form of a config.xml, in which a job that Jenkins has rewritten equals the one that was posted.

Jenkins adds defaults, plugin versions and properties, changes the order, and moves old elements; none of that is a
difference. An element that is false, 0 or empty is the same as a missing one, as it is for XStream. The description is
left out, because it contains the digest of the rest. Knows no server.
"""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from transpiler.jenkins_sync.jobs import marker

_JOB = "org.jenkinsci.plugins.workflow.job.properties."
_UNIQUE_TO_SERVER = frozenset(
    {
        "actions",
        "folderViews",
        "healthMetrics",
        "icon",
        "views",
        "viewsTabBar",
        "primaryView",
        "keepDependencies",
    }
)
_COLLECTIONS = frozenset({"list", "linked-list", "empty-list", "vector", "set", "empty-set"})
# Elements that have a meaning although they are empty.
_MEANINGFUL = frozenset({f"{_JOB}DisableConcurrentBuildsJobProperty", f"{_JOB}DisableResumeJobProperty"})
# Text elements, for which `0` and `false` are ordinary values, and the one number for which 0 is.
_TEXTS = frozenset(
    {
        "name",
        "description",
        "defaultValue",
        "script",
        "scriptPath",
        "spec",
        "url",
        "remote",
        "credentialsId",
        "id",
        "upstreamProjects",
        "projects",
        "displayName",
        "refspec",
        "string",
        "quietPeriod",
    }
)
_DEFAULTS = frozenset(
    {
        ("*", "canRoam", "true"),
        ("flow-definition", "concurrentBuild", "true"),
        ("hudson.plugins.git.GitSCM", "configVersion", "2"),
        ("hudson.plugins.git.GitSCM", "gitTool", "Default"),
        ("hudson.plugins.git.UserRemoteConfig", "name", "origin"),
        ("hudson.plugins.git.UserRemoteConfig", "refspec", "+refs/heads/*:refs/remotes/origin/*"),
        *(
            ("hudson.tasks.LogRotator", tag, "-1")
            for tag in ("daysToKeep", "numToKeep", "artifactDaysToKeep", "artifactNumToKeep")
        ),
    }
)
_EMPTY_OBJECTS = frozenset(
    {
        ("scm", "hudson.scm.NullSCM"),
        ("strategy", "jenkins.branch.DefaultBranchPropertyStrategy"),
    }
)


class Node(NamedTuple):
    """An element: its tag, its class ("" for none), its text (if it has no children) and its children."""

    tag: str
    java_class: str
    text: str
    children: tuple[Node, ...]


def parsed(xml: str) -> Element:
    """Parses XML and returns the root element, even if the prolog says XML 1.1. Raises
    xml.etree.ElementTree.ParseError."""
    return ElementTree.fromstring(re.sub(r"\A\ufeff?\s*<\?xml[^>]*\?>", "", xml))


def canonical(root: Element) -> Node:
    """The canonical form of a config.xml, without its description."""
    return _node(_modern(root), root.tag) or Node(root.tag, "", "", ())


def digest(node: Node, description: str) -> str:
    """The digest in a job's marker, of the job's canonical form and of the site's text in its description."""
    text = json.dumps([node, description], ensure_ascii=True, separators=(",", ":"))
    return f"{marker.FORM}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _node(element: Element, owner: str) -> Node | None:
    """The canonical form of an element; None if it is the same as a missing one. `owner` is the class of the object
    that has it as a field."""
    java_class = element.get("class", "")
    if "reference" in element.attrib:
        return None
    java_class = "" if java_class in _COLLECTIONS else java_class
    if not len(element):
        return _leaf(element, java_class, owner)
    name = java_class or (element.tag if "." in element.tag or owner == "" else owner)
    inner = [node for child in element if (node := _node(child, name))]
    if element.tag != "parameterDefinitions":  # the only collection whose order matters, because people see it
        inner.sort()
    if inner or element.tag in _MEANINGFUL:
        return Node(element.tag, java_class, "", tuple(inner))
    kept = java_class and (element.tag, java_class) not in _EMPTY_OBJECTS
    # An object with only default values is not the same as a missing one, unless it is a property.
    kept = kept or ("." in element.tag and not _is_property(element.tag))
    return Node(element.tag, java_class, "", ()) if kept else None


def _leaf(element: Element, java_class: str, owner: str) -> Node | None:
    text = re.sub(r"[\x85\u2028]", "\n", (element.text or "").replace("\r\n", "\n").replace("\r", ""))
    if not (text if element.tag in _TEXTS else text.strip()):
        kept = "." in element.tag or (java_class and (element.tag, java_class) not in _EMPTY_OBJECTS)
        return Node(element.tag, java_class, "", ()) if kept else None
    if element.tag not in _TEXTS and text.strip() in ("false", "0"):
        return None
    if (owner, element.tag, text) in _DEFAULTS or ("*", element.tag, text) in _DEFAULTS:
        return None
    return Node(element.tag, java_class, text, ())


def _is_property(tag: str) -> bool:
    return tag.endswith(("Property", "Settings"))


def _modern(root: Element) -> Element:
    """The root, with elements of older versions moved to where newer ones have them, and without those that only the
    server adds."""
    made = Element(root.tag)
    properties = Element("properties")
    pipeline = root.tag == "flow-definition"
    for child in root:
        if child.tag in _UNIQUE_TO_SERVER or child.tag == "description":
            continue
        if child.tag == "properties":
            properties.extend(child)
        elif child.tag == "logRotator":
            properties.append(_wrapped("jenkins.model.BuildDiscarderProperty", "strategy", child))
        elif pipeline and child.tag == "triggers":
            properties.append(_wrapped(f"{_JOB}PipelineTriggersJobProperty", "triggers", child))
        elif pipeline and child.tag == "concurrentBuild" and (child.text or "").strip() == "false":
            properties.append(Element(f"{_JOB}DisableConcurrentBuildsJobProperty"))
        else:
            made.append(child)
    made.append(properties)
    return made


def _wrapped(outer: str, inner: str, content: Element) -> Element:
    made = Element(outer)
    attributes = {"class": "hudson.tasks.LogRotator"} if inner == "strategy" else {}
    ElementTree.SubElement(made, inner, attributes).extend(content)
    return made


# ---- comparing ----


def classes(node: Node) -> frozenset[str]:
    """The Java classes that Jenkins must know to keep the whole job, including the root element's."""
    own = {node.java_class} if node.java_class else {node.tag} if "." in node.tag else set()
    return frozenset(own).union(*(classes(child) for child in node.children))


def lost(wanted: Node, there: Node) -> tuple[str, ...]:
    """The parts of `wanted` that are missing in `there`, as paths of short names. Additional parts do not count."""
    missing = Counter(_paths(wanted, "")) - Counter(_paths(there, ""))
    return tuple(dict.fromkeys(path for path, _ in missing))


def _paths(node: Node, above: str) -> Iterator[tuple[str, str]]:
    path = f"{above}/{_short(node)}" if above else _short(node)
    yield path, node.text
    for child in node.children:
        yield from _paths(child, path)


def outline(node: Node, depth: int = 0) -> Iterator[str]:
    """The lines for a diff: each element is a line, indented by its depth; long text is below the element's name."""
    indent = "  " * depth
    if "\n" in node.text:
        yield f"{indent}{_short(node)}:"
        yield from (f"{indent}  {line}" for line in node.text.split("\n"))
    else:
        yield f"{indent}{_short(node)}{f': {node.text}' if node.text else ''}"
    for child in node.children:
        yield from outline(child, depth + 1)


def _short(node: Node) -> str:
    tag, java_class = node.tag.rpartition(".")[2], node.java_class.rpartition(".")[2]
    return f"{tag} {java_class}" if java_class else tag
