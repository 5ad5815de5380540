//! Writes the text of a bug report about a finding, from the record of a run that has seen it. Pure.

mod plain;
mod text;

use pmsts_reports::record::{FindingRecord, Instance, Results, TargetRecord};

pub use text::Markup;

/// What a bug report is about: an instance that a run has seen failing.
#[derive(Debug, Clone, Copy)]
pub struct Bug<'a> {
    /// The record of the run.
    pub results: &'a Results,
    /// The target that ran.
    pub target: &'a TargetRecord,
    /// The failing instance.
    pub instance: &'a Instance,
    /// What the ledger says about it, where it is known.
    pub finding: Option<&'a FindingRecord>,
}

impl Bug<'_> {
    /// The text of the report.
    pub fn text(&self, markup: Markup) -> String {
        text::text(self, markup)
    }
}
