"""Measures the success criteria of the system from outside, with clients as users have them.

`tools/run_verify.py` (make verify) is its command line. Only public addresses are used: RTMP, RTSP, the
Control API, the metrics and media-service's API. So the same code measures either router, native or in Compose. Each criterion,
or group of criteria, is a file in criteria/. The files beside this one contain what they share:

    target.py     the stack that is measured: a running one, or one that is started here
    row.py        the figures of a criterion and its verdict    table.py     prints them
    feed.py       a clip as RTMP messages in real time, for one stream or a thousand
    publishers.py processes that send these messages            timecode.py  puts a time into each access unit
    rtsp.py       a reader that says when each unit arrived     listener.py  receives media-service's events
    timing.py     percentiles, HTTP requests with their time    usage.py     CPU and memory of the programs
"""
