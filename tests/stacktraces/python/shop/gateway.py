import json


class Refused(Exception):
    """The bank said no."""


def parse(text):
    return json.loads(text)


def charge(order):
    try:
        return parse(order)
    except ValueError as error:
        raise Refused(f"order refused: {order}") from error


def charge_again(order):
    try:
        return charge(order)
    except Refused:
        return {}["status"]


def deep(n):
    if n == 0:
        raise RecursionError("too deep")
    return deep(n - 1)
