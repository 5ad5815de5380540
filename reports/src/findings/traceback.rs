//! Finds the line of a package manager's output that says why it stopped: the last line of a Python traceback.

/// The exception that ends the last Python traceback of an output.
pub fn last_line(log: &str) -> Option<&str> {
    let start = log.rfind("Traceback (most recent call last)")?;
    let mut lines = log[start..].lines().skip(1);
    // The frames are indented; the exception is not.
    let line = lines.find(|line| !line.starts_with([' ', '\t']) && !line.trim().is_empty())?;
    Some(line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exception_of_the_last_traceback_is_found() {
        let log = "Traceback (most recent call last):\n  File \"a\"\n    x()\nKeyError: 'a'\n\nDuring it:\n\n\
                   Traceback (most recent call last):\n  File \"b\"\n    y()\nValueError: b\n * done\n";
        assert_eq!(last_line(log), Some("ValueError: b"));
        assert_eq!(last_line("no such thing\n"), None);
        assert_eq!(last_line("Traceback (most recent call last):\n  cut"), None);
    }
}
