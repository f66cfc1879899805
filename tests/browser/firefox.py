"""Loads a report in headless Firefox and prints what it found as JSON: python3 firefox.py DRIVER PROFILE URL

DRIVER is the folder of marionette.py.
"""

import json
import sys

driver_folder, profile, url = sys.argv[1:]
sys.path.insert(0, driver_folder)
sys.dont_write_bytecode = True
from marionette import Marionette, start  # noqa: E402

LOOK = """
const shown = () => [...document.querySelectorAll(".rule")].filter((rule) => rule.getClientRects().length > 0);
const severities = () => [...new Set(shown().map((rule) => rule.dataset.severity))].sort();
const seen = {
  title: document.title,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  filters: getComputedStyle(document.querySelector(".filters")).display,
  images: document.images.length,
  rules: shown().length,
};
document.querySelector("input[value=note]").click();
seen.withoutNotes = severities();
document.querySelector("input[value=note]").click();
const text = document.querySelector("#text");
text.value = "expired";
text.dispatchEvent(new Event("input", { bubbles: true }));
seen.expired = shown().length;
return JSON.stringify(seen);
"""

firefox, port = start(profile)
with firefox:
    try:
        driver = Marionette(port)
        driver.call("WebDriver:NewSession", {})
        error = driver.call("WebDriver:Navigate", {"url": url})[2]
        if error:
            sys.exit(error["message"])
        error, value = driver.call("WebDriver:ExecuteScript", {"script": LOOK, "args": []})[2:]
        if error:
            sys.exit(error["message"])
        print(value["value"])
        driver.call("Marionette:Quit", {})
        firefox.wait(60)
    finally:
        firefox.kill()
