"""Starts a program that has /healthz with the command line of a deployment."""

from . import http
from .process import Process
from .wait import wait_until


def assert_serves_and_stops(argv, port, folder, environment=None):
    """The program accepts this command line, becomes healthy on the port, and exits with 0 after SIGTERM."""
    program = Process(argv[0].rpartition("/")[2], argv, folder / "log", environment)
    try:
        def healthy():
            assert program.running(), program.log()
            try:
                return http.get(f"http://127.0.0.1:{port}/healthz").status == 200
            except OSError:
                return False
        wait_until(healthy, program.log)
        assert program.terminate() == 0
    finally:
        program.kill()
