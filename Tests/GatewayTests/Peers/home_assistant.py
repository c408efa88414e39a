# SPDX-License-Identifier: Apache-2.0
"""Checks discovery messages, one JSON object {"topic", "payload"} a line, against the schema beside this file.

Where jinja2 is installed, the templates are also given an asset message with a value, one without, and one without the
point, as Home Assistant would, and an empty message.
"""
import json
import os
import sys

import jsonschema

folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "home_assistant.schema.json"), encoding="utf-8") as file:
    validator = jsonschema.Draft7Validator(json.load(file))
try:
    import jinja2

    environment = jinja2.Environment()
except ImportError:
    environment = None

wrong = 0
templates = 0
seen = set()
lines = [json.loads(line) for line in sys.stdin if line.strip()]
for message in lines:
    for error in validator.iter_errors(message):
        for cause in [error] + list(error.context):
            print(f"{message['topic']}: {'/'.join(map(str, cause.absolute_path))}: {cause.message[:300]}")
        wrong += 1
    payload = message["payload"]
    if payload["unique_id"] in seen:
        print(f"{message['topic']}: unique_id stands twice")
        wrong += 1
    seen.add(payload["unique_id"])
    if environment is None:
        continue
    template = environment.from_string(payload["value_template"])
    if payload.get("device_class") == "connectivity":
        cases = [({"state": "online"}, "ON"), ({"state": "lost"}, "OFF")]
    else:
        point = payload["value_template"].split("['")[1].split("']")[0]
        isContact = message["topic"].startswith("homeassistant/binary_sensor/")
        value = (True, "ON") if isContact else (12.5, "12.5")
        zero = (False, "OFF") if isContact else (0, "0")
        cases = [
            ({point: {"v": value[0], "q": "good"}}, value[1]), ({point: {"v": zero[0], "q": "good"}}, zero[1]),
            ({point: {"q": "bad"}}, "None"), ({}, "None"),
        ]
        for place in payload["availability"]:
            check = environment.from_string(place["value_template"])
            for state, said in [("online", "online"), ("lost", "offline"), ("unknown", "offline"), (None, "offline")]:
                # An empty message has no value_json.
                if check.render(**({"value_json": {"state": state}} if state else {})) != said:
                    print(f"{message['topic']}: availability of '{state}' is not '{said}'")
                    wrong += 1
    if template.render() not in ("None", "OFF"):
        print(f"{message['topic']}: an empty message gives '{template.render()}'")
        wrong += 1
    for value, expected in cases:
        templates += 1
        said = template.render(value_json=value)
        if said != expected:
            print(f"{message['topic']}: {value} gives '{said}', not '{expected}'")
            wrong += 1
print(f"{len(lines)} messages, {templates} renderings, {wrong} wrong")
sys.exit(1 if wrong or not lines else 0)
