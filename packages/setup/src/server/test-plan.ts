import type { ServerPlan } from "./plan.ts";

/** A server as the tests of this folder have it. */
export function testPlan(more: Partial<ServerPlan> = {}): ServerPlan {
  return {
    server: "web1",
    url: "s3://bucket/web1",
    folders: ["/etc", "/home"],
    watched: ["/etc", "/home"],
    excludes: ["/home/*/.cache"],
    fullEveryDays: 1,
    timing: { scheduler: "systemd", minuteOfDay: 210, delay: "3600s", timeZone: "Europe/Berlin" },
    fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567",
    publicKey: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
    credentials: true,
    options: [["s3-region-name", "eu-central-1"]],
    program: ["/usr/bin/node", "/usr/lib/doppel/doppel.js"],
    ...more,
  };
}
