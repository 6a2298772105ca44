"""The totals of an audit, from the plain data of each repository (`audited.plain`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from transpiler.app.audited import Staleness, Standing
from transpiler.records import dataclass
from transpiler.targets import TARGETS


@dataclass(slots=True)
class Totals:
    """Counts of repositories; of diagnostics, also how often each was found."""

    repositories: int
    counts: dict[str, Counter[str]]
    found: Counter[str]
    severities: dict[str, str]

    def add(self, data: Mapping[str, Any]) -> None:
        """Counts another repository."""
        self.repositories += 1
        self._count("status", [data["status"]])
        self._count("outputs", (output["state"] for output in data["outputs"]))
        self._count("dialects", [data["dialect"]] if data["dialect"] else [])
        self._count("profiles", [data["profile"]] if data["profile"] else [])
        self._count("house_rules", (breach["rule"] for breach in data["house_rules"]))
        self._count("losses", (target for target, lost in (data["losses"] or {}).items() if lost))
        self._count("diagnostics", (diagnostic["code"] for diagnostic in data["diagnostics"]))
        for diagnostic in data["diagnostics"]:
            self.found[diagnostic["code"]] += 1
            self.severities.setdefault(diagnostic["code"], diagnostic["severity"])

    def plain(self) -> dict[str, Any]:
        """As data for JSON: the value of `totals` in `schemas/audit.schema.json`."""
        counts = self.counts
        return {
            "repositories": self.repositories,
            "status": {name: counts["status"][name] for name in Standing if counts["status"][name]},
            "outputs": {name: counts["outputs"][name] for name in Staleness if counts["outputs"][name]},
            "dialects": dict(sorted(counts["dialects"].items())),
            "profiles": dict(sorted(counts["profiles"].items())),
            "house_rules": dict(sorted(counts["house_rules"].items())),
            "losses": {name: counts["losses"][name] for name in TARGETS if counts["losses"][name]},
            "diagnostics": {
                code: {"severity": self.severities[code], "repositories": number, "count": self.found[code]}
                for code, number in sorted(counts["diagnostics"].items())
            },
        }

    def _count(self, what: str, names: Iterable[str]) -> None:
        self.counts[what].update(set(names))


def nothing() -> Totals:
    """The totals of no repositories."""
    kinds = ("status", "outputs", "dialects", "profiles", "house_rules", "losses", "diagnostics")
    return Totals(0, {kind: Counter() for kind in kinds}, Counter(), {})
