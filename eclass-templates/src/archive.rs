//! Builds archives and compressed files in memory. The same members always give the same bytes.

use std::io::{self, Cursor, Write};

use indexmap::IndexMap;
use pmsts_testcases::model::{Content, ContentKind};
use zip::write::SimpleFileOptions;

/// A distfile that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The format is not known.
    #[error("unknown archive format `{0}`: use one of {known}", known = FORMATS.join(", "))]
    Format(String),
    /// The format compresses a single file, and there is not exactly one.
    #[error("the format `{0}` compresses a single file: write exactly one into `files`")]
    OneFile(String),
    /// The member cannot be written.
    #[error("cannot write into the archive: {0}")]
    Write(#[from] io::Error),
    /// The member cannot be written into a zip file.
    #[error("cannot write into the zip file: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The member cannot be written into a 7z file.
    #[error("cannot write into the 7z file: {0}")]
    SevenZip(#[from] sevenz_rust2::Error),
    /// A 7z file with a member that is not a regular file.
    #[error("`{0}`: a 7z file can contain only regular files")]
    OnlyFiles(String),
}

/// The formats that [`build`] knows.
const FORMATS: [&str; 16] = [
    "tar", "tar.gz", "tgz", "tar.bz2", "tbz2", "tbz", "tar.xz", "txz", "tar.lzma", "gz", "bz2",
    "xz", "lzma", "zip", "jar", "7z",
];

/// The modification time of members without one of their own: 2020-01-01, UTC.
const MTIME_SECONDS: u64 = 1_577_836_800;

/// The bytes of an archive (or of one compressed file).
pub(crate) fn build(
    format: &str,
    members: &IndexMap<String, Content>,
) -> Result<Vec<u8>, ArchiveError> {
    match format {
        "zip" | "jar" => return zip(members),
        "7z" => return seven_zip(members),
        "gz" | "bz2" | "xz" | "lzma" => return compress(format, &only_file(format, members)?),
        _ => {}
    }
    let compression = match format {
        "tar" => return tar(members),
        "tar.gz" | "tgz" => "gz",
        "tar.bz2" | "tbz2" | "tbz" => "bz2",
        "tar.xz" | "txz" => "xz",
        "tar.lzma" => "lzma",
        _ => return Err(ArchiveError::Format(format.to_owned())),
    };
    compress(compression, &tar(members)?)
}

fn only_file(format: &str, members: &IndexMap<String, Content>) -> Result<Vec<u8>, ArchiveError> {
    match members.values().map(|c| &c.kind).collect::<Vec<_>>()[..] {
        [ContentKind::File(value)] => Ok(value.0.clone()),
        _ => Err(ArchiveError::OneFile(format.to_owned())),
    }
}

fn compress(format: &str, bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let out = Vec::new();
    Ok(match format {
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::default());
            encoder.write_all(bytes)?;
            encoder.finish()?
        }
        "bz2" => {
            let mut encoder = bzip2::write::BzEncoder::new(out, bzip2::Compression::default());
            encoder.write_all(bytes)?;
            encoder.finish()?
        }
        "lzma" => {
            let options = liblzma::stream::LzmaOptions::new_preset(6).map_err(io::Error::from)?;
            let stream =
                liblzma::stream::Stream::new_lzma_encoder(&options).map_err(io::Error::from)?;
            let mut encoder = liblzma::write::XzEncoder::new_stream(out, stream);
            encoder.write_all(bytes)?;
            encoder.finish()?
        }
        _ => {
            let mut encoder = liblzma::write::XzEncoder::new(out, 6);
            encoder.write_all(bytes)?;
            encoder.finish()?
        }
    })
}

fn tar(members: &IndexMap<String, Content>) -> Result<Vec<u8>, ArchiveError> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.mode(tar::HeaderMode::Deterministic);
    for (path, content) in members {
        let mut header = tar::Header::new_gnu();
        let (uid, gid) = content.owner.unwrap_or((0, 0));
        header.set_uid(uid.into());
        header.set_gid(gid.into());
        header.set_mtime(seconds(content));
        match &content.kind {
            ContentKind::File(value) => {
                header.set_entry_type(tar::EntryType::Regular);
                header.set_mode(content.mode.unwrap_or(0o644));
                header.set_size(value.0.len() as u64);
                builder.append_data(&mut header, path, value.0.as_slice())?;
            }
            ContentKind::Directory => {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_mode(content.mode.unwrap_or(0o755));
                header.set_size(0);
                builder.append_data(&mut header, path, io::empty())?;
            }
            ContentKind::Symlink(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_mode(0o777);
                header.set_size(0);
                builder.append_link(&mut header, path, target)?;
            }
            ContentKind::Absent => {}
        }
    }
    Ok(builder.into_inner()?)
}

fn seconds(content: &Content) -> u64 {
    content
        .mtime
        .and_then(|(seconds, _)| u64::try_from(seconds).ok())
        .unwrap_or(MTIME_SECONDS)
}

fn zip(members: &IndexMap<String, Content>) -> Result<Vec<u8>, ArchiveError> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in members {
        let options = SimpleFileOptions::default();
        match &content.kind {
            ContentKind::File(value) => {
                let mode = content.mode.unwrap_or(0o644);
                writer.start_file(path.as_str(), options.unix_permissions(mode))?;
                writer.write_all(&value.0)?;
            }
            ContentKind::Directory => {
                let mode = content.mode.unwrap_or(0o755);
                writer.add_directory(path.as_str(), options.unix_permissions(mode))?;
            }
            ContentKind::Symlink(target) => {
                writer.add_symlink(path.as_str(), target.as_str(), options)?;
            }
            ContentKind::Absent => {}
        }
    }
    Ok(writer.finish()?.into_inner())
}

fn seven_zip(members: &IndexMap<String, Content>) -> Result<Vec<u8>, ArchiveError> {
    let mut writer = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new()))?;
    for (path, content) in members {
        let ContentKind::File(value) = &content.kind else {
            return Err(ArchiveError::OnlyFiles(path.clone()));
        };
        let entry = sevenz_rust2::ArchiveEntry::new_file(path);
        writer.push_archive_entry(entry, Some(value.0.as_slice()))?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> IndexMap<String, Content> {
        let file = Content {
            kind: ContentKind::File("text\n".into()),
            ..Content::default()
        };
        IndexMap::from([("p-1/file".to_owned(), file)])
    }

    #[test]
    fn every_known_format_is_built_the_same_twice() {
        for format in FORMATS {
            let first = build(format, &members()).unwrap_or_else(|e| panic!("{format}: {e}"));
            assert!(!first.is_empty());
            assert_eq!(first, build(format, &members()).unwrap(), "{format}");
        }
    }

    #[test]
    fn an_unknown_format_is_refused() {
        assert!(matches!(
            build("arc", &members()),
            Err(ArchiveError::Format(_))
        ));
    }
}
