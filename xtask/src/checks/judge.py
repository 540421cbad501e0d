"""Reads {"schema": S, "cases": [[name, kind, value], ...]} and prints a line for each fault."""

import json
import sys

from jsonschema.validators import validator_for

question = json.load(sys.stdin)
schema = question["schema"]
kinds = schema.get("$defs", {})
validator_for(schema).check_schema(schema)
judges = {}
for name, kind, value in question["cases"]:
    if kind not in kinds:
        print(f"{name}: the schema has no definition of {kind}")
        continue
    if kind not in judges:
        own = {**schema, "$ref": f"#/$defs/{kind}"}
        for other in ("oneOf", "anyOf", "allOf", "type", "properties", "required"):
            own.pop(other, None)
        judges[kind] = validator_for(own)(own)
    for error in judges[kind].iter_errors(value):
        where = "/".join(map(str, error.absolute_path)) or "the whole"
        print(f"{name}: is no {kind}: {where}: {error.message[:300]}".replace("\n", " "))
