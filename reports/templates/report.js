"use strict";
/* The data comes in parts: JSON inside the page, or separate scripts that call part(). */
const asked = new Map(), arrived = new Map();
function part(name, value) { arrived.get(name)?.(value); }
function load(name) {
  if (!asked.has(name)) asked.set(name, new Promise((resolve, reject) => {
    const inline = document.getElementById("part-" + name);
    if (inline) return resolve(JSON.parse(inline.textContent));
    if (document.querySelector("script[type='application/json']")) return reject(new Error("this report lacks its part " + name));
    arrived.set(name, resolve);
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onerror = () => reject(new Error(`cannot read data/${name}.js: copy the folder data together with index.html`));
    document.head.append(script);
  }));
  return asked.get(name);
}

const form = document.forms[0], list = document.getElementById("list"), count = document.getElementById("count");
/* With more cases than this, all sections are closed at first. */
const OPEN_AT_MOST = 150;
let data, defaults;

const isProblem = verdict => verdict !== null && data.verdicts[verdict].problem;
const outcomes = { met: "passed", differs: "failed", missing: "not-observed", recorded: "recorded" };
const badgeOf = outcome => data.verdicts.find(v => v.class === outcomes[outcome]);
/* Of several verdicts, the one with the highest weight is shown. */
const weight = verdict => verdict === null ? -1 : ["unsupported", "skipped", "recorded", "passed", "known", "blocked", "lenient", "stale", "error", "timed-out", "not-observed", "failed"].indexOf(data.verdicts[verdict].class);

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter(child => child !== undefined && child !== null && child !== false && child !== ""));
  return element;
}
const hidden = text => make("span", { class: "hidden" }, text);
const dim = (...children) => make("p", { class: "dim" }, ...children);
const complaint = error => make("p", { class: "banner", role: "alert" }, error.message);

/* A details element whose content is made when it is first opened. */
function disclosure(attributes, summary, content) {
  const details = make("details", attributes, summary);
  const fill = () => { if (details.open && details.children.length === 1) details.append(content()); };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

/* An element whose content is made when its parts have been loaded. */
function later(names, content) {
  const element = make("div", { class: "body", "aria-busy": "true" }, dim("…"));
  Promise.all(names.map(load)).then(parts => element.replaceChildren(...content(...parts).filter(Boolean)))
    .catch(error => element.replaceChildren(complaint(error)))
    .finally(() => element.removeAttribute("aria-busy"));
  return element;
}

function marked(parts, name) {
  if (!parts) return [];
  const [head, middle, tail] = parts;
  return [head, middle && make(name, {}, middle), tail];
}

function comparedRows(compared) {
  const badge = badgeOf(compared.outcome);
  const address = lines => make("th", { scope: "row", rowspan: lines > 1 && lines, class: badge.class },
    make("span", { "aria-hidden": "true" }, badge.sign + " "), hidden(badge.words + ": "), compared.address);
  if (!compared.diff) {
    const said = compared.note ? `not observed: ${compared.note}` : "not observed";
    return [make("tr", {}, address(1), make("td", { "data-label": "expected" }, compared.expected),
      make("td", { "data-label": "actual" }, compared.actual ?? make("span", { class: "dim" }, said)))];
  }
  return compared.diff.map((line, at, lines) => {
    const row = make("tr", { class: at === lines.length - 1 ? "line last" : "line" }, at === 0 && address(lines.length));
    if (typeof line === "number") row.append(make("td", { colspan: 2, class: "dim" }, `… ${line} lines omitted`));
    else if (typeof line === "string") row.append(make("td", {}, line), make("td", {}, line));
    else {
      const [left, right] = line;
      row.append(
        make("td", { class: left && "del", "data-label": left && "−" }, marked(left, "del")),
        make("td", { class: right && "ins", "data-label": right && "+" }, marked(right, "ins")));
    }
    return row;
  });
}

function comparedTable(compared) {
  const columns = ["address", "expected", "actual"].map(name => make("col", { class: name }));
  const heads = ["Observation", "Expected", "Actual"].map(name => make("th", { scope: "col" }, name));
  return make("table", {}, make("colgroup", {}, columns), make("thead", {}, make("tr", {}, heads)),
    make("tbody", {}, compared.flatMap(comparedRows)));
}

function builtParts(build) {
  const steps = build.steps.map(step => {
    const phases = step.phases.length ? step.phases.map(([name, time]) => `${name} ${time}`).join(" · ") : "no phase observed";
    return make("div", {}, make("p", {}, make("strong", {}, step.name), ` ${step.ended}: `, make("span", { class: "text" }, phases)),
      disclosure({}, make("summary", { class: "dim" }, "Command"), () => make("pre", {}, step.command)));
  });
  const log = build.log && disclosure({}, make("summary", {}, "End of the package manager's output"), () => make("pre", { tabindex: 0 }, build.log));
  return [dim(build.about), steps, log];
}

function targetPart(row, at, { cells, builds }) {
  const target = data.targets[at], verdict = data.verdicts[row.cells[at]];
  const cell = cells.find(cell => cell.id === row.id);
  const summary = make("summary", { class: verdict.class }, `${verdict.sign} ${verdict.words} · ${target.name}`);
  const alone = row.cells.filter(verdict => verdict !== null).length === 1;
  return disclosure({ class: "target", open: verdict.problem || alone || ["recorded", "known"].includes(verdict.class) }, summary, () => make("div", {},
    cell.reason && make("p", {}, cell.reason),
    (cell.notes ?? []).map(note => make("p", {}, note)),
    cell.compared && comparedTable(cell.compared),
    make("p", {}, "Run again: ", make("code", {}, `${target.again} ${cell.again}`)),
    cell.build === undefined ? [] : builtParts(builds[cell.build])));
}

function sourceParts(checksums, files) {
  const sources = new Map(files.sources);
  const named = new Map(checksums.flatMap(checksum => sources.get(checksum) ?? []).map(([path, text]) => [`${path}\n${text}`, [path, text]]));
  return [...named.values()].map(([path, text]) =>
    disclosure({}, make("summary", {}, path), () => make("pre", { tabindex: 0 }, files.texts[text])));
}

const link = (parameters, words) => make("a", { href: "#" + new URLSearchParams(parameters) }, words);

function requirement(number) {
  const [id, , statement] = data.requirements[number];
  return make("p", { class: "requirement" }, link({ verdict: "all", text: id }, id), " ", statement);
}

/* The details of an instance: the results on each target, and the files of the build. */
function body(entry, row) {
  const on = row.cells.flatMap((verdict, at) => verdict === null ? [] : [at]);
  const names = [...on.map(at => `${entry.section}-${at}`), `${entry.section}-files`];
  return later(names, (...parts) => {
    const files = parts.pop();
    const cells = parts.map(details => details.cells.find(cell => cell.id === row.id));
    return [
      dim("PMS ", link({ section: data.sections[entry.section] }, data.titles[entry.section]), " · EAPI ", row.eapi, " · ", link({ open: row.id }, "link to this")),
      /* The first requirement is the heading above. */
      ...entry.requirements.slice(1).map(requirement),
      entry.disputed && make("p", { class: "banner" }, "Disputed: " + entry.disputed),
      ...on.map((at, position) => targetPart(row, at, parts[position])),
      ...sourceParts([...new Set(cells.map(cell => cell.source))], files),
    ];
  });
}

function signs(cells) {
  return cells.map((number, at) => {
    if (number === null) return make("span", { class: "sign" });
    const verdict = data.verdicts[number], words = `${data.targets[at].name}: ${verdict.words}`;
    return make("span", { class: "sign " + verdict.class, title: words },
      make("span", { "aria-hidden": "true" }, verdict.sign), hidden(words + ", "));
  });
}

const words = row => row.words ??= (row.said ?? []).map(([at, said]) => data.targets.length > 1 ? `${data.targets[at].name}: ${said}` : said).join(" · ");

function instancePart(entry, row, open) {
  return disclosure({ class: "row instance", open: open === row.id, "data-id": row.id }, make("summary", {},
    signs(row.cells), make("span", { class: "id" }, row.id), make("span", { class: "title" }, words(row))), () => body(entry, row));
}

/* A case: shows its only instance, or lists several. */
function casePart({ entry, rows }, open) {
  const [first] = rows, single = rows.length === 1;
  const cells = first.cells.map((_, at) => rows.map(row => row.cells[at]).reduce((a, b) => weight(b) > weight(a) ? b : a));
  const said = rows.map(words).find(Boolean);
  const title = [entry.disputed && "(disputed) ", entry.title, said && make("span", { class: "said" }, " — " + said)];
  const summary = make("summary", {}, signs(cells), make("span", { class: "id" }, single ? first.id : entry.id),
    !single && make("span", { class: "dim" }, `×${rows.length}`), make("span", { class: "title" }, title));
  const opened = rows.some(row => row.id === open);
  return disclosure({ class: "row", open: opened, "data-id": single ? first.id : entry.id }, summary,
    () => single ? body(entry, first) : make("div", { class: "body" }, rows.map(row => instancePart(entry, row, open))));
}

function sectionPart(cases, open) {
  const parts = [];
  let heading;
  for (const one of cases) {
    const number = one.entry.requirements[0];
    if (number !== heading && number !== undefined) {
      heading = number;
      parts.push(requirement(number));
    }
    parts.push(casePart(one, open));
  }
  return make("div", {}, parts);
}

function haystack(entry) {
  entry.haystack ??= [entry.id, entry.title, entry.disputed ?? "", data.sections[entry.section], data.titles[entry.section], ...entry.requirements.flatMap(number => data.requirements[number])]
    .join("\n").toLowerCase();
  return entry.haystack;
}

/* The cases that match the filter, with their matching instances. */
function matching(wanted) {
  const text = wanted.text.trim().toLowerCase();
  const target = data.targets.findIndex(d => d.name === wanted.target);
  const verdict = data.verdicts.findIndex(v => v.class === wanted.verdict);
  const fits = number => number !== null && (wanted.verdict === "all" || (wanted.verdict === "problems" ? isProblem(number) : number === verdict));
  const section = data.sections.indexOf(wanted.section);
  const found = [];
  for (const entry of data.cases) {
    if (wanted.section && entry.section !== section) continue;
    const named = !text || haystack(entry).includes(text);
    const rows = entry.rows.filter(row =>
      (!wanted.eapi || row.eapi === wanted.eapi) && (!wanted.differs || row.differs)
      && (target < 0 ? row.cells.some(fits) : fits(row.cells[target]))
      && (named || (row.haystack ??= `${row.id}\n${words(row)}`.toLowerCase()).includes(text)));
    if (rows.length) found.push({ entry, rows });
  }
  return found;
}

function opened(id) {
  return data.cases.flatMap(entry => {
    const rows = entry.rows.filter(row => row.id === id);
    return rows.length ? [{ entry, rows }] : [];
  });
}

function show(wanted, open) {
  const cases = open ? opened(open) : matching(wanted);
  const sections = new Map();
  for (const one of cases) sections.has(one.entry.section) ? sections.get(one.entry.section).push(one) : sections.set(one.entry.section, [one]);
  const parts = [...sections].map(([section, own]) =>
    disclosure({ class: "section", open: cases.length <= OPEN_AT_MOST },
      make("summary", {}, data.titles[section], make("span", { class: "dim" }, ` ${data.sections[section]} · ${own.length}`)), () => sectionPart(own, open)));
  list.replaceChildren(...parts);
  const rows = cases.reduce((sum, { rows }) => sum + rows.length, 0);
  const all = data.cases.reduce((sum, { rows }) => sum + rows.length, 0);
  count.textContent = `${rows} of ${all} instances, ${cases.length} of ${data.cases.length} cases`;
}

function fromForm() {
  const entries = Object.keys(defaults).map(name => [name, name === "differs" ? (form.differs.checked ? "1" : "") : form[name].value]);
  return Object.fromEntries(entries);
}

let waiting;
function fromAddress() {
  clearTimeout(waiting);
  const address = new URLSearchParams(location.hash.slice(1)), open = address.get("open");
  const start = open || address.has("section") ? { ...defaults, verdict: "all" } : defaults;
  for (const [name, value] of Object.entries(start)) {
    const wanted = address.get(name) ?? value;
    if (name === "differs") form.differs.checked = wanted === "1";
    else form[name].value = wanted;
  }
  show(fromForm(), open);
}

function changed() {
  const wanted = fromForm();
  const address = new URLSearchParams(Object.entries(wanted).filter(([name, value]) =>
    value !== (name === "verdict" && wanted.section ? "all" : defaults[name])));
  history.replaceState(null, "", "#" + address);
  clearTimeout(waiting);
  waiting = setTimeout(() => show(wanted), 60);
}

/* An address without parameters is the id of an element. */
const isElementId = () => location.hash && !location.hash.includes("=");
function toElement() {
  const element = document.getElementById(location.hash.slice(1));
  if (element?.tagName === "DETAILS") element.open = true;
  element?.scrollIntoView();
}
const toOpened = () => list.querySelector(".row[open]")?.scrollIntoView();

/* The arrow keys move from line to line. */
function onKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.tagName !== "SUMMARY" || event.altKey || event.ctrlKey || event.metaKey) return;
  const lines = [...list.querySelectorAll("summary")].filter(line => line.checkVisibility?.() ?? line.offsetParent);
  const next = lines[lines.indexOf(event.target) + step];
  if (next) { event.preventDefault(); next.focus(); }
}

const SVG = "http://www.w3.org/2000/svg";
function shape(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/* A row for each testbed, a bar for each command. */
function timeline({ lanes, end_ms, bars }) {
  const WIDTH = 1200, LANE = 18, x = ms => ms / Math.max(end_ms, 1) * WIDTH;
  const seconds = ms => `${(ms / 1000).toFixed(1)} s`;
  const commands = bars.map(([lane, start, duration, words, bad]) => shape("rect",
    { class: bad ? "failed" : "passed", x: x(start), y: lane * LANE + 2, width: Math.max(x(duration), 1), height: bad ? LANE - 3 : LANE - 8 },
    shape("title", {}, `${words}, from ${seconds(start)}`)));
  return [
    dim(`Commands: ${bars.length}, testbeds: ${lanes}, time: ${seconds(end_ms)}. A tall bar contains a problem.`),
    make("div", { class: "scroll", tabindex: 0 }, shape("svg", { viewBox: `0 0 ${WIDTH} ${lanes * LANE}`, width: WIDTH, height: lanes * LANE, role: "img", "aria-label": `Timeline, commands: ${bars.length}, testbeds: ${lanes}` }, ...commands)),
  ];
}

document.getElementById("timeline").addEventListener("toggle", event => {
  for (const element of event.target.querySelectorAll("[data-timeline]")) {
    const name = `time-${element.dataset.timeline}`;
    if (event.target.open && element.children.length === 1) element.append(later([name], timeline));
  }
});

/* A click on a heading of the findings sorts them; another one turns the order around. */
function sortable(table) {
  const buttons = [...table.tHead.querySelectorAll("button")];
  for (const button of buttons) button.addEventListener("click", () => {
    const at = button.closest("th").cellIndex, up = button.dataset.order !== "up";
    for (const other of buttons) delete other.dataset.order;
    button.dataset.order = up ? "up" : "down";
    const key = row => row.cells[at].dataset.sort ?? row.cells[at].textContent;
    const rows = [...table.tBodies[0].rows].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
    table.tBodies[0].append(...(up ? rows : rows.reverse()));
  });
}
const findings = document.getElementById("findings-table");
if (findings) sortable(findings);

function start(index) {
  data = index;
  defaults = { verdict: data.cases.some(({ rows }) => rows.some(row => row.cells.some(isProblem))) ? "problems" : "all", target: "", eapi: "", section: "", differs: "", text: "" };
  if (data.targets.length > 1) document.getElementById("columns").textContent = "Signs from left to right: " + data.targets.map(d => d.name).join(", ");
  form.addEventListener("input", changed);
  form.addEventListener("reset", event => { event.preventDefault(); location.hash = ""; fromAddress(); });
  form.addEventListener("submit", event => event.preventDefault());
  list.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => {
    if (isElementId()) return toElement();
    fromAddress();
    if (location.hash) (list.querySelector(".row[open]") ?? document.getElementById("instances")).scrollIntoView();
  });
  for (const anchor of document.querySelectorAll("a[data-verdict], a[data-text], a[data-open]")) anchor.href = "#" + new URLSearchParams(anchor.dataset);
  const targets = ["", ...data.targets.map(({ name }) => "&" + new URLSearchParams({ target: name }))];
  for (const { dataset, cells } of document.querySelectorAll("tr[data-section]")) {
    const section = "#" + new URLSearchParams(dataset);
    for (const [at, cell] of [...cells].entries()) if (cell.firstChild) cell.firstChild.href = section + targets[at];
  }
  fromAddress();
  if (isElementId()) toElement();
  else toOpened();
}
load("index").then(start).catch(error => list.replaceChildren(complaint(error)));
