export { SEALS, type SealName } from "./soak/machine.ts";
export { bucketPlace, folderPlace, type SoakPlace } from "./soak/places.ts";
export { resultLine, tableOf } from "./soak/report.ts";
export { type SoakReport, soak } from "./soak/soak.ts";
export { openStock } from "./soak/stock.ts";
