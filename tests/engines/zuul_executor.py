"""Runs playbooks as Zuul's executor does, with Zuul's own plugins, on this machine as the node.

It knows nothing of jobs and their order: a caller says which playbooks, with which variables, below which directory.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

NODE = Path(__file__).parent / "zuul_node"


@dataclass(frozen=True)
class Playback:
    """One playbook, played: exit status, the log with every task's arguments, and Zuul's own job-output.json: for each
    play its tasks, for each task its result."""

    returncode: int
    log: str
    plays: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Executor:
    """One build's place: `root` has the node's home, the logs and what is returned; `python` is the engines'; `env` is
    the whole environment of the executor, which is also the node's; `streams`: Zuul's own callback writes the log that
    people read, too."""

    python: Path
    root: Path
    env: Mapping[str, str]
    streams: bool = False

    @property
    def home(self) -> Path:
        """The node's home directory, below which the sources are."""
        return self.root / "home"

    @property
    def logs(self) -> Path:
        """What Zuul keeps of the build."""
        return self.root / "logs"

    @property
    def console(self) -> str:
        """The log that people read, of all playbooks so far, if it is written."""
        return self._console.read_text(encoding="utf-8") if self._console.exists() else ""

    @property
    def place(self) -> dict[str, str]:
        """The variable `zuul.executor`."""
        return {
            "log_root": str(self.logs),
            "work_root": str(self.root),
            "result_data_file": str(self._results),
        }

    @property
    def returned(self) -> dict[str, Any]:
        """What the playbooks have returned so far with `zuul_return`."""
        text = self._results.read_text(encoding="utf-8") if self._results.exists() else ""
        data: dict[str, Any] = json.loads(text)["data"] if text else {}
        return data

    @property
    def _console(self) -> Path:
        return self.root / "job-output.txt"

    @property
    def _output(self) -> Path:
        return self.root / "job-output.json"

    @property
    def _results(self) -> Path:
        return self.root / "work/results.json"

    def __call__(
        self,
        playbook: Path,
        variables: Mapping[str, Any],
        templates: Mapping[str, Any] | None = None,
        timeout: float = 300,
    ) -> Playback:
        """Plays it. The `variables` are text, but for `zuul`; the `templates` are a job's own. These two Ansible
        expands when they are used. Raises subprocess.TimeoutExpired."""
        for directory in (self.home, self.logs, self._results.parent):
            directory.mkdir(parents=True, exist_ok=True)
        self._results.touch()
        self._output.unlink(missing_ok=True)
        inventory, given = self.root / "inventory.json", self.root / "variables.json"
        node = {"ansible_connection": "local", "ansible_python_interpreter": str(self._interpreter())}
        inventory.write_text(json.dumps({"all": {"hosts": {"node": node}}}), encoding="utf-8")
        # The console's files are for a daemon that streams them.
        known = {"zuul_user_dir": str(self.home), "zuul_console_disabled": True, **variables}
        marked = {name: value if name == "zuul" else _unsafe(value) for name, value in known.items()}
        given.write_text(json.dumps({**(templates or {}), **marked}), encoding="utf-8")
        command = [str(self.python.parent / "ansible-playbook"), "-vvv", "-i", str(inventory), "-e", f"@{given}"]
        done = subprocess.run(
            [*command, str(playbook)],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        # Written at the end: empty if Ansible was killed.
        output = self._output.read_text(encoding="utf-8") if self._output.exists() else ""
        plays = json.loads(output)["plays"] if output else []
        return Playback(done.returncode, done.stdout + done.stderr, tuple(plays))

    def _environment(self) -> dict[str, str]:
        (plugins,) = self.python.parent.parent.glob("lib/python3*/site-packages/zuul/ansible/base")
        return {
            **self.env,
            "HOME": str(self.home),
            "ANSIBLE_LIBRARY": str(plugins / "library"),
            "ANSIBLE_ACTION_PLUGINS": str(plugins / "action"),
            "ANSIBLE_CALLBACK_PLUGINS": str(plugins / "callback"),
            # It also makes `ansible.builtin.shell` Zuul's own, which joins the two outputs.
            "ANSIBLE_CALLBACKS_ENABLED": "zuul_json",
            "ZUUL_JOB_LOG_CONFIG": str(self._log_config()),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.root / "facts"),
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_NOCOLOR": "1",
            "ZUUL_OUTPUT_MAX_BYTES": "1073741824",
            "ZUUL_ANSIBLE_SPLIT_STREAMS": "False",
            "ZUUL_JOBDIR": str(self.root),
            **({"ANSIBLE_STDOUT_CALLBACK": "zuul_stream"} if self.streams else {}),
        }

    def _interpreter(self) -> Path:
        path = self.root / "python"
        start = f'#!/bin/sh\nPYTHONPATH={quote(str(NODE))} exec {quote(str(self.python))} "$@"\n'
        path.write_text(start)
        path.chmod(0o755)
        return path

    def _log_config(self) -> Path:
        path = self.root / "logging.json"
        handler = {"class": "logging.FileHandler", "level": "INFO", "filename": str(self._output)}
        console = {"class": "logging.FileHandler", "level": "DEBUG", "filename": str(self._console)}
        stream = {"handlers": ["console"], "level": "DEBUG", "propagate": False}
        config = {
            "version": 1,
            "handlers": {"json": handler} | ({"console": console} if self.streams else {}),
            "loggers": {
                "zuul.executor.ansible.json": {"handlers": ["json"]},
                "zuul.executor.ansible.stream": stream if self.streams else {},
            },
        }
        path.write_text(json.dumps(config))
        return path


def _unsafe(value: Any) -> Any:
    """As Zuul's executor marks secrets, and nothing of `zuul` but messages: text that is no template."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, Mapping):
        return {key: _unsafe(item) for key, item in value.items()}
    return value
