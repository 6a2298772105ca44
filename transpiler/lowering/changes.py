"""The program that decides whether a pipeline with `changes` runs: the same text on every engine.

It reads `base` and `before`, of which the engine sets one at most. `base` is a commit or reference that the change is
to go to: compared is the change with its merge base. `before` is the commit that was there before a merge. It sets
`runs` to `yes` or `no`, and says why in one line. It runs in the checkout, where HEAD is what is built.

Whatever it cannot find out, it takes for a reason to run: git tells a last name, `/`, only after all others, and awk
answers only if it has read that one. If no file differs at all, what there was before may have been told wrongly: then
it runs, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpiler import changes as law
from transpiler import ir
from transpiler.changes import CHARACTER, Changes
from transpiler.deciding import Deciding
from transpiler.expressions import Text
from transpiler.lowering.shell import Lines
from transpiler.profile import Profile
from transpiler.quoting import sh

_NOTHING = "//"
"""An expression that matches no path."""
_GIT = "git -c safe.directory='*'"  # a runner's checkout may belong to another user
_ONE = "one=$(printf '[^/\\200-\\277][\\200-\\277]*') # a character of UTF-8: a first byte, and what continues it"


def deciding(workflow: ir.Workflow, pipeline: ir.Pipeline, profile: Profile) -> Deciding | None:
    """How it is decided whether the pipeline runs; None if it always runs."""
    if pipeline.changes is None:
        return None
    said = pipeline.changes
    always = tuple(dict.fromkeys(_always(workflow, pipeline, profile)))
    rules = Changes(said.include, said.exclude, always, workflow.folder)
    return Deciding(rules, program(rules), said.fetch)


def _always(workflow: ir.Workflow, pipeline: ir.Pipeline, profile: Profile) -> Iterator[str]:
    """Expressions of the files that the pipeline itself is made from: the config, the profile, the build files."""
    builds = (step for stage in pipeline.stages for step in stage.steps if isinstance(step, ir.Build))
    found = [law.literal(workflow.source)]
    found += [law.literal(name) for name, _ in profile.sources if "/" in name and not name.startswith(("/", "../"))]
    found += [_path(build.file.path) for build in builds if build.file.path]
    folder = law.literal(f"{workflow.folder}/") if workflow.folder else ""
    return (folder + text for text in found)


def _path(path: Text) -> str:
    """An expression of the paths that a text can become when the pipeline runs."""
    return "".join(law.literal(part) if isinstance(part, str) else law.ANY for part in path.parts)


def program(changes: Changes) -> Lines:
    """The lines of the program."""
    named = (("include", changes.included), ("exclude", changes.excluded), ("always", changes.always))
    words = [f"{name}={_word(texts)}" for name, texts in named]
    return (
        "# Whether this pipeline runs: it does, unless it is known that no file that counts has changed.",
        "runs=yes",
        "compared=",
        'if [ -n "${base-}" ]; then',
        f'    compared=$({_GIT} merge-base --all "$base" HEAD 2> /dev/null) || compared=',
        'elif [ -n "${before-}" ]; then # after a forced push, nobody knows what was built of it',
        f'    {_GIT} merge-base --is-ancestor "$before" HEAD 2> /dev/null || before=',
        "    compared=$before",
        "fi",
        *((_ONE,) if any(CHARACTER in word for _, texts in named for word in texts) else ()),
        *words,
        'counted=$([ -z "$compared" ] || {',
        f"    {_GIT} diff-tree -r -z --no-renames --ignore-submodules=none \"$compared\" HEAD && printf ':\\0/\\0'",
        "} | LC_ALL=C tr '\\n\\0' '\\001\\n' |",
        '    LC_ALL=C include="^($include)/?\\$" exclude="^($exclude)/?\\$" always="^($always)/?\\$" awk \'',
        '        BEGIN { include = ENVIRON["include"]; exclude = ENVIRON["exclude"]; always = ENVIRON["always"] }',
        "        NR % 2 { submodule = $0 ~ /^:160000/ || $0 ~ /^:[0-7]* 160000/; next }",
        '        $0 == "/" { all = 1; next }',
        '        { changed++; name = submodule ? $0 "/" : $0 }',
        "        name ~ always || (name ~ include && name !~ exclude) { counting++ }",
        '        END { if (all && changed) print counting + 0 " of " changed }',
        "    ') || counted=",
        "case $counted in",
        "    '') echo 'changes: nobody knows what was there before, so this pipeline runs' ;;",
        "    '0 of '*)",
        "        runs=no",
        '        echo "changes: $counted files that differ from $compared count, so this pipeline does not run" ;;',
        '    *) echo "changes: $counted files that differ from $compared count, so this pipeline runs" ;;',
        "esac",
    )


def _word(texts: tuple[str, ...]) -> str:
    """A shell word of a choice of expressions."""
    parts = "|".join(texts or (_NOTHING,)).split(CHARACTER)
    return '"$one"'.join(sh(part) if part else "" for part in parts)
