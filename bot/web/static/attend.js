// Keeps open pages up to date, counts locks down, adds keys. Everything works without it.
const page = document.body;
page.classList.add("scripted");
if (page.dataset.pageAt && page.dataset.pageAt !== location.pathname) history.replaceState(null, "", page.dataset.pageAt); // what a form has led to

// ---- live: parts of the page that are marked data-live are replaced when the server says that something changed
const busy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body && /^(TEXTAREA|INPUT|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
let asking = false, asked = 0, due, latest;
async function refresh() {
  if (asking) return;
  asking = true;
  asked = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "attend-live" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!now || busy(part)) continue;
      if (part === list) { renew(now); continue; }
      const open = [...part.querySelectorAll("details")].map((each) => each.open);
      part.innerHTML = now.innerHTML;
      part.querySelectorAll("details").forEach((each, n) => { if (open[n]) each.open = true; });
    }
    page.dataset.mark = fresh.body.dataset.mark;
    document.title = fresh.title;
    begin();
  } finally { asking = false; }
  changed(latest);
}
const changed = (mark) => {
  latest = mark;
  if (!mark || mark === page.dataset.mark || due || asking) return;
  due = setTimeout(() => { due = undefined; refresh(); }, Math.max(0, asked + 1000 * page.dataset.every - Date.now()));
};
const poll = () => setInterval(async () => { const answer = await fetch(page.dataset.markUrl); if (answer.ok) changed(await answer.text()); }, 3000);
if (page.dataset.events && window.EventSource) {
  const events = new EventSource(page.dataset.events);
  events.onmessage = (event) => changed(event.data);
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) poll(); };
  addEventListener("pagehide", () => events.close());
} else if (page.dataset.markUrl) poll();

// A list does not jump under a hand: while somebody is at it, its lines change where they stand, and what is new waits for a click.
const STILL = 10000; // milliseconds without a move, after which nobody is at it
const list = document.querySelector("[data-list]"), news = document.querySelector("[data-news]");
let touched = -STILL, pending;
for (const what of ["pointermove", "pointerdown", "wheel", "keydown"]) list?.closest(".work").addEventListener(what, () => { touched = performance.now(); }, { passive: true });
const inHand = () => !document.hidden && (performance.now() - touched < STILL || list.contains(document.activeElement) || list.querySelector(":checked"));
const lines = (part) => new Map([...part.querySelectorAll("[data-item]")].map((line) => [line.dataset.item, line]));
function renew(now) {
  const old = lines(list), fresh = lines(now), added = [...fresh.keys()].filter((id) => !old.has(id));
  const moved = [...fresh.keys()].join() !== [...old.keys()].join();
  if (moved && !inHand()) { show(now); return; }
  for (const [id, line] of old) {
    if (fresh.has(id)) exchange(line, fresh.get(id));
    else { line.classList.add("gone"); Object.assign(line.querySelector("[name=item]") ?? {}, { checked: false, disabled: true }); }
  }
  pending = moved ? now : undefined;
  news.hidden = added.length === 0;
  news.textContent = news.dataset.news.replace("#", added.length);
  news.classList.toggle("urgent", added.some((id) => fresh.get(id).matches(".rank0")));
}
function exchange(line, fresh) {
  const can = () => [...line.querySelectorAll("a, button, input")];
  const on = can().indexOf(document.activeElement), chosen = line.querySelector("[name=item]")?.checked, here = line.matches(".current");
  line.innerHTML = fresh.innerHTML;
  line.className = fresh.className;
  line.classList.toggle("current", here);
  if (chosen) line.querySelector("[name=item]").checked = true;
  if (on >= 0) can()[Math.min(on, can().length - 1)].focus();
}
function show(now) {
  const chosen = [...list.querySelectorAll(":checked[name=item]")].map((box) => box.value);
  const here = current()?.dataset.item, place = items().indexOf(current());
  list.innerHTML = now.innerHTML;
  for (const box of list.querySelectorAll("[name=item]")) box.checked = chosen.includes(box.value);
  const there = items().findIndex((line) => line.dataset.item === here);
  if (place >= 0) go(there >= 0 ? there : place);
  pending = undefined;
  news.hidden = true;
  begin();
}
news?.addEventListener("click", () => { show(pending); items()[0]?.querySelector("a").focus(); });
if (list) setInterval(() => { if (pending && !inHand()) show(pending); }, 1000);

// ---- countdowns of locks
let clocks = [];
function begin() {
  const now = performance.now();
  clocks = [...document.querySelectorAll("[data-left]")].map((shown) => ({ shown, until: now + 1000 * shown.dataset.left }));
}
begin();
setInterval(() => {
  for (const { shown, until } of clocks) {
    const left = Math.max(0, Math.round((until - performance.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) { clocks = []; refresh(); return; }
  }
}, 1000);

// ---- forms
// The same form goes once: a second click, while the answer is on its way, would do it again.
const SLOW = 5000; // milliseconds after which somebody may try again
const gone = new WeakMap();
document.addEventListener("submit", (event) => {
  const form = event.target, what = new URLSearchParams(new FormData(form, event.submitter)).toString();
  if (form.method !== "post") return;
  if (gone.get(form) === what) { event.preventDefault(); return; }
  gone.set(form, what);
  setTimeout(() => gone.delete(form), SLOW);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-all]")) document.querySelectorAll("[name=item]").forEach((box) => { box.checked = event.target.checked; });
  const chosen = document.querySelector("[data-chosen]");
  if (chosen) chosen.textContent = document.querySelectorAll(":checked[name=item]").length || "";
});
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) { const from = document.getElementById(copy.dataset.copy); from.select(); navigator.clipboard?.writeText(from.value).catch(() => {}); copy.textContent = copy.dataset.copied; }
});
document.querySelector("[data-print]")?.addEventListener("click", () => print());
const box = document.querySelector("[data-check]");
let waiting;
box?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const asked = box.value;
    const form = new URLSearchParams({ text: asked, form_token: box.form.elements.form_token?.value ?? "" });
    const answer = await fetch(box.dataset.check, { method: "POST", body: form, headers: { "X-Requested-With": "attend" } });
    const told = await answer.text();
    if (answer.ok && box.value === asked) document.getElementById("checked").innerHTML = told; // answers may overtake each other
  }, 250);
});

// ---- keys
const items = () => [...document.querySelectorAll("[data-item]")];
const current = () => document.querySelector("[data-item].current");
function go(to) {
  const all = items();
  const next = all[Math.max(0, Math.min(all.length - 1, to))];
  current()?.classList.remove("current");
  next?.classList.add("current");
  return next;
}
function step(by) {
  const next = go(items().indexOf(current()) + by);
  next?.querySelector("a").focus();
  next?.scrollIntoView({ block: "nearest" });
}
const press = (selector) => () => document.querySelector(selector)?.click();
const focus = (selector) => () => document.querySelector(selector)?.focus();
const keys = {
  j: () => step(1), k: () => step(-1),
  o: () => current()?.querySelector("a").click(),
  x: () => current()?.querySelector("[name=item]")?.click(),
  c: () => (current()?.querySelector("[data-claim]") || document.querySelector("[data-do=c]"))?.click(),
  e: focus("[data-outcome], #outcome"), E: press("[data-do=E]"), i: press("[data-next]"), r: focus("#text, [data-reply]"), t: press("[data-do=t]"), u: press("[data-up]"), b: press("[data-do=b]"), m: press("[data-do=m]"),
  n: () => { const more = document.querySelector("[data-do=n]"); if (more) { more.parentElement.open = true; document.getElementById("note").focus(); } },
  l: () => { const when = document.querySelector("[data-do=l]"); if (when) { when.parentElement.open = true; document.getElementById("day").focus(); } },
  ".": press("[data-news]:not([hidden])"), "/": focus("#search"),
  "?": () => { const list = document.getElementById("keys"); list.open = !list.open; list.querySelector("summary").focus(); },
};
const on = document.getElementById("keys-on");
if (on) {
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { document.activeElement?.blur(); document.getElementById("keys")?.removeAttribute("open"); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || !on?.checked || /^(TEXTAREA|INPUT|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
  const act = keys[event.key] || (/^[1-9]$/.test(event.key) ? press(`[data-key="${event.key}"]`) : null);
  if (act) { event.preventDefault(); act(); }
});

// ---- the demo's phone
const thread = document.getElementById("thread");
if (thread) {
  const bottom = () => { thread.scrollTop = thread.scrollHeight; };
  const words = (part) => part.textContent.replace(/\s+/g, " ").trim();
  bottom();
  for (const part of document.querySelectorAll("#thread, #went")) setInterval(async () => {
    const fresh = document.createElement("template");
    fresh.innerHTML = await (await fetch(part.dataset.url)).text();
    if (words(fresh.content) !== words(part)) { part.replaceChildren(fresh.content); if (part === thread) bottom(); }
  }, 2000);
  document.getElementById("body").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
}
