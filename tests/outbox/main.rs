//! The outbox against a host on this machine: what is asked for arrives once, whatever happens on the way.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod host;
#[cfg(test)]
mod issues;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod sweep;
