import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asStored, compareTrees, isRoot, openTempDir, randomContent, run, type S3Site, scanTree } from "@doppel/testkit";
import { expect } from "vitest";
import { BucketPlace, type ROLES } from "../src/bucket-place.ts";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { type Said, said } from "../src/s3-place.ts";
import { Searcher } from "../src/secret-search.ts";

export type Machine = "admin" | "server" | "monitor";

/** What came to the admin's pager. */
export interface Alert {
  readonly event: string;
  readonly id: string;
  readonly text: string;
}

const DAY_MS = 86_400_000;
const YESTERDAY = Math.floor(Date.now() / 1000) - 86_400;

/**
 * The three machines of docs/setup.md as three folders, a bucket that is not there yet, and a clock. Each machine has a home of its own and the
 * same program, which looks at that clock; `server` and `monitor` are scratch roots.
 */
export class Machines implements Disposable {
  readonly bucket: BucketPlace;
  /** What the server is there for: settings and pictures below /tmp, and mail below /var, as a disk of its own would be mounted. */
  readonly folders: { readonly etc: string; readonly www: string; readonly mail: string };
  /** All that was printed on any machine. */
  readonly output: string[] = [];
  readonly #disk = openTempDir("/var/tmp");
  readonly #midnight: number;

  static async open(site: S3Site): Promise<Machines> {
    return new Machines(await BucketPlace.open(site, "web1"));
  }

  private constructor(bucket: BucketPlace) {
    this.bucket = bucket;
    this.folders = { etc: this.at("etc"), www: this.at("www"), mail: join(this.#disk.path, "mail") };
    this.#midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    for (const folder of ["admin/run", "server/root", "server/var/log", "monitor/root", "bin"]) {
      mkdirSync(this.at(folder), { recursive: true, mode: 0o700 });
    }
    const now = `[ -s ${this.at("clock")} ] && set -- "$@" --current-time "$(cat ${this.at("clock")})"`;
    this.#program("doppel", `${now}\nexec ${process.execPath} ${DOPPEL} "$@"`);
    this.#program("logger", `cat >> ${this.at("server/var/log/syslog")}`);
    this.#program("page-admin", `cat >> ${this.at("pager")}`);
    this.fill();
  }

  at(name: string): string {
    return this.bucket.path(name);
  }

  get program(): string {
    return this.at("bin/doppel");
  }

  /** An instant so many days from today, at `HH:MM` UTC. */
  time(day: number, clock: string): Date {
    return new Date(this.#midnight + day * DAY_MS + Date.parse(`1970-01-01T${clock}:00Z`));
  }

  /** What the machines' clocks show from now on; undefined: the real time. */
  setClock(time: Date | undefined): void {
    writeFileSync(this.at("clock"), time === undefined ? "" : String(time.getTime() / 1000));
  }

  /** The server holds what it should. */
  fill(): void {
    const { etc, www, mail } = this.folders;
    const files: (readonly [string, string | Uint8Array])[] = [
      [join(etc, "passwd"), "root:x:0:0:root:/root:/bin/bash\n".repeat(50)],
    ];
    for (let i = 0; i < 4; i++) files.push([join(www, `picture${i}`), randomContent(`picture${i}`, 700_000)]);
    for (let i = 0; i < 8; i++) files.push([join(mail, String(i)), `${"From somebody, to somebody else. ".repeat(5000)}${i}\n`]);
    for (const [path, content] of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      utimesSync(path, YESTERDAY, YESTERDAY);
    }
    for (const folder of Object.values(this.folders)) utimesSync(folder, YESTERDAY, YESTERDAY);
  }

  /** Credentials as AWS's programs read them. */
  credentialsOf(role: (typeof ROLES)[number]): { readonly text: string; readonly secret: string } {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = this.bucket.env(role);
    return { text: `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}\n`, secret: secret! };
  }

  write(name: string, content: string | Uint8Array, mode = 0o644): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  read(name: string): string {
    return readFileSync(this.at(name), "utf8");
  }

  /** A file is edited by hand. */
  edit(name: string, from: string | RegExp, to: string): void {
    const before = this.read(name);
    const after = before.replace(from, to);
    expect(after, `${from} in ${name}`).not.toBe(before);
    writeFileSync(this.at(name), after);
  }

  /** Any command line on a machine, by its root. */
  async on(
    machine: Machine,
    command: readonly string[],
    more: { input?: string; env?: Record<string, string> } = {},
  ): Promise<Said> {
    const root = machine === "admin" ? undefined : this.at(machine);
    const env = cleanEnv({
      PATH: `${this.at("bin")}:${process.env["PATH"]}`,
      HOME: root === undefined ? this.at("admin") : join(root, "root"),
      XDG_RUNTIME_DIR: this.at("admin/run"),
      DOPPEL_PROFILES: root === undefined ? this.at("admin/profiles.yaml") : join(root, "etc/doppel/profiles.yaml"),
      ...more.env,
    });
    const outcome = said(await run(command[0]!, command.slice(1), { env, cwd: env["HOME"]!, input: more.input ?? "" }));
    this.output.push(`${outcome.stdout}\n${outcome.stderr}\n`);
    return outcome;
  }

  doppel(machine: Machine, ...args: readonly string[]): Promise<Said> {
    return this.on(machine, [this.program, ...args]);
  }

  /** As `doppel`, with its passphrase shown on descriptor 3. It was shown once: then it is in no file any more. */
  async withPassphraseShown(...args: readonly string[]): Promise<Said & { readonly passphrase: string }> {
    const shown = this.at("admin/shown");
    const line = ["sh", "-c", `exec "$@" 3>${shown}`, "sh", this.program, ...args, "--show-passphrase-fd", "3"];
    const outcome = await this.on("admin", line);
    const passphrase = readFileSync(shown, "utf8").trim();
    rmSync(shown);
    return { ...outcome, passphrase };
  }

  /** The night of that day: cron runs what is in the server's cron.daily. */
  async night(day: number): Promise<Said> {
    this.setClock(this.time(day, "03:30"));
    const night = await this.on("server", ["run-parts", this.at("server/etc/cron.daily")]);
    this.setClock(undefined);
    return night;
  }

  /** `setup server` of its folders, into the scratch root, with what was brought to root's home there. */
  setUpServer(...options: readonly string[]): Promise<Said> {
    const where = ["--root", this.at("server"), "--program", this.program, ...this.bucket.where];
    const folders = Object.values(this.folders).flatMap((folder) => ["--include", folder]);
    const given = ["--public-key", "web1.public.asc", "--aws-credentials", "given.env"];
    return this.doppel("server", "setup", "server", this.bucket.url, ...where, ...folders, ...given, ...options);
  }

  /** The same night as systemd makes it: the service that `setup server` prints, with its credentials where LoadCredential puts them. */
  async nightBySystemd(day: number): Promise<Said> {
    this.setClock(undefined);
    this.write("server/root/given.env", this.read("server/etc/doppel/web1.credentials"), 0o600);
    const { stdout } = await this.setUpServer("--print", "--json");
    const { files } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { files: readonly { path: string; text?: string }[] };
    rmSync(this.at("server/root/given.env"));
    const unit = files.find(({ path }) => path.endsWith("doppel-web1.service"))!.text!;
    const [, name, source] = /^LoadCredential=(.*):(.*)$/m.exec(unit)!;
    const credentials = this.write(`run/credentials/${name}`, this.read(`server${source}`), 0o400);
    this.setClock(this.time(day, "03:30"));
    const command = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(" ");
    const night = await this.on("server", command, { env: { CREDENTIALS_DIRECTORY: dirname(credentials) } });
    this.setClock(undefined);
    rmSync(credentials);
    return night;
  }

  /** How many backups there are. */
  async nights(): Promise<number> {
    return (await this.bucket.keys()).filter((key) => /\.manifest/.test(key)).length;
  }

  /** The newest object that matches. */
  async newest(pattern: RegExp): Promise<string> {
    const key = (await this.bucket.keys())
      .filter((name) => pattern.test(name))
      .toSorted()
      .at(-1);
    if (key === undefined) throw new Error(`no object matches ${pattern}`);
    return key;
  }

  /** As the bucket's owner brings back what was deleted or written over last: the newest version is removed. */
  async undo(pattern: RegExp): Promise<void> {
    const query = { versions: "", prefix: `${this.bucket.server}/` };
    const { text } = await this.bucket.raw("admin", { method: "GET", query });
    const entries = text.matchAll(/<(?:Version|DeleteMarker)>.*?<\/(?:Version|DeleteMarker)>/gs);
    const latest = [...entries].map(([entry]) => ({
      key: /<Key>([^<]*)/.exec(entry)![1]!,
      version: /<VersionId>([^<]*)/.exec(entry)![1]!,
      isLatest: entry.includes("<IsLatest>true"),
    }));
    const last = latest
      .filter(({ key, isLatest }) => isLatest && pattern.test(key))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .at(-1)!;
    expect(await this.bucket.raw("admin", { method: "DELETE", key: last.key, query: { versionId: last.version } })).toMatchObject(
      {
        status: 204,
      },
    );
  }

  /** What the monitor's timer starts, at that time. */
  async check(time: Date): Promise<Said & { readonly alerts: readonly Alert[] }> {
    const unit = this.read("monitor/etc/systemd/system/doppel-monitor.service");
    const command = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(" ");
    const now = String(Math.floor(time.getTime() / 1000));
    const outcome = await this.on("monitor", [...command, "--current-time", now]);
    return { ...outcome, alerts: this.#takeAlerts() };
  }

  /** What was restored is what the server holds. */
  expectRestored(out: string): void {
    for (const folder of Object.values(this.folders)) {
      expect(compareTrees(asStored(scanTree(folder)), scanTree(join(out, folder)), { ignoreOwner: !isRoot })).toEqual([]);
    }
  }

  /** Files of all machines in which a secret stands in any form, from the folder that they are all in. */
  filesWith(secret: string): readonly string[] {
    const found = new Searcher([{ name: "it", value: secret }]).filesBelow(this.at("."));
    return found.map(({ path }) => path).toSorted();
  }

  #takeAlerts(): readonly Alert[] {
    const pager = this.at("pager");
    if (!existsSync(pager)) return [];
    const lines = readFileSync(pager, "utf8").trimEnd().split("\n");
    appendFileSync(this.at("pager.old"), `${lines.join("\n")}\n`);
    rmSync(pager);
    return lines.map((line) => JSON.parse(line) as Alert);
  }

  #program(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
    this.bucket[Symbol.dispose]();
  }
}
