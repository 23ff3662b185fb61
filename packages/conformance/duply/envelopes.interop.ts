import { describeInterop, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { type Conf, DuplyPlace, mainScenarios } from "../src/duply.ts";

const SIGN = testKey("sign");
const SECOND = testKey("second");
const RSA = testKey("rsa");

describeInterop(["duply", "gpg", "bash"], "profiles of duply: keys and passphrases", () => {
  const envelopes: readonly (readonly [string, Conf, readonly string[]])[] = [
    ["S24 a passphrase with blanks, quotes and $", { GPG_KEY: null, GPG_PW: `a "b" 'c' $HOME & é` }, []],
    [
      "S25 a mail address for the key, and another key for signing",
      { GPG_KEY: "MAIL", GPG_KEY_SIGN: SIGN.fingerprint, GPG_PW_SIGN: SIGN.passphrase },
      ["sign"],
    ],
    [
      "S25 two keys, another for signing, with a passphrase of its own",
      {
        GPG_KEYS_ENC: `${RSA.fingerprint},${SECOND.fingerprint}`,
        GPG_KEY: null,
        GPG_KEY_SIGN: SIGN.fingerprint,
        GPG_PW_SIGN: SIGN.passphrase,
      },
      ["sign", "second"],
    ],
    ["S25 no signature", { GPG_KEY_SIGN: "disabled" }, []],
  ];
  it.each(envelopes)("%s", async (_, conf, keys) => {
    await using place = await DuplyPlace.open({ keys });
    const mail = conf["GPG_KEY"] === "MAIL" ? { GPG_KEY: await place.mailOfKey() } : {};
    place.configure({ ...conf, ...mail });
    await mainScenarios(place);
    expect(place.names().every((name) => name.endsWith(".gpg"))).toBe(true);
  });

  it("S25 no passphrase in the profile: the agent has it, and nobody is asked", async () => {
    await using place = await DuplyPlace.open();
    await place.unlockAgent();
    place.configure({ GPG_PW: null, GPG_OPTS: null });
    await mainScenarios(place);
  });
});
