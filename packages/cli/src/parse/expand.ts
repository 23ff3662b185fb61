import { pathFromText } from "@doppel/base";

/**
 * Expands a leading `~` and `$NAME`, `${NAME}` in what stock duplicity takes for file names (cli spec 2.1): cron and other programs
 * that start it without a shell rely on it. Variables that are not set stay as they are.
 */
export function expansion(variables: Readonly<Record<string, string | undefined>>): (value: string) => string {
  return (value) => {
    const home = variables["HOME"];
    const absolute = home !== undefined && /^~(?=\/|$)/.test(value) ? pathFromText(home) + value.slice(1) : value;
    return absolute.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (as, plain?: string, braced?: string) => {
      const set = variables[plain ?? braced!];
      return set === undefined ? as : pathFromText(set);
    });
  };
}
