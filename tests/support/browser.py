"""Debian's headless Chromium, controlled through chromedriver. Host names may be mapped to this machine."""

import json
import shutil
import tempfile

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PAGE_SECONDS = 60  # on a busy machine a browser takes many seconds to start
# Without the last ones, the browser sends requests to its vendor all the time.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--disable-sync", "--disable-default-apps")


def missing():
    """Why browser tests cannot run here. None if they can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "no python3-selenium"
    return next((f"no {path}" for path in (CHROMIUM, DRIVER) if not shutil.which(path)), None)


class Browser:
    def __init__(self, hosts=None, watched=False, trusts_all=False):
        """hosts: {"evil.example": "127.0.0.1"}. watched: requests() tells all requests. trusts_all: also certificates of a test."""
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        self._profile = tempfile.TemporaryDirectory(prefix="tidegate-chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        rules = ",".join(f"MAP {name} {address}" for name, address in (hosts or {}).items())
        for flag in (*FLAGS, *(["--ignore-certificate-errors"] if trusts_all else []), f"--user-data-dir={self._profile.name}", f"--host-resolver-rules={rules}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if watched else {})})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.driver.set_page_load_timeout(PAGE_SECONDS)
        self.driver.set_script_timeout(PAGE_SECONDS)

    def open(self, url):
        self.driver.get(url)

    def open_tab(self, url):
        """Opens a further tab and shows it. Returns its name."""
        self.driver.switch_to.new_window("tab")
        self.open(url)
        return self.driver.current_window_handle

    def show_tab(self, name):
        self.driver.switch_to.window(name)

    def close_tabs(self):
        """Closes all tabs but the first one."""
        first, *others = self.driver.window_handles
        for name in others:
            self.show_tab(name)
            self.driver.close()
        self.show_tab(first)

    def run(self, script, *arguments):
        """Runs the body of an async function in the page. Returns its result, or the text of its exception."""
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async (...given) => {{ {script} }})(...arguments).then(done, error => done(`${{error}}`));", *arguments)

    def console(self):
        return "\n".join(entry["message"] for entry in self.driver.get_log("browser"))

    def requests(self):
        """The addresses that were asked for since the last call."""
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]

    def resize(self, width, height, scale=1):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})

    def prefer(self, **features):
        """What the system prefers: prefer(prefers_color_scheme="dark")."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()]})

    def close(self):
        self.driver.quit()
        self._profile.cleanup()
