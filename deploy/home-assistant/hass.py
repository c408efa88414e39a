# SPDX-License-Identifier: Apache-2.0
"""Home Assistant without its pages, with one integration, MQTT: hass.py FOLDER PORT

It says "ready" when the integration is connected. After that each line of standard input is answered by one line of
JSON: what the registries and states hold at that moment, and what was logged as a warning or worse. It ends with its
standard input. Started by deploy/check-home-assistant."""

import asyncio
import json
import logging
import sys

from homeassistant import bootstrap, config_entries, core, loader
from homeassistant.components.mqtt import sensor
from homeassistant.components.sensor import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.setup import async_setup_component


class Complaints(logging.Handler):
    """Lines of the log that are warnings or worse."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        text = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[1]:
            text += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
        self.lines.append(f"{record.levelname} {record.name}: {text}")


async def start(folder, port):
    hass = core.HomeAssistant(folder)
    hass.config.skip_pip = True
    # The integration needs these two for uploads of certificates on its page; without a page nothing listens.
    hass.config.components.update({"http", "file_upload"})
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    if not await async_setup_component(hass, core.DOMAIN, {}):
        raise SystemExit("The core of Home Assistant does not start.")
    # As the integration's page stores it when somebody types in the broker; discovery is on by default.
    await hass.config_entries.async_add(config_entries.ConfigEntry(
        version=1, minor_version=1, domain="mqtt", title="Broker", source=config_entries.SOURCE_USER,
        data={"broker": "127.0.0.1", "port": port}))
    await hass.async_start()
    return hass


def doubt(attributes):
    """What Home Assistant would warn of as soon as a sensor has a value."""
    device_class = attributes.get("device_class")
    for key, allowed in (("unit_of_measurement", DEVICE_CLASS_UNITS), ("state_class", DEVICE_CLASS_STATE_CLASSES)):
        value = attributes.get(key)
        if device_class in allowed and value not in allowed[device_class] and not (key == "state_class" and value is None):
            return f"{key} {value!r} does not go with device class {device_class!r}"
    return None


def look(hass):
    """What there is: by the `unique_id` of an entity."""
    devices, entities = device_registry.async_get(hass), {}
    for entry in entity_registry.async_get(hass).entities.values():
        state = hass.states.get(entry.entity_id)
        device = devices.async_get(entry.device_id) if entry.device_id else None
        parent = devices.async_get(device.via_device_id) if device and device.via_device_id else None
        entities[entry.unique_id] = {
            "entity": entry.entity_id, "domain": entry.domain, "category": entry.entity_category,
            "state": state.state if state else None, "attributes": dict(state.attributes) if state else {},
            "doubt": doubt(state.attributes) if state and entry.domain == "sensor" else None,
            "device": device and {
                "name": device.name, "model": device.model, "area": device.suggested_area, "version": device.sw_version,
                "identifiers": sorted(word for _, word in device.identifiers), "via": parent and parent.name}}
    return entities


async def main():
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    hass = await start(sys.argv[1], int(sys.argv[2]))
    # Versions before 2024.9 leave the words of a state aside.
    knows_words = hasattr(sensor, "CONF_OPTIONS")
    print("ready", flush=True)
    while await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        # What has arrived is worked off first.
        await hass.async_block_till_done()
        answer = {"entities": look(hass), "complaints": complaints.lines, "knows_words": knows_words}
        print(json.dumps(answer, default=str), flush=True)
    await hass.async_stop(force=True)


asyncio.run(main())
