"""Expands cron expressions of EventBridge by somebody else's reader of them.

Reads JSON lines {"expression", "from", "minutes"} on standard input; `from` is in seconds since the Unix epoch. Writes for
each {"problem", "fires"}: why the expression is none, or the minutes after `from` at which it fires.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from aws_croniter import AwsCroniter


def fires(expression, start, minutes):
    if not (expression.startswith("cron(") and expression.endswith(")")):
        raise ValueError("not cron(…)")
    last = start + timedelta(minutes=minutes - 1)
    times = AwsCroniter(expression[5:-1]).get_all_schedule_bw_dates(start, last)
    return [int((time - start).total_seconds()) // 60 for time in times]


for line in sys.stdin:
    case = json.loads(line)
    start = datetime.fromtimestamp(case["from"], tz=timezone.utc)
    try:
        verdict = {"problem": None, "fires": fires(case["expression"], start, case["minutes"])}
    except Exception as error:  # whatever it is, it is a verdict
        verdict = {"problem": repr(error), "fires": []}
    print(json.dumps(verdict))
