"""The totals of an audit, from the plain data of each repository (`audited.plain`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from transpiler.app.audited import Staleness, Standing
from transpiler.ir import EVENTS
from transpiler.records import dataclass
from transpiler.targets import TARGETS


@dataclass(slots=True)
class Totals:
    """Counts of repositories; of diagnostics, also how often each was found."""

    repositories: int
    counts: dict[str, Counter[str]]
    found: Counter[str]
    severities: dict[str, str]
    cost: dict[str, dict[str, dict[str, int]]]

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
        for event, targets in (data["cost"] or {}).items():
            for target, bill in targets.items():
                self._charge(self.cost.setdefault(event, {}).setdefault(target, {}), bill)
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
            "cost": self._charged(),
            "diagnostics": {
                code: {"severity": self.severities[code], "repositories": number, "count": self.found[code]}
                for code, number in sorted(counts["diagnostics"].items())
            },
        }

    @staticmethod
    def _charge(total: dict[str, int], bill: Mapping[str, Any]) -> None:
        """Adds what one repository takes of a target on an event."""
        own = {"repositories": 1, "jobs": bill["jobs"], "images": bill["images"]}
        for name, number in own.items():
            total[name] = total.get(name, 0) + number
        total["path"] = max(total.get("path", 0), len(bill["path"]["stages"]))

    def _charged(self) -> dict[str, Any] | None:
        """The costs by event and target, in order; None if no repository has told any."""
        by_event = {event.value: self.cost.get(event, {}) for event in EVENTS}
        found = {e: {name: t[name] for name in TARGETS if name in t} for e, t in by_event.items() if t}
        return found or None

    def _count(self, what: str, names: Iterable[str]) -> None:
        self.counts[what].update(set(names))


def nothing() -> Totals:
    """The totals of no repositories."""
    kinds = ("status", "outputs", "dialects", "profiles", "house_rules", "losses", "diagnostics")
    return Totals(0, {kind: Counter() for kind in kinds}, Counter(), {}, {})
