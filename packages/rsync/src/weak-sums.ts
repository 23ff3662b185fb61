import type { FormatRow } from "./formats.ts";
import { rabinkarp, RabinKarpWindow } from "./rabinkarp.ts";
import { rollsum, RollsumWindow } from "./rollsum.ts";
import type { RollingWindow, WeakSum } from "./rolling-window.ts";

/** Each kind of weak sum: of a block, and over a window that slides. */
export const WEAK_SUMS: Readonly<Record<FormatRow["weak"], { readonly of: WeakSum; readonly window: () => RollingWindow }>> = {
  rollsum: { of: rollsum, window: () => new RollsumWindow() },
  rabinkarp: { of: rabinkarp, window: () => new RabinKarpWindow() },
};
