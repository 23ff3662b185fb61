import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { BytePath } from "@doppel/base";
import { type CredentialsFile, readCredentials } from "@doppel/monitor";
import { localPath } from "../locations.ts";
import type { Questions } from "./questions.ts";

/** Asks for no file, and none is made: credentials come as for every AWS program. */
const NONE = "none";

/** A server's credentials, and the text of the file that it gets with them. */
export interface ServerCredentials {
  readonly known: CredentialsFile;
  readonly text: string;
}

/**
 * The server's credentials, from a file (or descriptor: /dev/fd/N) or from the terminal; never from arguments,
 * which everybody on the machine can see. Undefined: there is to be none.
 * @throws profiles.bad, which quotes nothing of the file
 */
export async function credentialsFor(
  given: BytePath | undefined,
  cwd: string,
  questions: Questions,
): Promise<ServerCredentials | undefined> {
  if (given === NONE) return undefined;
  if (given !== undefined) return withText(await readCredentials(resolve(cwd, localPath(given)), (path) => readFile(path)));
  const accessKeyId = await questions.typed("AWS access key ID (nothing: as for every AWS program, from its configuration): ");
  if (accessKeyId === undefined) questions.missing("--aws-credentials");
  if (accessKeyId === undefined || accessKeyId === "") return undefined;
  const secretAccessKey = (await questions.typed("AWS secret access key (not shown): ", false)) ?? "";
  return withText({ credentials: { accessKeyId, secretAccessKey } });
}

function withText(known: CredentialsFile): ServerCredentials {
  return { known, text: textOf(known) };
}

function textOf({ credentials, region, endpoint }: CredentialsFile): string {
  if (credentials === undefined) throw new Error("a credentials file without credentials was read");
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const lines = [
    "# Of this server's backups. Made by doppel setup server; only root may read it.",
    `AWS_ACCESS_KEY_ID=${accessKeyId}`,
    `AWS_SECRET_ACCESS_KEY=${secretAccessKey}`,
    ...(sessionToken === undefined ? [] : [`AWS_SESSION_TOKEN=${sessionToken}`]),
    ...(region === undefined ? [] : [`AWS_REGION=${region}`]),
    ...(endpoint === undefined ? [] : [`AWS_ENDPOINT_URL=${endpoint}`]),
  ];
  return `${lines.join("\n")}\n`;
}
