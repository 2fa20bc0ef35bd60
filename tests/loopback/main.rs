//! The whole way to a GitHub host and back, over loopback, with answers as raw bytes: good ones, broken ones, hostile ones.
//!
//! Every test holds the token to its rule: it reaches its own origin only, and shows in nothing that can be printed.

mod host;
mod server;
mod store;
mod timelines;
mod world;
