"""`transpipe profile`: shows the merged profile of a repository, and updates shared profiles."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from transpiler.cli import tell
from transpiler.cli.options import OnePath, ProfileName, Repos

if TYPE_CHECKING:
    from transpiler.app.profiles.update import Updated

app = typer.Typer(
    name="profile",
    help="The profile of a repository, and profiles that several repositories share.",
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


@app.command()
def show(path: OnePath = None, profile: ProfileName = None) -> None:
    """Print the profile as it is after merging, with the place that each value comes from."""
    from transpiler.app.profiles.show import show as shown
    from transpiler.app.results import Exit

    found = shown(path, profile)
    if found.diagnostics:
        tell.put(tell.text(found.place, found.diagnostics, found.sources, colour=tell.coloured(sys.stdout)))
        raise typer.Exit(Exit.FINDINGS)
    tell.put("".join(f"# {'which extends ' if i else ''}{name}\n" for i, name in enumerate(found.chain)))
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
        tell.put(f"{len(named):,} repositories{': ' if words else ''}{words}\n", sys.stderr)
    if counts[Effect.OTHER] + counts[Effect.SAME] and not dry_run:
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
        if made.effect is Effect.SAME:
            tell.put("  no output changes\n")
        for output, change in made.changes.items() if made.effect is Effect.OTHER else ():
            tell.put(f"  {change} {output}\n")
    else:
        tell.put(f"{shown}: the profile was not moved\n")
    # A server that cannot be reached is told once, not for each repository of a fleet.
    new = [d for d in made.diagnostics if d.code != "profile-not-fetched" or d.message not in told]
    told.update(d.message for d in made.diagnostics)
    tell.put(tell.text(made.place, new, made.sources, colour=tell.coloured(sys.stderr)), sys.stderr)
