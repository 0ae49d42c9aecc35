"""CloudFormation's SAM transform, by AWS's own translator.

Reads JSON lines {"template", "region"} on standard input; `template` is YAML. Writes for each the template without SAM.
"""

import json
import logging
import os
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# It complains of metrics that nobody sends.
logging.disable(logging.WARNING)


class Policies:
    """The managed policies that a template may name: none."""

    def load(self):
        return {}


def transformed(template, region):
    """What CloudFormation makes of a template; None if it is no SAM template."""
    parsed = yaml_parse(template)
    if parsed.get("Transform") != "AWS::Serverless-2016-10-31":
        return None
    for resource in parsed["Resources"].values():
        properties = resource.get("Properties", {})
        if properties.get("CodeUri") == ".":
            # Where `sam package` would put it.
            properties["CodeUri"] = "s3://bucket/function.zip"
    # The translator asks for it.
    os.environ["AWS_DEFAULT_REGION"] = region
    return transform(parsed, {}, Policies())


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(transformed(**json.loads(line))))
