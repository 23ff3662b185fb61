import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import { appendProfile, profilesPath, readTrusted } from "@doppel/monitor";
import { type Environment, localPath } from "../locations.ts";
import { parseDuplyConf } from "../profiles/duply-conf.ts";
import { importDuply, yamlOf } from "../profiles/duply-profile.ts";
import { argument, type Command } from "../session.ts";

/** `doppel profile import NAME`: exits with 3 when something of duply's profile was not understood. */
export const profileImport: Command = async ({ invocation, environment, renderer }) => {
  const { settings } = invocation;
  const folder = duplyFolder(localPath(argument(invocation, "NAME")), environment);
  const name = basename(folder);
  const conf = parseDuplyConf(readConf(join(folder, "conf")), environment.variables);
  const imported = importDuply(
    name,
    conf,
    folder,
    ["exclude", "pre", "post"].filter((file) => existsSync(join(folder, file))),
  );
  const yaml = yamlOf(name, imported, "  ");
  const data = { profile: name, yaml, notes: imported.notes };
  if (settings.write && !imported.isUsable) {
    const text = `${imported.notes.map((note) => `${note}\n`).join("")}nothing is written: @${name} has no target\n`;
    renderer.result({ kind: "page", name: "profile import", text, data });
  } else if (settings.write) {
    const given = settings.profiles;
    const file = resolve(environment.cwd, given === undefined ? profilesPath(environment.variables) : localPath(given));
    await append(file, name, (indent) => yamlOf(name, imported, indent));
    const notes = imported.notes.map((note) => `${note}\n`).join("");
    renderer.result({
      kind: "page",
      name: "profile import",
      text: `${notes}@${name} is in ${file} now\n`,
      data: { ...data, file },
    });
  } else renderer.result({ kind: "page", name: "profile import", text: yaml, data });
  return imported.incomplete ? "incomplete" : "complete";
};

/** duply's own places, in its order; a name with a slash is a folder. @throws source.missing */
function duplyFolder(name: string, { variables, cwd }: Environment): string {
  const { HOME: home } = variables;
  const places = name.includes("/") ? [name] : [...(home ? [join(home, ".duply", name)] : []), join("/etc/duply", name)];
  const found = places.map((place) => resolve(cwd, place)).find((place) => existsSync(join(place, "conf")));
  if (found !== undefined) return found;
  const message = `there is no duply profile ${name}: looked for ${places.map((place) => join(place, "conf")).join(" and ")}; name its folder`;
  throw new DoppelError("source.missing", message, { path: places[0]! });
}

function readConf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new DoppelError("source.unreadable", `${path} cannot be read (${errnoOf(error) ?? "unknown error"})`, { path }, error);
  }
}

/** In one step: whoever reads the file meanwhile has the old one or the new one. @throws profiles.bad */
async function append(named: string, name: string, block: (indent: string) => string): Promise<void> {
  const file = existsSync(named) ? realpathSync(named) : named;
  try {
    const before = existsSync(file) ? (await readTrusted(process.geteuid?.())(file)).toString("utf8") : "version: 1\n";
    const after = appendProfile(file, before, name, block);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const fresh = `${file}.new`;
    rmSync(fresh, { force: true });
    writeFileSync(fresh, after, { mode: 0o600, flag: "wx" });
    if (existsSync(file)) {
      const { mode, uid, gid } = statSync(file);
      chmodSync(fresh, mode & 0o755);
      if (process.geteuid?.() === 0) chownSync(fresh, uid, gid);
    }
    renameSync(fresh, file);
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    throw new DoppelError("profiles.bad", `${file} cannot be written (${errnoOf(error) ?? String(error)})`, { file }, error);
  }
}
