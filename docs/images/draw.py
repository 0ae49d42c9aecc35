"""Draws the pictures of the documentation from what `sentrynet demo` really shows: `make images`.

The terminal's picture is the end of what the program writes to a terminal of its own, the page's is the page in Chromium.
"""

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS = 100
HERE = Path(__file__).parent
PAGE = Path(tempfile.gettempdir()) / "sentrynet-demo.html"
CHROMIUM = shutil.which("chromium") or sys.exit("no chromium: run `make tools`")
# The page by night, so that both pictures stand well beside each other.
THEME = TerminalTheme(
    (28, 24, 38),
    (236, 232, 244),
    [(28, 24, 38), (232, 84, 84), (92, 190, 92), (222, 160, 64), (91, 149, 247), (194, 123, 239), (43, 196, 178), (200, 196, 208)],
    [(110, 102, 124), (255, 120, 120), (130, 220, 130), (245, 190, 100), (130, 175, 255), (215, 160, 250), (90, 220, 205), (255, 255, 255)],
)
WINDOW = """<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px "DejaVu Sans Mono", "Liberation Mono", monospace; line-height: {line_height}px; }}
.{unique_id}-title {{ font: 14px "DejaVu Sans", "Liberation Sans", sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>"""


def on_a_terminal(*command):
    """What a command writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    # Progress, which is gone in the end, goes elsewhere.
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:
            pass  # Linux says so that nobody is on the other side any more.
        said = process.stderr.read().decode()
    if process.returncode != 0 or said:
        sys.exit(f"{command}: {process.returncode}: {said}")
    return written.decode().replace("\r\n", "\n")


def last_section(text):
    """What stands below the last heading, which is underlined, and the heading itself."""
    lines = text.splitlines()
    is_heading = lambda line: any("4" in codes.split(";") for codes in re.findall("\x1b\\[([0-9;]+)m", line))
    return "\n".join(lines[max(index for index, line in enumerate(lines) if is_heading(line)) :])


def keep(name, picture):
    """Keeps a picture, in few enough colours to be loaded at once."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(128, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(HERE / name, optimize=True)


def terminal(browser, text):
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), legacy_windows=False)
    console.print(Text.from_ansi(text), soft_wrap=False)
    svg = console.export_svg(title="sentrynet demo", theme=THEME, code_format=WINDOW)
    page = browser.new_page(viewport={"width": 1400, "height": 900}, device_scale_factor=1.5)
    page.set_content(f'<body style="margin: 0; background: #13101a">{svg}')
    keep("terminal.png", page.locator("svg").first.screenshot())


def web(browser, scheme):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme, device_scale_factor=1.5)
    page.goto(PAGE.as_uri())
    page.click("#probes a:has-text('Log in')")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    keep(f"page-{scheme}.png", page.screenshot(full_page=True))


def main(program):
    text = on_a_terminal(program, "demo", "--no-open", "--html", str(PAGE))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        terminal(browser, last_section(text))
        web(browser, "light")
        web(browser, "dark")
        browser.close()
    PAGE.unlink()


main(sys.argv[1])
