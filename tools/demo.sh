#!/usr/bin/env bash
# demo.sh WEIR: what `make run` shows. Starts a sink when WEIR_DSN is not set, then weir with its built-in
# defaults, sends a sample error full of personal data over HTTP and another over UDP, prints what arrived
# next to what was sent, and serves until Ctrl-C, which drains.
set -euo pipefail
weir=$1
http=${WEIR_LISTEN_HTTP:-127.0.0.1:8137}
udp=${WEIR_LISTEN_UDP:-127.0.0.1:8137}
work=$(mktemp -d)
sink_pid= weir_pid=

finish() {
  trap - EXIT INT TERM
  # weir drains first, while the sink can still take what is left.
  if [ -n "$weir_pid" ]; then kill -TERM "$weir_pid" 2>/dev/null || true; wait "$weir_pid" 2>/dev/null || true; fi
  if [ -n "$sink_pid" ]; then kill -TERM "$sink_pid" 2>/dev/null || true; wait "$sink_pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
# await PID LOG TEXT: its log says TEXT; what it says instead is shown when it ends. Else the samples would go
# to another weir that listens there, and nothing would arrive.
await() {
  for _ in $(seq 300); do
    if grep -qs "$3" "$2"; then return; fi
    if ! kill -0 "$1" 2>/dev/null; then cat "$2" >&2; exit 1; fi
    sleep 0.1
  done
  cat "$2" >&2
  exit 1
}
trap finish EXIT
trap 'echo; echo "draining..."; exit 0' INT TERM

if [ -z "${WEIR_DSN:-}" ]; then
  "$weir" sink --listen 127.0.0.1:9137 --json >"$work/arrived" 2>"$work/sink.log" &
  sink_pid=$!
  await "$sink_pid" "$work/sink.log" DSN
  export WEIR_DSN=http://b70a31b3510c4cf793964a185cfe1fd0@127.0.0.1:9137/1
fi

"$weir" run 2>"$work/weir.log" &
weir_pid=$!
await "$weir_pid" "$work/weir.log" "weir runs"
for _ in $(seq 100); do
  if "$weir" send --dsn "http://demo@$http/1" --type error \
    'charge of card 4111 1111 1111 1111 failed for jane.doe@example.com' \
    password=hunter2 ip=203.0.113.77 iban='DE89 3704 0044 0532 0130 00' authorization='Bearer abcdef0123456789' order=981233 \
    >"$work/id" 2>"$work/send.log"; then break; fi
  sleep 0.1
done
if [ ! -s "$work/id" ]; then cat "$work/send.log" "$work/weir.log" >&2; exit 1; fi
"$weir" send --udp "$udp" 'login of john.roe@example.com from 198.51.100.23 refused' token=tok_5ecr3t shop=berlin >/dev/null

echo "sent over HTTP:     charge of card 4111 1111 1111 1111 failed for jane.doe@example.com"
echo "                    password=hunter2 ip=203.0.113.77 iban=DE89 3704 0044 0532 0130 00 authorization=Bearer abcdef... order=981233"
echo "sent over UDP:      login of john.roe@example.com from 198.51.100.23 refused"
echo "                    token=tok_5ecr3t shop=berlin"
if [ -n "$sink_pid" ]; then
  for _ in $(seq 100); do [ "$(grep -c . "$work/arrived")" -ge 2 ] && break; sleep 0.1; done
  echo
  echo "arrived at the sink:"
  # One JSON object an envelope; the event is its only item's payload.
  sed -E 's/^.*"payload":/  /; s/\}\]\}$//' "$work/arrived"
else
  echo "forwarded to the DSN in WEIR_DSN"
fi
echo
echo "weir serves. Point an SDK at  http://anykey@$http/1   metrics: http://$http/metrics   status: http://$http/api/v1/status"
echo "Ctrl-C drains and ends."
wait "$weir_pid"
