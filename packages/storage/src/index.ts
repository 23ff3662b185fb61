export { type ContractCheck, ContractViolation, contractChecks } from "./contract.ts";
export { openStorage, supportedSchemes } from "./drivers.ts";
export type { ByteRange, DriverContext, Storage, StorageDriver, StoredObject } from "./storage.ts";
export { isUrl, redactUrl } from "./url.ts";
export { readOnly } from "./wrap/read-only.ts";
export { type RetryOptions, withRetry } from "./wrap/retry.ts";
