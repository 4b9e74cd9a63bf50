#!/usr/bin/python3
"""A compiler launcher that writes down what each unit costs: tools/cpu_seconds.py <log> <compiler> <argument...>

Appends "<CPU seconds> <object>" to the log. CPU seconds are those of the user and of the system: unlike the time on the
clock they hardly depend on what else the machine does. The exit code is the compiler's.
"""

import os
import resource
import subprocess
import sys


def of_children():
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(log, *command):
    code = subprocess.run(command).returncode
    if code == 0 and "-o" in command:
        line = f"{of_children():.2f} {command[command.index('-o') + 1]}\n"
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.write(out, line.encode())  # one write: lines of two compilers do not mix
        os.close(out)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
