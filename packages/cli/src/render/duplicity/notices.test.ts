import { type BytePath, DoppelError, type NoticeReason } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { noticeMessage } from "./notices.ts";

const notice = (reason: NoticeReason, incomplete: boolean, path?: string) =>
  ({ type: "notice", reason, incomplete, detail: "why", ...(path !== undefined && { path: path as BytePath }) }) as const;

describe("notices", () => {
  it.each([
    [notice("socket", false, "s"), "INFO 15 's'", "Skipping socket s"],
    [notice("unreadable", true, "f\xff"), "WARNING 10 'f\\xff'", "Error accessing possibly locked file f\xff: why"],
    [notice("vanished", true, "f"), "WARNING 9 'f'", "Error accessing possibly locked file f: why"],
    [notice("lost", true, "f"), "WARNING 12 'f'", "Error 'why' processing f"],
    [notice("volume", true), "ERROR 21", "why"],
    [notice("owner", true, ""), "WARNING", ".: why"],
    [notice("owner", false), "NOTICE", "why"],
    [notice("source", false), "WARNING", "why"],
    [notice("target", false), "INFO", "why"],
    [notice("time", false), "WARNING", "why"],
  ])("%j", (event, head, text) => {
    const message = noticeMessage(event);
    expect([message.level, message.code, message.extra].filter((part) => part !== undefined).join(" ")).toBe(head);
    expect(message.text).toBe(text);
  });

  it("tell of a damaged volume as stock does", () => {
    const cause = new DoppelError("volume.hash-mismatch", "m", { name: "v", expected: "e", actual: "a" });
    expect(noticeMessage({ ...notice("volume", true), cause }).text).toBe(
      "Invalid data - SHA1 hash mismatch for file:\n v\n Calculated hash: a\n Manifest hash: e\n",
    );
  });

  it("tell a listing which state it is of", () => {
    const { code, extra } = noticeMessage(notice("time", false), new Date(1_700_000_000_000));
    expect([code, extra]).toEqual([11, "20231114T221320Z"]);
  });
});
