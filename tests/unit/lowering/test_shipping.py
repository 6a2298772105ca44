"""Promote, deploy, exports, trigger and mail, run for real against helm, git and a mail command of ours."""

from __future__ import annotations

import email
import email.policy
import itertools
import json
import shutil
import subprocess
from dataclasses import replace

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.ir_by_hand import (
    Machine,
    lowered,
    mapping,
    own,
    profile,
    run_step,
    setup,
    stage,
    text,
    texts,
    token,
)

from transpiler import ir
from transpiler.expressions import List, Loop, Map, Text, literal
from transpiler.profile import Profile, Promotion
from transpiler.program import MailProgram, Parameter, PipelineProgram
from transpiler.steps import STEPS

# ---- deploy ----

SITE = profile("wikimedia", builder=profile().builder)


def deployed(**changes: object) -> PipelineProgram:
    """A pipeline that deploys."""
    step = ir.Deploy(text("app"), text(setup("params.TAG")), "ci", text("my-chart"), None, True, 60, Map(()))
    changed = replace(step, **changes)  # type: ignore[arg-type]
    return lowered(stage("web", changed, ir.Export("r", text(own("releaseName")))), site=SITE)


def test_a_release_is_installed_and_tested(machine: Machine) -> None:
    machine.command("helm3")
    overrides = mapping(
        main_app=mapping(version=text("x-", setup("params.TAG")), debug=Text(("false",), json="false")),
        hosts=List((text("a"), Loop(("h",), text(setup("params.H")), ",", text(token("h"), ".org")))),
    )
    program = deployed(overrides=overrides).stage("web")
    done = machine.run(program, setup_params_TAG='1"\\\n2', setup_params_H='b,c"')
    assert done.status == 0, done.err
    release = done.values["web.releaseName"]
    assert release.startswith("ci-")
    assert done.values["web.r"] == release
    values = str(machine.root / "values/web.helm.json")
    assert done.calls == [
        [
            "helm3",
            "install",
            release,
            "my-chart",
            "--namespace",
            "ci",
            "--values",
            values,
            "--wait",
            "--timeout",
            "60s",
            "--repo",
            "https://helm-charts.wikimedia.org/stable/",
        ],
        ["helm3", "test", release, "--namespace", "ci", "--logs"],
    ]
    expected = {
        "docker": {"registry": "docker-registry.wikimedia.org", "pull_policy": "IfNotPresent"},
        "main_app": {"image": "wikimedia/app", "version": 'x-1"\\\n2', "debug": False},
        "hosts": ["a", "b.org", 'c".org'],
    }
    assert json.loads(done.values["web.helm.json"]) == yaml.safe_load(done.values["web.helm.json"]) == expected
    assert program.releases == "web.releaseName"


@pytest.mark.parametrize("key", sorted(key for kind in STEPS for key in kind.binds))
def test_an_export_called_like_a_value_of_a_step_is_a_text_like_any_other(machine: Machine, key: str) -> None:
    export = ir.Export(key, text(setup("params.X")))
    where = text(own(key, stage="first"))
    deploy = ir.Deploy(where, where, "ci", text("c"), None, False, 60, Map(()))
    pipeline = lowered(stage("first", export), stage("web", run_step(where), deploy), site=SITE)
    machine.command("helm3")
    machine.put(f"values/first.{key}", hostile := '--x "\\')
    done = machine.run(pipeline.stage("web"))
    assert done.status == 0, done.err
    assert done.words("docker", "run")[-2:] == ["--", hostile]
    assert json.loads(done.values["web.helm.json"])["main_app"]["version"] == hostile


def test_a_failed_install_is_uninstalled_at_once(machine: Machine) -> None:
    machine.command("helm3", '#!/bin/sh\necho "$1" >> "$FAKE/helm"; [ "$1" != install ]\n')
    done = machine.run(deployed().stage("web"), setup_params_TAG="1")
    assert done.status == 1
    assert (machine.root / "fake/helm").read_text().split() == ["install", "uninstall"]


@pytest.mark.parametrize("known", [True, False], ids=["known before", "known when it runs"])
def test_a_chart_with_a_scheme_says_itself_where_it_is(machine: Machine, known: bool) -> None:
    machine.command("helm3")
    url = "https://x.example/c.tgz"
    chart = literal(url) if known else text(setup("params.C"))
    program = deployed(chart=chart, version=text("1.2")).stage("web")
    done = machine.run(program, setup_params_C=url, setup_params_TAG="1")
    assert "--repo" not in done.calls[0]
    assert url in done.calls[0]
    named = machine.run(
        deployed(chart=text(setup("params.C")), version=text("1.2")).stage("web"),
        setup_params_C="plain",
        setup_params_TAG="1",
    )
    source = ["--repo", "https://helm-charts.wikimedia.org/stable/", "--version", "1.2"]
    assert named.calls[0][-6:] == [*source, "--", "plain"]  # after `--` helm takes no option


@pytest.mark.parametrize("known", [True, False], ids=["known before", "known when it runs"])
@pytest.mark.parametrize("directory", [".", "services/web"])
def test_a_chart_with_a_path_is_the_one_in_the_checkout(machine: Machine, directory: str, known: bool) -> None:
    machine.command("helm3")
    (machine.checkout / directory).mkdir(parents=True, exist_ok=True)
    (machine.checkout / "charts/web").mkdir(parents=True)
    chart = literal("./charts/web") if known else text(setup("params.C"))
    step = ir.Deploy(text("app"), text("1"), "ci", chart, text("1.2"), False, 60, Map(()))
    program = lowered(replace(stage("web", step), directory=directory), site=SITE).stage("web")
    done = machine.run(program, setup_params_C="./charts/web")
    assert done.status == 0, done.err
    path = "./charts/web" if directory == "." else f"{machine.checkout}/charts/web"
    assert done.calls[0] == ["helm3", "dependency", "build", path]
    assert path in done.calls[1]
    assert not {"--repo", "--version"} & {*done.calls[1]}


def test_a_chart_outside_the_checkout_is_not_installed(machine: Machine) -> None:
    machine.command("helm3")
    (machine.root / "chart").mkdir()
    (machine.checkout / "away").symlink_to(machine.root)
    done = machine.run(deployed(chart=literal("./away/chart")).stage("web"), setup_params_TAG="1")
    assert done.status == 1
    assert done.calls == []


def test_a_program_says_first_what_the_machine_lacks(machine: Machine) -> None:
    site = replace(
        SITE,
        kubernetes=replace(SITE.kubernetes, helm=("no-helm", "--debug")),
        registry=replace(SITE.registry, command=("no-pusher",)),
    )
    publish = ir.Publish(text("1"), text("app"), text("1"), List(()))
    step = ir.Deploy(text("app"), text("1"), "ci", text("c"), None, False, 60, Map(()))
    for steps, name in (((step,), "no-helm"), ((publish, step), "no-pusher")):
        done = machine.run(lowered(stage("web", *steps), site=site).stage("web"))
        assert done.status == 1
        assert done.err.strip() == f"{name} is not installed where this job runs"
        assert done.calls == []


_RACING = """#!/bin/sh
echo "podman $*" >> "$FAKE/asked"
case $1 in
    images) [ -e "$FAKE/removed" ] || printf 'child\nparent\nchild\n' ;;
    rmi) [ -e "$FAKE/again" ] || { : > "$FAKE/again"; exit 125; }; : > "$FAKE/removed" ;;
esac
"""


def test_podman_is_asked_again_when_another_pipeline_removes_what_it_looks_at(machine: Machine) -> None:
    machine.command("podman", _RACING)
    machine.run(lowered(stage("web", run_step(text("x"))), site=profile(container="podman")).teardown)
    asked = [line.split()[1:] for line in (machine.root / "fake/asked").read_text().splitlines()]
    images = [words for words in asked if words[0] in ("images", "rmi")]
    listed, removed = ["images", "--quiet", "--filter", "label=ci.run=run-7"], ["rmi", "--force", "child", "parent"]
    assert images == [listed, removed, listed, removed, listed]


def test_teardown_removes_what_was_made(machine: Machine) -> None:
    machine.command("helm3")
    machine.put("values/web.releaseName", "ci-1")
    done = machine.run(deployed().teardown)
    assert done.words("helm3", "uninstall") == ["ci-1", "--namespace", "ci"]
    assert done.words("docker", "ps")[-1] == "label=ci.run=run-7"


# ---- promote ----

git = pytest.mark.skipif(not shutil.which("git"), reason="needs git")


def charts(machine: Machine) -> str:
    """A charts repository with an update command of ours."""
    bare, work = machine.root / "charts.git", machine.root / "work"
    told_git("init", "--quiet", "--bare", "-b", "master", str(bare))
    told_git("clone", "--quiet", str(bare), str(work))
    update = work / "update.sh"
    update.write_text('#!/bin/sh\nfor a; do printf "<%s>" "$a"; done >> versions\n')
    update.chmod(0o755)
    told_git("-C", str(work), "add", ".")
    told_git("-C", str(work), "config", "user.name", "x")
    told_git("-C", str(work), "config", "user.email", "x@y")
    told_git("-C", str(work), "commit", "--quiet", "-m", "first")
    told_git("-C", str(work), "push", "--quiet", "origin", "HEAD:master")
    return f"file://{bare}"


def told_git(*words: str) -> str:
    """What git says."""
    return subprocess.run(["git", *words], check=True, capture_output=True).stdout.decode()


def promoting(repository: str, **changes: object) -> Profile:
    """A profile that promotes there."""
    site = Promotion(
        repository,
        "master",
        ("./update.sh", "-s", "CHART", "-v", "VERSION", "-e", "ENV"),
        "gerrit",
        "bot",
        "up",
        "Bot",
        "bot@x",
        False,
        "",
    )
    return profile(promotion=replace(site, **changes))  # type: ignore[arg-type]


def promotion(chart: str | Text, *environments: str | Loop[Text]) -> ir.Promotion:
    """A chart to promote."""
    version = text(setup("params.V"))
    return ir.Promotion(text(chart) if isinstance(chart, str) else chart, texts(*environments), version)


def log(machine: Machine, ref: str) -> tuple[str, str, str]:
    """Author, message and the versions file of a pushed commit."""
    where = ("-C", str(machine.root / "charts.git"))
    author, _, message = told_git(*where, "log", "-1", "--format=%an <%ae>%n%B", ref).partition("\n")
    return author, message, told_git(*where, "show", f"{ref}:versions")


@git
def test_a_review_has_author_topic_and_change_id(machine: Machine) -> None:
    program = lowered(stage("web", ir.Promote(List((promotion("one"),)))), site=promoting(charts(machine))).stage("web")
    done = machine.run(
        program, PROMOTE_USER="u", PROMOTE_PASSWORD="p", setup_params_V="v 1", setup_logURL="https://log"
    )
    assert done.status == 0, done.err
    author, message, versions = log(machine, "refs/for/master%topic=up")
    assert (author, versions) == ("Bot <bot@x>", "<-s><one><-v><v 1>")
    assert message.startswith("one: promote v 1\n\nProposed by https://log\n\nChange-Id: I")
    assert program.credentials[0].variables == ("PROMOTE_USER", "PROMOTE_PASSWORD")


@git
def test_each_chart_gets_a_branch_of_its_own(machine: Machine) -> None:
    site = promoting(charts(machine), propose="branch")
    loop = Loop(("e",), text(setup("params.E")), ",", text(token("e")))
    charted = Loop(("c",), text(setup("params.C")), " ", promotion(text(token("c"))))
    step = ir.Promote(List((promotion("one", "ci"), promotion("two", "prod", loop), charted)))
    program = lowered(stage("web", step), site=site).stage("web")
    done = machine.run(
        program,
        PROMOTE_USER="u",
        PROMOTE_PASSWORD="p",
        setup_params_V="v1",
        setup_params_E="a,b",
        setup_params_C="three four",
    )
    assert done.status == 0, done.err
    found = {chart: log(machine, f"promote-{chart}-v1")[2] for chart in ("one", "two", "three", "four")}
    assert found == {
        "one": "<-s><one><-v><v1><-e><ci>",
        "two": "<-s><two><-v><v1><-e><prod><-e><a><-e><b>",
        "three": "<-s><three><-v><v1>",
        "four": "<-s><four><-v><v1>",
    }


@git
@pytest.mark.parametrize("propose", ["branch", "gitlab"])
def test_a_second_promotion_of_a_version_finds_the_first(machine: Machine, propose: str) -> None:
    site = promoting(charts(machine), propose=propose, credential="")
    bare, work = ("-C", str(machine.root / "charts.git")), ("-C", str(machine.root / "work"))
    told_git(*bare, "config", "receive.advertisePushOptions", "true")
    program = lowered(stage("web", ir.Promote(List((promotion("one"),)))), site=site).stage("web")

    def again() -> tuple[int, str, str]:
        shutil.rmtree(machine.root / "values/web.charts", ignore_errors=True)
        done = machine.run(program, setup_params_V="1", GIT_COMMITTER_DATE=f"2026-01-01T00:00:{next(seconds):02}Z")
        return done.status, done.err, told_git(*bare, "rev-parse", "promote-one-1")

    seconds = itertools.count()
    status, err, first = again()
    assert status == 0, err
    assert again() == (0, "", first), "it says the same"
    (machine.root / "work/other").write_text("")
    told_git(*work, "add", ".")
    told_git(*work, "commit", "--quiet", "-m", "what came after")
    told_git(*work, "push", "--quiet", "origin", "HEAD:master")
    status, err, second = again()
    assert (status, second != first) == (0, True), err
    assert told_git(*bare, "rev-list", "--count", "master..promote-one-1").strip() == "1", "replaced, not added to"
    told_git(*work, "push", "--quiet", "--force", "origin", "HEAD:promote-one-1")
    status, err, third = again()
    assert status == 1
    assert "promote-one-1 is there, and not by us: x <x@y>" in err
    assert third == told_git(*work, "rev-parse", "HEAD"), "a stranger's stays"


@git
def test_another_charts_branch_of_the_same_name_is_left_alone(machine: Machine) -> None:
    site = promoting(charts(machine), propose="branch", credential="")
    steps = [ir.Promote(List((promotion(chart),))) for chart in ("one", "one-1")]
    programs = [lowered(stage("web", step), site=site).stage("web") for step in steps]
    assert machine.run(programs[0], setup_params_V="1-2").status == 0
    shutil.rmtree(machine.root / "values/web.charts")
    done = machine.run(programs[1], setup_params_V="2")
    assert done.status == 1
    assert "promote-one-1-2 is there, and not by us: Bot" in done.err


@git
def test_a_branch_is_pushed_where_the_site_wants_that(machine: Machine) -> None:
    site = promoting(charts(machine), propose="branch", branch="", credential="")
    program = lowered(stage("web", ir.Promote(List((promotion("one"),)))), site=site).stage("web")
    done = machine.run(program, setup_params_V="1")
    assert done.status == 0, done.err
    assert log(machine, "promote-one-1")[2] == "<-s><one><-v><1>"


@git
def test_a_failing_update_fails_the_stage(machine: Machine) -> None:
    site = promoting(charts(machine), update=("false",))
    step = ir.Promote(List((promotion("one"), promotion("two"))))
    program = lowered(stage("web", step), site=site).stage("web")
    assert machine.run(program, PROMOTE_USER="", PROMOTE_PASSWORD="", setup_params_V="1").status != 0


def test_gerrit_is_asked_for_owner_and_approver(machine: Machine) -> None:
    if not shutil.which("jq"):
        pytest.skip("needs jq")
    machine.command("git")
    bot = {"username": "jenkins", "tags": ["SERVICE_USER"]}
    labels = {"Code-Review": {"approved": {"username": "ben"}}}
    answer = [{"owner": {"username": "ann"}, "labels": labels}, {"owner": bot, "labels": {}}]
    machine.put("fake/answer", ")]}'\n" + json.dumps(answer))
    machine.command("curl", '#!/bin/sh\ncat "$FAKE/answer"\n')
    site = promoting("https://x/charts.git", reviewers=True, gerrit="https://x/r", credential="")
    program = lowered(stage("web", ir.Promote(List(()))), site=site).stage("web")
    done = machine.run([*program.lines, 'printf %s "$reviewers" > "$values/reviewers"'], setup_commit="abc")
    assert done.values["reviewers"] == ",r=ann,r=ben"
    machine.command("curl", "#!/bin/sh\nexit 22\n")
    done = machine.run([*program.lines, 'printf %s "<$reviewers>" > "$values/reviewers"'], setup_commit="abc")
    assert (done.status, done.values["reviewers"]) == (0, "<>")


# ---- exports and trigger ----


def test_exports_are_bound_in_order(machine: Machine) -> None:
    steps = [
        ir.Export("a", text(setup("params.A"), "\n")),
        ir.Export("b", text("<", own("a"), ">")),
        ir.Export("c", text(setup("tag", "none"))),
    ]
    done = machine.run(lowered(stage("web", *steps)).stage("web"), setup_params_A="it's\n")
    assert {k: done.values[f"web.{k}"] for k in "abc"} == {"a": "it's\n\n", "b": "<it's\n\n>", "c": "none"}


def test_a_triggers_parameters_are_known_or_written(machine: Machine) -> None:
    parameters = (("A", text("x")), ("B", text("<", setup("tag"), ">")))
    program = lowered(stage("web", ir.Trigger("job", parameters, True, False))).stage("web")
    assert program.trigger is not None
    assert program.trigger.parameters == (Parameter("A", "x", ""), Parameter("B", None, "web.parameter.B"))
    assert machine.run(program, setup_tag="v1").values["web.parameter.B"] == "<v1>"
    only_known = lowered(stage("web", ir.Trigger("job", (("A", text("x")),), True, False))).stage("web")
    assert only_known.lines == ()


# ---- mail ----


def mailing(subject: Text, body: Text, *to: str | Text | Loop[Text]) -> MailProgram:
    """A stage that runs and, when it fails, mails."""
    mail = ir.Mail(texts(*(to or ("a@b.example",))), subject, body)
    site = profile(mail_command=("send-it", "--now"), mail_from="ci@x.example")
    program = lowered(stage("web", run_step(text("busybox"), tail=1), mail=mail), site=site).stage("web")
    assert program.mail is not None
    return program.mail


def sent(machine: Machine, mail: MailProgram, **environment: str) -> email.message.EmailMessage:
    """The message that reached the site's command."""
    machine.command("send-it", '#!/bin/sh\ncat > "$FAKE/mail"\n')
    done = machine.run((*mail.compose, *mail.send), **environment)
    assert done.status == 0, done.err
    raw = (machine.root / "fake/mail").read_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_mail_is_sent_as_it_was_written(machine: Machine) -> None:
    machine.put("values/web.output", "näh\n")
    mail = mailing(
        text("[CI] é ", setup("branch"), " failed"),
        text("Output:\n", own("output"), own("container")),
        "a@b.example",
        text(setup("params.TO")),
    )
    message = sent(machine, mail, setup_branch="x\nBcc: evil@x " + "ü" * 60, setup_params_TO="c@d.example\nCc: e@f")
    assert message["Subject"] == "[CI] é x Bcc: evil@x " + "ü" * 60 + " failed"
    assert message["Bcc"] is message["Cc"] is None
    assert message["To"].startswith("a@b.example, c@d.example")
    assert message.get_content() == "Output:\nnäh"
    assert message["From"] == "ci@x.example"
    done = machine.run((*mail.compose, *mail.files), setup_branch="b", setup_params_TO="c@d")
    assert [done.values[f"web.mail.{k}"] for k in ("to", "subject")] == ["a@b.example, c@d", "[CI] é b failed"]


@pytest.mark.parametrize("subject", ["plain", "é" * 100, "a\nBcc: x", "=?odd?="], ids=repr)
def test_a_known_subject_is_encoded_before(machine: Machine, subject: str) -> None:
    mail = mailing(literal(subject), literal("b"))
    assert mail.literal == ("a@b.example", subject, "b")
    message = sent(machine, mail)
    assert message["Subject"] == subject.replace("\n", " ")
    assert message["Bcc"] is None


def test_what_was_not_bound_is_empty(machine: Machine) -> None:
    message = sent(machine, mailing(text("<", own("output"), ">"), text(own("container", "nothing"))))
    assert message["Subject"] == "<>"
    assert message.get_content() == "nothing"


def test_what_a_mail_reads_is_written_before_the_stage_can_fail() -> None:
    mail = ir.Mail(texts("a@b"), text(own("container")), text("b"))
    lines = lowered(stage("web", run_step(text("busybox")), mail=mail)).stage("web").lines
    assert lines[3:5] == ("container=$run-web", 'printf %s "$container" > "$values/web.container"')


_NEAR_WHAT_IS_ESCAPED = "".join(
    map(chr, [*range(1, 161), 0x2027, 0x2028, 0x2029, 0x202A, 0xFEFE, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFF, 0x85])
)


@settings(max_examples=25, deadline=None)
@given(
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80),
    shell=st.sampled_from(["dash", "busybox"]),
)  # an awk each
@example(_NEAR_WHAT_IS_ESCAPED, "dash")
@example(_NEAR_WHAT_IS_ESCAPED, "busybox")
def test_any_text_makes_json_that_every_reader_takes(
    tmp_path_factory: pytest.TempPathFactory, value: str, shell: str
) -> None:
    machine = Machine(tmp_path_factory.mktemp("json"), shell)
    machine.command("helm3")
    overrides = mapping(known=literal(value), unknown=text("<", setup("params.X"), ">"))
    done = machine.run(deployed(overrides=overrides).stage("web"), setup_params_TAG="1", setup_params_X=value)
    for read in (json.loads, yaml.safe_load):
        found = read(done.values["web.helm.json"])
        assert (found["known"], found["unknown"]) == (value, f"<{value}>")
