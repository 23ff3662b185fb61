import { dearmored } from "../keyring/find.ts";
import { keyPolicy, openpgp } from "../openpgpjs.ts";

/** The first key of a file (armored or binary) as armored text, without anything secret. @throws Error for what is no key */
export async function publicKeyText(file: Uint8Array): Promise<string> {
  const { readKey } = await openpgp();
  const config = await keyPolicy();
  const key = await readKey({ binaryKey: dearmored(file), config });
  return `${key.toPublic().armor(config).replaceAll("\r\n", "\n").trimEnd()}\n`;
}
