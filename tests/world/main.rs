//! The GitHub that other tests ask: it must answer as GitHub does, or they prove nothing.

#[cfg(test)]
mod graphql;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod life;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod server;
