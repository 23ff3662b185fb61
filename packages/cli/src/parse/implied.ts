import { type BytePath, DoppelError } from "@doppel/base";

/** What can only be a URL (cli spec 2.3); `a:b` and `./a://b` are paths. The same as in the storage package, which parsing must not load. */
const URL_START = /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/|file:\/)/i;

export function isUrl(argument: string): boolean {
  return URL_START.test(argument);
}

/**
 * What two arguments without a command mean: a path and a URL are a backup, a URL and a path a restore (cli spec 2.3).
 * @param program what people type to run this program
 * @throws cli.usage for two paths and for two URLs, which could mean anything
 */
export function impliedCommand([first, second]: readonly [BytePath, BytePath], program: string): "backup" | "restore" {
  if (!isUrl(first) && isUrl(second)) return "backup";
  if (isUrl(first) && !isUrl(second)) return "restore";
  const what = isUrl(first) ? "two URLs" : "two paths";
  const message = `${what} do not say what to do: name the command, as in ${program} backup SOURCE URL or ${program} restore URL TARGET`;
  throw new DoppelError("cli.usage", message, {});
}
