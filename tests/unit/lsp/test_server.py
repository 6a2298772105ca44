"""The language server over its pipes, as an editor uses it. What the answers are is in `tests/unit/editor/`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from support.command import tree
from support.language_server import Editor, applied, editor

Encodings = list[types.PositionEncodingKind | str]
BROKEN = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unnit]]
    stages:
      - {name: build, build: test}
      - name: unit  # \U0001f600
        run: {image: '${build.imageID}', arguments: ['\U0001f600', 1]}
"""
RIGHT = BROKEN.replace("unnit", "unit").replace(", 1]", ", '1']")


def repository(root: Path, text: str = "pipelines: {}\n") -> Path:
    (root / ".pipeline").mkdir(parents=True)
    (root / ".pipeline/config.yaml").write_text(text)
    (root / "Dockerfile").write_text("FROM scratch AS test\n")
    return root / ".pipeline/config.yaml"


def edit(
    story: Callable[[Editor], Awaitable[None]], *words: str, encodings: Encodings | None = None, code: str = ""
) -> None:
    async def told() -> None:
        async with editor(*words, encodings=encodings, code=code) as made:
            await story(made)

    asyncio.run(told())


def codes(found: Sequence[types.Diagnostic]) -> list[object]:
    return [one.code for one in found]


def at(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def test_a_buffer_is_compiled_as_it_is_and_nothing_is_written(tmp_path: Path) -> None:
    """Several folders; one of them has no config on the disk. Columns count UTF-16."""
    config, other = repository(tmp_path / "one"), repository(tmp_path / "two")
    (tmp_path / "three/.pipeline").mkdir(parents=True)
    (tmp_path / "three/Dockerfile").write_text("FROM scratch AS test\n")
    before = tree(tmp_path)

    async def story(ed: Editor) -> None:
        uri = ed.open(config, BROKEN)
        found = await ed.diagnostics(uri)
        assert [(one.code, one.range) for one in found] == [
            ("unknown-stage", at(4, 24, 29)),
            ("number-as-string", at(8, 59, 60)),
        ]
        assert found[0].severity is types.DiagnosticSeverity.Error
        assert found[0].message.endswith("\nDid you mean `unit`?")
        second = ed.open(other, RIGHT.replace("\n", "\r\n"))
        new = ed.open(tmp_path / "three/.pipeline/config.yaml", BROKEN.replace("\n", "\r\n"))
        assert await ed.diagnostics(second) == []
        assert [one.range for one in await ed.diagnostics(new)] == [one.range for one in found]
        ed.write(uri, 2, "unit", at(4, 24, 29))
        assert codes(await ed.diagnostics(uri, 2)) == ["number-as-string"]
        ed.write(uri, 3, "  more: [\n", at(3, 0, 0))
        assert codes(await ed.diagnostics(uri, 3)) == ["yaml-syntax"]
        ed.close(uri)
        assert await ed.diagnostics(uri, None) == []

    edit(story)
    assert tree(tmp_path) == before


def test_an_open_profile_or_build_file_counts_as_it_is_in_the_editor(tmp_path: Path) -> None:
    config = repository(tmp_path)

    async def story(ed: Editor) -> None:
        uri = ed.open(config, RIGHT)
        assert await ed.diagnostics(uri) == []
        docker = ed.open(tmp_path / "Dockerfile", "FROM scratch AS other\n")
        while codes(ed.published[uri].diagnostics) != ["unknown-variant"]:
            await asyncio.sleep(0.01)
        profile = ed.open(tmp_path / ".pipeline/profile.yaml", "extends: wikimeda\n")
        assert codes(await ed.diagnostics(profile)) == ["profile-not-found"]
        ed.write(profile, 2, "extends: wikimedia\nunsupported: []\n")
        assert await ed.diagnostics(profile, 2) == []
        ed.close(docker)
        while "unknown-variant" in codes(ed.published[uri].diagnostics):
            await asyncio.sleep(0.01)

    edit(story)


def test_actions_completion_hover_definition_symbols(tmp_path: Path) -> None:
    config = repository(tmp_path)
    text = BROKEN.replace("\U0001f600", "x")

    async def story(ed: Editor) -> None:
        uri = ed.open(config, text)
        document, client = types.TextDocumentIdentifier(uri), ed.client
        whole = types.Range(types.Position(0, 0), types.Position(9, 0))
        params = types.CodeActionParams(document, whole, types.CodeActionContext([]))
        actions = await client.text_document_code_action_async(params)
        offered = [one for one in actions or () if isinstance(one, types.CodeAction)]
        assert [one.title for one in offered] == [
            "Write `unit`",
            "Write `'1'`",
            "Make all changes that leave no choice",
        ]
        changes = offered[2].edit.changes if offered[2].edit else None
        assert applied(text, list((changes or {})[uri])) == RIGHT.replace("\U0001f600", "x")
        params = types.CodeActionParams(document, at(4, 24, 24), types.CodeActionContext([], ["source.fixAll"]))
        (all_of_them,) = await client.text_document_code_action_async(params) or ()
        assert all_of_them == offered[2]
        place = types.Position(4, 26)
        found = await client.text_document_completion_async(types.CompletionParams(document, place))
        assert isinstance(found, types.CompletionList)
        stage = next(item for item in found.items if item.label == "unit")
        assert isinstance(stage.text_edit, types.TextEdit)
        assert applied(text, [stage.text_edit]) == text.replace("unnit", "unit")
        hover = await client.text_document_hover_async(types.HoverParams(document, types.Position(3, 6)))
        assert hover
        assert isinstance(hover.contents, types.MarkupContent)
        assert "`dockerfile`: " in hover.contents.value
        goal = await client.text_document_definition_async(types.DefinitionParams(document, types.Position(6, 30)))
        assert isinstance(goal, types.Location)
        assert (goal.uri, goal.range) == ((tmp_path / "Dockerfile").as_uri(), at(0, 16, 20))
        outline = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        assert [one.name for one in outline or ()] == ["project", "pipelines"]

    edit(story)


def test_typing_faster_than_it_compiles_shows_no_stale_position(tmp_path: Path) -> None:
    config = repository(tmp_path)

    async def story(ed: Editor) -> None:
        uri = ed.open(config, BROKEN)
        for version in range(2, 60):
            ed.write(uri, version, "#\n" if version % 2 else "", at(0, 0, 0))
        last = await ed.diagnostics(uri, 59)
        published = [version for one, version in ed.versions if one == uri and version is not None]
        assert published == sorted(published)
        assert last[0].range.start.line == 4 + 29

    edit(story)


def test_a_request_that_fails_does_not_end_the_server(tmp_path: Path) -> None:
    config = repository(tmp_path)

    async def story(ed: Editor) -> None:
        uri = ed.open(config, RIGHT)
        nowhere = types.HoverParams(types.TextDocumentIdentifier("file:///nowhere"), types.Position(0, 0))
        assert await ed.client.text_document_hover_async(nowhere) is None
        untitled = types.TextDocumentIdentifier("untitled:x")
        assert await ed.client.text_document_hover_async(types.HoverParams(untitled, types.Position(9, 9))) is None
        far = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(10**6, 10**6))
        assert await ed.client.text_document_hover_async(far) is None
        config.parent.joinpath("profile.yaml").mkdir()  # no file: what the disk says is told, and survived
        ed.write(uri, 2, BROKEN)
        assert "unknown-stage" in codes(await ed.diagnostics(uri, 2))

    edit(story)


BUG = """
from transpiler.app.lsp import answers, projects, server

def bug(*_, **__):
    raise ZeroDivisionError("a bug")

def sometimes(request, *rest):
    return bug() if b"# bug" in b"".join(rest[0].values()) else analyse(request, *rest)

answers.hover, analyse, projects.analyse = bug, projects.analyse, sometimes
server.serve(None)
"""


def test_a_bug_is_logged_and_the_server_goes_on(tmp_path: Path) -> None:
    config = repository(tmp_path)

    async def story(ed: Editor) -> None:
        uri = ed.open(config, RIGHT)
        assert await ed.diagnostics(uri) == []
        document = types.TextDocumentIdentifier(uri)
        with pytest.raises(JsonRpcException):
            await ed.client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0)))
        ed.write(uri, 2, f"# bug\n{RIGHT}")
        place = types.DefinitionParams(document, types.Position(5, 21))
        assert await ed.client.text_document_definition_async(place) is None
        assert "ZeroDivisionError: a bug" in ed.log
        ed.write(uri, 3, BROKEN)
        assert "unknown-stage" in codes(await ed.diagnostics(uri, 3))
        assert await ed.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))

    edit(story, code=BUG)


@pytest.mark.parametrize("encoding", list(types.PositionEncodingKind))
def test_positions_are_in_the_encoding_of_the_editor(tmp_path: Path, encoding: types.PositionEncodingKind) -> None:
    config = repository(tmp_path)
    start = {"utf-8": 61, "utf-16": 59, "utf-32": 58}[encoding.value]

    async def story(ed: Editor) -> None:
        assert ed.capabilities.position_encoding == encoding
        found = await ed.diagnostics(ed.open(config, BROKEN))
        assert found[1].range == at(8, start, start + 1)

    edit(story, "--stdio", encodings=[encoding])


def test_without_pygls_one_message_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(name='pygls')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv[1:] = ['lsp']\n"
    code += "from transpiler.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    why = "the language server needs pygls: install transpipe with its extra `lsp`, as in `pipx install '.[lsp]'`"
    assert ran.stderr == f"transpipe: {why}\n"
