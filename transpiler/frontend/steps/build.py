"""The step `build`, from YAML to IR."""

from __future__ import annotations

import re

from transpiler.diagnostics import Fix, Span
from transpiler.expressions import Text, literal, refs
from transpiler.frontend.build_files import build_file, check_variant
from transpiler.frontend.context import Context
from transpiler.frontend.credentials import check_variables, read_credentials
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import mapping, text, text_items
from transpiler.frontend.values.plain import known_keys
from transpiler.frontend.values.scope import RUNTIME, Dotless, Scope
from transpiler.ir import Build, BuildFile, Variable
from transpiler.nodes import Mapping, Node, Scalar, Sequence
from transpiler.quoting import yaml_scalar
from transpiler.records import replace

_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read(draft: StageDraft, node: Node) -> None:
    """`build`: a variant, or a mapping."""
    context, scope = draft.context, draft.scope
    file, named_at = build_file(context, draft.node, draft.pipeline, draft.pipeline_name, scope)
    by_stage = len(draft.node.entries) == 1  # it has a name alone
    step = _build(context, node, scope, file, named_at, _held(draft.node), by_stage=by_stage)
    draft.take(step, {"imageID": RUNTIME, "imageLocalName": RUNTIME})


def _build(
    context: Context,
    node: Node,
    scope: Scope,
    file: BuildFile,
    named_at: Span,
    held: frozenset[str],
    *,
    by_stage: bool,
) -> Build:
    """`held` are the variables that hold credentials in this stage; `by_stage`: its name stands for the variant."""
    bare = not isinstance(node, Mapping) or node.key("$merge") is not None
    keys = Mapping((), node.span) if bare or not isinstance(node, Mapping) else node
    known_keys(context, keys, ("variant", "context", "excludes", "imagePullPolicy", "args", "secrets"), "build")
    strict = scope.within(Dotless.REFUSED)
    named = node if bare else keys.get("variant")
    variant = text(context, named, strict) if named is not None else literal(scope.stage, node.span)
    context_node = keys.get("context")
    where = text(context, context_node, strict) if context_node is not None else literal(".", node.span)
    excludes = text_items(context, keys.get("excludes"), strict)
    check_variant(context, file, named_at, variant, variant.span or node.span, by_stage=by_stage)
    if excludes.items and "://" in (where.literal or ""):
        context.error(
            "excludes-with-url",
            "`excludes` cannot be used when `context` is a URL.",
            excludes.span or node.span,
            "Remove `excludes`, or use a context in the repository.",
        )
    pull = _pull(context, keys.get("imagePullPolicy"), strict)
    _check_local_base(context, file, node, pull=pull)
    secrets = read_credentials(context, keys.get("secrets"))
    check_variables(context, secrets)
    args = _args(context, keys, replace(scope, dotless=Dotless.NO_CREDENTIAL, environment=held), file)
    return Build(file, variant, where, excludes, pull, args, secrets, node.span)


def _args(context: Context, keys: Mapping, scope: Scope, file: BuildFile) -> tuple[Variable, ...]:
    key, node = keys.key("args"), keys.get("args")
    found = mapping(context, node, scope)
    if key and found.entries and file.blubber:
        context.error(
            "args-with-blubber",
            "`args` cannot be used when the image is built from a blubberfile, which takes no build arguments.",
            key.span,
            "Remove `args`, or build from a `dockerfile`.",
        )
    args: list[Variable] = []
    for name, value in found.entries:
        at = name.span or keys.span
        if not _ARGUMENT.fullmatch(name.literal or ""):
            message = f"`{name.literal}` cannot be the name of a build argument."
            if name.literal is None:
                message = "The name of a build argument must be known before the pipeline runs."
            hint = "Use only letters, digits and `_`, and do not begin with a digit."
            context.error("build-argument-name", message, at, hint)
        elif isinstance(value, Text):
            args.append(Variable(name, replace(value, json=None)))
        else:
            context.error("wrong-type", f"`{name.literal}`: expected a string.", value.span or at, "Write a string.")
    return tuple(args)


def _held(stage: Mapping) -> frozenset[str]:
    """The variables of all credentials that a stage names, in `build`, `run` and the services of that."""
    run = stage.get("run")
    services = run.get("services") if isinstance(run, Mapping) else None
    others = services.items if isinstance(services, Sequence) else ()
    lists = (
        keys.get(name)
        for keys, name in ((stage.get("build"), "secrets"), *((keys, "credentials") for keys in (run, *others)))
        if isinstance(keys, Mapping)
    )
    items = [item for found in lists if isinstance(found, Sequence) for item in found.items]
    entries = [entry for item in items if isinstance(item, Mapping) for entry in item.entries]
    named = {value.text for key, value in entries if key.text != "id" and isinstance(value, Scalar)}
    short = {value.text for key, value in entries if key.text == "name" and isinstance(value, Scalar)}
    return frozenset(named | {f"{name}_{part}" for name in short for part in ("USERNAME", "PASSWORD")})


def _check_local_base(context: Context, file: BuildFile, node: Node, *, pull: bool) -> None:
    if pull and any(ref.key == "imageLocalName" for ref in refs(file.inline)):
        context.diagnostics.warning(
            "local-base-pulled",
            "The build pulls its base image from a registry, but only this machine has that image.",
            node.span,
            "Write `build: {imagePullPolicy: never}`.",
            _never_pulling(context, node),
        )


def _never_pulling(context: Context, node: Node) -> Fix | None:
    never = ("imagePullPolicy", "never")
    if isinstance(node, Mapping) and node.get("imagePullPolicy") is None and not node.key("$merge"):
        return fixes.with_entries(context.document, node, [never])
    if isinstance(node, Scalar) and node.plain:
        return fixes.bare(context.document, node, f"{{variant: {yaml_scalar(node.text)}, imagePullPolicy: never}}")
    return None


def _pull(context: Context, node: Node | None, scope: Scope) -> bool:
    policy = text(context, node, scope).literal if node is not None else "always"
    if node is not None and policy not in ("", "always", "never"):
        context.error(
            "bad-value",
            "`imagePullPolicy`: expected `always` or `never`, known before the pipeline runs.",
            node.span,
            "Write one of the two.",
        )
    return policy != "never"
