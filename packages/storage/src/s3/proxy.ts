import { BlockList, isIP } from "node:net";
import { DoppelError } from "@doppel/base";

/** The variables of an environment, or of what stands for it. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for requests to `target`, as curl chooses it: `https_proxy` or `http_proxy`, else `all_proxy`, each also in capitals,
 * unless `no_proxy` names the host. An address without a scheme is an http proxy.
 * @throws storage.bad-url for one that cannot be used: going past a proxy that somebody wants is no way out
 */
export function proxyFor(target: URL, env: Variables): URL | undefined {
  const named = (name: string): string | undefined => [name, name.toUpperCase()].find((variable) => env[variable]);
  const variable = named(`${target.protocol.slice(0, -1)}_proxy`) ?? named("all_proxy");
  if (variable === undefined || isExempt(target, env[named("no_proxy") ?? ""] ?? "")) return undefined;
  const text = env[variable]!;
  const url = text.includes("://") ? text : `http://${text}`;
  const proxy = URL.canParse(url) ? new URL(url) : undefined;
  // `http://user:7/…@host`: the password is read as a port and a path.
  if (proxy !== undefined && /^https?:$/.test(proxy.protocol) && !`${proxy.pathname}${proxy.search}${proxy.hash}`.includes("@"))
    return proxy;
  // It may hold a password, so it is not shown.
  const message = `the proxy that ${variable} names cannot be used; write http://[USER:PASSWORD@]HOST:PORT, with %2F for a / in the password`;
  throw new DoppelError("storage.bad-url", message, { url: variable, reason: "proxy" });
}

/**
 * Entries are divided by commas or blanks: `*`, a host (which covers the hosts below it; a leading `.` or `*.` is the same),
 * an address, a network `10.0.0.0/8`; each but the last may end in `:port`.
 */
function isExempt(target: URL, list: string): boolean {
  const host = target.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && (entry === "*" || covers(entry, host, port)));
}

function covers(entry: string, host: string, port: string): boolean {
  const network = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (network) return isInNetwork(host, network[1] ?? "", Number(network[2]));
  const [, bracketed, plain, onlyPort] = /^(?:\[(.+)\]|(.+?))(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const name = (bracketed ?? plain ?? "").replace(/^\*?\./, "");
  return name !== "" && (host === name || (isIP(host) === 0 && host.endsWith(`.${name}`)));
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}
