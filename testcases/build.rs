//! Makes the catalogue and the cases part of the program, so that one file is all a user needs.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    // For the build script of pmsts.
    println!("cargo::metadata=sources={}", here.join("src").display());
    let mut code = String::new();
    for (constant, dir) in [("REQUIREMENTS", "requirements"), ("CASES", "cases")] {
        println!("cargo:rerun-if-changed={dir}");
        let mut files = Vec::new();
        collect(&here.join(dir), &mut files)?;
        files.sort();
        writeln!(code, "const {constant}: &[(&str, &str)] = &[")?;
        for file in files {
            let name = file.strip_prefix(&here)?;
            writeln!(
                code,
                "    ({:?}, include_str!({:?})),",
                name.to_string_lossy(),
                file.to_string_lossy()
            )?;
        }
        writeln!(code, "];")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    Ok(())
}
