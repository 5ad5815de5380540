//! The program `pmsts`: provisions package managers, runs them in testbeds, receives the observations that phases
//! report, and judges them against the PMS.

pub mod adapter;
pub mod affected;
pub mod bug;
pub mod cli;
pub mod doctor;
mod engine;
pub mod ledger;
pub mod outer;
mod presence;
pub mod provision;
mod record;
pub mod repro;
pub mod run;
mod schedule;
pub mod target;
pub mod testbed;
pub mod trace;
pub mod trials;
mod verdicts;
