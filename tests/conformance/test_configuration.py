"""Defaults, overrides by the environment, and all reasons for which a configuration is refused."""

import signal

import pytest
from support.differences import differs
from support.router import variation
from support.wait import wait_until

PATHS = "paths:\n  all_others:\n"

# A configuration, and the line with which it is refused. The exit code is 1, and nothing else is printed.
REFUSED = {
    "unknown key": ("nosuch: 1\n", 'json: unknown field "nosuch"'),
    "unknown key in the defaults of paths": ("pathDefaults:\n  nosuch: 1\n",
                                             'json: unknown field "pathDefaults.nosuch"'),
    "unknown key of a path": ("paths:\n  a:\n    nosuch: 1\n", 'json: unknown field "nosuch"'),
    "unknown key in a list": ("authInternalUsers:\n- nosuch: 1\n", 'json: unknown field "authInternalUsers[0].nosuch"'),
    "keys are case-sensitive": ("LogLevel: info\n", 'json: unknown field "LogLevel"'),
    "two documents": ("logLevel: info\n---\nlogLevel: warn\n", "invalid YAML"),
    "text for a bool": ('api: "true"\n', "json: cannot unmarshal string into Go value of type bool"),
    "number for a bool": ("api: 1\n", "json: cannot unmarshal number into Go value of type bool"),
    "text for a number": ("writeQueueSize: many\n", "json: cannot unmarshal string into Go value of type int"),
    "number for a text": ("rtmpAddress: 1935\n", "json: cannot unmarshal number into Go value of type string"),
    "duration without a unit": ('readTimeout: "10"\n', 'time: missing unit in duration "10"'),
    "duration as a number": ("readTimeout: 10\n", "json: cannot unmarshal number into Go value of type string"),
    "duration of nonsense": ("readTimeout: soon\n", 'time: invalid duration "soon"'),
    "duration of an unknown unit": ("readTimeout: 10x\n", 'time: unknown unit "x" in duration "10x"'),
    "no readTimeout": ("readTimeout: 0s\n", "'readTimeout' must be greater than zero"),
    "no writeTimeout": ("writeTimeout: 0s\n", "'writeTimeout' must be greater than zero"),
    "queue of no power of two": ("writeQueueSize: 500\n", "'writeQueueSize' must be a power of two"),
    "packets too large": ("udpMaxPayloadSize: 1473\n", "'udpMaxPayloadSize' must be less than 1472"),
    "log level": ("logLevel: loud\n", "invalid log level: 'loud'"),
    "log destination": ("logDestinations: [printer]\n", "invalid log destination: printer"),
    "encryption": ("rtspEncryption: maybe\n", "invalid encryption: 'maybe'"),
    "transport": ("rtspTransports: [pigeon]\n", "invalid transport: pigeon"),
    "auth method": ("authMethod: magic\n", "invalid authMethod: 'magic'"),
    "RTSP auth method": ("rtspAuthMethods: [magic]\n", "invalid authentication method: 'magic'"),
    "action": ("authInternalUsers:\n- user: any\n  permissions: [{action: dance}]\n", "invalid auth action: 'dance'"),
    "user without a name": ("authInternalUsers:\n- pass: x\n", "empty usernames are not supported"),
    "any with a password": ("authInternalUsers:\n- user: any\n  pass: x\n",
                            "using a password with 'any' user is not supported"),
    "address of a user": ("authInternalUsers:\n- user: any\n  ips: [nowhere]\n", "unable to parse IP/CIDR 'nowhere'"),
    "hashes and digest": ("rtspAuthMethods: [digest]\nauthInternalUsers:\n- user: a\n  pass: sha256:eHg=\n",
                          "when RTSP digest is enabled, hashed credentials cannot be used"),
    "HTTP auth without an address": ("authMethod: http\n", "'authHTTPAddress' is empty"),
    "HTTP auth elsewhere": ("authMethod: http\nauthHTTPAddress: ftp://x\n",
                            "'externalAuthenticationURL' must be a HTTP URL"),
    "record format": ("pathDefaults:\n  recordFormat: vhs\n", "invalid record format 'vhs'"),
    "size": ("pathDefaults:\n  recordMaxPartSize: big\n",
             "byte quantity must be a positive integer with a unit of measurement like M, MB, MiB, G, GiB, or GB"),
    "source": ("paths:\n  a:\n    source: tape\n", "invalid source: 'tape'"),
    "regular expression": ('paths:\n  "~^[":\n', "invalid regular expression: ^["),
    "path starts with a slash": ("paths:\n  /a:\n", "invalid path name '/a': can't begin with a slash"),
    "path ends with a slash": ("paths:\n  a/:\n", "invalid path name 'a/': can't end with a slash"),
    "path of strange characters": ("paths:\n  a b:\n", "invalid path name 'a b': can contain only alphanumeric "
                                                       "characters, underscore, dot, minus, slash"),
    "path with dots": ("paths:\n  a/../b:\n", "invalid path name 'a/../b': can't contain dot path segments"),
    "two names for all": ("paths:\n  all:\n  all_others:\n", "all_others, all and '~^.*$' are aliases"),
    "init hook of a regular expression": ('paths:\n  "~^a":\n    runOnInit: "true"\n',
                                          "a path with a regular expression (or path 'all_others') does not support "
                                          "option 'runOnInit'; "
                                          "use another path"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_the_start(run_program, tmp_path, name):
    text, error = REFUSED[name]
    file = tmp_path / "mediamtx.yml"
    file.write_text(text)
    assert run_program(file) == (1, f"ERR: {error}\n", "")


def test_a_key_given_twice_names_both_places(run_program, tmp_path):
    file = tmp_path / "mediamtx.yml"
    file.write_text("logLevel: info\nlogLevel: warn\n")
    code, output, _ = run_program(file)
    assert code == 1
    assert output.splitlines()[0] == 'ERR: [2:1] mapping key "logLevel" already defined at [1:1]'


def test_an_unquoted_no_is_no_encryption(run_program, tmp_path):
    file = tmp_path / "mediamtx.yml"
    file.write_text("rtspEncryption: no\n")
    code, output, _ = run_program(file)
    assert code == 1 and output.startswith("ERR: json: cannot unmarshal bool into Go value of type ")


REFUSED_ENVIRONMENT = {
    "MTX_API=1": "MTX_API: invalid value '1'",
    "MTX_WRITEQUEUESIZE=x": 'MTX_WRITEQUEUESIZE: strconv.ParseInt: parsing "x": invalid syntax',
    "MTX_READTIMEOUT=x": 'MTX_READTIMEOUT: time: invalid duration "x"',
    "MTX_LOGLEVEL=loud": "MTX_LOGLEVEL: invalid log level: 'loud'",
    "MTX_WRITEQUEUESIZE=5": "'writeQueueSize' must be a power of two",
    # In a variable, the name of a path ends at the underscore. So this makes a path called `all`.
    "MTX_PATHS_ALL_OTHERS_MAXREADERS=5": "all_others, all and '~^.*$' are aliases",
}


@pytest.mark.parametrize("assignment", REFUSED_ENVIRONMENT)
def test_refused_from_the_environment(run_program, tmp_path, assignment):
    name, value = assignment.split("=")
    file = tmp_path / "mediamtx.yml"
    file.write_text(PATHS)
    code, output, _ = run_program(file, environment={name: value})
    assert (code, output) == (1, f"ERR: {REFUSED_ENVIRONMENT[assignment]}\n")


DEFAULTS = {
    "logLevel": "info", "logDestinations": ["stdout"], "logStructured": False, "logFile": "mediamtx.log",
    "sysLogPrefix": "mediamtx", "dumpPackets": False, "readTimeout": "10s", "writeTimeout": "10s",
    "writeQueueSize": 512, "udpMaxPayloadSize": 1452, "udpReadBufferSize": 0, "runOnConnect": "",
    "runOnConnectRestart": False, "runOnDisconnect": "", "authMethod": "internal", "authHTTPAddress": "",
    "authHTTPFingerprint": "", "authHTTPExclude": [], "authJWTJWKS": "", "authJWTJWKSFingerprint": "",
    "authJWTClaimKey": "mediamtx_permissions", "authJWTExclude": [], "apiEncryption": False,
    "apiAllowOrigins": ["*"], "apiTrustedProxies": [], "metrics": False, "metricsAllowOrigins": ["*"],
    "pprof": False, "pprofAddress": ":9999", "playback": False, "rtsp": True, "rtspTransports":
    ["multicast", "tcp", "udp"], "rtspEncryption": "no", "rtspsAddress": ":8322", "multicastIPRange": "224.1.0.0/16",
    "multicastRTPPort": 8002, "multicastRTCPPort": 8003, "srtpAddress": ":8004", "srtcpAddress": ":8005",
    "rtspAuthMethods": ["basic"], "rtspTrustedProxies": [], "rtmp": True, "rtmpEncryption": "no",
    "rtmpsAddress": ":1936", "rtmpTrustedProxies": [], "hlsAddress": ":8888", "webrtcAddress": ":8889",
    "srtAddress": ":8890",
}
PATH_DEFAULTS = {
    "name": "", "source": "publisher", "sourceOnDemand": False, "sourceOnDemandStartTimeout": "10s",
    "sourceOnDemandCloseAfter": "10s", "maxReaders": 0, "useAbsoluteTimestamp": False, "alwaysAvailable": False,
    "forward": [], "record": False, "recordPath": "./recordings/%path/%Y-%m-%d_%H-%M-%S-%f", "recordFormat": "fmp4",
    "recordPartDuration": "1s", "recordMaxPartSize": "50M", "recordSegmentDuration": "1h0m0s",
    "recordDeleteAfter": "1d", "overridePublisher": True, "runOnInit": "", "runOnInitRestart": False,
    "runOnDemand": "", "runOnDemandRestart": False, "runOnDemandStartTimeout": "10s", "runOnDemandCloseAfter": "10s",
    "runOnUnDemand": "", "runOnAvailable": "", "runOnAvailableRestart": False, "runOnUnavailable": "",
    "runOnOnline": "", "runOnOnlineRestart": False, "runOnOffline": "", "runOnRead": "", "runOnReadRestart": False,
    "runOnUnread": "", "runOnRecordSegmentCreate": "", "runOnRecordSegmentComplete": "",
}
OFF = {"MTX_API": "yes", "MTX_HLS": "no", "MTX_WEBRTC": "no", "MTX_SRT": "no", "MTX_MOQ": "no"}


@pytest.fixture(scope="module")
def bare(make_router):
    """A configuration that only allows every path."""
    started = make_router(PATHS, {**OFF, "MTX_HLSADDRESS": ":8888", "MTX_RTMPSADDRESS": ":1936", "MTX_RTSPSADDRESS": ":8322",
                                  "MTX_PATHS_CAM1_MAXREADERS": "3", "MTX_PATHS_CAM1_RUNONREAD": "echo a b",
                                  "MTX_PATHDEFAULTS_RECORDDELETEAFTER": "2d12h", "MTX_AUTHHTTPEXCLUDE": "",
                                  "MTX_NOSUCHKEY": "ignored", "RTSP_LOGFILE": "old.log",
                                  "MTX_RTSPTRUSTEDPROXIES": "10.1.0.0/16,10.2.3.4"}).start()
    yield started
    started.stop()


def test_defaults(bare):
    shown = bare.get("/v3/config/global/get").json()
    expected = DEFAULTS | {"logFile": "old.log", "rtspTrustedProxies": ["10.1.0.0/16", "10.2.3.4/32"]}
    assert {k: shown.get(k, "<missing>") for k in expected} == expected


def test_defaults_of_paths(bare):
    shown = bare.get("/v3/config/pathdefaults/get").json()
    expected = PATH_DEFAULTS | {"recordDeleteAfter": "2d12h0m0s"}
    assert {k: shown.get(k, "<missing>") for k in expected} == expected


def test_default_users(bare):
    users = bare.get("/v3/config/global/get").json()["authInternalUsers"]
    assert users == [
        {"user": "any", "pass": "", "ips": [], "permissions": [
            {"action": "publish", "path": ""}, {"action": "read", "path": ""}, {"action": "playback", "path": ""}]},
        {"user": "any", "pass": "", "ips": ["127.0.0.1/32", "::1/128"], "permissions": [
            {"action": "api", "path": ""}, {"action": "metrics", "path": ""}, {"action": "pprof", "path": ""}]}]


def test_a_path_from_the_environment(bare):
    shown = bare.get("/v3/config/paths/get/cam1").json()
    assert (shown["name"], shown["maxReaders"], shown["runOnRead"]) == ("cam1", 3, "echo a b")
    assert shown["recordDeleteAfter"] == "2d12h0m0s", "what the entry does not say comes from pathDefaults"


def test_static_paths_are_listed_while_idle(bare):
    item = bare.path("cam1")
    assert item["confName"] == "cam1" and item["ready"] is False and item["source"] is None
    assert [i["name"] for i in bare.items("paths")] == ["cam1"], "what a regular expression makes is not"


def test_the_deployed_file_has_no_warnings(router):
    assert router.messages("deprecated") == []


DEPRECATED = {
    "readBufferCount: 256": "parameter 'readBufferCount' is deprecated and has been replaced with 'writeQueueSize'",
    "rtmpDisable: no": "parameter 'rtmpDisabled' is deprecated and has been replaced with 'rtmp'",
    "rtspDisable: no": "parameter 'rtspDisabled' is deprecated and has been replaced with 'rtsp'",
    "protocols: [tcp]": "parameter 'protocols' is deprecated and has been replaced with 'rtspTransports'",
    "authMethods: [basic]": "parameter 'authMethods' is deprecated and has been replaced with 'rtspAuthMethods'",
    "encryption: \"no\"": "parameter 'encryption' is deprecated and has been replaced with 'rtspEncryption'",
    "apiAllowOrigin: '*'": "parameter 'apiAllowOrigin' is deprecated and has been replaced with 'apiAllowOrigins'",
}


def test_deprecated_keys_are_warned_of_before_the_first_line(new_router):
    text = variation(rtspTransports=None, writeQueueSize=None, rtmp=None, rtsp=None) + "\n".join(DEPRECATED) + "\n" \
        + "\n"
    router = new_router(text).start()
    router.wait_message("INF", r"MediaMTX .*")
    messages = router.messages()
    banner = next(i for i, (_, t) in enumerate(messages) if t.startswith("MediaMTX"))
    assert sorted(messages[:banner]) == sorted(("WAR", text) for text in DEPRECATED.values())
    shown = router.get("/v3/config/global/get").json()
    assert shown["writeQueueSize"] == 256 and shown["rtspTransports"] == ["tcp"]


def test_deprecated_hook_names_of_a_path(new_router):
    paths = {"cam": {"runOnReady": "true", "runOnReadyRestart": True, "runOnNotReady": "false"}}
    router = new_router(variation(paths=paths, pathDefaults=None)).start()
    router.wait_message("INF", r"MediaMTX .*")
    assert sorted(t for level, t in router.messages("deprecated") if level == "WAR") == [
        "parameter 'runOnNotReady' is deprecated and has been replaced with 'runOnUnavailable'",
        "parameter 'runOnReady' is deprecated and has been replaced with 'runOnAvailable'",
        "parameter 'runOnReadyRestart' is deprecated and has been replaced with 'runOnAvailableRestart'"]
    shown = router.get("/v3/config/paths/get/cam").json()
    assert (shown["runOnAvailable"], shown["runOnUnavailable"]) == ("true", "false")
    assert (shown["runOnReady"], shown["runOnNotReady"]) == ("true", "false")


def test_a_log_file(new_router):
    router = new_router(variation(logDestinations=["stdout", "file"])).start()
    router.stop()
    assert "shutting down gracefully" in (router.folder / "mediamtx.log").read_text()


def test_a_hangup(new_router):
    router = new_router(variation(logDestinations=["stdout", "file"])).start()
    ends = differs(router, "SIGHUP", mediamtx=True, embedded=False)
    router.process.signal(signal.SIGHUP)
    if ends:
        wait_until(lambda: not router.process.running(), "the end")
    else:
        router.wait_message("INF", r"reopened the log file \(SIGHUP\)")
        router.stop()
