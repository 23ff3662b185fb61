import { describe, expect, it } from "vitest";
import { proxyFor, type Variables } from "./proxy.ts";

const HTTPS = "https://bucket.s3.eu-west-1.amazonaws.com/";
const proxy = "http://proxy:3128";

describe("proxyFor", () => {
  it.each<[string, Variables, string | undefined]>([
    [HTTPS, {}, undefined],
    [HTTPS, { HTTPS_PROXY: proxy }, "proxy:3128"],
    [HTTPS, { https_proxy: proxy, HTTPS_PROXY: "http://other:1" }, "proxy:3128"],
    [HTTPS, { HTTP_PROXY: proxy }, undefined],
    [HTTPS, { ALL_PROXY: proxy }, "proxy:3128"],
    [HTTPS, { HTTPS_PROXY: "proxy:3128" }, "proxy:3128"],
    [HTTPS, { HTTPS_PROXY: "" }, undefined],
    ["http://minio:9000/", { HTTP_PROXY: proxy, HTTPS_PROXY: "http://other:1" }, "proxy:3128"],
  ])("%s %j", (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.host).toBe(expected);
  });

  it.each([
    "http://pu:SEK/RET@127.0.0.1:1",
    "http://pu:7/SEKRET@127.0.0.1:1",
    "pu:SEK/RET@127.0.0.1:1",
    "http://pu:SEK#RET@127.0.0.1:1",
    "socks5://127.0.0.1:1",
    "http://",
  ])("%s is refused rather than gone past", (text) => {
    expect(() => proxyFor(new URL(HTTPS), { HTTPS_PROXY: text })).toThrow(/^the proxy that HTTPS_PROXY names cannot be used/);
    expect(() => proxyFor(new URL(HTTPS), { all_proxy: text })).toThrow(/^(?!.*(SEK|RET)).*all_proxy/);
    expect(proxyFor(new URL(HTTPS), { HTTPS_PROXY: text, NO_PROXY: "*" })).toBeUndefined();
  });

  it("takes a user with a password", () => {
    expect(proxyFor(new URL(HTTPS), { HTTPS_PROXY: "http://u:p%2Fw@proxy:3128/" })?.host).toBe("proxy:3128");
  });

  it.each<[string, string, boolean]>([
    [HTTPS, "*", true],
    [HTTPS, "amazonaws.com", true],
    [HTTPS, ".amazonaws.com", true],
    [HTTPS, "*.amazonaws.com", true],
    [HTTPS, "AMAZONAWS.COM", true],
    [HTTPS, "naws.com", false],
    [HTTPS, "example.org, amazonaws.com", true],
    [HTTPS, "example.org amazonaws.com:443", true],
    [HTTPS, "amazonaws.com:80", false],
    [HTTPS, "", false],
    [HTTPS, ",", false],
    ["https://10.1.2.3:9000", "10.0.0.0/8", true],
    ["https://10.1.2.3:9000", "10.1.2.3", true],
    ["https://10.1.2.3:9000", "10.1.2.3:9000", true],
    ["https://10.1.2.3:9000", "10.1.2.3:9001", false],
    ["https://10.1.2.3:9000", "2.3", false],
    ["https://192.168.1.1", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.0.0.0/99", false],
    ["https://[fd00::1]:9000", "fd00::/8", true],
    ["https://[fd00::1]:9000", "fd00::1", true],
    ["https://[fd00::1]:9000", "[fd00::1]:9000", true],
    ["https://[fd00::1]:9000", "fd00::2", false],
  ])("%s is exempt by %j: %s", (url, list, exempt) => {
    expect(proxyFor(new URL(url), { HTTPS_PROXY: proxy, NO_PROXY: list }) === undefined).toBe(exempt);
  });
});
