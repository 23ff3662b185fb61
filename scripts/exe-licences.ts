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

function leadOf(form: Form): string {
  return `doppel is under the MIT licence. ${CONTAINS[form]}

OpenPGP.js is under the GNU Lesser General Public License 3, whose section 4 wants you to be able to use another version of
${EXCHANGE[form]}
`;
}

/** OpenPGP.js comes without it. */
const GPL = "packages/openpgp/gpl-3.0.txt";

/** The licences of all npm packages among what was bundled. @param inputs paths relative to `root` */
export async function licencesOf(root: string, inputs: Iterable<string>, form: Form = "executable"): Promise<string> {
  const folders = new Set<string>();
  for (const path of inputs) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const node = form === "executable" ? [section(`Node.js ${process.version}`, await nodeLicence())] : [];
  const parts = [leadOf(form), ...node];
  for (const folder of [...folders].toSorted()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as Record<
      string,
      string
    >;
    const files = (await readdir(join(root, folder))).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
    const texts = await Promise.all(files.toSorted().map((file) => readFile(join(root, folder, file), "utf8")));
    parts.push(section(`${name} ${version} (${license})`, texts.join("\n")));
  }
  parts.push(section("GNU General Public License 3, which the LGPL builds upon", await readFile(join(root, GPL), "utf8")));
  return `${parts.join("\n")}\n`;
}

function section(title: string, text: string): string {
  return `${"=".repeat(80)}\n${title}\n\n${text}`;
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
