import { errnoOf } from "@doppel/base";
import { Hangs, withLimit } from "./hangs.ts";

const MOST_MS = 20_000;

/**
 * One request whose answer does not matter as long as it is a good one. Redirections are not followed: they would carry headers,
 * which may be secret, elsewhere.
 * @throws Hangs; Error that does not name the address, which is often a secret
 */
export async function request(url: string, options: RequestInit, signal: AbortSignal): Promise<void> {
  const limit = withLimit(signal, MOST_MS);
  let response: Response;
  try {
    response = await fetch(url, {
      ...options,
      redirect: "manual",
      signal: limit.signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (limit.signal.aborted) throw new Hangs(`does not answer within ${MOST_MS / 1000} seconds`, { cause: error });
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = errnoOf(cause);
    throw new Error(`does not answer${code === undefined ? "" : ` (${code})`}`, { cause: error });
  } finally {
    limit.end();
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answers ${response.status}`);
}
