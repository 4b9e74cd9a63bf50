"""A tokens' file of media-service, and the headers that its tokens make."""

import os
import subprocess
from pathlib import Path

BIN = Path(__file__).resolve().parents[2] / os.environ.get("BUILD_DIR", "build/dev") / "bin"


class Tokens:
    def __init__(self, folder):
        self.file = folder / "tokens"
        self.secrets = {}

    def make(self, name, role="viewer"):
        """Makes a token with the program itself. Returns it."""
        done = subprocess.run([BIN / "media-service", f"--tokens-file={self.file}", f"--make-token={name}", f"--token-role={role}"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        self.secrets[name] = done.stdout.strip()
        return self.secrets[name]

    def withdraw(self, name):
        """Takes the line out as an editor does: another file takes the place of this one."""
        kept = [line for line in self.file.read_text().splitlines(keepends=True) if not line.startswith(f"{name} ")]
        new = self.file.with_suffix(".new")
        new.touch(0o600)
        new.write_text("".join(kept))
        new.rename(self.file)

    def header(self, name):
        return {"Authorization": f"Bearer {self.secrets[name]}"}
