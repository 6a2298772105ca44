"""What Python reads first on the node: Ansible's modules find the library they share where it is installed.

They bring it along as a ZIP file, from which Python compiles it again for each task, a third of what a task costs;
installed, the same files are compiled already. The modules themselves still come out of the ZIP file.
"""

import os
import sys
from importlib.machinery import PathFinder

SHARED = "ansible.module_utils"
INSTALLED = [path for path in sys.path if path.endswith("site-packages")]

# Not for what the tasks start.
os.environ.pop("PYTHONPATH", None)


class Installed:
    @staticmethod
    def find_spec(name, *_):
        if not name.startswith(SHARED):
            return None
        package = "/".join(name.split(".")[:-1])
        return PathFinder.find_spec(name, [f"{base}/{package}" for base in INSTALLED])


sys.meta_path.insert(0, Installed)
