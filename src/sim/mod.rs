//! An AWS of one's own: an HTTP server on loopback that plays every account and region of a scenario.
//!
//! It speaks the real wire protocols, so the real SDKs, boto3 and the AWS CLI can use it. It is an
//! island: it imports only [`crate::clock`] and shares no type with the rest of noctop, otherwise
//! both sides would agree on the same mistake.
//!
//! ```text
//!  server ─► route (protocol, operation, caller, account, region) ─► faults, limits ─► services::* ─► wire
//!                                                                                        │
//!                              scenario (TOML) ─► world: accounts, clock, cells ◄────────┘
//! ```
//!
//! # To add a service
//!
//! 1. One file `services/NAME.rs` with `pub const SERVICE: Service` (names, protocols, its table of
//!    [`Operation`](services::Operation)s: name, REST route, required members, paging, rate, function)
//!    and one small function per operation: `fn list(call: &Call<'_>) -> Answer`. Read the input with
//!    `call.text("Name")`, answer with `Ok(fields! { "Name" => value })`, refuse with
//!    [`Refusal`](services::Refusal). Input and output use the names *on the wire*.
//! 2. One line in `services::ALL`.
//! 3. State: a type with [`Estate`](world::Estate), one value per account and region, founded from a seed
//!    on first touch and brought up to the world's time before each use: `call.estate::<Mine, _>(|mine, site, now| …)`.
//! 4. Its section of the scenario: a `#[serde(deny_unknown_fields, default)]` struct in the service's
//!    file, one field in [`scenario::Scenario`].
//!
//! `services/sts.rs` is the smallest complete example, `services/cloudwatch/` the largest.

pub mod calls;
pub mod chance;
mod control;
pub mod faults;
pub mod route;
pub mod scenario;
pub mod schedule;
mod server;
pub mod services;
mod shape;
#[cfg(test)]
mod tests;
pub mod wire;
pub mod world;

pub use server::{Options, Simulator};
