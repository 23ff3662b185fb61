import { nearest } from "@doppel/base";
import { z } from "zod";
import { daysOf, minuteOfDay, numberOf, secondsOf } from "./fields.ts";
import type { CredentialsSource, Schedule } from "./types.ts";
import { isTimeZone } from "./zone.ts";

/** The rules that choose files, as the command line calls them; those of a list of files, and those without a value. */
export const FILELIST_RULES: readonly string[] = ["include-filelist", "exclude-filelist", "files-from"];
const BARE_RULES: readonly string[] = [
  "filter-globbing",
  "filter-literal",
  "filter-regexp",
  "filter-ignorecase",
  "filter-strictcase",
  "exclude-device-files",
  "exclude-other-filesystems",
];
const VALUE_RULES: readonly string[] = [
  "include",
  "exclude",
  "include-regexp",
  "exclude-regexp",
  "exclude-if-present",
  "exclude-older-than",
  ...FILELIST_RULES,
];

/** What a profile is called: also in names of files, and behind `@`. */
export const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A map with these keys and no others; a slip in one is answered with the key that was meant. */
function record<T extends z.ZodRawShape>(shape: T) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "invalid_type") return `must have keys: ${known.join(", ")}`;
      if (issue.code !== "unrecognized_keys") return undefined;
      const [key = ""] = issue.keys as string[];
      const meant = nearest(key, known);
      return `unknown key; ${meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`}`;
    },
  });
}

const text = z.string({ error: "must be one value" }).min(1, "is empty: give it a value, or leave the key out");

/** Text that a function of fields.ts understands. */
function parsed<T>(parse: (text: string) => T | undefined, what: string) {
  return text.transform((given, context): T => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `must be ${what}, not "${given}"` });
    return z.NEVER;
  });
}

const oneOf = <const T extends string>(...choices: readonly T[]) =>
  parsed((given) => choices.find((choice) => choice === given), choices.join(" or "));
const whole = (least: number, most: number) =>
  parsed(
    (given) => (/^\d{1,9}$/.test(given) && Number(given) >= least && Number(given) <= most ? Number(given) : undefined),
    `a whole number from ${least} to ${most}`,
  );
const duration = parsed(secondsOf, "a length of time such as 90m, 26h or 30d");
const zone = parsed((given) => (isTimeZone(given) ? given : undefined), "a time zone such as Europe/Berlin or UTC");
/** One may stand for a list of one. */
const texts = z.union([text.transform((one) => [one]), z.array(text)], { error: "must be a value, or a list of values" });

/** `03:30`, `mon-fri 03:30`, `every 6h`. */
function scheduleOf(given: string): Schedule | undefined {
  const [, every] = /^every\s+(\S+)$/.exec(given) ?? [];
  if (every !== undefined) {
    const seconds = secondsOf(every);
    return seconds === undefined ? undefined : { kind: "every", hours: seconds / 3600 };
  }
  const [, names, time = ""] = /^(?:(\S.*?)\s+)?(\d+:\d+)$/.exec(given) ?? [];
  const [days, minute] = [daysOf(names?.replaceAll(/\s/g, "") ?? "sun-sat"), minuteOfDay(time)];
  return days === undefined || minute === undefined ? undefined : { kind: "daily", days, minuteOfDay: minute };
}

const credentials = record({ file: text.optional(), "aws-profile": text.optional() }).transform(
  (given, context): CredentialsSource => {
    const { file, "aws-profile": name } = given;
    if (file !== undefined && name === undefined) return { kind: "file", path: file };
    if (name !== undefined && file === undefined) return { kind: "aws-profile", name };
    context.addIssue({ code: "custom", message: "give either file or aws-profile" });
    return z.NEVER;
  },
);

const rule = z
  .union([text.transform((name) => ({ [name]: "" })), z.record(z.string(), text)], {
    error: "must be one rule, such as exclude: /proc",
  })
  .transform((given, context): readonly [string, string?] => {
    const [[name, value] = ["", ""], ...more] = Object.entries(given);
    const bare = BARE_RULES.includes(name);
    if (!bare && !VALUE_RULES.includes(name)) {
      const meant = nearest(name, [...VALUE_RULES, ...BARE_RULES]);
      const hint = meant === undefined ? `rules are ${[...VALUE_RULES, ...BARE_RULES].join(", ")}` : `did you mean ${meant}?`;
      context.addIssue({ code: "custom", message: `unknown rule ${name}; ${hint}` });
    } else if (more.length > 0) {
      context.addIssue({
        code: "custom",
        message: "one rule an element: their order counts, so each begins with a dash of its own",
      });
    } else if (bare ? value !== "" : value === "") {
      context.addIssue({ code: "custom", message: bare ? `${name} takes no value` : `${name} needs a value: ${name}: VALUE` });
    }
    return bare ? [name] : [name, value];
  });

const fingerprint = parsed((given) => {
  const digits = given.replace(/\s|^0x/gi, "").toUpperCase();
  return /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits) ? digits : undefined;
}, "a whole fingerprint: 40 or 64 hexadecimal digits");
const keyName = parsed((given) => {
  const digits = given.replace(/\s|^0x/gi, "").toUpperCase();
  return /^(?:[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64})$/.test(digits) ? digits : undefined;
}, "a key ID or fingerprint: 16, 40 or 64 hexadecimal digits");
const listOf = <T extends z.ZodType>(element: T) =>
  z.union([element.transform((one) => [one] as z.output<T>[]), z.array(element)]);

const receiptKey = parsed((given) => {
  const line = given.replace(/-----(?:BEGIN|END) PUBLIC KEY-----/g, "").replace(/\s/g, "");
  // RFC 8410: an Ed25519 key in SubjectPublicKeyInfo is 44 bytes that begin so.
  return /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/.test(line)
    ? `-----BEGIN PUBLIC KEY-----\n${line}\n-----END PUBLIC KEY-----\n`
    : undefined;
}, "an Ed25519 public key: the PEM text, or its middle line (MCowBQYDK2VwAyEA…)");

/** Undefined unless it is between the two. */
const within = (value: number | undefined, above: number, below: number): number | undefined =>
  value !== undefined && value > above && value < below ? value : undefined;

const expect = record({
  "time-zone": zone.optional(),
  schedule: parsed(
    scheduleOf,
    `a time such as "03:30", days and a time such as mon-fri 03:30, or an interval such as every 6h`,
  ).optional(),
  grace: duration.optional(),
  /** Read when the zone is known. */
  "paused-until": text.regex(/^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d)?$/, "must be a date such as 2026-12-24").optional(),
  kinds: oneOf("full", "any").optional(),
  keys: listOf(keyName).optional(),
  folders: texts.optional(),
  expire: duration.optional(),
  "expiry-warning": duration.optional(),
  "shrink-to": parsed((given) => within(numberOf(given), 0, 1), "a part between 0 and 1, such as 0.5").optional(),
  "grow-by": parsed((given) => within(numberOf(given), 1, Number.POSITIVE_INFINITY), "a factor above 1, such as 100").optional(),
  receipts: oneOf("required", "optional").optional(),
});

const drill = record({ every: duration.optional(), files: whole(1, 100_000).optional(), paths: texts.optional() });

/** What a profile may have but its URL. */
const common = {
  source: text.optional(),
  rules: z.array(rule, { error: "must be a list of rules, each with a dash before it" }).optional(),
  options: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9-]+$/, "must be the name of an option without its dashes"),
      z.union([text, z.array(text)]),
      {
        error: "must have options of the command line as keys, without their dashes",
      },
    )
    .optional(),
  credentials: credentials.optional(),
  "encrypt-to": texts.optional(),
  fingerprints: listOf(fingerprint).optional(),
  "receipt-key": receiptKey.optional(),
  expect: expect.optional(),
  drill: drill.optional(),
};
export const DEFAULTS = record(common);
export const PROFILE = record({ url: text, ...common });
export type GivenDefaults = z.output<typeof DEFAULTS>;

const mail = record({
  from: text,
  to: texts,
  transport: text.regex(/^(?:sendmail$|smtps?:\/\/)/, "must be sendmail, or smtp://USER@HOST:587").optional(),
  "password-file": text.optional(),
  "ca-file": text.optional(),
});
const url = text.regex(/^https?:\/\//, "must be a URL that begins with https:// or http://");
const webhook = z.union(
  [url.transform((only) => ({ url: only, headers: {} })), record({ url, headers: z.record(z.string(), text).default({}) })],
  { error: "must be a URL, or url: and headers:" },
);

export const MONITOR = record({
  state: text.optional(),
  parallel: whole(1, 256).optional(),
  roots: texts.optional(),
  alerts: record({
    repeat: duration.optional(),
    mail: mail.optional(),
    webhooks: z.array(webhook, { error: "must be a list" }).optional(),
    commands: z.array(texts, { error: "must be a list of commands, each a list: the program, and its arguments" }).optional(),
    pings: z.union([url.transform((one) => [one]), z.array(url)]).optional(),
    digest: parsed(minuteOfDay, `a time such as "08:00"`).optional(),
    "time-zone": zone.optional(),
  }).optional(),
});
export type GivenMonitor = z.output<typeof MONITOR>;

/** The file as a whole; its profiles are looked at one by one, so that a slip in one leaves the others. */
export const FILE = record({
  version: text.refine((version) => version === "1", "must be 1: this doppel knows no other form of the file"),
  defaults: z.unknown().optional(),
  profiles: z.record(z.string(), z.unknown(), { error: "must have a key for each profile, its name" }).optional(),
  monitor: z.unknown().optional(),
});
