import { isMap, isScalar } from "yaml";
import { bad, keyText, parseProfilesDocument } from "./document.ts";
import { readProfiles } from "./load.ts";

/**
 * A profiles file with one more profile at the end of its profiles. All that is there stays as it is, byte for byte, with its
 * comments; the profiles must be written one below the other, as everybody does.
 * @param block  makes the YAML of the profile at an indentation
 * @throws profiles.bad, also for a name that is taken
 */
export function appendProfile(file: string, text: string, name: string, block: (indent: string) => string): string {
  const parsed = parseProfilesDocument(file, text);
  const before = readProfiles(parsed);
  const line = before.lineOf(["profiles", name]);
  if (line !== undefined)
    throw bad(
      file,
      line,
      keyText(["profiles", name]),
      `there is a profile ${name} already: take it out first, or give the new one another name`,
    );
  const { contents } = parsed.document;
  const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && key.value === "profiles") : undefined;
  const profiles = pair?.value;
  let result: string;
  if (pair === undefined) result = `${ended(text)}\nprofiles:\n${block("  ")}`;
  else if (isMap(profiles) && !profiles.flow && profiles.items.length > 0 && profiles.range) {
    const first = profiles.items[0]!.key;
    const start = isScalar(first) && first.range ? first.range[0] : 0;
    const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
    const end = endOfProfiles(text, profiles.range[1], indent.length);
    result = `${ended(text.slice(0, end))}\n${block(indent)}${text.slice(end)}`;
  } else if (isScalar(profiles) && profiles.value === "" && profiles.range) {
    const end = lineEnd(text, profiles.range[0]);
    result = `${ended(text.slice(0, end))}${block("  ")}${text.slice(end)}`;
  } else
    throw bad(
      file,
      before.lineOf(["profiles"]),
      "profiles",
      "the profiles are not written one below the other: add the new one by hand",
    );
  const after = readProfiles(parseProfilesDocument(file, result));
  const kept = [...before.byName.keys(), ...before.bad.keys()].every((known) => after.lineOf(["profiles", known]) !== undefined);
  if (!kept || !after.byName.has(name))
    throw bad(file, undefined, undefined, "the new profile cannot be put into it safely: add it by hand");
  return result;
}

/** Behind the last line that belongs to them: blank lines and comments further left are the next key's. */
function endOfProfiles(text: string, behind: number, indent: number): number {
  const lines = text.slice(0, behind).split(/(?<=\n)/);
  while (/^\s*(?:#.*)?\n?$/.test(lines.at(-1) ?? "x") && !(lines.at(-1)!.search(/#/) >= indent)) lines.pop();
  return lines.join("").length;
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}
