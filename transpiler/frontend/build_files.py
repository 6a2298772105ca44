"""Blubber files and Dockerfiles: where they are, and which variants or targets they define.

Looks at files below the repository root and nowhere else; reads no more of them than the names.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping as Mappings
from itertools import islice
from pathlib import Path

from transpiler.diagnostics import Diagnostics, Fix, Span
from transpiler.expressions import Map, Text, literal
from transpiler.fast_path.variant_names import blubber_variants, dockerfile_targets
from transpiler.files import read as read_file
from transpiler.files import stays
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.sizes import path_fits
from transpiler.frontend.suggestions import Near, nearest
from transpiler.frontend.values.evaluate import mapping, text
from transpiler.frontend.values.scope import Dotless, Scope
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.ir import BuildFile
from transpiler.nodes import Mapping, Node

_MOST_FILES = 1000


def inside(context: Context, path: str, span: Span, base: str = "") -> str | None:
    """A path below the repository root, normalised; "." for the root. None after an error, if it is outside the
    repository or too long."""
    known = context.paths.get((base, path))
    if known is None and path_fits(context, path, span):
        known = below(context.root, path, span, base, context.diagnostics)
        if known is not None:
            context.paths[base, path] = known
    return known


def below(root: Path | None, path: str, span: Span, base: str, diagnostics: Diagnostics) -> str | None:
    """The same for a path of any length, relative to `base`; without a root links are not followed."""
    found = posixpath.normpath(posixpath.join(base, path)) if path else base or "."
    outside = path.startswith("/") or found == ".." or found.startswith("../")
    if not outside and root is not None:
        outside = not stays(root, found)
    if outside:
        diagnostics.error(
            "path-outside", f"`{path}` leads out of the repository.", span, "Write a path below the repository's root."
        )
        return None
    return found


def build_file(
    context: Context, stage: Mapping, pipeline: Mapping, pipeline_name: str, scope: Scope
) -> tuple[BuildFile, Span]:
    """The file that a stage's image is built from, and the place that names it (or the stage, for the default)."""
    for owner in (stage, pipeline):
        dockerfile, blubberfile = owner.get("dockerfile"), owner.get("blubberfile")
        if dockerfile is not None:
            path = text(context, dockerfile, scope.within(Dotless.REFUSED))
            return BuildFile(blubber=False, path=_path(context, path, dockerfile, "")), dockerfile.span
        if isinstance(blubberfile, Mapping):
            if context.profile.builder.kind != "buildkit":
                context.error(
                    "blubber-not-read",
                    "This is a blubberfile, but the builder in the profile reads only Dockerfiles.",
                    blubberfile.span,
                    "Use a Dockerfile, or set `builder: {kind: buildkit}` in the profile.",
                )
            file = BuildFile(blubber=True, inline=mapping(context, blubberfile, scope))
            return _readable(context, file, blubberfile.span), blubberfile.span
        if blubberfile is not None:
            path = text(context, blubberfile, scope.within(Dotless.REFUSED))
            file = _blubber(context, _path(context, path, blubberfile, ".pipeline"))
            return _readable(context, file, blubberfile.span), blubberfile.span
    default = inside(context, f"{pipeline_name}/blubber.yaml", stage.span, ".pipeline")
    return _readable(context, _blubber(context, literal(default or "")), stage.span), stage.span


def _blubber(context: Context, path: Text) -> BuildFile:
    return BuildFile(blubber=context.profile.builder.kind == "buildkit", path=path)


def _readable(context: Context, file: BuildFile, span: Span) -> BuildFile:
    if file.blubber and context.profile.container == "podman":
        context.error(
            "blubber-not-read",
            "podman cannot read a blubberfile: it ignores the frontend in its `# syntax=` line.",
            span,
            "Use a `dockerfile`, or set `container: {command: docker}` in the profile.",
        )
    return file


def _path(context: Context, path: Text, node: Node, base: str) -> Text:
    known = path.literal
    if known is None:
        return Text((f"{base}/", *path.parts), path.span) if base else path
    return literal(inside(context, known, node.span, base) or "", node.span)


def check_variant(
    context: Context, file: BuildFile, named_at: Span, variant: Text, span: Span, *, by_stage: bool = False
) -> None:
    """Reports a file or variant that does not exist, if both are known. `by_stage`: the stage's own name names it."""
    name = variant.literal
    if file.inline is not None:
        found = _inline_variants(context, file, named_at)
        where = "This inline `blubberfile`"
    elif file.path is None or not file.path.literal or context.root is None:
        return
    else:
        where = f"`{file.path.literal}`"
        found = _variants(context, file.path.literal, named_at, blubber=file.blubber)
    if found is None or name is None or (name in found if file.blubber else _is_target(context, name, found)):
        return
    near = nearest(name, found)
    kind = "variant" if file.blubber else "target"
    hint = near.hint(f"It defines {', '.join(f'`{v}`' for v in found) or 'none'}.")
    if not file.blubber and name.isdecimal():
        hint = "docker finds a stage by its name alone. `build: {variant: ''}` builds the last one, named or not."
    fix = fixes.word(context.document, span, name, near.name) if near.sure and not by_stage else None
    context.error("unknown-variant", f"{where} does not define the {kind} `{name}`.", span, hint, fix)


def _is_target(context: Context, name: str, found: tuple[str, ...]) -> bool:
    """Whether the builder finds a Dockerfile's stage by this name. "" means the last stage; podman also accepts
    numbers."""
    return not name or name.lower() in found or (name.isdecimal() and context.profile.container == "podman")


def _inline_variants(context: Context, file: BuildFile, named_at: Span) -> tuple[str, ...] | None:
    variants = file.inline.get("variants") if file.inline else None
    keys = {key.literal or "": key.span or named_at for key, _ in file.inline.entries} if file.inline else {}
    if _misspelt(context, keys):
        return None
    return tuple(k.literal or "" for k, _ in variants.entries) if isinstance(variants, Map) else ()


def _variants(context: Context, path: str, named_at: Span, *, blubber: bool) -> tuple[str, ...] | None:
    if path not in context.files:
        context.files[path] = _read_variants(context, path, named_at, blubber=blubber)
    return context.files[path]


def _read_variants(context: Context, path: str, named_at: Span, *, blubber: bool) -> tuple[str, ...] | None:
    assert context.root is not None
    data = read_file(context.root / path, MAX_BYTES + 1)
    if data is None:
        near, base = _near_file(context.root / path), ".pipeline/" if blubber else ""
        hint = (
            "`blubberfile` is relative to `.pipeline/`, `dockerfile` to the repository's root; a pipeline with "
            "neither uses `.pipeline/<pipeline>/blubber.yaml`."
        )
        meant = posixpath.join(posixpath.dirname(path), near.name)
        fix: Fix | None = None
        if near.sure:
            old, new = path.removeprefix(base), meant.removeprefix(base)
            fix, hint = fixes.word(context.document, named_at, old, new), f"Did you mean `{new}`?"
        context.error("missing-build-file", f"`{path}` does not exist.", named_at, hint, fix)
        return None
    if len(data) > MAX_BYTES:
        context.error(
            "unreadable-build-file",
            f"`{path}` is larger than {MAX_BYTES:,} bytes.",
            named_at,
            "Remove what is not needed.",
        )
        return None
    if not blubber:
        return dockerfile_targets(data)
    found = blubber_variants(data)
    return _composed_variants(context, data, path, named_at) if found is None else found


def _near_file(path: Path) -> Near:
    """The file in the same folder that a path to no file probably means."""
    try:
        with os.scandir(path.parent) as found:
            names = [one.name for one in islice(found, _MOST_FILES) if one.is_file(follow_symlinks=False)]
    except OSError:
        return Near("")
    return nearest(path.name, names)


def _composed_variants(context: Context, data: bytes, path: str, named_at: Span) -> tuple[str, ...] | None:
    own = Diagnostics()
    document = read(data, path, own)
    if document is None:
        first = next(iter(own))
        message = f"This blubberfile cannot be read. {first.message}"
        context.error("unreadable-build-file", message, first.span or named_at, first.hint or "Correct the file.")
        return None
    root = document.root
    variants = root.get("variants") if isinstance(root, Mapping) else None
    if isinstance(variants, Mapping):
        return tuple(sorted(k.text for k, _ in variants.entries))
    if isinstance(root, Mapping) and _misspelt(context, {key.text: key.span for key, _ in root}):
        return None
    return ()


def _misspelt(context: Context, keys: Mappings[str, Span]) -> bool:
    """Whether a blubberfile has no `variants`, but a key that is probably meant to be it, which is then reported."""
    near = Near("") if "variants" in keys else nearest("variants", keys)
    if near.name:
        span, message = keys[near.name], f"This blubberfile has no `variants`, but a key `{near.name}`."
        plain = span.end_line == span.line and span.end_column - span.column == len(near.name)
        fix = fixes.written(span, "variants") if near.sure and plain else None
        context.error("unreadable-build-file", message, span, "Did you mean `variants`?", fix)
    return bool(near.name)
