"""Who runs which test when several processes share them: users of one costly thing go to one process, the long first.

By the file a test stands in, as the process that hands the tests out knows nothing else of them.
"""

from __future__ import annotations

from typing import Any

import pytest

RUNNING_SERVICE = "a running service"
_FAULTS = ("books", "kills", "levels", "network", "room", "whole")
_TOGETHER = {f"tests/faults/test_{name}.py": RUNNING_SERVICE for name in _FAULTS}
_LONG = (RUNNING_SERVICE, "tests/journeys/", "tests/faults/test_backup.py", "tests/faults/test_simulation.py")
"""What takes a minute or more; begun last, it would go on alone at the end."""


def group_of(test: str) -> str:
    """The tests of one group are run by one process, in their order; others each by whoever is free."""
    path = test.partition("::")[0]
    if path.startswith(("tests/contract/", "tests/pages/")):
        return path  # its town, or its browser
    if path.startswith("tests/journeys/"):
        return "tests/journeys/"  # stories that wait for the same minute to pass
    return _TOGETHER.get(path, test)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(group_of(item.nodeid)))


def _turn(group: str) -> int:
    return next((turn for turn, long in enumerate(_LONG) if group.startswith(long)), len(_LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out by these groups; the marks xdist has for it are not seen with the pytest that is locked here."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False  # they come in the order wanted
    return ByGroup(config, log)
