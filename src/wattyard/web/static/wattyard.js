// Search, copying and trying. Every page reads without this file.

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// Copying
const copying = (block) => {
  const button = make("button", { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  const around = make("div", { className: "copied" });
  block.replaceWith(around);
  around.append(button, block);
};
if (navigator.clipboard) document.querySelectorAll("pre.code").forEach(copying);

// The path under which a proxy shows the server.
const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

// Search
const MOST = 12;
let entries;
const index = () => (entries ??= fetch(`${ROOT}/docs/search.json`).then((answer) => answer.json()));
const score = ([title, , about], words) => {
  const name = title.toLowerCase();
  const whole = `${name} ${about.toLowerCase()}`;
  if (!words.every((word) => whole.includes(word))) return 0;
  return words.reduce((sum, word) => sum + (name === word ? 8 : name.startsWith(word) ? 4 : name.includes(word) ? 2 : 1), 0);
};
const find = async (text) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return (await index())
    .map((entry) => [score(entry, words), entry])
    .filter(([points]) => points > 0)
    .sort(([one], [other]) => other - one)
    .slice(0, MOST)
    .map(([, entry]) => entry);
};
const search = document.getElementById("search");
if (search) {
  const field = make("input", { type: "search", placeholder: "Search  /" });
  field.setAttribute("aria-label", "Search the documentation");
  const list = make("ul", { hidden: true });
  search.append(field, list);
  search.hidden = false;
  const show = async () => {
    const asked = field.value;
    const found = await find(asked);
    if (asked !== field.value) return;
    list.replaceChildren(
      ...found.map(([title, path, about]) =>
        make("li", {}, make("a", { href: ROOT + path }, title, make("small", { textContent: about }))),
      ),
    );
    if (field.value.trim() && !found.length) list.append(make("li", { textContent: "Nothing found." }));
    list.hidden = !field.value.trim();
  };
  field.addEventListener("input", show);
  field.addEventListener("focus", show);
  search.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && links.length) {
      event.preventDefault();
      (links[at + step] ?? field).focus();
    } else if (event.key === "Enter" && document.activeElement === field) links[0]?.click();
    else if (event.key === "Escape") list.hidden = true;
  });
  document.addEventListener("click", (event) => {
    if (!search.contains(event.target)) list.hidden = true;
    else if (event.target.closest("a")) list.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, textarea")) return;
    event.preventDefault();
    field.focus();
  });
}

// Trying, with a key of the test mode only; the key stays in this tab.
const KEY = "wattyard-test-key";
const isTest = (key) => /^(sk|rk)_test_/.test(key);
const send = async (samples, key, path, body) => {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body !== null) headers["Content-Type"] = "application/json";
  const answer = await fetch(ROOT + path, { method: samples.dataset.method, headers, body, credentials: "omit" });
  const text = await answer.text();
  try {
    return [answer.status, JSON.stringify(JSON.parse(text), null, 2)];
  } catch {
    return [answer.status, text];
  }
};
const trying = (samples) => {
  const button = make("button", { type: "button", textContent: "Try it" });
  button.addEventListener("click", () => {
    button.remove();
    samples.after(form(samples));
  });
  samples.append(button);
};
const form = (samples) => {
  const open = "open" in samples.dataset;
  const key = make("input", { type: "password", autocomplete: "off", value: sessionStorage.getItem(KEY) ?? "", placeholder: "sk_test_… or rk_test_…" });
  const curl = samples.querySelector("code").textContent.trim();
  const line = /"\$WATTYARD_URL([^"]*)"/.exec(curl);
  const path = make("input", { value: line ? line[1] : samples.dataset.path });
  const given = /-d '([\s\S]*)'$/.exec(curl);
  const body = given ? make("textarea", { value: given[1].replaceAll("'\\''", "'"), spellcheck: false }) : null;
  const go = make("button", { type: "submit", textContent: `Send ${samples.dataset.method}` });
  const told = make("p", { textContent: "The request goes to this server, in the test mode." });
  told.setAttribute("role", "status");
  const result = make("pre", { className: "code", hidden: true }, make("code"));
  const trial = make("form", { className: "trial" });
  if (!open) trial.append(make("label", {}, "Test key", key));
  trial.append(make("label", {}, "Path and query", path));
  if (body) trial.append(make("label", {}, "Body", body));
  trial.append(make("div", {}, go), told, result);
  trial.addEventListener("submit", async (event) => {
    event.preventDefault();
    key.value = key.value.trim();
    if (!open && !isTest(key.value)) {
      told.textContent = "Use a key of the test mode: sk_test_… or rk_test_….";
      return;
    }
    sessionStorage.setItem(KEY, key.value);
    told.textContent = "…";
    try {
      const [status, text] = await send(samples, open ? "" : key.value, path.value, body ? body.value : null);
      told.textContent = `Answer ${status}`;
      result.firstChild.textContent = text;
      result.hidden = !text;
    } catch (fault) {
      told.textContent = `No answer: ${fault.message}`;
    }
  });
  return trial;
};
document.querySelectorAll(".samples").forEach(trying);

// Live parts of the dashboard: fragments by server-sent events, only while somebody looks.
const live = document.querySelector("main[data-live]");
if (live) {
  let source;
  const open = () => {
    if (source) return;
    source = new EventSource(live.dataset.live);
    source.addEventListener("fragment", (event) => {
      const { id, html } = JSON.parse(event.data);
      const element = document.getElementById(id);
      if (!element || element.contains(document.activeElement)) return;
      element.innerHTML = html;
      element.querySelectorAll("svg.chart[data-chart]").forEach(reading);
    });
  };
  const close = () => {
    source?.close();
    source = undefined;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", () => document.hidden || open());
}

// Menus that open close again, by Escape and by a click elsewhere.
const menus = () => document.querySelectorAll("header details[open]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menus().forEach((menu) => (menu.open = false));
});
document.addEventListener("click", (event) => {
  menus().forEach((menu) => menu.contains(event.target) || (menu.open = false));
});

// Charts: the values under the pointer. The table behind each chart has them all without it.
const SVG = "http://www.w3.org/2000/svg";
const edges = ({ t, v }) => (t.length === 2 ? v.map((_, i) => t[0] + i * t[1]).concat(t[0] + v.length * t[1]) : t);
const reading = (chart) => {
  const data = JSON.parse(chart.dataset.chart);
  const series = data.series.map((one) => ({ ...one, t: edges(one) }));
  const time = new Intl.DateTimeFormat(navigator.language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: data.zone });
  const line = document.createElementNS(SVG, "line");
  line.setAttribute("class", "now");
  line.setAttribute("y2", "100%");
  const told = make("output", { className: "reading", hidden: true });
  chart.after(told);
  chart.parentElement.classList.add("read");
  const hide = () => {
    line.remove();
    told.hidden = true;
  };
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("pointermove", (event) => {
    const place = chart.getBoundingClientRect();
    const share = (event.clientX - place.left) / place.width;
    if (share < 0 || share > 1) return hide();
    const at = share * (data.to - data.from);
    const lines = series.map(({ name, decimals, t, v }) => {
      const step = t.findLastIndex((edge) => edge <= at);
      const value = step >= 0 && step < v.length ? v[step] : null;
      const text = value === null ? "–" : value.toLocaleString(navigator.language, { maximumFractionDigits: decimals });
      return make("div", {}, `${name}: `, make("b", { textContent: text }));
    });
    told.replaceChildren(make("div", { textContent: time.format((data.from + at) * 1000) }), ...lines);
    told.hidden = false;
    const around = chart.parentElement.getBoundingClientRect();
    const most = around.width - told.offsetWidth;
    told.style.left = `${Math.max(0, Math.min(event.clientX - around.left + 12, most))}px`;
    line.setAttribute("x1", `${share * 100}%`);
    line.setAttribute("x2", `${share * 100}%`);
    chart.append(line);
  });
  const why = chart.closest("section")?.querySelector("a[data-why]");
  if (!why) return;
  why.after(" Click the chart to choose one.");
  chart.addEventListener("click", (event) => {
    const place = chart.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - place.left) / place.width, 0), 0.9999);
    const at = new Date((data.from + share * (data.to - data.from)) * 1000);
    const address = new URL(why.href);
    address.searchParams.set("at", `${at.toISOString().slice(0, 16)}Z`);
    why.href = address;
    why.textContent = `Why the price on ${time.format(at)}?`;
  });
};
document.querySelectorAll("svg.chart[data-chart]").forEach(reading);
