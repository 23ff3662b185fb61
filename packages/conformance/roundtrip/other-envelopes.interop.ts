import { describeInterop } from "@doppel/testkit";
import { otherEnvelopes } from "../src/envelopes.ts";
import { roundTrips } from "../src/round-trip.ts";

describeInterop(["duplicity", "gpg", "sq", "tar"], "written by doppel, signed, by passphrase and not encrypted", () => {
  roundTrips(otherEnvelopes);
});
