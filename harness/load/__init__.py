"""Load from outside: open-loop readings by locust users. Only `locustfile` and `users` import locust, which patches
the whole process; the rest is plain, and shared with plans and tests."""
