import { describe, expect, it } from "vitest";
import { readCredentials } from "./credentials.ts";

const read = (text: string) => readCredentials("/c.env", async () => Buffer.from(text));

describe("a credentials file", () => {
  it("is read as a shell and systemd read it", async () => {
    expect(await read("# key\nAWS_ACCESS_KEY_ID=AKIA\r\n; more\n\nexport AWS_SECRET_ACCESS_KEY='a/b+c='\nOTHER=x\n")).toEqual({
      credentials: { accessKeyId: "AKIA", secretAccessKey: "a/b+c=" },
    });
    const all =
      "AWS_ACCESS_KEY_ID=A\nAWS_SECRET_ACCESS_KEY=B\nAWS_SESSION_TOKEN=C\nAWS_DEFAULT_REGION=r\nAWS_ENDPOINT_URL=https://s\n";
    expect(await read(all)).toEqual({
      credentials: { accessKeyId: "A", secretAccessKey: "B", sessionToken: "C" },
      region: "r",
      endpoint: "https://s",
    });
  });

  it.each([
    ["AWS_ACCESS_KEY_ID=A\n", /AWS_SECRET_ACCESS_KEY=… is missing/],
    ["AWS_SECRET_ACCESS_KEY=geheim\n", /AWS_ACCESS_KEY_ID=… is missing/],
    ["AWS_ACCESS_KEY_ID=A\ngeheim\n", /^\/c\.env:2: /],
    ["AWS_ACCESS_KEY_ID: A\nAWS_SECRET_ACCESS_KEY: geheim\n", /^\/c\.env:1: /],
    ["", /is missing/],
  ])("%j is refused, and not quoted", async (text, message) => {
    const error = await read(text).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: "profiles.bad", message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain("geheim");
  });
});
