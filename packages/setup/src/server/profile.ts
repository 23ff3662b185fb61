import { namesOf, type ServerPlan } from "./plan.ts";

/** The profile of a server that backs itself up, as it stands below `profiles:` (PROFILES.md). Files are named from `CONFIG`. */
export function profileBlock(plan: ServerPlan, indent: string): string {
  const { server, url, fingerprint, timing, fullEveryDays, credentials } = plan;
  const names = namesOf(server);
  const watched = [
    ...new Set(
      plan.watched.map((folder) =>
        folder
          .split("/")
          .slice(1, 1 + DEEPEST)
          .join("/"),
      ),
    ),
  ];
  const depth = Math.max(1, ...watched.map((folder) => folder.split("/").length));
  const options = [
    // Relative, like the others: /var/cache/doppel, for the service and for root alike.
    ["archive-dir", "../../var/cache/doppel"],
    ...plan.options,
    ...(fullEveryDays === 1 ? [] : [["full-if-older-than", `${fullEveryDays}D`]]),
    // So deep that the monitor sees whether each of them has files: of /var/www, not only of /var.
    ...(depth === 1 ? [] : [["receipt-depth", String(depth)]]),
  ];
  const expect = [
    ...(timing.scheduler === "systemd"
      ? [
          ["time-zone", timing.timeZone],
          ["schedule", `"${clock(timing.minuteOfDay)}"`],
          ["grace", "4h"],
        ]
      : [["schedule", "every 24h"]]),
    ["folders", `[${watched.map((folder) => quoted(folder)).join(", ")}]`],
    ["kinds", fullEveryDays === 1 ? "full" : "any"],
    ["receipts", "required"],
  ];
  const lines = [
    `${server}:`,
    `  url: ${quoted(url)}`,
    "  source: /",
    "  rules:",
    `    - include-filelist: ${names.targets}`,
    "  options:",
    ...options.map(([name, value]) => `    ${name}: ${quoted(value!)}`),
    ...(credentials ? [`  credentials: {file: ${names.credentials}}`] : []),
    `  encrypt-to: ${names.publicKey}`,
    `  fingerprints: ${fingerprint}`,
    "  expect:",
    ...expect.map(([name, value]) => `    ${name}: ${value}`),
  ];
  return `${lines.map((line) => indent + line).join("\n")}\n`;
}

/** A receipt counts a thousand folders one by one: three deep, that would soon be too few. */
const DEEPEST = 2;

/** A whole profiles file with that one. */
export function profilesText(plan: ServerPlan): string {
  return `${HEAD}\n\nversion: 1\nprofiles:\n${profileBlock(plan, "  ")}`;
}

/** By which a file is known that nobody else has written. */
export const HEAD = "# What this server backs up, where to, and for which key (PROFILES.md). Made by doppel setup server.";

/** `03:30` */
export function clock(minuteOfDay: number): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

/** Plain where YAML takes it plain. */
function quoted(text: string): string {
  return /^[A-Za-z0-9/.][A-Za-z0-9/._:@-]*$/.test(text) && !text.endsWith(":") ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}
