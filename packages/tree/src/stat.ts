import { type BigIntStats, constants } from "node:fs";
import type { EntryType } from "@doppel/base";

/** The type of an object; "socket", and "other" for what no kernel we know should show. */
export function typeOf(stat: BigIntStats): EntryType | "socket" | "other" {
  switch (Number(stat.mode) & constants.S_IFMT) {
    case constants.S_IFREG:
      return "file";
    case constants.S_IFDIR:
      return "dir";
    case constants.S_IFLNK:
      return "symlink";
    case constants.S_IFIFO:
      return "fifo";
    case constants.S_IFCHR:
      return "chardev";
    case constants.S_IFBLK:
      return "blockdev";
    case constants.S_IFSOCK:
      return "socket";
    default:
      return "other";
  }
}

/** Linux's 64-bit device number, as gnu_dev_major(3) and gnu_dev_minor(3) take it apart. */
export function deviceOf(rdev: bigint): { major: number; minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
