#!/usr/bin/env python3
"""make verify: the success criteria, measured on the running system with real clients. See tools/verify/."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

if __name__ == "__main__":
    from verify import command
    sys.exit(command.main())
