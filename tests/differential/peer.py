"""The peer: the scrubbing engine of Sentry Relay, from PyPI (sentry-relay).

It is the reference for the rule language that users already have, not for quality. Its licence (FSL)
allows running it in tests; none of its code, expressions, tests or fixtures are in this project.
"""
import json

from sentry_relay import processing


def strip(config, event):
    """The event scrubbed by an explicit configuration; None when the peer itself panics."""
    try:
        return processing.pii_strip_event(config, event)
    except Exception as e:  # a Rust panic arrives as an exception of its own
        if type(e).__name__ == "Panic":
            return None
        raise


def settings(settings_, event):
    """The same under the simple settings of a project."""
    config = processing.convert_datascrubbing_config(settings_)
    return strip(config, event) if config else strip({}, event)


def canonical(event):
    """The event as the peer writes it when nothing is to be scrubbed: both sides then start alike."""
    out = strip({}, event)
    out.pop("_meta", None)
    return out


def selector_error(selector):
    """None, or what the peer says against it."""
    try:
        processing.validate_pii_selector(selector)
    except ValueError as e:
        return str(e)
    return None


def config_error(config):
    try:
        processing.validate_pii_config(json.dumps(config))
    except ValueError as e:
        return str(e).split("\n", 1)[0]
    return None
