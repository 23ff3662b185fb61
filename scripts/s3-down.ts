/** `npm run s3:down`: ends the server that `npm run s3:up` started, and deletes its data. */
import { stopGateway } from "./s3/gateway.ts";
import { forgetGateway, rememberedGateway } from "./s3/state.ts";

const gateway = rememberedGateway();
if (gateway !== undefined) await stopGateway(gateway);
forgetGateway();
