//! The end of what a package manager printed, kept as evidence for people.

/// The most that is kept of one lane's output, in bytes.
const KEPT_BYTES: usize = 64 * 1024;

/// The end of a stream of output.
#[derive(Debug, Default)]
pub(crate) struct OutputTail {
    kept: Vec<u8>,
    /// Where the running step's output begins.
    step: usize,
}

impl OutputTail {
    /// Adds output.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        if self.kept.len() > 2 * KEPT_BYTES {
            let gone = self.kept.len() - KEPT_BYTES;
            self.kept.drain(..gone);
            self.step = self.step.saturating_sub(gone);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.step = 0;
    }

    /// Marks the beginning of another step's output.
    pub(crate) fn begin_step(&mut self) {
        self.step = self.kept.len();
    }

    /// The output of the last step as far as it is kept, without escape sequences.
    pub(crate) fn of_step(&self) -> String {
        plain(&String::from_utf8_lossy(&self.kept[self.step..]))
    }

    /// The last lines without escape sequences, at most so many bytes.
    pub(crate) fn end(&self, bytes: usize) -> String {
        let text = plain(&String::from_utf8_lossy(&self.kept));
        let mut start = text.len().saturating_sub(bytes);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        match (start, text[start..].find('\n')) {
            (0, _) | (_, None) => text[start..].to_owned(),
            (_, Some(newline)) => text[start + newline + 1..].to_owned(),
        }
    }
}

/// Text without escape sequences and control characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
                }
            }
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_in_whole_lines() {
        let mut log = OutputTail::default();
        for line in 0..100_000 {
            log.push(format!("line {line}\n").as_bytes());
        }
        assert_eq!(log.end(30), "line 99998\nline 99999\n");
        assert!(log.kept.len() <= 2 * KEPT_BYTES);
    }

    #[test]
    fn the_output_of_a_step_is_its_own() {
        let mut log = OutputTail::default();
        log.push(b"first\n");
        log.begin_step();
        log.push(b"\x1b[1msecond\n");
        assert_eq!(log.of_step(), "second\n");
        log.push(&vec![b'x'; 3 * KEPT_BYTES]);
        assert_eq!(log.of_step().len(), KEPT_BYTES);
    }

    #[test]
    fn escape_sequences_are_left_out() {
        let mut log = OutputTail::default();
        log.push(b"\x1b[32m * \x1b[0mdone\r\n\x07");
        assert_eq!(log.end(100), " * done\n");
    }
}
