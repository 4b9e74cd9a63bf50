"""The native stack on one machine: which programs run, how they are started, watched and stopped.

`tools/stack.py` is its command line (make dev, ps, logs, down); tests/support starts the same programs
from the same definitions, without the supervisor.
"""
