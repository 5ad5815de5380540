//! Export and import: a line of JSON for each entry, compressed with zstd.

use std::io::{self, BufRead, BufReader, Read, Write};

use crate::database::Store;
use crate::entry::{Entry, LARGEST_BYTES, Refusal};
use crate::error::StoreError;
use crate::put::Counts;

/// How many entries go in or out at once.
const AT_ONCE: usize = 1_000;

/// What became of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// What became of the entries.
    pub counts: Counts,
    /// The first line that was not used, and why.
    pub first_refused: Option<(usize, Refusal)>,
}

impl Store {
    /// Writes all entries, and returns how many.
    pub fn export(&self, to: impl Write) -> Result<u64, StoreError> {
        let mut to = zstd::stream::Encoder::new(to, 0)?;
        let (mut last, mut count) = (0, 0);
        loop {
            let some = self.after(last, AT_ONCE)?;
            let Some(end) = some.last() else { break };
            last = end.number;
            for entry in &some {
                to.write_all(&entry.text)?;
                to.write_all(b"\n")?;
                count += 1;
            }
        }
        to.finish()?.flush()?;
        Ok(count)
    }
}

/// Reads a line of at most this many bytes; the rest of a longer one is passed over. `None` at the end.
fn line(from: &mut impl BufRead, most: usize) -> io::Result<Option<Vec<u8>>> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX) + 1;
    let mut line = Vec::new();
    if from.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > most {
        from.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

/// Reads entries, and puts them into the store. Lines that are no entry are passed over and counted.
pub fn import(store: &mut Store, from: impl Read) -> Result<Imported, StoreError> {
    let mut from = BufReader::new(zstd::stream::Decoder::new(from)?);
    let mut imported = Imported::default();
    let mut some = Vec::new();
    let mut number = 0;
    loop {
        let line = line(&mut from, LARGEST_BYTES)?;
        number += 1;
        let is_end = line.is_none();
        match line
            .filter(|line| !line.is_empty())
            .map(|line| Entry::read(&line, None))
        {
            Some(Ok(entry)) => some.push(entry),
            Some(Err(refusal)) => {
                imported.counts.refused += 1;
                imported.first_refused.get_or_insert((number, refusal));
            }
            None => {}
        }
        if some.len() == AT_ONCE || is_end {
            for put in store.put(&some)? {
                imported.counts.add(put);
            }
            some.clear();
        }
        if is_end {
            return Ok(imported);
        }
    }
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Verdict::{Failed, Passed};

    use super::*;
    use crate::sample::{entry, with_store};

    #[test]
    fn what_was_exported_is_imported_once() {
        let mut file = Vec::new();
        with_store(|store| {
            let all: Vec<_> = (0..1_500)
                .map(|n| entry(&format!("a{n}"), n % 20, Passed))
                .collect();
            store.put(&all).unwrap();
            assert_eq!(store.export(&mut file).unwrap(), 1_500);
        });
        with_store(|store| {
            store.put(&[entry("a3", 3, Failed)]).unwrap();
            let first = import(store, &file[..]).unwrap().counts;
            assert_eq!((first.new, first.conflicts), (1_499, 1));
            let again = import(store, &file[..]).unwrap().counts;
            assert_eq!((again.new, again.known), (0, 1_499));
        });
    }

    #[test]
    fn lines_that_are_no_entry_are_counted_and_passed_over() {
        let good = entry("a", 1, Passed).text();
        let long = "x".repeat(3 * LARGEST_BYTES);
        let text = format!("nonsense\n{long}\n\n{good}\n{{}}");
        let file = zstd::encode_all(text.as_bytes(), 0).unwrap();
        with_store(|store| {
            let imported = import(store, &file[..]).unwrap();
            assert_eq!((imported.counts.new, imported.counts.refused), (1, 3));
            assert_eq!(imported.first_refused.unwrap().0, 1);
        });
    }
}
