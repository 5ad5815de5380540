//! Standard output and standard error of every command.

use std::io::{self, Write as _};
use std::sync::OnceLock;

/// The first error of writing to standard output.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes to standard output. It is no error if the reader, such as a pager, has closed it.
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

/// The first error of writing to standard output, if there was one.
pub(super) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// The width of the terminal, in columns.
pub(super) fn width() -> usize {
    rustix::termios::tcgetwinsize(io::stdout())
        .map_or(100, |size| usize::from(size.ws_col))
        .max(40)
}
