import { request } from "./http.ts";

/**
 * Tells a service such as healthchecks that the check has run: a GET of the address when all is well, of the same with `/fail`
 * behind its path when something is critical. The service raises the alarm when nothing comes any more.
 * @returns a line for each that does not answer
 */
export async function ping(urls: readonly string[], isWell: boolean, signal: AbortSignal): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const url of urls) {
    const target = new URL(url);
    if (!isWell) target.pathname = `${target.pathname.replace(/\/+$/, "")}/fail`;
    try {
      await request(target.href, { method: "GET" }, signal);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`ping of ${target.host}: ${(error as Error).message}`);
    }
  }
  return failures;
}
