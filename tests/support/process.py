"""A program under test, or a client. Its output goes to a file. It is ended by its pid, never by its name."""

import shutil
import signal
import subprocess

from .wait import wait_until

STOP_SECONDS = 20
# Under nohup, all children would ignore this signal. But tests need its default in the programs.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Process:
    def __init__(self, name, argv, log_path, environment=None, folder=None):
        self.name = name
        self.log_path = log_path
        assert shutil.which(argv[0]), f"{argv[0]} is missing (make build)"
        with open(log_path, "ab", buffering=0) as log:
            self.popen = subprocess.Popen(argv, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text, seconds=20):
        wait_until(lambda: text in self.log(), lambda: f"{text!r} in {self.name}'s log:\n{self.log()}", seconds)

    def wait(self, seconds=STOP_SECONDS):
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds} s:\n{self.log()}") from None

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def terminate(self):
        """Sends SIGTERM. Returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()
