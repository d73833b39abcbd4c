# `just` lists the recipes; docs/templates/justfile is one for repositories that use loadlint.

set shell := ["bash", "-euo", "pipefail", "-c"]

loadlint := env("LOADLINT", "cargo run --quiet --locked --")

_default:
    @just --list

# Unsafe model loading in this repository: fails on findings
[group('checks')]
[no-exit-message]
[positional-arguments]
security *ARGS:
    {{ loadlint }} check --extend-exclude fixtures,tests,benches,docs,fuzz,rules "$@" .

# SARIF for code scanning: fails only if it cannot be written
[group('checks')]
security-sarif OUT='loadlint.sarif':
    {{ loadlint }} check --extend-exclude fixtures,tests,benches,docs,fuzz,rules --output-format sarif --output-file {{ quote(OUT) }} --exit-zero .

# All tests
[group('checks')]
test *ARGS:
    cargo test --locked {{ ARGS }}

# One input, in parts; benches/compare.py times the whole program
[group('development')]
bench *ARGS:
    cargo bench --locked --bench check {{ ARGS }}

# The generated pages, anew, and the documentation of the code
[group('development')]
docs:
    UPDATE=1 cargo test --locked --test main generated
    cargo doc --locked --no-deps --document-private-items
