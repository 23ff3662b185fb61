import { displayPath, type BytePath } from "@doppel/base";
import type { Encoding } from "@doppel/format";
import { shellWord } from "./quote.ts";

export interface ScriptFacts {
  readonly time: Date;
  readonly encoding: Encoding;
  /** Stored names in volume order, with the best hash the manifest has. */
  readonly volumes: readonly { readonly name: string; readonly algorithm: string; readonly digest: string }[];
  readonly folder?: BytePath;
  /** Files that are cut over volumes. */
  readonly cutFiles: readonly BytePath[];
  /** Volumes end properly, so that all of them can be read as one archive. Not so in those of stock duplicity. */
  readonly joinable: boolean;
}

const UNSEAL: Record<Encoding, string> = { gpg: "${GPG:-gpg} -d --", gzip: "gzip -dc --", plain: "cat --" };
const NEEDS: Record<Encoding, string> = { gpg: "gpg with the secret key or the passphrase, ", gzip: "gzip, ", plain: "" };

/** The commands that restore one full set with standard programs alone. */
export function restoreScript(facts: ScriptFacts): string {
  return [head(facts), check(facts), unpack(facts), JOIN, tail()].join("\n");
}

function head({ time, encoding, folder, volumes, cutFiles }: ScriptFacts): string {
  const place = folder === undefined ? "FOLDER-WITH-THE-VOLUMES" : shellWord(folder);
  const cut = cutFiles.map((path) => `#   ${displayPath(path)}`);
  return `#!/bin/bash
# Restores the full backup of ${time.toISOString().replace(".000", "")} without doppel and without duplicity.
#
#   bash THIS-SCRIPT NEW-FOLDER [FOLDER-WITH-THE-VOLUMES]
#
# Needs bash, GNU tar, ${NEEDS[encoding]}find and the GNU coreutils. Run it as root to restore owners and devices.
# GPG='gpg --homedir ...' chooses another gpg command.
#
# In short, in an empty folder:
#   for v in ${place}/${pattern(volumes[0]?.name ?? "")}; do ${UNSEAL[encoding].replace("${GPG:-gpg}", "gpg").replace(" --", "")} "$v" | tar x --strip-components=1; done
# restores everything${cutFiles.length > 0 ? " but the files that are cut over volumes; of each of them it leaves a folder with numbered\n# pieces, which cat in order joins:" : "."}
${cut.length > 0 ? `${cut.join("\n")}\n` : ""}# The commands below do all of that, and also restore the times of folders.
set -euo pipefail
target=\${1:?usage: bash THIS-SCRIPT NEW-FOLDER [FOLDER-WITH-THE-VOLUMES]}
volumes=\${2:-${folder === undefined ? "." : shellWord(folder)}}
volumes=$(cd -- "$volumes" && pwd)
[ ! -e "$target" ] || { echo "$target is there already" >&2; exit 1; }
mkdir -p -- "$target.partial"
cd -- "$target.partial"
here=$PWD
`;
}

/** What matches all volumes of the set that this one is of. */
function pattern(volume: string): string {
  const [, before = "", after = ""] = /^(.*?)\d+(\.(?:difftar|dt)(?:\..*)?)$/s.exec(volume) ?? [];
  return `${before && shellWord(before)}*${after && shellWord(after)}`;
}

function check({ volumes }: ScriptFacts): string {
  const commands = new Map([
    ["SHA256", "sha256sum"],
    ["SHA1", "sha1sum"],
    ["MD5", "md5sum"],
  ]);
  const lines = volumes.map(({ name, digest }) => `${digest}  ${name}`);
  const command = commands.get(volumes[0]?.algorithm ?? "");
  if (!command) return "# 1. The manifest holds no hash of the volumes that could be checked.\n";
  return `# 1. Is every volume there, and as it was stored?
(cd -- "$volumes" && ${command} --quiet -c -) <<'END'
${lines.join("\n")}
END
`;
}

function unpack({ volumes, encoding, joinable }: ScriptFacts): string {
  const names = volumes.map(({ name }) => `  ${shellWord(name)}`).join("\n");
  const list = `names=(\n${names}\n)\n`;
  if (joinable) {
    return `# 2. Decrypt and unpack, in order.
${list}for name in "\${names[@]}"; do
  ${UNSEAL[encoding]} "$volumes/$name"
done | tar -x -p --delay-directory-restore --ignore-zeros -f -
`;
  }
  return `# 2. Decrypt and unpack, in order. These volumes were made by duplicity: each ends in its own way, so each gets a tar of
#    its own (what follows the archive is read and dropped), and a folder whose files lie in several volumes keeps the time
#    of this extraction.
${list}for name in "\${names[@]}"; do
  ${UNSEAL[encoding]} "$volumes/$name" | { tar -x -p --delay-directory-restore -f -; cat > /dev/null; }
done
`;
}

const JOIN = `# 3. Join the files that were cut: multivol_snapshot/PATH/1, 2, ... become snapshot/PATH. If the backup
#    is of a single file, there is no PATH.
join() { # folder with the pieces
  local pieces=$1 file="$here/snapshot\${1#"$here/multivol_snapshot"}" parent mode last k=1
  parent=$(dirname -- "$file"; echo .); parent=\${parent%??}
  mode=$(stat -c %a -- "$parent")
  touch -r "$parent" -- "$here/.time"
  chmod u+w -- "$parent"
  : > "$file"
  while [ -e "$pieces/$k" ]; do cat -- "$pieces/$k" >> "$file"; rm -f -- "$pieces/$((k - 1))"; last=$k; k=$((k + 1)); done
  chown --reference="$pieces/$last" -- "$file" 2>/dev/null || true
  chmod --reference="$pieces/$last" -- "$file"
  touch -r "$pieces/$last" -- "$file"
  chmod "$mode" -- "$parent"
  touch -r "$here/.time" -- "$parent"
}
if [ -d multivol_snapshot ]; then
  while IFS= read -r -d '' first; do join "\${first%/1}"; done < <(find "$here/multivol_snapshot" -type f -name 1 -print0)
fi
`;

function tail(): string {
  return `# 4. Only a complete restore gets its name.
cd -- "$OLDPWD"
mv -T -- "$target.partial/snapshot" "$target"
rm -rf -- "$target.partial"
echo "restored to $target"
`;
}
