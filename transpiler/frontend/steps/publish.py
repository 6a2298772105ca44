"""The steps that leave the machine: `publish`, `promote` and `deploy` (LANGUAGE 1.6 to 1.8), from YAML to IR."""

from __future__ import annotations

from collections.abc import Mapping as Mappings

from transpiler.diagnostics import Diagnostic, Span
from transpiler.expressions import List, Loop, Map, Text, Value, literal
from transpiler.frontend.context import Context
from transpiler.frontend.policy import house_rules
from transpiler.frontend.values.evaluate import items, mapping, text, text_or_default
from transpiler.frontend.values.plain import flag, integer, is_empty, known_keys, plain
from transpiler.frontend.values.scope import RUNTIME, Binding, Dotless, Scope
from transpiler.image_names import allowed, clean, is_name, is_tag
from transpiler.ir import Deploy, Promote, Publish
from transpiler.nodes import Mapping, Node, Scalar
from transpiler.records import replace

Bound = Mappings[str, Binding]
_DEPLOY_KEYS = ("image", "tag", "cluster", "chart", "test", "timeout", "overrides")
_PROMOTE_KEYS = ("chart", "environments", "version")


def publish(context: Context, node: Node, scope: Scope) -> tuple[Publish | None, Bound]:
    """`publish: {image: true}` or with a mapping; None after an error."""
    image, span = _image(context, node)
    keys = image if isinstance(image, Mapping) else Mapping((), span)
    known_keys(context, keys, ("id", "name", "tag", "tags"), "publish.image")
    if keys.get("id") is None and "imageID" not in scope.own:
        owner = scope.owner("imageID") or "other-stage"
        context.error(
            "nothing-to-publish", f"`publish` has no image: the stage `{scope.stage}` builds none.", span,
            f"Add `build:` to this stage, or `id: '${{{owner}.imageID}}'` to `image`.",
        )  # fmt: skip
        return None, dict.fromkeys(("imageName", "imageFullName", "imageTag", "publishedImage"), RUNTIME)
    strict = scope.within(Dotless.REFUSED)
    image_id = text_or_default(context, keys.get("id"), "${.imageID}", strict, span)
    name = _cleaned(text_or_default(context, keys.get("name"), "${setup.project}", strict, span))
    _check_name(context, name, span)
    tag_node = keys.get("tag")
    if tag_node is not None and is_empty(tag_node):
        context.diagnostics.note(
            "empty-tag", "An empty `tag` means the default, `${setup.timestamp}-${.stage}`.", tag_node.span,
            "Leave `tag` out.",
        )  # fmt: skip
        tag_node = None
    tag = _cleaned(text_or_default(context, tag_node, "${setup.timestamp}-${.stage}", strict, span))
    tags_node = keys.get("tags")
    if tags_node is None:
        tags = List((text_or_default(context, None, "${setup.tag}", strict, span),))
    else:
        tags = items(context, tags_node, strict)
    tags = List(tuple(_cleaned_item(context, item, span) for item in tags.items), tags.span)
    for one in (tag, *(item for item in tags.items if isinstance(item, Text))):
        _check_tag(context, one, span)
    step = Publish(image_id, name, tag, tags, span)
    return step, _publish_binds(context, name, tag)


def publishes(node: Node) -> bool:
    """Whether `publish` has an image that is not empty."""
    image = node.get("image") if isinstance(node, Mapping) else None
    return image is not None and not is_empty(image)


def _image(context: Context, node: Node) -> tuple[Node, Span]:
    """The value of `image`, with `tags` and the like that stand beside it moved in (a tolerated form)."""
    assert isinstance(node, Mapping)
    image, key = node.get("image"), node.key("image")
    assert image is not None
    assert key is not None
    beside = tuple(entry for entry in node.entries if entry[0].text != "image")
    if beside:
        context.diagnostics.note(
            "publish-beside-image", f"`{beside[0][0].text}` belongs to `image`.", beside[0][0].span,
            f"Write `publish: {{image: {{{beside[0][0].text}: …}}}}`.",
        )  # fmt: skip
        own = image.entries if isinstance(image, Mapping) else ()
        return Mapping((*own, *beside), image.span), key.span
    return image, key.span


def _publish_binds(context: Context, name: Text, tag: Text) -> Bound:
    registry = context.profile.registry
    full = f"{registry.name}/{name.literal}" if registry.public and name.literal is not None else None
    whole = f"{full}:{tag.literal}" if full is not None and tag.literal else None
    return {
        "imageName": Binding(name.literal),
        "imageFullName": Binding(full),
        "imageTag": Binding(tag.literal or None),
        "imageTags": Binding(is_list=True),
        "publishedImage": Binding(whole),
    }


def _cleaned(found: Text) -> Text:
    return found if found.literal is None else literal(clean(found.literal), found.span)


def _cleaned_item(context: Context, item: Value | Loop, span: Span) -> Value | Loop:
    if isinstance(item, Text):
        return _cleaned(item)
    if not (isinstance(item, Loop) and isinstance(item.item, Text)):
        context.error("wrong-type", "The items of `tags` are texts.", item.span or span, "Write a text for each tag.")
        return literal("")
    return item


def _check_name(context: Context, name: Text, span: Span) -> None:
    known, project = name.literal, context.project
    if known is None:
        return
    at = name.span or span
    if not is_name(known):
        context.error(
            "image-name", f"`{known}` is no image name: letters and digits, with `.`, `_` and `-` between them.", at,
            "Leave out what a registry does not take.",
        )  # fmt: skip
    elif project is not None and not allowed(known, project, context.profile.registry.prefixes):
        roots = ", ".join(f"`{clean(r)}`" for r in dict.fromkeys((project, project.rpartition("/")[2])))
        _house_rule(
            context, "image-name-outside", f"The project `{project}` may not publish an image `{known}`.", at,
            f"A name is one of {roots}, alone or followed by `-` and more; "
            f"or the profile allows it (`registry: {{prefixes: [{known}]}}`).",
        )  # fmt: skip


def _house_rule(context: Context, rule: str, message: str, span: Span, hint: str) -> None:
    """Says that a rule of the site is broken, as loudly as the profile wants."""
    severity = house_rules.severity_of(context.profile.policy, rule)
    if severity:
        context.diagnostics.add(Diagnostic(rule, severity, message, span, hint))


def _check_tag(context: Context, tag: Text, span: Span) -> None:
    if tag.literal and not is_tag(tag.literal):
        context.error(
            "image-tag", f"`{tag.literal}` is no tag: up to 128 letters, digits, `.`, `_` and `-`.", tag.span or span,
            "Leave out what a registry does not take.",
        )  # fmt: skip


def promote(context: Context, node: Node, scope: Scope) -> tuple[Promote, Bound]:
    """`promote`: true, or a list of charts."""
    if not context.profile.promotion.repository:
        lacks(context, "a charts repository to promote to", "promote: {repository: URL, update: [COMMAND]}", node.span)
    if isinstance(node, Scalar):
        context.diagnostics.note(
            "promote-true", "`promote: true` promotes the chart that is called like the project.", node.span,
            "Write `promote: [{chart: NAME}]` to name it.",
        )  # fmt: skip
        found = List((Map((), node.span),))
    else:
        found = items(context, node, scope.within(Dotless.REFUSED))
    filled = tuple(_promotion(context, item, scope, node.span) for item in found.items)
    return Promote(List(tuple(i for i in filled if i), found.span), node.span), {}


def _promotion(context: Context, item: Value | Loop, scope: Scope, span: Span) -> Map | Loop | None:
    if isinstance(item, Loop):
        inner = _promotion(context, item.item, scope, span)
        return replace(item, item=inner) if isinstance(inner, Map) else None
    if not isinstance(item, Map):
        context.error("wrong-type", "An item of `promote` is a mapping.", item.span or span,
                      "Write `{chart: NAME}`.")  # fmt: skip
        return None
    at = item.span or span
    for key, _ in item.entries:
        if key.literal not in _PROMOTE_KEYS:
            context.error("unknown-key", f"An item of `promote` has no key `{key.literal}`.", key.span or at,
                          f"It has {', '.join(f'`{k}`' for k in _PROMOTE_KEYS)}.")  # fmt: skip
    environments = item.get("environments")
    if isinstance(environments, List) and not all(isinstance(_innermost(e), Text) for e in environments.items):
        context.error("wrong-type", "The items of `environments` are texts.", at, "Write a text for each environment.")
    version = item.get("version")
    entries: dict[str, Value] = {
        "chart": _given(item.get("chart")) or text_or_default(context, None, "${setup.projectShortName}", scope, at),
        "environments": environments if isinstance(environments, List) else List(()),
        "version": _given(version) or _published(context, "imageTag", scope, at),
    }
    _check_published(context, scope, at, "promote", version=entries["version"])
    return Map(tuple((literal(k), v) for k, v in entries.items()), at)


def _innermost(item: Value | Loop) -> Value:
    return item.item if isinstance(item, Loop) else item


def _given(found: Value | None) -> Text | None:
    return found if isinstance(found, Text) and found.parts else None


def _published(context: Context, key: str, scope: Scope, span: Span) -> Text:
    """What this stage publishes, as far as it publishes anything."""
    return text_or_default(context, None, f"${{.{key}}}", scope, span) if key in scope.own else literal("", span)


def _check_published(context: Context, scope: Scope, span: Span, step: str, **given: Value) -> None:
    """Says so if something is empty that only a stage that publishes could fill in."""
    missing = [key for key, found in given.items() if isinstance(found, Text) and not found.parts]
    if missing and "imageTag" not in scope.own:
        keys = {"image": "imageName", "tag": "imageTag", "version": "imageTag"}
        reads = " and ".join(f"`${{.{keys[key]}}}`" for key in missing)
        owner = scope.owner("imageTag") or "other-stage"
        lines = ", ".join(f"{key}: '${{{owner}.{keys[key]}}}'" for key in missing)
        context.error(
            "nothing-published", f"`{step}` reads {reads}, but the stage `{scope.stage}` publishes nothing.", span,
            f"Name a stage that publishes: `{lines}`.",
        )  # fmt: skip


def deploy(context: Context, node: Node, scope: Scope) -> tuple[Deploy, Bound]:
    """`deploy`: a mapping."""
    keys = node if isinstance(node, Mapping) else Mapping((), node.span)
    known_keys(context, keys, _DEPLOY_KEYS, "deploy")
    strict = scope.within(Dotless.REFUSED)
    image_node, tag_node, version_node = keys.get("image"), keys.get("tag"), None
    image = text(context, image_node, strict) if image_node else _published(context, "imageName", scope, node.span)
    tag = text(context, tag_node, strict) if tag_node else _published(context, "imageTag", scope, node.span)
    _check_published(context, scope, node.span, "deploy", image=image, tag=tag)
    chart_node = keys.get("chart")
    if isinstance(chart_node, Scalar) and not is_empty(chart_node):
        context.diagnostics.note(
            "chart-as-text", "A chart given as text is a URL, or a name in the chart repository.", chart_node.span,
            f"Write `chart: {{name: {chart_node.text}}}`.",
        )  # fmt: skip
        chart = text(context, chart_node, strict)
    else:
        chart_keys = chart_node if isinstance(chart_node, Mapping) else Mapping((), node.span)
        known_keys(context, chart_keys, ("name", "version"), "deploy.chart")
        chart = text_or_default(context, chart_keys.get("name"), "${setup.projectShortName}", scope, chart_keys.span)
        version_node = chart_keys.get("version")
    version = text(context, version_node, strict) if version_node is not None else None
    cluster = plain(context, keys.get("cluster"), default="ci")
    _check_kubernetes(context, cluster, chart, keys.get("cluster") or node)
    step = Deploy(
        image, tag, cluster, chart, version if version and version.parts else None,
        flag(context, keys.get("test"), default=True), _timeout(context, keys.get("timeout"), strict, node.span),
        mapping(context, keys.get("overrides"), scope), node.span,
    )  # fmt: skip
    return step, {"releaseName": RUNTIME}


def _timeout(context: Context, node: Node | None, scope: Scope, span: Span) -> int:
    default = context.profile.kubernetes.timeout
    given = _seconds(context, node, scope)
    if not given:
        _house_rule(
            context, "deploy-without-timeout",
            f"`deploy` in the stage `{scope.stage}` has no `timeout`: it gets the site's {default} seconds.",
            node.span if node else span, "Add `timeout: SECONDS`, as long as a good installation may take.",
        )  # fmt: skip
    return given or default


def _seconds(context: Context, node: Node | None, scope: Scope) -> int:
    whole = integer(node)
    given = str(whole) if whole is not None else text(context, node, scope).literal if node is not None else "0"
    if not (given or "").isdecimal():
        assert node is not None
        context.error("bad-value", "`timeout` is a number of seconds, known before the pipeline runs.", node.span,
                      "Write a number.")  # fmt: skip
        return context.profile.kubernetes.timeout
    return int(given or 0)


def _check_kubernetes(context: Context, cluster: str, chart: Text, node: Node) -> None:
    site = context.profile.kubernetes
    if cluster not in site.clusters:
        lacks(
            context, f"a cluster `{cluster}`",
            f"kubernetes: {{clusters: {{{cluster}: {{config: KUBECONFIG, namespace: NAMESPACE}}}}}}", node.span,
        )  # fmt: skip
    if not site.repository and "://" not in (chart.literal or ""):
        lacks(context, "a chart repository", "kubernetes: {repository: URL}", node.span)


def lacks(context: Context, what: str, lines: str, span: Span) -> None:
    """Says that the profile does not provide what the config needs, and the lines to add to it: once, where that is
    needed first."""
    if what not in context.lacking:
        context.lacking.add(what)
        context.error(
            "profile-lacks", f"The profile `{context.profile.name}` has no {what.removeprefix('a ')}.", span,
            f"Add to {context.profile.where_to_add}: `{lines}`.",
        )  # fmt: skip
