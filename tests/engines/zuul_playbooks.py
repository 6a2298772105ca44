"""What `ansible-playbook --syntax-check` says, for many playbooks in one process.

Stand-alone: run by the python of the engines' virtual environment. The command itself stops at the first bad playbook
and takes a second to start; this calls the same executor for each file. It leaves templates alone until they are used;
here each one is parsed.

    zuul_playbooks.py REQUEST.json        a list of playbooks' paths -> {path: what is wrong with it, or null}
"""

import json
import os
import sys
from pathlib import Path

import zuul.ansible

# Zuul's own: `zuul_return` is an action plugin, and without it no playbook that returns a value is valid.
BASE = Path(zuul.ansible.__file__).parent / "base"
os.environ.update(
    ANSIBLE_ACTION_PLUGINS=str(BASE / "action"),
    ANSIBLE_LIBRARY=str(BASE / "library"),
    ANSIBLE_NOCOLOR="1",
    ANSIBLE_LOCALHOST_WARNING="0",
)

# Only now: Ansible reads its configuration from the environment when it is imported.
from ansible import context  # noqa: E402
from ansible.executor.playbook_executor import PlaybookExecutor  # noqa: E402
from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.module_utils.common.collections import ImmutableDict  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.plugins.loader import init_plugin_loader  # noqa: E402
from ansible.utils.unsafe_proxy import AnsibleUnsafe  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402
from jinja2 import Environment, TemplateSyntaxError  # noqa: E402

CONDITIONS = frozenset(("when", "until", "failed_when", "changed_when"))
JINJA = Environment()


def check(path):
    # A loader for each playbook: it caches files, and role paths hang on its base directory.
    loader = DataLoader()
    loader.set_basedir(str(Path(path).parent))
    inventory = InventoryManager(loader=loader, sources=["localhost,"])
    variables = VariableManager(loader=loader, inventory=inventory)
    executor = PlaybookExecutor([path], inventory, variables, loader, passwords={})
    try:
        executor.run()
        templates(loader.load_from_file(path), condition=False)
    except TemplateSyntaxError as error:
        return f"a broken template: {error.message}: {error.source}"
    except Exception as error:
        return str(error)
    return None


def templates(value, *, condition):
    if isinstance(value, dict):
        for key, below in value.items():
            templates(below, condition=key in CONDITIONS)
    elif isinstance(value, list):
        for below in value:
            templates(below, condition=condition)
    elif isinstance(value, str) and not isinstance(value, AnsibleUnsafe):
        source = f"{{{{ {value} }}}}" if condition else value
        try:
            JINJA.parse(source)
        except TemplateSyntaxError as error:
            error.source = source
            raise


def main():
    with open(sys.argv[1], encoding="utf-8") as request:
        paths = json.load(request)
    context.CLIARGS = ImmutableDict(
        syntax=True,
        listhosts=False,
        listtasks=False,
        listtags=False,
        start_at_task=None,
        step=False,
        check=False,
        diff=False,
        forks=1,
        tags=("all",),
        skip_tags=(),
        verbosity=0,
        connection="local",
        subset=None,
    )
    init_plugin_loader()
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump({path: check(path) for path in paths}, answer)


if __name__ == "__main__":
    main()
