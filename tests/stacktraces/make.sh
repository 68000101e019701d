#!/bin/sh
# make.sh - runs the programs beside it and keeps what they print as cases: one NAME.txt each.
# Takes the languages to remake (python java nodejs go rust ruby php; all without any). Programs run
# in /app, so that paths look like a container's; what is left of this machine's paths is replaced.
set -u
here=$(cd "$(dirname "$0")" && pwd)
languages=${*:-python java nodejs go rust ruby php}

# NAME COMMAND...: standard error becomes the case $language/NAME.txt.
keep() {
    name=$1
    shift
    "$@" 2>"$here/$language/$name.txt" >/dev/null
    sed -i -E -e 's#/[^ "]*/lib/python3#/usr/local/lib/python3#g' \
        -e 's#/[^ "]*/(toolchain@[^/]*|go1\.[^/]*|usr/local/go)/src/#/usr/local/go/src/#g' \
        "$here/$language/$name.txt"
}

copy() {
    rm -rf /app
    mkdir /app
    cp -r "$here/$language/$1" /app/
    cd /app || exit 1
}

for language in $languages; do
    case $language in
    python)
        copy .
        mv shop/broken.py.in shop/broken.py
        for c in cause three group syntax recursion local notes thread exit; do
            keep $c python3 main.py $c
        done
        ;;
    java)
        copy shop
        javac -d /app/classes shop/Main.java
        for c in cause suppressed lambda circular pool reflected deep; do
            keep $c java  -cp /app/classes shop.Main $c
        done
        ;;
    nodejs)
        copy shop/.
        for c in method later cause code missing aggregate evaluated script json; do
            keep $c node main.js $c
        done
        keep esm node esm.mjs
        ;;
    go)
        copy shop/.
        go build -o /app/shop.bin . || exit 1
        for c in map index generic repanic workers nil deadlock stack; do
            keep $c /app/shop.bin $c
        done
        keep all_goroutines env GOTRACEBACK=all /app/shop.bin workers
        ;;
    rust)
        copy main.rs
        rustc -g --edition 2021 --crate-name shop main.rs -o shop || exit 1
        for c in index message unwrap result thread closure; do
            keep $c env RUST_BACKTRACE=1 ./shop $c
        done
        keep full env RUST_BACKTRACE=full ./shop message
        keep no_backtrace env RUST_BACKTRACE=0 ./shop message
        ;;
    ruby)
        copy main.rb
        for c in cause recorded nil zero backtrace missing deep; do
            keep $c ruby main.rb $c
        done
        ;;
    php)
        copy main.php
        for c in previous closure string trace_only type magic eval; do
            keep $c php -d html_errors=0 -d log_errors=0 main.php $c
        done
        ;;
    esac
done
rm -rf /app
