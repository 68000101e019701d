"""shop: the first of three services, with Sentry's SDK. SENTRY_DSN is weir; the argument is stock's address."""
import sys
import urllib.request

import sentry_sdk


def order(stock):
    sentry_sdk.add_breadcrumb(category="cart", message="3 items of ann@example.org in the cart")
    trace, span, *_ = sentry_sdk.get_traceparent().split("-")
    q = urllib.request.Request(f"http://{stock}/reserve", headers={"traceparent": f"00-{trace}-{span}-01"})
    urllib.request.urlopen(q, timeout=20)


sentry_sdk.init(traces_sample_rate=1.0, default_integrations=False, environment="staging", release="shop@2.4.1")
with sentry_sdk.start_transaction(op="task", name="order"):
    try:
        order(sys.argv[1])
    except OSError:
        print("failed", flush=True)
        sys.stdin.readline()  # the test says when the script's datagram, which nobody answers, is there
        sentry_sdk.capture_exception()
sentry_sdk.flush(10)
