"""`promote` → one review for each chart in the site's charts repository.

The password reaches git through a credential helper that reads the environment: never argv, never a URL.
"""

from __future__ import annotations

from transpiler import ir
from transpiler.expressions import Text
from transpiler.lowering import lists
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope
from transpiler.lowering.shell import FUNCTIONS, Lines, command, indent
from transpiler.profile import Promotion
from transpiler.program import CredentialUse
from transpiler.quoting import sh, sh_double

_USUAL = ("-s", "CHART", "-v", "VERSION", "-e", "ENV")
"""The arguments of an update command that has no placeholders."""

_PRINTED = (
    "promote() { # CHART VERSION [ENVIRONMENT]...: nothing leaves this machine",
    *indent(
        (
            "chart=$1 version=$2",
            "shift 2",
            'echo "not done without --allow promote: chart $chart, version $version${1:+, in $*}"',
        )
    ),
    "}",
)
"""For proposals of the kind `print`. No profile can set it; `transpipe run` uses it if `promote` is not allowed."""


_OWN_BRANCH = (
    "branch=refs/heads/promote-$chart-$version there=",
    'if git ls-remote --exit-code origin "$branch" > /dev/null; then # an earlier try',
    *indent(
        (
            'git fetch --quiet --depth 1 origin "$branch"',
            'if git diff --quiet HEAD FETCH_HEAD; then echo "$branch proposes this already"; exit; fi',
            "by='%an <%ae>, %cn <%ce>: %s'",
            'if [ "$(git log -1 --format="$by" HEAD)" != "$(git log -1 --format="$by" FETCH_HEAD)" ]; then',
            *indent(('echo "$branch is there, and not by us: $(git log -1 --format="$by" FETCH_HEAD)" >&2', "exit 1")),
            "fi",
            "there=$(git rev-parse FETCH_HEAD)",
        )
    ),
    "fi",
)
"""The branch may already exist. If it has the same content, nothing is pushed. If its last commit has the same author,
committer and subject, it is replaced. Otherwise the program fails and leaves it alone."""


def _credentials(site: Promotion) -> tuple[CredentialUse, ...]:
    """The credential for pushing, if the site has one."""
    if not site.credential:
        return ()
    return (CredentialUse(site.credential, ir.CredentialKind.USERNAME_PASSWORD, ("PROMOTE_USER", "PROMOTE_PASSWORD")),)


def lower(step: ir.Promote, draft: Draft, body: Body) -> None:
    """Adds the lines that propose the new version of every chart for review."""
    body.add("promote", _lines(step, draft))
    site = draft.site.profile.promotion
    if site.propose != "print":
        body.programs += ["git", *site.update[:1]]
    body.credentials += _credentials(draft.site.profile.promotion)


def _lines(step: ir.Promote, draft: Draft) -> Lines:
    site = draft.site.profile.promotion
    scope = Scope(draft)
    if site.propose == "print":
        draft.functions["promote"] = _PRINTED
        return lists.each(step.items, scope, lambda item, inner: _item(item, inner, ""))
    charts = draft.file("charts")
    branch = f"--branch {sh(site.branch)}" if site.branch else ""
    helper: tuple[str, ...] = ()
    lines: list[str] = []
    if site.credential:
        lines.append("export PROMOTE_USER PROMOTE_PASSWORD")
        asked = 'f() { printf "username=%s\\npassword=%s\\n" "$PROMOTE_USER" "$PROMOTE_PASSWORD"; }; f'
        helper = ("--config credential.helper=", f"--config {sh('credential.helper=!' + asked)}")
    lines += command("git clone --quiet --depth 1", branch, *helper, sh(site.repository), f'"{charts}"')
    draft.functions["promote"] = _function(draft, f'"{charts}"')
    lines += _reviewers(site, draft)
    lines += lists.each(step.items, scope, lambda item, inner: _item(item, inner, _option(site)))
    return tuple(lines)


def _item(item: ir.Promotion, scope: Scope, option: str) -> Lines:
    first = (scope.word(item.chart), scope.word(item.version))

    def words(environment: Text, inner: Scope) -> str:
        return " ".join(filter(None, (option, inner.word(environment))))

    if not lists.is_dynamic(item.environments):
        return command("promote", *first, *(words(name, scope) for name in lists.known(item.environments)))
    return (f"set -- {' '.join(first)}", *lists.arguments(item.environments, scope, words), 'promote "$@"')


def _update_words(site: Promotion) -> tuple[str, ...]:
    placed = any(word in ("CHART", "VERSION", "ENV") for word in site.update)
    return site.update if placed else (*site.update, *_USUAL)


def _option(site: Promotion) -> str:
    """The option that is written before each environment, or "" if there is none."""
    words = _update_words(site)
    at = words.index("ENV") if "ENV" in words else 0
    return sh(words[at - 1]) if at and words[at - 1].startswith("-") else ""


def _update(site: Promotion) -> Lines:
    """The command that updates the chart; `$@` are the environments with their options."""
    words = _update_words(site)
    found: list[str] = []
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        if following == "ENV" and word.startswith("-"):
            continue
        found.append({"CHART": '"$chart"', "VERSION": '"$version"', "ENV": '"$@"'}.get(word, sh(word)))
    return command(*(("command",) if words[0] in FUNCTIONS else ()), *found)


def _function(draft: Draft, charts: str) -> Lines:
    site = draft.site.profile.promotion
    draft.setup["logURL"] = None
    identity = f"-c {sh('user.name=' + site.author_name)} -c {sh('user.email=' + site.author_email)}"
    trailer: tuple[str, ...] = ()
    change: Lines = ()
    if site.propose == "gerrit":
        change = ('change=$(printf \'%s\\n\' "$run" "$chart" "$version" | git hash-object --stdin)',)
        trailer = ('--message "Change-Id: I$change"',)
    return (
        "promote() ( # CHART VERSION [OPTION ENVIRONMENT]...: one review",
        *indent(
            (
                f"cd {charts}",
                "chart=$1 version=$2",
                "shift 2",
                f"git checkout --quiet -B review {sh('origin/' + site.branch) if site.branch else 'origin/HEAD'}",
                *_update(site),
                "git add --all",
                'if git diff --cached --quiet; then echo "$chart has version $version already"; exit; fi',
                *change,
                *command(
                    f"git {identity} commit --quiet",
                    '--message "$chart: promote $version"',
                    '--message "Proposed by ${setup_logURL-}"',
                    *trailer,
                ),
                *_push(site),
            )
        ),
        ")",
    )


def _push(site: Promotion) -> Lines:
    branch = site.branch or "HEAD"
    if site.propose == "gerrit":
        options = [f"topic={site.topic}"] if site.topic else []
        tail = ("%" + ",".join(options)) if options else ""
        reviewers = "$reviewers" if site.asks_reviewers else ""
        if reviewers and not options:
            tail = "%ready"
        target = f'"HEAD:refs/for/{sh_double(branch + tail)}{reviewers}"'
        return (f"git push --quiet origin {target}",)
    wishes: list[str] = []
    if site.propose == "gitlab":
        wishes = ["merge_request.create", *((f"merge_request.target={branch}",) if site.branch else ())]
    return (
        *_OWN_BRANCH,
        *command(
            "git push --quiet",
            *(f"--push-option {sh(wish)}" for wish in wishes),
            '"--force-with-lease=$branch:$there"',
            'origin "HEAD:$branch"',
        ),
    )


def _reviewers(site: Promotion, draft: Draft) -> Lines:
    """Lines that find the owner and the approver of the promoted change, except bots. It is not an error if they
    cannot be found."""
    if not site.asks_reviewers:
        return ()
    draft.setup["commit"] = None
    pick = (
        '.[] | (.owner, .labels."Code-Review".approved?) | select(.) | select((.tags // []) | index("SERVICE_USER") '
        "| not) | .username // .email // empty"
    )
    url = site.gerrit.rstrip("/") + "/changes/"
    return (
        "# owner and approver of this commit's change review it, bots left out; none if they cannot be found",
        *command(
            "reviewers=$({ curl --silent --fail --max-time 30 --get",
            '--data-urlencode "q=commit:$setup_commit"',
            "--data o=DETAILED_ACCOUNTS --data o=LABELS",
            sh(url),
            "| tail -n +2 |",
            f"jq --raw-output {sh(pick)} |",
            "sort -u | sed 's/^/,r=/' | tr -d '\\n'; } || :)",
        ),
    )
