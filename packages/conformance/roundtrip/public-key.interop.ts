import { describeInterop } from "@doppel/testkit";
import { publicKeyEnvelopes } from "../src/envelopes.ts";
import { roundTrips } from "../src/round-trip.ts";

describeInterop(["duplicity", "gpg", "sq", "tar"], "written by doppel to public keys", () => {
  roundTrips(publicKeyEnvelopes);
});
