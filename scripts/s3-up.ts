/**
 * `npm run --silent s3:up`: starts a real S3 server (Ceph's RADOS Gateway) or finds the one that runs, and prints where it
 * is as KEY=value lines: `set -a; eval "$(npm run --silent s3:up)"; set +a`. Installs it first when root on Debian.
 */
import { installMissingPrograms } from "./interop-programs.ts";
import { isRunning } from "./s3/daemon.ts";
import { startGateway, stopGateway } from "./s3/gateway.ts";
import { forgetGateway, rememberedGateway, rememberGateway } from "./s3/state.ts";

let gateway = rememberedGateway();
if (gateway !== undefined && !gateway.daemons.every(isRunning)) {
  await stopGateway(gateway);
  forgetGateway();
  gateway = undefined;
}
if (gateway === undefined) {
  const missing = installMissingPrograms("a real S3 server").map(({ debianPackage }) => debianPackage);
  if (missing.length > 0) {
    console.error(`doppel: missing for a real S3 server: apt-get install ${[...new Set(missing)].join(" ")}`);
    process.exit(1);
  }
  gateway = await startGateway("own");
  rememberGateway(gateway);
}
console.log(
  Object.entries(gateway.env)
    .map((pair) => pair.join("="))
    .join("\n"),
);
