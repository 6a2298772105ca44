"""What Jenkins' JSON says of the server, its items and its users, before `tree=` takes its part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from doubles.jenkins import classes
from doubles.jenkins.access import Caller
from doubles.jenkins.items import Item, Items
from doubles.jenkins.settings import ITEM_READ, Settings

Model = Mapping[str, Any]


def visible(path: tuple[str, ...], caller: Caller, settings: Settings) -> bool:
    """Whether the caller may see the item; one that may not is told that there is none."""
    above = {"/".join(path[:n]) for n in range(1, len(path) + 1)}
    return caller.may(ITEM_READ) and not above & set(settings.hidden)


def url_of(path: tuple[str, ...], root: str) -> str:
    return root + "".join(f"job/{quote(name, safe='')}/" for name in path)


def server(items: Items, caller: Caller, settings: Settings, root: str) -> Model:
    return {
        "_class": "hudson.model.Hudson",
        "mode": "NORMAL",
        "nodeDescription": "the Jenkins controller's built-in node",
        "nodeName": "",
        "numExecutors": 0,
        "description": None,
        "quietingDown": False,
        "url": root,
        "useCrumbs": settings.crumbs,
        "useSecurity": True,
        "jobs": lambda: _children((), items, caller, settings, root),
        "views": lambda: [{"_class": "hudson.model.AllView", "name": "all", "url": root}],
    }


def item(of: Item, items: Items, caller: Caller, settings: Settings, root: str) -> Model:
    name = of.path[-1]
    shown = of.facts.display_name or name
    common = {
        "_class": of.facts.java_class,
        "description": of.facts.description,
        "displayName": shown,
        "displayNameOrNull": of.facts.display_name,
        "fullDisplayName": " » ".join((*of.path[:-1], shown)),
        "fullName": "/".join(of.path),
        "name": name,
        "url": url_of(of.path, root),
        "actions": list,
        "healthReport": list,
    }
    if of.facts.java_class in {classes.FOLDER, classes.MULTIBRANCH}:
        views = [{"_class": "hudson.model.AllView", "name": "All", "url": common["url"]}]
        return {
            **common,
            "jobs": lambda: _children(of.path, items, caller, settings, root),
            "primaryView": lambda: views[0],
            "views": lambda: views,
        }
    buildable = {"disabled": of.facts.disabled} if of.facts.java_class == classes.ROOTS[classes.FREESTYLE] else {}
    return {
        **common,
        **buildable,
        "buildable": not of.facts.disabled,
        "builds": list,
        "color": "disabled" if of.facts.disabled else "notbuilt",
        "inQueue": False,
        "keepDependencies": False,
        "lastBuild": None,
        "nextBuildNumber": 1,
        "property": lambda: [{"_class": name} for name in of.facts.properties],
    }


def _children(path: tuple[str, ...], items: Items, caller: Caller, settings: Settings, root: str) -> list[Model]:
    return [
        item(child, items, caller, settings, root)
        for child in items.children(path)
        if visible(child.path, caller, settings)
    ]


def who_am_i(caller: Caller) -> Model:
    anonymous = caller.name == "anonymous"
    return {
        "_class": "hudson.security.WhoAmI",
        "anonymous": anonymous,
        "authenticated": not anonymous,
        "authorities": [] if anonymous else ["authenticated"],
        "name": caller.name,
    }


def user(caller: Caller, root: str) -> Model:
    url = f"{root}user/{quote(caller.name)}"
    return {"_class": "hudson.model.User", "absoluteUrl": url, "fullName": caller.name, "id": caller.name}


def plugins(settings: Settings) -> Model:
    listed = [
        {"shortName": name, "longName": name, "version": version, "active": True, "enabled": True}
        for name, version in present(settings).items()
    ]
    return {"_class": "hudson.LocalPluginManager", "plugins": lambda: listed}


def present(settings: Settings) -> dict[str, str]:
    """The plugins that are not missing: id → version."""
    known = (text.partition("@") for text in settings.plugins)
    return {name: version for name, _, version in known if name not in settings.missing}
