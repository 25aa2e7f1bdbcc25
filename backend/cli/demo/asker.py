"""One person of the story at their phone or desk: asks the API, tries again where that helps, as a client should."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import click
import requests

TRIES = 40
PAUSE_SECONDS = 0.25


class StoryBroke(click.ClickException):
    """The service answered something the story does not expect; told without a traceback."""


@dataclass
class Answer:
    """What came back: the status and the JSON (or text)."""

    status: int
    body: Any
    replayed: bool = False

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    @property
    def title(self) -> str:
        """What a refusal says, in English."""
        return str(self.body.get("title", "")) if isinstance(self.body, dict) else ""

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


@dataclass
class Asker:
    """Asks in one person's name. A POST carries its key, so trying again never does a thing twice."""

    api: str
    token: str = ""
    language: str = "zh-CN"
    _http: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        self._http.trust_env = False

    def get(self, path: str, **query: Any) -> Answer:
        """GET, which must succeed."""
        return self._must(self._ask("GET", path, params=query))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> Answer:
        """POST, which must succeed."""
        return self._must(self._send(path, body, key, more))

    def put(self, path: str, body: Any) -> Answer:
        """PUT, which must succeed."""
        return self._must(self._ask("PUT", path, json=body))

    def refused(self, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        """POST, which must be refused; answers the refusal."""
        answer = self._send(path, body, key, {})
        if answer.status < 400:
            raise StoryBroke(f"{path} was not refused: {answer.body}")
        return answer

    def _send(self, path: str, body: Any, key: str | None, more: dict[str, Any]) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        if "files" not in more and "data" not in more:
            more = more | {"json": {} if body is None else body}
        return self._ask("POST", path, headers=headers, **more)

    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        headers = {"Accept-Language": self.language, **(headers or {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = self.api + (path if path.startswith("/open311") else f"/api/v1{path}")
        for attempt in range(TRIES):
            try:
                response = self._http.request(method, url, headers=headers, timeout=30, **more)
            except requests.ConnectionError:
                if attempt == TRIES - 1:
                    raise
            else:
                answer = _read(response)
                if not (answer.status == 503 or answer.code == "still_running"):
                    return answer
            time.sleep(PAUSE_SECONDS)
        return answer

    @staticmethod
    def _must(answer: Answer) -> Answer:
        if answer.status >= 400:
            raise StoryBroke(f"{answer.status} {answer.body}")
        return answer


def _read(response: requests.Response) -> Answer:
    try:
        body = response.json() if response.content else None
    except requests.JSONDecodeError:
        body = response.text
    return Answer(response.status_code, body, response.headers.get("Idempotency-Replayed") == "true")
