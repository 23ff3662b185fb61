import { isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import type { Option } from "../option.ts";
import { OLD_RULES, OPTIONS, RULES } from "../options.ts";
import { abbreviated, spelled } from "./spellings.ts";

/** Every option of the contract's tables (cli spec 6.5, 11.2, 12.1-12.3). */
const CONTRACT = `version name encrypt-key hidden-encrypt-key sign-key encrypt-sign-key no-encryption include exclude
  include-filelist exclude-filelist include-regexp exclude-regexp exclude-if-present exclude-device-files
  exclude-other-filesystems exclude-older-than full-if-older-than volsize restore-time time file-to-restore path-to-restore
  force verbosity archive-dir gpg-options gpg-binary use-agent tempdir compare-data dry-run allow-source-mismatch num-retries
  backend-retry-delay numeric-owner do-not-restore-ownership no-restore-ownership no-print-statistics no-compression log-fd
  log-file copy-links null-separator help current-time fail-on-volume skip-volume
  asynchronous-upload concurrency progress progress-rate files-from filter-globbing filter-literal filter-regexp
  filter-ignorecase filter-strictcase ignore-errors rename metadata-sync-mode file-prefix file-prefix-archive
  file-prefix-manifest file-prefix-signature file-prefix-jsonstat skip-if-no-change jsonstat file-changed show-changes-in-set
  no-files-changed timeout log-timestamp max-blocksize copy-blocksize no-check-remote
  s3-endpoint-url s3-region-name s3-use-ia s3-use-onezone-ia s3-use-rrs s3-use-glacier s3-use-glacier-ir s3-use-deep-archive
  s3-use-server-side-encryption s3-use-server-side-kms-encryption s3-kms-key-id s3-kms-grant s3-multipart-chunk-size
  s3-multipart-max-procs s3-unencrypted-connection s3-use-new-style s3-european-buckets s3-use-multiprocessing
  s3-multipart-max-timeout
  encrypt-secret-keyring exclude-globbing-filelist include-globbing-filelist exclude-filelist-stdin include-filelist-stdin
  ssh-options ssh-askpass scp-command sftp-command rsync-options ftp-passive ftp-regular imap-full-address imap-mailbox
  ssl-cacert-file ssl-cacert-path ssl-no-check-certificate webdav-headers azure-max-single-put-size azure-max-block-size
  azure-max-connections azure-blob-tier swift-storage-policy mp-segment-size cf-backend b2-hide-files mf-purge idr-fakeroot
  par2-options par2-redundancy par2-volumes config-dir pydevd gio time-separator old-filenames short-filenames`.split(/\s+/);

const LETTERS = ["h", "V", "v", "t", "r"];

describe("the options of duplicity", () => {
  it.each(CONTRACT)("--%s", (name) => expect(spelled(name, "duplicity")?.text).toBe(name));
  it.each(LETTERS)("-%s", (letter) => expect(spelled(letter, "duplicity")?.text).toBe(letter));
});

describe("every beginning of every option", () => {
  const own = Object.keys(OPTIONS).filter((name) => spelled(name, "duplicity") !== undefined);
  const all = [...CONTRACT, ...own, ...Object.keys(RULES), ...Object.keys(OLD_RULES)];

  it("is the option itself, or one that begins so, or ambiguous", () => {
    for (const name of all) {
      for (let length = 1; length <= name.length; length++) {
        const beginning = name.slice(0, length);
        try {
          const found = abbreviated(beginning);
          if (found === undefined) expect(spelled(name, "duplicity")?.generation).toBe("doppel");
          else expect(found.text.startsWith(beginning)).toBe(true);
          if (length === name.length) expect(found?.text).toBe(name);
        } catch (error) {
          if (!isDoppelError(error, "cli.usage")) throw error;
          expect(error.message).toContain(" is ambiguous: ");
          expect(length).toBeLessThan(name.length);
        }
      }
    }
  });

  it("never means an option of doppel's own", () => {
    for (const [name, row] of Object.entries<Option>(OPTIONS))
      if (row.generation === "doppel") expect(() => expect(abbreviated(name.slice(0, -1))?.text).not.toBe(name), name);
    expect(abbreviated("no-pr")?.text).toBe("no-print-statistics"); // and not --no-progress
    expect(abbreviated("jso")?.text).toBe("jsonstat"); // and not --json
    expect(abbreviated("path")?.text).toBe("path-to-restore"); // though doppel drill has --path
    expect(abbreviated("files")?.text).toBe("files-from");
    expect(abbreviated("for")?.text).toBe("force"); // and not that of doppel unlock
  });

  it.each([
    ["d", "dry-run"], // and --do-not-restore-ownership of 0.8
    ["do", "do-not-restore-ownership"],
    ["old", "old-filenames"],
    ["no-re", "no-restore-ownership"],
    ["include-g", "include-globbing-filelist"],
    ["comp", "compare-data"],
    ["vol", "volsize"],
  ])("--%s is --%s", (beginning, name) => expect(abbreviated(beginning)?.text).toBe(name));
});

it("doppel takes no abbreviation, and nothing that is there for scripts of duplicity only", () => {
  for (const text of ["volsiz", "gio", "ssh-options", "ignore-errors", "include-filelist-stdin"])
    expect(spelled(text, "doppel")).toBeUndefined();
});
