//! The program `pmsts`: provisions package managers, runs them in testbeds, hears the phases, judges.

mod act;
pub mod adapter;
mod book;
pub mod cli;
pub mod client;
mod collect;
pub mod config;
mod connection;
pub mod control;
pub mod doctor;
pub mod domain;
mod event_loop;
pub mod exit_code;
pub mod ledger;
mod log;
pub mod plan;
pub mod provision;
pub mod run;
mod run_dir;
pub mod sink;
pub mod state;
pub mod testbed;
mod work;
