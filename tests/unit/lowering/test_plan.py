"""The plan: who needs whose image, which features are used where, and names that cannot clash."""

from __future__ import annotations

from support.ir_by_hand import (
    build_step,
    copy_item,
    copy_step,
    lowered,
    own,
    pipeline,
    profile,
    publish_step,
    run_step,
    service,
    setup,
    stage,
    text,
    texts,
)

from transpiler import ir
from transpiler.expressions import literal
from transpiler.lowering import lower
from transpiler.program import Feature, Plan, setup_variable


def plan(*pipelines: ir.Pipeline, concurrency: int | None = None) -> Plan:
    """A workflow of these pipelines, lowered."""
    return lower(ir.Workflow(".pipeline/config.yaml", "group/app", pipelines, concurrency), profile())


def test_an_empty_workflow_is_an_empty_plan() -> None:
    assert (plan().pipelines, plan().uses) == ((), ())


def test_an_image_is_followed_through_exports() -> None:
    found = lowered(
        stage("base", build_step(), ir.Export("one", text(own("imageID", stage="base")))),
        stage("middle", ir.Export("two", text(own("one", stage="base")))),
        stage("last", run_step(text(own("two", stage="middle")))),
    )
    assert found.stage("last").images == ("base",)
    assert found.stage("middle").images == ()
    assert found.stage("base").gives_image
    assert "base.imageID" in [b.file for b in found.stage("base").binds]


def test_a_value_that_nobody_reads_gets_no_line() -> None:
    found = lowered(stage("web", build_step(), publish_step()))
    assert "# values" not in found.stage("web").lines
    assert found.stage("web").binds == ()


def test_stages_whose_names_look_alike_have_slugs_of_their_own() -> None:
    names = ["a.b", "a-b", "A b", "setup ", "é", "ü", "x" * 90, "x" * 91]
    found = lowered(*(stage(name, ir.Export("b.c", text("1"))) for name in names))
    slugs = [s.slug for s in found.stages]
    assert slugs[:6] == ["a-b", "a-b-2", "a-b-3", "setup-2", "stage", "stage-2"]
    assert len(set(slugs)) == len(slugs)
    files = [line.split("> ")[1] for s in found.stages for line in s.lines if line.startswith("printf")]
    assert len(set(files)) == len(files)


def test_setup_keys_are_shell_variables() -> None:
    assert [setup_variable(k) for k in ("tag", "params.A", "GIT_COMMIT")] == [
        "setup_tag",
        "setup_params_A",
        "setup_GIT_COMMIT",
    ]


def test_every_feature_that_is_used_is_said_with_its_place() -> None:
    secret = ir.Credential("id", ir.CredentialKind.SECRET_TEXT, ("TOKEN",))
    first = stage(
        "web",
        build_step(),
        run_step(credentials=(secret,)),
        copy_step(copy_item("/a", when=ir.When.ALWAYS, report=ir.ReportKind.JUNIT)),
        publish_step(),
        ir.Export("local", text(own("imageLocalName"))),
        ir.Export("urls", text(own("artifactURLs"))),
    )
    second = stage(
        "last",
        run_step(text(own("local")), services=(service("db"),)),
        copy_step(copy_item("/a", from_=text(own("container")))),
        ir.Trigger("job", (("a", text(setup("GIT_COMMIT"))),), True, False),
        mail=ir.Mail(texts("a@b"), literal("s"), literal("b")),
        timeout=60,
        attempts=2,
        approval=ir.Approval("", (), None),
        may_fail=True,
    )
    everything = ir.Fetch(shallow=False)
    events, changes = (ir.Event.CHANGE, ir.Event.SCHEDULE), ir.Changes(("src/",), (), everything)
    change = pipeline(first, second, events=events, fetch=everything, changes=changes)
    uses = plan(change, concurrency=2).uses
    said = {(u.feature, u.stage, u.detail) for u in uses}
    assert said == {
        (Feature.CONCURRENCY, "", "2"),
        (Feature.GRAPH, "", ""),
        (Feature.FETCH, "", ""),
        (Feature.GATE, "", ""),
        (Feature.FORK_CHANGE, "", ""),
        (Feature.SCHEDULE, "", ""),
        (Feature.CHANGES, "", ""),
        (Feature.BUILD, "web", ""),
        (Feature.RUN, "web", ""),
        (Feature.CREDENTIALS, "web", "id"),
        (Feature.CREDENTIALS_FOR_CHANGE, "web", "id"),
        (Feature.COPY, "web", ""),
        (Feature.COPIED_FILES, "web", ""),
        (Feature.ARCHIVE, "web", ""),
        (Feature.COPY_AFTER_FAILURE, "web", ""),
        (Feature.TEST_REPORTS, "web", ""),
        (Feature.PUBLISH, "web", ""),
        (Feature.SECRETS_FOR_CHANGE, "web", ""),
        (Feature.EXPORTS, "web", ""),
        (Feature.ARTIFACT_URLS, "web", ""),
        (Feature.VALUES, "last", ""),
        (Feature.RUN, "last", ""),
        (Feature.SERVICES, "last", ""),
        (Feature.OTHER_IMAGE_NAME, "last", "web"),
        (Feature.COPY, "last", ""),
        (Feature.OTHER_CONTAINER, "last", "web"),
        (Feature.TRIGGER, "last", "job"),
        (Feature.TRIGGER_VALUES, "last", "job"),
        (Feature.CHECKOUT_VALUES, "last", "GIT_COMMIT"),
        (Feature.TIMEOUT, "last", ""),
        (Feature.ATTEMPTS, "last", ""),
        (Feature.ALLOW_FAILURE, "last", ""),
        (Feature.APPROVAL, "last", ""),
        (Feature.NOTIFY, "last", ""),
    }
    assert len(said) == len(uses)
    others = {Feature.PROMOTE, Feature.DEPLOY, Feature.RELEASE, Feature.ENVIRONMENT, Feature.PULL_LOGIN, Feature.CACHE}
    assert {feature for feature, _, _ in said} == set(Feature) - others
