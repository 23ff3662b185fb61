import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { displayText, isDoppelError } from "@doppel/base";
import type { DriverContext } from "../../storage.ts";
import { codeOf, type S3Step, statusOf } from "../errors.ts";
import { decodeKey } from "../list.ts";
import type { Reached } from "../reach.ts";
import { writeParams } from "../write-params.ts";
import type { Attempt, AttemptResult } from "./bucket-admin.ts";
import { withMd5 } from "./middleware.ts";
import type { ThiefOptions } from "./open-admin.ts";
import { forbiddenChanges } from "./thief-settings.ts";

/** What became of a request. */
export type Answer<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused" }
  /** Neither: `said` is the server's word for it. */
  | { readonly kind: "other"; readonly status: number | undefined; readonly said: string };

type Sending = { readonly abortSignal: AbortSignal };
export type Try = <T>(step: S3Step, run: (client: S3Client, sending: Sending) => Promise<T>) => Promise<Answer<T>>;

const BODY = "doppel was here: it tried whether this object could be deleted or written over, and it could not be removed.\n";
const OTHER_BODY = "doppel has written over its own canary.\n";

/** Whoever has the credentials, and what they let him do. One use each. */
export class Thief {
  readonly #reached: Reached;
  readonly #context: DriverContext;
  readonly #options: ThiefOptions;
  readonly #name: string;
  /** Versions of the canary that are there; "null" in a bucket without versions. */
  readonly #versions: string[] = [];

  constructor(reached: Reached, context: DriverContext, options: ThiefOptions) {
    this.#reached = reached;
    this.#context = context;
    this.#options = options;
    const time = options.now.toISOString().replace(/[-:]|\.\d+/g, "");
    this.#name = `doppel-canary-${time}-${Buffer.from(context.random.bytes(6)).toString("hex")}`;
  }

  async tryAll(): Promise<readonly AttemptResult[]> {
    const results = [
      await this.#store(),
      await this.#readBack(),
      await this.#overwrite(),
      await this.#overwriteInParts(),
      ...(await forbiddenChanges(this.#reached, this.#try)),
      ...(await this.#neighbour()),
      await this.#deleteVersion(),
      await this.#delete(),
    ];
    await this.#tidyUp();
    return results;
  }

  async #store(): Promise<AttemptResult> {
    const put = (condition: { readonly IfNoneMatch?: "*" }) => (client: S3Client, sending: Sending) =>
      client.send(withMd5(new PutObjectCommand({ ...this.#key, ...this.#params, Body: BODY, ...condition })), sending);
    const step = { operation: "store", action: "s3:PutObject", name: this.#name } as const;
    // Not `#try`: without an answer to this one there is nothing to try.
    let answer = await this.#answer(() => this.#reached.sender.send({ ...step, run: put({ IfNoneMatch: "*" }) }), true);
    if (answer.kind === "other" && answer.status === 501) answer = await this.#try(step, put({}));
    if (answer.kind === "done") this.#versions.push(answer.value.VersionId ?? "null");
    const taken = answer.kind === "other" && answer.status === 412; // by the request itself, whose first answer was lost
    if (taken) this.#versions.push("null");
    const detail = `${this.#where} ${answer.kind === "done" || taken ? "is stored" : "cannot be stored"}`;
    return { attempt: "store", ...verdict(taken ? { kind: "done", value: undefined } : answer, detail) };
  }

  async #readBack(): Promise<AttemptResult> {
    if (this.#versions.length === 0) return unknown("read back", "nothing could be stored to be read");
    const answer = await this.#try({ operation: "read", action: "s3:GetObject", name: this.#name }, async (client, sending) => {
      const { Body } = await client.send(new GetObjectCommand(this.#key), sending);
      return Body?.transformToString("latin1");
    });
    if (answer.kind === "done" && answer.value !== BODY) return unknown("read back", "what came back is not what was stored");
    return { attempt: "read back", ...verdict(answer, `${this.#name} is ${answer.kind === "done" ? "" : "not "}given back`) };
  }

  async #overwrite(): Promise<AttemptResult> {
    const step = { operation: "overwrite", action: "s3:PutObject", name: this.#name } as const;
    const answer = await this.#try(step, (client, sending) =>
      client.send(withMd5(new PutObjectCommand({ ...this.#key, ...this.#params, Body: OTHER_BODY })), sending),
    );
    return this.#overwritten("overwrite", answer);
  }

  async #overwriteInParts(): Promise<AttemptResult> {
    const step = { operation: "overwrite", action: "s3:PutObject", name: this.#name } as const;
    let upload: string | undefined;
    const answer = await this.#try(step, async (client, sending) => {
      // A retry begins a new upload; the old one is in nobody's way and is aborted with the others of its age.
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...this.#key, ...this.#params }), sending);
      upload = UploadId;
      const part = new UploadPartCommand({ ...this.#key, UploadId, PartNumber: 1, Body: OTHER_BODY });
      const { ETag } = await client.send(withMd5(part), sending);
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      return client.send(new CompleteMultipartUploadCommand({ ...this.#key, UploadId, MultipartUpload }), sending);
    });
    if (answer.kind !== "done" && upload !== undefined) {
      const UploadId = upload;
      await this.#try({ operation: "abort", action: "s3:AbortMultipartUpload", name: this.#name }, (client, sending) =>
        client.send(new AbortMultipartUploadCommand({ ...this.#key, UploadId }), sending),
      );
    }
    return this.#overwritten("overwrite in parts", answer);
  }

  #overwritten(attempt: Attempt, answer: Answer<{ readonly VersionId?: string | undefined }>): AttemptResult {
    if (this.#versions.length === 0 && answer.kind !== "refused") {
      if (answer.kind === "done") this.#versions.push(answer.value.VersionId ?? "null");
      return unknown(attempt, "nothing could be stored that could be written over");
    }
    if (answer.kind !== "done") return { attempt, ...verdict(answer, `${this.#name} keeps what it holds`) };
    const version = answer.value.VersionId ?? "null";
    const kept = version !== "null";
    if (!this.#versions.includes(version)) this.#versions.push(version);
    const detail = kept
      ? `${this.#name} holds something else now; the bucket keeps what was there as a version`
      : `${this.#name} holds something else now, and what was there is gone`;
    return { attempt, result: "succeeded", detail, kept };
  }

  async #deleteVersion(): Promise<AttemptResult> {
    const attempt = "delete a version";
    const [first = "null"] = this.#versions;
    const plain = await this.#removeVersion(first, false);
    const answer = plain.kind === "refused" ? await this.#removeVersion(first, true) : plain;
    if (answer.kind === "done") this.#forget(first);
    const what = first === "null" ? `${this.#name}, which has no versions,` : `version ${first} of ${this.#name}`;
    if (answer.kind !== "done") return { attempt, ...verdict(answer, `${what} is still there`) };
    const detail = `${what} is deleted${plain.kind === "done" ? "" : ", past the retention in governance mode"}`;
    return { attempt, result: "succeeded", detail, kept: false };
  }

  async #delete(): Promise<AttemptResult> {
    const done =
      this.#versions.length > 0 ? `${this.#name} is deleted` : `a deletion of ${this.#name}, which is not there, is admitted`;
    const answer = await this.#try({ operation: "delete", action: "s3:DeleteObject", name: this.#name }, (client, sending) =>
      client.send(new DeleteObjectCommand(this.#key), sending),
    );
    if (answer.kind !== "done") {
      const stays = this.#versions.length === 0 ? "nothing is deleted" : `${this.#where} stays there; it is nobody's backup`;
      return { attempt: "delete", ...verdict(answer, stays) };
    }
    const { VersionId, DeleteMarker } = answer.value;
    const kept = DeleteMarker === true;
    if (kept && VersionId !== undefined) this.#versions.push(VersionId);
    if (!kept) this.#forget("null");
    return {
      attempt: "delete",
      result: "succeeded",
      detail: `${done}${kept ? "; the bucket keeps what was there as a version" : ""}`,
      kept,
    };
  }

  /** Takes away what may be taken away. */
  async #tidyUp(): Promise<void> {
    for (const version of this.#versions) {
      const answer = await this.#removeVersion(version, false);
      if (answer.kind !== "done") return;
    }
  }

  async #removeVersion(VersionId: string, BypassGovernanceRetention: boolean): Promise<Answer<unknown>> {
    const step = { operation: "delete a version of", action: "s3:DeleteObjectVersion", name: this.#name } as const;
    return this.#try(step, (client, sending) =>
      client.send(
        new DeleteObjectCommand({ ...this.#key, VersionId, ...(BypassGovernanceRetention && { BypassGovernanceRetention }) }),
        sending,
      ),
    );
  }

  #forget(version: string): void {
    const at = this.#versions.indexOf(version);
    if (at >= 0) this.#versions.splice(at, 1);
  }

  /** Nothing of it when the whole bucket is the target: all in it is its own. */
  async #neighbour(): Promise<readonly AttemptResult[]> {
    const { bucket: Bucket, prefix } = this.#reached.location;
    const { neighbour } = this.#options;
    if (prefix === "" && neighbour === undefined) return [];
    const folder = neighbour?.replace(/[^/]*$/, "") ?? siblings(prefix);
    const list = (Prefix: string, Delimiter?: string) =>
      this.#try({ operation: "list", action: "s3:ListBucket" }, async (client, sending) => {
        const paged = { MaxKeys: 100, EncodingType: "url", ...(Delimiter !== undefined && { Delimiter }) } as const;
        const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ...paged }), sending);
        const decode = (key: string | undefined): string => decodeKey(key ?? "", page.EncodingType === "url");
        const keys = (page.Contents ?? []).map(({ Key }) => decode(Key));
        const folders = (page.CommonPrefixes ?? []).map(({ Prefix: found }) => decode(found));
        return { keys: keys.filter(isForeign), folders: folders.filter(isForeign) };
      });
    const isForeign = (key: string): boolean => !key.startsWith(prefix) && !prefix.startsWith(key);

    const listed = await list(folder, neighbour === undefined ? "/" : undefined);
    const shown = folder === "" ? "the bucket" : displayText(folder);
    const seen = listed.kind === "done" ? [...listed.value.folders, ...listed.value.keys] : [];
    const [example] = seen;
    const detail =
      listed.kind !== "done"
        ? `${shown} is not listed`
        : `${shown} can be listed${example === undefined ? ", where nothing else is yet" : `: ${displayText(example)}${seen.length > 1 ? ` and ${seen.length - 1} more` : ""}`}`;
    const results: AttemptResult[] = [{ attempt: "list a neighbour", ...verdict(listed, detail) }];

    let key = neighbour !== undefined && !neighbour.endsWith("/") ? neighbour : undefined;
    if (key === undefined && listed.kind === "done") {
      key = listed.value.keys[0];
      const inside = key === undefined && listed.value.folders[0] !== undefined ? await list(listed.value.folders[0]) : undefined;
      if (inside?.kind === "done") key = inside.value.keys[0];
    }
    // A name that nobody knows: whoever may not read there is told 403 for it, too.
    const Key = key ?? `${folder}${this.#name}-neighbour`;
    const read = await this.#try(
      { operation: "read", action: "s3:GetObject", name: displayText(Key) },
      async (client, sending) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range: "bytes=0-0" }), sending);
        await Body?.transformToByteArray();
      },
    );
    const attempt = "read a neighbour";
    if (key !== undefined) {
      // 416: the object is empty, and might be read.
      const may = read.kind === "other" && read.status === 416 ? ({ kind: "done", value: undefined } as const) : read;
      const given = may.kind === "done" ? "can be read" : "is not given";
      results.push({ attempt, ...verdict(may, `${displayText(key)} ${given}`) });
    } else if (read.kind === "refused") {
      const tried = "a name there that nobody has is refused like any other; name a neighbour's object to be sure";
      results.push({ attempt, result: "refused", detail: tried, isGuess: true });
    } else {
      results.push(unknown(attempt, "no object of a neighbour is known that could be read"));
    }
    return results;
  }

  get #key(): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#reached.location;
    return { Bucket: bucket, Key: prefix + this.#name };
  }

  get #params() {
    return writeParams(this.#name, this.#context.s3 ?? {});
  }

  get #where(): string {
    const { bucket, prefix } = this.#reached.location;
    return `s3://${bucket}/${displayText(prefix)}${this.#name}`;
  }

  readonly #try: Try = (step, run) => this.#answer(() => this.#reached.sender.send({ ...step, run, tries: 2 }), false);

  /** @throws what tells nothing about permissions, and with `isNeeded` also that there was no answer */
  async #answer<T>(send: () => Promise<T>, isNeeded: boolean): Promise<Answer<T>> {
    try {
      return { kind: "done", value: await send() };
    } catch (error) {
      if (isDoppelError(error, "storage.denied")) return { kind: "refused" };
      const passes = isDoppelError(error, "storage.unavailable");
      const isOther =
        (passes && !isNeeded) ||
        isDoppelError(error, "storage.refused") ||
        isDoppelError(error, "storage.exists") ||
        isDoppelError(error, "storage.not-found");
      if (!isOther) throw error;
      const status = statusOf(error.cause);
      const code = codeOf(error.cause);
      const said =
        status === undefined ? "it did not answer" : `it answered ${status}${code === "" ? "" : ` (${displayText(code)})`}`;
      return { kind: "other", status, said };
    }
  }
}

/** What an answer says about a permission. */
function verdict(answer: Answer<unknown>, detail: string): Pick<AttemptResult, "result" | "detail"> {
  if (answer.kind === "done") return { result: "succeeded", detail };
  if (answer.kind === "refused") return { result: "refused", detail };
  return { result: "unknown", detail: `the server says neither yes nor no: ${answer.said}` };
}

function unknown(attempt: Attempt, detail: string): AttemptResult {
  return { attempt, result: "unknown", detail };
}

/** Where the prefixes of other servers lie: the folder around this one. */
function siblings(prefix: string): string {
  return prefix.replace(/[^/]*\/$/, "");
}
