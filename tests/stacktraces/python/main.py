"""Raises what its argument names; the trace goes to stderr."""
import importlib
import sys
import threading

from shop import gateway


def local_type():
    class Late(gateway.Refused):
        pass

    raise Late("on\ntwo lines")


def group():
    errors = []
    for order in ("{", "[1"):
        try:
            gateway.charge(order)
        except gateway.Refused as error:
            errors.append(error)
    errors.append(ExceptionGroup("inner", [TypeError("never raised")]))
    raise ExceptionGroup("several", errors)


def notes():
    error = ValueError("Traceback is only a word here:\n  File of the order")
    error.add_note("order 17")
    error.add_note("customer gold")
    raise error


def thread():
    t = threading.Thread(target=gateway.charge, args=("{",), name="worker")
    t.start()
    t.join()


RUN = {
    "cause": lambda: gateway.charge("{'a': 1}"),
    "three": lambda: gateway.charge_again("nope"),
    "group": group,
    "syntax": lambda: importlib.import_module("shop.broken"),
    "recursion": lambda: gateway.deep(900),
    "local": local_type,
    "notes": notes,
    "thread": thread,
    "exit": lambda: exec("1 / 0"),
}

if __name__ == "__main__":
    RUN[sys.argv[1]]()
