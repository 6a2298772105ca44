"""What Ansible makes of texts in YAML, thousands in one process.

Stand-alone: run by the python of the engines' virtual environment. Ansible's own loader reads each document, so
`!unsafe` means what it means to it; its own templar then expands every text, as it does when a task uses it.

    ansible_texts.py REQUEST.json        YAML documents -> each with its texts expanded; an error is a text
"""

import json
import sys

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar


def expanded(value, templar):
    if isinstance(value, dict):
        return {str(key): expanded(below, templar) for key, below in value.items()}
    if isinstance(value, list):
        return [expanded(below, templar) for below in value]
    try:
        return templar.template(value)
    except Exception as error:
        return f"ERROR {error}"


def main():
    with open(sys.argv[1], encoding="utf-8") as request:
        documents = json.load(request)
    loader = DataLoader()
    templar = Templar(loader=loader, variables={"x": "expanded"})
    json.dump([expanded(loader.load(document), templar) for document in documents], sys.stdout)


main()
