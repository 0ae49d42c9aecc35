"""Draws the picture of a SentryNet trace in Spotlight: a real run against targets of its own, delivered to a real Spotlight.

    target/tools/browser/bin/python docs/images/spotlight.py target/debug/sentrynet
"""

import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
SPOTLIGHT = HERE.parents[1] / "target/tools/spotlight/node_modules/@spotlightjs/spotlight/dist/run.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("no chromium: apt-get install chromium")
TITLE = "Log in and list orders"
CONFIGURATION = """
groups:
  - tags: {{target: shop}}
    probes:
      - probe: probes.script
        title: {title}
        steps:
          - url: https://localhost:{port}/login
            tls: &trust {{ca: ca.pem}}
            body: {{user: probe}}
            set_keys: {{token: $.token}}
          - url: https://localhost:{port}/orders
            tls: *trust
            headers: {{authorization: "Bearer {{token}}"}}
            set_keys: {{orders: $.orders}}
            assertions: {{orders: {{length: 3}}}}
      - probe: probes.http
        title: Front page
        url: https://localhost:{port}/
        tls: *trust
      - probe: probes.http
        title: A server that is down
        url: http://127.0.0.1:1/
"""


class Shop(http.server.BaseHTTPRequestHandler):
    """What is watched: each answer takes its time."""

    protocol_version = "HTTP/1.1"
    # Head and body in one piece.
    wbufsize = -1
    answers = {
        "/": (200, 0.035, "welcome"),
        "/login": (201, 0.025, json.dumps({"token": "t-4711"})),
        "/orders": (200, 0.015, json.dumps({"orders": [{"id": 1}, {"id": 2}]})),
    }

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, seconds, body = self.answers[self.path]
        time.sleep(seconds)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


def shop(directory):
    """The port of a shop over TLS, whose certificate is in the directory."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    files = ["-keyout", directory / "key.pem", "-out", directory / "ca.pem"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE"]
    subprocess.run([*command, *files, *names], check=True, capture_output=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "ca.pem", directory / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def spotlight(port, directory):
    """A running Spotlight. It reports its own doings to its makers, unless they cannot be reached."""
    command = ["node", SPOTLIGHT, "server", "--port", str(port)]
    environment = os.environ | {"https_proxy": "http://127.0.0.1:1"}
    with open(directory / "spotlight.log", "w") as log:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=log, stderr=log)
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        except OSError:
            time.sleep(0.1)
    sys.exit((directory / "spotlight.log").read_text())


def draw(url):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(url)
        page.get_by_text(TITLE).first.click()
        page.locator("a[href*='/traces/'][href$='/errors']").click()
        page.get_by_text("step 2: ").wait_for()
        page.get_by_text("json.assert").wait_for()
        page.screenshot(path=HERE / "spotlight.png")
        browser.close()


def main(program):
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        configuration = directory / "sentrynet.yaml"
        configuration.write_text(CONFIGURATION.format(title=TITLE, port=shop(directory)))
        port = free_port()
        process = spotlight(port, directory)
        try:
            dsn = f"http://spotlight@localhost:{port}/0"
            ran = subprocess.run([program, "run", configuration, "--dsn", dsn], capture_output=True, text=True)
            if ran.returncode != 1:
                sys.exit(f"not delivered, or nothing has failed: {ran}")
            draw(f"http://localhost:{port}/")
        finally:
            process.terminate()
            process.wait()


main(sys.argv[1])
