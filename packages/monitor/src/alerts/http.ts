import { errnoOf } from "@doppel/base";

const MOST_MS = 20_000;

/**
 * One request whose answer does not matter as long as it is a good one. Redirections are not followed: they would carry headers,
 * which may be secret, elsewhere.
 * @throws Error that does not name the address, which is often a secret
 */
export async function request(url: string, options: RequestInit, signal: AbortSignal): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      ...options,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = errnoOf(cause);
    throw new Error(`does not answer${code === undefined ? "" : ` (${code})`}`, { cause: error });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answers ${response.status}`);
}
