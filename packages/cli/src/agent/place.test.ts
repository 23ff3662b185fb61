import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { userId } from "./client.ts";
import { refuseStrange } from "./place.ts";

it("what an agent may hide behind is refused, and nothing at all is not", () => {
  using dir = openTempDir();
  chmodSync(dir.path, 0o700);
  const folder = join(dir.path, "doppel");
  const look = (): void => refuseStrange({ XDG_RUNTIME_DIR: dir.path }, userId());
  expect(look).not.toThrow();
  mkdirSync(folder, { mode: 0o700 });
  expect(look).not.toThrow();
  chmodSync(folder, 0o755);
  expect(look).toThrow(/is open to others.*may still keep passphrases/);
  chmodSync(folder, 0o700);
  expect(() => refuseStrange({ XDG_RUNTIME_DIR: dir.path }, userId() + 1)).toThrow(/belongs to somebody else/);
  writeFileSync(join(folder, "agent.sock"), "");
  expect(look).toThrow(/agent.sock.* is no socket/);
  rmSync(folder, { recursive: true });
  symlinkSync("/nowhere", folder);
  expect(look).toThrow(/is no folder/);
});
