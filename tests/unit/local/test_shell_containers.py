"""`transpipe run --shell` with a real docker daemon and with podman: what one finds in the shell, and what is left."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.container_engines import ROOT, Engine
from support.terminal import Terminal

pytestmark = pytest.mark.engine

SECRET, KEY = "s3cret-text", "s3cret-key"
DOCKERFILE = """\
FROM busybox AS test
COPY entry /app/entry
WORKDIR /app
VOLUME /data
ENTRYPOINT ["/bin/sh", "/app/entry"]
"""
ENTRY = """\
case $1 in
    fail) echo "made of $GREETING" > made; echo kept > /data/kept; exit 7 ;;
    serve) while :; do echo served | nc -l -p 8000; done ;;
    ask) nc db 8000 > answer; exit 1 ;;
    die) echo 'I cannot start'; exit 3 ;;
    stay) trap '' TERM; echo stays > made; sleep 300 & wait; wait ;;
esac
"""


@dataclass(frozen=True)
class Shop:
    """A repository and the engine for it."""

    root: Path
    engine: Engine

    def write(self, stages: str, profile: str = "") -> None:
        config = f"project: a/b\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n{stages}"
        (self.root / ".pipeline/config.yaml").write_text(config)
        credentials = "credentials: {token: {kind: secret-text}, key: {kind: file}}\n"
        (self.root / ".pipeline/profile.yaml").write_text(credentials + profile)

    def shell(self, stage: str, *more: str) -> Terminal:
        command = [sys.executable, "-m", "transpiler", "run", "--engine", self.engine.name, "--shell", stage, *more]
        secrets = {"TRANSPIPE_CREDENTIAL_TOKEN": SECRET, "TRANSPIPE_CREDENTIAL_KEY": str(self.root.parent / "key")}
        env = {**self.engine.env, "PYTHONPATH": str(ROOT), "TERM": "xterm", **secrets}
        return Terminal(command, self.root, env)


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    root = tmp_path / "repository"
    (root / ".pipeline").mkdir(parents=True)
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "entry").write_text(ENTRY)
    (tmp_path / "key").write_text(KEY)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return Shop(root, engine)


def said(screen: Terminal, command: str) -> str:
    """What a command writes in the shell."""
    screen.type(f"echo '<''<'; {command}; echo '>''>'\n")
    return screen.expect(r"(?s)<<\n(.*?)>>\n")[1]


UNIT = """\
      - name: unit
        build: {variant: test, imagePullPolicy: never}
        run:
          arguments: [fail]
          env: {GREETING: "it's $HOME"}
          credentials: [{id: token, name: TOKEN}, {id: key, keyFileVariable: KEY_FILE}]
"""


def test_the_shell_has_what_the_container_had(shop: Shop) -> None:
    shop.write(UNIT)
    with shop.shell("unit") as screen:
        screen.expect("the command of test/unit: /bin/sh /app/entry fail\n")
        screen.expect("/app # ")
        assert said(screen, "cat made /data/kept") == "made of it's $HOME\nkept\n"
        assert said(screen, 'echo "$TOKEN"; cat "$KEY_FILE"') == f"{SECRET}\n{KEY}"
        processes = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
        assert ".SHELL" in processes
        assert SECRET not in processes
        screen.type("exit\n")
        assert screen.finish() == 1
    assert shop.engine.left() == ""


def test_at_once_the_command_has_not_run(shop: Shop) -> None:
    shop.write(UNIT)
    with shop.shell("unit", "--at-once") as screen:
        screen.expect("/app # ")
        assert "No such file" in said(screen, "cat made")
        assert said(screen, "/bin/sh /app/entry fail; echo $?; cat made") == "7\nmade of it's $HOME\n"
        screen.type("exit\n")
        assert screen.finish() == 0
    assert shop.engine.left() == ""


def test_an_image_that_was_built_alone(shop: Shop) -> None:
    shop.write("      - {name: build, build: {variant: test, imagePullPolicy: never}}\n")
    with shop.shell("build") as screen:
        screen.expect("/app # ")
        assert said(screen, "cat entry") == ENTRY
        screen.type("exit\n")
        assert screen.finish() == 0
    assert shop.engine.left() == ""


def test_a_lost_terminal_leaves_nothing(shop: Shop) -> None:
    shop.write(UNIT)
    with shop.shell("unit") as screen:
        screen.expect("/app # ")
        screen.type("trap '' HUP TERM; sleep 300\n")
        screen.expect("sleep 300\n")
        screen.hang_up()
        screen.process.wait(60)
    assert shop.engine.left() == ""


def test_a_container_that_a_limit_could_not_end_is_entered(shop: Shop) -> None:
    shop.write(UNIT.replace("[fail]", "[stay]"), "container: {timeout: 1}\n")
    with shop.shell("unit") as screen:
        screen.expect("a shell in the container of test/unit, which still runs")
        screen.expect("/app # ")
        assert said(screen, "cat made; echo $TOKEN") == f"stays\n{SECRET}\n"
        screen.type("exit\n")
        assert screen.finish() == 1
    assert shop.engine.left() == ""


SERVED = """\
      - {name: build, build: {variant: test, imagePullPolicy: never}}
      - name: unit
        run:
          image: '${build.imageID}'
          arguments: [ask]
          services:
            - {name: db, image: '${build.imageID}', arguments: [serve]}
            - {name: other, image: '${build.imageID}', arguments: [OTHER], ready: {command: ['true'], timeout: 5}}
"""


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_services_are_still_there(shop: Shop) -> None:
    shop.write(SERVED.replace("OTHER", "serve"))
    with shop.shell("unit") as screen:
        screen.expect("/app # ")
        assert said(screen, "cat answer; nc db 8000; nc other 8000") == "served\nserved\nserved\n"
        screen.type("exit\n")
        assert screen.finish() == 1
    assert shop.engine.left() == ""


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_a_service_that_fails_leaves_a_shell_to_look_at_the_others(shop: Shop) -> None:
    shop.write(SERVED.replace("OTHER", "die"))
    with shop.shell("unit") as screen:
        screen.expect("I cannot start")
        screen.expect("/app # ")
        assert said(screen, "nc db 8000; cat answer") == "served\ncat: can't open 'answer': No such file or directory\n"
        screen.type("exit\n")
        assert screen.finish() == 1
    assert shop.engine.left() == ""
