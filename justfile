# The common commands. Each is plain cargo, for those without just.

# Formatting and lints.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Everything that needs nothing but Rust.
test:
    cargo test

# The console on a simulated world.
demo *args:
    cargo run --release -- demo {{args}}

# What is run before a change is taken.
ci:
    .ci/run
