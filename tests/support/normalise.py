"""Judges payloads by Sentry's own normaliser.

Reads JSON lines {"name", "payload"} on standard input, payload being the text of an item as it is sent. Writes for each
{"name", "problems", "event"}: what the normaliser found, and what Sentry would keep. Every payload is judged twice: as
it is, and with the trimming that Sentry's servers do.
"""

import json
import sys

from sentry_relay.processing import StoreNormalizer


def judge(payload, **settings):
    normaliser = StoreNormalizer(project_id=1, **settings)
    try:
        event = normaliser.normalize_event(raw_event=payload)
    except Exception as error:  # whatever it is, it is a verdict
        return [repr(error)], None
    return ([json.dumps(event["_meta"])] if event.get("_meta") else []), event


for line in sys.stdin:
    case = json.loads(line)
    # The ingest knows the type from the item's header.
    raw = json.loads(case["payload"])
    raw.setdefault("type", "error")
    raw = json.dumps(raw)
    problems, event = judge(raw)
    trimmed, _ = judge(raw, enable_trimming=True)
    print(json.dumps({"name": case["name"], "problems": problems, "trimmed": trimmed, "event": event}))
