"""Holds configurations against the JSON Schema by somebody else's validator, as editors do.

Reads JSON lines {"schema", "yaml"} on standard input. Writes for each the complaints, each as {"path", "message"}; YAML is
read as version 1.1 and as 1.2, merge keys followed, and what either of them complains about counts.
"""

import json
import sys

import yaml
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML


def leaves(error):
    """The error, and why none of the alternatives fits."""
    yield {"path": error.json_path, "message": error.message}
    for reason in error.context:
        yield from leaves(reason)


def complaints(schema, text):
    readers = [yaml.safe_load, YAML(typ="safe", pure=True).load]
    for read in readers:
        for error in Draft202012Validator(schema).iter_errors(read(text)):
            yield from leaves(error)


for line in sys.stdin:
    case = json.loads(line)
    Draft202012Validator.check_schema(case["schema"])
    print(json.dumps(list(complaints(case["schema"], case["yaml"]))))
