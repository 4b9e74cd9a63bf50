"""make sim: some hours of many streams in simulated time. No stream is lost, none has two workers, and a seed tells the whole story."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def simulate(tmp_path, seed, name):
    file, plots = tmp_path / f"{name}.json", tmp_path / name
    done = subprocess.run([ROOT / "bench" / "sim.py", "--streams", "400", "--routers", "8", "--hours", "3", "--seed", str(seed),
                           "--json", str(file), "--plots", str(plots)], stdout=subprocess.PIPE, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stdout
    assert (plots / "day.svg").read_text().startswith("<svg ")
    return json.loads(file.read_text())


def test_a_seed_tells_the_whole_story_and_nothing_is_lost(tmp_path):
    first, again, other = (simulate(tmp_path, seed, name) for seed, name in ((7, "first"), (7, "again"), (8, "other")))
    assert first["digest"] == again["digest"] != other["digest"]
    for report in (first, other):
        assert [report[key] for key in ("doubles", "lost", "ghosts", "wrongRouter")] == [0, 0, 0, 0], report["examples"]
        assert report["workerCrashes"] and report["lostHooks"] and report["partitions"], "something has happened"
