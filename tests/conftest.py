"""What every test can ask for."""

import gc

pytest_plugins = ["tests.servers", "tests.cluster", "tests.app", "tests.cast", "tests.disk", "tests.sharing"]

gc.set_threshold(20_000, 20, 50)  # as little as in the service itself; it took a sixth of the suite's time
