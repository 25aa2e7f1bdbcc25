"""Trouble on demand: what an endpoint answers instead of, or after, its work; and how often each was called."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import Response

from backend.wechat.emulator.denials import Denied

JSON = "application/json; encoding=utf-8"


@dataclass(slots=True)
class Fault:
    """One sort of trouble for the next `times` calls.

    `path` is an endpoint or `*`. One of: `errcode` (as -1, 45009, 40164), `status` (as 502), `cut` (half the JSON),
    `text` (right answer under text/plain), or only `seconds` of delay, which go with any of them. `executed` does the
    work first, so that the answer is lost and the effect is not.
    """

    path: str
    times: int = 1
    errcode: int | None = None
    status: int | None = None
    seconds: float = 0.0
    cut: bool = False
    text: bool = False
    executed: bool = False

    @property
    def instead(self) -> bool:
        """Whether the endpoint's work is left undone."""
        return not self.executed and (self.errcode is not None or self.status is not None)

    def spoil(self, answer: Response) -> Response:
        """The answer that goes out in place of the right one."""
        if self.status is not None:
            return Response("<html><body>Bad Gateway</body></html>", self.status, mimetype="text/html")
        if self.errcode is not None:
            return Response(json.dumps(Denied(self.errcode).body()), content_type=JSON)
        if self.cut:
            return Response(answer.get_data()[: max(1, answer.calculate_content_length() or 0) // 2], content_type=JSON)
        if self.text:
            return Response(answer.get_data(), content_type="text/plain")
        return answer


class Faults:
    """Faults waiting for their calls. Not locked: the world's lock is held around it."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._waiting: list[Fault] = []

    def plan(self, fields: dict[str, Any]) -> Fault:
        """Add one."""
        fault = Fault(**fields)
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def take(self, path: str) -> Fault | None:
        """Count a call, and use up the first fault meant for it."""
        self.calls[path] += 1
        for fault in self._waiting:
            if fault.path in {path, "*"}:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
