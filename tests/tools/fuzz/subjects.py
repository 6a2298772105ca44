"""What hostile bytes meet first: one function for each reader, and one for the whole compiler.

A subject takes any bytes and returns; whatever it raises is a bug. It may assume nothing of the bytes, and holds to
account what it calls: all or nothing comes out, what is said can be shown, two readers of one thing agree.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from support import corpus

from tools.fuzz import profiles
from tools.fuzz.choices import Choices
from transpiler import report
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.driver import Outcome, Request, compile_config
from transpiler.fast_path.variant_names import blubber_variants, dockerfile_targets
from transpiler.freshness.header import Inputs, Output, compose, parse
from transpiler.freshness.writing import check_paths
from transpiler.frontend.profiles import load
from transpiler.frontend.shape import schema
from transpiler.frontend.values import references
from transpiler.frontend.workflow import build
from transpiler.frontend.yaml.reader import read
from transpiler.jenkins_sync.jobs.define import adjusted, definitions
from transpiler.jenkins_sync.jobs.wanted import wanted
from transpiler.local.simulation import LEAVING, simulated
from transpiler.local.tools import missing
from transpiler.lowering import lower
from transpiler.nodes import Mapping as MappingNode
from transpiler.profile import Profile
from transpiler.records import replace

CONFIG = ".pipeline/config.yaml"
PROFILE = ".pipeline/profile.yaml"
MOST = ".pipeline/most.yaml"
"""A config that reads most of what a profile holds."""
_BLUBBER = b"version: v4\nvariants:\n  test: {}\n  production: {}\n  build: {}\n"
_SIMPLE = b"pipelines: {p: {blubberfile: p.yaml, stages: [{name: test}, {name: production, build: test, run: true}]}}\n"


@cache
def _root() -> Path:
    """One repository for all inputs of this process, in memory where there is such a place."""
    memory = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="transpipe-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for name in ("p.yaml", "blubber.yaml", "test/blubber.yaml", "publish/blubber.yaml"):
        file = root / ".pipeline" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_BLUBBER)
    (root / CONFIG).write_bytes(_SIMPLE)
    (root / MOST).write_text(profiles.CONFIG)
    (root / ".pipeline/working.yaml").write_text(profiles.WORKING)
    (root / "Dockerfile").write_text("FROM scratch AS test\n")
    return root


@cache
def _profile() -> Profile:
    found = load.load("wikimedia", None, Diagnostics())
    assert found
    return found


def _shown(diagnostics: Diagnostics | tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
    told = report.text(diagnostics, sources)
    told.encode()
    assert not any(c in told for c in "\x00\x1b\x7f\x9b\r\u202e\u2066"), "a terminal would obey this"
    assert len(json.loads("".join(report.json_array(diagnostics)))) == len(tuple(diagnostics))
    assert all(d.hint or d.severity is not Severity.ERROR for d in diagnostics), "no way out is shown"


def reader(data: bytes) -> None:
    """Bytes → nodes → the two schemas."""
    found = Diagnostics()
    document = read(data, "f.yaml", found)
    assert (document is not None) or found.failed
    if document:
        for name in ("config", "profile"):
            schema.check(document, name, found)
    _shown(found, {"f.yaml": data.decode("utf-8", "replace").removeprefix("\ufeff")})


def text(data: bytes) -> None:
    """A text with references in it: nothing is lost, and every part says where it stands."""
    words = data.decode("utf-8", "replace")
    parts = references.parse(words)
    for part in parts:
        if not isinstance(part, str):
            assert words[part.start : part.start + len(part.raw)] == part.raw
    kept = sum(len(part if isinstance(part, str) else part.raw) for part in parts)
    assert len(words) - words.count("$${") <= kept <= len(words)


def values(data: bytes) -> None:
    """The bytes choose a term of the value language, which stands wherever one may, down to the shell programs."""
    choices = Choices(data)
    config = {
        "pipelines": {
            "p": {
                "stages": [
                    {"name": "first", "build": "test", "run": {"tail": 1}, "exports": {"a": "x y", "n": "0"}},
                    {
                        "name": "unit",
                        "build": {"variant": choices.term(), "excludes": choices.term()},
                        "run": {"arguments": choices.term(), "env": choices.term()},
                        "copy": choices.term(),
                        "exports": {"v": choices.term()},
                    },
                ]
            }
        }
    }
    content = json.dumps(config).encode()
    found = Diagnostics()
    document = read(content, "f.yaml", found)
    if document and schema.check(document, "config", found):
        built = build(document, _profile(), "team/ores", None, found, CONFIG)
        if not found.failed:
            lower(built.workflow, _profile())
    _shown(found, {"f.yaml": content.decode()})


def _compiled(profile: str) -> Outcome:
    outcome = compile_config(Request(_root(), CONFIG, profile, project="team/ores"))
    assert bool(outcome.files) != outcome.failed
    _shown(outcome.diagnostics, outcome.sources)
    return outcome


def config(data: bytes) -> None:
    """The whole compiler, all targets."""
    (_root() / CONFIG).write_bytes(data)
    try:
        for path, content in _compiled("wikimedia" if len(data) % 2 else "default").files.items():
            header = parse(content)
            assert header is not None, path
            assert header.intact, path
    finally:
        (_root() / CONFIG).write_bytes(_SIMPLE)


def profile(data: bytes) -> None:
    """A profile of the repository, and what is made with it."""
    place = _root() / PROFILE
    place.write_bytes(data)
    _compiled(str(place))


def profile_values(data: bytes) -> None:
    """The bytes choose a profile that the schema accepts, with which a config is compiled, run here and synced."""
    place = _root() / PROFILE
    place.write_text(json.dumps(profiles.drawn(Choices(data))))
    request = Request(_root(), MOST, str(place), loss=Severity.WARNING)
    outcome = compile_config(request)
    assert bool(outcome.files) != outcome.failed
    _shown(outcome.diagnostics, outcome.sources)
    if outcome.failed or not outcome.workflow or not outcome.profile:
        return
    written = Diagnostics()
    check_paths(_root(), tuple(outcome.files), written)
    assert not written.failed
    for allowed in ((), LEAVING):
        site = simulated(outcome.profile, allowed)
        missing(lower(outcome.workflow, site), site, allowed, lambda _: None)
    jobs = compile_config(replace(request, targets=("jenkins",), adjust=adjusted))
    if jobs.workflow and jobs.profile and not jobs.failed:
        found = Diagnostics()
        for job in definitions(jobs.workflow, jobs.profile, jobs.files, found):
            wanted(job)
        _shown(found, {})


def build_file(data: bytes) -> None:
    """A blubberfile and a Dockerfile; the commit hook's reader of lines finds what the compiler finds, or passes."""
    (_root() / ".pipeline/p.yaml").write_bytes(data)
    try:
        _compiled("default")
    finally:
        (_root() / ".pipeline/p.yaml").write_bytes(_BLUBBER)
    dockerfile_targets(data)
    names = blubber_variants(data)
    document = read(data, "f", Diagnostics())
    if names is not None and document and isinstance(document.root, MappingNode):
        variants = document.root.get("variants")
        if isinstance(variants, MappingNode):
            assert names == tuple(sorted(k.text for k, _ in variants.entries)), "the hook reads other names"


def header(data: bytes) -> None:
    """A header's reader takes anything, and gives back what was written."""
    parse(data.decode("utf-8", "surrogateescape"))
    # No body has a carriage return: the quoting of every target escapes it, which `config` holds to account.
    lines = data.decode("utf-8", "replace").replace("\r", "").split("\n")
    paths = tuple(dict.fromkeys(line for line in lines if line and "\0" not in line))[:5] or ("a",)
    outputs = tuple(Output("zuul", path, "#", tuple(lines[:3]), "\n".join(lines)) for path in paths)
    for path, content in compose(paths[0], Inputs((), "sha256:0"), outputs):
        found = parse(content)
        assert found is not None
        assert found.intact
        assert (found.source, found.first) == (paths[0], paths[0])
        assert path != paths[0] or found.outputs == tuple(("zuul", p) for p in paths)


def said(data: bytes) -> None:
    """What is said, with any text at any place: wide characters, controls, columns that are not there."""
    choices = Choices(data)
    source = choices.words(400)
    found = tuple(_diagnostic(choices) for _ in range(1 + choices.below(3)))
    _shown(found, {"f": source})
    report.text(found, {"f": source}, colour=True).encode()
    report.summary(found)


def _diagnostic(choices: Choices) -> Diagnostic:
    line, column = choices.below(20), choices.below(300)
    span = Span(choices.words(5) or "f", line, column, line + choices.below(3), choices.below(300))
    severity = list(Severity)[choices.below(3)]
    shown = span._replace(file="f") if choices.below(4) else None if choices.below(2) else span
    return Diagnostic("wrong-type", severity, choices.words(60), shown, choices.words(60) or "x")


SUBJECTS: Mapping[str, Callable[[bytes], None]] = {
    f.__name__: f for f in (reader, text, values, config, profile, profile_values, build_file, header, said)
}


def seeds(subject: str) -> Iterator[bytes]:
    """Inputs to begin with: files of the kind that the subject reads, of this repository and of the corpus."""
    top = corpus.ROOT
    configs = [*top.glob("golden/*/.pipeline/config.yaml"), *corpus.found("*/.pipeline/config.yaml")]
    built_in = [*top.glob("transpiler/profiles/*.yaml")]
    found = {
        "reader": [*configs, *built_in, *top.glob("schemas/diagnostics/*.yaml")],
        "text": configs,
        "config": configs,
        "profile": [*top.glob("golden/*/.pipeline/profile.yaml"), *built_in],
        "build_file": [*top.glob("golden/*/.pipeline/**/blubber.yaml"), *corpus.found("*/.pipeline/*blubber*.yaml")],
        "profile_values": built_in,  # any bytes choose
        "header": [*top.glob("golden/*/Jenkinsfile"), *top.glob("golden/*/.gitlab-ci.yml")],
    }.get(subject, configs[:5])
    for path in sorted(found):
        yield path.read_bytes()[:20_000]
