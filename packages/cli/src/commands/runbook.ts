import { displayPath } from "@doppel/base";
import { type ReadDeps, status as statusOf, type StatusReport } from "@doppel/engine/internal";
import { recipientsOf } from "@doppel/monitor";
import manifest from "../../package.json" with { type: "json" };
import { folderOf, localPath } from "../locations.ts";
import type { Settings } from "../options.ts";
import { type Bucket, newestOf, type RunbookFacts } from "../runbook/facts.ts";
import { runbookPage } from "../runbook/page.ts";
import { argument, type Command, type Session } from "../session.ts";
import { bucketOf, isBucket, prefixesOf, withoutSecret } from "../wire.ts";
import { withReadDeps } from "./reading.ts";

/** `doppel runbook URL`. Needs no key, and asks for none. */
export const runbook: Command = (session) =>
  withReadDeps(session, async (deps) => {
    const { invocation, runtime, renderer } = session;
    const status = await statusOf({ prefixes: prefixesOf(invocation.settings) }, deps, runtime);
    const facts = await factsOf(session, status, deps.storage);
    const { title, url, made, recipients, fingerprints } = facts;
    const newest = newestOf(status);
    renderer.result({
      kind: "page",
      name: "runbook",
      text: runbookPage(facts),
      data: { title, url, made, recipients, fingerprints, ...(newest && { newest: newest.end }), text: runbookPage(facts) },
    });
    return newest === undefined ? { exit: 1 } : "complete";
  });

async function factsOf(session: Session, status: StatusReport, storage: ReadDeps["storage"]): Promise<RunbookFacts> {
  const { invocation, environment, runtime, profile } = session;
  const { settings } = invocation;
  const url = argument(invocation, "URL");
  const folder = folderOf(url, environment);
  const s3 = isBucket(url) ? await bucketOf(url, session) : undefined;
  const secretKey = settings["secret-key"];
  const credentials = profile?.credentials;
  const where =
    credentials && (credentials.kind === "file" ? `the file ${credentials.path}` : `the AWS profile ${credentials.name}`);
  const manifestName = status.chains.at(-1)?.chain.full.manifest;
  return {
    title: profile?.name ?? displayPath(withoutSecret(url)),
    ...(profile && { profile: profile.name }),
    made: runtime.clock.now(),
    version: manifest.version,
    url: s3 ? `s3://${s3.bucket}/${s3.prefix}` : displayPath(folder ?? withoutSecret(url)),
    options: [...optionsOf(s3 ?? {}), ...prefixOptions(settings)],
    ownOptions: ownOptionsOf(s3 ?? {}, settings),
    ...(s3 && { s3 }),
    ...(folder !== undefined && { folder: displayPath(folder) }),
    ...(where !== undefined && { credentials: where }),
    recipients: manifestName === undefined ? "none" : await recipientsOf(storage, manifestName, runtime.signal),
    fingerprints: profile?.pinned ?? [],
    ...(secretKey !== undefined && { secretKey: localPath(secretKey) }),
    status,
  };
}

/** What finds the bucket from any machine, whatever the environment of this one adds. */
function optionsOf({ endpoint, region }: Partial<Bucket>): readonly string[] {
  return [
    ...(endpoint === undefined ? [] : ["--s3-endpoint-url", endpoint]),
    ...(region === undefined ? [] : ["--s3-region-name", region]),
  ];
}

/** A name with a dot could be that of a server. */
function ownOptionsOf({ bucket = "" }: Partial<Bucket>, settings: Settings): readonly string[] {
  return [
    ...(bucket.includes(".") ? ["--s3-url-style", "bucket"] : []),
    ...(settings["s3-path-style"] ? ["--s3-path-style"] : []),
  ];
}

function prefixOptions(settings: Settings): readonly string[] {
  return PREFIXES.flatMap((name) => (settings[name] === "" ? [] : [`--${name}`, settings[name]]));
}

const PREFIXES = ["file-prefix", "file-prefix-archive", "file-prefix-manifest", "file-prefix-signature"] as const;
