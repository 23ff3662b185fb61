import { DoppelError, errnoOf } from "@doppel/base";
import type { S3Options } from "@doppel/storage";

/** What a credentials file says. */
export type CredentialsFile = Pick<S3Options, "credentials" | "region" | "endpoint">;

const NAMES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"] as const;
const ENDPOINTS = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] as const;

/**
 * Reads lines `AWS_ACCESS_KEY_ID=…`, as systemd's EnvironmentFile and a shell take them: comments, blank lines, `export ` and
 * quotes around a value are fine. Other names mean nothing here.
 * @param readFile  `readPrivate`
 * @throws profiles.bad, which never quotes what stands in the file
 */
export async function readCredentials(path: string, readFile: (path: string) => Promise<Buffer>): Promise<CredentialsFile> {
  let content: string;
  try {
    content = (await readFile(path)).toString("utf8");
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    const message = `the credentials file ${path} cannot be read (${errnoOf(error) ?? "unknown error"}); it has lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…`;
    throw new DoppelError("profiles.bad", message, { file: path }, error);
  }
  const found = new Map<string, string>();
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue;
    const [, name, value] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      const message = `${path}:${index + 1}: no line NAME=VALUE, as AWS_ACCESS_KEY_ID=…`;
      throw new DoppelError("profiles.bad", message, { file: path, line: index + 1 });
    }
    found.set(name, value.replace(/^(["'])(.*)\1$/s, "$2"));
  }
  const [accessKeyId, secretAccessKey, sessionToken, ...regions] = NAMES.map((name) => found.get(name) || undefined);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
    throw new DoppelError("profiles.bad", `${path}: a line ${missing}=… is missing`, { file: path, key: missing });
  }
  const region = regions.find((name) => name !== undefined);
  const endpoint = ENDPOINTS.map((name) => found.get(name)).find(Boolean);
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
  };
}
