//! The outbox against a host on this machine: what is asked for arrives once, whatever happens on the way.

mod commands;
mod host;
mod scene;
mod sweep;
