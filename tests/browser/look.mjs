// Opens pages in headless Chromium as a person does, at two widths, light and dark, and fails on
// what a person would stumble over: anything loaded or refused, a page wider than its window, what
// axe-core calls serious, filters that do not filter, ticks that a reload loses, a page that is
// nothing without its script. Pictures of all of it are left in a folder.
//
//     node look.mjs PICTURES PAGE.html..
import { mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import puppeteer from "puppeteer-core";

const [pictures, ...pages] = process.argv.slice(2);
const widths = [360, 1280];
const schemes = ["light", "dark"];
const wrong = [];

mkdirSync(pictures, { recursive: true });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
});

for (const file of pages) {
  const name = basename(file, ".html");
  const url = pathToFileURL(resolve(file)).href;
  const fail = (what) => wrong.push(`${name}: ${what}`);
  for (const scheme of schemes) {
    for (const width of widths) {
      const page = await open(url, width, scheme, fail);
      await page.screenshot({ path: join(pictures, `${name}-${width}-${scheme}.png`), fullPage: true });
      await page.screenshot({ path: join(pictures, `${name}-${width}-${scheme}-first.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) fail(`is ${wide} pixels wider than a window of ${width}`);
      await page.evaluate(() => {
        for (const one of document.querySelectorAll("details")) one.open = true;
      });
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => globalThis.axe.run());
      for (const one of found.violations) {
        if (!["serious", "critical"].includes(one.impact)) continue;
        const where = one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ");
        fail(`${width} ${scheme}: ${one.id}: ${one.help}: ${where}`);
      }
      await page.close();
    }
  }
  await filters(url, fail);
  await ticks(url, fail);
  await unscripted(url, fail);
  const page = await open(url, 1280, "light", fail);
  await page.pdf({ path: join(pictures, `${name}.pdf`), format: "A4" });
  await page.close();
}
await browser.close();
for (const one of wrong) console.error(one);
console.log(`${pages.length} pages opened, ${wrong.length} things wrong; pictures are in ${pictures}`);
process.exit(wrong.length === 0 ? 0 : 1);

async function open(url, width, scheme, fail, script = true) {
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) fail(`the console says: ${message.text()}`);
  });
  page.on("pageerror", (error) => fail(`the script fails: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) fail(`loads ${request.url()}`);
  });
  await page.setBypassCSP(false);
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: width < 500 ? 740 : 900, deviceScaleFactor: 1 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(url);
  return page;
}

/** How many steps can be seen, be they folded. */
function shown(page) {
  return page.$$eval(".item", (items) => items.filter((item) => !item.hidden).length);
}

async function filters(url, fail) {
  const page = await open(url, 1280, "light", fail);
  if (await page.$(".filters")) {
    const all = await shown(page);
    const states = await page.$$(".filters input[name=state]");
    for (const state of states) {
      await state.click();
      if ((await shown(page)) >= all && states.length > 1) fail("a state that is not wanted is shown");
      await state.click();
    }
    for (const state of states) await state.click();
    if ((await shown(page)) !== 0) fail("steps are shown although no state is");
    for (const state of states) await state.click();
    await page.type(".filters input[name=step]", "no step is called this");
    if ((await shown(page)) !== 0) fail("a step is shown that has not the words");
    const said = await page.$eval(".filters .shown", (one) => one.textContent);
    if (!said.startsWith(`0 of ${all} `)) fail(`the filters say: ${said}`);
    const org = await page.$(".filters select[name=org]");
    if (org) {
      await page.$eval(".filters input[name=step]", (input) => (input.value = ""));
      await org.select("0");
      const orgs = await page.$$eval(".org", (all) => all.filter((one) => !one.hidden).length);
      if (orgs !== 1) fail(`${orgs} orgs are shown where one was chosen`);
    }
  }
  await page.close();
}

async function ticks(url, fail) {
  const page = await open(url, 1280, "light", fail);
  if (await page.$("input[data-key]")) {
    const isTicked = () => page.$eval("input[data-key]", (box) => box.checked);
    await page.focus("input[data-key]");
    await page.keyboard.press("Space");
    await page.reload();
    if (!(await isTicked())) fail("what was ticked is not any more after a reload");
    const said = await page.$eval(".progress", (one) => one.textContent);
    if (!said.startsWith("1 of ")) fail(`the progress says: ${said}`);
    await page.focus("input[data-key]");
    await page.keyboard.press("Space");
    await page.reload();
    if (await isTicked()) fail("what is not ticked any more is, after a reload");
  }
  await page.close();
}

async function unscripted(url, fail) {
  const page = await open(url, 1280, "light", fail, false);
  const counts = () => page.$$eval(".item", (items) => items.length);
  if (await page.$(".filters:not([hidden])")) fail("filters are shown that nothing can work");
  if ((await page.$("h1, h2, h3")) === null) fail("there is no heading without the script");
  if ((await shown(page)) !== (await counts())) fail("steps are hidden without the script");
  await page.close();
}
