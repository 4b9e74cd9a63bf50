"""The parts of bench/run.py: servers, points, measuring, verdicts, tables and plots."""
