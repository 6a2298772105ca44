"""What the command writes is the same bytes whatever the locale, and no character and no closed stream ends it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "größe-→-日本"
CONFIG = f"""\
project: team/ores
pipelines:
  {NAME}:
    dockerfile: Dockerfile
    stages:
      - {{name: büro, build: test, run: {{arguments: ['→ ✓']}}}}
      - {{name: unused ✗, run: {{image: 'x-✓'}}}}
    execution: [[büro]]
"""
LOCALES = {
    "a Windows code page": {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "the C locale": {"LC_ALL": "C"},
    "a locale whose file names are no UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
COMMANDS = {
    "generate --stdout": ["generate", "--stdout", "-t", "gitlab"],
    "generate --diff": ["generate", "--diff"],
    "generate --check --diff": ["generate", "--check", "--diff"],
    "generate": ["generate"],
    "lint": ["lint"],
    "lint as JSON": ["lint", "--format", "json"],
    "graph": ["graph"],
    "graph as DOT": ["graph", "--format", "dot"],
    "a pipeline that is not there": ["graph", "--pipeline", "→"],
    "an option that is not there": ["graph", "--→"],
    "help": ["run", "--help"],
    "schema": ["schema", "profile"],
    "explain": ["explain", "unused-stages"],
    "init": ["init", "new-→", "--stdout"],
    "migrate": ["migrate", "old-→", "--diff"],
    "hook check": ["hook", "check"],
    "run --dry-run": ["run", "--dry-run", "-v"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, config in ((".", CONFIG), ("old-→", CONFIG.replace("run: {image", "run: {arguments: é, image"))):
        (tmp_path / name / ".pipeline").mkdir(parents=True)
        (tmp_path / name / ".pipeline/config.yaml").write_text(config, encoding="utf-8")
        (tmp_path / name / "Dockerfile").write_text("FROM busybox AS test\n")
    (tmp_path / "new-→").mkdir()
    (tmp_path / "new-→/Dockerfile").write_text("FROM busybox AS größe\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


STRICT = ["-X", "warn_default_encoding", "-W", "error::EncodingWarning"]
FORKS = """
import base64, json, os, sys, tempfile
import transpiler.cli, transpiler.driver
from transpiler.entry import main

def files():
    return {os.path.join(place, name) for place, _, names in os.walk(".") for name in names}

# Where file names are no UTF-8, a command starts Python again.
AGAIN = "import sys; sys.argv[0] = 'transpipe'; from transpiler.entry import main; main()"
found, options, before = {}, sys.argv[2:], files()
# Arguments are in the file system's encoding, whatever it is: as bytes they come to each command as they were.
for name, words in json.loads(os.fsencode(sys.argv[1]).decode()).items():
    streams = [tempfile.TemporaryFile() for _ in range(2)]
    sys.stdout.flush()
    if not (child := os.fork()):
        for number, stream in enumerate(streams, 1):
            os.dup2(stream.fileno(), number)
        sys.argv = ["transpipe", *(os.fsdecode(word.encode()) for word in words)]
        sys.orig_argv = [sys.executable, *options, "-c", AGAIN, *sys.argv[1:]]
        code = 1
        try:
            sys.exit(main())
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            sys.stdout.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    found[name] = [code]
    for stream in streams:
        stream.seek(0)
        found[name].append(base64.b64encode(stream.read()).decode())
    for path in files() - before:
        os.unlink(path)
print(json.dumps(found))
"""


def told(folder: Path, words: list[str], **environment: str) -> tuple[int, bytes, bytes]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "100", **environment}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def command(folder: Path, arguments: list[str], **environment: str) -> tuple[int, bytes, bytes]:
    return told(folder, [sys.executable, *STRICT, "-m", "transpiler", *arguments], **environment)


def results(folder: Path, **environment: str) -> dict[str, tuple[int, bytes, bytes]]:
    """What each command gives. Python sets up its streams once, in a process from which those of the commands fork."""
    done = told(folder, [sys.executable, *STRICT, "-c", FORKS, json.dumps(COMMANDS), *STRICT], **environment)
    assert (done[0], done[2]) == (0, b""), done
    found = json.loads(done[1])
    return {name: (code, *(base64.b64decode(stream) for stream in streams)) for name, (code, *streams) in found.items()}


def test_results_are_the_same_bytes_whatever_the_locale(folder: Path) -> None:
    expected = results(folder, PYTHONUTF8="1")
    for name, (_, out, err) in expected.items():
        assert b"a bug" not in err, name
        out.decode("utf-8")
    name = "generate --diff"
    assert command(folder, COMMANDS[name], PYTHONUTF8="1") == expected[name], "forking changes nothing"
    for locale, settings in LOCALES.items():
        for name, done in results(folder, **settings).items():
            assert done[:2] == expected[name][:2], (locale, name)


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_what_is_said_beside_results_ends_nothing(folder: Path, locale: dict[str, str]) -> None:
    code, _, err = command(folder, ["graph", "--pipeline", "→"], **locale)
    assert code == 2
    assert b"\ntranspipe: there is no pipeline " in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_a_path_is_found_and_told_as_it_was_given(folder: Path, locale: dict[str, str]) -> None:
    code, out, _ = command(folder, ["lint", "--format", "json", "old-→"], **locale)
    assert code in (0, 1)
    assert "old-→" in json.dumps(json.loads(out), ensure_ascii=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_swallows_what_is_written(folder: Path, closed: str) -> None:
    script = f'exec "$0" -m transpiler lint {closed}'
    done = subprocess.run(["sh", "-c", script, sys.executable], cwd=folder, check=False, capture_output=True)
    assert done.returncode == 0, done
    assert b"Traceback" not in done.stderr
