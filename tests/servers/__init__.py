"""Real servers on the loopback, for tests that need one."""
