import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";

import manifest from "./scripts/manifest.ts";

// Where `npm run dev` finds the server: `make up` writes it to .local/url.
const server = process.env["JOBBING_URL"] ?? "http://127.0.0.1:8000";

// What the app keeps on a device is read by the build that wrote it, and by no other.
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as {
  version: string;
};
const build = `${version}+${new Date().toISOString().slice(0, 16)}`;

export default defineConfig({
  define: { __BUILD__: JSON.stringify(build) },
  plugins: [
    react(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src/worker",
      filename: "sw.ts",
      injectRegister: false,
      manifest,
      injectManifest: {
        // The shell, its letters and its words. The map and Firebase are fetched when they are
        // needed and kept from then on (src/worker/sw.ts).
        globPatterns: [
          "index.html",
          "assets/*.{js,css}",
          "assets/*-latin-*.woff2",
          "icons/icon.svg",
        ],
        globIgnores: ["**/maplibre*", "**/firebase*", "**/map-*", "**/canvas-*"],
      },
      devOptions: { enabled: false },
    }),
  ],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    // Which screen is in which file: read by scripts/weight.mjs.
    manifest: true,
    // MapLibre alone is larger than the usual limit, and is never part of the first page.
    chunkSizeWarningLimit: 1200,
  },
  server: {
    proxy: { "/api": server },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.mjs"],
  },
});
