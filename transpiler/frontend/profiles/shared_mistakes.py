"""What can be wrong with a profile that is shared: the source that `extends` names, and the copy of it.

It is imported only if something is wrong, and by the command that makes copies.
"""

from __future__ import annotations

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.profiles.shared import Copy, Source, named
from transpiler.git import scp_like, without_password
from transpiler.nodes import Mapping, Node

UPDATE = "transpipe profile update"
_DIGITS = frozenset("0123456789abcdef")
_SCHEMES = ("https://", "http://", "ssh://", "git://", "file://")


def is_commit(word: str) -> bool:
    """Whether the word is the whole name of a commit: 40 hexadecimal digits in small letters."""
    return len(word) == 40 and _DIGITS.issuperset(word)


def check_source(extends: Mapping, diagnostics: Diagnostics, *, pinned: bool = True) -> bool:
    """Whether `extends` names a file of a git repository; what is wrong is reported. If it must be `pinned`, it must
    name a commit, else anything goes there, or nothing."""
    source, found = named(extends), Diagnostics()
    for name, why in (("git", wrong_url(source.git)), ("path", _wrong_path(source.path))):
        if why:
            hint = "Write `extends: {git: URL, path: FILE}`, such as `git: https://git.example.org/ci/profiles.git`."
            found.error("profile-source", f"`extends.{name}` {why}.", _place(extends, name), hint)
    if pinned and not found.failed and not is_commit(source.commit):
        given = source.commit
        what = f"`{given}` is not the name of a commit" if given else "`extends` has no `commit`"
        message = f"{what}: it must be all 40 hexadecimal digits, because a branch or a tag can move."
        to = f" --to {given}" if given and given.isprintable() and " " not in given else ""
        hint = f"Run `{UPDATE}{to}`, which writes the commit into the profile."
        found.error("profile-commit", message, _place(extends, "commit"), hint)
    diagnostics.extend(found)
    return not found.failed


def _place(extends: Mapping, key: str) -> Span:
    node: Node = extends.get(key) or extends
    return node.span


def wrong_url(url: str) -> str:
    """Why git is not asked for this URL, as the end of a sentence; "" if it is."""
    if not url:
        return "is missing"
    if without_password(url) != url:
        return "must not contain a password or a token: everybody who can read the repository could read it"
    if not (url.startswith(_SCHEMES) or scp_like(url)) or not url.isprintable() or " " in url or url.startswith("-"):
        return f"is `{url}`, which is not the URL of a git repository"
    return ""


def _wrong_path(path: str) -> str:
    if not path:
        return "is missing"
    if path.startswith(("/", "-", "../")) or path in (".", "..") or not path.isprintable() or " " in path:
        return f"is `{path}`, which is not the path of a file below the top of that repository"
    return ""


def explain(copy: Copy | None, name: str, source: Source, span: Span, diagnostics: Diagnostics) -> None:
    """Reports why the copy called `name` does not help: it does not exist (None), was edited, or does not contain the
    source."""
    command = f"{UPDATE} --to {source.commit}"
    hint = f"Run `{command}`, and commit `{name}` together with the profile."
    if copy is None:
        message = f"The copy of the shared profile, `{name}`, does not exist."
        diagnostics.error("profile-copy-missing", message, span, hint)
    elif copy.edited:
        message = "This copy of a shared profile is not as transpipe wrote it: an edit or a merge has changed it."
        own = "Make the change in the shared profile, or in the profile that extends it."
        at = Span(name, copy.edited, 1, copy.edited, 2)
        diagnostics.error("profile-copy-edited", message, at, f"{own} To write the copy again, run `{command}`.")
    else:
        message = f"The copy of the shared profile, `{name}`, does not contain {source.name}."
        diagnostics.error("profile-copy-stale", message, span, hint)
