/** Started by broker.ts: runs a gateway, tells its parent where it is, and ends it when the parent lets go or has gone. */
import { startGateway, stopGateway } from "./gateway.ts";

process.on("SIGINT", () => {}); // a terminal sends it to everybody; our parent decides when this is over
const released = new Promise((resolve) => process.once("disconnect", resolve));

try {
  const gateway = await startGateway("ours");
  process.send?.({ env: gateway.env });
  await released;
  await stopGateway(gateway);
} catch (error) {
  process.send?.({ problem: (error as Error).message });
  await released;
}
