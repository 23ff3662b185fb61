/** Started by broker.ts: runs a gateway, tells its parent where it is, and ends it when the parent lets go or has gone. */
import { startGateway, stopGateway } from "./gateway.ts";

process.on("SIGINT", () => {}); // a terminal sends it to everybody; our parent decides when this is over
const released = new Promise<void>((resolve) => {
  process.once("disconnect", resolve);
  if (!process.connected) resolve(); // it went while we were being loaded
});

try {
  const gateway = await startGateway("ours");
  tell({ env: gateway.env });
  await released;
  await stopGateway(gateway);
} catch (error) {
  tell({ problem: (error as Error).message });
}

function tell(message: object): void {
  if (process.connected) process.send?.(message);
}
