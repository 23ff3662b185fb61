import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BytePath } from "@doppel/base";
import { tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type PassphraseSources, passphrasesFrom, reuse, STOCK_QUESTIONS } from "./passphrases.ts";

/** A person at the terminal who gives these answers, and what he was asked. */
function person(...answers: string[]): { readonly prompt: PassphraseSources["prompt"]; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    prompt: async (question) => {
      asked.push(question);
      return answers.shift();
    },
  };
}

const nobody: PassphraseSources["prompt"] = () => expect.unreachable();

function fileWith(text: string): BytePath {
  const file = join(tempDir(), "passphrase");
  writeFileSync(file, text);
  return file as BytePath;
}

describe("sources", () => {
  it("are asked in order: descriptor, file, environment, person", async () => {
    const descriptor = openSync(fileWith("from descriptor\nrest\n"), "r");
    const all = { descriptor, file: fileWith("from file\r\nrest"), environment: "from environment" };
    const { descriptor: _, ...withoutDescriptor } = all;
    expect(await passphrasesFrom({ ...all, prompt: nobody }).forReading("x")).toBe("from descriptor");
    expect(() => closeSync(descriptor)).toThrow("EBADF");
    expect(await passphrasesFrom({ ...withoutDescriptor, prompt: nobody }).forReading("x")).toBe("from file");
    expect(await passphrasesFrom({ environment: "from environment", prompt: nobody }).forReading("x")).toBe("from environment");
    const { prompt, asked } = person("from person");
    expect(await passphrasesFrom({ prompt }).forReading("decryption")).toBe("from person");
    expect(asked).toEqual(["Passphrase for decryption: "]);
  });

  it("are the agent's before a person's, and it is asked once", async () => {
    let asked = 0;
    const agent = async (): Promise<string> => {
      asked++;
      return "kept";
    };
    const passphrases = passphrasesFrom({ agent, prompt: nobody });
    expect([await passphrases.forReading("decryption"), await passphrases.forSigning()]).toEqual(["kept", "kept"]);
    expect([await passphrases.forNewBackup(), passphrases.given(), asked]).toEqual(["kept", undefined, 1]);
    const given = passphrasesFrom({ environment: "given", agent: () => expect.unreachable(), prompt: nobody });
    expect(await given.forReading("decryption")).toBe("given");
    const { prompt } = person("typed");
    expect(await passphrasesFrom({ agent: async () => undefined, prompt }).forReading("decryption")).toBe("typed");
  });

  it("count when they are empty", async () => {
    expect(await passphrasesFrom({ environment: "", prompt: nobody }).forReading("x")).toBe("");
    expect(await passphrasesFrom({ file: fileWith(""), environment: "e", prompt: nobody }).forReading("x")).toBe("");
  });

  it("are read once, and a person is asked once for each thing", async () => {
    const { prompt, asked } = person("one", "two");
    const passphrases = passphrasesFrom({ prompt });
    expect(passphrases.given()).toBeUndefined();
    expect([await passphrases.forReading("a"), await passphrases.forReading("b"), await passphrases.forReading("a")]).toEqual([
      "one",
      "two",
      "one",
    ]);
    expect(asked).toHaveLength(2);
  });

  it("name what cannot be read", async () => {
    const missing = passphrasesFrom({ file: "/nowhere/at/all" as BytePath, prompt: nobody });
    await expect(missing.forReading("x")).rejects.toMatchObject({
      code: "cli.usage",
      message: "--passphrase-file /nowhere/at/all cannot be read (ENOENT)",
    });
    const closed = passphrasesFrom({ descriptor: 999, prompt: nobody });
    await expect(closed.forReading("x")).rejects.toMatchObject({
      code: "cli.usage",
      message: "--passphrase-fd 999 cannot be read (EBADF)",
    });
  });
});

describe("signing", () => {
  it("has a passphrase of its own, and uses the other one without it", async () => {
    expect(await passphrasesFrom({ environment: "e", signEnvironment: "s", prompt: nobody }).forSigning()).toBe("s");
    expect(await passphrasesFrom({ environment: "e", prompt: nobody }).forSigning()).toBe("e");
    const { prompt, asked } = person("typed");
    expect(await passphrasesFrom({ prompt }).forSigning()).toBe("typed");
    expect(asked).toEqual(["Passphrase for signing key: "]);
  });
});

describe("a new backup", () => {
  it("takes a given passphrase without a question, but not an empty one", async () => {
    expect(await passphrasesFrom({ environment: "e", prompt: nobody }).forNewBackup()).toBe("e");
    await expect(passphrasesFrom({ environment: "", prompt: nobody }).forNewBackup()).rejects.toMatchObject({
      code: "openpgp.passphrase-needed",
    });
  });

  it("has it typed twice, and again when the two differ", async () => {
    const { prompt, asked } = person("one", "eno", "two", "two");
    expect(await passphrasesFrom({ prompt }).forNewBackup()).toBe("two");
    expect(asked).toEqual([
      "Passphrase for encryption: ",
      "Retype passphrase for encryption to confirm: ",
      "They differ. Passphrase for encryption: ",
      "Retype passphrase for encryption to confirm: ",
    ]);
  });

  it("has its passphrase read the chain that it continues, without another question", async () => {
    const { prompt, asked } = person("two", "two");
    const passphrases = passphrasesFrom({ prompt });
    await passphrases.forNewBackup();
    expect(await passphrases.forReading("decryption")).toBe("two");
    expect(asked).toHaveLength(2);
  });

  it("gives up after three times, and without anybody to ask", async () => {
    const { prompt } = person("1", "2", "3", "4", "5", "6");
    await expect(passphrasesFrom({ prompt }).forNewBackup()).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
    await expect(passphrasesFrom({ prompt: async () => undefined }).forNewBackup()).rejects.toMatchObject({
      code: "cli.usage",
      message: expect.stringMatching(/--encrypt-key.*PASSPHRASE.*--no-encryption/),
    });
  });
});

describe("as stock", () => {
  it("asks in its words, which programs wait for", async () => {
    const { prompt, asked } = person("a", "b", "c", "c", "s", "r");
    const questions = STOCK_QUESTIONS;
    expect(await passphrasesFrom({ prompt, questions }).forNewBackup()).toBe("c");
    const reading = passphrasesFrom({ prompt, questions });
    expect([await reading.forSigning(), await reading.forReading("anything")]).toEqual(["s", "r"]);
    const [decryption, retype] = ["GnuPG passphrase for decryption: ", "Retype passphrase for decryption to confirm: "];
    expect(asked).toEqual([decryption, retype, decryption, retype, "GnuPG passphrase for signing key: ", decryption]);
  });

  const keys = { "sign-key": "K", "encrypt-key": ["K"], "hidden-encrypt-key": [] };
  it.each([
    [{ environment: "p" }, { environment: "p", signEnvironment: "p" }, "Reuse configured PASSPHRASE as SIGN_PASSPHRASE"],
    [{ signEnvironment: "s" }, { environment: "s", signEnvironment: "s" }, "Reuse configured SIGN_PASSPHRASE as PASSPHRASE"],
    [{ environment: "p", signEnvironment: "" }, { environment: "p", signEnvironment: "" }, undefined],
    [{}, {}, undefined],
  ])("takes %j for both, when one key does both", (given, secrets, notice) => {
    expect(reuse(given, keys)).toEqual({ secrets, ...(notice !== undefined && { notice }) });
    expect(reuse(given, { ...keys, "encrypt-key": ["L"] })).toEqual({ secrets: given });
    expect(reuse(given, { ...keys, "encrypt-key": [], "hidden-encrypt-key": ["K"] }).secrets).toEqual(secrets);
  });
});
