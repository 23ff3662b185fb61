import { z } from "zod";

/**
 * What the monitor knows of a profile from before, as JSON in its state folder. It is what makes a deleted or replaced object
 * visible where no receipt tells of it, and it spares reading receipts again. No secrets.
 */
const instant = z.iso.datetime().transform((text) => new Date(text));

const folder = z.object({
  name: z.string(),
  files: z.number(),
  bytes: z.number(),
  changedFiles: z.number(),
  changedBytes: z.number(),
  ratio: z.number().optional(),
});

const receipt = z.object({
  name: z.string(),
  size: z.number(),
  modified: instant.optional(),
  sha256: z.string(),
  signature: z.enum(["none", "good", "bad", "unchecked"]),
  /** Why it cannot be used; nothing below is there then. */
  problem: z.string().optional(),
  finished: instant.optional(),
  /** Key IDs, "passphrase" or "none". */
  encryption: z.union([z.array(z.string()), z.enum(["passphrase", "none"])]).optional(),
  sourceBytes: z.number().optional(),
  storedBytes: z.number().optional(),
  errors: z.number().optional(),
  folders: z.array(folder).optional(),
  chain: z.enum(["first", "continued", "unknown"]).optional(),
  previous: z.object({ name: z.string(), sha256: z.string() }).optional(),
});

const rememberedSet = z.object({
  kind: z.enum(["full", "inc"]),
  start: instant,
  end: instant,
  storedBytes: z.number(),
  /** Name to size, and when it was stored (milliseconds, 0 when nobody told), as they were when the set was first seen whole. */
  objects: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
  /** As the set's first volume says it: key IDs, "passphrase" or "none". */
  recipients: z.union([z.array(z.string()), z.enum(["passphrase", "none"])]).optional(),
  receipt: receipt.optional(),
});

const memory = z.object({
  v: z.literal(1),
  firstChecked: instant,
  lastChecked: instant,
  /** Fingerprints of which no key file was here (joined by commas) to the key IDs that messages had when those were first asked for. */
  trusted: z.record(z.string(), z.array(z.string())),
  /** Whole sets, newest first. */
  sets: z.array(rememberedSet),
});

export type FolderDigest = z.output<typeof folder>;
/** What of a receipt is needed again and again. */
export type ReceiptDigest = z.output<typeof receipt>;
export type RememberedSet = z.output<typeof rememberedSet>;
export type Memory = z.output<typeof memory>;
/** Who can open something: key IDs, or the other ways. */
export type Recipients = NonNullable<RememberedSet["recipients"]>;

/** A profile that nobody has looked at. */
export function emptyMemory(now: Date): Memory {
  return { v: 1, firstChecked: now, lastChecked: now, trusted: {}, sets: [] };
}

/** Undefined for anything that `JSON.stringify` of a Memory cannot have made. */
export function parseMemory(value: unknown): Memory | undefined {
  const { data } = memory.safeParse(value);
  return data;
}
