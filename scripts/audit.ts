/**
 * `npm run audit`: asks npm's registry which packages of package-lock.json have known holes. Fails for each that nobody has explained, and
 * when the registry gives no answer, as many mirrors do not: nothing is known then.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** Advisories that do not concern us, by their addresses, and why. Empty: none. */
const EXPLAINED: Readonly<Record<string, string>> = {};

interface Advisory {
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly range: string;
}

interface Report {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly via: readonly (Advisory | string)[]; readonly nodes: readonly string[] }>
  >;
}

const { stdout, stderr } = spawnSync("npm", ["audit", "--json"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 });
const { vulnerabilities } = parsed(stdout);
if (vulnerabilities === undefined) {
  console.error(
    `audit: the registry gave no answer, so nothing is known: ${stderr.match(/^npm (?:warn|error) audit .*/m)?.[0] ?? "no reason"}`,
  );
  console.error("audit: run it where npm asks its own registry, or a mirror that passes such questions on");
  process.exit(2);
}
// Those of others' dependencies are named at the dependency itself.
const found = Object.entries(vulnerabilities).flatMap(([name, { via }]) =>
  via.flatMap((advisory) => (typeof advisory === "string" ? [] : [{ name, ...advisory }])),
);
for (const { name, title, url, severity, range } of found) {
  console.log(
    `${EXPLAINED[url] === undefined ? "FOUND    " : "explained"} ${severity} ${name} ${range}: ${title} (${url})${EXPLAINED[url] ? `: ${EXPLAINED[url]}` : ""}`,
  );
}
const open = found.filter(({ url }) => EXPLAINED[url] === undefined).length;
console.log(`audit: ${found.length} findings, ${open} of them not explained`);
process.exit(open === 0 ? 0 : 1);

function parsed(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
