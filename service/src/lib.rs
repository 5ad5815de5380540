//! The store as a service over HTTP, on one thread: entries by key below `/ac/`, in the layout that other caches know, and
//! below `/v1/` what only a store of pmsts can do; and a page for readers.
//!
//! | module | job |
//! | --- | --- |
//! | `server` | listens, serves, and ends |
//! | `app` | what requests share |
//! | `who` | what a request may do |
//! | `workflow` | tokens of GitHub Actions |
//! | `receive` | bodies of requests, within limits |
//! | `entries` | `/ac/`, and entries by the batch |
//! | `questions` | search, runs, conflicts, statistics |
//! | `page` | the page for readers |
//! | `refusal` | answers to what is not done |

mod app;
mod entries;
mod page;
mod questions;
mod receive;
mod refusal;
mod server;
mod who;
mod workflow;

pub use server::{Service, ServiceError, serve};
pub use workflow::WorkflowError;

/// The description of the service for programs.
pub const OPENAPI: &str = include_str!("openapi.json");
