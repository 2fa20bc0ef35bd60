//! The whole way to a GitHub host and back, over loopback, with answers as raw bytes: good ones, broken ones, hostile ones.
//!
//! Every test holds the token to its rule: it reaches its own origin only, and shows in nothing that can be printed.

// Said again for clippy, which relaxes its lints for helpers of tests only below this attribute.
#[cfg(test)]
mod calendars;
#[cfg(test)]
mod door;
#[cfg(test)]
mod host;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tokens;
