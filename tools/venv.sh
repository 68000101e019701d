# venv.sh: sourced; makes .venv with the Python test tools, once, and sets VENV.
VENV=$PWD/.venv
if [ ! -f "$VENV/.ok" ] || ! cmp -s tests/requirements.txt "$VENV/.ok"; then
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt
  cp tests/requirements.txt "$VENV/.ok"
fi
