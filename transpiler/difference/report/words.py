"""A change as a sentence, and what a difference is about in a few words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from transpiler.difference.model import Change, How, Topic

Quote = Callable[[str], str]
"""Marks a name, or another text of a user's, as such in the form that is written."""

TITLES: Mapping[Topic, tuple[str, str]] = {
    Topic.APPROVAL: ("approval", "approvals"),
    Topic.DEPLOYED: ("deployment", "deployments"),
    Topic.CREDENTIAL: ("credential", "credentials"),
    Topic.PUBLISHED: ("published name", "published names"),
    Topic.PROMOTED: ("promotion", "promotions"),
    Topic.TRIGGERED: ("triggered job", "triggered jobs"),
    Topic.EVENT: ("event", "events"),
    Topic.CHANGES: ("condition of what was changed", "conditions of what was changed"),
    Topic.TARGET: ("target", "targets"),
    Topic.PIPELINE: ("pipeline", "pipelines"),
    Topic.STAGE: ("stage", "stages"),
    Topic.EDGE: ("edge", "edges"),
    Topic.PROGRAM: ("program", "programs"),
    Topic.LIMIT: ("limit", "limits"),
    Topic.ARTIFACT: ("artifact", "artifacts"),
    Topic.MAIL: ("mail", "mails"),
    Topic.HANDOVER: ("handover", "handovers"),
    Topic.CHECKOUT: ("checkout setting", "checkout settings"),
    Topic.PROJECT: ("key of the whole config", "keys of the whole config"),
    Topic.LOSS: ("loss on a target", "losses on targets"),
    Topic.RULE: ("house rule", "house rules"),
    Topic.BREACH: ("breach of a house rule", "breaches of house rules"),
    Topic.SETTING: ("setting of the profile", "settings of the profile"),
}
"""What a change of each topic is called: one, and several."""

# {place} begins the sentence, {name}, {before} and {after} are quoted.
_SENTENCES: Mapping[tuple[Topic, How], str] = {
    (Topic.APPROVAL, How.ADDED): "{place} waits for an approval: {after}.",
    (Topic.APPROVAL, How.REMOVED): "{place} no longer waits for an approval; before: {before}.",
    (Topic.APPROVAL, How.CHANGED): "{place} waits for another approval: {after}; before: {before}.",
    (Topic.DEPLOYED, How.ADDED): "{place} deploys {after}.",
    (Topic.DEPLOYED, How.REMOVED): "{place} no longer deploys {before}.",
    (Topic.DEPLOYED, How.CHANGED): "{place} deploys otherwise: {after}; before: {before}.",
    (Topic.CREDENTIAL, How.ADDED): "{place} gets the credential {name}: {after}.",
    (Topic.CREDENTIAL, How.REMOVED): "{place} no longer gets the credential {name}: {before}.",
    (Topic.CREDENTIAL, How.CHANGED): "{place} gets the credential {name} otherwise: {after}; before: {before}.",
    (Topic.PUBLISHED, How.ADDED): "{place} publishes {name}.",
    (Topic.PUBLISHED, How.REMOVED): "{place} no longer publishes {name}.",
    (Topic.PROMOTED, How.ADDED): "{place} promotes {name}.",
    (Topic.PROMOTED, How.REMOVED): "{place} no longer promotes {name}.",
    (Topic.TRIGGERED, How.ADDED): "{place} triggers {name}.",
    (Topic.TRIGGERED, How.REMOVED): "{place} no longer triggers {name}.",
    (Topic.EVENT, How.ADDED): "{place} runs on {name}.",
    (Topic.EVENT, How.REMOVED): "{place} no longer runs on {name}.",
    (Topic.CHANGES, How.ADDED): "{place} decides by what was changed whether it runs, {name}: {after}.",
    (Topic.CHANGES, How.REMOVED): "{place} no longer decides by what was changed whether it runs, {name}: {before}.",
    (Topic.CHANGES, How.CHANGED): "{place} decides otherwise whether it runs, {name}: {after}; before: {before}.",
    (Topic.TARGET, How.ADDED): "There are outputs for the target {name}.",
    (Topic.TARGET, How.REMOVED): "There are no more outputs for the target {name}.",
    (Topic.PIPELINE, How.ADDED): "{place} is new: {after}.",
    (Topic.PIPELINE, How.REMOVED): "{place} is gone: {before}.",
    (Topic.STAGE, How.ADDED): "{place} is new.",
    (Topic.STAGE, How.REMOVED): "{place} is gone.",
    (Topic.STAGE, How.CHANGED): "{place} was called {before}.",
    (Topic.EDGE, How.ADDED): "{place} waits for {after}.",
    (Topic.EDGE, How.REMOVED): "{place} no longer waits for {before}.",
    (Topic.PROGRAM, How.CHANGED): "{place} has another program.",
    (Topic.ARTIFACT, How.ADDED): "{place} keeps {name} as an artifact.",
    (Topic.ARTIFACT, How.REMOVED): "{place} no longer keeps {name} as an artifact.",
    (Topic.MAIL, How.ADDED): "{place} sends mail when it fails: {after}.",
    (Topic.MAIL, How.REMOVED): "{place} no longer sends mail when it fails: {before}.",
    (Topic.MAIL, How.CHANGED): "{place} sends another mail when it fails: {after}; before: {before}.",
    (Topic.HANDOVER, How.CHANGED): "{place}: {what}: {after}; before: {before}.",
    (Topic.LOSS, How.ADDED): "{place} loses {name}: {why}",
    (Topic.LOSS, How.REMOVED): "{place} no longer loses {name}.",
    (Topic.BREACH, How.ADDED): "The house rule {name} is broken: {why}",
    (Topic.BREACH, How.REMOVED): "The house rule {name} is no longer broken: {why}",
}
_OTHERWISE: Mapping[How, str] = {
    How.ADDED: "{place}: {what} is {after}; it was not set.",
    How.REMOVED: "{place}: {what} is no longer set; it was {before}.",
    How.CHANGED: "{place}: {what} is {after}; it was {before}.",
}


def sentence(change: Change, quote: Quote, message: Quote) -> str:
    """The change in one sentence or two; `message` writes a message of the compiler, which may name things, too."""
    if change.topic is Topic.LOSS and not change.target:
        more = "now accepts" if change.how is How.ADDED else "no longer accepts"
        return f"The profile {more} the loss of {quote(change.name)}."
    form = _SENTENCES.get((change.topic, change.how)) if not _is_setting(change) else None
    form = form or _OTHERWISE[change.how]
    if change.topic is Topic.HANDOVER and not change.before and not change.after:
        form = "{place}: {what} is not as before."
    said = form.format(
        place=_place(change, quote),
        name=quote(change.name),
        what=change.name if change.topic is Topic.HANDOVER else quote(change.name),
        before=quote(change.before) if change.before else "nothing",
        after=quote(change.after) if change.after else "nothing",
        why=message(" ".join((change.after or change.before).split())),
    )
    return said + _more(change, quote)


def about(changes: Iterable[Change]) -> str:
    """`2 credentials, 1 program`: how many changes there are of each topic, in their order."""
    counts = Counter(change.topic for change in changes)
    return ", ".join(f"{counts[topic]} {TITLES[topic][counts[topic] > 1]}" for topic in Topic if counts[topic])


def _more(change: Change, quote: Quote) -> str:
    match change.topic, change.how:
        case Topic.STAGE, How.ADDED if change.after:
            return f" It waits for {quote(change.after)}."
        case Topic.STAGE, How.REMOVED if change.before:
            return f" It waited for {quote(change.before)}."
        case Topic.EVENT, How.ADDED if change.after:
            return f" Its stages have these credentials: {quote(change.after)}."
        case _:
            return ""


def _is_setting(change: Change) -> bool:
    """Whether it is of the profile; who approves may be, too."""
    return change.topic is Topic.SETTING or bool(change.topic is Topic.APPROVAL and not change.pipeline)


def _place(change: Change, quote: Quote) -> str:
    where = f"Stage {quote(change.stage)} of pipeline {quote(change.pipeline)}" if change.stage else ""
    where = where or (f"Pipeline {quote(change.pipeline)}" if change.pipeline else "")
    if change.topic is Topic.LOSS:
        return f"{where or 'The config'} on {quote(change.target)}"
    if _is_setting(change):
        return f"Target {quote(change.target)}" if change.target else "The profile"
    return where or ("The profile" if change.topic is Topic.RULE else "The config")
