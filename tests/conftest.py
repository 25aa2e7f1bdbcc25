"""What every test can ask for."""

import gc

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.ports", "tests.servers", "tests.cluster", "tests.app", "tests.cast", "tests.disk"]
pytest_plugins += ["tests.sharing"]

gc.set_threshold(20_000, 20, 50)  # as little as in the service itself; it took a sixth of the suite's time

# the same draws each time, however busy the machine; `--hypothesis-profile default` draws anew
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")
