/** How much a message matters: shown from this verbosity on (cli spec 4.1). */
const LEVELS = { ERROR: 0, WARNING: 2, NOTICE: 3, INFO: 5, DEBUG: 9 } as const;
type Level = keyof typeof LEVELS;

/**
 * One thing that `duplicity` says, on its streams and in its machine log. All texts are bytes, one char each: names pass
 * through it as they are.
 */
export interface Message {
  readonly level: Level;
  /** What programs know it by, of its level (cli spec 13); 1: nothing in particular. */
  readonly code?: number;
  /** Stands behind the code. */
  readonly extra?: string;
  /** Lines between the first one and the text. */
  readonly data?: readonly string[];
  readonly text: string;
  /** Shown whatever the verbosity: it is what was asked for. */
  readonly forced?: boolean;
  /** Written so on the stream, where that is another text than the log's. */
  readonly onStream?: string;
  /** One of several that are one message for programs, because it may be too long to be held. */
  readonly part?: "first" | "middle" | "last";
  /** For programs alone. */
  readonly logOnly?: boolean;
}

/** Whether a verbosity (0-9) shows it. */
export function isShown({ level, forced }: Message, verbosity: number): boolean {
  return forced === true || LEVELS[level] <= verbosity;
}
