"""What happens on GitHub, with all that a workflow sees of it: the event's payload and the variables of its run.

act guesses many of them from the repository, some differently from GitHub; so all are given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REPOSITORY = "team/app"
DEFAULT_BRANCH = "main"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Event:
    """`head` and `base` are the branches of a pull request; `commit` what the run checks out."""

    name: str
    ref: str
    payload: Mapping[str, Any]
    commit: str = COMMIT
    head: str = ""
    base: str = ""
    repository: str = REPOSITORY

    @property
    def ref_type(self) -> str:
        return "tag" if self.ref.startswith("refs/tags/") else "branch"

    @property
    def ref_name(self) -> str:
        for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
            if self.ref.startswith(prefix):
                return self.ref.removeprefix(prefix)
        return self.ref

    def github(self) -> dict[str, Any]:
        """The context `github`, as far as it does not depend on a job."""
        return {
            "event_name": self.name,
            "event": self.payload,
            "ref": self.ref,
            "ref_name": self.ref_name,
            "ref_type": self.ref_type,
            "head_ref": self.head,
            "base_ref": self.base,
            "sha": self.commit,
            "repository": self.repository,
            "repository_owner": self.repository.partition("/")[0],
            "actor": "somebody",
            "server_url": "https://github.com",
            "api_url": "https://api.github.com",
            "run_id": "1",
            "run_number": "1",
            "run_attempt": "1",
        }


def push(branch: str = DEFAULT_BRANCH, commit: str = COMMIT, repository: str = REPOSITORY, before: str = "") -> Event:
    """Commits came to a branch: a merge, where it is one that changes go to; `before` is what it was."""
    return _pushed(f"refs/heads/{branch}", commit, repository, before)


def tag(name: str, commit: str = COMMIT, repository: str = REPOSITORY) -> Event:
    return _pushed(f"refs/tags/{name}", commit, repository)


def _pushed(ref: str, commit: str, repository: str, before: str = "") -> Event:
    message = {"id": commit, "message": "a change\n\nof two lines"}
    payload = {"ref": ref, "after": commit, "before": before or "0" * 40, "created": False, "deleted": False}
    return Event("push", ref, {**payload, "head_commit": message, **_site(repository)}, commit, repository=repository)


def change(
    head: str = "feature",
    base: str = DEFAULT_BRANCH,
    commit: str = COMMIT,
    *,
    number: int = 7,
    action: str = "synchronize",
    fork: bool = False,
    title: str = "a change",
    repository: str = REPOSITORY,
    before: str = "1" * 40,
) -> Event:
    """A pull request was opened or changed; `commit` is its merge into the base, which is at the commit `before`."""
    source = f"somebody/{repository.partition('/')[2]}" if fork else repository
    request = {
        "number": number,
        "title": title,
        "draft": False,
        "head": {"ref": head, "sha": commit, "repo": {"full_name": source, "fork": fork}},
        "base": {"ref": base, "sha": before, "repo": {"full_name": repository}},
    }
    payload = {"action": action, "number": number, "pull_request": request, **_site(repository)}
    return Event("pull_request", f"refs/pull/{number}/merge", payload, commit, head, base, repository)


def queued(base: str = DEFAULT_BRANCH, commit: str = COMMIT, repository: str = REPOSITORY) -> Event:
    """A merge queue asks whether what it would merge is well."""
    ref = f"refs/heads/gh-readonly-queue/{base}/pr-7-{commit}"
    group = {"head_ref": ref, "head_sha": commit, "base_ref": f"refs/heads/{base}", "base_sha": "1" * 40}
    payload = {"action": "checks_requested", "merge_group": group, **_site(repository)}
    return Event("merge_group", ref, payload, commit, repository=repository)


def scheduled(cron: str, commit: str = COMMIT, repository: str = REPOSITORY) -> Event:
    """Its time has come; on the default branch, as always."""
    ref = f"refs/heads/{DEFAULT_BRANCH}"
    return Event("schedule", ref, {"schedule": cron, **_site(repository)}, commit, repository=repository)


def dispatched(inputs: Mapping[str, str], commit: str = COMMIT, repository: str = REPOSITORY) -> Event:
    """Somebody started it by hand, or through the API."""
    ref = f"refs/heads/{DEFAULT_BRANCH}"
    payload = {"ref": ref, "inputs": dict(inputs), **_site(repository)}
    return Event("workflow_dispatch", ref, payload, commit, repository=repository)


def _site(repository: str) -> dict[str, Any]:
    owner, _, name = repository.partition("/")
    about = {"full_name": repository, "name": name, "owner": {"login": owner}, "default_branch": DEFAULT_BRANCH}
    return {"repository": about, "sender": {"login": "somebody"}}
