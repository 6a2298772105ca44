"""The step `publish`, from YAML to IR."""

from __future__ import annotations

import re
from collections.abc import Mapping as Mappings

from transpiler.diagnostics import Fix, Span
from transpiler.expressions import List, Loop, Text, Value, holds_text, literal
from transpiler.frontend.context import Context
from transpiler.frontend.policy.house_rules import report_breach
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import items, text_or_default
from transpiler.frontend.values.plain import is_empty, known_keys
from transpiler.frontend.values.scope import RUNTIME, Binding, Dotless, Scope
from transpiler.image_names import allowed, clean, clean_tag, is_name
from transpiler.ir import Publish
from transpiler.nodes import Kind, Mapping, Node, Scalar

_HOST = re.compile(r"localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d+|\.[a-z0-9-]+)", re.IGNORECASE)


def read(draft: StageDraft, node: Node) -> None:
    """`publish: {image: true}` or with a mapping."""
    key = draft.node.key("publish")
    draft.take(*_publish(draft.context, node, draft.scope, key))


def _publish(
    context: Context, node: Node, scope: Scope, written_at: Scalar | None
) -> tuple[Publish | None, Mappings[str, Binding]]:
    """The step, and what it binds; no step after an error. `written_at` is the key `publish`."""
    image, span = _image(context, node, written_at)
    keys = image if isinstance(image, Mapping) else Mapping((), span)
    known_keys(context, keys, ("id", "name", "tag", "tags"), "publish.image")
    if keys.get("id") is None and "imageID" not in scope.own:
        owner = scope.owner("imageID") or "other-stage"
        context.error(
            "nothing-to-publish",
            f"`publish` has no image: stage `{scope.stage}` has neither `build` nor `id`.",
            span,
            f"Add `build:` to this stage, or `id: '${{{owner}.imageID}}'` under `image`.",
        )
        return None, dict.fromkeys(("imageName", "imageFullName", "imageTag", "publishedImage"), RUNTIME)
    strict = scope.within(Dotless.REFUSED)
    image_id = text_or_default(context, keys.get("id"), "${.imageID}", strict, span)
    name = text_or_default(context, keys.get("name"), "${setup.project}", strict, span)
    if _names_a_registry(context, name, span):
        return None, dict.fromkeys(("imageName", "imageFullName", "imageTag", "publishedImage"), RUNTIME)
    name = name if name.literal is None else literal(clean(name.literal), name.span)
    _check_name(context, name, span)
    tag_node = keys.get("tag")
    if tag_node is not None and is_empty(tag_node):
        context.diagnostics.note(
            "empty-tag",
            "An empty `tag` means the default, `${setup.timestamp}-${.stage}`.",
            tag_node.span,
            "Remove `tag`.",
            _as_usual(context, written_at, node),
        )
        tag_node = None
    tag = _tag(context, text_or_default(context, tag_node, "${setup.timestamp}-${.stage}", strict, span), span)
    tags_node = keys.get("tags")
    if tags_node is None:
        tags = List((text_or_default(context, None, "${setup.tag}", strict, span),))
    else:
        tags = _tags(context, items(context, tags_node, strict), span)
    step = Publish(image_id, name, tag, tags, span)
    return step, _publish_binds(context, name, tag)


def _image(context: Context, node: Node, written_at: Scalar | None) -> tuple[Node, Span]:
    """The value of `image`. Keys such as `tags` that are beside `image`, a tolerated form, are moved into it."""
    assert isinstance(node, Mapping)
    image, key = node.get("image"), node.key("image")
    assert image is not None
    assert key is not None
    beside = tuple(entry for entry in node.entries if entry[0].text != "image")
    if beside:
        context.diagnostics.note(
            "publish-beside-image",
            f"`{beside[0][0].text}` belongs under `image`.",
            beside[0][0].span,
            f"Write `publish: {{image: {{{beside[0][0].text}: …}}}}`.",
            _as_usual(context, written_at, node),
        )
        own = image.entries if isinstance(image, Mapping) else ()
        return Mapping((*own, *beside), image.span), key.span
    return image, key.span


def _as_usual(context: Context, key: Scalar | None, publish: Node) -> Fix | None:
    """Writes `publish` with all keys under `image`, and without an empty `tag`."""
    image = publish.get("image") if isinstance(publish, Mapping) else None
    if key is None or image is None or not isinstance(publish, Mapping) or "$merge" in (k.text for k, _ in publish):
        return None
    own = image.entries if isinstance(image, Mapping) else ()
    beside = tuple(entry for entry in publish.entries if entry[0].text != "image")
    kept = tuple(entry for entry in (*own, *beside) if entry[0].text != "tag" or not is_empty(entry[1]))
    span = image.span if isinstance(image, Mapping) else publish.span
    new = Mapping(kept, span) if kept else Scalar("true", Kind.BOOL, image.span, plain=True)
    named = next(k for k, _ in publish if k.text == "image")
    return fixes.entry(context.document, key, publish, Mapping(((named, new),), publish.span))


def _publish_binds(context: Context, name: Text, tag: Text) -> Mappings[str, Binding]:
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


def _tag(context: Context, found: Text, span: Span) -> Text:
    """The tag; a known one is cleaned, as it will be pushed."""
    if not found.literal:
        return found
    cleaned = clean_tag(found.literal)
    if not cleaned:
        context.error(
            "image-tag",
            f"`{found.literal}` holds nothing that a tag can begin with.",
            found.span or span,
            "Begin a tag with a letter, a digit or `_`.",
        )
    return literal(cleaned, found.span)


def _tags(context: Context, found: List[Value], span: Span) -> List[Text]:
    kept: list[Text | Loop[Text]] = []
    for item in found.items:
        if holds_text(item):
            kept.append(_tag(context, item, span) if isinstance(item, Text) else item)
        else:
            message = "An item of `tags`: expected a string, got a list or a mapping."
            context.error("wrong-type", message, item.span or span, "Write a string for each tag.")
    return List(tuple(kept), found.span)


def _names_a_registry(context: Context, name: Text, span: Span) -> bool:
    """Whether the image's name begins with the host of a registry, which is then reported. A project may have a dot in
    the name of its folder."""
    known = name.literal or ""
    host, slash, rest = known.partition("/")
    project = context.project
    if not slash or not _HOST.fullmatch(host) or (project is not None and known.lower().startswith(project.lower())):
        return False
    context.error(
        "image-name",
        f"`{known}` begins with the host of a registry, which belongs in the profile.",
        name.span or span,
        f"Write the name without it, `{rest}`, and in the profile `registry: {{public: {host}}}`.",
    )
    return True


def _check_name(context: Context, name: Text, span: Span) -> None:
    known, project = name.literal, context.project
    if known is None:
        return
    at = name.span or span
    if not is_name(known):
        context.error(
            "image-name",
            f"`{known}` is not a valid image name.",
            at,
            "Use letters and digits, with `.`, `_` and `-` between them.",
        )
    elif project is not None and not allowed(known, project, context.profile.registry.prefixes):
        roots = " or ".join(f"`{clean(r)}`" for r in dict.fromkeys((project, project.rpartition("/")[2])))
        report_breach(
            context.diagnostics,
            context.profile,
            "image-name-outside",
            f"The project `{project}` may not publish an image named `{known}`.",
            at,
            f"Begin the name with {roots}, alone or followed by `-` and more; "
            f"or allow it in the profile with `registry: {{prefixes: [{known}]}}`.",
        )
