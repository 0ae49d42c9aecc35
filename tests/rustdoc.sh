#!/usr/bin/env bash
# rustdoc for `RUSTDOC=tests/rustdoc.sh cargo test --doc`: the documentation itself is made from the same build, too.
# `cargo doc` would check all dependencies a second time for it.
set -euo pipefail

make=true options=() skip=
for option in "$@"; do
    case $option in
    --test) make=rustdoc ;;
    # What only a run of examples knows.
    --test-args | --test-run-directory) skip=yes ;;
    *)
        [[ -n $skip ]] || options+=("$option")
        skip=
        ;;
    esac
done
"$make" "${options[@]}" --deny warnings --out-dir target/doc
exec rustdoc "$@"
