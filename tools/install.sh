#!/usr/bin/env bash
# install.sh build|test: asks apt for what is missing on Debian 12, and only then.
#   build: what `make run` needs; test: what `make test` and `make lint` need besides.
set -euo pipefail

build="cmake ninja-build gcc libc6-dev pkg-config git ca-certificates
  libmicrohttpd-dev libcurl4-openssl-dev libjansson-dev libsqlite3-dev libyaml-dev libpcre2-dev
  zlib1g-dev libzstd-dev libbrotli-dev liblzma-dev libbz2-dev libdeflate-dev libssl-dev libsodium-dev"
tests="clang clang-format clang-tidy libclang-rt-14-dev libcmocka-dev prometheus prometheus-alertmanager sqlite3 curl
  openssl netcat-openbsd python3 python3-venv golang-go nodejs npm default-jdk-headless maven"

# Commands that another source than apt brought serve as well.
have() {
  case "$1" in
    golang-go) command -v go ;;
    nodejs) command -v node ;;
    npm) command -v npm ;;
    default-jdk-headless) command -v javac ;;
    maven) command -v mvn ;;
    gcc | cmake | git | curl | python3) command -v "$1" ;;
    *) false ;;
  esac >/dev/null 2>&1
}

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

wanted=$build
if [ "${1:-build}" = test ]; then wanted="$build $tests"; fi
missing=()
for package in $wanted; do
  installed "$package" || have "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

echo "installing with apt: ${missing[*]}"
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "run as root once: apt-get install ${missing[*]}" >&2; exit 1; }
  sudo=sudo
fi
$sudo apt-get update -qq
# The services of Prometheus and its Alertmanager need not start; tests start them themselves.
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
