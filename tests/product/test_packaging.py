"""What is installed works: wheel, source distribution and checkout all carry templates, schemas and profiles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from engines.fixtures import without
from support.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "project: a/b\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages: [{name: unit}]\n"
NEEDED = (
    "transpiler/py.typed",
    "transpiler/profiles/default.yaml",
    "transpiler/profiles/wikimedia.yaml",
    "transpiler/schemas/config.schema.json",
    "transpiler/schemas/dialect-a.schema.json",
    "transpiler/schemas/dialect-b.schema.json",
    "transpiler/schemas/dialect-c.schema.json",
    "transpiler/schemas/helm-config.schema.json",
    "transpiler/schemas/profile.schema.json",
    "transpiler/schemas/targets/jenkins.schema.json",
    "transpiler/schemas/diagnostics/unsupported.yaml",
    "transpipe_templates/__init__.py",
    "transpipe_templates/jenkins_Jenkinsfile_j2.py",
)

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in an environment that knows nothing of this checkout."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "TRANSPIPE_PROFILE")}
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
        timeout=600,
    )


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the source distribution of a clean copy of this checkout."""
    source, made = tmp_path_factory.mktemp("source") / "main", tmp_path_factory.mktemp("dist")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    built = run(sys.executable, "-m", "build", "--outdir", made, source)
    if built.returncode and "hatchling" in built.stdout + built.stderr and not list(made.iterdir()):
        without(f"the build backend cannot be installed: {built.stderr[-500:]}")
    assert built.returncode == 0, built.stderr
    return made


def test_the_wheel_holds_what_the_code_reads(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert set(NEEDED) <= names
    templates = {p.relative_to(ROOT / "templates").as_posix() for p in (ROOT / "templates").rglob("*.j2")}
    assert templates
    assert {f"transpiler/templates/{name}" for name in templates} <= names
    assert {f"transpiler/schemas/diagnostics/{code}.yaml" for code in CATALOGUE} <= names
    assert not {name for name in names if name.startswith(("tests/", "templates/", "schemas/", "golden/"))}


def _members(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return opened.getnames()


def test_the_source_distribution_holds_what_a_build_needs(distributions: Path) -> None:
    (archive,) = distributions.glob("*.tar.gz")
    names = {name.partition("/")[2] for name in _members(archive)}
    assert {"pyproject.toml", "README.md", "LICENSE", "schemas/config.schema.json"} <= names
    assert {f"schemas/diagnostics/{code}.yaml" for code in CATALOGUE} <= names
    assert any(name.startswith("templates/") for name in names)
    assert not {name for name in names if "__pycache__" in name or name.startswith(".venv")}


@pytest.mark.parametrize("pattern", ["*.whl", "*.tar.gz"], ids=["the wheel", "the source distribution"])
def test_what_is_installed_compiles(distributions: Path, tmp_path: Path, pattern: str) -> None:
    (distribution,) = distributions.glob(pattern)
    # The dependencies are those of this environment: what is tested is our package alone.
    run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    ours = run(sys.executable, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").stdout.strip()
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").stdout.strip())
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--quiet", distribution)
    assert installed.returncode == 0, installed.stderr
    # After the installation, or pip would take our own editable package for installed.
    (packages / "dependencies.pth").write_text(f"import sys; sys.path.append({ours!r})\n")
    where = run(python, "-c", "import transpiler; print(transpiler.__file__)", cwd=tmp_path).stdout
    assert where.startswith(str(packages))
    assert run(tmp_path / "venv/bin/transpipe", "--version").stdout.startswith("transpipe ")
    (tmp_path / "here/.pipeline").mkdir(parents=True)
    (tmp_path / "here/.pipeline/config.yaml").write_text(CONFIG)
    (tmp_path / "here/Dockerfile").write_text("FROM scratch AS unit\n")
    ran = run(tmp_path / "venv/bin/transpipe", "generate", tmp_path / "here")
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert (tmp_path / "here/Jenkinsfile").exists()
    used = (
        "import transpiler.app.generate, transpiler.targets.render as r; e = r.environment(); "
        "e.compile = None; [e.get_template(name) for name in e.list_templates()]"
    )
    assert run(python, "-c", used, cwd=tmp_path).stderr == "", "each template has a compiled module that fits"
    assert run(tmp_path / "venv/bin/transpipe", "schema", "config").returncode == 0
    assert run(tmp_path / "venv/bin/transpipe", "explain", "unsupported").returncode == 0


def others() -> dict[tuple[int, ...], Path]:
    """One Python of each other version that is here and that we say we run on: the system's, and those of pyenv."""
    installed = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for python in (Path("/usr/bin/python3"), *sorted(installed.glob("*/bin/python3"))):
        told = python.exists() and run(python, "-c", "import sys; print([*sys.version_info[:3]])").stdout
        version = tuple(json.loads(told or "[]"))
        if version >= (3, 11) and version != sys.version_info[:3]:
            found[version] = python
    return found


def test_every_python_here_makes_the_same(distributions: Path, tmp_path: Path) -> None:
    """The goldens, compiled by each: the regular expressions of 3.11.2, which Debian 12 has, lose what ours find."""
    (wheel,) = distributions.glob("*.whl")
    goldens = ROOT / "golden"
    made = [path.relative_to(goldens) for path in goldens.glob("*/*") if path.name in ("Jenkinsfile", ".gitlab-ci.yml")]
    assert made
    for version, python in others().items():
        place = tmp_path / ".".join(map(str, version))
        run(python, "-m", "venv", "--without-pip", place / "venv")
        installed = run(sys.executable, "-m", "pip", "--python", place / "venv/bin/python", "install", "--quiet", wheel)
        assert installed.returncode == 0, installed.stderr
        shutil.copytree(goldens, place / "golden")
        for name in made:
            (place / "golden" / name).unlink()
        ran = run(place / "venv/bin/transpipe", "generate", *(place / "golden" / name.parent for name in made))
        assert ran.returncode == 0, f"{version}: {ran.stderr}"
        same = run("diff", "--recursive", goldens, place / "golden")
        assert same.returncode == 0, f"{version}: {same.stdout}"
