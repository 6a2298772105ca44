"""`notify` → the mail for a failed stage. It is composed here and sent by the engine or by the site's command.

Control characters in addresses and the subject become spaces, so that no value can add a header.
"""

from __future__ import annotations

import re

from transpiler import ir
from transpiler.expressions import List, Text
from transpiler.lowering import lists, words
from transpiler.lowering.program_scope import Draft, Scope, Site, assign
from transpiler.lowering.shell import Lines, call, indent
from transpiler.lowering.slugs import Variables
from transpiler.program import MailProgram
from transpiler.quoting import sh
from transpiler.steps import STEPS

_BOUND = frozenset(key for kind in STEPS for key in kind.binds)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

_ENCODE = (
    "header() { # NAME TEXT: as encoded words of at most 75 characters, which end where a character does",
    *indent(
        (
            "name=$1",
            "TEXT=$(printf %s \"$2\" | tr '\\000-\\037\\177' ' ') LC_ALL=C awk 'BEGIN {",
            '    for (i = 1; i <= length(ENVIRON["TEXT"]); i++) {',
            '        c = substr(ENVIRON["TEXT"], i, 1)',
            '        if (length(word) > 40 && (c < "\\200" || c > "\\277")) { print word; word = "" }',
            "        word = word c",
            "    }",
            "    print word",
            "}' | while IFS= read -r part; do",
            '    printf \'%s =?UTF-8?B?%s?=\\n\' "$name" "$(printf %s "$part" | base64 | tr -d \'\\n\')"',
            "    name=",
            "done",
        )
    ),
    "}",
)


def mail(stage: ir.Stage, site: Site) -> MailProgram | None:
    """Returns the mail that reports the stage's failure, or None if the stage has none."""
    if stage.mail is None:
        return None
    draft = Draft(site, stage, Variables(free=_BOUND), tolerant=True)
    scope = Scope(draft)
    to, subject, body = _to(stage.mail.to, scope), scope.parts(stage.mail.subject), scope.parts(stage.mail.body)
    lines = (*to, assign("subject", subject), assign("body", body))
    functions = tuple(line for function in draft.functions.values() for line in function)
    address, topic, text = _known_to(stage.mail.to, scope), words.known(subject), words.known(body)
    literal = (address, topic, text) if None not in (address, topic, text) else None
    return MailProgram(
        compose=("set -eu", *functions, *draft.head(), *lines),
        files=tuple(f'printf %s "${name}" > "{draft.file(f"mail.{name}")}"' for name in ("to", "subject", "body")),
        send=_send(site, topic),
        setup=tuple(draft.setup),
        reads=tuple(draft.reads.values()),
        literal=literal,  # type: ignore[arg-type]
    )


def _known_to(to: List[Text], scope: Scope) -> str | None:
    found = [scope.known(item) if isinstance(item, Text) else None for item in to.items]
    known = [address for address in found if address is not None]
    return ", ".join(filter(None, known)) if len(known) == len(found) else None


def _to(to: List[Text], scope: Scope) -> Lines:
    if not lists.is_dynamic(to):
        parts: list[words.Part] = []
        for item in lists.known(to):
            parts += [*((", ",) if parts else ()), *scope.parts(item)]
        return (assign("to", tuple(parts)),)
    added = lists.each(to, scope, lambda item, inner: (f'to="${{to:+$to, }}{words.inside(inner.parts(item))}"',))
    return ("to=", *added)


def _send(site: Site, subject: str | None) -> Lines:
    """Lines that pipe the whole message into the site's command. If the command fails, they only print a message: the
    result of the stage does not change."""
    command = site.profile.mail_command
    if not command:
        return ()
    functions: Lines = ()
    sender = site.profile.mail_from
    lines = [f"echo {sh('From: ' + _CONTROL.sub(' ', sender))}"] if sender else []
    lines.append("printf 'To: %s\\n' \"$(printf %s \"$to\" | tr '\\000-\\037\\177' ' ')\"")
    if subject is None:
        functions = _ENCODE
        lines.append('header Subject: "$subject"')
    else:
        lines.append(f"printf '%s\\n' {sh(_subject(subject))}")
    lines += [
        "echo 'MIME-Version: 1.0'",
        "echo 'Content-Type: text/plain; charset=UTF-8'",
        "echo 'Content-Transfer-Encoding: base64'",
        "echo",
        'printf %s "$body" | base64',
    ]
    return (*functions, "{", *indent(lines), f"}} | {call(command)} || echo 'the mail could not be sent' >&2")


def _subject(text: str) -> str:
    """The header for a known subject; it is encoded only if it must be."""
    plain = _CONTROL.sub(" ", text)
    if plain.isascii() and len(plain) < 900 and "=?" not in plain:
        return f"Subject: {plain}"
    # Imported only here: it imports a third of the `email` package, and few subjects need it.
    from email.header import Header  # noqa: PLC0415

    header = Header(plain, "utf-8", maxlinelen=75, header_name="Subject")
    return f"Subject: {header.encode()}"
