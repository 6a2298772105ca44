"""The published schema in yaml-language-server: what it says of configs in every dialect, and what it proposes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from transpiler.frontend.shape.published_schema import one_schema, text

from .fixtures import without
from .missing import EngineMissing
from .yaml_language_server import PATIENCE, ajv, yaml_language_server

STORE = Path(__file__).resolve().parents[1] / "data/schemastore"
SAYS = {
    "unknown-key": "Property biuld is not allowed.",
    "wrong-type": 'Incorrect type. Expected "array".',
    "stage-without-name": 'Missing property "name".',
    "no-pipelines": 'Missing property "pipelines".',
}


class Files:
    """Opens texts as configs, each in a repository of its own."""

    def __init__(self, client: LanguageClient, root: Path) -> None:
        self._client, self._root = client, root
        self._found: dict[str, list[types.Diagnostic]] = {}

        def publish(params: types.PublishDiagnosticsParams) -> None:
            self._found[params.uri] = list(params.diagnostics)

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)

    async def open(self, name: str, content: str) -> tuple[str, list[str]]:
        """The file's URI, and the messages about it."""
        uri = (self._root / name / ".pipeline/config.yaml").as_uri()
        item = types.TextDocumentItem(uri, "yaml", 1, content)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        async with asyncio.timeout(PATIENCE):
            while uri not in self._found:
                await asyncio.sleep(0.05)
        return uri, [str(one.message) for one in self._found[uri]]


async def story(schema: Path) -> None:
    async with yaml_language_server(schema) as client:
        files = Files(client, schema.parent)
        await files.open("first", "pipelines: {}\n")
        await asyncio.sleep(1)  # it takes the settings in a moment of its own
        for path in sorted((STORE / "test").glob("*.yaml")):
            _, said = await files.open(path.stem, path.read_text(encoding="utf-8"))
            assert said == [], path.stem
        for path in sorted((STORE / "negative_test").glob("*.yaml")):
            _, said = await files.open(path.stem, path.read_text(encoding="utf-8"))
            assert said, path.stem
            assert SAYS.get(path.stem, said[0]) in said
        content = "pipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n      - name: unit\n        \n"
        uri, _ = await files.open("typing", content)
        document = types.TextDocumentIdentifier(uri)
        hover = await client.text_document_hover_async(types.HoverParams(document, types.Position(2, 6)))
        assert "relative to the repository's root" in str(hover)
        params = types.CompletionParams(document, types.Position(5, 8))
        found = await client.text_document_completion_async(params)
        items = found.items if isinstance(found, types.CompletionList) else found or ()
        assert {"build", "run", "publish", "deploy"} <= {item.label for item in items}


@pytest.mark.engine
def test_ajv_takes_it_in_its_strict_mode() -> None:
    files = [*(STORE / "test").glob("*.yaml"), *(STORE / "negative_test").glob("*.yaml")]
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    try:
        said = ajv(one_schema(), documents)
    except EngineMissing as missing:
        without(missing)
    assert said == [path.parent.name == "test" for path in files]


@pytest.mark.engine
def test_the_schema_works_in_it(tmp_path: Path) -> None:
    schema = tmp_path / "transpipe.json"
    schema.write_text(text(), encoding="utf-8")
    try:
        asyncio.run(story(schema))
    except EngineMissing as missing:
        without(missing)
