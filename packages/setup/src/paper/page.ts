import { keyParts, qrPicture } from "./qr.ts";

/**
 * A page to print that outlives disks: the secret key, locked, as text and as QR codes, with what to do with it. It stands
 * alone (nothing is loaded) and holds no passphrase: there is a box to write it into.
 * @param options  `server` has letters, digits, dots, dashes and underscores only
 */
export function paperPage(options: {
  readonly server: string;
  /** Hexadecimal. */
  readonly fingerprint: string;
  readonly secretArmored: string;
  readonly made: Date;
}): string {
  const { server, fingerprint, secretArmored, made } = options;
  const parts = keyParts(server, secretArmored);
  const squares = parts.map(
    (part, i) => `<figure>${qrPicture(part)}<figcaption>${i + 1} of ${parts.length}</figcaption></figure>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Backup key of ${server}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Backup key of ${server}</h1>
<dl>
<dt>Made</dt><dd>${made.toISOString().slice(0, 10)}</dd>
<dt>Fingerprint</dt><dd><code>${spaced(fingerprint)}</code></dd>
<dt>Passphrase</dt><dd class="box"></dd>
</dl>
<p>With this page and the passphrase every backup of ${server} can be read; without either of them, none. Where both are written
here, lock the page away. Otherwise keep the passphrase in another place, and say here in which.</p>

<h2>Getting the key back</h2>
<p>From the squares: scan all of them, in any order, each into a line of a file <code>squares.txt</code>. A phone does it, and so does
<code>zbarimg --quiet --raw scan*.png &gt; squares.txt</code>. Then:</p>
<pre>sort -u squares.txt | cut -d ' ' -f 3 | tr -d '\\n' | base64 -d &gt; ${server}.secret.gpg
gpg --show-keys ${server}.secret.gpg      # must name the fingerprint above</pre>
<p>From the text: type or scan it, with both of its lines of dashes and the empty line behind the first, into
<code>${server}.secret.gpg</code>. gpg refuses it when a letter is wrong (the line that begins with = is a checksum).</p>

<h2>Reading backups with it</h2>
<pre>doppel restore --secret-key ${server}.secret.gpg URL TARGET</pre>
<p>or with GnuPG and duplicity, without doppel:</p>
<pre>gpg --import ${server}.secret.gpg
duplicity restore URL TARGET</pre>
<p>or with GnuPG alone, volume by volume:</p>
<pre>gpg --decrypt duplicity-full.DATE.vol1.difftar.gpg | tar -xv</pre>

<h2>The key in squares</h2>
<div class="squares">
${squares.join("\n")}
</div>

<h2>The key as text</h2>
<pre class="key">${secretArmored}</pre>
</body>
</html>
`;
}

const STYLE = `
@page { size: A4; margin: 15mm }
body { font: 11pt/1.35 sans-serif; max-width: 180mm; margin: auto; color: #000; background: #fff }
h1 { font-size: 18pt } h2 { font-size: 13pt; break-after: avoid }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2mm 5mm } dd { margin: 0 }
.box { border: 1px solid; height: 14mm }
pre { font: 9pt/1.3 monospace; white-space: pre-wrap; break-inside: avoid } pre.key { break-inside: auto; font-size: 10pt }
.squares { display: flex; flex-wrap: wrap; gap: 4mm }
figure { margin: 0; width: 85mm; break-inside: avoid; text-align: center } svg { width: 85mm; height: 85mm; display: block }
`;

/** In groups of four, as gpg shows it. */
function spaced(fingerprint: string): string {
  return fingerprint.match(/.{1,4}/g)?.join(" ") ?? fingerprint;
}
