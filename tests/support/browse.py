"""Opens pages in Chromium: a line of JSON in for each visit, a line of JSON out."""

import json
import shutil
import sys
import time

from playwright.sync_api import Error, sync_playwright

CHROMIUM = shutil.which("chromium") or sys.exit("no chromium: run `make tools`")


PATIENCE = 60
# What a key or a click sets off is over by then: no person is faster.
SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))"


def read(page, expression):
    # A page that loads itself again takes an expression that is being read with it.
    while True:
        try:
            return page.evaluate(expression)
        except Error as error:
            if "context was destroyed" not in str(error):
                raise


def wait(page, expression):
    # Playwright's own way needs a page that lets texts be run.
    end = time.monotonic() + PATIENCE
    while not read(page, expression):
        if time.monotonic() > end:
            sys.exit(f"in vain: {expression}")
        page.wait_for_timeout(50)


def visit(browser, case):
    context = browser.new_context(
        color_scheme=case["scheme"], viewport={"width": case["width"], "height": case["height"]}, timezone_id="Asia/Tokyo"
    )
    page = context.new_page()
    said, requests, values = [], [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(case["url"])
    for step, argument in case["steps"]:
        if step == "click":
            page.click(argument)
        elif step == "click_at":
            page.mouse.click(*read(page, argument))
        elif step == "press":
            page.keyboard.press(argument)
        elif step == "read":
            values.append(read(page, argument))
        elif step == "wait":
            wait(page, argument)
        elif step == "reload":
            page.reload()
        elif step == "touch":
            open(argument, "w").close()
        elif step == "back":
            page.go_back()
        elif step == "media":
            page.emulate_media(**argument)
        elif step == "pdf":
            values.append(len(page.pdf()))
        else:
            raise ValueError(step)
        if step in ("click", "click_at", "press", "back"):
            read(page, SETTLED)
    context.close()
    return {"values": values, "said": said, "requests": requests}


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=CHROMIUM)
    for line in sys.stdin:
        print(json.dumps(visit(browser, json.loads(line))), flush=True)
    browser.close()
