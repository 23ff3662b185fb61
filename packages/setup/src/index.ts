export { type MonitorUnits, monitorUnits, START_MONITOR, type UnitFile } from "./units-monitor.ts";
