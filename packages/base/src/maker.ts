import type { Runtime } from "./runtime.ts";

/**
 * Whose a temporary file is. The process that makes one puts its mark into the name, so that another run can tell what a killed one
 * has left from what is being written. Nobody may remove a file by its age, or because it does not know the mark.
 */
export interface Maker {
  /** This process's: letters, digits and dots, about 40 of them; no other has it. */
  readonly mark: string;
  /**
   * Whether the process of that mark, which last changed its file then (st_ctime), has surely ended. False when it lives, and when it
   * cannot be seen from here: being of another machine, or of another container.
   */
  isGone(mark: string, changed: Date): boolean;
}

const MARK = "[0-9a-f]{8}\\.[0-9a-f]{8}\\.[0-9a-z]+\\.[0-9a-z]+\\.[0-9a-z]+";
const MARKED = new RegExp(`^\\.?doppel-(?:[a-z]+-)?(${MARK})-`);

/** `start`, the mark if there is one, and random digits: a name that nobody else makes. */
export function temporaryName(
  start: string,
  { random, maker }: Pick<Runtime, "random"> & { readonly maker?: Maker | undefined },
): string {
  const own = Buffer.from(random.bytes(8)).toString("hex");
  return maker ? `${start}${maker.mark}-${own}` : `${start}${own}`;
}

/** Whose temporary file it is that `temporaryName` gave this name. Undefined: nobody's who can be told. */
export function markIn(name: string): string | undefined {
  return MARKED.exec(name)?.[1];
}
