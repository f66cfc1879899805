// Loads a report in headless Chromium and prints what it found as JSON: node check.cjs MODULES FILE FOLDER
// MODULES has node_modules with puppeteer-core and axe-core; screenshots go to FOLDER.
"use strict";
const path = require("path");
const { pathToFileURL } = require("url");
const [modules, file, folder] = process.argv.slice(2);
const load = (name) => require(require.resolve(name, { paths: [modules] }));
const puppeteer = load("puppeteer-core");
const axe = load("axe-core");

async function open(browser, options) {
  const page = await browser.newPage();
  const seen = { errors: [], requests: [], dialogs: [] };
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (line) => { if (["error", "warning"].includes(line.type())) seen.errors.push(line.text()); });
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("dialog", async (dialog) => { seen.dialogs.push(dialog.message()); await dialog.dismiss(); });
  await page.setJavaScriptEnabled(options.script);
  await page.setViewport({ width: options.width, height: 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: options.scheme }]);
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  return { page, seen };
}

async function look(browser, options) {
  const { page, seen } = await open(browser, options);
  const name = `${options.scheme}-${options.width}${options.script ? "" : "-plain"}.png`;
  const image = path.join(folder, name);
  await page.screenshot({ path: image });
  const facts = await page.evaluate(() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    background: getComputedStyle(document.body).backgroundColor,
    filters: getComputedStyle(document.querySelector(".filters")).display,
    title: document.title,
    scripts: document.scripts.length,
    images: document.images.length,
    headings: document.querySelectorAll("h1").length,
    rules: document.querySelectorAll(".rule").length,
  }));
  let violations = [];
  if (options.script) {
    // axe judges what a person can see: everything is unfolded. The page's own policy forbids a further script, so it is
    // run by the debugger, not put into the page.
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    await page.evaluate(axe.source);
    const result = await page.evaluate(() => window.axe.run(document));
    violations = result.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`);
  }
  await page.close();
  return { ...options, ...facts, ...seen, image, violations };
}

async function filter(browser) {
  const { page, seen } = await open(browser, { script: true, width: 1280, scheme: "light" });
  const shown = () => page.evaluate(() => [...document.querySelectorAll(".rule")].filter((rule) => rule.getClientRects().length > 0).length);
  const severities = () => page.evaluate(() => [...new Set([...document.querySelectorAll(".rule")].filter((rule) => rule.getClientRects().length > 0).map((rule) => rule.dataset.severity))]);
  const steps = { all: await shown() };
  await page.click("input[value=note]");
  steps.withoutNotes = await severities();
  await page.click("input[value=note]");
  await page.type("#text", "expired");
  steps.expired = await shown();
  steps.count = await page.$eval("#count", (count) => count.textContent);
  await page.type("#text", " no-such-word");
  steps.none = await shown();
  await page.close();
  return { ...steps, errors: seen.errors };
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"],
  });
  try {
    const looks = [];
    for (const scheme of ["light", "dark"])
      for (const width of [1280, 400])
        looks.push(await look(browser, { scheme, width, script: true }));
    looks.push(await look(browser, { scheme: "light", width: 1280, script: false }));
    console.log(JSON.stringify({ looks, filter: await filter(browser) }));
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
