//! Exit statuses of the program.

/// The exit status of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Nothing failed.
    Conforms,
    /// A package manager departs from the PMS.
    Departs,
    /// The command line or a case file is wrong (clap uses the same status).
    Usage,
    /// The harness or the set-up broke.
    Broken,
    /// Nothing ran: no case was selected, or every one was skipped.
    NothingRan,
    /// Interrupted.
    Interrupted,
}

impl ExitCode {
    /// The meaning of the exit status of another pmsts.
    pub fn of_another(status: i32) -> Self {
        match status {
            0 => Self::Conforms,
            1 => Self::Departs,
            2 => Self::Usage,
            4 => Self::NothingRan,
            130 => Self::Interrupted,
            _ => Self::Broken,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(match code {
            ExitCode::Conforms => 0,
            ExitCode::Departs => 1,
            ExitCode::Usage => 2,
            ExitCode::Broken => 3,
            ExitCode::NothingRan => 4,
            ExitCode::Interrupted => 130,
        })
    }
}
