"""The server and the user, from options, the environment and netrc. The secret never appears in a message.

It opens no connection.
"""

from __future__ import annotations

import base64
import netrc
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import quote, urlsplit

from transpiler.files import is_file
from transpiler.records import dataclass

URL, USER, TOKEN, PASSWORD = (f"TRANSPIPE_JENKINS_{name}" for name in ("URL", "USER", "TOKEN", "PASSWORD"))


class Unclear(Exception):
    """The options do not determine the server or user; the message says what is missing, and contains no secret."""


@dataclass(frozen=True, slots=True)
class Account:
    """A server and a user. `url` does not end in a slash; `user` is "" for anonymous access. `by_password`: the secret
    is a password, so each POST needs a crumb; otherwise it may be a token."""

    url: str
    user: str = ""
    secret: str = field(default="", repr=False)
    by_password: bool = False

    def scrubbed(self, text: str) -> str:
        """A text from the server, with the secret replaced by `***`, also in its encoded forms."""
        if not self.secret:
            return text
        pair = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        for form in (pair, self.secret, quote(self.secret, safe="")):
            text = text.replace(form, "***")
        return text


def account(url: str | None, user: str | None, token_file: Path | None, environment: Mapping[str, str]) -> Account:
    """The account from the options, or else the environment, or else netrc. Raises Unclear and OSError."""
    address = _address(url or environment.get(URL, ""))
    name = user or environment.get(USER, "")
    if token_file:
        return _named(Account(address, name, _token(token_file)), "--token-file")
    if token := environment.get(TOKEN, "").strip():
        return _named(Account(address, name, token), TOKEN)
    if password := environment.get(PASSWORD, ""):
        return _named(Account(address, name, password, by_password=True), PASSWORD)
    login, secret = _from_netrc(urlsplit(address).hostname or "", environment)
    if secret and name in ("", login):
        return Account(address, login, secret)
    if name:
        raise Unclear(f"there is a user but no password: give --token-file, {TOKEN}, {PASSWORD} or a line in netrc")
    return Account(address)


def _address(url: str) -> str:
    if not url:
        raise Unclear(f"no Jenkins server is given: give --url or {URL}")
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise Unclear(
            f"the URL contains a user or a password: give --user and --token-file, {USER} and {TOKEN}, or netrc instead"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unclear(f"{url} is not an http or https URL")
    if parts.query or parts.fragment:
        raise Unclear(f"{url} is a page of Jenkins, not its root URL")
    return url.rstrip("/")


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8-sig").strip()  # an editor on Windows writes a byte order mark
    except UnicodeDecodeError:
        raise Unclear(f"{path} is not UTF-8 text: expected a token, which is one word") from None
    if not token or len(token.split()) != 1:
        raise Unclear(f"{path}: expected a token, which is one word")
    return token


def _named(made: Account, what: str) -> Account:
    if not made.user:
        raise Unclear(f"{what} needs a user: give --user or {USER}")
    return made


def _from_netrc(host: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The user and secret of a host; both are "" if there are none."""
    given = environment.get("NETRC")
    path = Path(given) if given else Path(environment.get("HOME", "~")).expanduser() / ".netrc"
    if not is_file(path):
        return "", ""
    try:
        found = netrc.netrc(str(path)).authenticators(host)
    except netrc.NetrcParseError as wrong:
        # The exception's own message may quote the line, and so the password.
        raise Unclear(f"{path} cannot be read as netrc, line {wrong.lineno}") from None
    return (found[0], found[2] or "") if found else ("", "")
