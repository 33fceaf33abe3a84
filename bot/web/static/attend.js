// Keeps open pages up to date, counts locks down, adds keys. Everything works without it.
const page = document.body;
page.classList.add("scripted");

// ---- live: parts of the page that are marked data-live are replaced when the server says that something changed
const busy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body && /^(TEXTAREA|INPUT|SELECT)$/.test(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
let asking = false;
async function refresh() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "attend-live" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!now || busy(part)) continue;
      const chosen = new Set([...part.querySelectorAll(":checked[name=item]")].map((box) => box.value));
      const open = [...part.querySelectorAll("details")].map((each) => each.open);
      const at = items().indexOf(current());
      part.innerHTML = now.innerHTML;
      part.querySelectorAll("[name=item]").forEach((box) => { if (chosen.has(box.value)) box.checked = true; });
      part.querySelectorAll("details").forEach((each, n) => { if (open[n]) each.open = true; });
      if (at >= 0 && part.querySelector("[data-item]")) go(at);
    }
    page.dataset.mark = fresh.body.dataset.mark;
    document.title = fresh.title;
    begin();
  } finally { asking = false; }
}
const changed = (mark) => { if (mark && mark !== page.dataset.mark) refresh(); };
const poll = () => setInterval(async () => changed(await (await fetch(page.dataset.markUrl)).text()), 3000);
if (page.dataset.events && window.EventSource) {
  const events = new EventSource(page.dataset.events);
  events.onmessage = (event) => changed(event.data);
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) poll(); };
  addEventListener("pagehide", () => events.close());
} else if (page.dataset.markUrl) poll();

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
  x: () => current()?.querySelector("[name=item]").click(),
  c: () => (current()?.querySelector("[data-claim]") || document.querySelector("[data-do=c]"))?.click(),
  e: focus("[data-outcome], #outcome"), E: press("[data-do=E]"), i: press("[data-next]"), r: focus("#text"), t: press("[data-do=t]"), u: press("[data-up]"), b: press("[data-do=b]"), m: press("[data-do=m]"),
  n: () => { const more = document.querySelector("[data-do=n]"); if (more) { more.parentElement.open = true; document.getElementById("note").focus(); } },
  l: () => { const when = document.querySelector("[data-do=l]"); if (when) { when.parentElement.open = true; document.getElementById("day").focus(); } },
  "/": focus("#search"),
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
  bottom();
  setInterval(async () => {
    const fresh = await (await fetch(thread.dataset.url)).text();
    if (fresh.trim() !== (thread.dataset.shown || thread.innerHTML).trim()) {
      if (thread.dataset.shown !== undefined) { thread.innerHTML = fresh; bottom(); }
      thread.dataset.shown = fresh;
    }
  }, 2000);
  document.getElementById("body").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
}
