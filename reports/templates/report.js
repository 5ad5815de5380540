"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.forms[0], list = document.getElementById("list"), count = document.getElementById("count");
/* Sections with more rows than this in all are opened by the reader. */
const OPEN_AT_MOST = 150;

const verdictOf = cell => data.verdicts[cell.verdict];
const isProblem = cell => verdictOf(cell).problem;
const outcomes = { met: "passed", differs: "failed", missing: "not-observed", recorded: "recorded" };
const badgeOf = outcome => data.verdicts.find(v => v.class === outcomes[outcome]);

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== undefined && child !== false));
  return element;
}
const hidden = text => make("span", { class: "hidden" }, text);
const dim = (...children) => make("p", { class: "dim" }, ...children);

/* A disclosure whose content is made when it is first opened. */
function disclosure(attributes, summary, content) {
  const details = make("details", attributes, summary);
  const fill = () => { if (details.open && details.children.length === 1) details.append(content()); };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

function marked(parts, name) {
  if (!parts) return [];
  const [head, middle, tail] = parts;
  return [head, middle && make(name, {}, middle), tail].filter(Boolean);
}

function findingRows(finding) {
  const badge = badgeOf(finding.outcome);
  const address = lines => make("th", { scope: "row", rowspan: lines > 1 && lines, class: badge.class },
    make("span", { "aria-hidden": "true" }, badge.sign + " "), hidden(badge.words + ": "), finding.address);
  if (!finding.diff) {
    const said = finding.note ? `nothing: ${finding.note}` : "nothing";
    return [make("tr", {}, address(1), make("td", { "data-label": "expected" }, finding.expected),
      make("td", { "data-label": "actual" }, finding.actual ?? make("span", { class: "dim" }, said)))];
  }
  return finding.diff.map((line, at, lines) => {
    const row = make("tr", { class: at === lines.length - 1 ? "line last" : "line" }, at === 0 && address(lines.length));
    if (typeof line === "number") row.append(make("td", { colspan: 2, class: "dim" }, `… ${line} lines left out`));
    else if (typeof line === "string") row.append(make("td", {}, line), make("td", {}, line));
    else {
      const [left, right] = line;
      row.append(
        make("td", { class: left && "del", "data-label": left && "−" }, ...marked(left, "del")),
        make("td", { class: right && "ins", "data-label": right && "+" }, ...marked(right, "ins")));
    }
    return row;
  });
}

function findingTable(findings) {
  const columns = ["address", "expected", "actual"].map(name => make("col", { class: name }));
  const heads = ["Observation", "Expected", "Actual"].map(name => make("th", { scope: "col" }, name));
  return make("table", {}, make("colgroup", {}, ...columns), make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...findings.flatMap(findingRows)));
}

function builtParts(build) {
  const steps = build.steps.map(step => {
    const phases = step.phases.length ? step.phases.map(([name, time]) => `${name} ${time}`).join(" · ") : "no phase seen";
    return make("div", {}, make("p", {}, make("strong", {}, step.name), ` ${step.ended}: `, make("span", { class: "text" }, phases)),
      disclosure({}, make("summary", { class: "dim" }, "Command"), () => make("pre", {}, step.command)));
  });
  const log = build.log && disclosure({}, make("summary", {}, "End of the output"), () => make("pre", { tabindex: 0 }, build.log));
  return [dim(build.about), ...steps, log];
}

function domainPart(row, cell, at) {
  const domain = data.domains[at], verdict = verdictOf(cell);
  const summary = make("summary", { class: verdict.class }, `${verdict.sign} ${verdict.words} · ${domain.name}`);
  const open = isProblem(cell) || row.cells.filter(Boolean).length === 1 || verdict.class === "recorded";
  return disclosure({ class: "domain", open }, summary, () => make("div", {},
    cell.reason && make("p", {}, cell.reason),
    cell.findings && findingTable(cell.findings),
    make("p", {}, "Again: ", make("code", {}, `${domain.again} ${row.again}`)),
    ...(cell.build === undefined || !domain.builds[cell.build] ? [] : builtParts(domain.builds[cell.build]))));
}

function sourceParts(row) {
  const checksums = [...new Set(row.cells.filter(Boolean).map(cell => cell.source))];
  return checksums.flatMap(checksum => data.sources[checksum] ?? []).map(([path, text]) =>
    disclosure({}, make("summary", {}, path), () => make("pre", { tabindex: 0 }, data.texts[text])));
}

function body(row) {
  return make("div", { class: "body" },
    dim(`PMS ${data.sections[row.section]} · ${row.requirements.join(", ")} · `, make("a", { href: "#" + new URLSearchParams({ open: row.id }) }, "link")),
    row.disputed && make("p", { class: "banner" }, "Disputed: " + row.disputed),
    ...row.cells.map((cell, at) => cell && domainPart(row, cell, at)).filter(Boolean),
    ...sourceParts(row));
}

function sign(cell, at) {
  if (!cell) return make("span", { class: "sign" });
  const verdict = verdictOf(cell), words = `${data.domains[at].name}: ${verdict.words}`;
  return make("span", { class: "sign " + verdict.class, title: words },
    make("span", { "aria-hidden": "true" }, verdict.sign), hidden(words + ", "));
}

function rowPart(row, open) {
  return disclosure({ class: "row", open: open === row.id, "data-id": row.id }, make("summary", {},
    ...row.cells.map(sign), make("span", { class: "id" }, row.id),
    make("span", { class: "title" }, (row.disputed ? "(disputed) " : "") + row.title)), () => body(row));
}

function haystack(row) {
  row.haystack ??= [row.id, row.title, data.sections[row.section], ...row.requirements,
    ...row.cells.filter(Boolean).flatMap(cell => [cell.reason ?? "", ...(cell.findings ?? []).flatMap(f =>
      [f.address, f.expected, f.actual ?? "", ...(f.diff ?? []).map(line => Array.isArray(line) ? line.flat().join("") : "")])]),
  ].join("\n").toLowerCase();
  return row.haystack;
}

function matching(wanted) {
  const text = wanted.text.trim().toLowerCase();
  const domain = data.domains.findIndex(d => d.name === wanted.domain);
  const fits = cell => wanted.verdict === "all" || (wanted.verdict === "problems" ? isProblem(cell) : verdictOf(cell).class === wanted.verdict);
  return data.rows.filter(row =>
    (!wanted.eapi || row.eapi === wanted.eapi) && (!wanted.section || data.sections[row.section] === wanted.section)
    && (!wanted.differs || row.differs)
    && (domain < 0 ? row.cells : [row.cells[domain]]).some(cell => cell && fits(cell))
    && (!text || haystack(row).includes(text)));
}

function show(wanted, open) {
  const rows = open ? data.rows.filter(row => row.id === open) : matching(wanted);
  const groups = new Map();
  for (const row of rows) groups.has(row.section) ? groups.get(row.section).push(row) : groups.set(row.section, [row]);
  const parts = [...groups].sort(([a], [b]) => a - b).map(([section, own]) =>
    disclosure({ class: "section", open: rows.length <= OPEN_AT_MOST },
      make("summary", {}, data.sections[section], make("span", { class: "dim" }, ` ${own.length}`)),
      () => make("div", {}, ...own.map(row => rowPart(row, open)))));
  list.replaceChildren(...parts);
  count.textContent = `${rows.length} of ${data.rows.length}`;
}

const defaults = { verdict: data.rows.some(row => row.cells.some(c => c && isProblem(c))) ? "problems" : "all", domain: "", eapi: "", section: "", differs: "", text: "" };

function fromForm() {
  const entries = Object.keys(defaults).map(name => [name, name === "differs" ? (form.differs.checked ? "1" : "") : form[name].value]);
  return Object.fromEntries(entries);
}

function fromAddress() {
  const address = new URLSearchParams(location.hash.slice(1)), open = address.get("open");
  const start = open || address.has("section") ? { ...defaults, verdict: "all" } : defaults;
  for (const [name, value] of Object.entries(start)) {
    const wanted = address.get(name) ?? value;
    if (name === "differs") form.differs.checked = wanted === "1";
    else form[name].value = wanted;
  }
  show(fromForm(), open);
}

let waiting;
function changed() {
  const wanted = fromForm();
  const address = new URLSearchParams(Object.entries(wanted).filter(([name, value]) =>
    value !== (name === "verdict" && wanted.section ? "all" : defaults[name])));
  history.replaceState(null, "", "#" + address);
  clearTimeout(waiting);
  waiting = setTimeout(() => show(wanted), 60);
}

form.addEventListener("input", changed);
form.addEventListener("reset", event => { event.preventDefault(); location.hash = ""; fromAddress(); });
form.addEventListener("submit", event => event.preventDefault());
addEventListener("hashchange", () => {
  if (location.hash === "#instances") return;
  fromAddress();
  const opened = list.querySelector(".row[open]");
  (opened ?? document.getElementById("instances")).scrollIntoView();
});
for (const link of document.querySelectorAll("a[data-section], a[data-verdict]")) link.href = "#" + new URLSearchParams(link.dataset);
fromAddress();
list.querySelector(".row[open]")?.scrollIntoView();
