import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** In which form the packages are given away, which decides how OpenPGP.js is exchanged for another version of it. */
type Form = "executable" | "file" | "package";

const CONTAINS: Readonly<Record<Form, string>> = {
  executable:
    "The executable beside this file also contains Node.js and the packages below, each under the\nlicence that follows it.",
  file: "The file doppel.mjs also contains the packages below, each under the licence that follows it.",
  package: "Its program also contains the packages below, each under the licence that follows it.",
};
const EXCHANGE: Readonly<Record<Form, string>> = {
  executable: "it: put that in place of node_modules/openpgp in doppel's sources, which are public, and run `npm run build:exe`.",
  file: "it: put that in place of node_modules/openpgp in doppel's sources, which are public, and run `npm run pack`.",
  package: "it: node_modules/openpgp of this package is part of it, unchanged; put the other version in its place.",
};

function leadOf(form: Form, openpgp: string): string {
  return `doppel is under the MIT licence. ${CONTAINS[form]}

OpenPGP.js is under the GNU Lesser General Public License 3, whose section 4 wants you to be able to use another version of
${EXCHANGE[form]}
It is OpenPGP.js ${openpgp}, unchanged; its sources are at https://github.com/openpgpjs/openpgpjs under the tag v${openpgp}.
`;
}

/** Our own; also the wording of its kind, for packages that come without a text. */
const OWN = "LICENSE";
/** OpenPGP.js comes without it. */
const GPL = "packages/openpgp/gpl-3.0.txt";

interface Package {
  readonly title: string;
  readonly license: string;
  /** Empty: it comes without. */
  readonly text: string;
  readonly author: string;
}

/**
 * The licences of doppel itself and of all npm packages among what was bundled; packages that have the very same text share it.
 * @param inputs paths relative to `root`
 * @throws Error for a package that comes without a text, and has a licence whose wording is not at hand
 */
export async function licencesOf(root: string, inputs: Iterable<string>, form: Form = "executable"): Promise<string> {
  const folders = new Set<string>();
  for (const path of inputs) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = await Promise.all([...folders].toSorted().map((folder) => packageIn(join(root, folder))));
  const own = await readFile(join(root, OWN), "utf8");
  const titles = new Map<string, string[]>();
  for (const one of packages) {
    const text = one.text || substitute(one, packages, own);
    titles.set(text, [...(titles.get(text) ?? []), one.title]);
  }
  const node = form === "executable" ? [section(`Node.js ${process.version}`, await nodeLicence())] : [];
  const openpgp = packages.find(({ title }) => title.startsWith("openpgp "));
  return `${[
    leadOf(form, openpgp?.title.split(" ")[1] ?? ""),
    section("doppel (MIT)", own),
    ...node,
    ...[...titles].map(([text, of]) => section(of.join("\n"), text)),
    section("GNU General Public License 3, which the LGPL builds upon", await readFile(join(root, GPL), "utf8")),
    ...(openpgp
      ? [section("What is in OpenPGP.js of others", await noticesIn(join(root, "node_modules/openpgp/dist/node/openpgp.mjs")))]
      : []),
  ].join("\n")}\n`;
}

async function packageIn(folder: string): Promise<Package> {
  const { name, version, license, author } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Record<
    string,
    string
  > & {
    readonly author?: string | { readonly name: string };
  };
  const files = (await readdir(folder)).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts = await Promise.all(files.toSorted().map((file) => readFile(join(folder, file), "utf8")));
  const by = typeof author === "object" ? author.name : (author ?? "");
  return { title: `${name} ${version} (${license})`, license: license!, text: texts.join("\n").trim(), author: by };
}

/** The text of a package that names its licence and has no file of it. */
function substitute({ title, license, author }: Package, others: readonly Package[], mit: string): string {
  if (license === "MIT" && author !== "")
    return mit.replace(/^Copyright .*$/m, `Copyright (c) ${author.replace(/ \(http.*/, "")}`).trim();
  const apache = license === "Apache-2.0" && others.find((other) => other.license === license && other.text !== "");
  if (apache) return apache.text;
  throw new Error(`${title} comes without the text of its licence: find it, and see that it is in what we give away`);
}

/** Comments of a source that name who wrote parts of it, but for its own authors' above LGPL code: bundling drops them. */
async function noticesIn(path: string): Promise<string> {
  const comments = (await readFile(path, "utf8")).match(/\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm) ?? [];
  const notices = comments.filter((text) => /copyright|\(c\) \d{4}/i.test(text) && !text.includes("GNU Lesser General Public"));
  return [...new Set(notices.map((text) => text.replace(/^[ \t]+/gm, "").trim()))].join("\n\n");
}

function section(title: string, text: string): string {
  return `${"=".repeat(80)}\n${title}\n\n${text.trimEnd()}\n`;
}

/** Where Node's archives and Debian's packages have it; those of other makers may have none. */
async function nodeLicence(): Promise<string> {
  const prefix = dirname(dirname(process.execPath));
  for (const path of ["LICENSE", "share/doc/nodejs/LICENSE"]) {
    const text = await readFile(join(prefix, path), "utf8").catch(() => undefined);
    if (text?.includes("Node.js")) return text;
  }
  return `https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
}
