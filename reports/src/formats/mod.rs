//! The output formats: HTML and terminal reports for people, `JUnit`, TAP, Markdown, GitHub annotations and badges.

pub mod badge;
pub mod github;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod tap;
pub mod terminal;
#[cfg(test)]
mod tests;
