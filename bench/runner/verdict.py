"""Evaluates the repetitions of a point: median and spread of the valid ones, and the reasons why the others are not valid."""

from statistics import median

# Above this share of its core, the generator itself may cause delays.
GENERATOR_LIMIT_PERCENT = 85
# When the generator sends units later than this, the delays of their neighbours are wrong.
LATE_P99_MS = 20
# A reader that gets less than this share of the frames is too slow.
LAG_SHARE = 0.98
# The figures that are shown for a row that cannot be compared.
REFUSED = ("cpu_percent", "mbps", "slowest_fps", "cpu_per_gb")


def fault(result):
    """Why a repetition is not valid. None if it is."""
    if "error" in result:
        return result["error"]
    report = result["report"]
    if not result["alive"]:
        return "the server ended"
    if report.get("problem"):
        return report["problem"]
    if "usage" not in result:
        return "no window was measured"
    if report["publishers"]["failed"]:
        return f"lost {report['publishers']['failed']} publishers ({report['first_failure']})"
    if report["readers"]["lost"]:
        return f"lost {report['readers']['lost']} readers ({report['first_failure']})"
    if report["generator"]["cpu_percent"] > GENERATOR_LIMIT_PERCENT:
        return "load generator saturated"
    if report["fps"]["slowest"] < report["fps"]["wanted"] * LAG_SHARE:
        return f"slowest reader at {report['fps']['slowest']:.1f} fps"
    if report["generator"]["late_ms"]["p99"] > LATE_P99_MS:
        return "load generator late"
    return None


def figures(result):
    """The figures of one repetition for the tables."""
    report, usage = result["report"], result["usage"]
    window, gigabytes = report["window_s"], report["delivered_bytes"] / 1e9
    cpu_ticks = usage["user_s"] + usage["system_s"]
    return {
        "cpu_per_gb": usage["cpu_s"] / gigabytes if gigabytes else 0.0,
        "cpu_percent": 100 * usage["cpu_s"] / window,
        "user_share": usage["user_s"] / cpu_ticks if cpu_ticks else 0.0,
        "mbps": report["delivered_mbps"],
        "video_p50": report["video_delay_ms"]["p50"],
        "video_p99": report["video_delay_ms"]["p99"],
        "video_max": report["video_delay_ms"]["max"],
        "audio_p50": report["audio_delay_ms"]["p50"],
        "audio_p99": report["audio_delay_ms"]["p99"],
        "start_p50": report["start_up_ms"]["p50"],
        "start_p99": report["start_up_ms"]["p99"],
        "slowest_fps": report["fps"]["slowest"],
        "lost": report["readers"]["lost"],
        "rss_mb": usage["rss_kb"] / 1024,
        "rss_growth_kb": usage["rss_kb"] - result["idle_rss_kb"],
        "switches_per_s": (usage["voluntary"] + usage["involuntary"]) / window,
        "generator_percent": report["generator"]["cpu_percent"],
        "others_percent": result.get("others_percent", 0.0),
    }


def keeping_up(result):
    """The figures of a server that was too slow or lost a client, for a row that is not compared."""
    if "error" in result or "usage" not in result or not result["report"].get("window_s"):
        return None
    return figures(result)


def summary(results):
    """The medians of the valid repetitions, and their spread (largest minus smallest).

    If half of the repetitions or more are not valid, `fault` is set, and the row must not be compared.
    """
    faults = [fault(result) for result in results]
    clean = [figures(result) for result, why in zip(results, faults) if why is None]
    out = {"repetitions": len(results), "clean": len(clean), "faults": [why for why in faults if why]}
    if 2 * len(clean) <= len(results):
        out["fault"] = out["faults"][0] if out["faults"] else "nothing measured"
        measured = [one for one in map(keeping_up, results) if one]
        if measured:
            out["refused"] = {key: median(one[key] for one in measured) for key in REFUSED}
    if clean:
        out["median"] = {key: median(one[key] for one in clean) for key in clean[0]}
        out["spread"] = {key: max(one[key] for one in clean) - min(one[key] for one in clean)
                         for key in clean[0]}
    return out


def ratio(row, base, key="cpu_per_gb"):
    """The figure of the row divided by that of `base`. None if one of them cannot be compared."""
    if any(not one or "fault" in one or "median" not in one for one in (row, base)) or not base["median"][key]:
        return None
    return row["median"][key] / base["median"][key]
