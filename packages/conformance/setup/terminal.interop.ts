import { readdirSync } from "node:fs";
import { describeInterop } from "@doppel/testkit";
import { expect, it } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { SetupPlace } from "../src/setup-place.ts";
import { onTerminal, type Reply } from "../src/typist.ts";

const SHOWN = "written nowhere:\\s+([A-Za-z0-9 ]+?)\\r?\\n.*be lost: ";

describeInterop(["python3"], "setup on a terminal", () => {
  async function type(place: SetupPlace, args: readonly string[], replies: readonly Reply[]) {
    const env = cleanEnv({ XDG_CACHE_HOME: place.at("cache"), TERM: "dumb" });
    const { code, stdout } = await onTerminal([process.execPath, DOPPEL, ...args], replies, { env, cwd: place.admin });
    return { code, screen: stdout.toString() };
  }

  it("setup key shows the passphrase once, and makes the key when it was typed again", async () => {
    using place = new SetupPlace();
    const key = ["setup", "key", "web1", "--key-kind", "curve25519"];
    const { code, screen } = await type(place, key, [
      [SHOWN, "something else"],
      ["Again: ", "and another"],
      ["Again: ", ""],
    ]);
    expect(screen).toContain("no key was made");
    expect([code, readdirSync(place.admin)]).toEqual([31, []]);
    const made = await type(place, key, [[SHOWN, "\\1"]]);
    expect(made.code, made.screen).toBe(0);
    const passphrase = /written nowhere:\s+([A-Za-z0-9 ]+?)\r?\n/.exec(made.screen)![1]!.replaceAll(" ", "");
    expect(passphrase).toHaveLength(22);
    expect(made.screen.replaceAll(" ", "").split(passphrase)).toHaveLength(2); // shown, and what was typed was not
    expect(place.filesWith(passphrase)).toEqual([]);
    expect(readdirSync(place.admin)).toHaveLength(3);
  });

  it("setup server asks for everything, and asks again where an answer would not do", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const given = ["--root", place.root, "--program", place.spy];
    const { code, screen } = await type(
      place,
      ["setup", "server", place.target, ...given],
      [
        ["What is this server called \\[backups\\]: ", "web1"],
        ["Folders to back up.*?: ", "relative"],
        ["must be absolute.*?: ", place.source],
        ["What to leave out.*?: ", "-"],
        ["Days from one full backup.*?: ", "30"],
        ["When, by the clock.*?: ", "25:00"],
        ["needs a time of the day.*?: ", "04:45"],
        ["The file with the public key.*?: ", "nowhere.asc"],
        ["cannot be read.*?: ", key.publicFile],
        [`${key.fingerprint}.*?\\? `, "yes"],
      ],
    );
    expect(screen).toContain("Not proven restorable yet");
    expect(code).toBe(3);
    expect(place.sets).toBe(1);
    expect(place.read("etc/systemd/system/doppel-web1.timer")).toContain("OnCalendar=*-*-* 04:45:00");
    expect(place.read("etc/doppel/profiles.yaml")).toContain("full-if-older-than: 30D");
  });

  it("S3's keys are typed, the secret one unseen; who says no to the fingerprint writes nothing", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const args = ["setup", "server", "s3://bucket/web1", "--root", place.root, "--include", place.source, "--no-first-backup"];
    const common: readonly Reply[] = [
      ["What is this server called \\[web1\\]: ", ""],
      ["Days from one full backup.*?: ", ""],
      ["When, by the clock.*?: ", ""],
      ["The file with the public key.*?: ", key.publicFile],
      ["AWS access key ID.*?: ", "AKIDTYPED"],
      ["AWS secret access key.*?: ", "typed-and-not-seen"],
    ];
    const no = await type(place, args, [...common, [`${key.fingerprint}.*?\\? `, "no"]]);
    expect([no.code, readdirSync(place.root)]).toEqual([2, []]);
    const yes = await type(place, args, [...common, [`${key.fingerprint}.*?\\? `, "y"]]);
    expect(yes.code, yes.screen).toBe(3);
    expect(yes.screen).toContain("AKIDTYPED");
    expect(yes.screen).not.toContain("typed-and-not-seen");
    expect(place.filesWith("typed-and-not-seen")).toEqual(["root/etc/doppel/web1.credentials"]);
  });

  it("who ends it in the middle (Ctrl-D) has changed nothing", async () => {
    using place = new SetupPlace();
    const stopped = await type(
      place,
      ["setup", "server", place.target, "--root", place.root],
      [
        ["What is this server called.*?: ", "web1"],
        ["Folders to back up.*?: ", "\u0004"],
      ],
    );
    expect(stopped.screen).toContain("stopped: nothing was written");
    expect([stopped.code, readdirSync(place.root)]).toEqual([2, []]);
  });
});
