import { join, resolve } from "node:path";
import { DoppelError, displayPath } from "@doppel/base";
import { checkNoKeyThere, keyFiles, SERVER_NAME, writeKeyFiles } from "@doppel/setup";
import { localPath } from "../locations.ts";
import { argument, type Command } from "../session.ts";
import { newPassphrase } from "../setup/new-key.ts";
import { generateKey } from "../wire.ts";

/** `doppel setup key SERVER`: a key pair in two files, and a page to print. */
export const setupKey: Command = async (session) => {
  const { invocation, environment, runtime, renderer } = session;
  const { settings } = invocation;
  const server = displayPath(argument(invocation, "SERVER"));
  if (!SERVER_NAME.test(server)) {
    const message = `a server's name has letters, digits, dots, dashes and underscores, and begins with a letter or digit; not "${server}"`;
    throw new DoppelError("cli.usage", message, {});
  }
  const folder = resolve(environment.cwd, settings.out === undefined ? "." : localPath(settings.out));
  checkNoKeyThere(server, folder);
  const { passphrase } = await newPassphrase(session);
  const now = runtime.clock.now();
  const key = await generateKey({ kind: settings["key-kind"], userId: `Backups of ${server} (doppel)`, passphrase, now });
  const files = keyFiles(server, key, folder, now);
  writeKeyFiles(files);
  const at = (kind: string): string => join(folder, `${server}.${kind}`);
  const text = `fingerprint: ${key.fingerprint}
written:
  ${at("public.asc")}   for the server, and for anybody
  ${at("secret.asc")}   locked with the passphrase; it stays off the server
  ${at("paper.html")}   print it, keep it, and delete the file
next, on ${server}, with the public file:
  doppel setup server URL --public-key ${server}.public.asc --fingerprint ${key.fingerprint}
`;
  const data = { server, algorithm: settings["key-kind"], fingerprint: key.fingerprint, files: files.map(({ path }) => path) };
  renderer.result({ kind: "page", name: "key", text, data });
  return "complete";
};
