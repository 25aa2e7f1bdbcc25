"""Which day, week, month, quarter and year it is in the district: the windows that limits count in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from points.clock import to_ms

_BUCKET_MS = 900_000  # zones are off by whole quarters of an hour


class Windows:
    """The names of the windows that a moment lies in, by the district's own calendar."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._last: tuple[int, str] = (-1, "")

    def at(self, now_ms: int) -> str:
        """`<ms until these names hold>;day 2026-11-22;week 2026-W47;...;lifetime all;`."""
        bucket, text = self._last
        if bucket != now_ms // _BUCKET_MS:
            bucket = now_ms // _BUCKET_MS
            text = self._name(datetime.fromtimestamp(bucket * _BUCKET_MS / 1000, UTC).astimezone(self._zone))
            self._last = (bucket, text)
        return text

    def _name(self, local: datetime) -> str:
        day = local.date()
        until = datetime.combine(day + timedelta(days=1), time(), self._zone)
        year, week, _ = day.isocalendar()
        quarter = (day.month + 2) // 3
        return (
            f"{to_ms(until)};day {day};week {year}-W{week:02};month {day:%Y-%m};"
            f"quarter {day.year}-Q{quarter};year {day.year};lifetime all;"
        )
