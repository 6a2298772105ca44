"""Programs run for real, with a docker of ours first in PATH: what it is told, what is bound, what lies in the tree."""

from __future__ import annotations

import json
import stat
import tarfile
from base64 import b64encode
from dataclasses import replace

import pytest
import yaml
from support.ir_by_hand import (
    Machine,
    build_step,
    copy_item,
    copy_step,
    lines_of,
    lowered,
    mapping,
    own,
    profile,
    publish_step,
    run_step,
    setup,
    stage,
    text,
    texts,
    token,
)

from transpiler import ir
from transpiler.expressions import List, Loop, Ref, Source, literal
from transpiler.program import Archive, StageProgram


def web(*steps: ir.Step, **more: object) -> StageProgram:
    """The program of a stage `web`."""
    return lowered(stage("web", *steps), **more).stage("web")  # type: ignore[arg-type]


# ---- build ----


def test_a_build_reads_like_what_one_would_type() -> None:
    assert lines_of(build_step("prod", pull=True)) == [
        "set -eu",
        "",
        "# build",
        "BUILDX_BUILDER=default",
        '[ ! -d "${DOCKER_CONFIG:-${HOME-}/.docker}/contexts" ] || '
        "BUILDX_BUILDER=$(docker context inspect --format '{''{.Name}}' || echo default)",
        "export BUILDX_BUILDER # the daemon's own, called like the context",
        'docker build --file Dockerfile --target prod --iidfile "$values/web.iid" --pull \\',
        '    --label ci.project=group/app --label ci.pipeline=test --label "ci.run=$run" .',
    ]


def test_the_image_is_bound_only_where_somebody_reads_it(machine: Machine) -> None:
    pipeline = lowered(stage("web", build_step()), stage("check", run_step(text(own("imageID")))))
    first, second = pipeline.stage("web"), pipeline.stage("check")
    assert (first.gives_image, second.images, [b.file for b in first.binds]) == (True, ("web",), ["web.imageID"])
    assert machine.run(first).values["web.imageID"] == "1234abcd"
    assert machine.run(second).words("docker", "run")[-1] == "1234abcd"


def test_an_unknown_project_is_read_when_it_runs(machine: Machine) -> None:
    program = web(build_step(), project=None)
    assert program.setup == ("project",)
    assert "ci.project=a/b" in machine.run(program, setup_project="a/b").words("docker", "build")


def test_a_stage_in_a_directory_finds_its_file_at_the_root(machine: Machine) -> None:
    machine.put("checkout/src/a/keep", "")
    program = lowered(stage("web", build_step(file=".pipeline/x"), directory="src/a")).stage("web")
    said = machine.run(program).words("docker", "build")
    assert said[1] == f"{machine.checkout}/.pipeline/x"
    assert "cd src/a" in program.lines


BLUBBER = "# syntax=docker-registry.wikimedia.org/wikimedia/blubber-buildkit"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", f"{BLUBBER}:v0.11.1\n"),
        (f"{BLUBBER}:v9\n", f"{BLUBBER}:v9\n"),
        (f"{BLUBBER}\n", f"{BLUBBER}\n"),
        (f"{BLUBBER}@sha256:ab\n# more\n", f"{BLUBBER}@sha256:ab\n"),
        (f"{BLUBBER}-evil:v9\n", f"{BLUBBER}:v0.11.1\n"),
        (f"{BLUBBER}:v9\n#syntax = evil\n", f"{BLUBBER}:v0.11.1\n"),
        ("# a comment\n", f"{BLUBBER}:v0.11.1\n"),
    ],
    ids=[
        "none named",
        "an allowed one",
        "without a version",
        "by digest",
        "a name that only begins so",
        "the last one counts",
        "only a comment",
    ],
)
def test_the_frontend_is_one_that_the_site_allows(machine: Machine, head: str, expected: str) -> None:
    machine.put("checkout/.pipeline/blubber.yaml", f"{head}version: v4\n# inner\nvariants: {{}}\n")
    step = build_step()
    step = replace(step, file=ir.BuildFile(blubber=True, path=literal(".pipeline/blubber.yaml")))
    done = machine.run(web(step, site=profile("wikimedia")))
    assert done.err == ""
    assert done.values["web.blubber.yaml"] == f"{expected}version: v4\n# inner\nvariants: {{}}\n"
    assert done.words("docker", "build")[1].endswith("/values/web.blubber.yaml")


def test_an_inline_blubberfile_is_written_as_json(machine: Machine) -> None:
    inline = mapping(version="v4", base=text("reg/", setup("params.BASE")), lives=mapping(in_='a"b\\c\n'))
    step = replace(build_step(), file=ir.BuildFile(blubber=True, inline=inline))
    done = machine.run(web(step, site=profile("wikimedia")), setup_params_BASE='x"\\\n\x01é😀')
    first, _, rest = done.values["web.blubber.yaml"].partition("\n")
    assert first == f"{BLUBBER}:v0.11.1"
    expected = {"version": "v4", "base": 'reg/x"\\\n\x01é😀', "lives": {"in": 'a"b\\c\n'}}
    assert json.loads(rest) == yaml.safe_load(rest) == expected


def test_excludes_stand_in_place_of_the_ignore_file_and_touch_nothing_of_the_users(machine: Machine) -> None:
    machine.put("checkout/Dockerfile", "FROM scratch\n")
    done = machine.run(web(build_step(excludes=texts("*.md", "it's"))))
    assert done.values["web.Dockerfile.dockerignore"] == "*.md\nit's\n"
    assert done.values["web.Dockerfile"] == "FROM scratch\n"
    assert done.words("docker", "build")[1].endswith("/values/web.Dockerfile")
    assert [p.name for p in machine.checkout.iterdir()] == ["Dockerfile"]


def test_podman_has_an_option_for_excludes(machine: Machine) -> None:
    done = machine.run(web(build_step(excludes=texts("*.md")), site=profile(container="podman")))
    said = done.words("podman", "build")
    assert said[said.index("--ignorefile") + 1].endswith("/values/web.dockerignore")
    assert "DOCKER_BUILDKIT" not in "\n".join(lines_of(build_step(), site=profile(container="podman")))


@pytest.mark.parametrize(("engine", "found"), [("docker", False), ("podman", True)])
def test_podman_does_not_wait_for_a_container_that_is_removed(machine: Machine, engine: str, found: bool) -> None:
    done = machine.run(web(build_step(), run_step(), site=profile(container=engine)))
    assert ("--stop-timeout=0" in done.words(engine, "run")) is found


def test_build_arguments_arrive_byte_for_byte(machine: Machine) -> None:
    nasty = ["", "-x", "it's", '"', "$HOME `id` $(id) ${x}", "a\nb\n", "\x01\x7f\u2028", "😀", "*", "a=b", "\\n"]
    args = tuple(ir.Variable(literal(f"K{i}"), literal(value)) for i, value in enumerate(nasty))
    said = machine.run(web(build_step(args=args))).words("docker", "build")
    assert [said[i + 1] for i, word in enumerate(said) if word == "--build-arg"] == [
        f"K{i}={value}" for i, value in enumerate(nasty)
    ]


def test_a_build_argument_can_be_a_value_that_is_known_later(machine: Machine) -> None:
    args = (ir.Variable(literal("A"), text("<", setup("params.X"), ">")),)
    said = machine.run(web(build_step(args=args)), setup_params_X="it's $x\n").words("docker", "build")
    assert said[said.index("--build-arg") + 1] == "A=<it's $x\n>"


SECRETS = (
    ir.Credential("npm", ir.CredentialKind.SECRET_TEXT, ("NPM_TOKEN",)),
    ir.Credential("login", ir.CredentialKind.USERNAME_PASSWORD, ("WHO", "WORD")),
    ir.Credential("key", ir.CredentialKind.SSH_KEY, ("KEY",)),
)


def test_secrets_of_a_build_are_named_by_their_variables_and_never_said(machine: Machine) -> None:
    given = {"NPM_TOKEN": "secret-1", "WHO": "secret-2", "WORD": "secret-3", "KEY": "/a path/key"}
    done = machine.run(web(build_step(secrets=SECRETS)), **given)
    said = done.words("docker", "build")
    assert [said[i + 1] for i, word in enumerate(said) if word == "--secret"] == [
        "id=NPM_TOKEN,env=NPM_TOKEN",
        "id=WHO,env=WHO",
        "id=WORD,env=WORD",
        "id=KEY,type=file,src=/a path/key",
    ]
    assert "secret-" not in " ".join(said)


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_secrets_need_buildkit_which_podman_does_not(engine: str) -> None:
    lines = lines_of(build_step(secrets=SECRETS), site=profile(container=engine))
    assert ("export DOCKER_BUILDKIT=1" in lines) == (engine == "docker")


def test_a_program_needs_the_credentials_of_its_build() -> None:
    made = web(build_step(secrets=SECRETS[:1]), run_step(credentials=SECRETS))
    assert [(use.id, use.variables) for use in made.credentials] == [
        ("npm", ("NPM_TOKEN",)),
        ("login", ("WHO", "WORD")),
        ("key", ("KEY",)),
    ]


# ---- run ----


def test_arguments_and_environment_arrive_byte_for_byte(machine: Machine) -> None:
    nasty = ["", "-x", "it's", '"', "$HOME `id` $(id) ${x}", "a\nb\n", "\x01\x7f\u2028", "😀", "*", "{{ x }}", "\\n"]
    env = List(tuple(ir.Variable(literal(f"K{i}"), literal(value)) for i, value in enumerate(nasty)))
    done = machine.run(web(build_step(), run_step(None, *(text(n) for n in nasty), env=env)))
    said = done.words("docker", "run")
    assert said[-len(nasty) :] == nasty
    assert [said[i + 1] for i, w in enumerate(said) if w == "--env"] == [f"K{i}={v}" for i, v in enumerate(nasty)]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [(2, "two\nthree\n"), (-1, "one\ntwo\nthree"), (9, "one\ntwo\nthree\n")],
    ids=["the last two lines", "all of it unchanged", "more than there are"],
)
def test_output_is_the_end_of_stdout(machine: Machine, tail: int, expected: str) -> None:
    machine.put("fake/stdout", "one\ntwo\nthree")
    step = run_step(tail=tail)
    done = machine.run(web(build_step(), step, ir.Export("all", text("<", own("output"), ">"))))
    assert done.values["web.output"] == expected
    assert done.values["web.all"] == f"<{expected}>"
    assert "three" in done.out


def test_no_output_gives_an_empty_file(machine: Machine) -> None:
    assert machine.run(web(build_step(), run_step(tail=3))).values["web.output"] == ""


def test_a_failing_run_fails_the_stage(machine: Machine) -> None:
    machine.put("fake/fail", "")
    done = machine.run(web(build_step(), run_step(tail=3), ir.Export("x", text("never"))))
    assert done.status == 3
    assert "web.x" not in done.values


def test_a_secret_is_never_an_argument(machine: Machine) -> None:
    credential = ir.Credential("id", ir.CredentialKind.SECRET_TEXT, ("TOKEN",))
    key = ir.Credential("key", ir.CredentialKind.SSH_KEY, ("KEY",))
    secret = Ref(Source.ENVIRONMENT, "TOKEN")
    env = List((ir.Variable(literal("REF"), text(Ref(Source.ENVIRONMENT, "ZUUL_BRANCH"))),))
    made_of_it = List((ir.SecretVariable("AUTH", text("Bearer ", secret)),))
    program = web(build_step(), run_step(env=env, secret_env=made_of_it, credentials=(credential, key)))
    done = machine.run(program, TOKEN="s3cret", KEY="/tmp/key")
    said = done.words("docker", "run")
    assert "s3cret" not in "".join(said)
    assert said[4:-1] == [
        "--env",
        "REF=",
        "--env",
        "TOKEN",
        "--volume",
        "/tmp/key:/tmp/key:ro",
        "--env",
        "KEY",
        "--env",
        "AUTH",
    ]
    assert program.environment == ("ZUUL_BRANCH",)
    assert [c.variables for c in program.credentials] == [("TOKEN",), ("KEY",)]


def test_an_image_cannot_pose_as_an_option(machine: Machine) -> None:
    done = machine.run(web(run_step(text(setup("params.IMAGE")))), setup_params_IMAGE="--privileged")
    assert done.words("docker", "run")[-2:] == ["--", "--privileged"]
    assert "--" not in machine.run(web(run_step(text("busybox")))).words("docker", "run")


def test_loops_become_arguments_and_environment(machine: Machine) -> None:
    machine.put("values/pages.output", 'home page\n\nabout "us"\n* $HOME')
    lines = Loop(("page",), text(own("output", stage="pages")), "\n", text("--page=", token("page")))
    known = ir.Variable(literal("A"), literal("1"))
    pairs = Loop(("k", "v"), text(setup("params.P")), ",", ir.Variable(text(token("k")), text(token("v"))))
    pipeline = lowered(
        stage("pages", run_step(text("busybox"), tail=-1)),
        stage("web", run_step(text("busybox"), "first", lines, "last", env=List((known, pairs)))),
    )
    done = machine.run(pipeline.stage("web"), setup_params_P="X 1,Y 2 surplus,,Z  3")
    assert done.err == ""
    said = done.words("docker", "run")
    assert said[4:] == [
        "--env",
        "A=1",
        "--env",
        "X=1",
        "--env",
        "Y=2",
        "--env",
        "Z=3",
        "busybox",
        "first",
        "--page=home page",
        '--page=about "us"',
        "--page=* $HOME",
        "last",
    ]


def test_too_few_words_for_the_names_of_a_loop_fail(machine: Machine) -> None:
    pairs = Loop(("k", "v"), text(setup("params.P")), ",", text(token("k"), "=", token("v")))
    done = machine.run(web(run_step(text("busybox"), pairs)), setup_params_P="a b,lonely")
    assert (done.status, done.calls) == (1, [])
    assert "$each: [k, v]" in done.err
    assert "lonely" in done.err


# ---- copy ----


def tree(machine: Machine) -> list[str]:
    """The files of the checkout."""
    return sorted(str(p.relative_to(machine.checkout)) for p in machine.checkout.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("source", "destination", "told"),
    [
        ("/out/junit.xml", "reports/junit.xml", ["run-7-web:/out/junit.xml", "reports/junit.xml"]),
        ("/out/junit.xml", "/foo/../../dst", ["run-7-web:/out/junit.xml", "dst"]),
        ("/out/", "site", ["run-7-web:/out/.", "site"]),
        ("out/junit.xml", ".", ["run-7-web:/out/junit.xml", "."]),
        ("/out/junit.xml", "-x:y", ["run-7-web:/out/junit.xml", "./-x:y"]),
    ],
    ids=[
        "the parent is made",
        "nothing leaves the tree",
        "contents",
        "the working directory",
        "no option, no container",
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["known before", "known when it runs"])
def test_files_are_copied_into_the_tree(
    machine: Machine, source: str, destination: str, told: list[str], known: bool
) -> None:
    machine.put("fake/container/out/junit.xml", "<x/>")
    source_text = literal(source) if known else text(setup("params.S"))
    destination_text = literal(destination) if known else text(setup("params.D"))
    step = copy_step(copy_item(source_text, destination_text))
    done = machine.run(web(run_step(text("busybox")), step), setup_params_S=source, setup_params_D=destination)
    assert done.status == 0, done.err
    said = done.words("docker", "cp")
    assert [said[0].replace("//", "/"), said[1].removeprefix("./")] == [told[0], told[1].removeprefix("./")]
    assert len(tree(machine)) == 1


def test_a_directory_is_kept_packed(machine: Machine) -> None:
    machine.put("fake/container/docs/a", "1")
    machine.put("fake/container/b.xml", "1")
    kept = [copy_item("/docs", "site", archive=True), copy_item("/b.xml"), copy_item("/b.xml", "x y", archive=True)]
    step = copy_step(*kept)
    program = web(run_step(text("busybox")), step, ir.Export("urls", text(own("artifactURLs"))))
    done = machine.run(program)
    assert program.archives == (Archive("site", None), Archive("x y", None))
    assert tree(machine) == ["b.xml", "site.tar.gz", "site/a", "x y"]
    assert done.values["web.urls"] == "https://ci.example/a/site.tar.gz\n\nhttps://ci.example/a/x%20y"
    assert program.artifacts


def test_contents_in_the_working_directory_are_packed_by_themselves(machine: Machine) -> None:
    machine.put("fake/container/docs/a", "1")
    machine.put("checkout/mine", "2")
    program = web(run_step(text("busybox")), copy_step(copy_item("/docs/", ".", archive=True)))
    machine.run(program)
    assert program.archives == (Archive("docs", True),)
    assert tree(machine) == ["a", "docs.tar.gz", "mine"]
    with tarfile.open(machine.checkout / "docs.tar.gz") as packed:
        assert [m.name for m in packed.getmembers() if m.isfile()] == ["./a"]


def test_files_count_only_for_descendants() -> None:
    first = stage("web", run_step(text("busybox")), copy_step(copy_item("/a/b"), copy_item("/c", ".")))
    assert lowered(first).stage("web").copies == ()
    assert lowered(first, stage("later", run_step(text("busybox")))).stage("web").copies == ("a/b", "c")


def test_another_stages_container_is_named() -> None:
    first = stage("web", run_step(text("busybox")), ir.Export("c", text(own("container"))))
    second = stage("later", copy_step(copy_item("/a", from_=text(own("c")))))
    assert lowered(first, second).stage("later").containers == ("web",)


# ---- publish ----


def pushed(machine: Machine, program: StageProgram, **environment: str) -> list[str]:
    """What was pushed, in order."""
    done = machine.run(program, **environment)
    assert done.status == 0, done.err
    names = [call[2] for call in done.calls if call[:2] == ["docker", "push"]]
    assert done.values.get("web.published", "").split() == names
    return names


def test_names_and_tags_are_cleaned_and_doubles_left_out(machine: Machine) -> None:
    step = publish_step(text("app"), text(setup("tag")), text(setup("branch")), "stable", text(setup("tag")), "")
    program = web(build_step(), step)
    names = pushed(machine, program, setup_tag="V1/Rc", setup_branch="stable")
    assert names == ["r.example/ns/app:v1-rc", "r.example/ns/app:stable"]


def test_without_any_tag_nothing_is_pushed(machine: Machine) -> None:
    step = publish_step(text("app"), text(setup("tag")), text(setup("tag")))
    program = web(build_step(), step, ir.Export("t", text("<", own("imageTag"), own("publishedImage"), ">")))
    assert pushed(machine, program) == []
    assert (machine.root / "values/web.t").read_text() == "<>"


def test_the_first_tag_as_pushed_is_bound(machine: Machine) -> None:
    step = publish_step(text("app"), text(setup("tag")), "latest")
    export = ir.Export("t", text(own("imageTag"), " ", own("publishedImage"), " ", own("imageName")))
    pushed(machine, web(build_step(), step, export))
    assert (machine.root / "values/web.t").read_text() == "latest r.example/ns/app:latest app"


def test_one_known_tag_needs_no_loop(machine: Machine) -> None:
    program = web(build_step(), publish_step("app", "v1", "v1"))
    assert pushed(machine, program) == ["r.example/ns/app:v1"]
    assert not any(line.startswith("for ") for line in program.lines)


def test_tags_of_a_loop(machine: Machine) -> None:
    loop = Loop(("t",), text(setup("params.T")), " ,", text("x-", token("t")))
    names = pushed(machine, web(build_step(), publish_step("app", "v1", loop)), setup_params_T="A, b,,A")
    assert names == ["r.example/ns/app:v1", "r.example/ns/app:x-a", "r.example/ns/app:x-b"]


@pytest.mark.parametrize(
    ("name", "fine"),
    [("group-app", True), ("app", True), ("App-x", True), ("group-app-x", True), ("apple", False), ("other", False)],
    ids=str,
)
@pytest.mark.parametrize("project", ["group/app", None], ids=["project known", "project not known"])
def test_a_name_is_the_projects(machine: Machine, name: str, fine: bool, project: str | None) -> None:
    program = web(build_step(), publish_step(text(setup("params.N"))), project=project)
    done = machine.run(program, setup_params_N=name, setup_project="group/app")
    assert (done.status == 0) is fine
    assert fine or name in done.err


@pytest.mark.parametrize(
    ("host", "name"),
    [("r.example:5000", "r.example:5000"), ("docker.io", "https://index.docker.io/v1/")],
    ids=["any registry", "Docker Hub, which has an old name"],
)
@pytest.mark.parametrize("context", ["desktop", "default"])
def test_a_login_is_a_configuration_of_its_own(machine: Machine, host: str, name: str, context: str) -> None:
    """No `docker login`, which warns in every log that it stores the password unencrypted."""
    machine.command("base64", '#!/bin/sh\necho "base64 $*" >> "$FAKE/arguments"\nexec busybox base64 "$@"\n')
    registry = replace(profile().registry, public=host, credential="push", repository="")
    program = web(build_step(), publish_step("app", "v1", "v2"), site=profile(registry=registry))
    password = 'pass $x "é\\' + "x" * 60
    own = _own_configuration(machine, context)
    done = machine.run(program, REGISTRY_PASSWORD=password, registry=host, DOCKER_CONFIG=own)
    assert done.status == 0, done.err
    written = machine.root / "fake/login"
    assert json.loads(written.read_text()) == {
        "auths": {name: {"auth": b64encode(f"ci:{password}".encode()).decode()}},
        "currentContext": context,
    }
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert not (machine.root / "values/web.docker").exists()
    called = [call[1] for call in done.calls if call[0] == "docker"]
    assert [call for call in called if call != "context"] == ["build", "tag", "push", "tag", "push"]
    assert called.count("context") == (2 if context == "desktop" else 0)
    assert "pass" not in str(done.calls)
    assert machine.shell == "busybox" or (machine.root / "fake/arguments").read_text() == "base64 \n"


def _own_configuration(machine: Machine, context: str) -> str:
    """The node's own configuration of docker, in which every context but the first has a file."""
    own = machine.root / "own"
    (own / "contexts" if context != "default" else own).mkdir(parents=True)
    return str(own)


def test_podman_finds_a_login_too(machine: Machine) -> None:
    done = machine.run(web(build_step(), publish_step(), site=profile(container="podman")), REGISTRY_PASSWORD="p")
    assert done.status == 0, done.err
    assert json.loads((machine.root / "fake/login").read_text()) == {"auths": {"r.example": {"auth": "Y2k6cA=="}}}
    assert "web.auth.json" not in done.values


@pytest.mark.parametrize("context", ["desktop", "default"])
def test_the_image_is_built_by_the_daemon_whatever_builder_is_in_use(machine: Machine, context: str) -> None:
    """With `docker buildx create --use` and `docker buildx install`, or with `$BUILDX_BUILDER`, it would not be on the
    daemon; the daemon's own builder is called like the docker context."""
    own = _own_configuration(machine, context)
    assert machine.run(web(build_step()), BUILDX_BUILDER="in-a-container", DOCKER_CONFIG=own).status == 0
    assert (machine.root / "fake/builder").read_text() == f"{context}\n"
    assert "BUILDX" not in "\n".join(lines_of(build_step(), site=profile(container="podman")))


def test_a_sites_own_pusher(machine: Machine) -> None:
    machine.command("sudo")
    program = web(build_step(), publish_step(), site=profile("wikimedia", builder=profile().builder))
    done = machine.run(program)
    assert done.words("sudo") == ["/usr/local/bin/docker-pusher", "push.example/ns/app:v1"]
    assert done.values["web.published"] == "r.example/ns/app:v1\n"
    assert program.credentials == ()
