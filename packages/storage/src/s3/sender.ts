import type { S3Client } from "@aws-sdk/client-s3";
import { isDoppelError, type RunEvent, type Runtime } from "@doppel/base";
import { classify, type S3Failure, type S3Place, type S3Step } from "./errors.ts";

/** What the sender takes of the outside world. */
export interface SenderOptions {
  readonly client: S3Client;
  readonly place: S3Place;
  readonly clock: Runtime["clock"];
  readonly random: { bytes(n: number): Uint8Array };
  readonly emit: (event: RunEvent) => void;
  /** The user's own: instead of what each kind of failure is given. */
  readonly tries?: number | undefined;
  readonly maxDelayMs?: number | undefined;
}

/** One request, which may have to be sent several times. */
export interface Request<T> extends S3Step {
  /** Sends it once. */
  readonly run: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
  /** For what cannot be repeated blindly: finds out whether a failed try was carried out all the same; undefined when not. */
  readonly settle?: (error: unknown) => Promise<T | undefined>;
  /** Tries in all when the server or the way to it fails. */
  readonly tries?: number;
}

interface Patience {
  readonly tries: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** A server that asks for fewer requests is left alone for longer, and more often: it is well. */
const PATIENCE: Readonly<Record<"passing" | "throttled", Patience>> = {
  passing: { tries: 4, firstDelayMs: 300, maxDelayMs: 10_000 },
  throttled: { tries: 8, firstDelayMs: 1_000, maxDelayMs: 60_000 },
};

/**
 * Sends requests and tries again what may pass, a bounded number of times, with full jitter: the waits of a fleet that was
 * refused together are spread over all of the time up to a doubling limit.
 */
export class Sender {
  readonly place: S3Place;
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.place = options.place;
    this.#options = options;
  }

  /** @throws storage.*, classified; the signal's reason after an abort */
  async send<T>(request: Request<T>): Promise<T> {
    const signal = request.signal ?? NEVER;
    const count = { passing: 0, throttled: 0, skewed: 0 };
    for (;;) {
      try {
        signal.throwIfAborted();
        return await request.run(this.#options.client, { abortSignal: signal });
      } catch (error) {
        const settled = signal.aborted ? undefined : await this.#recover(error, request, signal, count);
        if (signal.aborted) throw signal.reason as Error;
        if (settled !== undefined) return settled;
      }
    }
  }

  /** The failure of a request, as `send` would throw it. */
  failure(error: unknown, step: S3Step): unknown {
    return classify(error, step, this.place)?.error ?? error;
  }

  /** Something to know about what is read. */
  notice(detail: string): void {
    this.#options.emit({ type: "notice", reason: "time", incomplete: false, detail });
  }

  /** Tells of a failure after which the work goes on, the `attempt`-th in a row, and waits. Rejects with the signal's reason. */
  async pause(step: S3Step, failure: Error, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    this.#tell(step, attempt, failure);
    await this.#options.clock.sleep(this.#jitter(this.#patience("passing"), attempt), signal ?? NEVER);
  }

  /** Waits before a further try; throws when there is none; gives what an earlier try has turned out to have done. */
  async #recover<T>(
    error: unknown,
    request: Request<T>,
    signal: AbortSignal,
    count: Record<"passing" | "throttled" | "skewed", number>,
  ): Promise<T | undefined> {
    const failure = classify(error, request, this.place);
    if (failure === undefined) throw error;
    const delay = this.#delay(failure, request, count);
    if (delay === undefined) {
      const settled = failure.kind === "passing" ? await request.settle?.(failure.error) : undefined;
      if (settled !== undefined) return settled;
      throw failure.error;
    }
    this.#tell(request, count.passing + count.throttled + count.skewed, failure.error);
    try {
      await this.#options.clock.sleep(delay, signal);
    } catch (stopped) {
      if (signal.aborted) return undefined; // `send` throws its reason
      throw stopped;
    }
    return failure.kind === "passing" ? request.settle?.(failure.error) : undefined;
  }

  #delay(
    failure: S3Failure,
    request: Request<unknown>,
    count: Record<"passing" | "throttled" | "skewed", number>,
  ): number | undefined {
    const { kind } = failure;
    if (kind === "skewed") return count.skewed++ === 0 ? 0 : undefined; // the SDK has learned how far off the clock is
    if (kind !== "passing" && kind !== "throttled") return undefined;
    const patience = this.#patience(kind);
    const failures = ++count[kind];
    return failures >= Math.min(patience.tries, request.tries ?? patience.tries) ? undefined : this.#jitter(patience, failures);
  }

  #patience(kind: keyof typeof PATIENCE): Patience {
    const { tries, maxDelayMs } = this.#options;
    const usual = PATIENCE[kind];
    return maxDelayMs === undefined
      ? { ...usual, tries: tries ?? usual.tries }
      : { tries: tries ?? usual.tries, firstDelayMs: maxDelayMs, maxDelayMs };
  }

  /** Anything from nothing to a limit that doubles with each failure. */
  #jitter({ firstDelayMs, maxDelayMs }: Patience, failures: number): number {
    const fraction = Buffer.from(this.#options.random.bytes(4)).readUInt32LE() / 2 ** 32;
    return fraction * Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
  }

  #tell({ name, operation }: S3Step, attempt: number, { message }: Error): void {
    this.#options.emit({
      type: "retry",
      operation: name === undefined ? operation : `${operation} ${name}`,
      attempt,
      detail: message,
    });
  }
}

/** Whether a request failed because there is no such thing. */
export function isAbsent(error: unknown): boolean {
  return isDoppelError(error, "storage.not-found");
}

const NEVER = new AbortController().signal;
