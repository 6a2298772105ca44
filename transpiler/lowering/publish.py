"""`publish` → `docker tag` and `docker push`. Names and tags are cleaned; empty and repeated tags are left out."""

from __future__ import annotations

from transpiler import ir
from transpiler.expressions import List, Loop, Ref, Source, Text, refs
from transpiler.image_names import clean, clean_tag
from transpiler.lowering import lists, pushing, tags, words
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope, assign, guard
from transpiler.lowering.shell import Lines, command, indent
from transpiler.lowering.words import Part, Variable
from transpiler.quoting import sh

_TAG = '"$tag"'
SLUG = ('slug() { printf %s "$1" | tr A-Z/ a-z-; }',)


def lower(step: ir.Publish, draft: Draft, body: Body) -> None:
    """Adds the lines that tag and push, and binds the values that something reads."""
    registry = draft.site.profile.registry
    body.add("publish", _lines(step, draft))
    body.credentials += pushing.credentials(registry)
    body.publishes = f"{draft.slug}.published"
    if registry.method == "command":
        body.programs += registry.command[:1]


def _lines(step: ir.Publish, draft: Draft) -> Lines:
    scope = Scope(draft)
    draft.registry = True
    lines: tuple[str, ...] = (*_names(step, scope), *pushing.login(draft))
    loose = any(isinstance(tag, Loop) for tag in step.tags.items)
    texts = () if loose else (step.tag, *lists.known(step.tags))
    first_sure = _never_empty(step.tag, scope)
    if first_sure and (draft.is_read("imageTag") or draft.is_read("publishedImage")):
        lines += (tags.setting("imageTag", step.tag, scope),)
        draft.own["imageTag"] = (Variable("imageTag"),)
    if texts and len(given := _words(texts, scope)) == 1 and first_sure:
        lines += _single(step, scope, given[0])
    else:
        lines += _several(step, scope, texts)
    return lines + pushing.logout(draft) + _bind(draft, sure=first_sure)


def _is_clean(ref: Ref, scope: Scope) -> bool:
    if ref.default and clean(ref.default) != ref.default:
        return False
    if ref.source is Source.SETUP:
        return ref.key in ("timestamp", "commit")
    return scope.is_step_output(ref) and ref.key in ("imageName", "imageTag", "imageID")


def _clean_parts(text: Text, scope: Scope) -> tuple[Part, ...]:
    return tuple(clean(part) if isinstance(part, str) else part for part in scope.parts(text))


def _needs_slug(text: Text, scope: Scope) -> bool:
    return words.known(scope.parts(text)) is None and not all(_is_clean(ref, scope) for ref in refs(text))


def _cleaned_name(text: Text, scope: Scope) -> str:
    """A line that sets `imageName` to the cleaned name."""
    if _needs_slug(text, scope):
        scope.draft.functions["slug"] = SLUG
        return f"imageName=$(slug {scope.word(text)})"
    return assign("imageName", _clean_parts(text, scope))


def _names(step: ir.Publish, scope: Scope) -> Lines:
    draft = scope.draft
    lines: list[str] = []
    name = _clean_parts(step.name, scope)
    check = _check(step, scope)
    if words.known(name) is None or draft.is_read("imageName"):
        lines.append(_cleaned_name(step.name, scope))
        name = (Variable("imageName"),)
    draft.own["imageName"] = name
    lines += check
    lines.append(f"imageFullName=$registry/{words.inside(name)}")
    draft.own["imageFullName"] = (Variable("imageFullName"),)
    if pushing.elsewhere(draft):
        draft.push_registry = True
        lines.append(f"pushName=$push_registry/{words.inside(name)}")
    return tuple(lines)


def _check(step: ir.Publish, scope: Scope) -> Lines:
    """Lines that refuse an image name outside the project's names, or warn about it, as the profile's policy
    `image-name-outside` says. If name and project are known, the front end has checked them already."""
    draft = scope.draft
    name = scope.parts(step.name)
    rule = draft.site.profile.policy["image-name-outside"]
    checked = words.known(name) is not None and draft.site.project is not None
    if rule == "off" or checked or _is_projects_own(step.name):
        return ()
    prefixes = [clean(prefix) for prefix in draft.site.profile.registry.prefixes]
    if draft.site.project is not None:
        roots = [clean(draft.site.project), clean(draft.site.project.rpartition("/")[2]), *prefixes]
        lines: tuple[str, ...] = ()
        patterns = [f"{sh(root)} | {sh(root)}-*" for root in dict.fromkeys(roots)]
    else:
        draft.setup["project"] = None
        draft.functions["slug"] = SLUG
        lines = ('project=$(slug "$setup_project")', 'short=$(slug "${setup_project##*/}")')
        patterns = ['"$project" | "$project"-* | "$short" | "$short"-*']
        patterns += [f"{sh(root)} | {sh(root)}-*" for root in dict.fromkeys(prefixes)]
    if words.known(name) is not None:
        subject = sh(clean(words.known(name) or ""))
        shown = subject
    else:
        subject, shown = "$imageName", '"$imageName"'
    end = "; exit 1" if rule == "error" else ""
    return (
        *lines,
        f"case {subject} in",
        *indent(
            (
                *(f"{pattern}) ;;" for pattern in patterns),
                f"*) echo 'this project may not publish an image called' {shown} >&2{end} ;;",
            )
        ),
        "esac",
    )


def _is_projects_own(name: Text) -> bool:
    """Whether the name is written as `${setup.project}` or `${setup.projectShortName}`, alone or followed by `-…` or
    `/…`, and so belongs to the project whatever the value."""
    match name.parts:
        case (Ref(source=Source.SETUP, key="project" | "projectShortName"),):
            return True
        case (Ref(source=Source.SETUP, key="project" | "projectShortName"), str(rest), *_):
            return rest.startswith(("-", "/"))
    return False


def _never_empty(text: Text, scope: Scope) -> bool:
    return any(
        clean_tag(part) if isinstance(part, str) else clean_tag(part.default) or part.name == "setup_timestamp"
        for part in scope.parts(text)
    )


def _is_distinct(text: Text, scope: Scope) -> bool:
    """Whether this tag can equal another tag only if both are the same shell word. That is so if all of it is known at
    compile time, except for the timestamp of the run at its start."""
    first, *rest = text.parts or ("",)
    dated = isinstance(first, Ref) and first.source is Source.SETUP and first.key == "timestamp"
    known = scope.known(text) if not dated else scope.known(Text(tuple(rest)))
    return known is not None and not tags.needs_cleaning(text, scope)


def _words(texts: tuple[Text, ...], scope: Scope) -> tuple[str, ...]:
    """The tags as shell words. Known tags are cleaned; empty and repeated ones are left out."""
    found: dict[str, None] = {}
    for i, text in enumerate(texts):
        if i == 0 and "imageTag" in scope.draft.own:
            found['"$imageTag"'] = None
        elif parts := tags.parts(text, scope):
            found[words.word(parts)] = None
    return tuple(found)


def _push(step: ir.Publish, scope: Scope, tag: str, operator: str) -> Lines:
    draft = scope.draft
    engine = draft.site.engine
    image = scope.word(step.id)
    only = step.id.parts[0] if len(step.id.parts) == 1 else ""
    safe = isinstance(only, Ref) and scope.is_step_output(only) and only.key in ("imageID", "imageLocalName")
    option = guard(scope.parts(step.id), safe=safe)
    name = f'"${"pushName" if pushing.elsewhere(draft) else "imageFullName"}:{tag}"'
    return (
        *command(f"{engine} tag", option, image, name),
        f"{pushing.using(draft)}{pushing.pusher(draft)} {name}",
        f'echo "$imageFullName:{tag}" {operator} "{draft.file("published")}"',
    )


def _single(step: ir.Publish, scope: Scope, tag: str) -> Lines:
    inner = words.inside((Variable("imageTag"),)) if tag == '"$imageTag"' else words.inside(tags.parts(step.tag, scope))
    if tags.needs_cleaning(step.tag, scope) and "imageTag" not in scope.draft.own:
        line = tags.setting("imageTag", step.tag, scope)
        return (line, *_push(step, scope, "$imageTag", ">"))
    return _push(step, scope, inner, ">")


def _several(step: ir.Publish, scope: Scope, texts: tuple[Text, ...]) -> Lines:
    draft = scope.draft
    file = draft.file("published")
    lines: list[str] = [f': > "{file}"']
    if texts:
        given = _words(texts, scope)
        unclean = any(tags.needs_cleaning(t, scope) for t in texts[1 if "imageTag" in draft.own else 0 :])
        may_be_empty = not all(_never_empty(t, scope) for t in texts)
        may_be_double = len(given) > 1 and not all(_is_distinct(t, scope) for t in texts)
    else:
        lines += ["set --", *lists.arguments(List((step.tag, *step.tags.items)), scope, _word)]
        given, unclean, may_be_empty, may_be_double = ('"$@"',), True, True, True
    again = f'if grep -qxF "$imageFullName:$tag" "{file}"; then continue; fi # pushed already'
    body = [
        *((f"tag={tags.cleaned(_TAG, scope)}",) if unclean else ()),
        *(('[ -n "$tag" ] || continue',) if may_be_empty else ()),
        *((again,) if may_be_double else ()),
        *_push(step, scope, "$tag", ">>"),
    ]
    return (*lines, *_for("tag", given), *indent(body), "done")


def _for(variable: str, given: tuple[str, ...]) -> Lines:
    lines = command(f"for {variable} in", *given)
    return (*lines[:-1], lines[-1] + "; do")


def _word(tag: Text, scope: Scope) -> str:
    return scope.word(tag)


def _bind(draft: Draft, *, sure: bool) -> Lines:
    file = draft.file("published")
    lines: list[str] = []
    if not sure and (draft.is_read("imageTag") or draft.is_read("publishedImage")):
        lines.append(f"imageTag=$(sed -n '1s/.*://p' \"{file}\") # the first that was pushed")
        draft.own["imageTag"] = (Variable("imageTag"),)
    for key in ("imageName", "imageFullName", "imageTag"):
        if key in draft.own and draft.is_read(key):
            lines += draft.bind(key, *draft.own[key])
    if draft.is_read("imageTags"):
        lines.append(f"imageTags=$(sed 's/.*://' \"{file}\")")
        lines += draft.bind("imageTags", Variable("imageTags"))
    if draft.is_read("publishedImage"):
        if sure:
            lines += draft.bind("publishedImage", Variable("imageFullName"), ":", Variable("imageTag"))
        else:
            lines.append(f'publishedImage=$(head -n 1 "{file}")')
            lines += draft.bind("publishedImage", Variable("publishedImage"))
    return tuple(lines)
