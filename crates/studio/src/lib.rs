//! The studio: Affetti in the browser, and its HTTP interface, from the same program and on the same machine.
//!
//! | module | holds |
//! |---|---|
//! | [`settings`] | where it listens, who may come, and the bounds on what they may ask |
//! | [`server`] | listening, connections, the end |
//! | [`door`] | who is let in |
//! | [`upload`] | bodies, within limits |
//! | [`order`] | what can be asked: one order per verb |
//! | [`work`] | orders carried out |
//! | [`desk`] | who works at what, and in which order |
//! | [`jobs`] | long work, its list, and files |
//! | [`collections`] | folders of this machine |
//! | [`api`] | the addresses |
//! | [`pages`] | the page and its parts |
//! | [`studio`] | all that requests share |
//!
//! Nothing is fetched from anywhere, and no name that a visitor chose becomes a path.

pub mod api;
pub mod collections;
pub mod counters;
pub mod desk;
pub mod door;
mod error;
pub mod jobs;
pub mod order;
pub mod pages;
pub mod problem;
pub mod quota;
pub mod server;
pub mod settings;
pub mod studio;
pub mod upload;
pub mod work;

pub use error::StudioError;
pub use server::{Log, Logged, serve};
pub use settings::{Bounds, Settings};
pub use studio::{Studio, random};
