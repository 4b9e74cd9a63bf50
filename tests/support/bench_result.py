"""The result of one valid repetition of the bench, for tests of the code that evaluates it."""


def clean(cpu_s=1.0, fps=30.0):
    delay = {"count": 1, "p50": 1.0, "p99": 2.0, "max": 3.0}
    return {"alive": True, "idle_rss_kb": 1000,
            "usage": {"cpu_s": cpu_s, "user_s": 0.1, "system_s": 0.9, "voluntary": 1, "involuntary": 1, "rss_kb": 2000},
            "report": {"problem": None, "window_s": 4.0, "delivered_bytes": 10**9, "delivered_mbps": 2000.0,
                       "fps": {"wanted": 30.0, "slowest": fps}, "video_delay_ms": delay, "audio_delay_ms": delay,
                       "start_up_ms": delay, "readers": {"wanted": 1, "lost": 0},
                       "publishers": {"wanted": 1, "failed": 0}, "first_failure": "",
                       "generator": {"cpu_percent": 10.0, "late_ms": delay}}}
