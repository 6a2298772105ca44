"""What a reference may name at a place in a config, and what it resolves to.

Every mistake in a reference is found here. This module knows no YAML: it resolves one reference at a time to text, a
run-time reference or a complaint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import field
from enum import Enum, auto

from transpiler.expressions import Ref, Source, Text
from transpiler.frontend.suggestions import Suggestions, these
from transpiler.frontend.values.bindings import (
    ON_THE_DAEMON,
    RUNTIME,
    Binding,
    Bindings,
    Complaint,
    literal,
    read,
    token,
)
from transpiler.frontend.values.references import Reference, renamed
from transpiler.records import dataclass, replace
from transpiler.steps import BY_NAME, missing_step

__all__ = ["RUNTIME", "Binding", "Bindings", "Complaint", "Dotless", "Scope"]

_PARAMETER = re.compile(r"params\.[A-Za-z_][A-Za-z0-9_]*")
_CHECKOUT = re.compile(r"[A-Z][A-Z0-9_]*")  # GIT_COMMIT and the other variables that the checkout returns on Jenkins


class Dotless(Enum):
    """What a name without a dot means if the stage has bound no value of that name."""

    LITERAL = auto()  # it stays as it is written
    REFUSED = auto()  # an error, because a literal cannot work there: an image name, tag, variant, path or chart
    ENVIRONMENT = auto()  # a variable of the CI job: `run.env`
    NO_CREDENTIAL = auto()  # as LITERAL, but an error for a variable in `environment`, which holds a credential


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that can be read at one place of one stage.

    `own` is what the stage has bound so far, `later` what its further steps will bind, `ancestors` what `setup` and
    each ancestor bind, `stages` the names of all stages of the pipeline. `loop` holds the tokens inside a `$yield`.
    `typed`: plain numbers and booleans keep their type. `written` is the name that the config gives to the stage, if
    that has a matrix; `members` are the stages that each stage with a matrix stands for. `elsewhere` finds another
    pipeline that has a stage of a name.
    """

    stage: str
    own: Bindings
    ancestors: Mapping[str, Bindings]
    stages: Set[str]
    later: frozenset[str] = frozenset()
    loop: Mapping[str, Text] | None = None
    dotless: Dotless = Dotless.LITERAL
    environment: frozenset[str] = field(default_factory=frozenset)
    typed: bool = False
    suggestions: Suggestions = field(default_factory=Suggestions, compare=False)
    written: str = ""
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: Callable[[str], str] = field(default=lambda _: "", compare=False)

    def _complain(self, code: str, message: str, ref: Reference, known: Collection[str], otherwise: str) -> Complaint:
        """A complaint about the reference's key, which names none of the known ones."""
        near = self.suggestions.near(ref.key, known)
        return Complaint(code, message, near.hint(otherwise), renamed(ref, ref.key, near.name) if near.sure else "")

    def bind(self, names: Bindings) -> Scope:
        """This scope with further names that a step has bound."""
        return replace(self, own={**self.own, **names})

    def within(self, dotless: Dotless) -> Scope:
        """This scope, but names without a dot mean `dotless`."""
        return self if self.dotless is dotless else replace(self, dotless=dotless)

    def resolve(self, ref: Reference) -> Text | Complaint:
        """What a reference resolves to here."""
        ref = self._whole(ref)
        if ref.stage is None:
            return self._resolve_dotless(ref)
        if self.loop is not None and not ref.stage:
            return self._resolve_token(ref)
        if not ref.stage:
            return self._resolve_own(ref)
        if self._is_own_name(ref) and self.loop is not None:
            return self._resolve_own(ref)
        return self._resolve_ancestor(ref)

    def _whole(self, ref: Reference) -> Reference:
        """The reference with the whole name of its stage. The first dot ends the name, unless no stage has that name
        and one has a longer name, with dots in it: a member of a matrix of versions, such as `unit-3.11`."""
        if not ref.stage or self._is_stage(ref.stage):
            return ref
        at = ref.key.find(".")
        while 0 <= at < len(ref.key) - 1:
            name = f"{ref.stage}.{ref.key[:at]}"
            if self._is_stage(name):
                return replace(ref, stage=name, key=ref.key[at + 1 :])
            at = ref.key.find(".", at + 1)
        return ref

    def _is_stage(self, name: str) -> bool:
        return name == "setup" or name in self.stages or name in self.members

    def _is_own_name(self, ref: Reference) -> bool:
        """Whether the reference names this stage. A member of a matrix is also named as its stage is written."""
        return ref.stage in (self.stage, self.written)

    def tags(self, ref: Reference) -> Text | None:
        """The tags that a stage has pushed, if the reference names them and can be read here."""
        ref = self._whole(ref)
        own = ref.stage == "" or (self._is_own_name(ref) and self.loop is not None)
        bound = self.own if own else self.ancestors.get(ref.stage or "", {})
        found = bound.get(ref.key)
        if ref.key != "imageTags" or found is None or not found.is_list:
            return None
        return Text((Ref(Source.STAGE, ref.key, self.stage if own else ref.stage or ""),))

    def owners(self, key: str) -> tuple[str, ...]:
        """The stages before this one that bind this name, for hints, the last one first."""
        if not self.suggestions.spend(len(self.ancestors)):
            return ()
        return tuple(s for s in reversed(tuple(self.ancestors)) if s != "setup" and key in self.ancestors[s])

    def owner(self, key: str) -> str:
        """The last of them; "" if there is none."""
        return next(iter(self.owners(key)), "")

    def _resolve_own(self, ref: Reference) -> Text | Complaint:
        if ref.key in self.own:
            return read(ref, self.own[ref.key], self.stage, Source.STAGE)
        if ref.default is not None:
            return literal(ref.default)
        if ref.key in self.later:
            return Complaint(
                "unbound-value",
                f"Stage `{self.stage}` reads `{ref.raw}` before the step that binds it has run.",
                f"The steps of a stage run in this order: {', '.join(BY_NAME)}.",
            )
        message = f"No earlier step of stage `{self.stage}` binds `{ref.key}`."
        owners = self.owners(ref.key)
        if owners:
            instead = f"${{{owners[0]}.{ref.key}}}"
            hint = f"Stage `{owners[0]}`, which runs before, binds it: write `{instead}`."
            return Complaint("unbound-value", message, hint, instead if len(owners) == 1 else "")
        bound = f"Bound at this point are {these(self.own)}; `${{.{ref.key}|…}}` sets a default."
        return self._complain("unbound-value", message, ref, self.own, bound)

    def _resolve_token(self, ref: Reference) -> Text | Complaint:
        assert self.loop is not None
        if ref.key in self.loop:
            return token(self.loop[ref.key], ref.default)
        return Complaint(
            "unbound-value",
            f"`{ref.raw}` is not a name of this `$each`, which has {these(self.loop)}.",
            f"For a value of the stage, write its full name: `${{{self.stage}.{ref.key}}}`.",
        )

    def _resolve_ancestor(self, ref: Reference) -> Text | Complaint:
        assert ref.stage
        bound = self.ancestors.get(ref.stage)
        if bound is None:
            return self._no_ancestor(ref)
        source = Source.SETUP if ref.stage == "setup" else Source.STAGE
        if source is Source.SETUP and (_PARAMETER.fullmatch(ref.key) or _CHECKOUT.fullmatch(ref.key)):
            return Text((Ref(Source.SETUP, ref.key, default=ref.default or ""),))
        if ref.key in bound:
            unsure = bound[ref.key].unsure
            return (self._unsure(ref) if unsure else None) or read(ref, bound[ref.key], ref.stage, source)
        if ref.default is not None:
            return literal(ref.default)
        all_bound = f"Stage `{ref.stage}` binds {these(bound)}; `${{{ref.stage}.{ref.key}|…}}` sets a default."
        step = missing_step(ref.key, bound) if source is Source.STAGE else ""
        if step:
            message = f"Stage `{ref.stage}` does not bind `{ref.key}`, because it has no step `{step}`."
            return Complaint("unbound-value", message, f"Add `{step}` to it, or read another value. {all_bound}")
        return self._complain("unbound-value", f"Stage `{ref.stage}` does not bind `{ref.key}`.", ref, bound, all_bound)

    def _unsure(self, ref: Reference) -> Complaint | None:
        """What is wrong with reading a value of a stage that may fail, if anything is."""
        if ref.key in ON_THE_DAEMON:
            return Complaint(
                "may-fail-image",
                f"Stage `{ref.stage}` may fail, so there may be no `{ref.key}` of it.",
                f"Build the image in a stage without `allowFailure`, which runs before `{ref.stage}`.",
            )
        if ref.default is None:
            return Complaint(
                "may-fail-value",
                f"Stage `{ref.stage}` may fail, and then `{ref.key}` is empty: `{ref.raw}` needs a default.",
                f"Write `${{{ref.stage}.{ref.key}|DEFAULT}}`.",
            )
        return None

    def _no_ancestor(self, ref: Reference) -> Complaint:
        members = self.members.get(ref.stage or "")
        if members and ref.stage != self.written:
            return Complaint(
                "matrix-value",
                f"`{ref.stage}` has a `matrix`: it stands for {these(members)}, and `{ref.raw}` does not say which.",
                f"Name one of them: `${{{members[0]}.{ref.key}}}`.",
            )
        if self._is_own_name(ref):
            return Complaint(
                "not-an-ancestor",
                f"A stage reads its own values without its name: `{ref.raw}` does not work here.",
                f"Write `${{.{ref.key}}}`.",
                ref.raw.replace(f"{ref.stage}.", ".", 1),
            )
        if ref.stage == "matrix" and self.written in self.members and ref.stage not in self.stages:
            return Complaint(
                "matrix-value",
                f"A stage reads the values of its own matrix without `matrix`: `{ref.raw}` does not work here.",
                f"Write `${{.{ref.key}}}`.",
                ref.raw.replace(f"{ref.stage}.", ".", 1),
            )
        if ref.stage in self.stages:
            return Complaint(
                "not-an-ancestor",
                f"Stage `{ref.stage}` does not run before `{self.stage}`, so `{self.stage}` cannot read its values.",
                f"Add an arc from `{ref.stage}` to `{self.stage}`.",
            )
        return self._no_stage(ref)

    def _no_stage(self, ref: Reference) -> Complaint:
        if pipeline := self.elsewhere(ref.stage or ""):
            hint = f"Add a stage that binds `{ref.key}` to this pipeline."
            if ref.key == "imageID":
                hint = "Build the image in this pipeline, too."
                if ref.key in self.own:
                    hint = "This stage builds an image itself: remove this key, and it takes that image."
            return Complaint(
                "not-an-ancestor",
                f"`{ref.stage}` is a stage of the pipeline `{pipeline}`, and pipelines share no values.",
                hint,
            )
        near = self.suggestions.near(ref.stage or "", self.ancestors)
        # `setup` is the first of them.
        known = f"The stages before `{self.stage}` are {these(self.ancestors, 1)}."
        before = known if len(self.ancestors) > 1 else f"No stage runs before `{self.stage}`."
        message = f"No stage before `{self.stage}` has the name `{ref.stage}`."
        return Complaint(
            "not-an-ancestor", message, near.hint(before), renamed(ref, ref.stage or "", near.name) if near.sure else ""
        )

    def _resolve_dotless(self, ref: Reference) -> Text | Complaint:
        if self.loop is not None and ref.key in self.loop:
            return token(self.loop[ref.key], ref.default)
        if self.loop is None and ref.key in self.own:
            return read(ref, self.own[ref.key], self.stage, Source.STAGE)
        if self.dotless is Dotless.ENVIRONMENT:
            return self._resolve_environment(ref)
        if self.dotless is Dotless.NO_CREDENTIAL and ref.key in self.environment:
            return Complaint(
                "build-argument-secret",
                f"A build argument cannot hold the credential in `{ref.key}`: the image's history would show it.",
                f"Add the credential to `build.secrets`, and read it with `RUN --mount=type=secret,id={ref.key}`.",
            )
        if ref.default is not None:
            return literal(ref.default)
        if self.dotless is not Dotless.REFUSED:
            return literal(ref.raw)
        parameter = f"${{setup.params.{ref.key}}}" if ref.key.isupper() else ""
        hint = (
            f"Write `{parameter}`."
            if parameter
            else "Write `${.name}` for a value of this stage, `${stage.name}` for one of another, or `$${` for a "
            "literal `${`."
        )
        return Complaint(
            "name-without-dot",
            f"Stage `{self.stage}` binds no `{ref.key}`, so `{ref.raw}` would stay as written, which is not "
            "valid here.",
            hint,
            parameter,
        )

    def _resolve_environment(self, ref: Reference) -> Text | Complaint:
        if ref.key in self.environment:
            return Text((Ref(Source.ENVIRONMENT, ref.key, default=ref.default or ""),))
        return self._complain(
            "environment-not-allowed",
            f"The profile does not allow configs to read the variable `{ref.key}` of the CI job.",
            ref,
            self.environment,
            f"Allow it in the profile with `environment: [{ref.key}]`. If it is a secret, list it under the "
            "stage's `credentials` instead.",
        )
