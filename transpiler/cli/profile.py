"""`transpipe profile`: shows the merged profile of a repository, and updates shared profiles."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from transpiler.cli import tell
from transpiler.cli.group import Commands
from transpiler.cli.options import ONE, OnePath, ProfileName, Repos, examples, target_option
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.targets import TARGETS

if TYPE_CHECKING:
    from transpiler.app.profiles.update import Updated

app = typer.Typer(
    name="profile",
    help="The profile of a repository, and profiles that several repositories share.",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        show_default=False,
        help="A repository's root or a config file. Default: the repository around the current directory.",
    ),
]


@app.command(
    epilog=examples(
        ("transpipe profile init", "ask for what a profile needs, and write .pipeline/profile.yaml"),
        (f"transpipe profile init {ONE} --label docker", "do not ask for these"),
    )
)
def init(
    path: OnePath = None,
    target: Annotated[list[str] | None, target_option("Compile for this target")] = None,
    extends: Annotated[
        str, typer.Option("--extends", metavar="NAME", help="The built-in profile to begin with.")
    ] = "default",
    registry: Annotated[
        str | None, typer.Option("--registry", metavar="HOST", help="The registry that images are pushed to.")
    ] = None,
    credential: Annotated[
        str | None, typer.Option("--credential", metavar="ID", help="What to call the login for the registry.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="LABEL", help="The label of the nodes or runners with docker.")
    ] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the profile instead of writing it.")] = False,
) -> None:
    """Write a first profile. On a terminal it asks for what is not given as an option."""
    from transpiler.app.profiles import first
    from transpiler.first_config import Site

    place, found = first.seen(path)
    names = tuple(target) if target else _asked_targets(tuple(seen.target for seen in found))
    host = _asked(registry, "Registry that images are pushed to, such as registry.example.org (empty: none)")
    login = _asked(credential, "Name for the login there, such as registry (empty: no login)") if host else ""
    nodes = _asked(label, "Label of the nodes or runners that have docker (empty: the default)")
    site = Site(first.chosen(names, found), extends, host, login, nodes)
    made = first.first_profile(place, site, shown_only=stdout)
    if stdout or made.diagnostics:
        tell.put(made.text)
    shown = tell.text(made.place, made.diagnostics, {OWN_PROFILE: made.text}, colour=tell.coloured(sys.stderr))
    lines = [] if stdout or made.diagnostics else [f"wrote {place.call(OWN_PROFILE)}"]
    lines += [f"create on {line}" for line in made.to_create]
    tell.put(shown + "".join(f"{line}\n" for line in lines), sys.stderr)
    raise typer.Exit(made.status)


def _asked(given: str | None, question: str) -> str:
    """What was given as an option; else what a person answers, "" without a terminal."""
    if given is not None or not sys.stdin.isatty():
        return given or ""
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()


def _asked_targets(seen: tuple[str, ...]) -> tuple[str, ...]:
    if not sys.stdin.isatty():
        return ()
    usual = " ".join(seen or (name for name, target in TARGETS.items() if target.usual))
    words = str(typer.prompt(f"Engines ({', '.join(TARGETS)})", default=usual, err=True)).replace(",", " ").split()
    if unknown := [word for word in words if word not in TARGETS]:
        raise typer.BadParameter(f"there is no target {unknown[0]}: there are {', '.join(TARGETS)}")
    return tuple(dict.fromkeys(words))


@app.command()
def show(path: OnePath = None, profile: ProfileName = None) -> None:
    """Print the profile as it is after merging, with the place that each value comes from."""
    from transpiler.app.profiles.show import show as shown
    from transpiler.app.results import Exit

    found = shown(path, profile)
    if found.diagnostics:
        tell.put(tell.text(found.place, found.diagnostics, found.sources, colour=tell.coloured(sys.stdout)))
        raise typer.Exit(Exit.FINDINGS)
    tell.put("".join(f"# {line}\n" for line in found.head))
    width = min(max(len(line.text) for line in found.lines), 60)
    for line in found.lines:
        tell.put(f"{line.text:<{width}}  # {line.origin}\n" if line.origin else f"{line.text}\n")


@app.command()
def update(
    paths: _Paths = None,
    repos: Repos = None,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="REV",
            help="The branch, tag or commit to move to. Default: the newest commit of the default branch.",
            show_default=False,
        ),
    ] = "",
    profile: ProfileName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fetch and compile, and print what would change; change nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Move profiles even if the configs that use them have errors then.")
    ] = False,
) -> None:
    """Fetch the shared profile that a profile extends, and move the profile and its copy to that commit."""
    from transpiler.app.place import paths_in
    from transpiler.app.profiles.update import Effect, update_all

    named: list[str | None] = [*(paths or (None,))] if repos is None else [*(paths or ()), *paths_in(repos)]
    counts: Counter[Effect] = Counter()
    status = 0
    told: set[str] = set()
    for path, made in zip(named, update_all(named, to, profile, force=force, dry=dry_run), strict=False):
        status = max(status, made.status)
        counts[made.effect] += 1
        _tell(path, made, told, dry=dry_run)
    if len(named) != 1:
        words = ", ".join(f"{counts[effect]:,} {effect}" for effect in Effect if counts[effect])
        words = words.replace(" moved with", " would move with") if dry_run else words
        tell.put(f"{len(named):,} repositories{': ' if words else ''}{words}\n", sys.stderr)
    if any(counts[effect] for effect in (Effect.IDENTICAL, Effect.SAME, Effect.DIFFERENT)) and not dry_run:
        rest = f" --repos {repos}" if repos else "".join(f" {path}" for path in paths or ())
        tell.put(f"next: transpipe generate{rest}\n", sys.stderr)
    raise typer.Exit(status)


def _tell(path: str | None, made: Updated, told: set[str], *, dry: bool) -> None:
    from transpiler.app.profiles.update import Effect

    if made.failure:
        tell.put(tell.failure(made.failure, path), sys.stderr)
        return
    assert made.place
    shown = made.place.shown or "."
    if made.after and made.before:
        was, now = made.before.commit[:12] or "no commit", made.after.commit[:12]
        how = {Effect.NOTHING: "is at", Effect.KEPT: "was not moved to"}.get(
            made.effect, "would move to" if dry else "moved to"
        )
        rest = f" from {was}" if made.effect not in (Effect.NOTHING, Effect.KEPT) and was != now else ""
        tell.put(f"{shown}: {made.after.path} of {made.after.git} {how} {now}{rest}\n")
        tell.put(_meaning(made))
    else:
        tell.put(f"{shown}: the profile was not moved\n")
    # A server that cannot be reached is told once, not for each repository of a fleet.
    new = [d for d in made.diagnostics if d.code != "profile-not-fetched" or d.message not in told]
    told.update(d.message for d in made.diagnostics)
    tell.put(tell.text(made.place, new, made.sources, colour=tell.coloured(sys.stderr)), sys.stderr)


def _meaning(made: Updated) -> str:
    """What changes, as lines below that of the repository."""
    from transpiler.app.profiles.update import Effect
    from transpiler.difference.report.words import about

    if made.effect in (Effect.NOTHING, Effect.KEPT):
        return ""
    words = {Effect.IDENTICAL: "no output changes", Effect.SAME: "same meaning"}.get(made.effect, "different meaning")
    what = f": {about(made.difference.changes)}" if made.difference and made.difference.changes else ""
    return f"  {words}{what}\n" + "".join(f"  {change} {output}\n" for output, change in made.changes.items())
