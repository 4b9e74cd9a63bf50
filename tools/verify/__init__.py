"""The success criteria of the system, each measured from outside by the clients that it is made for.

`tools/run_verify.py` (make verify) is its command line. Only public addresses are used: RTMP, RTSP, the
Control API, the metrics and media-service's API, so that either router, native or in Compose, is measured
by the same code. A criterion is a file in criteria/; what they share lies beside this one:

    target.py     the stack under test, found running or started here
    row.py        a criterion's figures and its verdict         table.py   how they are printed
    feed.py       a clip as RTMP messages in real time, for one stream or a thousand
    publishers.py processes that send them                      timecode.py  a time inside each access unit
    rtsp.py       a reader that says when each unit arrived     listener.py  media-service's events as they come
    timing.py     percentiles, timed HTTP requests              usage.py     CPU and memory of the programs
"""
