// Builds the style sheets and scripts into confsvc/web/static/dist: hashed names, .gz and .br siblings (the server
// picks them by itself), manifest.json (plain name -> hashed name) and the licences of what is bundled.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "confsvc", "web", "static", "dist");
const bundled = ["htmx.org"];
const limits = { "app.css": 8 * 1024, "app.js": 30 * 1024 }; // compressed bytes, the weights promised to a slow line

const result = await build({
  entryPoints: {
    app: join(here, "js/app.js"),
    kiosk: join(here, "kiosk/main.js"),
    "app-style": join(here, "css/app.css"),
    "kiosk-style": join(here, "css/kiosk.css"),
  },
  outdir: dist,
  bundle: true,
  format: "esm",
  minify: true,
  legalComments: "none",
  target: ["chrome109", "firefox115", "safari15"],
  write: false,
  absWorkingDir: here,
  logLevel: "warning",
});

const files = new Map(
  result.outputFiles.map((file) => [basename(file.path).replace("-style.css", ".css"), Buffer.from(file.contents)]),
);
for (const name of readdirSync(join(here, "static"))) files.set(name, readFileSync(join(here, "static", name)));

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const manifest = {};
let tooHeavy = false;
for (const [name, content] of [...files].sort()) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  const gz = gzipSync(content, { level: 9 });
  const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(dist, hashed), content);
  writeFileSync(join(dist, `${hashed}.gz`), gz);
  writeFileSync(join(dist, `${hashed}.br`), br);
  manifest[name] = hashed;
  console.log(`${name.padEnd(12)} ${content.length} B, br ${br.length} B`);
  if (limits[name] && br.length > limits[name]) {
    console.error(`${name}: ${br.length} B compressed, the limit is ${limits[name]} B`);
    tooHeavy = true;
  }
}
writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
writeFileSync(join(dist, "LICENSES.txt"), bundled.map(licence).join("\n"));
if (tooHeavy) process.exit(1);

function licence(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`;
}
