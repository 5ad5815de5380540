//! The output formats, each made from records alone.

pub mod badge;
pub mod github;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod tap;
pub mod terminal;
#[cfg(test)]
mod tests;
