import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  asStored,
  compareTrees,
  describeRealS3,
  isRoot,
  openTempDir,
  type RunResult,
  run,
  type S3Credentials,
  type S3Proxy,
  type S3Request,
  type S3Site,
  type S3TestServer,
  scanTree,
  sendRaw,
  startS3Proxy,
  startS3Server,
  type TreeEntry,
} from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { cleanEnv, DOPPEL, doppel } from "./program.ts";

const FIRST = 1_700_000_000;
const DAY = 86_400;

/** A `describe` for the strict server in this process and one for a real server. `site` is for tests and hooks only. */
export function describeS3Servers(title: string, body: (site: () => S3Site) => void): void {
  describe(`${title}: the server in this process`, () => body(s3Server()));
  describeRealS3(`${title}: a real server`, body);
}

/** A server in this process for the tests of a `describe`; `site` is for tests and hooks only. */
export function s3Server(options: Parameters<typeof startS3Server>[0] = {}): () => S3TestServer {
  let server: S3TestServer | undefined;
  beforeAll(async () => {
    server = await startS3Server(options);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  return () => server!;
}

/** What the program did, as text. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A source, an archive directory, and a prefix of its own in a versioned bucket of its own, behind a proxy that keeps a list of
 * the requests. Backups are made as the user who may only create; disposing removes what is local.
 */
export class S3Place implements AsyncDisposable {
  readonly #dir = openTempDir("/tmp");
  readonly #points: { readonly time: number; readonly tree: readonly TreeEntry[] }[] = [];
  #time = FIRST;
  #edits = 0;
  readonly prefix = `conformance ${randomUUID()}/`;
  readonly site: S3Proxy;
  readonly source: string;

  /** @param bucket  default: a versioned one of its own */
  static async open(site: S3Site, bucket?: string): Promise<S3Place> {
    return new S3Place(await startS3Proxy({ ...site, bucket: bucket ?? (await site.makeBucket({ versioning: true })) }));
  }

  private constructor(site: S3Proxy) {
    this.site = site;
    this.source = this.path("source");
    mkdirSync(this.source);
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  get url(): string {
    return `s3://${this.site.bucket}/${this.prefix}`;
  }

  /** Where the server is, for a command line. */
  get where(): readonly string[] {
    return ["--s3-endpoint-url", this.site.endpoint, "--s3-region-name", this.site.region];
  }

  get requests(): readonly S3Request[] {
    return this.site.requests;
  }

  /** The environment of a machine whose credentials these are, and whose home is empty. */
  env(credentials: S3Credentials = this.site.append): Readonly<Record<string, string>> {
    return {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      TMPDIR: this.#dir.path,
    };
  }

  /** Any command, to its end; where the server and the archive directory are is added behind the command. */
  async doppel(
    [command, ...args]: readonly string[],
    more: { readonly as?: "admin"; readonly archive?: string } = {},
  ): Promise<Said> {
    const env = this.env(more.as && this.site.admin);
    return said(await doppel([command!, ...this.#common(more.archive), ...args], { env }));
  }

  /** As `doppel`, which must end well. */
  async done(...given: Parameters<S3Place["doppel"]>): Promise<Said> {
    return mustBeDone(await this.doppel(...given));
  }

  /** The next backup, a day after the one before. @returns its outcome, not judged */
  async backup(kind: "full" | "incremental" | "backup", options: readonly string[] = []): Promise<Said> {
    return this.doppel([...this.backupArgs(kind, options)]);
  }

  /** The command line of the next backup, and whether it is noted as one that can be restored. */
  backupArgs(kind: string, options: readonly string[] = []): readonly string[] {
    this.#time += DAY;
    return [kind, "--current-time", `${this.#time}`, "--no-encryption", ...options, this.source, this.url];
  }

  /** The last backup has to give what the source is now. */
  note(): void {
    this.#points.push({ time: this.#time + DAY / 2, tree: asStored(scanTree(this.source)) });
  }

  get points(): number {
    return this.#points.length;
  }

  timeOf(point: number): string {
    return `${this.#points[point]!.time}`;
  }

  /** A backup that must succeed, to be restored later. */
  async mustBackup(kind: "full" | "incremental" | "backup", options: readonly string[] = []): Promise<Said> {
    const outcome = mustBeDone(await this.backup(kind, options));
    this.note();
    return outcome;
  }

  /** Restores a point with nothing but the bucket, and compares the whole tree. */
  async expectPoint(point: number, options: readonly string[] = [], as?: "admin"): Promise<void> {
    const out = this.path("out");
    rmSync(out, { recursive: true, force: true });
    const args = ["restore", "--no-encryption", "-t", this.timeOf(point), ...options, this.url, out];
    await this.done(args, { archive: this.path("none"), ...(as && { as }) });
    this.expectTree(point, out);
  }

  async expectAllPoints(): Promise<void> {
    for (let point = 0; point < this.points; point++) await this.expectPoint(point);
  }

  expectTree(point: number, folder: string): void {
    const differences = compareTrees(this.#points[point]!.tree, scanTree(folder), { ignoreOwner: !isRoot });
    expect(differences, `point ${point}`).toEqual([]);
  }

  /** A backup that is killed, without a chance to tidy up, once it has sent so many requests. */
  async crash(requests: number, options: readonly string[] = []): Promise<void> {
    const before = this.requests.length;
    await this.stopped(this.backupArgs("backup", options), "SIGKILL", () => this.requests.length - before >= requests);
  }

  /** A command that is sent a signal as soon as something holds. */
  async stopped(
    [command, ...args]: readonly string[],
    signal: NodeJS.Signals,
    when: (stderr: string) => boolean,
    archive?: string,
  ): Promise<{ readonly code: number | null; readonly stderr: string }> {
    const child = spawn(process.execPath, [DOPPEL, command!, ...this.#common(archive), ...args], {
      env: cleanEnv(this.env()) as NodeJS.ProcessEnv,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "close");
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    const watch = setInterval(() => {
      if (!when(stderr)) return;
      clearInterval(watch); // a second signal would end it at once
      child.kill(signal);
    }, 1);
    const [code] = (await ended) as [number | null];
    clearInterval(watch);
    return { code, stderr };
  }

  /** Makes or changes a file of the source, at a time that no other edit has. */
  write(name: string, content: Uint8Array | string): void {
    const file = join(this.source, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, FIRST, FIRST + ++this.#edits);
  }

  /** Nothing was deleted and nothing written over: asked of the requests, and of the bucket itself, which keeps versions. */
  async expectCreateOnly(): Promise<void> {
    expect(this.requests.filter(({ operation }) => operation.startsWith("Delete") || operation === "Unknown")).toEqual([]);
    const written = new Set<string>();
    for (const { operation, key, status, headers } of this.requests) {
      if (operation !== "PutObject" && operation !== "CompleteMultipartUpload") continue;
      expect(headers["if-none-match"], `${operation} ${key}`).toBe("*");
      expect(written.has(key), `${operation} to ${key}, which is there`).toBe(false);
      if (status >= 200 && status < 300) written.add(key);
    }
    await this.expectOneVersionEach();
  }

  /** The same asked of the bucket alone: for servers that say 200 and mean something else. */
  async expectOneVersionEach(): Promise<void> {
    const versions = await this.versions();
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions.length).toBeGreaterThan(0);
  }

  /** Keys of everything that was ever stored, one for each version. */
  async versions(): Promise<readonly string[]> {
    const query = { versions: "", prefix: this.prefix };
    const { status, ...answer } = await sendRaw(this.site, this.site.admin, { method: "GET", bucket: this.site.bucket, query });
    expect(status, answer.text).toBe(200);
    expect(answer.text).not.toMatch(/<DeleteMarker>|<IsTruncated>true/);
    return [...answer.text.matchAll(/<Version>.*?<Key>([^<]*)<\/Key>/gs)].map(([, key]) => key!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }

  #common(archive = this.path("archive")): readonly string[] {
    return [...this.where, "--archive-dir", archive];
  }
}

export function said({ code, stdout, stderr }: RunResult): Said {
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}

export function mustBeDone(outcome: Said): Said {
  expect(outcome.code, `${outcome.stdout}\n${outcome.stderr}`.slice(-4000)).toBe(0);
  return outcome;
}

/** The program's largest resident set while it did this. */
export async function peakMegabytes(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Said & { readonly peak: number; readonly seconds: number }> {
  const command = ["-q", "-f", "peak %M %e", process.execPath, DOPPEL, ...args];
  const outcome = said(await run("/usr/bin/time", command, { env: cleanEnv(env) }));
  const [, kilobytes, seconds] = /^peak (\d+) ([\d.]+)$/m.exec(outcome.stderr) ?? [];
  return { ...outcome, peak: Number(kilobytes) / 1024, seconds: Number(seconds) };
}

/** One clear line, this exit code, and nothing on standard output. */
export function expectOneLine(outcome: Said, code: number, message: RegExp): void {
  expect(outcome.stderr).toMatch(message);
  expect(outcome.stderr.split("\n").filter((line) => line.startsWith("doppel: "))).toHaveLength(1);
  expect(outcome.stderr).toMatch(/(^|\n)doppel: [^\n]+\n$/);
  expect(outcome.stderr).not.toMatch(/\bbug\b|undefined|\[object| at .*\.js|\bError:/);
  expect(outcome).toMatchObject({ code, stdout: "" });
}
