"""What Python itself makes of templates: the judge of tests/suite/probes/interpolation.rs.

Reads {"keys": {...}, "templates": [...]} as JSON from standard input. Writes a JSON list with, for every template,
{"text": ...} or {"error": ...}. A text that JSON in UTF-8 cannot carry (lone surrogates) is {"surrogates": true}.
"""

import json
import sys


def judge(template, keys):
    try:
        text = template.format_map(keys)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"surrogates": True}
    return {"text": text}


def main():
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed: older ones do not know 'z'")
    task = json.loads(sys.stdin.buffer.read())
    json.dump([judge(template, task["keys"]) for template in task["templates"]], sys.stdout)


if __name__ == "__main__":
    main()
