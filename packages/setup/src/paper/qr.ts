import { dearmored } from "@doppel/openpgp";
import qrcode from "qrcode-generator";

/** Characters of base64 in one square: at error correction M a phone still reads it from a page that was folded. */
const PART = 800;

/**
 * The secret key as lines for QR codes, each `doppel:NAME 02/07 BASE64`: numbers have leading zeros, so that `sort` puts lines
 * in order whatever the order they were scanned in, and the third fields together are the key in base64.
 */
export function keyParts(name: string, armored: string): readonly string[] {
  const base64 = Buffer.from(dearmored(Buffer.from(armored, "latin1"))).toString("base64");
  const count = Math.ceil(base64.length / PART);
  const length = Math.ceil(base64.length / count / 4) * 4; // whole groups: a part alone can be decoded, too
  const number = (n: number): string => String(n).padStart(2, "0");
  return Array.from(
    { length: count },
    (_, i) => `doppel:${name} ${number(i + 1)}/${number(count)} ${base64.slice(i * length, (i + 1) * length)}`,
  );
}

/** A QR code as a picture: SVG whose path is one run of dark squares after another (`M x y h w v1 h-w z`), with its quiet zone. */
export function qrPicture(text: string): string {
  const code = qrcode(0, "M");
  code.addData(text, "Byte");
  code.make();
  const count = code.getModuleCount();
  const quiet = 4;
  let path = "";
  for (let y = 0; y < count; y++) {
    for (let x = 0; x < count; x++) {
      if (!code.isDark(y, x)) continue;
      const from = x;
      while (x + 1 < count && code.isDark(y, x + 1)) x++;
      const width = x - from + 1;
      path += `M${from + quiet} ${y + quiet}h${width}v1h-${width}z`;
    }
  }
  const size = count + 2 * quiet;
  return `<svg viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path d="${path}"/></svg>`;
}
