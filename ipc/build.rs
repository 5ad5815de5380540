//! Tells the build script of pmsts where the sources of this crate are, in a checkout as in a registry.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::metadata=sources={here}/src");
}
