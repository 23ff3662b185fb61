import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  isRoot,
  makeS3User,
  openTempDir,
  type RawAnswer,
  type RawRequest,
  type S3Credentials,
  type S3Site,
  type S3User,
  s3PrincipalOf,
  scanTree,
  sendRaw,
  type TreeEntry,
} from "@doppel/testkit";
import { expect } from "vitest";
import { doppel } from "./program.ts";
import { mustBeDone, type Said, said } from "./s3-place.ts";

export const ROLES = ["writer", "monitor", "restorer", "keeper"] as const;
type Role = (typeof ROLES)[number];

/**
 * A bucket that is not there yet, a user for each role of one server, and the server's folder. Disposing removes what is local.
 */
export class BucketPlace implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly #site: S3Site;
  readonly #users: Readonly<Record<Role, S3User>>;
  readonly #owner: string;
  readonly bucket: string;
  readonly server: string;
  readonly source: string;

  /** @param bucket  one that another place has made */
  static async open(site: S3Site, server = "web-1", bucket?: string): Promise<BucketPlace> {
    const users = await Promise.all(ROLES.map(async (role) => [role, await makeS3User(site)] as const));
    const owner = await s3PrincipalOf(site, site.admin);
    return new BucketPlace(site, server, Object.fromEntries(users) as Record<Role, S3User>, owner, bucket);
  }

  private constructor(site: S3Site, server: string, users: Record<Role, S3User>, owner: string, bucket?: string) {
    this.#site = site;
    this.#users = users;
    this.#owner = owner;
    this.server = server;
    this.bucket = bucket ?? `doppel-${randomBytes(8).toString("hex")}`;
    this.source = this.path("source");
    mkdirSync(this.source);
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  get url(): string {
    return `s3://${this.bucket}/${this.server}`;
  }

  /** `setup bucket --apply` by the bucket's owner. */
  async setUp(...options: readonly string[]): Promise<Said> {
    return mustBeDone(await this.doppel("admin", "setup", "bucket", ...this.principals, "--apply", ...options, this.url));
  }

  get principals(): readonly string[] {
    const roles = ROLES.flatMap((role) => ["--principal", `${role}=${this.#users[role].principal}`]);
    return [...roles, "--principal", `owner=${this.#owner}`];
  }

  /** Where the server is, for a command line. */
  get where(): readonly string[] {
    return ["--s3-endpoint-url", this.#site.endpoint, "--s3-region-name", this.#site.region];
  }

  /** The environment of a machine that has a role's credentials. */
  env(as: Role | "admin"): Readonly<Record<string, string>> {
    const { accessKeyId, secretAccessKey } = this.credentials(as);
    return {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL: this.#site.endpoint,
      AWS_REGION: this.#site.region,
      TMPDIR: this.#dir.path,
      XDG_CACHE_HOME: this.path(`cache of ${as}`),
    };
  }

  credentials(as: Role | "admin"): S3Credentials {
    return as === "admin" ? this.#site.admin : this.#users[as].credentials;
  }

  /** Any command with the credentials of a role. */
  doppel(as: Role | "admin", ...args: readonly string[]): Promise<Said> {
    return this.doppelWith(this.env(as), ...args);
  }

  /** The same with an environment made of one of these. */
  async doppelWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Said> {
    return said(await doppel(args, { env }));
  }

  /** Stores the folder as it is now. @returns what a restore must give */
  async backup(content: Uint8Array): Promise<readonly TreeEntry[]> {
    writeFileSync(join(this.source, "file"), content);
    mustBeDone(await this.doppel("writer", "full", "--no-encryption", this.source, this.url));
    return asStored(scanTree(this.source));
  }

  async restore(as: Role, ...options: readonly string[]): Promise<{ readonly outcome: Said; readonly folder: string }> {
    const folder = this.path("restored");
    rmSync(folder, { recursive: true, force: true });
    return { outcome: await this.doppel(as, "restore", "--no-encryption", ...options, this.url, folder), folder };
  }

  async expectRestored(tree: readonly TreeEntry[], as: Role, ...options: readonly string[]): Promise<void> {
    const { outcome, folder } = await this.restore(as, ...options);
    mustBeDone(outcome);
    expect(compareTrees(tree, scanTree(folder), { ignoreOwner: !isRoot })).toEqual([]);
  }

  /** One request to the bucket, by whoever has these credentials and no doppel. */
  raw(as: Role | "admin", request: Omit<RawRequest, "bucket">): Promise<RawAnswer> {
    return sendRaw(this.#site, this.credentials(as), { bucket: this.bucket, ...request });
  }

  /** Of the server's objects that are there now. */
  async keys(): Promise<readonly string[]> {
    const { text } = await this.raw("admin", { method: "GET", query: { "list-type": "2", prefix: `${this.server}/` } });
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}
