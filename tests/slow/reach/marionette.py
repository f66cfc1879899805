"""Opens a page in a real Firefox and says what comes of it: python3 marionette.py PROFILE URL TEXT

Prints `trusted` where the page holds TEXT, `refused` where Firefox calls the certificate insecure, anything else as it
is. Firefox is driven through its Marionette port.
"""

import json
import os
import socket
import subprocess
import sys
import time

PREFS = """user_pref("marionette.port", %d);
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9/");
user_pref("toolkit.telemetry.server", "http://127.0.0.1:9/");
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def connected(port):
    for _ in range(240):
        try:
            return socket.create_connection(("127.0.0.1", port), 2)
        except OSError:
            time.sleep(0.5)
    raise SystemExit("Firefox does not answer")


class Marionette:
    """The protocol: `LENGTH:JSON` in both directions."""

    def __init__(self, port):
        self.socket = connected(port)
        self.socket.settimeout(120)
        self.file = self.socket.makefile("rb")
        self.number = 0
        self.read()

    def read(self):
        digits = b""
        while not digits.endswith(b":"):
            digits += self.file.read(1)
        return json.loads(self.file.read(int(digits[:-1])))

    def call(self, name, arguments):
        self.number += 1
        text = json.dumps([0, self.number, name, arguments]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        return self.read()


def start(profile):
    """Firefox with this profile, and the port at which it is driven."""
    port = free_port()
    with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as prefs:
        prefs.write(PREFS % port)
    command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--profile", profile]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet), port


def main(profile, url, wanted):
    firefox, port = start(profile)
    with firefox:
        try:
            driver = Marionette(port)
            asked = {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}}
            driver.call("WebDriver:NewSession", asked)
            error = driver.call("WebDriver:Navigate", {"url": url})[2]
            if error:
                answer = "refused" if error["error"] == "insecure certificate" else error["message"]
            else:
                page = json.dumps(driver.call("WebDriver:GetPageSource", {}))
                answer = "trusted" if wanted in page else page
            driver.call("Marionette:Quit", {})
            firefox.wait(60)
        finally:
            firefox.kill()
    print(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
