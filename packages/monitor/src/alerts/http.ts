const MOST_MS = 20_000;

/**
 * One request whose answer does not matter as long as it is a good one. Redirections are not followed: they would carry headers,
 * which may be secret, elsewhere.
 * @throws Error that names the host only, because the rest of an address is often a secret
 */
export async function request(url: string, options: RequestInit, signal: AbortSignal): Promise<void> {
  const { host } = new URL(url);
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
    const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : undefined;
    throw new Error(`${host} does not answer${code === undefined ? "" : ` (${code})`}`, { cause: error });
  }
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${host} answers ${response.status}`);
}
