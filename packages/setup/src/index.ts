export { type Applied, applyBucket, type Change } from "./bucket/apply.ts";
export { hastierRules, type KeepDays, lifecycleFor } from "./bucket/lifecycle.ts";
export { type MergedPolicy, mergePolicy } from "./bucket/merge.ts";
export { appliedPage, bucketData, bucketPage } from "./bucket/page.ts";
export { type BucketPlan, type BucketWish, planBucket, type RolePlan } from "./bucket/plan.ts";
export { policiesFor, type PolicyPlace, type Principals, type RolePolicies } from "./bucket/policies.ts";
export { ROLES, type Role } from "./bucket/roles.ts";
export { type Advice, type ExpiryChoice, expiryWarnings, nightsUntilNothing } from "./bucket/warnings.ts";
export { type MonitorUnits, monitorUnits, START_MONITOR, type UnitFile } from "./units-monitor.ts";
