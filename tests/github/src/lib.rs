//! A GitHub for tests: repositories, issues and their lives behind REST and GraphQL, with the API's own limits and habits.
//!
//! [`World`] is pure: a request and an instant go in, an answer comes out. [`life`] makes things happen in it by seed,
//! [`truth`] says what is so, [`meter`] counts what was asked, [`server`] puts it behind a socket with faults.
//!
//! It follows GitHub's REST description and documentation as read on 2026-11-20; it shares no code with what it tests.

pub mod change;
pub mod fault;
pub mod graphql;
pub mod life;
pub mod limits;
pub mod meter;
pub mod rest;
pub mod rules;
pub mod search;
pub mod server;
pub mod state;
pub mod truth;
pub mod wire;
pub mod world;

pub use state::{Did, Happened, Issue, Pull, Repository};
pub use wire::{Answer, Request};
pub use world::World;
