//! Writes a question as a case file.

use pmsts_testcases::Eapi;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use super::kind::{CATEGORY, Kind, Question};

/// The text of a case that asks the question and expects what the model says.
pub(super) fn text(kind: &dyn Kind, question: &Question, eapi: Eapi) -> String {
    let setting = kind.setting();
    let text = |text: &str| Value::String(text.to_owned());
    let list = |items: &[&str]| Value::Array(items.iter().map(|item| text(item)).collect());
    let mut ebuild = Table::new();
    for (name, value) in setting.main.iter().chain(&question.variables) {
        ebuild.insert((*name).to_owned(), text(value));
    }
    for (phase, body) in &question.phases {
        let body = body.replace("@key@", "0");
        ebuild.insert((*phase).to_owned(), text(&body));
    }
    let mut case = Table::new();
    let sum = Sha256::digest(format!("{:?} {:?}", question.variables, question.phases));
    let id = format!(
        "explored-{}-{:02x}{:02x}{:02x}",
        kind.name(),
        sum[0],
        sum[1],
        sum[2]
    );
    case.insert("id".to_owned(), text(&id));
    case.insert("title".to_owned(), text(&question.shown));
    case.insert("section".to_owned(), text(kind.section()));
    case.insert("requirements".to_owned(), list(kind.requirements()));
    case.insert("eapis".to_owned(), text(&eapi.to_string()));
    if !setting.package_use.is_empty() {
        let flags = setting.package_use.iter().map(|line| text(line)).collect();
        let config = Table::from_iter([("package-use".to_owned(), Value::Array(flags))]);
        case.insert("config".to_owned(), Value::Table(config));
    }
    case.insert("ebuild".to_owned(), Value::Table(ebuild));
    let mut others = Table::new();
    for package in &setting.installed {
        let mut other = Table::new();
        other.insert("category".to_owned(), text(CATEGORY));
        other.insert("name".to_owned(), text(package.name));
        other.insert("version".to_owned(), text(package.version));
        for (name, value) in &package.variables {
            other.insert((*name).to_owned(), text(value));
        }
        others.insert(package.name.to_owned(), Value::Table(other));
    }
    if !others.is_empty() {
        case.insert("ebuilds".to_owned(), Value::Table(others));
    }
    let mut files = Table::new();
    for name in &setting.files {
        let content = Table::from_iter([("content".to_owned(), text(name))]);
        files.insert((*name).to_owned(), Value::Table(content));
    }
    if !files.is_empty() {
        case.insert("distfiles".to_owned(), Value::Table(files));
    }
    let mut expect = Table::new();
    for (phase, value) in &question.expected {
        expect.insert(format!("{phase}.0"), text(value));
    }
    case.insert("expect".to_owned(), Value::Table(expect));
    let file = Table::from_iter([("case".to_owned(), Value::Array(vec![Value::Table(case)]))]);
    toml::to_string_pretty(&file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use pmsts_testcases::Suite;

    use super::*;
    use crate::trials::explore::draw;
    use crate::trials::explore::kinds::KINDS;

    #[test]
    fn every_kind_writes_cases_that_load() {
        let mut runner = draw::runner(7);
        for kind in KINDS {
            for tree in draw::trees(*kind, &mut runner).iter().take(5) {
                let question = tree.current();
                let text = text(*kind, &question, "8".parse().unwrap());
                let suite = Suite::with_text("explored", &text);
                let suite =
                    suite.unwrap_or_else(|error| panic!("{}: {error}\n{text}", kind.name()));
                assert_eq!(suite.cases.len(), 1);
            }
        }
    }
}
