export { type Deflater, loadDeflater } from "./deflater.ts";
