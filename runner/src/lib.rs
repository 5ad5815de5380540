//! The program `pmsts`: provisions package managers, runs them in testbeds, hears the phases, judges.

pub mod cli;
pub mod client;
pub mod doctor;
pub mod provision;
pub mod testbed;
