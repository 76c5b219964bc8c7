// A registry of npm packages on loopback: node registry.mjs FOLDER. It prints its port and serves each FOLDER/*.tgz, of which the
// last one by name is the latest version.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const folder = process.argv[2];

function describe(name) {
  const packages = readdirSync(folder).filter((file) => file.endsWith(".tgz")).sort();
  const found = { name, "dist-tags": {}, versions: {} };
  for (const file of packages) {
    const text = execFileSync("tar", ["-xOzf", join(folder, file), "package/package.json"]);
    const manifest = JSON.parse(text);
    if (manifest.name !== name) continue;
    const bytes = readFileSync(join(folder, file));
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    const tarball = `http://127.0.0.1:${server.address().port}/files/${file}`;
    found.versions[manifest.version] = { ...manifest, dist: { tarball, integrity } };
    found["dist-tags"].latest = manifest.version;
  }
  return found;
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1);
  if (path.startsWith("files/")) {
    response.end(readFileSync(join(folder, path.slice("files/".length))));
    return;
  }
  const found = describe(path);
  if (!found["dist-tags"].latest) response.statusCode = 404;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(found));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
