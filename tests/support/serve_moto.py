"""moto's server with what CloudFormation has and moto lacks: `serve_moto.py -H HOST -p PORT`, run by moto's own Python.

- The SAM transform of change sets. Without it, moto makes nothing of a SAM template and says that all went well.
- Updates. moto's own stumble over resources whose condition is false, and overlook a mapping that has changed; here a
  stack is taken down and made again.
- Outputs of stacks that a change set has made, which `sam deploy` asks for.
"""

import json

from moto.cloudformation.models import CloudFormationBackend
from moto.server import main
from transform import transformed

create_change_set = CloudFormationBackend.create_change_set


def create(self, stack_name, change_set_name, template, *arguments, **more):
    made = transformed(template, self.region_name)
    template = template if made is None else json.dumps(made)
    return create_change_set(self, stack_name, change_set_name, template, *arguments, **more)


def execute(self, change_set_name, stack_name=None):
    change_set = self.describe_change_set(change_set_name)
    stack, kind = change_set.stack, change_set.change_set_type
    stack._add_stack_event(f"{kind}_IN_PROGRESS", resource_status_reason="User Initiated")
    stack.resource_map.delete()
    stack.template = change_set.template
    # Previous values of lists come as lists.
    stack.parameters = {
        name: ",".join(value) if isinstance(value, list) else value for name, value in change_set.parameters.items()
    }
    stack._parse_template()
    stack.resource_map = stack._create_resource_map()
    stack.resource_map.create(stack.template_dict)
    stack.output_map = stack._create_output_map()
    stack.status = f"{kind}_COMPLETE"
    stack._add_stack_event(stack.status)
    change_set.execution_status = "EXECUTE_COMPLETE"


CloudFormationBackend.create_change_set = create
CloudFormationBackend.execute_change_set = execute
main()
