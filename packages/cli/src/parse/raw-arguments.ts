import { readFileSync } from "node:fs";

/**
 * The program's arguments byte for byte, one char each. Node decodes arguments as UTF-8 and puts U+FFFD where they are
 * not; the kernel still has the bytes.
 * @param decoded the arguments as Node has them, without interpreter and script
 */
export function rawArguments(
  decoded: readonly string[],
  cmdline: () => Uint8Array = () => readFileSync("/proc/self/cmdline"),
): string[] {
  if (decoded.some((argument) => argument.includes("\ufffd"))) {
    const all = Buffer.from(cmdline()).toString("latin1").split("\0").slice(0, -1); // every argument ends with NUL
    return decoded.length === 0 ? [] : all.slice(-decoded.length);
  }
  return decoded.map((argument) => Buffer.from(argument, "utf8").toString("latin1"));
}
