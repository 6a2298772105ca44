"""The fast path for fresh outputs: it compares digests and does not import the compiler.

`transpipe` starts here. If the arguments only check whether outputs are fresh, and all digests agree, it exits at once;
in all other cases it starts the whole command. Each import here makes every commit of every user slower, so a test
lists the imported modules.
"""

from __future__ import annotations

import os
import sys

_ABOUT_BYTES = ("project", "unsupported")
_VALUES = {"--profile": "profile", "--project": "project", "--unsupported": "unsupported"}
_UNTIL_COLLECTED = 200_000
_INTERRUPTED = 130
_CONFIG = ".pipeline/config.yaml"

Asked = tuple[str, dict[str, str], tuple[str, ...], bool]
"""A path ("" if none was given), the options by name, the targets, and whether to check what is staged."""


def main() -> None:
    """Runs the command and exits with its status."""
    try:
        _main()
    except KeyboardInterrupt:  # the command handles it itself, except while it is being imported
        sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)


def _main() -> None:
    if answered(sys.argv[1:]):
        return
    _in_utf8()
    import gc

    # Nearly all objects of a small run are modules and classes, which live to its end: garbage collection among them,
    # during the run and when Python exits, takes a sixth of its time. Long runs are collected as usual.
    gc.set_threshold(_UNTIL_COLLECTED)
    try:
        from transpiler.cli import main as whole

        whole()
    finally:
        gc.freeze()


def _in_utf8() -> None:
    """Starts Python again in UTF-8 mode if it would decode file names by another locale, because configs and git use
    UTF-8."""
    others = sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode
    if others and os.name == "posix" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def answered(arguments: list[str]) -> bool:
    """Whether these arguments only check if outputs are fresh, and they are, so that there is nothing to print."""
    asked = read(arguments)
    if asked is None or "_TRANSPIPE_COMPLETE" in os.environ:
        return False
    try:
        return _fresh(*asked)
    except (OSError, ValueError):
        return False  # the compiler reports what is wrong


def read(arguments: list[str]) -> Asked | None:
    """The parsed arguments; None if they do more than check whether outputs are fresh, or are unusual."""
    command, staged = arguments[:2], False
    if command in (["hook", "check"], ["hook", "run"]):
        staged = arguments.count("--staged") == 1
        rest = [argument for argument in arguments[2:] if not staged or argument != "--staged"]
    elif command[:1] == ["generate"] and arguments.count("--check") == 1:
        rest = [argument for argument in arguments[1:] if argument != "--check"]
    else:
        return None
    paths: list[str] = []
    options: dict[str, str] = {}
    targets: list[str] = []
    words = iter(rest)
    for word in words:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            paths.append(word)
            continue
        value = value if equals else next(words, "-")
        if value.startswith("-"):
            return None
        if name in _VALUES:
            options[_VALUES[name]] = value
        elif word == "-t" or name == "--target":
            targets.append(value)
        else:
            return None
    # Several repositories get a summary, which only the whole command prints.
    if "" in paths or len(paths) > 1 or options.get("unsupported") not in (None, "error", "warn"):
        return None
    return "".join(paths), options, tuple(dict.fromkeys(targets)), staged


def _fresh(path: str, options: dict[str, str], targets: tuple[str, ...], staged: bool) -> bool:
    root, source = _place(path)
    if not root:
        return False
    from transpiler.fast_path.check import Question, fresh_files, other_paths
    from transpiler.fast_path.digests import shipped_templates, templates_digest
    from transpiler.resources import folder

    about_bytes = tuple((name, options[name]) for name in _ABOUT_BYTES if options.get(name, "") not in ("", "error"))
    profile = options.get("profile") or os.environ.get("TRANSPIPE_PROFILE", "")
    question = Question(root, source, profile, about_bytes, targets, folder("profiles"))
    files = fresh_files(question, templates_digest(shipped_templates(folder("templates"))))
    if not files or not staged:
        return bool(files)
    from transpiler.fast_path.git_index import index_agrees

    return index_agrees(question.root, files, other_paths(question))


def _place(path: str) -> tuple[str, str]:
    """A repository's root and its config below it; "" if only the whole command can find them."""
    if not path:
        return _around(os.getcwd())
    if os.path.isdir(path):
        return (path, _CONFIG) if os.path.isfile(os.path.join(path, _CONFIG)) else ("", "")
    folder, name = os.path.split(os.path.abspath(path))
    if os.path.basename(folder) != ".pipeline" or not os.path.isfile(path):
        return "", ""
    return os.path.dirname(folder), f".pipeline/{name}"


def _around(folder: str) -> tuple[str, str]:
    while not os.path.isfile(os.path.join(folder, _CONFIG)):
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return "", ""
        folder = above
    return folder, _CONFIG
