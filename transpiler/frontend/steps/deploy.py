"""The step `deploy`, from YAML to IR."""

from __future__ import annotations

from posixpath import normpath

from transpiler.diagnostics import Span
from transpiler.expressions import Text
from transpiler.frontend.charts import check_image_values
from transpiler.frontend.context import Context
from transpiler.frontend.policy.house_rules import report_breach
from transpiler.frontend.releases import RELEASE_KEYS, read_release
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft, check_published, published
from transpiler.frontend.values.evaluate import mapping, text, text_or_default
from transpiler.frontend.values.plain import flag, integer, is_empty, known_keys, plain
from transpiler.frontend.values.scope import RUNTIME, Binding, Dotless, Scope
from transpiler.ir import RELEASE_BINDS, Deploy, Release, is_in_checkout
from transpiler.nodes import Mapping, Node, Scalar

_KEYS = ("image", "tag", "cluster", "chart", "test", "timeout", "release", *RELEASE_KEYS, "overrides")


def read(draft: StageDraft, node: Node) -> None:
    """`deploy`: a mapping."""
    context, scope = draft.context, draft.scope
    keys = node if isinstance(node, Mapping) else Mapping((), node.span)
    known_keys(context, keys, _KEYS, "deploy")
    strict = scope.within(Dotless.REFUSED)
    image_node, tag_node, version_node = keys.get("image"), keys.get("tag"), None
    image = text(context, image_node, strict) if image_node else published(context, "imageName", scope, node.span)
    tag = text(context, tag_node, strict) if tag_node else published(context, "imageTag", scope, node.span)
    check_published(context, scope, node, "deploy", image=image, tag=tag)
    chart_node = keys.get("chart")
    if isinstance(chart_node, Scalar) and not is_empty(chart_node):
        chart = text(context, chart_node, strict)
        if not is_in_checkout(chart):  # a path can be nothing else
            context.diagnostics.note(
                "chart-as-string",
                "A chart that is a string is a URL, or a name in the chart repository.",
                chart_node.span,
                f"Write `chart: {{name: {chart_node.text}}}`.",
                fixes.around(context.document, chart_node, "{name: ", "}"),
            )
    else:
        chart_keys = chart_node if isinstance(chart_node, Mapping) else Mapping((), node.span)
        known_keys(context, chart_keys, ("name", "version"), "deploy.chart")
        chart = text_or_default(context, chart_keys.get("name"), "${setup.projectShortName}", scope, chart_keys.span)
        version_node = chart_keys.get("version")
    version = text(context, version_node, strict) if version_node is not None else None
    cluster = plain(context, keys.get("cluster"), default="ci")
    release = read_release(draft, keys, strict)
    if release and release.environment:
        cluster = context.profile.environments[release.environment].cluster or cluster
    if _is_placed(keys, release):
        _check_cluster(context, cluster, keys.get("cluster"), node, release)
    _check_repository(context, chart, node)
    _check_chart(context, chart, version_node, chart_node or node)
    check_image_values(context, chart, chart_node or node)
    step = Deploy(
        image,
        tag,
        cluster,
        chart,
        version if version and version.parts else None,
        flag(context, keys.get("test"), default=True),
        _timeout(context, keys.get("timeout"), strict, node.span),
        mapping(context, keys.get("overrides"), scope),
        node.span,
        release,
    )
    named = {"releaseName": Binding(release.name), "environmentURL": Binding(release.url)} if release else {}
    draft.take(step, {"releaseName": RUNTIME, **named, **dict.fromkeys(RELEASE_BINDS[:1] if release else (), RUNTIME)})


def _timeout(context: Context, node: Node | None, scope: Scope, span: Span) -> int:
    default = context.profile.kubernetes.timeout
    given = _seconds(context, node, scope)
    if not given:
        report_breach(
            context.diagnostics,
            context.profile,
            "deploy-without-timeout",
            f"`deploy` in stage `{scope.stage}` has no `timeout`: the profile's limit of {default} seconds applies.",
            node.span if node else span,
            "Add `timeout: SECONDS`, the longest that a successful installation takes.",
        )
    return given or default


def _seconds(context: Context, node: Node | None, scope: Scope) -> int:
    whole = integer(node)
    given = str(whole) if whole is not None else text(context, node, scope).literal if node is not None else "0"
    if not (given or "").isdecimal():
        assert node is not None
        context.error(
            "bad-value",
            "`timeout`: expected a number of seconds, known before the pipeline runs.",
            node.span,
            "Write a number.",
        )
        return context.profile.kubernetes.timeout
    return int(given or 0)


def _check_chart(context: Context, chart: Text, version: Node | None, node: Node) -> None:
    """Reports a path that is not in the repository, and a version that helm does not look at."""
    start = first if chart.parts and isinstance(first := chart.parts[0], str) else ""
    if start.startswith(("/", "../")) or normpath(chart.literal or "").startswith("../"):
        message = f"The chart `{chart.literal or start}` is outside the repository."
        hint = "Write `./PATH` for a chart in the repository, relative to its root, or a name in the chart repository."
        context.error("path-outside", message, node.span, hint)
    elif version is not None and not is_empty(version) and (is_in_checkout(chart) or _is_web_address(start)):
        where = "the repository" if is_in_checkout(chart) else "a URL"
        message = f"`version` has no effect: the chart comes from {where}, so there is only one."
        key = node.key("version") if isinstance(node, Mapping) else None
        fix = fixes.without(context.document, node, key) if isinstance(node, Mapping) and key else None
        context.diagnostics.note("chart-version", message, version.span, "Remove `version`.", fix)


def _is_web_address(start: str) -> bool:
    """Whether there is one chart at that address; a registry (`oci://`) has several versions of one."""
    return "://" in start and not start.startswith("oci://")


def _is_placed(keys: Mapping, release: Release | None) -> bool:
    """Whether the cluster is known. Where a release or its environment is wrong, that has been reported, and a message
    about the cluster that would be taken instead would mislead."""
    if _given(keys.get("environment")):
        return bool(release and release.environment)
    return bool(release) or not _given(keys.get("release"))


def _given(node: Node | None) -> bool:
    return node is not None and not is_empty(node)


def _check_cluster(context: Context, name: str, given: Node | None, step: Node, release: Release | None) -> None:
    """Reports a cluster that the profile does not have: one that is written, or one that has the kube config."""
    here = context.profile.environments.get(release.environment) if release else None
    if name not in context.profile.kubernetes.clusters and (_given(given) or not (here and here.credential)):
        context.lacks(
            f"a cluster `{name}`",
            f"kubernetes: {{clusters: {{{name}: {{config: KUBECONFIG, namespace: NAMESPACE}}}}}}",
            (given or step).span,
        )


def _check_repository(context: Context, chart: Text, node: Node) -> None:
    if not context.profile.kubernetes.repository and "://" not in (chart.literal or "") and not is_in_checkout(chart):
        context.lacks("a chart repository", "kubernetes: {repository: URL}", node.span)
