#!/usr/bin/python3
"""Starts, shows, asks and stops the stack: tools/stack.py up|ps|logs|down|publish|api|metrics (see make help)."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from devstack import ask, engines, publishing, secure, settings, supervisor  # noqa: E402
from devstack.programs import all_programs  # noqa: E402
from devstack.state import RunDir  # noqa: E402


def main(arguments):
    chosen = settings.from_environment()
    secure.make(chosen)
    engine = engines.choose(chosen, os.environ)
    command = arguments[0] if arguments else ""
    if command in ask.QUESTIONS:
        print(ask.ask(chosen, command), end="\n" if command == "api" else "")
        return 0
    actions = {
        "up": lambda: engine.up(chosen),
        "ps": lambda: engine.ps(chosen),
        "logs": lambda: engine.logs(chosen, follow=os.environ.get("FOLLOW", "1") != "0"),
        "down": lambda: engine.down(chosen),
        "publish": lambda: publishing.publish(chosen, os.environ),
        "clean": lambda: engine.clean(chosen),
        "supervise": lambda: supervisor.Supervisor(RunDir(chosen.run_path), all_programs(chosen)).run(),
    }
    if command not in actions:
        raise settings.UserError(f"usage: tools/stack.py {'|'.join([*actions, *ask.QUESTIONS])}")
    return actions[command]()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except settings.UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `make logs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
