/** What the cases of the behaviour suites are written with. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { type RawAnswer, type RawRequest, sendRaw } from "../client.ts";
import type { S3Site } from "../types.ts";

/** S3 itself and what stands for it, or the RADOS Gateway, which differs in places. */
export type ServerKind = "s3" | "gateway";

export interface Bench {
  readonly site: S3Site;
  readonly bucket: string;
  /** Of this case alone; ends in a slash. */
  readonly prefix: string;
  readonly append: (request: RawRequest) => Promise<RawAnswer>;
  readonly admin: (request: RawRequest) => Promise<RawAnswer>;
  /** `PUT prefix+name`, expected to succeed. */
  readonly put: (name: string, body: Uint8Array | string, headers?: Readonly<Record<string, string>>) => Promise<RawAnswer>;
  /** The object's text. */
  readonly read: (name: string) => Promise<string>;
}

/** Requests name their keys below the prefix, and the bucket only when it is another one. */
export function bench(site: S3Site, bucket: string = site.bucket): Bench {
  const prefix = `behaviour/${randomBytes(6).toString("hex")}/`;
  const send = (user: "admin" | "append") => (request: RawRequest) =>
    sendRaw(site, site[user], { bucket, ...request, ...(request.key === undefined ? {} : { key: prefix + request.key }) });
  const append = send("append");
  return {
    site,
    bucket,
    prefix,
    append,
    admin: send("admin"),
    async put(name, body, headers = {}) {
      const answer = await append({ method: "PUT", key: name, body, headers });
      expect(answer.status, answer.text).toBe(200);
      return answer;
    },
    async read(name) {
      return (await append({ method: "GET", key: name })).text;
    },
  };
}

/** The texts of all elements `name` of an answer, in order, unescaped. */
export function texts({ text }: RawAnswer, name: string): string[] {
  const named: Record<string, string> = { "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&" };
  return [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map((match) =>
    match[1]!.replace(/&(?:quot|lt|gt|amp);/g, (entity) => named[entity]!),
  );
}
