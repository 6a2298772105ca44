"""Which requests go wrong, and how: by rate with a seed, by number, by path.

The same number of request meets the same fate for the same seed. What is bounded in times stays bounded when the server
dies and comes back.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from pathlib import Path

from doubles.jenkins.settings import Fault, Settings


class Faults:
    def __init__(self, state: Path) -> None:
        self._lock = threading.Lock()
        self._place = state / "faults.json"
        self._fired: Counter[str] = Counter()
        if self._place.exists():
            self._fired.update(json.loads(self._place.read_text()))

    def decide(self, number: int, line: str, settings: Settings) -> Fault | None:
        """What befalls request `number` whose line is `METHOD /path`; the rates of all rules add up."""
        drawn = random.Random(f"{settings.seed}:{number}").random()
        for index, fault in enumerate(settings.faults):
            if fault.path and not re.search(fault.path, line):
                continue
            hit = drawn < fault.rate
            drawn = drawn if hit else drawn - fault.rate
            always = bool(fault.path) and not fault.rate and not fault.requests
            if (hit or always or number in fault.requests) and self._counts(f"{index}:{fault.kind}", fault.times):
                return fault
            if hit:
                return None
        return None

    def forget(self) -> None:
        """New rules begin from nothing."""
        with self._lock:
            self._fired.clear()
            self._place.unlink(missing_ok=True)

    def _counts(self, rule: str, times: int) -> bool:
        """Whether the rule may fire once more; counts it."""
        if not times:
            return True
        with self._lock:
            if self._fired[rule] >= times:
                return False
            self._fired[rule] += 1
            self._place.write_text(json.dumps(self._fired))
            return True
