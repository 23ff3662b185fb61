import { DoppelError } from "@doppel/base";
import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { parseS3Url } from "./s3/url.ts";
import { isS3Url, isUrl, redactUrl, schemeOf } from "./url.ts";

const SECRET = "hunter2";

describe("fuzzing", () => {
  fuzz("a URL", {
    corpus: [
      "s3://bucket/prefix/x",
      "s3://s3.eu-west-1.amazonaws.com/bucket/p",
      "s3+http://bucket",
      "boto3+s3://user@host:9000/bucket/a%20b",
      "file:///abs/dir",
      "sftp://user:pw@host:22//abs?x=y#z",
      "/plain/path",
      "s3:///bucket",
    ],
    words: ["://", "@", ":", "/", "%", "%00", "%zz", "%2f", "[::1]", "..", "?", "#", "\n", "\0", "s3:", "file:", "\ud800"],
    read(input) {
      const url = input.toString("latin1");
      isUrl(url);
      isS3Url(url);
      schemeOf(url);
      redactUrl(url);
      for (const addressing of ["auto", "bucket", "host"] as const) {
        for (const more of [{}, { endpoint: "http://127.0.0.1:9000" }]) {
          try {
            parseS3Url(url, { addressing, unencrypted: false, ...more } as never);
          } catch (error) {
            if (!(error instanceof DoppelError)) throw error;
            if (/[\r\n]/.test(error.message)) throw new Error("a message of two lines", { cause: error });
          }
        }
      }
    },
  });

  fuzz("a URL with a password", {
    corpus: ["sftp://user:@host/x", "s3://key:@bucket/x", "webdavs://u:@h:1/p?key="],
    words: ["@", ":", "/", "?", "&", "=", "#", "//"],
    read(input) {
      const url = input.toString("latin1");
      const at = url.indexOf("://");
      // Only where it stands as a password does.
      if (at < 0 || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^file:/i.test(url)) return;
      const shown = redactUrl(`${url.slice(0, at + 3)}user:${SECRET}@${url.slice(at + 3)}`);
      if (shown.includes(SECRET)) throw new Error(`shows a password: ${shown}`);
    },
  });
});
