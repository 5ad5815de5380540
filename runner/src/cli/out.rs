//! Standard output and standard error of every command.

use std::io::{self, Write as _};
use std::sync::OnceLock;

/// The first error of writing to standard output.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes to standard output. A reader that went away (a pager) is no error.
pub(super) fn print(text: &str) {
    let mut out = anstream::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(e) = written
        && e.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = LOST.set(e.to_string());
    }
}

/// Writes a value as JSON to standard output.
pub(super) fn print_json(value: &impl serde::Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    print(&format!("{text}\n"));
}

/// Writes a line to standard error.
pub(super) fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Why something printed was lost, if it was.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Columns of the terminal.
pub(super) fn width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout())
        .map_or(100, |size| usize::from(size.ws_col))
        .max(40)
}
