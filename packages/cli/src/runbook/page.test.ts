import type { StatusReport } from "@doppel/engine/internal";
import { describe, expect, it } from "vitest";
import type { RunbookFacts } from "./facts.ts";
import { runbookPage } from "./page.ts";

type SetStatus = StatusReport["chains"][number]["sets"][number];

function set(kind: "full" | "inc", day: number, problems: readonly string[] = []): SetStatus {
  const end = new Date(Date.UTC(2026, 10, day, 3));
  const time = end.toISOString().replace(/[-:]|\.\d+/g, "");
  const start = new Date(kind === "full" ? end : Date.UTC(2026, 10, day - 1, 3));
  const name = `web-duplicity-${kind === "full" ? "full" : `inc.X.to`}.${time}.vol1.difftar.gpg`;
  return {
    set: { id: { kind, start, end }, volumes: new Map([[1, name]]), manifest: "m", encoding: "gpg" },
    volumes: 1,
    volumeBytes: 3 << 20,
    metadataBytes: 0,
    archived: new Map(),
    problems,
  };
}

function statusOf(sets: readonly SetStatus[]): StatusReport {
  const [full, ...incrementals] = sets.map((one) => one.set);
  const chain = full && { full, incrementals, start: full.id.start, end: sets.at(-1)!.set.id.end, hasSignatures: true };
  return {
    target: "s3://b.c/web1",
    chains: chain ? [{ chain, sets }] : [],
    incomplete: [],
    lostManifest: [],
    orphaned: [],
    orphanedSignatures: [],
    conflicts: [],
  };
}

const S3: RunbookFacts = {
  title: "web1",
  profile: "web1",
  made: new Date("2026-11-22T12:00:00Z"),
  version: "0.1.0",
  url: "s3://b.c/web1/",
  options: ["--s3-endpoint-url", "https://s3.example.org", "--s3-region-name", "eu-1", "--file-prefix", "web-"],
  ownOptions: ["--s3-url-style", "bucket"],
  s3: { bucket: "b.c", prefix: "web1/", endpoint: "https://s3.example.org", region: "eu-1" },
  credentials: "the file /etc/doppel/s3.env",
  recipients: ["0123456789ABCDEF", "FEDCBA9876543210"],
  fingerprints: ["0123456789ABCDEF0123456789ABCDEF01234567"],
  secretKey: "/keys/web1 secret.asc",
  status: statusOf([set("full", 20), set("inc", 21, ["volume 3 is missing"])]),
};

describe("a runbook", () => {
  it("has the command lines of a bucket, for three ways", () => {
    const page = runbookPage(S3);
    const stock = "--s3-endpoint-url https://s3.example.org --s3-region-name eu-1 --file-prefix web-";
    for (const line of [
      `doppel restore --secret-key '/keys/web1 secret.asc' ${stock} --s3-url-style bucket s3://b.c/web1/ "$TO"`,
      `duplicity restore ${stock} boto3+s3://b.c/web1 "$TO"`,
      `duplicity restore ${stock} -r "$FILE" boto3+s3://b.c/web1 "$TO-file"`,
      `aws s3 cp --recursive --endpoint-url https://s3.example.org --region eu-1 --exclude '*' --include 'web-duplicity-full.20261120T030000Z.vol*.difftar.gpg' s3://b.c/web1/ "$OBJECTS"`,
      `ls -v "$OBJECTS"/web-duplicity-full.20261120T030000Z.vol*.difftar.gpg | while IFS= read -r volume; do`,
    ]) {
      expect(page.split("\n")).toContain(line);
    }
  });

  it("says where everything is, what there is, and what is wrong with it", () => {
    const page = runbookPage(S3);
    for (const text of [
      "**The bucket** `b.c`, prefix `web1/`",
      "the file /etc/doppel/s3.env",
      "key ID `0123456789ABCDEF`, `FEDCBA9876543210` (one is enough)",
      "fingerprint `0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567`",
      "| 2026-11-20 03:00:00 | full | 1 | 3.00 MB |  |",
      "| 2026-11-21 03:00:00 | increment | 1 | 3.00 MB | DAMAGED: volume 3 is missing |",
      "with 1 increment on top: 6.00 MB to be read",
      'doppel restore @web1 "$TO"',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toMatch(/undefined|\[object/);
  });

  it("lists the newest of very many backups, and counts the others", () => {
    const sets = [set("full", 1), ...Array.from({ length: 60 }, (_, n) => set("inc", n + 2))];
    const page = runbookPage({ ...S3, status: statusOf(sets) });
    expect(page.match(/^\| 20/gm)).toHaveLength(40);
    expect(page).toContain("and 21 older backups.");
  });

  it("of a target without a backup has no command lines", () => {
    const page = runbookPage({ ...S3, status: statusOf([]) });
    expect(page).toContain("There is no complete backup at s3://b.c/web1.");
    expect(page).not.toContain("```");
  });

  it("keeps what somebody else has named from driving a terminal", () => {
    const { s3: _, ...elsewhere } = S3;
    const page = runbookPage({ ...elsewhere, title: "web\x1b[2J1", folder: "/mnt/a\x1bb" });
    expect(page).not.toContain("\x1b");
  });
});
