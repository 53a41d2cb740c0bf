/**
 * How good pages of a running server are, by Lighthouse: a slow phone on a slow line.
 *
 * `CHROME_PATH=/usr/bin/chromium node scripts/lighthouse.mjs URL...` says what it finds wanting as
 * it goes; its last line is one JSON object: scores from 0 to 100, and of each address the largest
 * paint in ms and the bytes sent. Lighthouse no longer says whether an app can be installed: that
 * is looked at here.
 */
import * as chrome from "chrome-launcher";
import lighthouse from "lighthouse";

const FLAGS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"];
const CATEGORIES = ["performance", "accessibility", "best-practices"];

/** What is wrong with the app as something to install; nothing when all is there. */
async function installable(url) {
  const wrong = [];
  const at = (path) => new URL(path, url);
  const page = await (await fetch(url, { headers: { accept: "text/html" } })).text();
  const link = /<link[^>]+rel="manifest"[^>]+href="([^"]+)"/.exec(page)?.[1];
  if (!link) return ["no manifest"];
  const manifest = await (await fetch(at(link))).json();
  for (const name of ["name", "short_name", "start_url", "theme_color", "background_color"])
    if (!manifest[name]) wrong.push(`the manifest lacks ${name}`);
  if (manifest.display !== "standalone") wrong.push("it is not standalone");
  for (const [size, purpose] of [
    ["192x192", "any"],
    ["512x512", "any"],
    ["512x512", "maskable"],
  ]) {
    const icon = manifest.icons?.find(
      (each) => each.sizes === size && (each.purpose ?? "any").includes(purpose),
    );
    const sent = icon && (await fetch(at(icon.src)));
    if (!sent?.ok || sent.headers.get("content-type") !== icon.type)
      wrong.push(`no icon of ${size} for ${purpose}`);
  }
  const worker = await fetch(at("/sw.js"));
  if (!worker.ok || !worker.headers.get("content-type")?.includes("javascript"))
    wrong.push("no service worker");
  return wrong;
}

const urls = process.argv.slice(2);
if (!urls.length) throw new Error("say which addresses to look at");
const browser = await chrome.launch({ chromeFlags: FLAGS });
const pages = [];
try {
  for (const url of urls) {
    const { lhr } = await lighthouse(url, {
      port: browser.port,
      output: "json",
      logLevel: "error",
      onlyCategories: CATEGORIES,
      formFactor: "mobile",
      throttlingMethod: "simulate",
    });
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    for (const audit of Object.values(lhr.audits)) {
      const counts = CATEGORIES.some((name) =>
        lhr.categories[name].auditRefs.some(({ id, weight }) => id === audit.id && weight > 0),
      );
      if (audit.score !== null && audit.score < 0.9 && (counts || audit.details?.overallSavingsMs))
        console.log(`${url}: ${audit.title} ${audit.displayValue ?? ""}`.trim());
    }
    const score = (name) => Math.round(lhr.categories[name].score * 100);
    pages.push({
      url,
      performance: score("performance"),
      accessibility: score("accessibility"),
      "best-practices": score("best-practices"),
      largest_paint_ms: Math.round(lhr.audits["largest-contentful-paint"].numericValue),
      blocking_ms: Math.round(lhr.audits["total-blocking-time"].numericValue),
      bytes: Math.round(lhr.audits["total-byte-weight"].numericValue),
      lighthouse: lhr.lighthouseVersion,
    });
  }
} finally {
  browser.kill();
}
const wrong = await installable(urls[0]);
for (const each of wrong) console.log(`not to be installed: ${each}`);
const least = (name) => Math.min(...pages.map((page) => page[name]));
console.log(
  JSON.stringify({
    performance: least("performance"),
    accessibility: least("accessibility"),
    "best-practices": least("best-practices"),
    installable: wrong.length === 0,
    pages,
  }),
);
