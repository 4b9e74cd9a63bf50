#!/usr/bin/python3
"""Runs the bench: all servers do the same work in turns, each on its own core.

    bench/run.py                      the short form, in less than ten minutes (make bench)
    bench/run.py --full               everything (make bench-full)
    bench/run.py --full --resume      continues a run that was interrupted
    bench/run.py --full --resume --redo --only 'fan-out RTSP' --x 100,400     measures these again, keeps the other results
    bench/run.py --full --only 'fan-out RTMP' --servers 'media-router;nginx-rtmp' --x 400 --repeat 1 --seconds 2
    bench/run.py --full --report --readme     measures nothing; writes tables, plots and README from the results

It writes into bench/results/ after each repetition: short.json or full.json, or partial.json for a selection without --resume. At
the end, or when it is interrupted, it writes the Markdown tables and a plot for each scenario.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT)]

from runner import machine, part_list, parts, points, readme, scenarios, servers, table  # noqa: E402
from runner.progress import Progress, minutes  # noqa: E402
from runner.record import Record  # noqa: E402
from runner.signals import end_in_order  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="every point of the plan, five repetitions")
    parser.add_argument("--build", type=Path, default=ROOT / os.environ.get("BUILD_DIR", "build/dev"))
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--only", help="scenarios and parts whose name contains this")
    parser.add_argument("--servers", help="names, separated by semicolons; no parts")
    parser.add_argument("--x", help="these numbers of readers, publishers or paths, separated by commas; no parts")
    parser.add_argument("--repeat", type=int, help="repetitions of each point")
    parser.add_argument("--seconds", type=float, help="of each window")
    parser.add_argument("--resume", action="store_true", help="keep what the results hold, measure what is missing")
    parser.add_argument("--redo", action="store_true", help="with --resume: measure the chosen again")
    parser.add_argument("--list", action="store_true", help="only say what would run and how long it takes")
    parser.add_argument("--report", action="store_true", help="only write the tables and plots of what there is")
    parser.add_argument("--mediamtx", default="mediamtx", help="program (default: from PATH)")
    parser.add_argument("--srs", default="srs", help="program (default: from PATH)")
    parser.add_argument("--readme", action="store_true", help="put the tables into bench/README.md")
    return parser.parse_args()


def chosen(options):
    everyone = servers.everyone(options.build, options.mediamtx, options.srs)
    plan = (scenarios.full if options.full else scenarios.short)(
        everyone, servers.more_cores(options.build, options.mediamtx))
    names = [name.strip() for name in options.servers.split(";")] if options.servers else None
    numbers = [int(x) for x in options.x.split(",")] if options.x else None
    beside = part_list.full(options.mediamtx) if options.full else part_list.short()
    if names or numbers:
        beside = []
    return (scenarios.chosen(plan, only=options.only, x=numbers, names=names, seconds=options.seconds, repeat=options.repeat),
            [part for part in beside if not options.only or options.only.lower() in part.name.lower()])


def open_record(options):
    form = "full" if options.full else "short"
    selection = options.only or options.servers or options.x
    if options.resume or options.report:
        return Record.resume(options.results / f"{form}.json", form)
    return Record.begin(options.results / f"{'partial' if selection else form}.json", form)


def note_versions(record, plan):
    for server in (server for point, _ in plan for server in point.servers):
        name = Path(server.program).name
        if server.version and name not in record.document["versions"] and not servers.absent(server):
            record.document["versions"][name] = server.version(server.find())


def write_report(record, options):
    text = table.markdown(record.document)
    record.path.with_suffix(".md").write_text(text + "\n")
    print(text)
    try:
        from runner import plot  # imported late, so that a missing library does not lose the results
    except ImportError as missing:
        if options.readme:
            raise
        return print(f"bench: no plots ({missing}; `make bench` installs what they need)", file=sys.stderr)
    plots = plot.write(record.document, options.results)
    if options.readme:
        readme.fill(ROOT / "bench" / "README.md", text, plots)


def measure(options, record, plan, beside):
    tools = points.Tools(options.build / "bench" / "tidegate-load", machine.cores()[1])
    if not tools.load.exists():
        sys.exit(f"bench: {tools.load} is not built")
    note_versions(record, plan)
    steps = points.pending(plan, record, redo=options.redo or not options.resume)
    missing = [part for part in beside if options.redo or "error" in (record.part(part.name) or {"error": ""})]
    seconds = sum(point.seconds(server) for point, _, server in steps) + sum(part.seconds for part in missing)
    print(f"bench: {len(steps)} repetitions and {len(missing)} parts, about {minutes(seconds)}", file=sys.stderr)
    if options.list:
        for point, repetitions in plan:
            print(f"  {point.name}: {len(point.servers)} servers, {repetitions} repetitions, about "
                  + minutes(repetitions * sum(point.seconds(server) for server in point.servers)))
        print(*(f"  {part.name}: about {minutes(part.seconds)}" for part in beside), sep="\n")
        return
    progress = Progress(seconds)
    record.save()
    points.run(steps, record, tools, progress)
    parts.run_all(missing, record, progress, os.environ | {"BUILD_DIR": str(options.build)})
    write_report(record, options)


def main():
    options = arguments()
    first, last = machine.cores()
    if first == last:
        sys.exit("bench: two cores are needed, one for the server and one for the load")
    if problem := machine.allow_many_descriptors():
        print(f"bench: {problem}", file=sys.stderr)
    plan, beside = chosen(options)
    if not plan and not beside:
        sys.exit("bench: nothing of the plan was chosen")
    record = open_record(options)
    if options.report:
        return write_report(record, options)
    if options.resume:
        record.go_on()
    end_in_order()
    try:
        return measure(options, record, plan, beside)
    except KeyboardInterrupt:
        print(f"\nbench: interrupted; {record.path} holds what was measured (--resume goes on)", file=sys.stderr)
        write_report(record, options)
        return 130


if __name__ == "__main__":
    sys.exit(main())
