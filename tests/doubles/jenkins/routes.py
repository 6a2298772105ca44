"""Jenkins' URLs: what each answers to whom. One function from a request to an answer; faults are not its concern."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from urllib.parse import parse_qsl

from doubles.jenkins import answers, api, classes, tree, xmltext, xstream
from doubles.jenkins import settings as may
from doubles.jenkins.access import Access, Caller
from doubles.jenkins.answers import Answer, Request
from doubles.jenkins.items import Item, Items, Refused
from doubles.jenkins.settings import Settings

_FORM = "application/x-www-form-urlencoded"
_SECRET = re.compile(r">\{[A-Za-z0-9+/=]+\}<")


def answer(request: Request, items: Items, access: Access, settings: Settings) -> Answer:
    """Never raises for what a client may send."""
    caller = access.caller(request, settings)
    if caller is None:
        return answers.unauthorized("somebody")
    if request.method == "POST" and access.lacks_crumb(request, caller, settings):
        return answers.no_crumb()
    if request.segments == ("whoAmI", "api", "json"):
        return answers.as_json(api.who_am_i(caller))
    if not caller.may(may.READ):
        return answers.forbidden(caller.name, may.READ)
    if request.segments == ("crumbIssuer", "api", "json"):
        return access.crumb(caller, settings)
    try:
        return _Site(request, items, caller, settings).answer()
    except Refused as refusal:
        return answers.bad_request(str(refusal))
    except tree.BadTree as bad:
        return answers.bad_request(f"Unable to parse tree {bad}")
    except (xmltext.Malformed, xstream.UnknownClass, OSError):
        return answers.oops()


class _Site:
    """One request of one caller who may be here at all."""

    def __init__(self, request: Request, items: Items, caller: Caller, settings: Settings) -> None:
        self.request = request
        self.items = items
        self.caller = caller
        self.settings = settings

    def answer(self) -> Answer:
        path, rest = _split(self.request.segments)
        item = None
        if path:
            item = self.items.get(path)
            if item is None or not api.visible(item.path, self.caller, self.settings):
                return answers.not_found()
        if rest == ("createItem",):
            return self._create(item)
        return self._of_item(item, rest) if item else self._of_server(rest)

    def _of_server(self, rest: tuple[str, ...]) -> Answer:
        match rest:
            case ():
                return answers.page(200, "Dashboard [Jenkins]")
            case ("api", "json"):
                return self._json(api.server(self.items, self.caller, self.settings, self.request.root))
            case ("me", "api", "json"):
                return self._json(api.user(self.caller, self.request.root))
            case ("pluginManager", "api", "json"):
                return self._lacks(may.SYSTEM_READ) or self._json(api.plugins(self.settings), "plugins")
            case ("pipeline-model-converter", "validateJenkinsfile"):
                return self._post(self._lint)
        return answers.not_found()

    def _of_item(self, item: Item, rest: tuple[str, ...]) -> Answer:
        match rest:
            case () | ("configure",):
                return answers.page(200, f"{item.path[-1]} [Jenkins]")
            case ("api", "json"):
                return self._json(api.item(item, self.items, self.caller, self.settings, self.request.root))
            case ("config.xml",):
                return self._read(item) if self.request.method == "GET" else self._post(lambda: self._update(item))
            case ("doDelete",):
                return self._post(lambda: self._delete(item))
            case ("confirmRename" | "doRename",):
                return self._post(lambda: self._rename(item))
            case ("enable" | "disable",) if not item.is_folder:
                return self._post(lambda: self._disable(item, disabled=rest == ("disable",)))
        return answers.not_found()

    def _json(self, model: api.Model, bare: str = "jobs") -> Answer:
        """The model by `tree=`; without one its plain fields and the usual ones of its children."""
        wanted = self.request.query.get("tree")
        if wanted:
            return answers.as_json(tree.prune(model, tree.parse(wanted)))
        shown = tree.prune(model, None)
        if bare in model:
            inner = "name,url,color" if bare == "jobs" else "*"
            shown.update(tree.prune(model, tree.parse(f"{bare}[{inner}]")))
        return answers.as_json(shown)

    def _post(self, work: Callable[[], Answer]) -> Answer:
        return work() if self.request.method == "POST" else answers.only_post()

    def _lacks(self, permission: str) -> Answer | None:
        return None if self.caller.may(permission) else answers.forbidden(self.caller.name, permission)

    def _create(self, folder: Item | None) -> Answer:
        if folder and not folder.is_folder:
            return answers.not_found()
        return self._post(lambda: self._lacks(may.CREATE) or self._created(folder.path if folder else ()))

    def _created(self, folder: tuple[str, ...]) -> Answer:
        kind = self.request.headers.get("content-type", "")
        form = dict(parse_qsl(self.request.body.decode("latin-1"))) if kind.startswith(_FORM) else {}
        name, mode = ({**form, **self.request.query}.get(key) for key in ("name", "mode"))
        is_xml = kind.startswith(("application/xml", "text/xml"))
        if not kind:
            raise Refused("No Content-Type header set")
        if name is None:
            raise Refused("Query parameter 'name' is required")
        if not is_xml and mode is None:
            raise Refused("No mode given")
        body = self.request.body if is_xml else _empty(mode or "")
        self.items.create(folder, name, body, api.present(self.settings), self.settings.version)
        if is_xml:
            return Answer(200)
        return answers.redirect(api.url_of((*folder, name), self.request.root) + "configure")

    def _read(self, item: Item) -> Answer:
        refusal = self._lacks(may.EXTENDED_READ)
        if refusal:
            return refusal
        shown = item.xml if self.caller.may(may.CONFIGURE) else _SECRET.sub(">********<", item.xml)
        return answers.as_xml(shown)

    def _update(self, item: Item) -> Answer:
        refusal = self._lacks(may.CONFIGURE)
        if refusal:
            return refusal
        # Read as characters: the header's charset decides, whatever the XML declares, and there is a bad default.
        header = Message()
        header["Content-Type"] = self.request.headers.get("content-type", "text/xml")
        charset = header.get_content_charset("iso-8859-1")
        try:
            text = self.request.body.decode(charset, "replace")
        except LookupError:
            return answers.page(415, "Unsupported Media Type")
        self.items.update(item, text, api.present(self.settings))
        return Answer(200)

    def _delete(self, item: Item) -> Answer:
        refusal = self._lacks(may.DELETE)
        if refusal:
            return refusal
        self.items.delete(item)
        return answers.redirect(api.url_of(item.path[:-1], self.request.root))

    def _rename(self, item: Item) -> Answer:
        refusal = self._lacks(may.CONFIGURE) and (self._lacks(may.CREATE) or self._lacks(may.DELETE))
        if refusal:
            return refusal
        form = dict(parse_qsl(self.request.body.decode("utf-8", "replace")))
        renamed = self.items.rename(item, self.request.query.get("newName", form.get("newName", "")))
        return answers.redirect(api.url_of(renamed.path, self.request.root))

    def _disable(self, item: Item, *, disabled: bool) -> Answer:
        refusal = self._lacks(may.CONFIGURE)
        if refusal:
            return refusal
        self.items.set_disabled(item, api.present(self.settings), disabled=disabled)
        return answers.redirect(api.url_of(item.path, self.request.root))

    def _lint(self) -> Answer:
        """Looks only for the one step that a Declarative file begins with."""
        fields = dict(parse_qsl(self.request.body.decode("utf-8", "replace")))
        if re.search(r"^\s*pipeline\s*\{", fields.get("jenkinsfile", ""), re.MULTILINE):
            data = {"result": "success"}
            return answers.as_json({"status": "ok", "data": data})
        error = {"error": "Jenkinsfile content did not contain the 'pipeline' step"}
        return answers.as_json({"status": "ok", "data": {"result": "failure", "errors": [error]}})


def _split(segments: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of `job/a/job/b/…`, and what follows them."""
    path: list[str] = []
    while len(segments) >= 2 and segments[0] == "job":
        path.append(segments[1])
        segments = segments[2:]
    return tuple(path), tuple(segments)


def _empty(java_class: str) -> bytes:
    """The body that stands for "a new item of this kind" in the form of the "New item" page. Raises Refused."""
    for alias, name in classes.ROOTS.items():
        if java_class == name:
            return f"<{alias}/>".encode()
    raise Refused(f"Unknown mode: {java_class}")
